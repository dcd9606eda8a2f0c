"""Batches of pairs: both halves in the direction asked for, cropped and mirrored alike."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from image_files import find, numbered, pair, place
from PIL import Image

from ms_gan.data.pairs import PairBatches
from ms_gan.errors import GanError, UsageError


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


def test_16_bit_pairs_keep_their_levels(tmp_path):
    levels = np.full((10, 20), 60000, np.uint16)
    levels[:, 10:] = 1000
    for name in ("deep.png", "deeper.png"):
        (tmp_path / "set").mkdir(exist_ok=True)
        Image.fromarray(levels).save(tmp_path / "set" / name)
    ((inputs, targets),) = taken(batches(tmp_path / "set"), 1)
    assert inputs == pytest.approx(60000 / 256 / 127.5 - 1, abs=0.01)
    assert targets == pytest.approx(1000 / 256 / 127.5 - 1, abs=0.01)


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
