"""Differentiable augmentation of all that a discriminator sees, reals and fakes alike: it can't
learn few images by heart, and the generator's gradients come through.

Zhao et al. 2020, arXiv:2006.10738, with their strengths.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import mindspore as ms
import numpy as np
from mindspore import Tensor, ops

NUMBERS = 7  # an image takes, whatever kinds there are
SHIFT = 8  # the side over this is how far, at most, images are moved
HOLE = 2  # the side over this is the side of the square cut out of them


_batch_product, _batch_product_transposed = ops.BatchMatMul(), ops.BatchMatMul(transpose_b=True)


def draw(rng: np.random.Generator, passes: int, count: int) -> np.ndarray:
    """The random numbers of several passes of `count` images: (passes, count, NUMBERS), U(0, 1)."""
    return rng.random((passes, count, NUMBERS), np.float32)


def augmentation(kinds: Sequence[str]) -> Callable[[Tensor, Tensor | None], Tensor]:
    """A function of images (N, C, side, side) and their numbers (N, NUMBERS) that augments them.

    Args:
        kinds: any of "color", "translation", "cutout".

    Returns:
        The function, for compiled steps. Without kinds it gives back the images, and takes None.
    """
    color, translation, cutout = (kind in kinds for kind in ("color", "translation", "cutout"))

    def augmented(images, numbers):
        if color:
            images = _coloured(images, numbers)
        if translation:
            images = _translated(images, numbers)
        if cutout:
            images = _cut_out(images, numbers)
        return images

    return augmented


def _coloured(images, numbers):
    """Another brightness, then saturation, then contrast: x + b, distances from the pixel's grey
    times s, distances from the image's mean times c.

    Greys and mean stay the same under the changes of the distances, so all of it is one mixing of
    the channels, a product, and a shift.
    """
    n, channels, height, width = images.shape
    brightness = numbers[:, 0].reshape(-1, 1, 1) - 0.5
    saturation = numbers[:, 1].reshape(-1, 1, 1) * 2
    contrast = numbers[:, 2].reshape(-1, 1, 1) + 0.5
    mixing = contrast * (saturation * _identity(channels) + (1 - saturation) / channels)
    pixels = images.reshape(n, channels, height * width)
    mean = images.reshape(n, -1).mean(1).reshape(-1, 1, 1)
    pixels = _batch_product(mixing, pixels) + (brightness + (1 - contrast) * mean)
    return pixels.reshape(images.shape)


def _translated(images, numbers):
    """Moved by whole pixels down or up and to either side; zeros follow.

    As products with shifted identity matrices, which are far faster than MindSpore's slices.
    """
    n, channels, side, _ = images.shape
    most = side // SHIFT
    down = _shifted_identity(side, ops.floor(_number(numbers, 3) * (2 * most + 1)) - most)
    across = _shifted_identity(side, ops.floor(_number(numbers, 4) * (2 * most + 1)) - most)
    rows = images.reshape(n, channels * side, side)
    moved = _batch_product_transposed(rows, across.reshape(n, side, side))
    columns = moved.reshape(n, channels, side, side).transpose(0, 1, 3, 2)
    moved = _batch_product_transposed(columns.reshape(n, -1, side), down.reshape(n, side, side))
    return moved.reshape(n, channels, side, side).transpose(0, 1, 3, 2)


def _cut_out(images, numbers):
    """With a square of zeros anywhere, in part outside."""
    side = images.shape[2]
    pixels, half = _pixels(side), side // HOLE / 2
    centre_y = ops.floor(_number(numbers, 5) * (side + 1))
    centre_x = ops.floor(_number(numbers, 6) * (side + 1))
    rows = ops.abs(pixels.reshape(1, 1, side, 1) + 0.5 - centre_y) < half
    columns = ops.abs(pixels.reshape(1, 1, 1, side) + 0.5 - centre_x) < half
    return images * (1 - rows.astype(ms.float32) * columns.astype(ms.float32))


def _number(numbers, index):
    """One of each image's numbers, (N, 1, 1, 1)."""
    return numbers[:, index].reshape(-1, 1, 1, 1)


def _shifted_identity(side, shift):
    """Matrices (N, 1, side, side) that give every place the pixel `shift` places further on."""
    pixels = _pixels(side)
    here, there = pixels.reshape(1, 1, side, 1), pixels.reshape(1, 1, 1, side)
    return (ops.abs(there - here - shift) < 0.5).astype(ms.float32)


@ops.constexpr
def _identity(size):
    return Tensor(np.eye(size, dtype=np.float32))


@ops.constexpr
def _pixels(side):
    return Tensor(np.arange(side, dtype=np.float32))
