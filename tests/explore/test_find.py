"""explore find: latents of images that a known generator has made."""

import lively
import mindspore as ms
import numpy as np
import pytest
from mindspore import nn, ops
from PIL import Image

from ms_gan import latents
from ms_gan.explore import find
from ms_gan.explore.generators import Trained
from ms_gan.samplers.images import ImageSampler


class Quarters(nn.Cell):
    """8x8 images whose quarters have the brightness tanh(z) of a latent's four numbers."""

    def __init__(self, channels, data_range):
        super().__init__()
        self.channels, self.data_range = channels, data_range

    def construct(self, latent):
        quarters = ops.tanh(latent * 0.5).reshape(-1, 1, 2, 1, 2, 1)
        ones = ops.ones((latent.shape[0], self.channels, 2, 4, 2, 4), ms.float32)
        return (quarters * ones).reshape(-1, self.channels, 8, 8) * self.data_range


@pytest.mark.parametrize("channels, data_range", [(3, 1.0), (1, 0.5)])
def test_the_latent_of_a_generated_image_is_recovered(channels, data_range):
    network = Quarters(channels, data_range)
    sampler = ImageSampler(4, latents.normal, 1, 1, data_range)
    generator = Trained(network, sampler, sampler.generator(network, False))
    true = np.array([1.2, -0.7, 0.1, 0.4], np.float32)
    target = generator.images.render(true[None])[0]
    vector, first, last = find.nearest(generator, target, find.Search(20, 200))
    assert last < 1e-4 < first
    np.testing.assert_allclose(vector, true, atol=0.03)
    assert find.distance(generator.images.render(vector[None])[0], target) < 1e-4


def test_distances_are_means_over_two_scales():
    black, board = np.zeros((8, 8, 1), np.uint8), np.zeros((8, 8, 1), np.uint8)
    board[::2] = 255  # half of the pixels; any 4x4 of them is grey
    assert find.distance(black, black) == 0
    assert find.distance(board, black) == pytest.approx((4 / 2 + 1) / 2)


def test_pictures_become_as_generated_images_are():
    picture = Image.new("RGB", (30, 20), (30, 60, 90))
    np.testing.assert_array_equal(find.fitted(picture, 8, 3), np.full((8, 8, 3), (30, 60, 90)))
    np.testing.assert_array_equal(find.fitted(picture, 8, 1), np.full((8, 8, 1), 60))


def test_files_are_written(run, tmp_path):
    ckpt = lively.write(tmp_path / "generator.ckpt", "faces", {"image_size": 32, "nz": 8, "ngf": 2})
    Image.new("RGB", (30, 20), (30, 60, 90)).save("face.jpg")
    words = ["--ckpt", ckpt, "--tries", 10, "--steps", 3, "--out-latent", "z.npy"]
    done = run("explore", "find", "face.jpg", *words)
    assert done.status == 0, done.err
    vector = np.load("z.npy")
    assert (vector.shape, vector.dtype) == ((8,), np.float32)
    assert (tmp_path / "found.png").is_file()


@pytest.mark.parametrize(
    "given, said",
    [
        (["none.png"], "none.png: can't be read: not a file"),
        (["text.png"], "text.png: can't be read: not a JPEG, PNG, BMP, GIF, TIFF, WEBP image"),
        (["text.png", "--out-latent", "z.txt"], "--out-latent z.txt: expected a name ending in"),
        (["text.png", "--steps", "-1"], "argument --steps: -1 is out of range"),
        ([], "the following arguments are required: PICTURE"),
    ],
)
def test_bad_input_is_told_in_one_line(run, given, said, tmp_path):
    (tmp_path / "text.png").write_text("no picture")
    done = run("explore", "find", *given)
    assert done.status in (1, 2) and done.err.count("\n") == 1
    assert said in done.err
