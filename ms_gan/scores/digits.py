"""Scores of generated digits: can they be read, are all of them there, are they like real ones."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import numpy as np
from PIL import Image

from ms_gan.data.mnist import Digits
from ms_gan.errors import GanError
from ms_gan.samplers.base import Generator
from ms_gan.scores import nearest
from ms_gan.scores.base import Report, Score, ScoreOptions, Scorer
from ms_gan.scores.digit_classifier import DigitClassifier, digit_classifier
from ms_gan.scores.frechet import frechet_distance, gaussian_of
from ms_gan.scores.images import FEWEST, drawn, split_of

CLASSES = 10
CONFIDENT = 0.9
DISTANCE = "FID (digit classifier)"
ACCURATE = 0.985  # a classifier below this is warned of


class DigitScorer(Scorer):
    """Compares generated digits with real ones by a classifier of real digits."""

    def __init__(self, digits: Digits, options: ScoreOptions) -> None:
        self._digits = digits
        self._options = options

    def score(self, generator: Generator) -> Report:
        """The share of digits that the classifier is sure of (probability > 0.9), the balance of
        the classes as the Kullback-Leibler divergence to the uniform distribution in nats, and the
        Fréchet distance of the classifier's features.
        """
        return self._report(generator.generate(self._options.seeds))

    def floor(self) -> Report:
        if self._digits.held_out is None:
            return super().floor()
        return self._report(drawn(self._digits, self._options.count, self._options.seed))

    def memorising(self, generator: Generator, shown: int) -> tuple[Report, Image.Image]:
        if self._digits.held_out is None:
            return super().memorising(generator, shown)
        options, classifier = self._options, self._classifier
        trained_on = drawn(self._digits, self._digits.count, options.seed)
        spaces: dict[str, nearest.Embed] = {
            "features (digit classifier)": lambda images: classifier(images)[1],
            "pixels": nearest.pixels,
        }
        fake = generator.generate(options.seeds)
        return nearest.memorising(fake, trained_on, self._real, spaces, shown)

    def _report(self, fake: np.ndarray) -> Report:
        real, options = self._real, self._options
        if min(len(real), len(fake)) < FEWEST:
            raise GanError(
                f"{len(real)} real and {len(fake)} generated digits: too few to compare; expected "
                f"at least {FEWEST} of either"
            )
        classifier = self._classifier
        probabilities, features = classifier(fake)
        shares = np.bincount(probabilities.argmax(1), minlength=CLASSES) / len(fake)
        present = shares[shares > 0]
        real_gaussian = gaussian_of(classifier(real)[1])
        scores = {
            DISTANCE: Score(frechet_distance(gaussian_of(features), real_gaussian)),
            "readable share": Score(
                float((probabilities.max(1) > CONFIDENT).mean()), better="higher"
            ),
            "class balance (KL to uniform)": Score(
                float((present * np.log(CLASSES * present)).sum())
            ),
        }
        protocol = {
            "real": len(real),
            "fake": len(fake),
            "size": f"{real.shape[2]}x{real.shape[1]}",
            "split": split_of(self._digits),
            "seed": options.seed,
            "features": f"digit classifier, test accuracy {classifier.accuracy:.2%}",
        }
        warnings: tuple[str, ...] = ()
        if classifier.accuracy < ACCURATE:
            warnings = (
                f"the classifier's test accuracy is {classifier.accuracy:.2%}; expected "
                f"{ACCURATE:.1%} or more, so the scores say little",
            )
        return Report(scores, DISTANCE, protocol, warnings)

    @cached_property
    def _real(self) -> np.ndarray:
        options = self._options
        return drawn(self._digits.held_out or self._digits, options.count, options.seed)

    @cached_property
    def _classifier(self) -> DigitClassifier:
        parts = [part for part in (self._digits, self._digits.held_out) if part]
        pixels = np.concatenate([part.pixels for part in parts])
        labels = np.concatenate([part.labels for part in parts])
        return digit_classifier(pixels, labels, Path(self._options.datasets, "cache"))
