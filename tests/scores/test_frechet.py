"""The Fréchet distance, and scores of points by it."""

import numpy as np
import pytest

from ms_gan.data.points import A, B
from ms_gan.scores.base import ScoreOptions
from ms_gan.scores.frechet import frechet_distance, gaussian_of
from ms_gan.scores.points import PointScorer

RNG = np.random.default_rng(0)
ROOT = RNG.standard_normal((5, 5))
COVARIANCE = ROOT @ ROOT.T


def test_a_gaussian_is_at_no_distance_from_itself():
    own = RNG.standard_normal(5), COVARIANCE
    assert frechet_distance(own, own) == pytest.approx(0, abs=1e-9)


def test_shifted_and_scaled_gaussians_are_as_far_as_the_closed_form_says():
    shift = np.arange(5.0)
    found = frechet_distance((np.zeros(5), COVARIANCE), (shift, 4 * COVARIANCE))
    assert found == pytest.approx(30 + np.trace(COVARIANCE), abs=1e-6)  # (2 - 1)^2 of each variance


def test_it_is_symmetric():
    first, second = (np.zeros(5), COVARIANCE), (np.ones(5), np.eye(5))
    assert frechet_distance(first, second) == pytest.approx(frechet_distance(second, first))


def test_mean_and_covariance_are_those_of_the_values():
    mean, covariance = gaussian_of(np.array([[0, 0], [2, 4]], np.float32))
    assert mean.tolist() == [1, 2] and covariance.tolist() == [[2, 4], [4, 8]]


class Points:
    """A stub generator: points of the true Gaussian, moved."""

    def __init__(self, shift):
        self.shift = shift

    def generate(self, seeds):
        normal = np.random.default_rng(1).standard_normal((len(seeds), 2))
        return (normal @ A + B + self.shift).astype(np.float32)


def test_moved_points_score_by_the_square_of_their_way():
    scorer = PointScorer(ScoreOptions(count=20_000))
    report = scorer.score(Points([3, 4]))
    assert report.main == "Fréchet distance"
    assert report.values()[report.main] == pytest.approx(25, abs=1)
    assert report.values()["error of the mean"] == pytest.approx(5, abs=0.1)
    assert report.values()["error of the covariance"] < 0.05


def test_the_floor_is_what_true_points_have():
    scorer = PointScorer(ScoreOptions(count=20_000))
    floor = scorer.floor().values()["Fréchet distance"]
    assert 0 < floor < 0.01
    assert floor == pytest.approx(scorer.score(Points(0)).values()["Fréchet distance"], abs=0.01)
