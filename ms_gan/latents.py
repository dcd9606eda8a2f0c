"""Latent vectors from seeded NumPy generators: the same numbers in every process and on every
device.

MindSpore's own generators can't be saved or seeded once a graph is compiled, so noise is drawn here
and passed in.
"""

from argparse import ArgumentTypeError

import numpy as np


def normal(rng, count, size):
    """`count` latent vectors ~ N(0, 1): float32 (count, size) from a `np.random.Generator`."""
    return rng.standard_normal((count, size)).astype(np.float32)


def uniform(rng, count, size):
    """`count` latent vectors ~ U(-1, 1): float32 (count, size) from a `np.random.Generator`."""
    return rng.uniform(-1, 1, (count, size)).astype(np.float32)


def of_seeds(seeds, size, draw=normal):
    """One latent vector a seed, each depending on its own seed only: float32 (len(seeds), size)."""
    return np.concatenate([draw(np.random.default_rng(seed), 1, size) for seed in seeds])


def walk(corners, frames, draw=normal):
    """A closed walk of `frames` latent vectors through the rows of `corners` (count, size), ending
    where it began.

    Between two corners it goes straight on, or, among normal latents, along the great circle
    (spherical interpolation, White 2016, arXiv:1609.04468), so that every point is as far from the
    origin as Gaussian noise is.
    """
    count = len(corners)
    between = _slerp if draw is normal else _straight
    points = np.arange(frames) * count / frames
    return np.stack(
        [between(corners[int(p)], corners[(int(p) + 1) % count], p % 1) for p in points]
    )


def parse_seeds(text):
    """The seeds in a text like "0,1,4-6": [0, 1, 4, 5, 6]. Raises ArgumentTypeError where it can't
    be read so.
    """
    seeds = []
    for part in text.split(","):
        first, dash, last = part.strip().partition("-")
        if (
            not first.isdecimal()
            or (dash and not last.isdecimal())
            or int(last or first) < int(first)
        ):
            raise ArgumentTypeError(
                f"{part!r} is neither a number nor a range, expected e.g. 0,1,4-6"
            )
        if int(last or first) - int(first) >= 10**5:
            raise ArgumentTypeError(f"the range {part!r} holds more than 100,000 seeds")
        seeds.extend(range(int(first), int(last or first) + 1))
    return seeds


def _slerp(a, b, t):
    cosine = np.clip(np.dot(a, b) / (np.linalg.norm(a) * np.linalg.norm(b)), -1, 1)
    angle = np.arccos(cosine)
    if (
        np.sin(angle) < 1e-6
    ):  # the same direction or the opposite one: no one great circle, so straight on
        return _straight(a, b, t)
    return ((np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)).astype(
        np.float32
    )


def _straight(a, b, t):
    return ((1 - t) * a + t * b).astype(np.float32)
