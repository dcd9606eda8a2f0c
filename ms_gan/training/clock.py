"""The time that training alone takes."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator, Iterator
from typing import TypeVar

Item = TypeVar("Item")


class Clock:
    """Counts the seconds of a training, without samples and checkpoints.

    A lap is what lies between two lines of the log.

    Args:
        step: the steps made so far.
        seconds: the seconds that they took, over all resumptions.
    """

    def __init__(self, step: int = 0, seconds: float = 0.0) -> None:
        self._before = seconds
        self._since: float | None = None  # when it was started; None while it stands
        self.lap(step)

    @property
    def seconds(self) -> float:
        """The seconds so far."""
        now = 0.0 if self._since is None else time.perf_counter() - self._since
        return self._before + now

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Let it run."""
        self._since = time.perf_counter()
        try:
            yield
        finally:
            self._stop()

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Stop it for a while, if it runs."""
        ran = self._since is not None
        self._stop()
        try:
            yield
        finally:
            if ran:
                self._since = time.perf_counter()

    def timed(self, items: Iterator[Item]) -> Generator[Item, None, None]:
        """The items, with the time that one has to wait for each counted as waiting."""
        while True:
            asked = time.perf_counter()
            try:
                item = next(items)
            except StopIteration:
                return
            self._waited += time.perf_counter() - asked
            yield item

    def lap(self, step: int) -> None:
        """Begin a lap."""
        self._lap_step, self._lap_seconds = step, self.seconds
        self._waited = 0.0

    def speed(self, step: int) -> tuple[float, float]:
        """Steps a second in this lap up to `step`, and the share of its time spent waiting."""
        seconds = max(self.seconds - self._lap_seconds, 1e-9)
        return (step - self._lap_step) / seconds, self._waited / seconds

    def _stop(self) -> None:
        self._before, self._since = self.seconds, None
