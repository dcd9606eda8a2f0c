import threading
import time

import mindspore as ms
import numpy as np
import pytest

from ms_gan import pace
from ms_gan.pace import LATEST, LONGEST, Pace, processor_time


class Process:
    """A process of two cores whose step, for a while, uses both; asking lasts until it has ended.

    others: cores that its other threads keep busy all the time.
    """

    def __init__(self, monkeypatch, others=0.0):
        self.now, self.used, self.ready, self.others = 0.0, 0.0, 0.0, others
        self.spun = 0.0  # seconds that whoever asked had to wait
        monkeypatch.setattr("time.perf_counter", lambda: self.now)
        monkeypatch.setattr(pace, "processor_time", lambda: self.used)
        monkeypatch.setattr("time.sleep", self.sleep)

    def sleep(self, seconds):
        computing = min(max(self.ready - self.now, 0.0), seconds)
        self.used += 2 * computing + self.others * seconds
        self.now += seconds

    def step(self, seconds):
        self.ready = self.now + seconds
        return (self,)

    def asnumpy(self):
        self.spun = max(self.ready - self.now, 0.0)
        self.sleep(self.spun)


def waited(process, waiting, seconds):
    """How long it waits for a step that lasts so many seconds."""
    before = process.now
    waiting.wait(process.step(seconds))
    assert process.now >= process.ready  # never too early
    return process.now - before


def test_it_sleeps_until_the_step_has_ended(monkeypatch):
    process, waiting = Process(monkeypatch), Pace()
    assert waited(process, waiting, 1.0) == process.spun == 1.0  # not knowing how long it may sleep
    for seconds in (1.0, 0.5, 0.7, 0.1, 0.1):
        assert seconds <= waited(process, waiting, seconds) <= seconds + 2 * LONGEST
        assert process.spun == 0


def test_a_step_far_longer_than_the_one_before_is_asked_for(monkeypatch):
    process, waiting = Process(monkeypatch), Pace()
    waited(process, waiting, 1.0)
    assert waited(process, waiting, 5.0) == pytest.approx(5.0)
    assert process.spun == pytest.approx(5.0 - LATEST, abs=0.01)
    assert waited(process, waiting, 5.0) == pytest.approx(5.0, abs=0.01)
    assert process.spun == 0


def test_a_short_step_is_asked_for_at_once(monkeypatch):
    process, waiting = Process(monkeypatch), Pace()
    for _ in range(5):
        assert waited(process, waiting, 0.002) == process.spun == 0.002


def test_other_busy_threads_do_not_make_it_sleep_on_and_on(monkeypatch):
    process, waiting = Process(monkeypatch, others=1.0), Pace()
    took = [waited(process, waiting, 0.1) for _ in range(50)]
    assert max(took) < 1.6 * 0.1
    assert sum(took) / 50 < 1.3 * 0.1


def test_a_card_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(ms, "get_context", lambda name: "Ascend")
    process, waiting = Process(monkeypatch), Pace()
    waiting.wait(process.step(1.0))
    assert process.now == 0


def test_processor_time_counts_threads_that_are_computing_right_now():
    numbers, done = np.random.default_rng(0).random(3_000_000), threading.Event()

    def sort():
        while not done.is_set():
            np.sort(numbers)  # without Python's lock, for a tenth of a second at a time

    thread = threading.Thread(target=sort)
    thread.start()
    before, begun = processor_time(), time.thread_time()
    while time.thread_time() - begun < 0.1:  # both compute
        pass
    used = processor_time() - before
    done.set()
    thread.join()
    assert used > 0.12
