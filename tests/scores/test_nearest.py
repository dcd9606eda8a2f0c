"""A generator that copies its data is caught."""

import numpy as np
import pytest

from ms_gan.scores.nearest import memorising, nearest, pixels


def images(count, seed):
    return np.random.default_rng(seed).integers(0, 256, (count, 8, 8, 3), np.uint8)


TRAINED_ON, HELD_OUT = images(200, 0), images(100, 1)
SPACES = {"pixels": pixels, "colours": lambda given: given.mean((1, 2)).astype(np.float32)}


def test_the_nearest_rows_are_found_whatever_the_blocks(monkeypatch):
    values, training = np.random.default_rng(0).random((2, 50, 4)).astype(np.float32)
    distances = np.linalg.norm(values[:, None] - training, axis=2)
    for together in (7, 1000):
        monkeypatch.setattr("ms_gan.scores.nearest.TOGETHER", together)
        found = nearest(values, training)
        np.testing.assert_array_equal(found.numbers, np.argsort(distances, 1)[:, :3])
        np.testing.assert_allclose(found.distances, np.sort(distances, 1)[:, :3], rtol=1e-5)


def test_an_honest_generator_is_as_far_as_held_out_images():
    report, _ = memorising(images(100, 2), TRAINED_ON, HELD_OUT, SPACES, 4)
    for space in SPACES:
        assert report.values()[f"distance ratio in {space}"] == pytest.approx(1, abs=0.15)
        assert report.values()[f"share nearer than 99 % in {space}"] < 0.05
    assert report.warnings == ()


def test_a_generator_that_copies_is_caught():
    copies = np.clip(TRAINED_ON[:100].astype(int) + 2, 0, 255).astype(np.uint8)
    report, _ = memorising(copies, TRAINED_ON, HELD_OUT, SPACES, 4)
    assert report.values()["distance ratio in pixels"] < 0.05
    assert "in pixels, 100% of the generated images are nearer" in report.warnings[0]


def test_one_copy_in_ten_is_caught_and_shown_first():
    some = images(100, 2)
    some[40:50] = TRAINED_ON[:10]
    report, picture = memorising(some, TRAINED_ON, HELD_OUT, {"pixels": pixels}, 3)
    assert report.values()["distance ratio in pixels"] > 0.9
    assert report.values()["share nearer than 99 % in pixels"] == pytest.approx(0.1, abs=0.02)
    assert len(report.warnings) == 1
    shown = np.asarray(picture)
    for row, number in enumerate((40, 41, 42)):  # two pixels of margin: generated, gap, nearest
        top = 2 + row * 10
        np.testing.assert_array_equal(shown[top : top + 8, 2:10], some[number])
        np.testing.assert_array_equal(shown[top : top + 8, 12:20], 255)
        np.testing.assert_array_equal(shown[top : top + 8, 22:30], TRAINED_ON[row])
