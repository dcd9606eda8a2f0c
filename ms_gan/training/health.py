"""Watches a training for losses that aren't finite and for games that have collapsed."""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np

from ms_gan.options import flag_of
from ms_gan.training.callbacks import Callback
from ms_gan.training.finite import BadNumbers, not_finite, told

if TYPE_CHECKING:
    from ms_gan.training.training import Training

LONG = 20  # lines of the log that a hopeless game may last
SURE = 0.999  # a discriminator's mean verdict that leaves no doubt
FLAT = 0.005  # the std over images, as a share of the range, below which they are all the same
SAME = 5  # samples in a row that may be so

log = logging.getLogger(__name__)


class Health(Callback):
    """Ends a training whose numbers aren't finite, and warns, once each, of collapsed games.

    Args:
        options: the names of the recipe's options, of which the advice speaks.
    """

    def __init__(self, options: Collection[str]) -> None:
        self._advice = _advice(options)
        self._hopeless = self._same = 0
        self._warned: set[str] = set()

    def after_log(self, training: Training, line: dict[str, Any]) -> None:
        """Look at a line's numbers. Raises BadNumbers that names step, epoch and value."""
        bad = [key for key, number in line.items() if not np.isfinite(number)]
        if bad:
            parameters = training.objective.parameters()
            raise BadNumbers(
                f"{bad[0]} is {line[bad[0]]} at step {training.step} (epoch {training.epoch}); "
                f"{told(parameters, not_finite(parameters))}"
            )
        certain = line.get("d_x", 0.0) > SURE and line.get("d_g_z1", 1.0) < 1 - SURE
        self._hopeless = self._hopeless + 1 if certain else 0
        if self._hopeless == LONG:
            self._warn(
                "hopeless",
                f"at step {training.step} the discriminator has been sure of everything for {LONG} "
                f"lines of the log (d_x > {SURE}, d_g_z1 < {1 - SURE:.3f}): the generator learns "
                f"little; {self._advice}",
            )

        floor = [key for key, number in line.items() if key.startswith("scale_") and number <= 1]
        if floor:
            self._warn(
                "scale",
                f"at step {training.step} {floor[0]} has fallen to 1: gradients overflow at any "
                "scale, and their updates are skipped; go on with --amp O0 --allow-change",
            )

    def after_sample(self, training: Training, std: float | None) -> None:
        """Take note of how much the images of a sample differ."""
        if std is None:
            return
        self._same = self._same + 1 if std < FLAT else 0
        if self._same == SAME:
            self._warn(
                "same",
                f"at step {training.step} all generated images have been nearly the same for "
                f"{SAME} samples: the generator may have collapsed; {self._advice}, or another "
                "--seed",
            )

    def _warn(self, what: str, message: str) -> None:
        if what not in self._warned:
            self._warned.add(what)
            log.warning(message)


def _advice(options: Collection[str]) -> str:
    """What to try, by options that the recipe has."""
    rates = " and ".join(flag_of(name) for name in options if name.split("_")[0] == "lr")
    narrower = " or a narrower discriminator (--ndf)" if "ndf" in options else ""
    return f"try a lower {rates}, a larger --batch-size{narrower}"
