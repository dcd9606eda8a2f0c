"""Differentiable augmentation by given numbers. All kinds together are compared with PyTorch
in test_parity.py.
"""

import mindspore as ms
import numpy as np
import pytest
from mindspore import ops

from ms_gan.objectives.diffaugment import NUMBERS, augmentation, draw

KINDS = ("color", "translation", "cutout")
STILL = 0.5  # of each number but those of cutout: nothing changes


def images(count=2, side=16):
    return np.random.default_rng(0).uniform(0.1, 1, (count, 3, side, side)).astype(np.float32)


def augmented(given, numbers, *kinds):
    function = ms.jit(augmentation(kinds))
    return function(ms.Tensor(given), ms.Tensor(np.array(numbers, np.float32))).asnumpy()


def changed(**changes):
    """Numbers of two images, of which the first is changed and the other stays as it is."""
    names = ("brightness", "saturation", "contrast", "down", "right", "y", "x")
    numbers = np.full((2, NUMBERS), STILL)
    for name, value in changes.items():
        numbers[0, names.index(name)] = value
    return numbers


def test_without_kinds_it_gives_the_images_back():
    given = ms.Tensor(images())
    assert augmentation(())(given, None) is given


def test_numbers_in_the_middle_neither_colour_nor_move():
    found = augmented(images(), changed(), "color", "translation")
    np.testing.assert_allclose(found, images(), atol=1e-6)


def grey(image):
    return image.mean(0, keepdims=True)


@pytest.mark.parametrize(
    "change, expected",
    [
        ({"brightness": 0.9}, lambda image: image + 0.4),
        ({"saturation": 0.0}, lambda image: np.broadcast_to(grey(image), image.shape)),
        ({"saturation": 0.9}, lambda image: grey(image) + 1.8 * (image - grey(image))),
        ({"contrast": 0.0}, lambda image: image.mean() + 0.5 * (image - image.mean())),
        (
            {"brightness": 0.1, "contrast": 0.75},
            lambda image: image.mean() - 0.4 + 1.25 * (image - image.mean()),
        ),
    ],
)
def test_colours_of_an_image_alone(change, expected):
    found = augmented(images(), changed(**change), "color")
    np.testing.assert_allclose(found[0], expected(images()[0]), atol=1e-5)
    np.testing.assert_allclose(found[1], images()[1], atol=1e-6)


@pytest.mark.parametrize(
    "change, down, right",
    [
        ({"down": 0.0}, -2, 0),
        ({"down": 0.999}, 2, 0),
        ({"right": 0.0}, 0, -2),
        ({"down": 0.3, "right": 0.999}, -1, 2),
    ],
)
def test_an_image_moves_by_an_eighth_at_most_and_zeros_follow(change, down, right):
    found = augmented(images(), changed(**change), "translation")
    padded = np.pad(images()[0], ((0, 0), (2, 2), (2, 2)))
    expected = padded[:, 2 + down : 18 + down, 2 + right : 18 + right]
    np.testing.assert_array_equal(found[0], expected)
    np.testing.assert_array_equal(found[1], images()[1])


@pytest.mark.parametrize(
    "change, rows, columns",
    [
        ({}, (4, 12), (4, 12)),
        ({"y": 0.0}, (0, 4), (4, 12)),
        ({"y": 0.999, "x": 0.0}, (12, 16), (0, 4)),
        ({"x": 0.6}, (4, 12), (6, 14)),
    ],
)
def test_a_square_of_half_the_side_is_cut_out_wherever_it_lies(change, rows, columns):
    expected = images()[0].copy()
    expected[:, rows[0] : rows[1], columns[0] : columns[1]] = 0
    np.testing.assert_array_equal(augmented(images(), changed(**change), "cutout")[0], expected)


def test_gradients_come_through():
    numbers = draw(np.random.default_rng(1), 1, 2)[0]
    weights = np.random.default_rng(2).standard_normal(images().shape).astype(np.float32)
    function = augmentation(KINDS)

    def total(given, numbers, weights):
        return (function(given, numbers) * weights).sum()

    gradient = ms.jit(ops.grad(total))(*map(ms.Tensor, (images(), numbers, weights))).asnumpy()
    along = np.random.default_rng(3).standard_normal(images().shape).astype(np.float32)
    ends = [
        (augmented(images() + sign * along, numbers, *KINDS).astype(np.float64) * weights).sum()
        for sign in (-1, 1)
    ]  # it is linear in the images
    assert (gradient * along).sum() == pytest.approx((ends[1] - ends[0]) / 2, rel=1e-3)


def test_every_pass_and_image_has_numbers_of_its_own():
    numbers = draw(np.random.default_rng(0), 3, 400)
    assert numbers.shape == (3, 400, NUMBERS) and numbers.dtype == np.float32
    assert len(np.unique(numbers)) > 0.99 * numbers.size
    assert 0 <= numbers.min() and numbers.max() < 1
    assert numbers.mean((0, 1)) == pytest.approx(np.full(NUMBERS, 0.5), abs=0.05)
