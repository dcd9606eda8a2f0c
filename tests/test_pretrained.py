"""The generators that come with the package make the pictures that they made when they were new."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from first_day import LEVELS, first_pictures, levels_off
from PIL import Image

import ms_gan
from ms_gan import pretrained
from ms_gan.errors import GanError


@pytest.mark.parametrize("name", pretrained.names())
def test_images_are_those_of_the_day_they_were_made(name):
    assert levels_off(name) <= LEVELS


def test_generate_uses_the_default_where_no_checkpoint_is_named(run, tmp_path):
    ended = run("generate", "--seeds", "3", "--separate", tmp_path / "out")
    assert ended.status == 0, ended.err
    made = np.asarray(Image.open(tmp_path / "out" / "seed000003.png")).astype(int)
    assert np.abs(made - first_pictures(pretrained.DEFAULT)[3]).max() <= LEVELS


def test_a_file_goes_before_a_name():
    name = pretrained.names()[0]
    assert pretrained.found(name).parent == pretrained.FOLDER
    shutil.copy(pretrained.found(name), name)
    assert pretrained.found(name) == Path(name)
    assert pretrained.found("elsewhere/generator.ckpt") == Path("elsewhere/generator.ckpt")


def test_a_name_of_none_of_them_is_told_with_those_there_are(run):
    with pytest.raises(GanError, match="cats: no such file, and none that comes with ms_gan"):
        ms_gan.load("cats")
    refused = run("generate", "--ckpt", "cats")
    assert refused.status == 1 and refused.err.count("\n") == 1
    assert all(name in refused.err for name in pretrained.names())


def test_they_are_small_and_each_has_a_card():
    sizes = [pretrained.found(name).stat().st_size for name in pretrained.names()]
    assert max(sizes) <= 5e6 and sum(sizes) <= 20e6
    cards = (pretrained.FOLDER / "README.md").read_text(encoding="utf-8")
    assert all(f"`{name}.ckpt`" in cards for name in pretrained.names())
