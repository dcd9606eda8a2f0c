"""The generator that comes with the package makes the pictures that it made when it was new."""

from pathlib import Path

import numpy as np
from PIL import Image

import ms_gan
from ms_gan import pretrained

PICTURE = Path(__file__).with_name("pretrained.png")  # seeds 0 to 7, side by side
LEVELS = 2  # of 255, for other processors and versions


def test_faces_are_those_of_the_day_they_were_made():
    made = ms_gan.load(pretrained.FACES).generate(seeds=range(8))
    with Image.open(PICTURE) as picture:
        expected = np.split(np.asarray(picture), 8, axis=1)
    difference = np.abs(made.astype(int) - np.stack(expected))
    assert difference.max() <= LEVELS


def test_generate_uses_it_where_no_checkpoint_is_named(run, tmp_path):
    ended = run("generate", "--seeds", "3", "--separate", tmp_path / "out")
    assert ended.status == 0, ended.err
    made = np.asarray(Image.open(tmp_path / "out" / "seed000003.png")).astype(int)
    expected = np.asarray(Image.open(PICTURE))[:, 3 * 64 : 4 * 64]
    assert np.abs(made - expected).max() <= LEVELS


def test_it_is_small():
    assert pretrained.FACES.stat().st_size <= 5e6
