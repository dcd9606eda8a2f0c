"""Finding pairs: folders, zips, stand-ins, and images that are no pairs."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT
from image_files import find, numbered, place
from PIL import Image

from ms_gan.data import pairs
from ms_gan.data.listing import NAMED
from ms_gan.data.locate import SYNTHETIC
from ms_gan.data.pairs import PairBatches
from ms_gan.errors import GanError
from ms_gan.stand_ins.pairs import draw_pairs

FACADES = ROOT.parent / "shared" / "data" / "facades.zip"


def parts(found):
    """Names of the files for training and for validation."""
    return names(found.train.files), names(found.held_out.files)


def names(files):
    return [file.name for file in files]


def test_train_and_test_are_training_and_validation(tmp_path):
    found = find(place(tmp_path / "my set", "train/a.png", "train/sub/b.png", "test/c.png"))
    assert parts(found) == (["a.png", "b.png"], ["c.png"])
    assert found.folder == tmp_path / "my set" and found.count == 2 and not found.synthetic
    assert str(found) == f"2 pairs in {tmp_path / 'my set'}, 1 held out"
    assert found.describe() == {
        "path": str(tmp_path / "my set"),
        "images": 2,
        "held_out": 1,
        "synthetic": False,
    }


def test_val_comes_before_test(tmp_path):
    found = find(place(tmp_path / "set", "train/a.png", "test/c.png", "val/d.png"))
    assert parts(found) == (["a.png"], ["d.png"])


@pytest.mark.parametrize("count, held_out", [(2, 1), (39, 1), (40, 2), (160, 8), (200, 8)])
def test_without_sub_folders_the_last_twentieth_is_held_out(tmp_path, count, held_out):
    found = find(numbered(tmp_path / "set", count))
    assert found.count == count - held_out
    train, validation = parts(found)
    assert train + validation == [f"{index:03d}.png" for index in range(count)]


def test_train_alone_is_split(tmp_path):
    found = find(place(tmp_path / "set", "train/a.png", "train/b.png"))
    assert parts(found) == (["a.png"], ["b.png"])


def test_the_sets_own_place_is_found_first_as_a_folder_then_as_a_zip(tmp_path):
    numbered(tmp_path / "inside" / "facades" / "train", 3)
    numbered(tmp_path / "inside" / "facades" / "val", 1)
    (tmp_path / "datasets").mkdir()
    with zipfile.ZipFile(tmp_path / "datasets" / "facades.zip", "w") as opened:
        for file in (tmp_path / "inside").rglob("*.png"):
            opened.write(file, file.relative_to(tmp_path / "inside"))
    zipped = find()
    assert zipped.count == 3 and zipped.held_out.count == 1
    assert zipped.folder.name == "facades" and (tmp_path / "datasets") in zipped.folder.parents
    again = find(zipped.describe()["path"])  # as a resumed run finds it
    assert again.describe() == zipped.describe() and parts(again) == parts(zipped)
    numbered(tmp_path / "datasets" / "facades", 2)
    assert find().count == 1


@pytest.mark.parametrize(
    "content, said", [(None, "no such file or folder"), (b"hello", "neither a folder nor a")]
)
def test_data_that_is_neither_folder_nor_zip_is_refused(tmp_path, content, said):
    if content is not None:
        (tmp_path / "mine.zip").write_bytes(content)
    with pytest.raises(
        GanError, match=rf"mine\.zip: {said}.*; expected a folder or a zip of images$"
    ):
        find(tmp_path / "mine.zip", stand_in=True)


def test_without_data_pairs_are_made_once_and_marked(monkeypatch, caplog):
    monkeypatch.setattr(pairs, "draw_pairs", lambda folder: draw_pairs(folder, 3))
    found = find(stand_in=True)
    assert found.synthetic and found.count == 3 and found.held_out.count == 16
    assert found.describe()["synthetic"] is True
    assert (found.folder / SYNTHETIC).read_text() == pairs.STAND_IN_NOTE + "\n"
    assert "datasets/facades: no such folder" in caplog.text
    monkeypatch.setattr(pairs, "draw_pairs", None)
    assert parts(find(stand_in=True)) == parts(found)


def test_without_data_and_stand_in_it_is_an_error_that_says_what_to_do():
    with pytest.raises(
        GanError, match="^datasets/facades: no such folder.*; put one there, or give --data"
    ):
        find()
    assert not Path("datasets").exists()


@pytest.mark.parametrize("size", [(21, 10), (20, 20), (20, 30)])
def test_what_is_no_pair_is_named_counted_and_left_out(tmp_path, caplog, size):
    place(tmp_path / "set", "a.png", "c.png", "d.png")
    Image.new("RGB", size).save(tmp_path / "set" / "b.png")
    found = find(tmp_path / "set")
    assert parts(found) == (["a.png", "c.png"], ["d.png"])
    said = caplog.text
    assert f"b.png: not a side-by-side pair: {size[0]}x{size[1]}, expected an even width" in said
    assert "1 of 4 images are unusable and left out" in said


def test_at_most_ten_are_named(tmp_path, caplog):
    numbered(tmp_path / "set", 2)
    place(
        tmp_path / "set",
        *(f"x{index}.png" for index in range(NAMED + 2)),
        make=lambda _: Image.new("RGB", (9, 9)),
    )
    find(tmp_path / "set")
    assert caplog.text.count(": not a side-by-side pair") == NAMED


def test_broken_files_are_left_out_too(tmp_path, caplog):
    numbered(tmp_path / "set", 3)
    (tmp_path / "set" / "001.png").write_bytes(b"")
    assert find(tmp_path / "set").count == 1
    assert "001.png: broken: empty file" in caplog.text


def test_a_set_without_a_single_pair_is_an_error(tmp_path):
    place(tmp_path / "set", "a.png", "b.png", make=lambda _: Image.new("RGB", (9, 9)))
    with pytest.raises(
        GanError,
        match="set: none of its 2 images can be used: not a side-by-side pair: 9x9, expected",
    ):
        find(tmp_path / "set")


def test_one_pair_is_too_few(tmp_path):
    with pytest.raises(GanError, match="set: only one pair; expected at least 2"):
        find(numbered(tmp_path / "set", 1))


@pytest.mark.skipif(not FACADES.exists(), reason="the real facades are not here")
def test_the_real_facades():
    found = find(FACADES, 64, 72)
    assert found.count == 200 and found.held_out.count == 40 and not found.synthetic
    inputs, targets = PairBatches(found, "BtoA", 4, 0).held_out(4)
    assert np.std(targets) > 0.3 and not np.array_equal(inputs, targets)
    blue = inputs[:, 2].mean() - inputs[:, 0].mean()
    assert (
        blue > targets[:, 2].mean() - targets[:, 0].mean()
    )  # label maps are blue, photographs are not
