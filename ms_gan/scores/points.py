"""Scores of points: how far they are from the Gaussian that they are to be of."""

from __future__ import annotations

import numpy as np

from ms_gan.data.points import A, B
from ms_gan.samplers.base import Generator
from ms_gan.scores.base import Report, Score, ScoreOptions, Scorer
from ms_gan.scores.frechet import frechet_distance, gaussian_of
from ms_gan.streams import stream

DISTANCE = "Fréchet distance"


class PointScorer(Scorer):
    """Compares the mean and covariance of generated points with the true ones."""

    def __init__(self, options: ScoreOptions) -> None:
        self._options = options

    def score(self, generator: Generator) -> Report:
        """The Fréchet distance to the true Gaussian, which is exact, and errors of its parts."""
        return self._report(generator.generate(self._options.seeds))

    def floor(self) -> Report:
        """The same of as many points of the true Gaussian."""
        options = self._options
        normal = stream(options.seed, "true points").standard_normal((options.count, 2))
        return self._report(normal @ A + B)

    def _report(self, points: np.ndarray) -> Report:
        true = B.astype(float), A.T @ A
        mean, covariance = gaussian_of(points)
        scores = {
            DISTANCE: Score(frechet_distance((mean, covariance), true)),
            "error of the mean": Score(float(np.linalg.norm(mean - true[0]))),
            "error of the covariance": Score(
                float(np.linalg.norm(covariance - true[1]) / np.linalg.norm(true[1]))
            ),
        }
        return Report(scores, DISTANCE, {"fake": len(points), "seed": self._options.seed})
