"""The report is rewritten in training, seldom enough, and when a run ends, however it does."""

import pytest
import stubs
from report_runs import facts_in, made

from ms_gan import report
from ms_gan.errors import GanError
from ms_gan.training import reporting
from ms_gan.training.finite import BadNumbers
from ms_gan.training.loop import train
from ms_gan.training.reporting import Reporting
from ms_gan.training.run_folder import RunFolder


class Timer:
    """A stub of `time` by which each report takes a second, and each step as many as are given."""

    def __init__(self):
        self.now = 0.0

    def perf_counter(self):
        return self.now


@pytest.fixture
def written(monkeypatch):
    """The steps logged when the report was written; `written.timer` tells the time."""

    class Written(list):
        timer = Timer()

    found = Written()

    def write(runs, out):
        found.append(len(RunFolder(runs[0]).read_log()))
        found.timer.now += 1

    monkeypatch.setattr(report, "write", write)
    monkeypatch.setattr(reporting, "time", found.timer)
    return found


def after(timer, seconds):
    """A callback that lets this time pass in every step."""

    class Passing(reporting.Callback):
        def after_step(self, training, outputs):
            timer.now += seconds

    return Passing()


@pytest.mark.parametrize(
    "seconds, lines",
    [
        (0, [1, 3]),  # with the first line, and at the end of 3 lines: of steps 1, 2, 4
        (60, [1, 2, 3]),  # 2 s after step 1 it is too early; after step 3 a sample is made: due
    ],
)
def test_it_is_written_first_now_and_then_and_last(tmp_path, written, seconds, lines):
    training = stubs.made(tmp_path, sample=3)
    train(training, 4, [after(written.timer, seconds), Reporting(training.recorder.run)])
    assert written == lines


def test_it_takes_no_more_than_a_hundredth_of_the_time(tmp_path, written):
    training = stubs.made(tmp_path)
    reporting = Reporting(training.recorder.run)
    for _ in range(1000):
        reporting.after_log(training, {})
        written.timer.now += 1  # a step
    assert len(written) == 1000 // 100  # seconds of training between two


def test_it_does_not_count_as_training(tmp_path, monkeypatch):
    training, seconds = stubs.made(tmp_path), []
    monkeypatch.setattr(report, "write", lambda *_: seconds.append(training.clock._since))
    train(training, 4, [Reporting(training.recorder.run)])
    assert seconds and set(seconds) == {None}  # the clock stood


def test_a_run_that_fails_has_its_last_line_in_the_report(tmp_path, written):
    class Failing(reporting.Callback):
        def after_log(self, training, line):
            if training.step == 4:
                raise BadNumbers("loss_g is nan")

    training = stubs.made(tmp_path)
    with pytest.raises(BadNumbers):
        train(training, 8, [Reporting(training.recorder.run), Failing()])
    assert written[-1] == 3


def test_a_report_that_cannot_be_written_ends_a_run_like_any_other_file(tmp_path, monkeypatch):
    def full(runs, out):
        raise OSError(28, "No space left on device", str(out))

    monkeypatch.setattr(report, "write", full)
    training = stubs.made(tmp_path)
    with pytest.raises(OSError, match="No space left on device") as caught:
        train(training, 4, [Reporting(training.recorder.run)])
    assert caught.value.filename == str(training.recorder.run.report)


def test_a_run_folder_that_is_damaged_meanwhile_is_warned_of(tmp_path, monkeypatch, caplog):
    def damaged(runs, out):
        raise GanError("options.json: damaged")

    monkeypatch.setattr(report, "write", damaged)
    training = stubs.made(tmp_path)
    train(training, 4, [Reporting(training.recorder.run)])
    assert training.step == 4
    assert "no report: options.json: damaged" in caplog.text


def test_a_run_without_a_line_has_no_report_yet(tmp_path, written):
    training = stubs.made(tmp_path)
    batches = Reporting(training.recorder.run).batches(training, iter([1]))
    next(batches)
    batches.close()
    assert written == []


def test_the_page_is_of_the_run_as_it_stands(tmp_path):
    """The stubs have no options; those of another run stand in."""
    training = stubs.made(tmp_path)
    run = training.recorder.run
    run.options.write_bytes((made(tmp_path / "other") / "options.json").read_bytes())
    train(training, 4, [Reporting(run)])
    assert facts_in(run.report)["runs"][0]["numbers"]["log"]["step"] == [1, 2, 4]
