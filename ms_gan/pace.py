"""Waiting for what MindSpore computes without spinning on the processor that it needs."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import mindspore as ms

if TYPE_CHECKING:
    from mindspore import Tensor

EARLY = 0.85  # the share of a step to sleep through before asking for it
CLOSE = 0.02  # an answer within this share of a step means that it had been finished for a while
SHORT = 0.005  # seconds; what lasts no longer isn't worth a nap


class Pace:
    """Waits for equal steps on a CPU by sleeping through most of each, then asking politely.

    MindSpore (2.7 and later) computes a step on threads of its own while Python goes on, but
    whoever asks for a value before it is there spins, which takes a whole core. On two cores that
    costs a step up to half of its speed: where it spins, the second thread that computes would wake
    up, and both may share one core for many steps. On an Ascend card or a GPU nothing waits here at
    all: steps queue up on the device.
    """

    def __init__(self) -> None:
        self._waits = ms.get_context("device_target") == "CPU"
        self._asker = ThreadPoolExecutor(1, "ms_gan-pace", _step_back)
        # None until the first step, which lasts longer than those to come.
        self._nap: float | None = None

    def wait(self, outputs: tuple[Tensor, ...]) -> None:
        """Return when the step that gives `outputs`, at least one tensor, needn't be awaited."""
        if not self._waits:
            return
        ask = outputs[0].asnumpy  # on a CPU this copies nothing
        if self._nap is None:
            ask()
            self._nap = 0.0
            return
        began = time.perf_counter()
        if self._nap > SHORT:
            time.sleep(self._nap)
            asked = time.perf_counter()
            self._asker.submit(ask).result()
        else:
            asked = began
            ask()
        ended = time.perf_counter()
        if ended - asked < CLOSE * (ended - began):
            self._nap *= 0.8
        else:
            # A step is slow now and then: a nap starts short and grows little by little.
            longest = 1.2 * self._nap if self._nap else 0.5 * (ended - began)
            self._nap = min(EARLY * (ended - began), longest)


def _step_back() -> None:
    """Let this thread run only where nobody else would, where threads have a priority of their own.

    A core on which an idle-class thread spins counts as free for whoever wakes up. The lowest
    priority alone isn't enough for that.
    """
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)
        with contextlib.suppress(OSError):  # a sandbox may forbid it
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
