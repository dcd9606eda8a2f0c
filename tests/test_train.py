"""python -m ms_gan.train: what a run leaves behind, that it can be repeated, and what it does
without data.
"""

import json
import math
import shlex
from importlib import metadata

import numpy as np
import pytest
from conftest import GRID, TINY
from PIL import Image
from run_files import arrays, assert_same_arrays, contents, log, options, samples, steps

from ms_gan.data import faces, pairs
from ms_gan.options import options_of
from ms_gan.recipes import RECIPES
from ms_gan.run_options import RunOptions
from ms_gan.stand_ins.faces import draw_faces
from ms_gan.stand_ins.pairs import draw_pairs

# --- what a run leaves behind ---


def test_run_leaves_every_file_and_no_other(trained):
    assert {str(file.relative_to(trained)) for file in contents(trained)} == {
        "options.json",
        "log.jsonl",
        "losses.png",
        "real.png",
        "progress.gif",
        "report.html",
        "generator.ckpt",
        "discriminator.ckpt",
        "training.ckpt",
        "training-000000000.ckpt",
        "training-000000002.ckpt",
        "samples/0000000.png",
        "samples/0000002.png",
        "samples/0000004.png",
    }


@pytest.mark.parametrize(
    "name, size",
    [
        ("losses.png", (800, 400)),
        ("real.png", (2 + 4 * 34, 2 + 34)),  # a batch holds only 4 real images
        ("samples/0000000.png", GRID),
        ("samples/0000004.png", GRID),
    ],
)
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
                difference = np.asarray(gif.convert("RGB"), int) - np.asarray(
                    sample.convert("RGB"), int
                )
            assert np.abs(difference).mean() < 4  # a palette of 256 colours


def test_log_has_the_first_and_every_second_step_with_all_numbers(trained):
    lines = [json.loads(line) for line in (trained / "log.jsonl").read_text().splitlines()]
    assert [(line["step"], line["epoch"]) for line in lines] == [(1, 1), (2, 1), (4, 2)]
    for line in lines:
        assert line.keys() >= {
            "loss_g",
            "loss_d",
            "d_x",
            "d_g_z1",
            "d_g_z2",
            "images_per_second",
            "seconds",
        }
        assert all(math.isfinite(value) for value in line.values())
        assert 0 <= line["data_wait"] <= 1 and line["batch_size"] == 4
        assert line["loss_g"] > 0 and line["loss_d"] > 0 and line["images_per_second"] > 0
        assert all(0 < line[verdict] < 1 for verdict in ("d_x", "d_g_z1", "d_g_z2"))
    assert 0 < lines[0]["seconds"] < lines[1]["seconds"] < lines[2]["seconds"]


def test_options_tell_all_that_the_run_was_made_of(trained, face_folder):
    record = options(trained)
    assert record["recipe"] == "faces"
    assert (
        record["options"].keys()
        == options_of(RECIPES["faces"]).keys() | options_of(RunOptions).keys()
    )
    given = {
        "image_size": 32,
        "nz": 8,
        "ngf": 2,
        "ndf": 2,
        "batch_size": 4,
        "steps": 4,
        "log_every": 2,
        "seed": 0,
    }
    assert record["options"].items() >= given.items()
    assert record["data"] == {"path": str(face_folder.resolve()), "images": 10, "synthetic": False}
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


def test_run_folders_are_numbered_and_earlier_ones_left_alone(
    run, face_folder, tmp_path, only_begun
):
    earlier = tmp_path / "my runs" / "0041-faces"
    earlier.mkdir(parents=True)
    (earlier / "log.jsonl").write_text("kept")
    for number in (42, 43):
        ended = run("train", "faces", "--data", face_folder, *TINY, "--out", "my runs")
        assert ended.status == 0
        command = shlex.split(ended.out.splitlines()[-1])
        assert command[-1] == f"my runs/00{number}-faces/generator.ckpt"
    assert sorted(folder.name for folder in earlier.parent.iterdir()) == [
        "0041-faces",
        "0042-faces",
        "0043-faces",
    ]
    assert contents(earlier) == {earlier / "log.jsonl": b"kept"}


def test_expected_time_is_told_before_training_begins(
    run, face_folder, monkeypatch, capsys, only_begun
):
    told = []

    def begin(training, total, callbacks):
        told.append(capsys.readouterr().out)
        training.step = total

    monkeypatch.setattr("ms_gan.training.loop.train", begin)
    assert run("train", "faces", "--data", face_folder, *TINY, "--epochs", "300").status == 0
    assert (
        "\n600 steps of 4 examples (2 an epoch) will take about 5 min: 0.50 s a step, "
        "compiled in 7.0 s\n" in told[0]
    )
    assert "faces-plus" not in told[0]
    assert run("train", "faces", "--data", face_folder, *TINY, "--epochs", "4000").status == 0
    assert "that is long: faces-plus learns" in told[1]


# --- the same again ---


def test_same_seed_repeats_a_run_however_it_is_watched(run, face_folder, trained, tmp_path):
    again = tmp_path / "runs" / "0000-faces"
    assert (
        run(
            "train",
            "faces",
            "--data",
            face_folder,
            *TINY,
            "--steps",
            "4",
            "--log-every",
            "1",
            "--sample-every",
            "1",
        ).status
        == 0
    )
    assert steps(again) == [1, 2, 3, 4]
    assert [line for line in log(again) if line["step"] != 3] == log(trained)
    assert samples(again).items() > samples(trained).items()
    assert (again / "real.png").read_bytes() == (trained / "real.png").read_bytes()
    assert_same_arrays(arrays(again), arrays(trained))


@pytest.mark.parametrize(
    "option, same_sample", [(("--seed", "1"), False), (("--batch-size", "5"), True)]
)
def test_seed_alone_decides_on_the_first_sample(
    run, face_folder, trained, tmp_path, only_begun, option, same_sample
):
    assert run("train", "faces", "--data", face_folder, *TINY, *option).status == 0
    other = tmp_path / "runs" / "0000-faces"
    assert (samples(other)["0000000.png"] == samples(trained)["0000000.png"]) is same_sample
    assert (other / "real.png").read_bytes() != (trained / "real.png").read_bytes()


# --- stopped and resumed ---
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
    assert lines[0].startswith("packed 40 images") and "SYNTHETIC STAND-INS" in lines[1]
    assert "SYNTHETIC STAND-INS" in lines[-1]
    record = options(tmp_path / "runs" / "0000-faces")
    assert record["data"]["synthetic"] is True and record["data"]["images"] == 40
    quick = {**RECIPES["faces"].quick, "ngf": 3}  # what is given goes before
    assert record["options"].items() >= quick.items()
    assert f"--batch-size {quick['batch_size']}" in ended.out and "--ngf" not in ended.out
    an_epoch = 40 // quick["batch_size"]
    assert only_begun == [quick["epochs"] * an_epoch]

    resumed = run("train", "faces", "--resume", "runs/0000-faces", "--epochs", "100")
    assert resumed.status == 0 and only_begun[1:] == [100 * an_epoch]
    assert resumed.out.count("SYNTHETIC STAND-INS") == 2
    assert "--batch-size" not in resumed.out


def test_stand_in_is_packed_at_the_smaller_size(run, monkeypatch, tmp_path, only_begun):
    monkeypatch.setattr(pairs, "draw_pairs", lambda folder: draw_pairs(folder, 2))
    ended = run("train", "pix2pix", "--ngf", "2", "--ndf", "2", "--device", "CPU")
    assert ended.status == 0, ended.err
    side = options(tmp_path / "runs" / "0000-pix2pix")["options"]["image_size"]
    assert side == RECIPES["pix2pix"].quick["image_size"] < RECIPES["pix2pix"].image_size
    with Image.open(tmp_path / "runs" / "0000-pix2pix" / "real.png") as picture:
        assert picture.height <= 2 + 2 * (side + 2)


def test_without_stand_in_missing_data_is_an_error(run, offline, tmp_path):
    refused = run("train", "faces", *offline, "--no-stand-in")
    assert refused.status == 1
    assert refused.err.startswith(
        "ms_gan.train: error: http://127.0.0.1:9/x.zip: can't be downloaded"
    )
    assert len(refused.err.splitlines()) == 1
    assert contents(tmp_path) == {}
