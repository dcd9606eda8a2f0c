"""MindIR files compute what the generators compute. Two recipes: each costs seconds."""

import exported
import lively
import mindspore as ms
import numpy as np
import pytest
from mindspore import nn

from ms_gan import runtime
from ms_gan.export.formats import write


@pytest.fixture
def computed():
    """A function that gives what a file's network makes of each array."""

    def compute(path, *arrays):
        ms.set_context(mode=ms.GRAPH_MODE)  # MindSpore 2.0.0 doesn't run such networks otherwise
        network = nn.GraphCell(ms.load(str(path)))
        return [network(ms.Tensor(array)).asnumpy() for array in arrays]

    yield compute
    ms.set_context(mode=ms.PYNATIVE_MODE)


def test_any_number_of_faces_is_the_same(computed, tmp_path):
    ckpt = lively.write(tmp_path / "generator.ckpt", "faces", exported.FACES)
    folder = tmp_path / "a name with spaces, ä"
    write(ckpt, "mindir", folder / "faces 1.mindir")
    (folder / "faces 1.mindir").rename(tmp_path / "faces.mindir")
    told = (tmp_path / "faces.mindir").read_bytes()
    assert b'"image_size": 32' in told or runtime.version("mindspore") < (2, 7)
    given, expected = exported.example(ckpt, 32, nn.Tanh)
    several = [given, given[:2]] if runtime.version("mindspore") >= (2, 7) else [given]
    for some, made in zip(several, computed(tmp_path / "faces.mindir", *several)):
        np.testing.assert_allclose(made, expected[: len(some)], atol=1e-6)


def test_images_that_are_normalised_by_themselves_are_translated_one_at_a_time(computed, tmp_path):
    ckpt = lively.write(tmp_path / "generator.ckpt", "pix2pix", exported.SIZES["pix2pix"])
    write(ckpt, "mindir", tmp_path / "pix2pix.mindir")
    given, expected = exported.example(ckpt, 3, nn.Tanh)
    made = computed(tmp_path / "pix2pix.mindir", *given[:, None])
    np.testing.assert_allclose(np.concatenate(made), expected, atol=1e-6)
