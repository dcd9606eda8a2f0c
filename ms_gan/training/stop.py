"""Ctrl-C and SIGTERM end a run after the step in progress, with everything saved."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import TYPE_CHECKING, Any

from ms_gan.training.callbacks import Callback, Feed
from ms_gan.training.training import Training

if TYPE_CHECKING:
    from mindspore import Tensor

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopOnSignal(Callback):
    """While active, SIGINT and SIGTERM are only noted, and end the training.

    Several ranks have to stop after the same step: they agree on that where they log. In a thread
    other than the main one, which gets no signals, this does nothing.
    """

    def __init__(self) -> None:
        self.received: int | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> StopOnSignal:
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.getsignal(number) for number in SIGNALS}
        self.listen()
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def listen(self) -> None:
        """Take the signals, also where MindSpore's pipeline has put its own handler in place."""
        for number in self._before:
            signal.signal(number, self._note)

    def batches(self, training: Training, batches: Feed) -> Feed:
        """The batches, until a Ctrl-C comes while the next one is made.

        While it changes from one epoch's reader to the next, MindSpore puts Python's own handler in
        place for a moment.
        """
        while True:
            try:
                batch = next(batches)
            except KeyboardInterrupt:
                self.received = self.received or signal.SIGINT
                training.stopped = self.received
                return
            self.listen()
            yield batch

    def after_step(self, training: Training, outputs: tuple[Tensor, ...]) -> None:
        if training.world.size == 1:
            training.stopped = self.received

    def after_log(self, training: Training, line: dict[str, Any]) -> None:
        if training.world.size > 1:
            training.stopped = training.world.agree(self.received or 0) or None

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self.received = self.received or number
