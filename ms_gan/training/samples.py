"""What a run shows of itself: sample grids from one fixed noise batch, their GIF, the real images, the loss plot."""

import mindspore as ms
import numpy as np
from PIL import Image

from ms_gan import latents, pictures
from ms_gan.files import whole_file

FIXED = 1  # second seed of the fixed noise, apart from the training noise of the same run
GIF_FRAMES = 60  # a longer run's GIF skips frames evenly


class Samples:
    """Grids of what the generator makes of one fixed noise batch, the same for the whole run."""

    def __init__(self, generator, nz, count, columns, seed, run):
        self._generator = generator
        self._columns = columns
        self._run = run
        self._noise = ms.Tensor(latents.normal(np.random.default_rng([seed, FIXED]), count, nz))

    def write(self, step):
        """Sample in inference mode; write `samples/<step>.png` and remake `progress.gif`."""
        self._generator.set_train(False)
        images = self._generator(self._noise).asnumpy()
        self._generator.set_train(True)
        pictures.save(pictures.grid(pictures.to_pixels(images), self._columns), self._run.sample(step))
        files = self._run.sample_files()
        chosen = np.unique(np.linspace(0, len(files) - 1, min(len(files), GIF_FRAMES)).round().astype(int))
        pictures.save_gif([Image.open(files[index]) for index in chosen], self._run.gif)


def plot_losses(lines, path):
    """Plot both losses of the log's lines over the steps."""
    from matplotlib.figure import Figure  # slow to import, and only needed here

    figure = Figure(figsize=(8, 4), layout="tight")
    axes = figure.subplots()
    steps = [line["step"] for line in lines]
    for key, label in (("loss_g", "generator"), ("loss_d", "discriminator")):
        axes.plot(steps, [line[key] for line in lines], label=label, marker=".", markersize=4)
    axes.set(xlabel="step", ylabel="loss", title="Losses in training")
    axes.legend()
    axes.grid(alpha=0.3)
    with whole_file(path) as temporary:
        figure.savefig(temporary, dpi=100)
