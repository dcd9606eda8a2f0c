"""python -m ms_gan.train --resume: a resumed run is the same run, what it refuses, and runs whose
numbers go bad.
"""

import json
import math
import re
import shutil

import mindspore as ms
import numpy as np
import pytest
from conftest import GRID, TINY
from PIL import Image
from run_files import arrays, assert_same_arrays, contents, log, options, samples, steps

from ms_gan import train
from ms_gan.stand_ins.faces import draw_faces
from ms_gan.training import checkpoint


@pytest.fixture(scope="module")
def many_faces(tmp_path_factory):
    """70 images, two batches of 32.

    MindSpore splits the work of a layer among its threads by what was quickest before, and the
    elements that don't fill a vector register come out one bit different: only such batches are the
    same to the last bit every time.
    """
    folder = tmp_path_factory.mktemp("many-faces")
    draw_faces(folder, 70)
    return folder


@pytest.fixture(scope="module")
def uninterrupted(many_faces, tmp_path_factory):
    """The folder of a run of 4 steps, two an epoch."""
    parent = tmp_path_factory.mktemp("uninterrupted")
    train.main(
        [
            "faces",
            "--data",
            str(many_faces),
            *TINY,
            "--batch-size",
            "32",
            "--epochs",
            "2",
            "--log-every",
            "1",
            "--out",
            str(parent),
        ]
    )
    return parent / "0000-faces"


def test_resumed_run_ends_as_an_uninterrupted_one(
    run, many_faces, uninterrupted, tmp_path, monkeypatch
):
    batches = "--data", many_faces, *TINY, "--batch-size", "32", "--log-every", "1"
    assert run("train", "faces", *batches, "--steps", "3").status == 0
    folder = tmp_path / "runs" / "0000-faces"
    before = arrays(folder)
    monkeypatch.chdir(many_faces)  # the data are found again from anywhere
    assert run("train", "faces", "--resume", folder, "--steps", "4").status == 0
    after = arrays(folder)
    assert_same_arrays(after, arrays(uninterrupted))
    assert log(folder) == log(uninterrupted)
    assert samples(folder).items() >= samples(uninterrupted).items()
    assert options(folder)["options"]["steps"] == 4

    weights = [key for key in before if key.startswith(("generator/", "discriminator/"))]
    assert [key for key in weights if np.array_equal(before[key], after[key])] == []


def test_generator_checkpoint_holds_the_weights_of_the_training_checkpoint(trained):
    for name in ("generator", "discriminator"):
        values, meta = checkpoint.load(trained / f"{name}.ckpt", name)
        assert meta["step"] == 4
        of_training = {
            key[len(name) + 1 :]: value
            for key, value in arrays(trained).items()
            if key.startswith(f"{name}/")
        }
        assert_same_arrays(values, of_training)


def test_lines_and_samples_after_the_checkpoint_are_made_anew(run, copy, trained):
    """As a crash leaves them: steps that were logged but not saved, the last line cut off."""
    with open(copy / "log.jsonl", "a") as lines:
        lines.write(
            '{"step": 5, "loss_g": "stale"}\n{"step": 6, "loss_g": "stale"}\n{"step": 7, "lo'
        )
    for step in (5, 6):
        (copy / "samples" / f"{step:07d}.png").write_bytes(b"stale")
    assert run("train", "faces", "--resume", copy, "--steps", "6", "--log-every", "1").status == 0
    assert steps(copy) == [1, 2, 4, 5, 6]
    assert "stale" not in (copy / "log.jsonl").read_text()
    assert samples(copy).keys() == samples(trained).keys() | {"0000006.png"}
    with Image.open(copy / "samples" / "0000006.png") as sample:
        assert sample.size == GRID


@pytest.mark.parametrize(
    "option",
    [("--batch-size", "5"), ("--ngf", "3"), ("--seed", "1"), ("--lr", "0.1"), ("--ema", "0.9")],
)
def test_resuming_with_other_maths_is_refused(run, copy, option):
    before = contents(copy)
    refused = run("train", "faces", "--resume", copy, *option, "--steps", "6")
    assert refused.status == 2
    assert option[0] in refused.err and "--allow-change" in refused.err
    assert contents(copy) == before


def test_more_epochs_are_other_maths_where_the_rate_falls_in_the_last_ones(run, copy):
    record = options(copy)
    record["options"]["decay_epochs"] = 1
    (copy / "options.json").write_text(json.dumps(record))
    refused = run("train", "faces", "--resume", copy, "--epochs", "20")
    assert refused.status == 2 and "--epochs 20 instead of 10" in refused.err


def test_resuming_with_other_maths_is_possible_where_it_is_insisted_upon(run, copy):
    before = arrays(copy)
    resumed = run(
        "train",
        "faces",
        "--resume",
        copy,
        "--steps",
        "5",
        "--lr",
        "0.1",
        "--seed",
        "1",
        "--allow-change",
    )
    assert resumed.status == 0
    [warning] = [line for line in resumed.err.splitlines() if line.startswith("warning")]
    assert "--lr 0.1 instead of 0.0002" in warning and "--seed 1 instead of 0" in warning
    assert options(copy)["options"].items() >= {"lr": 0.1, "seed": 1, "ngf": 2, "steps": 5}.items()
    after = arrays(copy)
    weights = [key for key in before if key.startswith("generator/") and key.endswith("weight")]
    assert (
        max(np.abs(after[key] - before[key]).max() for key in weights) > 0.01
    )  # at 0.0002 it would be far less


def test_a_run_can_go_on_with_averages_and_without_them_again(run, copy):
    before = arrays(copy)
    go_on = "train", "faces", "--resume", copy, "--allow-change"
    assert run(*go_on, "--steps", "5", "--ema", "0.5").status == 0
    averaged = arrays(copy)
    assert averaged.keys() > before.keys() and averaged["average/steps"] == 1
    # The first average is a tenth of what the run had, and nine tenths of what the step made of it.
    key = "generator/net.0.weight"
    expected = 0.1 * before[key] + 0.9 * averaged[key]
    np.testing.assert_allclose(averaged[f"average/{key}"], expected, rtol=1e-5, atol=1e-7)
    assert run(*go_on, "--steps", "6", "--ema", "0").status == 0
    assert arrays(copy).keys() == before.keys()


def test_finished_run_says_so_and_is_left_as_it_is(run, copy):
    before = contents(copy)
    refused = run("train", "faces", "--resume", copy)
    assert refused.status == 2
    assert f"--resume {copy}: it has made 4 of 4 steps already" in refused.err
    assert contents(copy) == before


@pytest.mark.parametrize(
    "given, total",
    [
        (("--batch-size", "4", "--seed", "0", "--steps", "5"), 5),  # the same values are no change
        (("--epochs", "3"), 6),
    ],
)
def test_finished_run_goes_on_when_more_is_asked(run, copy, only_begun, given, total):
    assert run("train", "faces", "--resume", copy, *given).status == 0
    assert only_begun == [total]


def test_run_that_has_moved_to_another_machine_goes_on_with_its_data_given_anew(
    run, copy, face_folder, tmp_path, only_begun
):
    moved, gone = tmp_path / "moved", tmp_path / "gone"
    shutil.copytree(face_folder, moved)
    (moved / "9.jpg").unlink()
    record = options(copy)
    record["data"]["path"] = str(gone)
    record["options"]["workers"] = 4096  # that machine had many cores
    (copy / "options.json").write_text(json.dumps(record))
    refused = run("train", "faces", "--resume", copy, "--steps", "5")
    assert refused.status == 1 and str(gone) in refused.err
    resumed = run("train", "faces", "--resume", copy, "--steps", "5", "--data", moved)
    assert resumed.status == 0 and only_begun == [5]
    assert "warning: the run began with 10 examples" in resumed.err
    assert options(copy)["data"] == {"path": str(moved), "images": 9, "synthetic": False}


def kept(folder):
    """The names of the checkpoints that a run can go on from, each with its step."""
    return {
        file.name: checkpoint.load(file, "training")[1]["step"]
        for file in folder.glob("training*.ckpt")
    }


def test_keep_says_how_many_checkpoints_there_are(run, copy):
    assert kept(copy) == {
        "training.ckpt": 4,
        "training-000000002.ckpt": 2,
        "training-000000000.ckpt": 0,
    }
    assert run("train", "faces", "--resume", copy, "--steps", "6", "--keep", "2").status == 0
    assert kept(copy) == {"training.ckpt": 6, "training-000000004.ckpt": 4}


def test_damaged_checkpoint_costs_only_the_steps_since_the_one_before(run, copy, trained):
    content = bytearray((copy / "training.ckpt").read_bytes())
    content[len(content) // 2] ^= 16
    (copy / "training.ckpt").write_bytes(content)
    resumed = run("train", "faces", "--resume", copy, "--steps", "4", "--keep", "9")
    assert resumed.status == 0
    assert f"warning: {copy}/training.ckpt: damaged" in resumed.err
    assert "going back to training-000000002.ckpt" in resumed.err
    assert kept(copy) == kept(trained)
    assert steps(copy) == steps(trained) and samples(copy).keys() == samples(trained).keys()


# --- numbers that aren't finite ---


@pytest.fixture
def spoilt(hook):
    """The third step's images are NaN, the first time that it is made."""
    times = []

    def spoil(training, batch):
        if training.step == 2 and not times:
            times.append(training.step)
            batch = tuple(ms.Tensor(np.full(part.shape, np.nan, np.float32)) for part in batch)
        return batch

    hook(spoil)


def test_numbers_that_are_not_finite_end_a_run_in_one_line(run, tmp_path, spoilt):
    # Two steps an epoch, with a checkpoint at its end.
    failed = run("train", "gaussian", "--batch-size", "500", "--steps", "4", "--log-every", "1")
    assert failed.status == 1 and "Traceback" not in failed.err
    [line] = [line for line in failed.err.splitlines() if "error" in line]
    assert re.match(r"ms_gan\.train: error: loss_[gd] is nan at step 3 \(epoch 2\); ", line)
    assert "the checkpoint of step 2 in runs/0000-gaussian is sound" in line
    folder = tmp_path / "runs" / "0000-gaussian"
    assert kept(folder) == {"training.ckpt": 2, "training-000000000.ckpt": 0}
    assert all(np.isfinite(value).all() for value in arrays(folder).values())


@pytest.mark.parametrize("averaging", [(), ("--ema", "0.9")])
def test_run_that_may_goes_back_and_on(run, face_folder, tmp_path, spoilt, trained, averaging):
    ended = run(
        "train",
        "faces",
        "--data",
        face_folder,
        *TINY,
        "--steps",
        "4",
        "--log-every",
        "2",
        "--on-nan",
        "rollback",
        *averaging,
    )
    assert ended.status == 0 and "back to step 2, on with other noise (1 of " in ended.err
    folder = tmp_path / "runs" / "0000-faces"
    assert log(folder)[:2] == log(trained)[:2] and steps(folder) == steps(trained)
    assert log(folder)[2] != log(trained)[2]
    assert all(math.isfinite(value) for line in log(folder) for value in line.values())
    assert checkpoint.load(folder / "training.ckpt", "training")[1]["rollbacks"] == 1
    assert all(np.isfinite(value).all() for value in arrays(folder).values())
