"""A run's report, rewritten while it trains, at no more than 1 % of the time."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

from ms_gan import report
from ms_gan.errors import GanError
from ms_gan.training.callbacks import Callback, Feed

if TYPE_CHECKING:
    from ms_gan.training.run_folder import RunFolder
    from ms_gan.training.training import Training

SPARING = 100  # times what writing has cost lies before it is written again

log = logging.getLogger(__name__)


class Reporting(Callback):
    """Writes `report.html` at the first line of the log, then now and then, and when a run ends.

    Args:
        run: the run's folder.
    """

    def __init__(self, run: RunFolder) -> None:
        self._run = run
        self._due = time.perf_counter()

    def batches(self, training: Training, batches: Feed) -> Feed:
        try:
            yield from batches
        finally:  # however it ends
            if self._run.log.exists():
                self._write(training)

    def after_log(self, training: Training, line: dict[str, Any]) -> None:
        if time.perf_counter() >= self._due:
            self._write(training)

    def after_sample(self, training: Training, std: float | None) -> None:
        if time.perf_counter() >= self._due:
            self._write(training)

    def _write(self, training: Training) -> None:
        with training.pause():
            begun = time.perf_counter()
            try:
                report.write([self._run.path], self._run.report)
            except GanError as error:
                log.warning("no report: %s", error)
            ended = time.perf_counter()
        self._due = ended + SPARING * (ended - begun)
