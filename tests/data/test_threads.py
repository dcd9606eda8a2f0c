import os
import threading

import pytest
from ms_gan.data.threads import patient

pytestmark = pytest.mark.skipif(
    not hasattr(os, "SCHED_BATCH"), reason="only Linux lets a thread choose its policy"
)


def policy_of_a_new_thread():
    seen = []
    thread = threading.Thread(target=lambda: seen.append(os.sched_getscheduler(0)))
    thread.start()
    thread.join()
    return seen[0]


def test_only_threads_that_start_within_the_block_are_patient():
    with patient():
        assert policy_of_a_new_thread() == os.SCHED_BATCH
    assert os.sched_getscheduler(0) == policy_of_a_new_thread() == os.SCHED_OTHER


def test_the_policy_comes_back_after_an_error():
    with pytest.raises(KeyError), patient():
        raise KeyError
    assert os.sched_getscheduler(0) == os.SCHED_OTHER


def test_where_the_policy_cannot_be_set_the_block_runs_all_the_same(monkeypatch):
    def forbidden(*arguments):
        raise PermissionError

    monkeypatch.setattr(os, "sched_setscheduler", forbidden)
    with patient():
        assert policy_of_a_new_thread() == os.SCHED_OTHER


@pytest.mark.parametrize("missing", ["SCHED_BATCH", "SCHED_OTHER"])
def test_a_system_without_policies_is_left_alone(monkeypatch, missing):
    monkeypatch.delattr(os, missing)
    with patient():
        pass


def test_a_policy_that_the_user_has_chosen_stays(monkeypatch):
    monkeypatch.setattr(os, "sched_getscheduler", lambda process: os.SCHED_IDLE)
    monkeypatch.setattr(os, "sched_setscheduler", None)
    with patient():
        pass
