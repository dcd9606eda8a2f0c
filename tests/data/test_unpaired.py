import itertools
import zipfile
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from data_options import data_options
from PIL import Image

from ms_gan.data import unpaired
from ms_gan.data.locate import SYNTHETIC
from ms_gan.data.unpaired import UnpairedBatches
from ms_gan.errors import GanError, UsageError
from ms_gan.stand_ins.pairs import draw_unpaired


def fill(folder, count, start=0):
    """Plain images whose grey level tells their number: 5 levels each, from `start` on."""
    folder.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        Image.new("RGB", (10, 10), (5 * (start + index),) * 3).save(folder / f"{index:03d}.png")
    return folder


def two(folder, x=4, y=3, names=("A", "B")):
    """A folder of two collections; the numbers of Y start at 25."""
    fill(folder / names[0], x)
    fill(folder / names[1], y, 25)
    return folder


def zip_of(path, folder):
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as opened:
        for file in folder.rglob("*.png"):
            opened.write(file, file.relative_to(folder))
    return path


def find(data=None, **options):
    return unpaired.find(data_options(data=data and str(data), **options), 8)


def counts(found):
    return [images.count for images in (*found.train, *found.held_out)]


def batches(data, batch_size=1, seed=0, **options):
    return UnpairedBatches(find(data, **options), batch_size, seed)


def taken(ours, steps, start=0):
    """[(numbers of X, numbers of Y)] of the steps from `start` on; `ours` are closed afterwards."""
    with closing(ours):
        return [
            tuple(numbers(side.asnumpy()) for side in step)
            for step in itertools.islice(ours.from_step(start), steps)
        ]


def numbers(images):
    return tuple(np.rint((images[:, 0, 4, 4] + 1) * 127.5 / 5).astype(int).tolist())


@pytest.mark.parametrize("names", [("A", "B"), ("apples", "oranges"), ("x", "脸")])
def test_two_sub_folders_of_any_names_are_x_and_y(tmp_path, names):
    found = find(two(tmp_path / "set", 41, 5, names))
    assert (found.train[0].folder, found.train[1].folder) == (
        tmp_path / "set" / names[0],
        tmp_path / "set" / names[1],
    )
    assert counts(found) == [39, 4, 2, 1]  # the last twentieth of each is held out
    assert [file.name for file in found.held_out[0].files] == ["039.png", "040.png"]
    assert found.count == 39 and not found.synthetic
    assert str(found) == f"39 images X and 4 images Y in {tmp_path / 'set'}, 2 and 1 held out"
    assert found.describe() == {
        "path": str(tmp_path / "set"),
        "images": 39,
        "images_x": 39,
        "images_y": 4,
        "held_out": 3,
        "synthetic": False,
    }


def test_test_folders_beside_train_folders_are_held_out(tmp_path):
    two(tmp_path / "set", 3, 4, ("trainA", "trainB"))
    two(tmp_path / "set", 2, 1, ("testA", "testB"))
    assert counts(find(tmp_path / "set")) == [3, 4, 2, 1]


def test_train_folders_alone_are_split(tmp_path):
    assert counts(find(two(tmp_path / "set", 3, 4, ("trainA", "trainB")))) == [2, 3, 1, 1]


def test_two_paths_are_x_and_y(tmp_path):
    x, y = (
        fill(tmp_path / "one", 3),
        zip_of(tmp_path / "two.zip", fill(tmp_path / "inside" / "deeper", 5).parent),
    )
    found = find(f"{x},{y}")
    assert counts(found) == [2, 4, 1, 1]
    assert found.train[0].folder == x and found.train[1].folder.name == "deeper"
    again = find(found.describe()["path"])  # as a resumed run finds it
    assert again.describe() == found.describe() and counts(again) == counts(found)


def test_a_path_with_a_comma_that_exists_wins(tmp_path):
    fill(tmp_path / "a", 3), fill(tmp_path / "b", 3)
    two(tmp_path / "a,b", 6, 6)
    assert find("a,b").train[0].folder == tmp_path / "a,b" / "A"


def test_each_of_two_paths_may_have_a_comma(tmp_path):
    fill(tmp_path / "a,b", 3), fill(tmp_path / "c,d", 3)
    found = find("a,b,c,d")
    assert (found.train[0].folder.name, found.train[1].folder.name) == ("a,b", "c,d")


def test_a_missing_one_of_two_paths_is_named(tmp_path):
    fill(tmp_path / "a", 3)
    with pytest.raises(
        GanError, match="^gone: no such file or folder; expected a folder or a zip of images$"
    ):
        find("a,gone")


@pytest.mark.parametrize("data", ["a,", ",a", ","])
def test_an_empty_one_of_two_paths_is_refused(tmp_path, data):
    """It isn't the folder that the command runs in."""
    fill(tmp_path / "a", 3), two(tmp_path)
    with pytest.raises(
        UsageError, match=f"^--data {data}: one of its two paths is empty; expected"
    ):
        find(data)


def test_its_own_place_is_found_first_as_a_folder_then_as_a_zip(tmp_path):
    two(tmp_path / "inside" / "horses", 3, 3)
    zip_of(tmp_path / "datasets" / "unpaired.zip", tmp_path / "inside")
    assert counts(find()) == [2, 2, 1, 1]
    two(tmp_path / "datasets" / "unpaired", 5, 5)
    assert counts(find()) == [4, 4, 1, 1]


@pytest.mark.parametrize(
    "folders, said",
    [
        ((), "found no images"),
        (("",), "found 2 images; "),
        (("A",), "found 2 images; "),
        (("A", "B", "C"), "found the sub-folder A, the sub-folder B, the sub-folder C; "),
        (("", "A", "B"), "found 2 images, the sub-folder A, the sub-folder B; "),
        (("train", "test"), "found the sub-folder test, the sub-folder train; "),
        (tuple("ABCDEFG"), "the sub-folder E, 2 more; "),
    ],
)
def test_other_layouts_are_one_clear_error(tmp_path, folders, said):
    (tmp_path / "set").mkdir()
    for name in folders:
        fill(tmp_path / "set" / name, 2)
    with pytest.raises(GanError) as error:
        find(tmp_path / "set")
    assert said in str(error.value) and "\n" not in str(error.value)
    assert "expected two sub-folders of images, one for each kind" in str(error.value)


def test_one_image_is_too_few(tmp_path):
    with pytest.raises(GanError, match="set/B: only one image; expected at least 2"):
        find(two(tmp_path / "set", 3, 1))


def test_broken_files_are_left_out(tmp_path, caplog):
    two(tmp_path / "set", 4, 4)
    (tmp_path / "set" / "B" / "001.png").write_bytes(b"")
    assert counts(find(tmp_path / "set")) == [3, 2, 1, 1]
    assert "001.png: broken: empty file" in caplog.text


def test_without_data_images_are_made_once_and_marked(monkeypatch, caplog):
    monkeypatch.setattr(unpaired, "draw_unpaired", lambda folder: draw_unpaired(folder, 3))
    found = find(stand_in=True)
    assert found.synthetic and counts(found) == [2, 2, 1, 1]
    assert Path(found.path, SYNTHETIC).read_text() == unpaired.STAND_IN_NOTE + "\n"
    assert "datasets/unpaired: no such folder" in caplog.text
    monkeypatch.setattr(unpaired, "draw_unpaired", None)
    assert find(stand_in=True).describe() == found.describe()


def test_without_data_and_stand_in_it_is_an_error_that_says_what_to_do():
    with pytest.raises(
        GanError, match="^datasets/unpaired: no such folder.*, or give --data a folder"
    ):
        find()
    assert not Path("datasets").exists()


def test_a_batch_has_the_shape_type_and_range_that_the_networks_take(tmp_path):
    with closing(batches(two(tmp_path / "set", 5, 3), batch_size=4)) as ours:
        step = next(ours.from_step(0))
    assert len(step) == 2
    for side in step:
        assert side.shape == (4, 3, 8, 8) and side.asnumpy().dtype == np.float32
    x, y = (side.asnumpy() for side in step)
    assert -1 <= x.min() and x.max() < -0.7 and -0.1 < y.min() and y.max() < 0.2


@pytest.mark.parametrize("x, y", [(14, 5), (5, 14), (9, 9)])
def test_an_epoch_is_the_larger_collection_once_and_the_smaller_as_often_as_it_takes(
    tmp_path, x, y
):
    ours = batches(two(tmp_path / "set", x, y), batch_size=2)
    assert ours.steps_per_epoch == (max(x, y) - 1) // 2
    steps = taken(ours, ours.steps_per_epoch)
    drawn_x, drawn_y = (sum((step[side] for step in steps), ()) for side in (0, 1))
    for drawn, count, first in ((drawn_x, x - 1, 0), (drawn_y, y - 1, 25)):
        assert set(drawn) <= set(range(first, first + count))
        whole = len(drawn) // count * count
        for start in range(0, whole, count):
            assert sorted(drawn[start : start + count]) == list(range(first, first + count))
        assert len(set(drawn[whole:])) == len(drawn) - whole


def test_pairs_keep_changing(tmp_path):
    steps = taken(batches(two(tmp_path / "set", 13, 4)), 36)  # 12 steps an epoch, 3 images Y
    assert len({step for step in steps}) > 20
    rounds = [tuple(y for _, y in steps[start : start + 3]) for start in range(0, 36, 3)]
    assert len(set(rounds)) > 3


@pytest.mark.parametrize("x, y", [(17, 9), (9, 17), (17, 17)])
def test_two_ranks_together_see_what_one_with_both_batches_sees(tmp_path, x, y):
    folder = two(tmp_path / "set", x, y)
    whole, first, second = batches(folder, 4), batches(folder, 2), batches(folder, 2)
    for rank, ours in enumerate((first, second)):
        ours.shard(rank, 2)
    steps = whole.steps_per_epoch + 2
    together = list(zip(taken(first, steps), taken(second, steps)))
    for sides, (one, other) in zip(taken(whole, steps), together):
        assert sides == (one[0] + other[0], one[1] + other[1])
        assert all(len(set(side)) == 4 for side in sides)  # no image twice in a step


@pytest.mark.parametrize("start", [1, 4, 5, 7])
@pytest.mark.parametrize("x, y", [(11, 4), (4, 11)])
def test_going_on_from_a_step_continues_the_sequence(tmp_path, start, x, y):
    folder = two(tmp_path / "set", x, y)
    whole = taken(batches(folder, 2, seed=5), 12)  # 5 steps an epoch
    assert (
        taken(batches(folder, 2, seed=5, workers=1, cache=False), 12 - start, start)
        == whole[start:]
    )
    assert taken(batches(folder, 2, seed=6), 12) != whole


def test_other_shapes_are_cut_at_the_centre(tmp_path):
    wide = Image.new("RGB", (30, 10), "white")
    wide.paste("black", (10, 0, 20, 10))
    for name in "ABab":
        place = tmp_path / "set" / name.upper()
        place.mkdir(parents=True, exist_ok=True)
        wide.save(place / f"{name}.png")
    with closing(batches(tmp_path / "set")) as ours:
        for side in (*(side.asnumpy() for side in next(ours.from_step(0))), *ours.held_out(1)):
            assert side.shape == (1, 3, 8, 8) and side[..., 1:-1].max() < -0.9


def test_held_out_images_are_the_first_ones_in_order(tmp_path):
    two(tmp_path / "set", 3, 3, ("trainA", "trainB"))
    two(tmp_path / "set", 4, 2, ("testA", "testB"))
    with closing(batches(tmp_path / "set")) as ours:
        x, y = ours.held_out(3)
        assert x.dtype == y.dtype == np.float32 and x.shape == (3, 3, 8, 8)
        assert numbers(x) == (0, 1, 2) and numbers(y) == (25, 26)


def test_a_batch_may_be_larger_than_the_smaller_collection_but_not_than_both(tmp_path):
    folder = two(tmp_path / "set", 7, 3)
    ((x, y),) = taken(batches(folder, batch_size=6), 1)
    assert sorted(x) == list(range(6)) and sorted(y) == [25, 25, 25, 26, 26, 26]
    with pytest.raises(UsageError, match="--batch-size 7: .*6 images X and 2 images Y"):
        batches(folder, batch_size=7)


def test_an_image_that_is_lost_during_training_is_one_clear_error(tmp_path):
    ours = batches(two(tmp_path / "set", 5, 3), cache=False)
    (tmp_path / "set" / "B" / "001.png").unlink()
    with pytest.raises(
        GanError,
        match="an image that was sound at the start can't be read any more .*set/B/001.png",
    ) as error:
        taken(ours, 3)
    assert "\n" not in str(error.value)
