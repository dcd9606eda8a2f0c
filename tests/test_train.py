"""python -m ms_gan.train: what a run leaves behind, that it can be repeated, and that it can be resumed."""

import json
import math
import re
import shlex
import shutil
from importlib import metadata

import mindspore as ms
import numpy as np
import pytest
from conftest import TINY
from PIL import Image
from run_files import arrays, assert_same_arrays, contents, log, options, samples, steps

from ms_gan import train
from ms_gan.data import faces
from ms_gan.data.drawn_faces import draw_faces
from ms_gan.options import options_of
from ms_gan.recipes import RECIPES
from ms_gan.train import RunOptions
from ms_gan.training import checkpoint
from ms_gan.training.loop import Training

GRID = (2 + 8 * 34, 2 + 3 * 34)  # 3x8 images of 32x32 with margins of 2


@pytest.fixture(scope="module")
def many_faces(tmp_path_factory):
    """70 images, two batches of 32.

    MindSpore splits the work of a layer among its threads by what was quickest before, and the elements that don't
    fill a vector register come out one bit different: only such batches are the same to the last bit every time.
    """
    folder = tmp_path_factory.mktemp("many-faces")
    draw_faces(folder, 70)
    return folder


@pytest.fixture
def only_begun(monkeypatch):
    """Runs end when their training would begin; their step takes half a second. Gives the steps they would train to."""
    totals = []
    monkeypatch.setattr(Training, "rehearse", lambda training: (7.0, 0.5))
    monkeypatch.setattr(Training, "to_step", lambda training, total: totals.append(total))
    return totals


@pytest.fixture
def copy(trained, tmp_path):
    """A copy of the finished run of 4 steps, to be changed."""
    return shutil.copytree(trained, tmp_path / "copy")


# --- what a run leaves behind ---


def test_run_leaves_every_file_and_no_other(trained):
    assert {str(file.relative_to(trained)) for file in contents(trained)} == {
        "options.json", "log.jsonl", "losses.png", "real.png", "progress.gif", "generator.ckpt", "discriminator.ckpt",
        "training.ckpt", "training-000000000.ckpt", "training-000000002.ckpt", "samples/0000000.png",
        "samples/0000002.png", "samples/0000004.png"}


@pytest.mark.parametrize("name, size", [
    ("losses.png", (800, 400)), ("real.png", (2 + 4 * 34, 2 + 34)),  # a batch holds only 4 real images
    ("samples/0000000.png", GRID), ("samples/0000004.png", GRID)])
def test_pictures_can_be_read_and_have_their_size(trained, name, size):
    with Image.open(trained / name) as picture:
        picture.load()
        assert picture.size == size


def test_gif_shows_the_samples_in_order(trained):
    files = sorted((trained / "samples").iterdir())
    with Image.open(trained / "progress.gif") as gif:
        assert (gif.n_frames, gif.size, gif.info["loop"]) == (len(files), GRID, 0)
        for frame, file in enumerate(files):
            gif.seek(frame)
            with Image.open(file) as sample:
                difference = np.asarray(gif.convert("RGB"), int) - np.asarray(sample.convert("RGB"), int)
            assert np.abs(difference).mean() < 4  # a palette of 256 colours


def test_log_has_the_first_and_every_second_step_with_all_numbers(trained):
    lines = [json.loads(line) for line in (trained / "log.jsonl").read_text().splitlines()]
    assert [(line["step"], line["epoch"]) for line in lines] == [(1, 1), (2, 1), (4, 2)]
    for line in lines:
        assert line.keys() >= {"loss_g", "loss_d", "d_x", "d_g_z1", "d_g_z2", "images_per_second", "seconds"}
        assert all(math.isfinite(value) for value in line.values())
        assert 0 <= line["data_wait"] <= 1
        assert line["loss_g"] > 0 and line["loss_d"] > 0 and line["images_per_second"] > 0
        assert all(0 < line[verdict] < 1 for verdict in ("d_x", "d_g_z1", "d_g_z2"))
    assert 0 < lines[0]["seconds"] < lines[1]["seconds"] < lines[2]["seconds"]


def test_options_tell_all_that_the_run_was_made_of(trained, face_folder):
    record = options(trained)
    assert record["recipe"] == "faces"
    assert record["options"].keys() == options_of(RECIPES["faces"]).keys() | options_of(RunOptions).keys()
    given = {"image_size": 32, "nz": 8, "ngf": 2, "ndf": 2, "batch_size": 4, "steps": 4, "log_every": 2, "seed": 0}
    assert record["options"].items() >= given.items()
    assert record["data"] == {"path": str(face_folder.resolve()), "images": 10, "drawn_stand_in": False}
    assert record["environment"]["device"] in ("CPU", "GPU", "Ascend")
    for package in ("mindspore", "numpy", "pillow"):
        assert record["environment"][package] == metadata.version(package)
    assert record["environment"].keys() >= {"ms_gan", "python", "machine"}
    assert shlex.split(record["command"])[:3] == ["faces", "--data", str(face_folder)]


def test_list_names_every_recipe_and_its_source(run):
    told = run("train", "--list")
    assert (told.status, told.err) == (0, "")
    for recipe, line in zip(RECIPES.values(), told.out.splitlines()):
        assert line.startswith(recipe.name) and recipe.summary in line and recipe.source in line
    assert len(told.out.splitlines()) == len(RECIPES)


def test_run_folders_are_numbered_and_earlier_ones_left_alone(run, face_folder, tmp_path, only_begun):
    earlier = tmp_path / "my runs" / "0041-faces"
    earlier.mkdir(parents=True)
    (earlier / "log.jsonl").write_text("kept")
    for number in (42, 43):
        ended = run("train", "faces", "--data", face_folder, *TINY, "--out", "my runs")
        assert ended.status == 0
        command = shlex.split(ended.out.splitlines()[-1])
        assert command[-1] == f"my runs/00{number}-faces/generator.ckpt"
    assert sorted(folder.name for folder in earlier.parent.iterdir()) == ["0041-faces", "0042-faces", "0043-faces"]
    assert contents(earlier) == {earlier / "log.jsonl": b"kept"}


def test_expected_time_is_told_before_training_begins(run, face_folder, monkeypatch, capsys, only_begun):
    told = []
    monkeypatch.setattr(Training, "to_step", lambda training, total: told.append(capsys.readouterr().out))
    assert run("train", "faces", "--data", face_folder, *TINY, "--epochs", "300").status == 0
    assert "\n600 steps of 4 examples (2 an epoch) will take about 5 min: 0.50 s a step, compiled in 7.0 s\n" in told[0]


# --- the same again ---


def test_same_seed_repeats_a_run_however_it_is_watched(run, face_folder, trained, tmp_path):
    again = tmp_path / "runs" / "0000-faces"
    assert run("train", "faces", "--data", face_folder, *TINY, "--steps", "4", "--log-every", "1",
               "--sample-every", "1").status == 0
    assert steps(again) == [1, 2, 3, 4]
    assert [line for line in log(again) if line["step"] != 3] == log(trained)
    assert samples(again).items() > samples(trained).items()
    assert (again / "real.png").read_bytes() == (trained / "real.png").read_bytes()
    assert_same_arrays(arrays(again), arrays(trained))


@pytest.mark.parametrize("option, same_sample", [(("--seed", "1"), False), (("--batch-size", "5"), True)])
def test_seed_alone_decides_on_the_first_sample(run, face_folder, trained, tmp_path, only_begun, option, same_sample):
    assert run("train", "faces", "--data", face_folder, *TINY, *option).status == 0
    other = tmp_path / "runs" / "0000-faces"
    assert (samples(other)["0000000.png"] == samples(trained)["0000000.png"]) is same_sample
    assert (other / "real.png").read_bytes() != (trained / "real.png").read_bytes()


# --- stopped and resumed ---


@pytest.fixture(scope="module")
def uninterrupted(many_faces, tmp_path_factory):
    """The folder of a run of 4 steps, two an epoch."""
    parent = tmp_path_factory.mktemp("uninterrupted")
    train.main(["faces", "--data", str(many_faces), *TINY, "--batch-size", "32", "--epochs", "2", "--log-every", "1",
                "--out", str(parent)])
    return parent / "0000-faces"


@pytest.mark.parametrize("first, then", [(("--steps", "3"), ("--steps", "4")), (("--epochs", "1"), ("--epochs", "2"))])
def test_resumed_run_ends_as_an_uninterrupted_one(run, many_faces, uninterrupted, tmp_path, monkeypatch, first, then):
    batches = "--data", many_faces, *TINY, "--batch-size", "32", "--log-every", "1"
    assert run("train", "faces", *batches, *first).status == 0
    folder = tmp_path / "runs" / "0000-faces"
    before = arrays(folder)
    monkeypatch.chdir(many_faces)  # the data are found again from anywhere
    assert run("train", "faces", "--resume", folder, *then).status == 0
    after = arrays(folder)
    assert_same_arrays(after, arrays(uninterrupted))
    assert log(folder) == log(uninterrupted)
    assert samples(folder).items() >= samples(uninterrupted).items()
    assert options(folder)["options"][then[0][2:]] == int(then[1])

    weights = [key for key in before if key.startswith(("generator/", "discriminator/"))]
    assert [key for key in weights if np.array_equal(before[key], after[key])] == []


def test_generator_checkpoint_holds_the_weights_of_the_training_checkpoint(trained):
    for name in ("generator", "discriminator"):
        values, meta = checkpoint.load(trained / f"{name}.ckpt", name)
        assert meta["step"] == 4
        of_training = {key[len(name) + 1:]: value for key, value in arrays(trained).items()
                       if key.startswith(f"{name}/")}
        assert_same_arrays(values, of_training)


def test_lines_and_samples_after_the_checkpoint_are_made_anew(run, copy, trained):
    """As a crash leaves them: steps that were logged but not saved, the last line cut off."""
    with open(copy / "log.jsonl", "a") as lines:
        lines.write('{"step": 5, "loss_g": "stale"}\n{"step": 6, "loss_g": "stale"}\n{"step": 7, "lo')
    for step in (5, 6):
        (copy / "samples" / f"{step:07d}.png").write_bytes(b"stale")
    assert run("train", "faces", "--resume", copy, "--steps", "6", "--log-every", "1").status == 0
    assert steps(copy) == [1, 2, 4, 5, 6]
    assert "stale" not in (copy / "log.jsonl").read_text()
    assert samples(copy).keys() == samples(trained).keys() | {"0000006.png"}
    with Image.open(copy / "samples" / "0000006.png") as sample:
        assert sample.size == GRID


@pytest.mark.parametrize("option", [("--batch-size", "5"), ("--ngf", "3"), ("--seed", "1"), ("--lr", "0.1")])
def test_resuming_with_other_maths_is_refused(run, copy, option):
    before = contents(copy)
    refused = run("train", "faces", "--resume", copy, *option, "--steps", "6")
    assert refused.status == 2
    assert option[0] in refused.err and "--allow-change" in refused.err
    assert contents(copy) == before


def test_resuming_with_other_maths_is_possible_where_it_is_insisted_upon(run, copy):
    before = arrays(copy)
    resumed = run("train", "faces", "--resume", copy, "--steps", "5", "--lr", "0.1", "--seed", "1", "--allow-change")
    assert resumed.status == 0
    [warning] = [line for line in resumed.err.splitlines() if line.startswith("warning")]
    assert "--lr 0.1 instead of 0.0002" in warning and "--seed 1 instead of 0" in warning
    assert options(copy)["options"].items() >= {"lr": 0.1, "seed": 1, "ngf": 2, "steps": 5}.items()
    after = arrays(copy)
    weights = [key for key in before if key.startswith("generator/") and key.endswith("weight")]
    assert max(np.abs(after[key] - before[key]).max() for key in weights) > 0.01  # at 0.0002 it would be far less


def test_finished_run_says_so_and_is_left_as_it_is(run, copy):
    before = contents(copy)
    refused = run("train", "faces", "--resume", copy)
    assert refused.status == 2
    assert f"--resume {copy}: it has made 4 of 4 steps already" in refused.err
    assert contents(copy) == before


@pytest.mark.parametrize("given, total", [
    (("--batch-size", "4", "--seed", "0", "--steps", "5"), 5),  # the same values are no change
    (("--epochs", "3"), 6)])
def test_finished_run_goes_on_when_more_is_asked(run, copy, only_begun, given, total):
    assert run("train", "faces", "--resume", copy, *given).status == 0
    assert only_begun == [total]


def test_run_that_has_moved_to_another_machine_goes_on_with_its_data_given_anew(run, copy, face_folder, tmp_path,
                                                                               only_begun):
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
    assert options(copy)["data"] == {"path": str(moved), "images": 9, "drawn_stand_in": False}


def kept(folder):
    """The names of the checkpoints that a run can go on from, each with its step."""
    return {file.name: checkpoint.load(file, "training")[1]["step"] for file in folder.glob("training*.ckpt")}


def test_keep_says_how_many_checkpoints_there_are(run, copy):
    assert kept(copy) == {"training.ckpt": 4, "training-000000002.ckpt": 2, "training-000000000.ckpt": 0}
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
def spoilt(monkeypatch):
    """The third step's images are NaN, the first time that it is made."""
    update, times = Training._update, []

    def spoil(training, batch, rng):
        if training.step == 2 and not times:
            times.append(training.step)
            batch = tuple(ms.Tensor(np.full(part.shape, np.nan, np.float32)) for part in batch)
        return update(training, batch, rng)

    monkeypatch.setattr(Training, "_update", spoil)


def test_numbers_that_are_not_finite_end_a_run_in_one_line(run, face_folder, tmp_path, spoilt):
    failed = run("train", "faces", "--data", face_folder, *TINY, "--steps", "4", "--log-every", "1")
    assert failed.status == 1 and "Traceback" not in failed.err
    [line] = [line for line in failed.err.splitlines() if "error" in line]
    assert re.match(r"ms_gan\.train: error: loss_[gd] is nan at step 3 \(epoch 2\); ", line)
    assert "the checkpoint of step 2 in runs/0000-faces is sound" in line
    folder = tmp_path / "runs" / "0000-faces"
    assert kept(folder) == {"training.ckpt": 2, "training-000000000.ckpt": 0}
    assert all(np.isfinite(value).all() for value in arrays(folder).values())


def test_run_that_may_goes_back_and_on(run, face_folder, tmp_path, spoilt, trained):
    ended = run("train", "faces", "--data", face_folder, *TINY, "--steps", "4", "--log-every", "2",
                "--on-nan", "rollback")
    assert ended.status == 0 and "back to step 2, on with other noise (1 of " in ended.err
    folder = tmp_path / "runs" / "0000-faces"
    assert log(folder)[:2] == log(trained)[:2] and steps(folder) == steps(trained)
    assert log(folder)[2] != log(trained)[2]
    assert all(math.isfinite(value) for line in log(folder) for value in line.values())
    assert checkpoint.load(folder / "training.ckpt", "training")[1]["rollbacks"] == 1


# --- without data ---


@pytest.fixture
def offline(monkeypatch):
    """Nothing answers at this address, and few faces are drawn instead of 2000."""
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setattr(faces, "draw_faces", lambda folder: draw_faces(folder, 40))
    return "--data-url", "http://127.0.0.1:9/x.zip"


def test_stand_in_is_drawn_loudly_and_trained_smaller(run, offline, tmp_path, only_begun):
    small = "--image-size", "32", "--nz", "8", "--ngf", "3", "--device", "CPU"
    ended = run("train", "faces", *offline, *small)
    assert ended.status == 0
    assert ended.err.startswith("warning: http://127.0.0.1:9/x.zip: can't be downloaded")
    lines = [line for line in ended.out.splitlines() if line]
    assert "DRAWN STAND-INS" in lines[0] and "DRAWN STAND-INS" in lines[-1]
    record = options(tmp_path / "runs" / "0000-faces")
    assert record["data"]["drawn_stand_in"] is True and record["data"]["images"] == 40
    quick = {**RECIPES["faces"].quick, "ngf": 3}  # what is given goes before
    assert record["options"].items() >= quick.items()
    assert f"--batch-size {quick['batch_size']}" in ended.out and "--ngf" not in ended.out
    an_epoch = 40 // quick["batch_size"]
    assert only_begun == [quick["epochs"] * an_epoch]

    resumed = run("train", "faces", "--resume", "runs/0000-faces", "--epochs", "100")
    assert resumed.status == 0 and only_begun[1:] == [100 * an_epoch]
    assert resumed.out.count("DRAWN STAND-INS") == 2
    assert "--batch-size" not in resumed.out


def test_without_stand_in_missing_data_is_an_error(run, offline, tmp_path):
    refused = run("train", "faces", *offline, "--no-stand-in")
    assert refused.status == 1
    assert refused.err.startswith("ms_gan.train: error: http://127.0.0.1:9/x.zip: can't be downloaded")
    assert len(refused.err.splitlines()) == 1
    assert contents(tmp_path) == {}
