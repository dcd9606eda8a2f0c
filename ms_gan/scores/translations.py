"""Scores of translated images: how near their targets they are, and how like them as a set."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Callable

import numpy as np

from ms_gan.samplers.base import Generator
from ms_gan.scores.base import Report, Score, ScoreOptions, Scorer
from ms_gan.scores.images import Comparison
from ms_gan.scores.libraries import INSTALL

log = logging.getLogger(__name__)


class TranslationScorer(Scorer):
    """Compares translations of held-out images with held-out targets.

    Args:
        held_out: makes (inputs, targets), both float32 (n, 3, size, size) in [-1, 1], of at most as
          many as it is asked for.
        paired: whether each target is the one of the input with its number.
        options: how scores are made; `count` limits the held-out images.
    """

    def __init__(
        self, held_out: Callable[[int], tuple[np.ndarray, ...]], paired: bool, options: ScoreOptions
    ) -> None:
        inputs, targets = held_out(options.count)  # at once: a training may read the same files
        self._inputs, self._targets = _pixels(inputs), _pixels(targets)
        self._paired = paired
        self._comparison = Comparison(options)

    def score(self, generator: Generator) -> Report:
        """The scores of two sets of images; of pairs, first the mean absolute error (L1, of a
        pixel's range), PSNR in dB and SSIM (Wang et al. 2004), means over the images.
        """
        translated = generator.translate(self._inputs)
        report = self._comparison.report(self._targets, translated, "held out from training")
        if not self._paired:
            return report
        near = nearness(self._targets, translated)
        return Report(near | report.scores, "L1", report.protocol, report.warnings)


def nearness(targets: np.ndarray, translated: np.ndarray) -> dict[str, Score]:
    """L1, and PSNR and SSIM where scikit-image is installed, with their standard errors.

    Args:
        targets: uint8 (n, height, width, 3).
        translated: the same of what should be equal to them.
    """
    difference = np.abs(targets.astype(np.float32) - translated) / 255
    found = {"L1": _mean(difference.mean((1, 2, 3)))}
    if importlib.util.find_spec("skimage") is None:
        log.warning("PSNR and SSIM need scikit-image: %s", INSTALL)
        return found
    from skimage.metrics import peak_signal_noise_ratio, structural_similarity

    pairs = list(zip(targets, translated))
    psnr = [peak_signal_noise_ratio(*pair, data_range=255) for pair in pairs]
    ssim = [structural_similarity(*pair, data_range=255, channel_axis=2) for pair in pairs]
    found["PSNR"] = _mean(np.array(psnr), "higher")
    found["SSIM"] = _mean(np.array(ssim), "higher")
    return found


def _mean(values: np.ndarray, better: str = "lower") -> Score:
    error = float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else None
    return Score(float(values.mean()), error, better)


def _pixels(images: np.ndarray) -> np.ndarray:
    """float32 (n, 3, size, size) in [-1, 1] to uint8 (n, size, size, 3), exactly what it was."""
    return np.rint((images + 1) * 127.5).astype(np.uint8).transpose(0, 2, 3, 1)
