import numpy as np
import pytest

from ms_gan.layers import im2col, indices

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
    found = indices.im2col(2, 2, 3, 2, 1)
    assert found.tolist() == [outside, outside, outside, outside, 0, 1, outside, 2, 3]


def test_the_example_of_the_documentation():
    found = indices.im2col(3, 3, 2, 1, 0).reshape(4, 4)
    assert found.tolist() == [[0, 1, 3, 4], [1, 2, 4, 5], [3, 4, 6, 7], [4, 5, 7, 8]]
    for line in found:
        assert "  ".join(["", " ".join(map(str, line))]) in im2col.__doc__


def test_an_enlarged_image_repeats_each_pixel():
    assert indices.nearest(2, 2, 2).reshape(4, 4).tolist() == [
        [0, 0, 1, 1],
        [0, 0, 1, 1],
        [2, 2, 3, 3],
        [2, 2, 3, 3],
    ]


@pytest.mark.parametrize("numbers", WINDOWS)
def test_the_inverse_is_the_adjoint_of_gathering(numbers):
    """<im2col(x), y> = <x, col2im(y)> for any x and y."""
    rng = np.random.default_rng(0)
    index, pixels = indices.im2col(*numbers), numbers[0] * numbers[1]
    x, y = rng.standard_normal(pixels), rng.standard_normal(len(index))
    gathered = np.append(y, 0)[indices.inverse(index, pixels)].sum(0)
    assert np.append(x, 0)[index] @ y == pytest.approx(x @ gathered)


def test_a_pixel_that_nothing_reads_gets_zero():
    index = indices.im2col(3, 3, 1, 2, 0)  # reads the corners only
    readers = indices.inverse(index, 9)
    assert (readers[:, 4] == len(index)).all()
    assert readers.shape == (1, 9)


@pytest.mark.parametrize(
    "side, kernel, stride, padding, expected", [(64, 4, 2, 1, 32), (4, 4, 1, 0, 1), (7, 3, 2, 1, 4)]
)
def test_sides_are_those_of_a_convolution(side, kernel, stride, padding, expected):
    assert indices.output_size(side, kernel, stride, padding) == expected
