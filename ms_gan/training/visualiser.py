"""What a run shows of itself: samples of the same inputs all along, their GIF, loss plots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from ms_gan import pictures
from ms_gan.files import atomic_file

if TYPE_CHECKING:
    from mindspore import nn

    from ms_gan.data.base import Batch
    from ms_gan.samplers.base import Arrays, Sampler
    from ms_gan.training.run_folder import RunFolder

GIF_FRAMES = 60  # a longer run's GIF skips frames evenly
Panels = Sequence[tuple[str, Mapping[str, str]]]


class LossPlot:
    """The plot of a run's losses.

    Args:
        panels: (title, {key of the log: label}) for each panel, one below the other. If the log
          has scores, the main one has a panel below them.
        means: whether to plot the mean of each epoch's lines instead of the lines.
    """

    def __init__(self, panels: Panels, means: bool) -> None:
        self._panels = panels
        self._means = means

    def write(self, lines: Sequence[dict[str, Any]], path: Path) -> None:
        """Plot the log's lines to `path`."""
        from matplotlib.figure import Figure  # slow to import, and only needed here

        losses = [line for line in lines if "scores" not in line]
        scored = [line for line in lines if "scores" in line]
        count = len(self._panels) + bool(scored)
        height = 1 + 3 * count
        figure = Figure(figsize=(8, height))
        # Fixed margins: to fit them to the labels takes as long as the rest of the plot.
        figure.subplots_adjust(0.1, 0.6 / height, 0.97, 1 - 0.4 / height, hspace=0.4)
        every = figure.subplots(count, squeeze=False)[:, 0]
        for axes, (title, curves) in zip(every, self._panels):
            for key, label in curves.items():
                axes.plot(*self._points(losses, key), label=label, marker=".", markersize=4)
            axes.set(xlabel="epoch" if self._means else "step", title=title)
            axes.legend()
        if scored:
            name = scored[-1]["main_score"]
            points = [(line["step"], line["scores"].get(name, np.nan)) for line in scored]
            every[-1].plot(*zip(*points), marker="o")
            every[-1].set(xlabel="step", title=name)
        for axes in every:
            axes.grid(alpha=0.3)
        with atomic_file(path) as temporary:
            figure.savefig(temporary, dpi=100)

    def _points(self, lines: Sequence[dict[str, Any]], key: str) -> tuple[list[int], list[float]]:
        if not self._means:
            return [line["step"] for line in lines], [line[key] for line in lines]
        epochs: dict[int, list[float]] = {}
        for line in lines:
            epochs.setdefault(line["epoch"], []).append(line[key])
        return list(epochs), [float(np.mean(values)) for values in epochs.values()]


class Visualiser:
    """Makes a run's pictures.

    Args:
        run: the folder that they go to.
        sampler: the recipe's.
        networks: the objective's `results`.
        fixed: what all samples are made of, see `Sampler.fixed`.
        losses: the loss plot.
    """

    def __init__(
        self,
        run: RunFolder,
        sampler: Sampler,
        networks: Mapping[str, nn.Cell],
        fixed: Arrays,
        losses: LossPlot,
    ) -> None:
        self._run = run
        self._sampler = sampler
        self._networks = networks
        self._fixed = fixed
        self._losses = losses

    def real(self, batch: Batch) -> None:
        """Write `real.png`: a batch as the training sees it."""
        arrays = tuple(part.asnumpy() for part in batch)
        pictures.save(self._sampler.real(arrays), self._run.real)

    def sample(self, step: int) -> float | None:
        """Write `samples/STEP.png` in inference mode and remake `progress.gif`.

        Returns:
            `Sampler.std`.
        """
        pictures.save(self._sampler.picture(self._networks, self._fixed), self._run.sample(step))
        files = self._run.sample_files()
        chosen = np.linspace(0, len(files) - 1, min(len(files), GIF_FRAMES)).round().astype(int)
        frames = [Image.open(files[index]) for index in np.unique(chosen)]
        pictures.save_gif(frames, self._run.gif)
        return self._sampler.std

    def plot(self, lines: Sequence[dict[str, Any]]) -> None:
        """Write `losses.png` of the log's lines."""
        self._losses.write(lines, self._run.losses)
