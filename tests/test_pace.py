import os
import sys

import mindspore as ms
import pytest

from ms_gan.pace import Pace


class Clock:
    """A clock in which asking for a step's outputs lasts until the step is finished."""

    def __init__(self, monkeypatch):
        self.now, self.slept, self.ready = 0.0, [], 0.0
        monkeypatch.setattr("time.perf_counter", lambda: self.now)
        monkeypatch.setattr("time.sleep", self.sleep)

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds

    def step(self, seconds):
        self.ready = self.now + seconds
        return (self,)

    def asnumpy(self):
        self.now = max(self.now, self.ready)


def test_it_sleeps_through_most_of_a_step_and_never_returns_early(monkeypatch):
    clock, pace = Clock(monkeypatch), Pace()
    for number in range(12):
        pace.wait(clock.step(1.0))
        assert clock.now == pytest.approx(number + 1)
    assert clock.slept[0] < clock.slept[1]
    assert len(clock.slept) == 10  # two steps are only asked for
    assert clock.slept[-5:] == pytest.approx([0.85] * 5)


def test_it_oversleeps_little_when_steps_become_shorter(monkeypatch):
    clock, pace = Clock(monkeypatch), Pace()
    for seconds in [1.0] * 12 + [0.5] * 8:
        pace.wait(clock.step(seconds))
    before = clock.now
    pace.wait(clock.step(0.5))
    assert clock.now - before < 0.56


def test_one_slow_step_does_not_make_the_next_oversleep(monkeypatch):
    clock, pace = Clock(monkeypatch), Pace()
    for seconds in [1.0] * 12 + [5.0]:
        pace.wait(clock.step(seconds))
    before = clock.now
    pace.wait(clock.step(1.0))
    assert clock.now - before < 1.15


class Asked(Clock):
    """Notes the scheduling policy and the priority of who asks."""

    def asnumpy(self):
        self.asker = os.sched_getscheduler(0), os.getpriority(os.PRIO_PROCESS, 0)
        super().asnumpy()


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no priority of their own")
def test_who_asks_and_nobody_else_steps_back(monkeypatch):
    before = os.sched_getscheduler(0)
    clock, pace = Asked(monkeypatch), Pace()
    for _ in range(3):
        pace.wait(clock.step(1.0))
    assert clock.asker == (os.SCHED_IDLE, 19)
    assert os.sched_getscheduler(0) == before != os.SCHED_IDLE


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no priority of their own")
def test_where_the_policy_is_forbidden_the_lowest_priority_does(monkeypatch):
    def forbidden(*_):
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", forbidden)
    clock, pace = Asked(monkeypatch), Pace()
    for _ in range(3):
        pace.wait(clock.step(1.0))
    assert clock.asker[1] == 19


def test_a_card_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(ms, "get_context", lambda name: "Ascend")
    clock, pace = Clock(monkeypatch), Pace()
    pace.wait(clock.step(1.0))
    assert (clock.now, clock.slept) == (0, [])
