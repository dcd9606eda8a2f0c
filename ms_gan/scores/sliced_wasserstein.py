"""The sliced Wasserstein distance between two sets of images, for each scale of a pyramid.

After Karras et al. 2018, Progressive Growing of GANs, https://arxiv.org/abs/1710.10196, section 5:
patches of 7x7 pixels are taken from each level of a Laplacian pyramid, so that a level tells of the
structure at one scale, the finest of noise and sharpness, the coarsest of the composition. The
patches' distance is the mean over random directions of the one between the sorted projections.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ms_gan.streams import stream

SMALLEST = 16  # pixels, the side of the coarsest level
PATCH = 7  # pixels
PATCHES = 128  # of an image
DIRECTIONS = 512
TOGETHER = 32  # directions that are projected on at once
KERNEL = np.array([1, 4, 6, 4, 1], np.float32) / 16


def sliced_wasserstein(real: np.ndarray, fake: np.ndarray, seed: int) -> dict[int, float]:
    """The distance of two sets of images at each scale, times 1,000 as in the paper.

    Args:
        real: uint8 (n, side, side, channels), the side 14 pixels or more.
        fake: as many images of the same shape.
        seed: of the patches' places and of the directions.

    Returns:
        {side in pixels: distance}, the finest first. 0 is the best.
    """
    found = {}
    for real_level, fake_level in zip(_pyramid(real), _pyramid(fake)):
        side = real_level.shape[1]
        # From the same places, so that a set is at no distance from itself.
        real_patches = _descriptors(real_level, stream(seed, "patches", side))
        fake_patches = _descriptors(fake_level, stream(seed, "patches", side))
        directions = stream(seed, "directions", side)
        found[side] = 1000 * _distance(real_patches, fake_patches, directions)
    return found


def _pyramid(images: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the levels of a Laplacian pyramid, the finest first: float32 (n, side, side, c)."""
    level = images.astype(np.float32)
    while level.shape[1] % 2 == 0 and level.shape[1] // 2 >= SMALLEST:
        coarser = _blurred(level)[:, ::2, ::2]
        yield level - _enlarged(coarser)
        level = coarser
    yield level


def _blurred(images: np.ndarray) -> np.ndarray:
    """Images smoothed by a Gaussian of 5x5 pixels, mirrored at their borders."""
    for axis in (1, 2):
        side = images.shape[axis]
        pads = [(2, 2) if number == axis else (0, 0) for number in range(4)]
        padded = np.pad(images, pads, "reflect")
        parts = [np.take(padded, range(at, at + side), axis) for at in range(len(KERNEL))]
        images = sum(weight * part for weight, part in zip(KERNEL, parts))
    return images


def _enlarged(images: np.ndarray) -> np.ndarray:
    """Images of twice the side, interpolated by the same Gaussian."""
    count, height, width, channels = images.shape
    spread = np.zeros((count, 2 * height, 2 * width, channels), np.float32)
    spread[:, ::2, ::2] = 4 * images
    return _blurred(spread)


def _descriptors(images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Random patches, each channel with mean 0 and standard deviation 1: float32 (patches, values).

    The patches of an image are distinct in place with high probability, not with certainty.
    """
    count, height, width, channels = images.shape
    windows = np.lib.stride_tricks.sliding_window_view(images, (PATCH, PATCH), (1, 2))  # type: ignore[call-overload]
    number = np.repeat(np.arange(count), PATCHES)
    top = rng.integers(0, height - PATCH + 1, len(number))
    left = rng.integers(0, width - PATCH + 1, len(number))
    patches = windows[number, top, left]  # (patches, channels, 7, 7)
    patches = patches - patches.mean((0, 2, 3), keepdims=True)
    patches /= patches.std((0, 2, 3), keepdims=True) + 1e-8
    return patches.reshape(len(number), channels * PATCH * PATCH)


def _distance(real: np.ndarray, fake: np.ndarray, rng: np.random.Generator) -> float:
    """The mean distance of sorted projections."""
    total = 0.0
    for _ in range(DIRECTIONS // TOGETHER):
        directions = rng.standard_normal((TOGETHER, real.shape[1])).astype(np.float32)
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        real_sorted, fake_sorted = (np.sort(directions @ patches.T) for patches in (real, fake))
        total += float(np.abs(real_sorted - fake_sorted).mean())
    return total / (DIRECTIONS // TOGETHER)
