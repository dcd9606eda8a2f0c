import functools
import signal

import mindspore as ms
import pytest
from stubs import made, to_step, total

from ms_gan.training import checkpoint
from ms_gan.training.warm_up import warm_up


@pytest.fixture
def begin(tmp_path):
    """Make a Training in a run folder of its own, or in a given one."""
    return functools.partial(made, tmp_path)


def stored_step(training):
    return checkpoint.load(training.recorder.run.training, "training")[1]["step"]


def logged(training):
    return [line["step"] for line in training.recorder.run.read_log()]


def test_it_makes_the_steps_asked_for_in_order_and_logs_the_first_and_every_nth(begin):
    training = begin()
    assert to_step(training, 5) is None
    assert training.objective.seen == [0, 1, 2, 3, 4]
    assert logged(training) == [1, 2, 4]
    assert [line["epoch"] for line in training.recorder.run.read_log()] == [1, 1, 1]
    assert stored_step(training) == training.step == 5


def test_samples_come_at_the_start_after_each_epoch_and_at_the_end(begin):
    training = begin()
    training.start()
    to_step(training, 9)
    assert training.shown == [0, 4, 8, 9]


def test_samples_come_every_so_many_steps_where_asked_for(begin):
    training = begin(sample=3)
    to_step(training, 6)
    assert training.shown == [3, 6]


@pytest.mark.parametrize("minutes, saves", [(0, [1, 2, 3, 4, 5]), (1e6, [4, 5])])
def test_checkpoints_come_at_epochs_ends_at_the_end_and_by_the_clock(
    begin, monkeypatch, minutes, saves
):
    training, at = begin(minutes=minutes), []
    save = training.save

    def noted():
        at.append(training.step)
        save()

    monkeypatch.setattr(training, "save", noted)
    to_step(training, 5)
    assert at == saves


def test_the_first_checkpoint_is_there_before_the_first_step(begin):
    training = begin()
    training.start()
    assert stored_step(training) == 0
    assert training.recorder.run.network("generator").is_file()
    assert not training.recorder.run.losses.exists()  # nothing to plot yet


@pytest.mark.parametrize("stop", range(1, 9))
def test_a_resumed_run_ends_like_one_that_never_stopped(begin, stop):
    whole, first = begin(), begin()
    to_step(whole, 9)
    to_step(first, stop)
    second = begin(first.recorder.run)
    second.resume()
    to_step(second, 9)
    assert first.objective.seen + second.objective.seen == whole.objective.seen
    assert total(second) == total(whole)
    assert logged(second) == logged(whole)
    assert second.clock.seconds > first.clock.seconds


def test_resuming_forgets_what_was_logged_after_the_checkpoint(begin):
    training = begin()
    to_step(training, 4)
    training.recorder.run.append_log({"step": 6, "loss_g": 0, "loss_d": 0})
    again = begin(training.recorder.run)
    again.resume()
    assert logged(again) == [1, 2, 4]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_after_the_step_in_progress_with_everything_saved(
    begin, monkeypatch, number
):
    training = begin()
    step = training.objective.train_step

    def interrupted(batch, noise):
        if len(training.objective.seen) == 2:
            signal.raise_signal(number)
        return step(batch, noise)

    monkeypatch.setattr(training.objective, "train_step", interrupted)
    assert to_step(training, 9) == number
    assert stored_step(training) == training.step == 3
    resumed = begin(training.recorder.run)
    resumed.resume()
    assert total(resumed) == total(training)


def test_ctrl_c_while_the_next_batch_is_made_loses_nothing(begin, monkeypatch):
    training = begin()

    def interrupted(step):
        yield from [(ms.Tensor(float(number), ms.float32),) for number in range(step, 3)]
        raise KeyboardInterrupt

    monkeypatch.setattr(training.batches, "from_step", interrupted)
    assert to_step(training, 9) == signal.SIGINT
    assert stored_step(training) == training.step == 3


def test_a_warm_up_tells_two_times_and_leaves_no_trace(begin):
    training = begin()
    compiling, step = warm_up(training)
    assert compiling >= 0 and step > 0
    assert len(training.objective.seen) == 4
    assert (total(training), training.step, training.clock.seconds) == (0, 0, 0)


def test_time_spent_on_samples_and_checkpoints_is_not_training_time(begin, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("time.perf_counter", lambda: clock[0])
    training = begin(sample=1)
    step = training.objective.train_step

    def second(batch, noise):
        clock[0] += 1
        return step(batch, noise)

    def minute(step):
        clock[0] += 60

    monkeypatch.setattr(training.objective, "train_step", second)
    monkeypatch.setattr(training.shown, "sample", minute)
    to_step(training, 6)
    assert training.clock.seconds == pytest.approx(6)
    assert [line["images_per_second"] for line in training.recorder.run.read_log()] == [
        2,
        2,
        2,
        2,
    ]  # batches of 2
    assert [line["seconds"] for line in training.recorder.run.read_log()] == [1, 2, 4, 6]
