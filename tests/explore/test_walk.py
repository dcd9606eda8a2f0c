"""explore walk: strips from seed to seed of the walk that `generate --interpolate` makes."""

import re

import lively
import numpy as np
import pytest
from PIL import Image

from ms_gan import latents
from ms_gan.explore import walk

SIZES = {"image_size": 32, "nz": 8, "ngf": 2}


@pytest.fixture(scope="module")
def ckpt(tmp_path_factory):
    return lively.write(tmp_path_factory.mktemp("walk") / "generator.ckpt", "faces", SIZES)


@pytest.mark.parametrize("corners, steps", [(2, 4), (3, 8)])
def test_a_strip_begins_and_ends_at_its_seeds_and_stays_on_the_sphere(corners, steps):
    seeds = latents.of_seeds(range(corners), 50)
    seeds *= 7 / np.linalg.norm(seeds, axis=1, keepdims=True)
    strips = latents.walk(seeds, corners * steps)[walk.strips(corners, steps)]
    assert strips.shape == (corners, steps + 1, 50)
    np.testing.assert_allclose(strips[:, 0], seeds, atol=1e-5)
    np.testing.assert_allclose(strips[:, -1], np.roll(seeds, -1, axis=0), atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(strips, axis=2), 7, rtol=1e-5)


def test_the_gif_is_the_one_of_generate(run, ckpt, tmp_path):
    done = run("explore", "walk", "--ckpt", ckpt, "--seeds", "3,5", "--frames", 6)
    assert done.status == 0, done.err
    assert done.out == "walk.gif: 6 frames through 2 seeds and back; walk.png: the same in strips\n"
    made = (tmp_path / "walk.gif").read_bytes()
    run("generate", "--ckpt", ckpt, "--seeds", "3,5", "--interpolate", 6, "--out", "other.gif")
    assert (tmp_path / "other.gif").read_bytes() == made
    with Image.open("walk.png") as picture:
        assert picture.width >= walk.STRIP * 66 and picture.height >= 2 * 66


@pytest.mark.parametrize(
    "given, said",
    [
        (["--seeds", "4"], "'4' names 1, expected from 2 to 32"),
        (["--frames", "1"], "1 is out of range"),
        (["--out", "walk.png"], "--out walk.png: .*ending in .gif"),
        (["--ckpt", "none.ckpt"], "none.ckpt: no such checkpoint file"),
    ],
)
def test_bad_input_is_told_in_one_line(run, given, said):
    done = run("explore", "walk", *given)
    assert done.status in (1, 2) and done.err.count("\n") == 1
    assert re.search(said, done.err), done.err


def test_generators_of_other_things_are_refused(run, tmp_path):
    other = lively.write(tmp_path / "generator.ckpt", "gaussian", {})
    done = run("explore", "walk", "--ckpt", other)
    assert done.status == 2
    assert done.err == (
        f"ms_gan.explore: error: --ckpt {other}: of gaussian, which makes no images from latent "
        "vectors; expected a run of faces or digits\n"
    )
