"""Latent vectors from seeded NumPy generators: the same numbers in every process, on every device.

MindSpore's own generators can't be seeded once a graph is compiled.
"""

from __future__ import annotations

import operator
import re
from argparse import ArgumentTypeError
from collections.abc import Callable, Iterable

import numpy as np

from ms_gan.errors import UsageError
from ms_gan.streams import stream

Draw = Callable[[np.random.Generator, int, int], np.ndarray]  # `normal` or `uniform`


def normal(rng: np.random.Generator, count: int, size: int) -> np.ndarray:
    """`count` latent vectors ~ N(0, 1): float32 (count, size)."""
    return rng.standard_normal((count, size)).astype(np.float32)


def uniform(rng: np.random.Generator, count: int, size: int) -> np.ndarray:
    """`count` latent vectors ~ U(-1, 1): float32 (count, size)."""
    return rng.uniform(-1, 1, (count, size)).astype(np.float32)


def of_seeds(seeds: Iterable[int], size: int, draw: Draw = normal) -> np.ndarray:
    """One latent vector a seed, each depending on its own seed only: float32 (count, size)."""
    return np.concatenate([draw(stream(seed, "latent"), 1, size) for seed in seeds])


def checked(seeds: Iterable[int]) -> list[int]:
    """Seeds, also NumPy's whole numbers, as a list.

    Raises:
        UsageError: there is none, or one of them isn't a whole number of at least 0.
    """
    expected = "expected whole numbers of at least 0, such as range(24)"
    try:
        found = [operator.index(seed) for seed in seeds]
    except TypeError as error:
        raise UsageError(f"seeds: {error}; {expected}") from None
    if not found or min(found) < 0:
        raise UsageError(f"seeds: {min(found) if found else 'none given'}; {expected}")
    return found


def walk(corners: np.ndarray, frames: int, draw: Draw = normal) -> np.ndarray:
    """A closed walk through latent vectors, ending where it began.

    Between two corners it goes straight on, or, among normal latents, along the great circle
    (White 2016, arXiv:1609.04468): there every point is as far from the origin as Gaussian noise.

    Args:
        corners: float32 (count, size).
        frames: the number of points on the whole way.
        draw: what the corners were drawn by.

    Returns:
        Latent vectors, float32 (frames, size).
    """
    count = len(corners)
    points = np.arange(frames) * count / frames
    return np.stack(
        [between(corners[int(p)], corners[(int(p) + 1) % count], p % 1, draw) for p in points]
    )


def between(a: np.ndarray, b: np.ndarray, t: float, draw: Draw = normal) -> np.ndarray:
    """The point of a walk at the share `t` of the way from `a` to `b`, float32 (size,) each."""
    return (_slerp if draw is normal else _straight)(a, b, t)


def parse_seeds(text: str) -> list[int]:
    """The seeds in a text like "0,1,4-6": [0, 1, 4, 5, 6].

    Raises:
        ArgumentTypeError: it can't be read so.
    """
    seeds: list[int] = []
    for part in text.split(","):
        ends = re.fullmatch(r"(\d+)(?:-(\d+))?", part.strip())
        first, last = (int(ends[1]), int(ends[2] or ends[1])) if ends else (0, -1)
        if last < first:
            raise ArgumentTypeError(
                f"{part!r} is neither a number nor a range, expected e.g. 0,1,4-6"
            )
        if last - first >= 10**5:
            raise ArgumentTypeError(f"the range {part!r} holds more than 100,000 seeds")
        seeds.extend(range(first, last + 1))
    return seeds


def _slerp(a: np.ndarray, b: np.ndarray, t: float) -> np.ndarray:
    cosine = np.clip(np.dot(a, b) / (np.linalg.norm(a) * np.linalg.norm(b)), -1, 1)
    angle = np.arccos(cosine)
    if np.sin(angle) < 1e-6:  # the same direction or the opposite one: no one great circle
        return _straight(a, b, t)
    return ((np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)).astype(
        np.float32
    )


def _straight(a: np.ndarray, b: np.ndarray, t: float) -> np.ndarray:
    return ((1 - t) * a + t * b).astype(np.float32)
