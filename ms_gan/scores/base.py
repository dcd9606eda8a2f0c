"""What a score is, what a report of scores holds, and what makes one."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ms_gan.errors import UsageError

if TYPE_CHECKING:
    from PIL import Image

    from ms_gan.samplers.base import Generator


@dataclass(frozen=True)
class Score:
    """A number that says how good a generator is.

    Attributes:
        value: the number.
        error: its standard error, where it is known.
        better: "lower" or "higher", or "1" where that is the best.
    """

    value: float
    error: float | None = None
    better: str = "lower"

    def __str__(self) -> str:
        error = f" ± {self.error:.2g}" if self.error is not None else ""
        return f"{self.value:.4g}{error}"


@dataclass(frozen=True)
class ScoreOptions:
    """How scores are made.

    Attributes:
        count: the number of generated images, and the largest of real ones.
        seed: of the latent vectors, of the choice among real images, and of KID's subsets.
        features: one of `features.CHOICES`.
        weights: Inception's file of weights, or None.
        datasets: the folder whose `cache` holds features of real images.
    """

    count: int = 10_000
    seed: int = 0
    features: str = "auto"
    weights: str | None = None
    datasets: str = "datasets"

    @property
    def seeds(self) -> range:
        """What images are generated of; another seed's are others."""
        return range(self.seed * self.count, (self.seed + 1) * self.count)


@dataclass(frozen=True)
class Report:
    """The scores of a generator.

    Attributes:
        scores: by name, in the order to be read.
        main: the name of the one that generators are compared by; the lower, the better.
        protocol: how they were made: numbers of images, split, seed, features, versions.
        warnings: what a reader has to know.
    """

    scores: dict[str, Score]
    main: str
    protocol: dict[str, Any]
    warnings: tuple[str, ...] = field(default=())

    def values(self) -> dict[str, float]:
        """{name: value}."""
        return {name: score.value for name, score in self.scores.items()}

    def describe(self) -> dict[str, Any]:
        """All of it, for JSON."""
        scores = {}
        for name, score in self.scores.items():
            scores[name] = {"value": score.value, "better": score.better}
            if score.error is not None:
                scores[name]["standard_error"] = score.error
        warnings = list(self.warnings)
        return {"scores": scores, "protocol": self.protocol, "warnings": warnings}


class Scorer(ABC):
    """Scores generators of one kind against one data set."""

    @abstractmethod
    def score(self, generator: Generator) -> Report:
        """The scores of a generator.

        Raises:
            GanError: too few examples to compare.
        """

    def floor(self) -> Report:
        """The scores of real examples, which a perfect generator would have.

        Raises:
            GanError: there are too few, or none was held out from training.
            UsageError: there is no such thing for these.
        """
        raise UsageError(
            "--floor: needs a generator that doesn't translate, and examples held out from its "
            "training by --holdout"
        )

    def memorising(self, generator: Generator, shown: int) -> tuple[Report, Image.Image]:
        """How near the generator comes to its training images, see `ms_gan.scores.nearest`.

        Raises:
            UsageError: the generator makes no images from seeds, or none was held out.
        """
        raise UsageError(
            "--nearest: needs a generator that makes images from seeds, and images held out from "
            "its training by --holdout"
        )
