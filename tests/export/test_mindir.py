"""MindIR files compute what the generators compute. Two recipes: each costs seconds."""

import exported
import lively
import mindspore as ms
import numpy as np
from mindspore import nn

from ms_gan import runtime
from ms_gan.export.formats import write


def test_any_number_of_faces_is_the_same(tmp_path):
    ckpt = lively.write(tmp_path / "generator.ckpt", "faces", exported.FACES)
    folder = tmp_path / "a name with spaces, ä"
    write(ckpt, "mindir", folder / "faces 1.mindir")
    (folder / "faces 1.mindir").rename(tmp_path / "faces.mindir")
    told = (tmp_path / "faces.mindir").read_bytes()
    assert b'"image_size": 32' in told or runtime.version("mindspore") < (2, 7)
    given, expected = exported.example(ckpt, 32, nn.Tanh)
    network = nn.GraphCell(ms.load(str(tmp_path / "faces.mindir")))
    np.testing.assert_allclose(network(ms.Tensor(given)).asnumpy(), expected, atol=1e-6)
    if runtime.version("mindspore") >= (2, 7):
        np.testing.assert_allclose(network(ms.Tensor(given[:2])).asnumpy(), expected[:2], atol=1e-6)


def test_images_that_are_normalised_by_themselves_are_translated_one_at_a_time(tmp_path):
    ckpt = lively.write(tmp_path / "generator.ckpt", "pix2pix", exported.SIZES["pix2pix"])
    write(ckpt, "mindir", tmp_path / "pix2pix.mindir")
    given, expected = exported.example(ckpt, 3, nn.Tanh)
    network = nn.GraphCell(ms.load(str(tmp_path / "pix2pix.mindir")))
    for image, translated in zip(given, expected):
        made = network(ms.Tensor(image[None])).asnumpy()
        np.testing.assert_allclose(made[0], translated, atol=1e-6)
