"""Points in the plane: scatter plots, and tables of numbers afterwards."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from ms_gan import latents, pictures
from ms_gan.errors import UsageError
from ms_gan.files import atomic_file
from ms_gan.inference import infer
from ms_gan.samplers.base import Arrays, Generator, Request, Sampler, stacked
from ms_gan.streams import stream

if TYPE_CHECKING:
    from mindspore import nn

SHOWN = 200  # points of either kind in a sample
COUNT = 1000  # points that are written unless --seeds or --count says otherwise

log = logging.getLogger(__name__)


@dataclass
class PointSampler(Sampler):
    """Scatter plots of points (count, 2) from latents (count, nz) ~ N(0, 1)."""

    nz: int

    def real(self, batch: Arrays) -> Image.Image:
        """A scatter plot of the points of one batch."""
        return _scatter({"real": batch[0]})

    def fixed(self, batches: Any, seed: int) -> Arrays:
        """Latents, and real points to show the generated ones among."""
        noise = latents.normal(stream(seed, "fixed samples"), SHOWN, self.nz)
        return noise, batches.points[:SHOWN]

    def picture(self, networks: Mapping[str, nn.Cell], fixed: Arrays) -> Image.Image:
        """A scatter plot of real points and of what the generator makes of the fixed latents."""
        noise, points = fixed
        return _scatter({"real": points, "generated": infer(networks["generator"], noise)})

    def generator(self, network: nn.Cell, batch_statistics: bool) -> PointGenerator:
        return PointGenerator(network, batch_statistics, self)

    def describe(self) -> dict[str, Any]:
        """Latent vectors, what they are drawn by, and points."""
        ends = {"input": "latents", "input_shape": [self.nz], "output": "points"}
        return {**ends, "drawn": latents.normal.__name__}


class PointGenerator(Generator):
    """Makes points from seeds."""

    _sampler: PointSampler

    def generate(self, seeds: Iterable[int]) -> np.ndarray:
        """Make one point of each seed: float32 (count, 2)."""
        noise = latents.of_seeds(latents.checked(seeds), self._sampler.nz)
        return stacked(self.stream(enumerate(noise), len(noise)))

    def write(self, request: Request) -> None:
        """Write the points as a CSV file, with a scatter plot of the same name beside it."""
        request.refuse(
            ["input", "separate", "interpolate"], "for generators of images; this one makes points"
        )
        out = Path(request.out or "generated.csv")
        if out.suffix.lower() != ".csv":
            raise UsageError(
                f"--out {out}: expected a name ending in .csv; the plot beside it will end in .png"
            )
        plot, points = out.with_suffix(".png"), self.generate(request.chosen(COUNT))
        with atomic_file(out) as temporary:
            np.savetxt(temporary, points, "%.6g", ",", header="x,y", comments="")
        pictures.save(_scatter({"generated": points}), plot)
        mean = np.round(points.mean(0, float), 4).tolist()
        log.info("%s, %s: %d points, mean %s", out, plot, len(points), mean)
        if len(points) > 1:
            log.info("covariance %s", np.round(np.cov(points.T), 4).tolist())

    def finish(self, outputs: np.ndarray) -> np.ndarray:
        return outputs.copy()


def _scatter(groups: Mapping[str, np.ndarray]) -> Image.Image:
    """A picture of points (count, 2) by label, always on the same axes."""
    from matplotlib.figure import Figure  # slow to import, and only needed here

    figure = Figure(figsize=(5, 5))
    axes = figure.add_axes((0.13, 0.11, 0.84, 0.86))
    for label, points in groups.items():
        axes.scatter(points[:, 0], points[:, 1], s=8, label=label)
    axes.set(xlim=(-3, 5), ylim=(-6, 10), xlabel="x", ylabel="y")
    axes.legend(loc="upper left")
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=80)
    return Image.open(picture).convert("RGB")
