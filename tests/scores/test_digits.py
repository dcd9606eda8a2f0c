"""Scores of digits by a classifier."""

import shutil

import numpy as np
import pytest
from data_options import data_options
from mnist_files import find, idx

from ms_gan.data import mnist
from ms_gan.scores import digit_classifier
from ms_gan.scores.base import ScoreOptions
from ms_gan.scores.digits import DigitScorer


def bars(count, seed=0):
    """Ten kinds of images that are told apart at once, and what each is."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 10
    pixels = rng.integers(0, 60, (count, 28, 28), np.uint8)
    for image, label in zip(pixels, labels):
        image[2 * label + 4 : 2 * label + 6] = 255
    return pixels, labels


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A folder of 400 such images as MNIST's files have them, and one with their classifier."""
    folder, datasets = tmp_path_factory.mktemp("digits"), tmp_path_factory.mktemp("datasets")
    for name, array in zip(mnist.SPLITS["train"], bars(400)):
        (folder / name).write_bytes(idx(array))
    with pytest.MonkeyPatch.context() as patch:
        shorten(patch)
        options = ScoreOptions(count=50, datasets=str(datasets))
        DigitScorer(find(folder, holdout=100), options).score(Made(bars(50, 1)[0]))
    return folder, datasets


@pytest.fixture
def digits(trained, tmp_path, monkeypatch):
    """These images, 100 of them held out; their classifier is there."""
    shorten(monkeypatch)
    folder, datasets = trained
    shutil.copytree(datasets, tmp_path / "datasets")
    return find(folder, holdout=100)


def shorten(patch):
    """Make the training of the classifier a short one."""
    patch.setattr(digit_classifier, "STEPS", 25)
    patch.setattr(digit_classifier, "SHIFT", 0)


class Made:
    """A stub generator of given digits."""

    def __init__(self, pixels):
        self._pixels = pixels

    def generate(self, seeds):
        return self._pixels[: len(seeds), ..., None]


def test_readable_digits_of_all_kinds_score_well_and_others_do_not(digits):
    scorer = DigitScorer(digits, ScoreOptions(count=200))
    good = scorer.score(Made(bars(200, 1)[0]))
    assert "test accuracy 100" in good.protocol["features"] and good.warnings == ()
    assert good.protocol["split"] == "held out from training" and good.protocol["real"] == 100
    assert good.values()["readable share"] > 0.95
    assert good.values()["class balance (KL to uniform)"] < 0.01
    alike = scorer.score(Made(bars(2000, 1)[0][::10]))
    assert alike.values()["class balance (KL to uniform)"] == pytest.approx(np.log(10))
    noise = scorer.score(Made(np.random.default_rng(0).integers(0, 256, (200, 28, 28), np.uint8)))
    assert noise.values()["readable share"] < 0.9
    distance = good.main
    assert good.values()[distance] < min(one.values()[distance] for one in (alike, noise)) / 3
    assert scorer.floor().values()[distance] < alike.values()[distance] / 3


def test_the_classifier_is_trained_once(digits, monkeypatch):
    monkeypatch.setattr(digit_classifier, "_train", None)
    report = DigitScorer(digits, ScoreOptions(count=50)).score(Made(bars(50, 1)[0]))
    assert report.values()["readable share"] > 0.95


def test_a_damaged_classifier_is_trained_again(digits, caplog):
    made, options = Made(bars(50, 1)[0]), ScoreOptions(count=50)
    first = DigitScorer(digits, options).score(made)
    (path,) = (mnist.Path("datasets") / "cache").glob("classifier-*.ckpt")
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:-50])
    assert DigitScorer(digits, options).score(made).values() == pytest.approx(first.values())
    assert "training it again" in caplog.text


def test_a_poor_classifier_is_warned_of(digits, monkeypatch):
    monkeypatch.setattr(digit_classifier, "STEPS", 1)
    shutil.rmtree("datasets")  # with the good one
    report = DigitScorer(digits, ScoreOptions(count=50)).score(Made(bars(50, 1)[0]))
    assert "so the scores say little" in report.warnings[0]


def test_without_held_out_digits_there_is_no_floor(trained):
    whole = mnist.find(data_options(data=str(trained[0])))
    with pytest.raises(Exception, match="--floor: needs"):
        DigitScorer(whole, ScoreOptions(count=50)).floor()
