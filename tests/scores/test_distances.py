"""FID, KID, precision and recall of features with known answers."""

import numpy as np
import pytest

from ms_gan.scores import libraries
from ms_gan.scores.distances import distances

pytestmark = pytest.mark.skipif(bool(libraries.missing()), reason="needs the extra scores")


def normal(count, seed, size=8):
    return np.random.default_rng(seed).standard_normal((count, size)).astype(np.float32)


def test_a_set_against_itself():
    features = normal(500, 0, 64)
    found = distances(features, features.copy())
    assert abs(found["FID"].value) < 1e-3
    assert found["KID"].value < 0.01  # subsets are drawn of either
    assert found["precision"].value == found["recall"].value == 1


def test_two_halves_of_one_set_are_near_and_other_sets_are_not():
    features = normal(2000, 0)
    near, far = (
        distances(features[:1000], other) for other in (features[1000:], features[1000:] + 1)
    )
    assert near["FID"].value < 0.1 < 7 < far["FID"].value
    assert abs(near["KID"].value) < 0.05 < far["KID"].value


@pytest.mark.parametrize("seed", range(3))
def test_shifted_and_scaled_features_are_as_far_as_the_closed_form_says(seed):
    features = normal(300, seed).astype(np.float64)
    shift = np.arange(8)
    mean, variance = features.mean(0), features.var(0, ddof=1).sum()
    expected = ((mean + shift) ** 2).sum() + variance  # of 2 x + shift
    found = distances(features, 2 * features + shift)["FID"].value
    assert found == pytest.approx(expected, abs=1e-6)


def test_kid_is_unbiased():
    """The biased estimate would be about 0.1 here."""
    found = [distances(normal(100, 2 * i), normal(100, 2 * i + 1))["KID"].value for i in range(50)]
    assert abs(np.mean(found)) < 3 * np.std(found, ddof=1) / np.sqrt(50)


def test_kids_standard_error_is_about_its_spread_over_sets():
    found = [distances(normal(200, 2 * i), normal(200, 2 * i + 1) + 0.5)["KID"] for i in range(30)]
    spread = np.std([one.value for one in found], ddof=1)
    told = np.mean([one.error for one in found])
    assert 0.6 * spread < told < 1.6 * spread


def test_precision_and_recall_see_what_is_wrong():
    real = normal(400, 0, 2)
    narrow = distances(real, 0.05 * normal(400, 1, 2))  # like real ones, but all alike
    assert narrow["precision"].value > 0.95 and narrow["recall"].value < 0.3
    wide = distances(real, 20 * normal(400, 1, 2))
    assert wide["precision"].value < 0.3
    far = distances(real, normal(400, 1, 2) + 100)
    assert far["precision"].value == far["recall"].value == 0
