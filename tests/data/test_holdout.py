"""Examples kept out of training."""

import numpy as np
import pytest
from data_options import data_options, opened
from mnist_files import TRAIN, find, place
from PIL import Image

from ms_gan.data import pairs, unpaired
from ms_gan.data.base import held_out
from ms_gan.errors import UsageError


@pytest.fixture
def folder(tmp_path):
    """Twelve images, each in a colour of its own."""
    for index in range(12):
        Image.new("RGB", (8, 8), (20 * index, 0, 0)).save(tmp_path / f"{index:02d}.png")
    return tmp_path


def test_every_example_is_either_trained_on_or_held_out():
    kept, others = held_out(100, data_options(holdout=30))
    assert len(others) == 30 and sorted([*kept, *others]) == list(range(100))


def test_the_seed_and_nothing_else_says_which():
    options = data_options(holdout=30, seed=4)
    np.testing.assert_array_equal(held_out(100, options)[1], held_out(100, options)[1])
    assert set(held_out(100, options)[1]) != set(held_out(100, data_options(holdout=30))[1])


@pytest.mark.parametrize("count", [12, 13])
def test_something_must_be_left(count):
    with pytest.raises(UsageError, match=f"--holdout {count}: there are only 12 examples"):
        held_out(12, data_options(holdout=count))


def test_held_out_images_are_not_trained_on(folder):
    images = opened(folder).hold_out(data_options(holdout=5))
    assert images.count == 7 and images.held_out.count == 5
    seen = next(images.rows(range(7), 7))[:, 0, 0, 0]
    kept = next(images.held_out.rows(range(5), 5))[:, 0, 0, 0]
    assert sorted([*seen, *kept]) == [20 * index for index in range(12)]
    assert images.describe()["held_out"] == 5 and str(images).endswith(", 5 held out")


def test_held_out_digits_are_not_trained_on(tmp_path):
    digits = find(place(tmp_path, TRAIN, 7), holdout=3)
    assert digits.count == 4 and digits.held_out.count == 3
    assert sorted([*digits.labels, *digits.held_out.labels]) == list(range(7))


def test_pairs_are_held_out_by_the_seed_instead_of_the_last_ones(tmp_path):
    for index in range(12):
        Image.new("RGB", (16, 8), (20 * index, 0, 0)).save(tmp_path / f"{index:02d}.png")
    found = pairs.find(data_options(data=str(tmp_path), holdout=4), 8, 8)
    names = [int(file.stem) for file in found.held_out.files]
    assert names == sorted(held_out(12, data_options(holdout=4))[1].tolist()) != [8, 9, 10, 11]


def test_a_set_with_validation_images_of_its_own_refuses(folder):
    for name in ("trainA", "trainB", "testA", "testB"):
        (folder / name).mkdir()
        Image.new("RGB", (8, 8)).save(folder / name / "0.png")
    for file in folder.glob("*.png"):
        file.unlink()
    with pytest.raises(UsageError, match="--holdout 1: .*testA holds images for validation"):
        unpaired.find(data_options(data=str(folder), holdout=1), 8)
