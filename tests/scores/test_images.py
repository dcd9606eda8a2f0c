"""Scores of images without PyTorch: what is compared, how many, and what is told of it."""

import numpy as np
import pytest
from data_options import data_options, opened
from PIL import Image

from ms_gan.errors import GanError, UsageError
from ms_gan.scores import libraries
from ms_gan.scores.base import ScoreOptions
from ms_gan.scores.images import Comparison, ImageScorer, drawn

SIDE = 16


@pytest.fixture(autouse=True)
def without_pytorch(monkeypatch):
    monkeypatch.setattr(libraries, "missing", lambda: ["torch", "torch_fidelity"])


@pytest.fixture
def folder(tmp_path):
    """Twenty images, each of noise around a colour of its own."""
    rng = np.random.default_rng(0)
    for index in range(20):
        noise = rng.integers(0, 20, (SIDE, SIDE, 3), np.uint8)
        Image.fromarray(10 * index + noise).save(tmp_path / f"{index:02d}.png")
    return tmp_path


class Made:
    """A stub generator of given images, which notes the seeds."""

    def __init__(self, images):
        self._images = images

    def generate(self, seeds):
        self.seeds = seeds
        return self._images[: len(seeds)]


def noise(count, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, SIDE, SIDE, 3), np.uint8)


def test_without_the_extra_a_line_says_what_to_install_and_the_rest_is_scored(caplog):
    report = Comparison(ScoreOptions()).report(noise(8), noise(9, 1), "some")
    assert list(report.scores) == ["sliced Wasserstein distance", "… at 16x16"]
    assert report.main == "sliced Wasserstein distance"
    (line,) = caplog.messages
    assert line.startswith("FID, KID, precision and recall need torch, torch_fidelity: pip install")
    assert report.protocol == {"real": 8, "fake": 9, "size": "16x16", "split": "some", "seed": 0}


@pytest.mark.parametrize("asked", [{"features": "inception"}, {"weights": "some.pth"}])
def test_features_that_are_asked_for_and_not_there_are_refused(asked):
    with pytest.raises(GanError, match=r"need torch, torch_fidelity: pip install '.\[scores\]'"):
        Comparison(ScoreOptions(**asked))


def test_too_few_images_are_refused():
    with pytest.raises(GanError, match="3 real and 8 generated images: too few to compare"):
        Comparison(ScoreOptions()).report(noise(3), noise(8), "some")


def test_a_seed_draws_the_same_images_and_another_one_others(folder):
    images = opened(folder, SIDE)
    first = drawn(images, 6, 0)
    assert first.shape == (6, SIDE, SIDE, 3) and first.dtype == np.uint8
    np.testing.assert_array_equal(drawn(images, 6, 0), first)
    assert not np.array_equal(drawn(images, 6, 1), first)
    assert len({image.tobytes() for image in drawn(images, 100, 0)}) == 20  # every one once


def test_drawn_images_are_what_training_sees(folder):
    images = opened(folder, 8)
    seen = next(images.rows(np.arange(20), 20)).transpose(0, 2, 3, 1)
    found = drawn(images, 20, 0)
    assert sorted(image.tobytes() for image in found) == sorted(image.tobytes() for image in seen)


def test_held_out_images_and_no_others_are_compared_with(folder):
    images = opened(folder, SIDE).hold_out(data_options(holdout=8))
    held_out = drawn(images.held_out, 100, 0)
    scorer, made = ImageScorer(images, ScoreOptions(count=12, seed=2)), Made(noise(12))
    report = scorer.score(made)
    assert made.seeds == range(24, 36)
    assert report.protocol["split"] == "held out from training"
    assert (report.protocol["real"], report.protocol["fake"]) == (8, 12)
    itself = scorer.score(Made(held_out))
    assert itself.values()[itself.main] < report.values()[report.main] / 3


def test_the_floor_is_that_of_images_trained_on(folder):
    images = opened(folder, SIDE).hold_out(data_options(holdout=8))
    scorer = ImageScorer(images, ScoreOptions(count=12))
    floor, same = scorer.floor(), scorer.score(Made(drawn(images, 12, 0)))
    assert floor == same and floor.values()[floor.main] > 0


def test_without_held_out_images_all_are_compared_with_and_there_is_no_floor(folder):
    scorer = ImageScorer(opened(folder, SIDE), ScoreOptions(count=12))
    assert scorer.score(Made(noise(12))).protocol["split"] == "all, also trained on"
    with pytest.raises(UsageError, match="--floor: needs"):
        scorer.floor()
    with pytest.raises(UsageError, match="--nearest: needs"):
        scorer.memorising(Made(noise(12)), 2)


def test_a_generator_that_copies_its_training_images_is_caught(folder):
    images = opened(folder, SIDE).hold_out(data_options(holdout=8))
    copies = drawn(images, 12, 5)
    report, picture = ImageScorer(images, ScoreOptions(count=12)).memorising(Made(copies), 3)
    assert report.values()["distance ratio in pixels"] == 0
    assert "they look copied" in report.warnings[0]
    assert report.protocol == {"fake": 12, "trained on": 12, "held out": 8}
    tile = SIDE + 2
    assert picture.size == (2 + 5 * tile, 2 + 3 * tile)
