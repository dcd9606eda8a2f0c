"""Waiting for what MindSpore computes without spinning on the processor that it needs."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

import mindspore as ms

if TYPE_CHECKING:
    from mindspore import Tensor

SHORT = 0.005  # seconds; what lasts no longer is asked for at once
LOOKS = 30  # how often to look in a step, at intervals of
SHORTEST, LONGEST = 0.0005, 0.002  # seconds
IDLE = 0.3  # the share of one core below which a process computes nothing
LATEST = 1.5  # when to ask at last, in times of the step before


class Pace:
    """Waits for steps on a CPU by sleeping until the process computes nothing any more.

    MindSpore (2.7 and later) computes a step on threads of its own while Python goes on. Asking for
    a value before it is there spins, and MindSpore's threads, which yield to each other, then yield
    to whoever asks, at any priority: on two cores a step takes 1.3 to 3 times as long. When the
    threads have stopped, the processor time of the process stands still, and asking is free. It
    also stands still while other processes have the processors: then a thread is runnable. On an
    Ascend card or a GPU nothing waits here at all: steps queue up on the device.
    """

    def __init__(self) -> None:
        self._waits = ms.get_context("device_target") == "CPU"
        self._last = 0.0  # seconds that the last step took

    def wait(self, outputs: tuple[Tensor, ...]) -> None:
        """Return when the step that gives `outputs`, at least one tensor, needn't be awaited."""
        if not self._waits:
            return
        began = time.perf_counter()
        idle = self._last <= SHORT or self._sleep(began + LATEST * self._last)
        asked = time.perf_counter()
        outputs[0].asnumpy()  # on a CPU this copies nothing
        ended = time.perf_counter()
        # Other threads of the process may compute, too: then the step had ended before it was asked
        # for, nobody knows when.
        overslept = not idle and ended - asked < SHORTEST
        self._last = 0.8 * self._last if overslept else ended - began

    def _sleep(self, limit: float) -> bool:
        """Sleep until the process is idle, but not beyond a time. Returns whether it is."""
        interval = min(max(self._last / LOOKS, SHORTEST), LONGEST)
        then, used = time.perf_counter(), processor_time()
        while then < limit:
            time.sleep(interval)
            now, using = time.perf_counter(), processor_time()
            if using - used < IDLE * (now - then) and not others_runnable():
                return True
            then, used = now, using
        return False


def processor_time() -> float:
    """The seconds that all threads of the process have computed, for differences.

    On Linux each thread is asked: of threads that run at the moment `time.process_time` counts
    only what they had done by their last timer tick, up to 10 ms ago.
    """
    try:
        threads = os.listdir("/proc/self/task")
        # The clock of a thread, as Linux numbers them (CPUCLOCK_PERTHREAD, CPUCLOCK_SCHED).
        return sum(time.clock_gettime((~int(thread) << 3) | 6) for thread in threads)
    except (OSError, AttributeError):  # another system, or a thread that ended meanwhile
        return time.process_time()


def others_runnable() -> bool:
    """Whether another thread of the process computes or waits for a processor, where Linux says."""
    own = str(threading.get_native_id())
    try:
        others = [thread for thread in os.listdir("/proc/self/task") if thread != own]
        return any(_state(thread) == "R" for thread in others)
    except OSError:  # another system, or a thread that ended meanwhile
        return False


def _state(thread: str) -> str:
    with open(f"/proc/self/task/{thread}/stat", encoding="ascii", errors="replace") as file:
        return file.read().rpartition(")")[2].split()[0]  # what is before it may hold anything
