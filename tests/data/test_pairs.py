import itertools
import zipfile
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT
from data_options import data_options
from PIL import Image

from ms_gan.data import pairs
from ms_gan.data.listing import NAMED
from ms_gan.data.locate import SYNTHETIC
from ms_gan.data.pairs import PairBatches
from ms_gan.errors import GanError, UsageError
from ms_gan.stand_ins.pairs import draw_pairs

FACADES = ROOT.parent / "shared" / "data" / "facades.zip"


def pair(level=0, side=20, b="white"):
    """A grey A beside a plain B."""
    image = Image.new("RGB", (2 * side, side), (level,) * 3)
    image.paste(b, (side, 0, 2 * side, side))
    return image


def place(folder, *names, make=pair):
    for index, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        make(10 * index).save(folder / name)
    return folder


def numbered(folder, count):
    return place(folder, *(f"{index:03d}.png" for index in range(count)))


def find(data=None, image_size=16, jitter=20, **options):
    return pairs.find(data_options(data=data and str(data), **options), image_size, jitter)


def parts(found):
    """Names of the files for training and for validation."""
    return names(found.train.files), names(found.held_out.files)


def names(files):
    return [file.name for file in files]


def batches(data, direction="AtoB", batch_size=1, seed=0, **options):
    return PairBatches(find(data, **options), direction, batch_size, seed)


def taken(ours, steps, start=0):
    """[(inputs, targets)] of the steps from `start` on."""
    return [
        tuple(side.asnumpy() for side in step)
        for step in itertools.islice(ours.from_step(start), steps)
    ]


def same(some, others):
    return len(some) == len(others) and all(
        np.array_equal(a, b) for one, other in zip(some, others) for a, b in zip(one, other)
    )


def levels(steps):
    """Which of the numbered pairs each step holds."""
    return [
        tuple(np.rint((inputs[:, 0, 0, 0] + 1) * 12.75).astype(int).tolist()) for inputs, _ in steps
    ]


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


def test_16_bit_pairs_keep_their_levels(tmp_path):
    levels = np.full((10, 20), 60000, np.uint16)
    levels[:, 10:] = 1000
    for name in ("deep.png", "deeper.png"):
        (tmp_path / "set").mkdir(exist_ok=True)
        Image.fromarray(levels).save(tmp_path / "set" / name)
    ((inputs, targets),) = taken(batches(tmp_path / "set"), 1)
    assert inputs == pytest.approx(60000 / 256 / 127.5 - 1, abs=0.01)
    assert targets == pytest.approx(1000 / 256 / 127.5 - 1, abs=0.01)


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


@pytest.mark.parametrize("direction", ["AtoB", "BtoA"])
def test_a_batch_is_inputs_and_targets_in_the_direction_asked_for(tmp_path, direction):
    place(
        tmp_path,
        "set/a.png",
        "set/b.png",
        "set/c.png",
        "set/d.png",
        make=lambda _: pair(0, b=(255, 255, 255)),
    )
    ours = batches(tmp_path / "set", direction, batch_size=3)
    ((inputs, targets),) = taken(ours, 1)
    assert inputs.shape == targets.shape == (3, 3, 16, 16)
    assert inputs.dtype == targets.dtype == np.float32
    a, b = (inputs, targets) if direction == "AtoB" else (targets, inputs)
    # Plain to the last column: nothing of one half bleeds into the other.
    assert a == pytest.approx(-1, abs=1e-6) and b == pytest.approx(1, abs=1e-6)


def coordinates(_):
    """A pair of two equal halves in which every pixel's colour tells where it is."""
    ramp = np.arange(0, 240, 6, dtype=np.uint8)
    half = np.stack((*np.meshgrid(ramp, ramp), np.zeros((40, 40), np.uint8)), 2)
    return Image.fromarray(np.concatenate((half, half), 1))


def test_both_halves_are_moved_and_mirrored_alike_and_differently_each_time(tmp_path):
    place(tmp_path, "set/a.png", "set/b.png", make=coordinates)
    steps = taken(batches(tmp_path / "set", image_size=32, jitter=40), 60)
    assert all(np.array_equal(inputs, targets) for inputs, targets in steps)
    pixels = np.rint((np.concatenate([inputs for inputs, _ in steps]) + 1) * 127.5 / 6).astype(int)
    columns, rows = pixels[:, 0, 0], pixels[:, 1, :, 0]
    mirrored = columns[:, 0] > columns[:, -1]
    lefts = np.where(mirrored, columns[:, -1], columns[:, 0])
    assert 15 < mirrored.sum() < 45
    assert (
        set(lefts) == set(rows[:, 0]) == set(range(9))
    )  # any place, the first and the last as well
    straight = np.where(mirrored[:, None], columns[:, ::-1], columns)
    assert np.array_equal(straight - lefts[:, None], np.tile(np.arange(32), (60, 1)))
    assert np.array_equal(rows - rows[:, :1], np.tile(np.arange(32), (60, 1)))  # never upside down


def test_without_jitter_images_are_mirrored_only(tmp_path):
    place(tmp_path, "set/a.png", "set/b.png", make=coordinates)
    steps = taken(batches(tmp_path / "set", image_size=40, jitter=40), 12)
    assert len({inputs.tobytes() for inputs, _ in steps}) == 2


def test_an_epoch_holds_every_pair_once_in_an_order_of_its_own(tmp_path):
    taken_levels = levels(taken(batches(numbered(tmp_path / "set", 13), batch_size=3), 12))
    epochs = [sum(taken_levels[start : start + 4], ()) for start in (0, 4, 8)]
    assert all(sorted(epoch) == list(range(12)) for epoch in epochs)
    assert len(set(epochs)) == 3


@pytest.mark.parametrize("start", [1, 3, 4, 6])
def test_going_on_from_a_step_continues_the_sequence(tmp_path, start):
    folder = place(tmp_path / "set", *(f"{index}.png" for index in range(10)), make=coordinates)
    whole = taken(batches(folder, batch_size=2, seed=5), 9)  # 4 steps an epoch
    assert same(
        taken(batches(folder, batch_size=2, seed=5, workers=1, cache=False), 9 - start, start),
        whole[start:],
    )
    assert not same(taken(batches(folder, batch_size=2, seed=6), 9), whole)


def moves(data, rank, steps, start=0, world_size=2):
    """Where the corner pixel of each input comes from: what a rank's crops and mirroring show."""
    ours = batches(data, batch_size=2, image_size=20, jitter=40)
    ours.shard(rank, world_size)
    seen = [inputs[:, :2, 0, 0] for inputs, _ in taken(ours, steps, start)]
    return np.concatenate(seen).tolist()


def test_every_rank_cuts_and_mirrors_in_its_own_way(tmp_path):
    folder = place(tmp_path / "set", *(f"{index:02d}.png" for index in range(17)), make=coordinates)
    first, second = (moves(folder, rank, 8) for rank in (0, 1))  # two epochs
    assert sum(one == other for one, other in zip(first, second)) < 4
    for rank, whole in ((0, first), (1, second)):
        assert moves(folder, rank, 5, start=3) == whole[6:]  # a run that goes on within an epoch


def test_held_out_pairs_are_scaled_straight(tmp_path):
    folder = place(tmp_path / "set", "train/a.png", "val/b.png", "val/c.png", make=coordinates)
    pair(100).save(folder / "val" / "b.png")
    ours = batches(folder, image_size=20, jitter=24)
    inputs, targets = ours.held_out(5)
    assert (
        inputs.shape == targets.shape == (2, 3, 20, 20)
        and inputs.dtype == targets.dtype == np.float32
    )
    assert inputs[0] == pytest.approx(100 / 127.5 - 1, abs=1e-6) and targets[0] == pytest.approx(
        1, abs=1e-6
    )
    columns = (inputs[1, 0, 5] + 1) * 127.5
    assert columns[[0, -1]] == pytest.approx([3, 231], abs=6) and (np.diff(columns) > 6).all()
    assert ours.held_out(1)[0].shape == (1, 3, 20, 20)


def test_grey_and_transparent_pairs_have_three_channels(tmp_path):
    folder = tmp_path / "set"
    numbered(folder, 1)
    pair(50).convert("L").save(folder / "grey.png")
    pair(50).convert("RGBA").save(folder / "clear.png")
    for inputs, targets in taken(batches(folder), 4):
        assert inputs.shape == targets.shape == (1, 3, 16, 16)


def test_a_batch_larger_than_the_data_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="--batch-size 4: .*3 pairs in .*set"):
        batches(numbered(tmp_path / "set", 4), batch_size=4)


def test_jitter_below_the_images_size_is_a_usage_error_before_any_work(tmp_path):
    with pytest.raises(
        UsageError, match="--jitter 15: smaller than the images, 16; choose that or more"
    ):
        batches(numbered(tmp_path / "set", 4), jitter=15)
    assert not Path("datasets").exists()


@pytest.mark.parametrize(
    "damage", [Path.unlink, lambda file: file.write_bytes(b"broken now")], ids=["gone", "broken"]
)
def test_an_image_that_is_lost_during_training_is_one_clear_error(tmp_path, damage):
    ours = batches(numbered(tmp_path / "set", 4), cache=False)
    for name in ("001.png", "003.png"):
        damage(tmp_path / "set" / name)
    with pytest.raises(GanError, match=r"can't be read any more .*001\.png") as error:
        taken(ours, 3)
    assert "\n" not in str(error.value)
    with pytest.raises(GanError, match=r"003\.png: .*can't be read any more"):
        ours.held_out(1)


def test_packed_pairs_outlast_their_files(tmp_path):
    ours = batches(numbered(tmp_path / "set", 4))
    (tmp_path / "set" / "001.png").unlink()
    assert sorted(sum(levels(taken(ours, 3)), ())) == [0, 1, 2]


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
