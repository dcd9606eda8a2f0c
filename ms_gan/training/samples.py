"""What a run shows of itself: samples made from the same inputs all along, their GIF, and the loss
plot.
"""

import numpy as np
from PIL import Image

from ms_gan import pictures
from ms_gan.files import atomic_file

GIF_FRAMES = 60  # a longer run's GIF skips frames evenly


class Samples:
    """Pictures of what the networks make of some fixed inputs.

    sampler, fixed: see `ms_gan.samplers`.
    """

    def __init__(self, sampler, networks, fixed, run):
        self._sampler = sampler
        self._networks = networks
        self._fixed = fixed
        self._run = run

    def write(self, step):
        """Sample in inference mode; write `samples/<step>.png` and remake `progress.gif`; return
        the std.
        """
        pictures.save(self._sampler.picture(self._networks, self._fixed), self._run.sample(step))
        files = self._run.sample_files()
        chosen = np.unique(
            np.linspace(0, len(files) - 1, min(len(files), GIF_FRAMES)).round().astype(int)
        )
        pictures.save_gif([Image.open(files[index]) for index in chosen], self._run.gif)
        return self._sampler.std


class LossPlot:
    """The plot of a run's losses.

    panels: (title, {key of the log: label}) for each panel, one below the other; means: whether to
    plot the mean of each epoch's lines instead of the lines.
    """

    def __init__(self, panels, means):
        self._panels = panels
        self._means = means

    def write(self, lines, path):
        """Plot the log's lines, dicts, to `path`."""
        from matplotlib.figure import Figure  # slow to import, and only needed here

        figure = Figure(figsize=(8, 1 + 3 * len(self._panels)), layout="tight")
        for axes, (title, curves) in zip(
            figure.subplots(len(self._panels), squeeze=False)[:, 0], self._panels
        ):
            for key, label in curves.items():
                axes.plot(*self._points(lines, key), label=label, marker=".", markersize=4)
            axes.set(xlabel="epoch" if self._means else "step", title=title)
            axes.legend()
            axes.grid(alpha=0.3)
        with atomic_file(path) as temporary:
            figure.savefig(temporary, dpi=100)

    def _points(self, lines, key):
        if not self._means:
            return [line["step"] for line in lines], [line[key] for line in lines]
        epochs = sorted({line["epoch"] for line in lines})
        return epochs, [
            np.mean([line[key] for line in lines if line["epoch"] == epoch]) for epoch in epochs
        ]
