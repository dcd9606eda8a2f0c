import itertools

import numpy as np
import pytest

from ms_gan.data.points import A, B, PointBatches, Points
from ms_gan.errors import UsageError
from ms_gan.streams import stream


def taken(seed, steps, start=0, batch_size=8):
    batches = PointBatches(Points(0), batch_size, seed)
    return [points.asnumpy() for (points,) in itertools.islice(batches.from_step(start), steps)]


def test_points_have_the_mean_and_the_covariance_of_their_map():
    """X A + b: mean (1, 2), covariance A^T A."""
    values = np.concatenate([Points(seed).values for seed in range(20)]).astype(np.float64)
    np.testing.assert_allclose(values.mean(0), [1, 2], atol=0.05)
    np.testing.assert_allclose(np.cov(values.T), [[1.01, 1.95], [1.95, 4.25]], atol=0.1)


def test_there_are_a_thousand_and_they_follow_the_seed():
    points = Points(3)
    assert (points.values.shape, points.values.dtype, points.count) == ((1000, 2), np.float32, 1000)
    np.testing.assert_array_equal(Points(3).values, points.values)
    assert not np.array_equal(Points(4).values, points.values)


@pytest.mark.parametrize("seed", [0, 1, 11])
def test_they_are_not_made_of_the_numbers_that_are_drawn_as_latents(seed):
    """The generator could learn to repeat its latents where those are the points."""
    normal = (Points(seed).values.astype(np.float64) - B) @ np.linalg.inv(A)
    noise = [np.random.default_rng(seed).standard_normal(2000)]
    noise += [stream(seed, "noise", 0, step, 0).standard_normal(2000) for step in range(130)]
    for numbers in noise:
        assert np.isin(normal.round(4), numbers.round(4)).mean() < 0.2
        assert abs(np.corrcoef(normal.ravel(), numbers)[0, 1]) < 0.15


def test_they_are_described_with_their_covariance():
    said = str(Points(0))
    assert "1000 points" in said and "[[1.01, 1.95], [1.95, 4.25]]" in said and "[1, 2]" in said
    assert "\n" not in said
    assert Points(0).describe() == {"path": None, "images": 1000, "synthetic": False}
    assert not Points(0).synthetic


def test_an_epoch_gives_each_point_once_in_batches():
    batches = PointBatches(Points(0), 8, 1)
    assert (batches.steps_per_epoch, batches.batch_size) == (125, 8)
    np.testing.assert_array_equal(batches.points, Points(0).values)
    epoch = taken(1, 125)
    assert {points.shape for points in epoch} == {(8, 2)} and epoch[0].dtype == np.float32
    found = np.concatenate(epoch)
    np.testing.assert_array_equal(
        found[np.lexsort(found.T)], Points(0).values[np.lexsort(Points(0).values.T)]
    )
    assert not np.array_equal(found, Points(0).values)


def test_the_order_follows_the_seed_and_the_epoch_and_goes_on_from_any_step():
    steps = taken(1, 12, batch_size=150)  # 6 an epoch
    for start in (2, 6, 9):
        np.testing.assert_array_equal(taken(1, 3, start, batch_size=150), steps[start : start + 3])
    assert not np.array_equal(steps[0], steps[6])
    assert not np.array_equal(taken(2, 1, batch_size=150)[0], steps[0])


def test_a_batch_larger_than_the_data_is_refused():
    with pytest.raises(UsageError, match="--batch-size 1001: there are only 1000 points"):
        PointBatches(Points(0), 1001, 0)
