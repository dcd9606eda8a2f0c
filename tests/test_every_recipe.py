"""Every recipe, at a tiny size: it trains, goes on bit for bit after a stop, and generates from its
checkpoints, of averages too.
"""

import numpy as np
import pytest
from mindspore import Tensor, ops
from PIL import Image
from run_files import arrays, assert_same_arrays, log, options, samples, steps

import ms_gan
from ms_gan.errors import UsageError
from ms_gan.recipes import RECIPES
from ms_gan.stand_ins.digits import draw_digits
from ms_gan.stand_ins.pairs import draw_pairs, draw_unpaired
from ms_gan.training import checkpoint, loop

IMAGES, PAIRS = "--count 5 --out out.png", "--input photos --out translated"
FASTER = "--batch-size 2 --layers mindspore"  # to compile; test_parity.py has im2col of all
NARROW = f"--ngf 2 --ndf 2 {FASTER}"
# What each recipe is trained on and how small, and how to generate from it. Three have averages: a
# generator with batch normalisation, one without any, and two translators.
CASES = {
    "gaussian": ("", "", "--count 50 --out points.csv"),
    "mnist-mlp": ("digits", f"{NARROW} --ema 0.9", IMAGES),
    "mnist-dcgan": ("digits", f"--ngf 8 --ndf 2 {FASTER} --sample-every 2", IMAGES),
    "faces": ("faces", f"{NARROW} --image-size 32 --nz 8 --layers im2col", IMAGES),
    "faces-plus": ("faces", f"{NARROW} --image-size 32 --nz 8", IMAGES),
    "faces32": ("faces", NARROW, IMAGES),
    "faces-wgan-gp": ("faces", f"{NARROW} --critic-updates 2 --plot-every 1", IMAGES),
    "faces-began": ("faces", f"{NARROW} --image-size 32 --nz 4 --halve-every 2", IMAGES),
    "pix2pix": ("pairs", f"{NARROW} --image-size 32 --decay-epochs 1 --epochs 2", PAIRS),
    "cyclegan": (
        "unpaired",
        f"{NARROW} --image-size 32 --blocks 1 --pool 3 --identity 5 --ema 0.9",
        PAIRS,
    ),
}
AVERAGED = {
    "mnist-mlp": ["generator"],
    "faces-plus": ["generator"],
    "cyclegan": ["generator", "generator_back"],
}


@pytest.fixture(scope="module")
def data(tmp_path_factory, face_folder):
    """A folder with a little of all kinds of data."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "faces").symlink_to(face_folder)
    for name, draw, count in (
        ("digits", draw_digits, 20),
        ("pairs", draw_pairs, 8),
        ("unpaired", draw_unpaired, 6),
    ):
        (folder / name).mkdir()
        draw(folder / name, count)
    return folder


@pytest.fixture
def begun(monkeypatch):
    """The trainings that were begun, each still compiled. They are stopped on the way."""
    trainings, train = [], loop.train

    def twice(training, total, callbacks):
        trainings.append(training)
        run = training.recorder.run
        first = run.training.read_bytes()
        train(training, total, callbacks)
        straight = arrays(run.path), log(run.path), samples(run.path)
        for stop in (1, 3):  # within an epoch or at its end, depending on the recipe's data
            run.training.write_bytes(first)
            training.resume()
            train(training, stop, callbacks)
            for parameter in training.objective.parameters().values():
                ops.assign(parameter, Tensor(np.zeros(parameter.shape), parameter.dtype))
            training.resume()
            assert training.step == stop
            train(training, total, callbacks)
            assert_same_arrays(arrays(run.path), straight[0])
            assert log(run.path) == straight[1]
            assert samples(run.path).items() >= straight[2].items()

    monkeypatch.setattr(loop, "train", twice)
    return trainings


def test_there_is_a_case_for_every_recipe():
    assert CASES.keys() == RECIPES.keys()


@pytest.mark.parametrize("name", CASES)
def test_it_trains_goes_on_after_a_stop_and_generates(
    name, data, begun, run, tmp_path, face_folder
):
    source, sizes, asked = CASES[name]
    given = ["--data", data / source, "--datasets", "here"] if source else []
    ended = run("train", name, *given, *sizes.split(), "--steps", "4", "--log-every", "1")
    assert ended.status == 0, ended.err
    assert len(begun) == 1  # and ended as it would have without the stops
    folder = tmp_path / "runs" / f"0000-{name}"
    assert steps(folder) == [1, 2, 3, 4]
    assert options(folder)["recipe"] == name
    left = {file.name for file in folder.iterdir()}
    assert left >= {
        "generator.ckpt",
        "training.ckpt",
        "losses.png",
        "progress.gif",
        "report.html",
        "real.png",
        "samples",
    }
    for line in log(folder):
        assert np.isfinite([line[key] for key in line.keys() - {"step", "epoch"}]).all()
    for picture in (folder / "losses.png", folder / "real.png", *(folder / "samples").iterdir()):
        with Image.open(picture) as opened:
            assert len(opened.convert("RGB").getcolors(10**7)) >= 3  # not blank

    (tmp_path / "photos").symlink_to(face_folder)
    out = tmp_path / asked.split()[-1]

    def generated(file):
        made = run("generate", "--ckpt", folder / file, *asked.split())
        assert made.status == 0, made.err
        files = sorted(out.iterdir()) if out.is_dir() else [out]
        return [file.read_bytes() for file in files]

    averaged = AVERAGED.get(name, [])
    for result in averaged or ["generator"]:
        files = generated(f"{result}.ckpt")
        assert len(files) == (10 if out.is_dir() else 1)
        assert all(files)  # none is empty
        if averaged:
            assert files != generated(f"raw-{result}.ckpt")
            assert_files_hold_what_training_does(folder, result)


def assert_files_hold_what_training_does(folder, result):
    """A generator's averages and the weights in training, each in a file of its own."""
    trained = arrays(folder)
    for file, key in ((result, f"average/{result}/"), (f"raw-{result}", f"{result}/")):
        values, _ = checkpoint.load(folder / f"{file}.ckpt", "generator")
        expected = {k[len(key) :]: v for k, v in trained.items() if k.startswith(key)}
        assert_same_arrays(values, expected)


def test_points_have_no_averages(run):
    refused = run("train", "gaussian", "--ema", "0.9")
    assert refused.status == 2 and "--ema" in refused.err
    with pytest.raises(UsageError, match="gaussian has no option 'ema'"):
        ms_gan.fit("gaussian", ema=0.9)


def test_a_translator_and_a_generator_from_seeds_refuse_each_others_options(
    data, run, tmp_path, only_begun
):
    sizes = CASES["cyclegan"][1].split()
    assert run("train", "cyclegan", "--data", data / "unpaired", *sizes).status == 0
    refused = run(
        "generate", "--ckpt", tmp_path / "runs/0000-cyclegan/generator_back.ckpt", "--count", "3"
    )
    assert refused.status == 2 and "give --input FOLDER --out FOLDER" in refused.err
    assert run("train", "gaussian").status == 0
    refused = run(
        "generate", "--ckpt", tmp_path / "runs/0001-gaussian/generator.ckpt", "--input", data
    )
    assert refused.status == 2 and "--input" in refused.err
