"""Scores of two sets of images, and of generators that make images from seeds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ms_gan.errors import GanError
from ms_gan.scores import libraries, nearest
from ms_gan.scores.base import Report, Score, ScoreOptions, Scorer
from ms_gan.scores.features import FeatureNetwork, feature_network
from ms_gan.scores.sliced_wasserstein import PATCH, sliced_wasserstein
from ms_gan.streams import stream

if TYPE_CHECKING:
    from PIL import Image

    from ms_gan.samplers.base import Generator

FEWEST = 4  # images that can be compared
ENOUGH = 2048  # images of either side: FID of fewer says more of their number than of them
SLICED = 2048  # images that the sliced Wasserstein distance looks at


class Images(Protocol):
    """Real images to compare with: an `ImageSet` or `Digits`."""

    @property
    def count(self) -> int: ...
    @property
    def held_out(self) -> Any: ...
    def rows(self, order: np.ndarray, batch_size: int) -> Iterator[np.ndarray]: ...


class Comparison:
    """Compares sets of images by the scores that can be had.

    Args:
        options: what is asked for.

    Raises:
        GanError: features are asked for that can't be had.
        UsageError: the options contradict each other.
    """

    def __init__(self, options: ScoreOptions) -> None:
        self.options = options
        self.cache = Path(options.datasets, "cache")
        self.network: FeatureNetwork | None = feature_network(
            options.features, options.weights, self.cache
        )

    def report(self, real: np.ndarray, fake: np.ndarray, split: str) -> Report:
        """The scores of generated images.

        Args:
            real: uint8 (n, side, side, channels).
            fake: uint8 (m, side, side, channels).
            split: which real images they are, for the protocol.

        Raises:
            GanError: there are too few.
        """
        fewest = min(len(real), len(fake))
        if fewest < FEWEST:
            raise GanError(
                f"{len(real)} real and {len(fake)} generated images: too few to compare; expected "
                f"at least {FEWEST} of either"
            )
        protocol: dict[str, Any] = {
            "real": len(real),
            "fake": len(fake),
            "size": f"{real.shape[2]}x{real.shape[1]}",
            "split": split,
            "seed": self.options.seed,
        }
        scores: dict[str, Score] = {}
        warnings: tuple[str, ...] = ()
        if self.network:
            scores.update(self._by_features(real, fake))
            protocol.update(features=self.network.label, resize=self.network.resize)
            protocol["versions"] = libraries.versions()
            if fewest < ENOUGH:
                warnings = (
                    f"FID is biased with fewer than {ENOUGH} images of either side; go by KID",
                )
        scores.update(self._sliced(real, fake))
        return Report(scores, next(iter(scores)), protocol, warnings)

    def _by_features(self, real: np.ndarray, fake: np.ndarray) -> dict[str, Score]:
        from ms_gan.scores.distances import distances

        assert self.network
        found = distances(self.network.kept(real), self.network(fake), self.options.seed)
        return {f"{name} ({self.network.label})": score for name, score in found.items()}

    def _sliced(self, real: np.ndarray, fake: np.ndarray) -> dict[str, Score]:
        count = min(len(real), len(fake), SLICED)
        if real.shape[1] < 2 * PATCH:
            return {}
        some_real, some_fake = (images[_spread(len(images), count)] for images in (real, fake))
        found = sliced_wasserstein(some_real, some_fake, self.options.seed)
        mean = {"sliced Wasserstein distance": Score(sum(found.values()) / len(found))}
        return mean | {f"… at {side}x{side}": Score(value) for side, value in found.items()}


class ImageScorer(Scorer):
    """Compares generated images with real ones, held out from training if there are such."""

    def __init__(self, images: Images, options: ScoreOptions) -> None:
        self._images = images
        self._comparison = Comparison(options)
        # At once: a training may be reading the same files when it is scored.
        self._real = drawn(images.held_out or images, options.count, options.seed)

    def score(self, generator: Generator) -> Report:
        fake = generator.generate(self._comparison.options.seeds)
        return self._comparison.report(self._real, fake, split_of(self._images))

    def floor(self) -> Report:
        if self._images.held_out is None:
            return super().floor()
        options = self._comparison.options
        trained_on = drawn(self._images, options.count, options.seed)
        return self._comparison.report(self._real, trained_on, split_of(self._images))

    def memorising(self, generator: Generator, shown: int) -> tuple[Report, Image.Image]:
        if self._images.held_out is None:
            return super().memorising(generator, shown)
        options, network = self._comparison.options, self._comparison.network
        trained_on = drawn(self._images, self._images.count, options.seed)
        fake = generator.generate(options.seeds)

        def embedded(images: np.ndarray) -> np.ndarray:
            assert network
            return network(images) if images is fake else network.kept(images)

        spaces: dict[str, nearest.Embed] = {}
        if network:
            spaces[f"features ({network.label})"] = embedded
        spaces["pixels"] = nearest.pixels
        return nearest.memorising(fake, trained_on, self._real, spaces, shown)


def _spread(length: int, count: int) -> np.ndarray:
    """`count` numbers below `length`, at even distances: a set may be sorted by kinds."""
    return np.linspace(0, length, count, endpoint=False).astype(int)


def split_of(images: Images) -> str:
    """Which real images are compared with."""
    return "all, also trained on" if images.held_out is None else "held out from training"


def drawn(images: Any, count: int, seed: int) -> np.ndarray:
    """At most `count` images of a set, drawn at random, in its order: uint8 (n, side, side, c)."""
    order = np.sort(stream(seed, "scored").permutation(images.count)[:count])
    return np.concatenate(list(images.rows(order, 256))).transpose(0, 2, 3, 1)
