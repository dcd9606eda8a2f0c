"""Points of a two-dimensional Gaussian, the data of the smallest GAN: X A + b with X ~ N(0, 1).

After Zhang et al., Dive into Deep Learning, chapter 20.1, https://d2l.ai.
"""

import mindspore as ms
import numpy as np

from ms_gan.data.batches import Batches

A = np.array([[1, 2], [-0.1, 0.5]])
B = np.array([1, 2])
COUNT = 1000


class Points:
    """1,000 points, the same for the same seed. `values`: float32 (1000, 2)."""

    drawn = False  # they are what this GAN is about, not a stand-in
    count = COUNT

    def __init__(self, seed):
        self.values = (np.random.default_rng(seed).standard_normal((COUNT, 2)) @ A + B).astype(
            np.float32
        )

    def describe(self):
        """What `options.json` records of the data."""
        return {"path": None, "images": self.count, "drawn_stand_in": False}

    def __str__(self):
        covariance = np.round(A.T @ A, 4).tolist()
        return f"{self.count} points of a Gaussian with mean {B.tolist()} and covariance AᵀA = {covariance}"


class PointBatches(Batches):
    """`Batches` of points: (float32 (batch_size, 2),)."""

    def __init__(self, points, batch_size, seed):
        super().__init__(points, batch_size, seed)
        self.points = points.values

    def examples(self, epoch, order):
        """Yield a tuple with one tensor for each batch of the points numbered in `order`."""
        for first in range(0, len(order), self.batch_size):
            yield (ms.Tensor(self.points[order[first : first + self.batch_size]]),)
