import mindspore as ms
import numpy as np
import pytest
from mindspore import nn, ops
from PIL import Image

from ms_gan.training import samples
from ms_gan.training.run_folder import RunFolder


class Brightness(nn.Cell):
    """A stand-in generator whose images show the first value of the noise, and, in training mode, are black."""

    def __init__(self):
        super().__init__()
        self.offset = ms.Parameter(ms.Tensor(0.0), name="offset")

    def construct(self, latent):
        if self.training:
            return ops.zeros((latent.shape[0], 3, 8, 8), ms.float32) - 1
        shades = ops.tanh(latent[:, :1] + self.offset)
        return ops.ones((latent.shape[0], 3, 8, 8), ms.float32) * shades.reshape(-1, 1, 1, 1)


@pytest.fixture
def run(tmp_path):
    return RunFolder.create(tmp_path, "faces")


def shades(path):
    """The red value in the middle of each of 2x3 tiles."""
    pixels = np.asarray(Image.open(path))
    return [int(pixels[2 + row * 10 + 4, 2 + column * 10 + 4, 0]) for row in range(2) for column in range(3)]


def test_the_noise_is_fixed_by_the_seed_and_sampled_in_inference_mode(run, tmp_path):
    generator = Brightness().set_train()
    writer = samples.Samples(generator, 4, 6, 3, 7, run)
    writer.write(0)
    writer.write(50)
    assert shades(run.sample(0)) == shades(run.sample(50))
    assert len(set(shades(run.sample(0)))) == 6
    assert generator.training
    again = RunFolder.create(tmp_path, "faces")
    samples.Samples(Brightness(), 4, 6, 3, 7, again).write(0)
    assert shades(again.sample(0)) == shades(run.sample(0))
    samples.Samples(Brightness(), 4, 6, 3, 8, again).write(1)
    assert shades(again.sample(1)) != shades(run.sample(0))


def test_the_samples_follow_the_generator(run):
    generator = Brightness()
    writer = samples.Samples(generator, 4, 6, 3, 7, run)
    writer.write(0)
    ops.assign(generator.offset, ms.Tensor(0.5))
    writer.write(1)
    assert all(later > earlier for earlier, later in zip(shades(run.sample(0)), shades(run.sample(1))))


def test_the_gif_grows_and_a_long_ones_is_thinned_evenly(run, monkeypatch):
    generator = Brightness()
    writer = samples.Samples(generator, 4, 6, 3, 7, run)
    monkeypatch.setattr(samples, "GIF_FRAMES", 4)
    for step in range(7):
        ops.assign(generator.offset, ms.Tensor(step / 7))  # equal frames would be merged
        writer.write(step)
        with Image.open(run.gif) as gif:
            assert gif.n_frames == min(step + 1, 4)
    with Image.open(run.gif) as gif, Image.open(run.sample(6)) as last:
        gif.seek(3)
        np.testing.assert_allclose(np.asarray(gif.convert("RGB"), int), np.asarray(last, int), atol=4)


def test_the_loss_plot_shows_both_losses(run):
    samples.plot_losses([{"step": step, "loss_g": step / 9, "loss_d": 1 / step} for step in range(1, 9)], run.losses)
    with Image.open(run.losses) as plot:
        colours = {colour for _, colour in plot.convert("RGB").getcolors(10**6)}
    assert {(31, 119, 180), (255, 127, 14)} <= colours  # matplotlib's first two


def test_a_loss_plot_without_lines_is_still_a_picture(run):
    samples.plot_losses([], run.losses)
    with Image.open(run.losses) as plot:
        plot.load()
