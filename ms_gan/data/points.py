"""Points of a two-dimensional Gaussian, the data of the smallest GAN: X A + b with X ~ N(0, 1).

After Zhang et al., Dive into Deep Learning, chapter 20.1, https://d2l.ai.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from ms_gan.data.base import Batches
from ms_gan.streams import stream

if TYPE_CHECKING:
    from mindspore import Tensor

A = np.array([[1, 2], [-0.1, 0.5]])
B = np.array([1, 2])
COUNT = 1000


class Points:
    """1,000 points, the same for the same seed. `values`: float32 (1000, 2)."""

    synthetic = False  # they are what this GAN is about, not a stand-in
    count = COUNT

    def __init__(self, seed: int):
        normal = stream(seed, "points").standard_normal((COUNT, 2))
        self.values = (normal @ A + B).astype(np.float32)

    def describe(self) -> dict[str, Any]:
        return {"path": None, "images": self.count, "synthetic": False}

    def __str__(self) -> str:
        mean, covariance = B.tolist(), np.round(A.T @ A, 4).tolist()
        return f"{COUNT} points of a Gaussian with mean {mean} and covariance AᵀA = {covariance}"


class PointBatches(Batches):
    """`Batches` of points: (float32 (batch_size, 2),)."""

    def __init__(self, points: Points, batch_size: int, seed: int):
        super().__init__(points, batch_size, seed)
        self.points = points.values

    def examples(self, epoch: int, order: np.ndarray) -> Iterator[tuple[Tensor, ...]]:
        from mindspore import Tensor  # only here: data is found without MindSpore

        for first in range(0, len(order), self.batch_size):
            yield (Tensor(self.points[order[first : first + self.batch_size]]),)
