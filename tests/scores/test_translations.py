"""Scores of translated images with known answers."""

import importlib.util

import numpy as np
import pytest
from data_options import data_options
from PIL import Image

from ms_gan.recipes import RECIPES
from ms_gan.scores import libraries, translations
from ms_gan.scores.base import ScoreOptions
from ms_gan.scores.translations import TranslationScorer, nearness

SKIMAGE = importlib.util.find_spec("skimage") is not None
RNG = np.random.default_rng(0)
TARGETS = RNG.integers(10, 246, (6, 32, 32, 3), np.uint8)


def tensors(images):
    """uint8 (n, height, width, 3) to float32 (n, 3, height, width) in [-1, 1]."""
    return (images / 127.5 - 1).astype(np.float32).transpose(0, 3, 1, 2)


class Negative:
    """A stub translator: the negative, brighter by some levels."""

    def __init__(self, brighter=0):
        self._brighter = brighter

    def translate(self, images):
        return 255 - images + np.uint8(self._brighter)


def held_out(count):
    """Negatives, and what they are of."""
    return tensors(255 - TARGETS[:count]), tensors(TARGETS[:count])


@pytest.fixture(autouse=True)
def without_features(monkeypatch):
    monkeypatch.setattr(libraries, "missing", lambda: ["torch"])


@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")  # PSNR is infinite
def test_equal_pairs_are_at_no_distance():
    scorer = TranslationScorer(held_out, True, ScoreOptions(count=6))
    report = scorer.score(Negative())
    assert report.main == "L1" and report.values()["L1"] == 0
    assert report.values()["sliced Wasserstein distance"] == 0
    assert report.protocol["real"] == report.protocol["fake"] == 6
    assert report.protocol["split"] == "held out from training"


def test_every_pixel_ten_levels_off_gives_the_closed_forms():
    scorer = TranslationScorer(held_out, True, ScoreOptions(count=6))
    found = scorer.score(Negative(10)).scores
    assert found["L1"].value == pytest.approx(10 / 255) and found["L1"].error < 1e-6
    if SKIMAGE:
        assert found["PSNR"].value == pytest.approx(20 * np.log10(255 / 10))


@pytest.mark.skipif(not SKIMAGE, reason="needs the extra scores")
def test_structure_is_seen_by_ssim():
    assert nearness(TARGETS, TARGETS ^ 1)["SSIM"].value == pytest.approx(1, abs=1e-3)
    shuffled = RNG.permutation(TARGETS.reshape(6, -1), axis=1).reshape(TARGETS.shape)
    assert nearness(TARGETS, shuffled)["SSIM"].value < 0.1


def test_without_scikit_image_a_line_says_what_to_install(monkeypatch, caplog):
    monkeypatch.setattr(translations.importlib.util, "find_spec", lambda name: None)
    assert list(nearness(TARGETS, TARGETS)) == ["L1"]
    assert caplog.messages[0].startswith("PSNR and SSIM need scikit-image: pip install")


def test_count_limits_the_held_out_pairs():
    report = TranslationScorer(held_out, True, ScoreOptions(count=4)).score(Negative(1))
    assert report.protocol["real"] == 4


def test_images_without_partners_are_compared_as_sets_alone():
    report = TranslationScorer(held_out, False, ScoreOptions(count=6)).score(Negative())
    assert report.main == "sliced Wasserstein distance" and "L1" not in report.scores


class Brighter:
    """A stub translator that adds some levels."""

    def __init__(self, levels):
        self._levels = levels

    def translate(self, images):
        return (images.astype(int) + self._levels).astype(np.uint8)


def test_a_generator_that_translates_back_is_scored_the_other_way_round(tmp_path):
    for side, level in zip(("A", "B"), (50, 150)):
        (tmp_path / side).mkdir()
        for name in range(8):
            Image.new("RGB", (32, 32), (level,) * 3).save(tmp_path / side / f"{name}.png")
    recipe = RECIPES["cyclegan"]
    found = recipe.find_data(data_options(data=str(tmp_path), holdout=4))
    for network, levels in {"generator": 100, "generator_back": -100}.items():
        scorer = recipe.scorer(recipe.seen_by(network, found), ScoreOptions(count=4))
        assert scorer.score(Brighter(levels)).values()["sliced Wasserstein distance"] == 0
