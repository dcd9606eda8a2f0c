"""Generators of points in the plane: scatter plots, and tables of numbers afterwards."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from ms_gan import latents, pictures
from ms_gan.errors import UsageError
from ms_gan.files import atomic_file
from ms_gan.products.images import FIXED

SHOWN = 200  # points of either kind in a sample
COUNT = 1000  # points that are generated unless --seeds or --count says otherwise


class Points:
    """Points (N, 2) from latents (N, nz) ~ N(0, 1)."""

    spread = None

    def __init__(self, nz):
        self._nz = nz

    def real(self, batch):
        """A scatter plot of the points of one batch."""
        return _scatter({"real": batch[0]})

    def fixed(self, batches, seed):
        """Latents, and real points to show the generated ones among."""
        return latents.normal(
            np.random.default_rng([seed, FIXED]), SHOWN, self._nz
        ), batches.points[:SHOWN]

    def picture(self, networks, fixed):
        """A scatter plot of real points and of what the generator makes of the fixed latents."""
        from ms_gan.inference import infer  # imports MindSpore

        return _scatter({"real": fixed[1], "generated": infer(networks["generator"], fixed[0])})

    def generate(self, generator, asked):
        """Write the points as a CSV file, with a scatter plot of the same name beside it."""
        for option in ("input", "separate", "interpolate"):
            if getattr(asked, option):
                raise UsageError(f"--{option}: for generators of images; this one makes points")
        out = Path(asked.out or "generated.csv")
        if out.suffix.lower() != ".csv":
            raise UsageError(
                f"--out {out}: expected a name ending in .csv; the plot beside it will end in .png"
            )
        import mindspore as ms

        seeds = asked.seeds if asked.seeds is not None else range(asked.count or COUNT)
        points = generator()(ms.Tensor(latents.of_seeds(seeds, self._nz)))[0].asnumpy()
        with atomic_file(out) as temporary:
            np.savetxt(temporary, points, "%.6g", ",", header="x,y", comments="")
        pictures.save(_scatter({"generated": points}), out.with_suffix(".png"))
        print(
            f"{out}, {out.with_suffix('.png')}: {len(points)} points, mean {np.round(points.mean(0), 4).tolist()}"
        )
        if len(points) > 1:
            print(f"covariance {np.round(np.cov(points.T), 4).tolist()}")


def _scatter(groups):
    """A Pillow image of {label: points (N, 2)}, always on the same axes, so that pictures can
    follow one another.
    """
    from matplotlib.figure import Figure  # slow to import, and only needed here

    figure = Figure(figsize=(5, 5), layout="tight")
    axes = figure.subplots()
    for label, points in groups.items():
        axes.scatter(*points.T, s=8, label=label)
    axes.set(xlim=(-3, 5), ylim=(-6, 10), xlabel="x", ylabel="y")
    axes.legend(loc="upper left")
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=80)
    return Image.open(picture).convert("RGB")
