"""A walk through latent space (the DCGAN paper's figure 4): smooth changes say that a generator
hasn't learnt images by heart.

Between two seeds it goes along the sphere, see `ms_gan.latents.walk`, as
`ms_gan.generate --interpolate` does.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np

from ms_gan import pictures
from ms_gan.explore import panels
from ms_gan.explore.generators import trained

STRIP = 9  # images of a strip, its two seeds among them

log = logging.getLogger(__name__)


def explore(asked: dict[str, Any]) -> None:
    """Write a GIF of the walk, and beside it a PNG with a strip for each pair of seeds."""
    gif = pictures.check_format(asked["out"], (".gif",))
    generator = trained(asked)
    seeds, frames = asked["seeds"], asked["frames"]
    pictures.save_walk(generator.images.walk(seeds, frames), gif)
    steps = STRIP - 1
    around = generator.images.walk(seeds, steps * len(seeds))
    rows = [
        (f"seed {seeds[first]} to {seeds[(first + 1) % len(seeds)]}", panels.row(around[strip]))
        for first, strip in enumerate(strips(len(seeds), steps))
    ]
    png = Path(gif).with_suffix(".png")
    pictures.save(panels.stacked(rows), png)
    log.info(
        "%s: %d frames through %d seeds and back; %s: the same in strips",
        gif,
        frames,
        len(seeds),
        png,
    )


def strips(corners: int, steps: int) -> np.ndarray:
    """Which points of a closed walk, of `steps` points from each corner to the next, make its
    strips from corner to corner: int (corners, steps + 1).
    """
    points = steps * np.arange(corners)[:, None] + np.arange(steps + 1)
    return points % (corners * steps)
