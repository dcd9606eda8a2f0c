"""Arithmetic on latent vectors (the DCGAN paper's figure 7): smiling woman - woman + man.

A single seed's vector is too accidental; the mean of a few that share something is not.
"""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
from PIL import Image

from ms_gan import pictures
from ms_gan.explore import panels
from ms_gan.explore.generators import trained
from ms_gan.samplers.images import ImageGenerator
from ms_gan.streams import stream

SIDE, SCALE = 3, 0.25  # of the square of results; of the noise on those around its middle

log = logging.getLogger(__name__)


def explore(asked: dict[str, Any]) -> None:
    """Write one picture of the seeds, their means, and what A - B + C gives."""
    out = pictures.check_format(asked["out"], (".png", ".jpg", ".jpeg"))
    images = trained(asked).images
    seeds = {name: asked[name] for name in "abc"}
    groups = {name: images.latents(seeds[name]) for name in seeds}
    signs = {"a": "A", "b": "minus B", "c": "plus C"}
    rows = [
        (
            f"{signs[name]}: seeds {', '.join(map(str, seeds[name]))}; at the right their mean",
            _with_mean(images, groups[name]),
        )
        for name in seeds
    ]
    results = jittered(combined(*groups.values()), asked["seed"])
    label = f"A - B + C in the middle; around it with noise of up to {SCALE}"
    square = panels.row(images.render(results), SIDE)
    pictures.save(panels.stacked([*rows, (label, square)]), out)
    log.info("%s: A - B + C of the means of %d, %d and %d seeds", out, *map(len, seeds.values()))


def combined(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """mean(A) - mean(B) + mean(C) of latent vectors (count, nz) each: float32 (nz,)."""
    return (a.mean(0) - b.mean(0) + c.mean(0)).astype(np.float32)


def jittered(vector: np.ndarray, seed: int) -> np.ndarray:
    """Nine vectors: the given one in the middle, the others with noise ~ U(-0.25, 0.25).

    Args:
        vector: float32 (nz,).
        seed: of the noise.

    Returns:
        float32 (9, nz), for a square row by row.
    """
    noise = stream(seed, "jitter").uniform(-SCALE, SCALE, (SIDE * SIDE, len(vector)))
    noise[len(noise) // 2] = 0
    return (vector + noise).astype(np.float32)


def _with_mean(images: ImageGenerator, vectors: np.ndarray) -> Image.Image:
    """A row of the images of latent vectors, a gap, and the image of their mean."""
    pixels = images.render(np.concatenate([vectors, vectors.mean(0, keepdims=True)]))
    gap = np.full_like(pixels[:1], 255)
    return panels.row(np.concatenate([pixels[:-1], gap, pixels[-1:]]))
