"""Index tables: which pixels a convolution or an upsampling reads for each place of its result, and
who reads a pixel.

A table is a flat int32 array. Each entry is the number of a pixel of an image (counted row by row);
the number of all its pixels stands for a zero outside the image.
"""

import numpy as np


def windows(height, width, kernel, stride, padding):
    """For each output pixel of a convolution in turn, the kernel * kernel pixels under its window."""
    rows, columns = (output_side(side, kernel, stride, padding) for side in (height, width))
    i, j, a, b = np.ogrid[:rows, :columns, :kernel, :kernel]
    y, x = stride * i + a - padding, stride * j + b - padding
    inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
    return np.where(inside, y * width + x, height * width).astype(np.int32).reshape(-1)


def enlarged(height, width, factor):
    """For each pixel of an image enlarged by a whole factor, the nearest one of the image."""
    y, x = np.ogrid[: height * factor, : width * factor]
    return (y // factor * width + x // factor).astype(np.int32).reshape(-1)


def readers(table, pixels):
    """The other way round, (most readers of a pixel, pixels): the places of `table` that read each
    pixel.

    Rows picked from a result by each of these lines, and added up, are the adjoint of picking by
    `table`. A pixel with fewer readers has len(table), a zero, for the rest.
    """
    places = np.flatnonzero(table < pixels)
    places = places[np.argsort(table[places], kind="stable")]
    read = table[places]
    counts = np.bincount(read, minlength=pixels)
    rank = np.arange(len(read)) - np.repeat(np.cumsum(counts) - counts, counts)
    found = np.full((max(counts.max(), 1), pixels), len(table), np.int32)
    found[rank, read] = places
    return found


def output_side(side, kernel, stride, padding):
    """What a convolution makes of one side of an image, in pixels."""
    return (side + 2 * padding - kernel) // stride + 1
