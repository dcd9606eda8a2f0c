"""Indices of im2col: which pixels a convolution or an upsampling reads for each place of its
output, and which places read a pixel.

An index is a flat int32 array of pixel numbers, counted row by row. The number of all pixels of an
image stands for a zero outside of it.
"""

from __future__ import annotations

import numpy as np


def im2col(height: int, width: int, kernel: int, stride: int, padding: int) -> np.ndarray:
    """For each output pixel of a convolution, the kernel * kernel pixels under its window."""
    rows, columns = (output_size(side, kernel, stride, padding) for side in (height, width))
    i, j, a, b = np.ogrid[:rows, :columns, :kernel, :kernel]
    y, x = stride * i + a - padding, stride * j + b - padding
    inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
    return np.where(inside, y * width + x, height * width).astype(np.int32).reshape(-1)


def nearest(height: int, width: int, factor: int) -> np.ndarray:
    """For each pixel of an image enlarged by a whole factor, the nearest one of the image."""
    y, x = np.ogrid[: height * factor, : width * factor]
    return (y // factor * width + x // factor).astype(np.int32).reshape(-1)


def inverse(index: np.ndarray, pixels: int) -> np.ndarray:
    """The places of `index` that read each pixel: (most readers of a pixel, pixels).

    Gathering by each of its lines and adding up is the adjoint of gathering by `index`: col2im for
    an index of `im2col`. A pixel with fewer readers has len(index), a zero, for the rest.
    """
    places = np.flatnonzero(index < pixels)
    places = places[np.argsort(index[places], kind="stable")]
    read = index[places]
    counts = np.bincount(read, minlength=pixels)
    rank = np.arange(len(read)) - np.repeat(np.cumsum(counts) - counts, counts)
    found = np.full((max(counts.max(), 1), pixels), len(index), np.int32)
    found[rank, read] = places
    return found


def output_size(side: int, kernel: int, stride: int, padding: int) -> int:
    """What a convolution makes of one side of an image, in pixels."""
    return (side + 2 * padding - kernel) // stride + 1
