"""Whether a generator copies its data: generated images beside the nearest ones of the training."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from ms_gan import pictures
from ms_gan.scores.base import Report, Score

NEIGHBOURS = 3
TOGETHER = 1024  # training images
RARE = 0.01  # share of held-out images that lie nearer to a training image than the rest
SUSPICIOUS = 0.05  # share of generated images that lie as near

Embed = Callable[[np.ndarray], np.ndarray]  # uint8 (n, height, width, c) to float32 (n, values)


@dataclass(frozen=True)
class Nearest:
    """The training images that are nearest to each of some images."""

    numbers: np.ndarray  # (n, 3)
    distances: np.ndarray  # (n, 3), ascending


def memorising(
    generated: np.ndarray,
    trained_on: np.ndarray,
    held_out: np.ndarray,
    spaces: Mapping[str, Embed],
    shown: int,
) -> tuple[Report, Image.Image]:
    """Compare how near generated images come to training images with how near unseen ones do.

    Of a space's distances to the nearest training image, two numbers are told: the ratio of the
    generated images' median to that of the held-out ones, about 1 for a generator that makes new
    images as good as real ones; and the share of generated images that are nearer than 99 % of the
    held-out ones, about 1 % for it. A generator that copies has a ratio near 0 and a large share.

    Args:
        generated, trained_on, held_out: uint8 (n, height, width, channels), all of one shape.
        spaces: by name, where distances are measured.
        shown: how many of the generated images are in the picture: those nearest to a training
          image in the first space.

    Returns:
        The numbers, and a picture with a row for each: the generated image, then for each space the
          three nearest training images.
    """
    scores: dict[str, Score] = {}
    warnings: list[str] = []
    found: list[Nearest] = []
    for name, embed in spaces.items():
        training = embed(trained_on)
        near, unseen = nearest(embed(generated), training), nearest(embed(held_out), training)
        distances, usual = near.distances[:, 0], unseen.distances[:, 0]
        ratio = float(np.median(distances) / max(np.median(usual), 1e-12))
        share = float((distances <= np.quantile(usual, RARE)).mean())
        scores[f"distance ratio in {name}"] = Score(ratio, better="1")
        scores[f"share nearer than 99 % in {name}"] = Score(share)
        if share > SUSPICIOUS:
            warnings.append(
                f"in {name}, {share:.0%} of the generated images are nearer to a training image "
                "than 99 % of the held-out ones are: they look copied"
            )
        found.append(near)
    protocol: dict[str, Any] = {
        "fake": len(generated),
        "trained on": len(trained_on),
        "held out": len(held_out),
    }
    report = Report(scores, next(iter(scores)), protocol, tuple(warnings))
    rows = np.argsort(found[0].distances[:, 0], kind="stable")[:shown]
    gap = np.full_like(generated[0], 255)
    tiles = []
    for row in rows:
        tiles.append(generated[row])
        for near in found:
            tiles += [gap, *trained_on[near.numbers[row]]]
    columns = 1 + len(found) * (1 + NEIGHBOURS)
    return report, pictures.grid(np.stack(tiles), columns)


def nearest(values: np.ndarray, training: np.ndarray) -> Nearest:
    """The three nearest rows of `training`, by Euclidean distance, of each row of `values`.

    Both are float32 (n, values); `training` has at least three rows.
    """
    numbers = np.zeros((len(values), 0), int)
    squares = np.zeros((len(values), 0), np.float32)
    lengths = (values**2).sum(1, keepdims=True)
    for first in range(0, len(training), TOGETHER):
        part = training[first : first + TOGETHER]
        distances = lengths + (part**2).sum(1) - 2 * values @ part.T
        candidates = np.broadcast_to(np.arange(first, first + len(part)), distances.shape)
        numbers = np.concatenate([numbers, candidates], 1)
        squares = np.concatenate([squares, distances], 1)
        best = np.argsort(squares, 1)[:, :NEIGHBOURS]
        numbers = np.take_along_axis(numbers, best, 1)
        squares = np.take_along_axis(squares, best, 1)
    # Anew for the three: a small difference of large squares is mostly rounding.
    chosen = training[numbers] - values[:, None]
    distances = np.sqrt((chosen**2).sum(2))
    order = np.argsort(distances, 1)
    return Nearest(np.take_along_axis(numbers, order, 1), np.take_along_axis(distances, order, 1))


def pixels(images: np.ndarray) -> np.ndarray:
    """Images as points: float32 (n, values) from 0 to 1."""
    return images.reshape(len(images), -1).astype(np.float32) / 255
