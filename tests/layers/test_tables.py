import numpy as np
import pytest

from ms_gan.layers import tables

WINDOWS = [
    (4, 4, 4, 2, 1),
    (4, 4, 4, 1, 0),
    (1, 1, 1, 1, 0),
    (5, 3, 3, 1, 1),
    (5, 7, 3, 2, 1),
    (8, 6, 2, 3, 0),
]


def test_a_window_reads_its_pixels_row_by_row_and_zeros_outside():
    outside = 4  # of a 2x2 image
    found = tables.windows(2, 2, 3, 2, 1)
    assert found.tolist() == [outside, outside, outside, outside, 0, 1, outside, 2, 3]


def test_an_enlarged_image_repeats_each_pixel():
    assert tables.enlarged(2, 2, 2).reshape(4, 4).tolist() == [
        [0, 0, 1, 1],
        [0, 0, 1, 1],
        [2, 2, 3, 3],
        [2, 2, 3, 3],
    ]


@pytest.mark.parametrize("numbers", WINDOWS)
def test_readers_are_the_adjoint_of_picking(numbers):
    """<pick(x), y> = <x, unpick(y)> for any x and y."""
    rng = np.random.default_rng(0)
    table, pixels = tables.windows(*numbers), numbers[0] * numbers[1]
    x, y = rng.standard_normal(pixels), rng.standard_normal(len(table))
    unpicked = np.append(y, 0)[tables.readers(table, pixels)].sum(0)
    assert np.append(x, 0)[table] @ y == pytest.approx(x @ unpicked)


def test_a_pixel_that_nothing_reads_gets_zero():
    table = tables.windows(3, 3, 1, 2, 0)  # reads the corners only
    readers = tables.readers(table, 9)
    assert (readers[:, 4] == len(table)).all()
    assert readers.shape == (1, 9)


@pytest.mark.parametrize(
    "side, kernel, stride, padding, expected", [(64, 4, 2, 1, 32), (4, 4, 1, 0, 1), (7, 3, 2, 1, 4)]
)
def test_sides_are_those_of_a_convolution(side, kernel, stride, padding, expected):
    assert tables.output_side(side, kernel, stride, padding) == expected
