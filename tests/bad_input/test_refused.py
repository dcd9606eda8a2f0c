"""Whatever is wrong with the input, a command says so in one line with the right status, and
nothing is lost.

The command lines below run in a folder of bad and good things that `shelf` fills; `{faces}` is a
folder of sound ones.
"""

import os
import shlex

import mindspore as ms
import pytest
from conftest import assert_fails

from ms_gan import runtime

TRAIN = [  # what is typed behind `ms_gan.train`, the exit status, and what the line has to name
    # data
    ("faces --data missing", 1, "missing: no such file"),
    ("faces --data missing.zip", 1, "missing.zip: no such file"),
    ("faces --data nothing", 1, "nothing: 0 images"),
    ("faces --data a.txt", 1, "a.txt: neither a folder nor a whole zip"),
    ("faces --data broken", 1, "broken: all 3 files"),
    ("faces --data zero.zip", 1, "zero.zip: neither"),
    ("faces --data half.zip", 1, "half.zip: neither"),
    ("faces --data texts.zip", 1, "texts.zip: no images"),
    ("faces --data outside.zip", 1, "outside.zip: refused"),
    ("faces --data bomb.zip", 1, "bomb.zip: refused"),
    ("faces --data twice.zip", 1, "twice.zip: can't be unpacked"),
    ("faces --data three --batch-size 4", 2, "--batch-size 4"),
    # what is typed
    ("", 2, "recipe"),
    ("cats", 2, "cats"),
    ("faces --nonsense", 2, "--nonsense"),
    ("faces --epoch 3", 2, "--epoch 3"),  # options aren't abbreviated
    ("faces cats", 2, "cats"),
    ("faces --epochs", 2, "--epochs"),
    ("faces --epochs 0", 2, "--epochs: 0"),
    ("faces --epochs -1", 2, "--epochs: -1"),
    ("faces --epochs 99999999999999999999", 2, "--epochs: 99999999999999999999"),
    ("faces --epochs ten", 2, "--epochs: 'ten'"),
    ("faces --epochs 1.5", 2, "--epochs: '1.5'"),
    ("faces --steps 0", 2, "--steps: 0"),
    ("faces --batch-size 1", 2, "--batch-size: 1"),
    ("faces --lr nan", 2, "--lr: nan"),
    ("faces --lr inf", 2, "--lr: inf"),
    ("faces --lr -0.1", 2, "--lr: -0.1"),
    ("faces --beta1 1", 2, "--beta1: 1"),
    ("faces --image-size 65", 2, "--image-size"),
    ("faces --seed -1", 2, "--seed: -1"),
    ("faces --log-every 0", 2, "--log-every: 0"),
    ("faces --checkpoint-minutes nan", 2, "--checkpoint-minutes: nan"),
    ("faces --workers 0", 2, "--workers: 0"),
    ("faces --device TPU", 2, "--device"),
    ("faces --device cpu", 2, "--device"),
    # where it is to go
    ("faces --data {faces} --batch-size 4 --out a.txt/runs", 1, "--out a.txt/runs"),
    ("faces --data {faces} --batch-size 4 --out a.txt", 1, "--out a.txt"),
    ("faces --data {faces} --out ''", 2, "--out: '' is empty"),
    ("faces --data ''", 2, "--data: '' is empty"),
    ("faces --resume ''", 2, "--resume: '' is empty"),
    # what the recipe has no use for
    ("gaussian --data {faces}", 2, "--data"),
    ("gaussian --no-stand-in", 2, "--no-stand-in"),
    ("gaussian --workers 1", 2, "--workers 1"),
    ("mnist-mlp --no-cache", 2, "--no-cache"),
    ("pix2pix --data-url x", 2, "--data-url"),
    ("cyclegan --data-url x", 2, "--data-url"),
    # runs that can't be resumed
    ("faces --resume missing", 1, "--resume missing: no such folder"),
    ("faces --resume a.txt", 1, "--resume a.txt: no such folder"),
    ("faces --resume nothing", 1, "--resume nothing: holds no training.ckpt"),
    ("faces --resume no-checkpoint", 1, "--resume no-checkpoint: holds no training.ckpt"),
    ("faces --resume no-options", 1, "no-options/options.json: missing or damaged"),
    ("faces --resume half-options", 1, "half-options/options.json: missing or damaged"),
    ("faces --resume list-options", 1, "list-options/options.json: missing or damaged"),
    ("faces --resume other-recipe", 2, "--resume other-recipe: a run of cats"),
    ("faces --resume bad-value", 1, "bad-value/options.json: lr is -1"),
    ("faces --resume half --steps 9", 1, "half/training.ckpt: not a whole checkpoint"),
    (
        "faces --resume generator --steps 9",
        1,
        "generator/training.ckpt: this is a generator checkpoint",
    ),
    ("faces --resume wider --steps 9", 1, "wider/training.ckpt"),
    ("faces --resume run --steps 4", 2, "--resume run: it has made 4 of 4 steps"),
    ("faces --resume run --steps 9 --nz 9", 2, "--nz 9 instead of 8"),
    (
        "faces --resume run --steps 9 --nz 9 --ngf 3 --lr 1",
        2,
        "--lr 1.0 instead of 0.0002, --nz 9 instead of 8, --",
    ),
    (
        "faces --resume run --steps 9 --nz 9 --allow-change",
        1,
        "run/training.ckpt: the checkpoint is of another",
    ),
    (
        "faces --data {faces} --batch-size 4 --allow-change",
        2,
        "--allow-change: only a run that is resumed",
    ),
    ("faces --keep 0", 2, "--keep: 0"),
    ("faces --on-nan ignore", 2, "--on-nan"),
    ("faces --resume run --steps 9 --out elsewhere", 2, "--out"),
]

GENERATE = [
    ("--ckpt", 2, "--ckpt"),
    ("--ckpt missing.ckpt", 1, "missing.ckpt: no such"),
    ("--ckpt run", 1, "run: no such"),
    ("--ckpt a.txt", 1, "a.txt"),
    ("--ckpt zero.ckpt", 1, "zero.ckpt: not a whole checkpoint"),
    ("--ckpt half.ckpt", 1, "half.ckpt: not a whole checkpoint"),
    ("--ckpt garbage.ckpt", 1, "garbage.ckpt: not a whole checkpoint"),
    (
        "--ckpt run/discriminator.ckpt",
        1,
        "run/discriminator.ckpt: this is a discriminator checkpoint",
    ),
    ("--ckpt run/training.ckpt", 1, "run/training.ckpt: this is a training checkpoint"),
    ("--ckpt foreign.ckpt", 1, "foreign.ckpt: a checkpoint, but not one that ms_gan wrote"),
    ("--ckpt newer.ckpt", 1, "newer.ckpt: written by a newer ms_gan"),
    (
        "--ckpt fewer.ckpt",
        1,
        "fewer.ckpt: the checkpoint is of another network: 1 values are missing: net.0.weight",
    ),
    ("--ckpt unknown-recipe.ckpt", 1, "unknown-recipe.ckpt: made by a recipe 'cats'"),
    ("--ckpt no-recipe.ckpt", 1, "no-recipe.ckpt: made by a recipe None"),
    ("--ckpt no-options.ckpt", 1, "no-options.ckpt"),
    ("--ckpt unknown-option.ckpt", 1, "unknown-option.ckpt: holds an option 'depth'"),
    ("--ckpt no-size.ckpt", 1, "no-size.ckpt: image_size is 33"),
    ("--ckpt negative.ckpt", 1, "negative.ckpt: ngf is -1"),
    ("--ckpt huge.ckpt", 1, "huge.ckpt: nz is 1000000000000"),
    ("--ckpt text.ckpt", 1, "text.ckpt: ngf is '2; import os'"),
    ("--ckpt other-sizes.ckpt", 1, "other-sizes.ckpt"),
    ("--ckpt missing.ckpt --separate new", 1, "missing.ckpt: no such"),
    ("{ckpt} --seeds ,", 2, "--seeds"),
    ("{ckpt} --seeds x", 2, "--seeds: 'x'"),
    ("{ckpt} --seeds 5-3", 2, "--seeds: '5-3'"),
    ("{ckpt} --seeds=-1", 2, "--seeds: '-1'"),
    ("{ckpt} --seeds 1.5", 2, "--seeds: '1.5'"),
    ("{ckpt} --seeds 0-99999999999", 2, "--seeds"),
    ("{ckpt} --seed 1", 2, "--seed 1"),
    ("{ckpt} --seeds 1 --count 1", 2, "--count"),
    ("{ckpt} --count 0", 2, "--count: 0"),
    ("{ckpt} --count many", 2, "--count: 'many'"),
    ("{ckpt} --count 1000000000", 2, "--count: 1000000000"),
    ("{ckpt} --count 1025", 2, "--separate"),
    ("{ckpt} --interpolate 1", 2, "--interpolate: 1"),
    ("{ckpt} --interpolate 5 --separate new", 2, "--separate"),
    ("{ckpt} --interpolate 5 --out walk.png", 2, "--out walk.png"),
    ("{ckpt} --out generated", 2, "--out generated"),
    ("{ckpt} --out ''", 2, "--out: '' is empty"),
    ("{ckpt} --separate ''", 2, "--separate: '' is empty"),
    ("{ckpt} --input ''", 2, "--input: '' is empty"),
    ("{ckpt} --out generated.bmp", 2, "--out generated.bmp"),
    ("{ckpt} --separate new --out new.png", 2, "--out"),
    ("{ckpt} --separate a.txt", 1, "a.txt"),
    ("{ckpt} --separate a.txt/new", 1, "a.txt"),
    ("{ckpt} --out a.txt/new.png", 1, "a.txt"),
    ("{ckpt} --out folder.png", 1, ": folder.png"),
    ("{ckpt} --device TPU", 2, "--device"),
    ("{ckpt} --device-id -1", 2, "--device-id: -1"),
]

EVALUATE = [
    ("", 2, "--ckpt"),
    ("--data {faces}", 2, "--ckpt"),
    ("{ckpt} --images {faces}", 2, "--images"),
    ("--ckpt missing.ckpt", 1, "missing.ckpt: no such"),
    ("--ckpt half.ckpt", 1, "half.ckpt: not a whole checkpoint"),
    ("--ckpt unknown-recipe.ckpt", 1, "unknown-recipe.ckpt: made by a recipe 'cats'"),
    ("--ckpt run/discriminator.ckpt", 1, "discriminator.ckpt: this is a discriminator checkpoint"),
    ("{ckpt} --data missing", 1, "missing: no such"),
    ("{ckpt} --data three", 1, "3 real and 4 generated images: too few"),
    ("{ckpt} --data {faces} --floor", 2, "--floor: needs a generator that doesn't translate"),
    ("{ckpt} --data {faces} --nearest 2", 2, "--nearest: needs a generator that makes images"),
    ("{ckpt} --data {faces} --size 32", 2, "--size: for --images"),
    ("{ckpt} --data {faces} --count 3", 2, "--count: 3"),
    ("{ckpt} --data {faces} --seed -1", 2, "--seed: -1"),
    ("{ckpt} --data {faces} --features vgg", 2, "--features"),
    ("{ckpt} --data {faces} --features efficientnet-lite0 --weights a.txt", 2, "--weights: for"),
    ("{ckpt} --data {faces} --floor --nearest 2", 2, "--nearest"),
    ("{ckpt} --data {faces} --out near.png", 2, "--out: the picture of --nearest"),
    ("{ckpt} --data {faces} --nearest 2 --out near.bmp", 2, "--out near.bmp"),
    ("{ckpt} --data {faces} --json a.txt/scores.json", 1, "a.txt: File exists"),
    ("{ckpt} --data {faces} --json folder.png", 1, "folder.png"),
    ("{ckpt} --data {faces} --device TPU", 2, "--device"),
    ("--images {faces}", 2, "--images: needs --data"),
    ("--images missing --data {faces}", 1, "missing: no such folder or zip"),
    ("--images {faces} --data missing", 1, "missing: no such folder or zip"),
    ("--images nothing --data {faces}", 1, "nothing: 0 images"),
    ("--images broken --data {faces}", 1, "broken: none of its images can be read"),
    ("--images {faces} --data broken", 1, "broken: all 3 files"),
    ("--images three --data {faces}", 1, "10 real and 3 generated images: too few"),
    ("--images half.zip --data {faces}", 1, "half.zip: neither"),
    ("--images {faces} --data {faces} --floor", 2, "--floor: for --ckpt"),
    ("--images {faces} --data {faces} --size 8", 2, "--size: 8"),
]


@pytest.mark.parametrize("typed, status, named", TRAIN)
def test_train_refuses(run, shelf, face_folder, typed, status, named):
    assert_fails(run, "train", shlex.split(typed.format(faces=face_folder)), status, named)


@pytest.mark.parametrize("typed, status, named", GENERATE)
def test_generate_refuses(run, shelf, typed, status, named):
    assert_fails(
        run, "generate", shlex.split(typed.format(ckpt="--ckpt run/generator.ckpt")), status, named
    )


@pytest.mark.parametrize("typed, status, named", EVALUATE)
def test_evaluate_refuses(run, shelf, face_folder, typed, status, named):
    given = {"ckpt": "--ckpt run/generator.ckpt --count 4", "faces": face_folder}
    assert_fails(run, "evaluate", shlex.split(typed.format(**given)), status, named)


def test_zip_of_broken_images_is_refused_without_a_run_folder(run, shelf):
    refused = run("train", "faces", "--data", "broken.zip")
    assert refused.status == 1
    assert refused.err.splitlines()[-1].startswith("ms_gan.train: error: datasets/broken-")
    assert not os.path.exists("runs")


@pytest.mark.parametrize("device", runtime.DEVICES)
@pytest.mark.parametrize(
    "command, typed",
    [("train", "faces --data {faces} --out run/new"), ("generate", "--ckpt run/generator.ckpt")],
)
def test_device_that_this_machine_lacks_is_refused(run, shelf, face_folder, command, typed, device):
    if runtime._drives(ms, device):
        pytest.skip(f"this machine has {device}")
    assert_fails(
        run,
        command,
        [*shlex.split(typed.format(faces=face_folder)), "--device", device],
        2,
        f"--device {device}",
    )
