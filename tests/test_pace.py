import os
import threading
import time

import mindspore as ms
import numpy as np
import pytest

from ms_gan import pace
from ms_gan.pace import LATEST, LONGEST, Pace, others_runnable, processor_time


class Process:
    """A process of two cores whose step, for a while, uses both; asking lasts until it has ended.

    others: cores that its other threads keep busy all the time.
    preempted: whether another process has the cores in every second hundredth of a second.
    """

    def __init__(self, monkeypatch, others=0.0, preempted=False):
        self.now, self.used, self.ready, self.others = 0.0, 0.0, 0.0, others
        self.preempted = preempted
        self.spun = 0.0  # seconds that whoever asked had to wait
        monkeypatch.setattr("time.perf_counter", lambda: self.now)
        monkeypatch.setattr(pace, "processor_time", lambda: self.used)
        monkeypatch.setattr(pace, "others_runnable", lambda: self.now < self.ready)
        monkeypatch.setattr("time.sleep", self.sleep)

    def sleep(self, seconds):
        computing = min(max(self.ready - self.now, 0.0), seconds)
        if not (self.preempted and int(100 * self.now) % 2):
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


def test_a_process_whose_cores_others_have_is_not_taken_for_an_idle_one(monkeypatch):
    process, waiting = Process(monkeypatch, preempted=True), Pace()
    waited(process, waiting, 1.0)
    for _ in range(5):
        assert waited(process, waiting, 1.0) <= 1.0 + 2 * LONGEST
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


@pytest.fixture
def sorting():
    """A thread that computes, without Python's lock, for a tenth of a second at a time."""
    numbers, done = np.random.default_rng(0).random(3_000_000), threading.Event()

    def sort():
        while not done.is_set():
            np.sort(numbers)

    thread = threading.Thread(target=sort)
    thread.start()
    yield
    done.set()
    thread.join()


def test_processor_time_counts_threads_that_are_computing_right_now(sorting):
    before, begun = processor_time(), time.thread_time()
    while time.thread_time() - begun < 0.1:  # both compute
        pass
    assert processor_time() - before > 0.12


@pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="only Linux says so")
def test_a_thread_that_computes_or_waits_for_a_processor_is_runnable(sorting):
    assert others_runnable()


@pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="only Linux says so")
def test_threads_that_wait_for_something_else_are_not_runnable():
    asleep = threading.Event()
    thread = threading.Thread(target=asleep.wait)
    thread.start()
    found = [others_runnable() for _ in range(1000)]
    asleep.set()
    thread.join()
    assert not all(found)  # threads of libraries may run now and then
