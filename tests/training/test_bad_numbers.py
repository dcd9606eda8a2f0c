"""What a training does when its numbers aren't finite any more, and when its checkpoints are
damaged.
"""

import functools
import signal

import mindspore as ms
import numpy as np
import pytest
from stubs import made, to_step, total

from ms_gan.errors import GanError
from ms_gan.training import checkpoint
from ms_gan.training.finite import BadNumbers
from ms_gan.training.health import FLAT, SAME
from ms_gan.training.roll_back import ROLLBACKS, RollBack


@pytest.fixture
def begin(tmp_path):
    """Make a Training in a run folder of its own, or in a given one."""
    return functools.partial(made, tmp_path)


def spoil(training, *times):
    """Let the noise be NaN whenever the step after so many is made, the given times (counted from
    0), or every time.
    """
    noise, seen = training.objective.noise, {}

    def spoilt(rng, count):
        arrays = noise(rng, count)
        step = training.step
        seen[step] = seen.get(step, -1) + 1
        return (
            tuple(array * np.nan for array in arrays)
            if seen[step] in spoilt.at.get(step, ())
            else arrays
        )

    spoilt.at = dict(times)
    training.objective.noise = spoilt


def saved(path):
    values, meta = checkpoint.load(path, "training")
    return {**meta, "total": float(values["generator/total"]), "seconds": None}


def logged(training):
    return [(line["step"], line["loss_g"]) for line in training.recorder.run.read_log()]


def test_bad_losses_are_caught_at_the_next_line_and_the_last_checkpoint_stays(begin):
    training = begin()
    training.start()
    spoil(
        training, (5, [0])
    )  # the sixth step, right after the first epoch of 4; each second one is logged
    with pytest.raises(BadNumbers) as found:
        to_step(training, 12)
    line = str(found.value)
    assert line.startswith(
        "loss_g is nan at step 6 (epoch 2); 1 of 1 saved values are affected, first generator/total"
    )
    assert (
        f"the checkpoint of step 4 in {training.recorder.run.path} is sound" in line
        and "--on-nan rollback" in line
    )
    assert "\n" not in line
    assert saved(training.recorder.run.training)["step"] == 4
    again = begin(training.recorder.run)
    again.resume()
    assert again.step == 4 and np.isfinite(total(again))
    assert [step for step, _ in logged(again)] == [1, 2, 4]


def test_bad_weights_are_never_saved(begin):
    training = begin(log=100)
    training.start()
    spoil(training, (5, [0]))
    with pytest.raises(
        BadNumbers, match=r"^generator/total isn't finite at step 8 \(epoch 2\); 1 of 1"
    ):
        to_step(training, 12)
    for name in ("training", "generator"):
        values, meta = checkpoint.load(training.recorder.run.path / f"{name}.ckpt", name)
        assert meta["step"] == 4 and all(np.isfinite(value).all() for value in values.values())
    assert training.shown == [0, 4]  # nor are they shown
    assert [path.name for path in training.recorder.run.checkpoints()] == [
        "training.ckpt",
        "training-000000000.ckpt",
    ]


def test_a_training_that_may_goes_back_and_on_with_other_noise(begin, caplog):
    plain, training = begin(), begin()
    for each in (plain, training):
        each.start()
    spoil(training, (5, [0]))
    to_step(plain, 12)
    assert to_step(training, 12, "rollback") is None
    [line] = caplog.messages
    assert line.startswith("loss_g is nan at step 6 (epoch 2)")
    assert line.endswith(f"back to step 4, on with other noise (1 of {ROLLBACKS} times)")
    assert training.step == saved(training.recorder.run.training)["step"] == 12
    assert np.isfinite(total(training))
    assert [step for step, _ in logged(training)] == [1, 2, 4, 6, 8, 10, 12]
    assert logged(training)[:3] == logged(plain)[:3]
    assert np.isfinite([loss for _, loss in logged(training)]).all()
    assert logged(training)[3] != logged(plain)[3]  # the noise is another


def test_the_noise_is_another_each_time(begin):
    training = begin()
    training.start()
    spoil(training, (6, [0, 1, 2]))
    drawn, noise = [], training.objective.noise

    def noted(rng, count):
        arrays = noise(rng, count)
        if training.step == 4:
            drawn.append(arrays[0].tolist())
        return arrays

    training.objective.noise = noted
    to_step(training, 8, "rollback")
    assert training.rollbacks == 3
    assert len(drawn) == 4 and len(set(map(str, drawn))) == 4


def test_it_gives_up_at_last(begin, caplog):
    training = begin()
    training.start()
    spoil(training, (5, range(100)))
    with pytest.raises(
        BadNumbers, match=f"step 4 .* is sound, but going back {ROLLBACKS} times didn't help"
    ):
        to_step(training, 12, "rollback")
    assert caplog.text.count("back to step 4") == ROLLBACKS
    assert saved(training.recorder.run.training)["step"] == 4


@pytest.mark.parametrize("stop", [7, 8, 11])
def test_a_run_that_has_gone_back_resumes_like_one_that_never_stopped(begin, stop):
    times = (5, [0]), (9, [0])
    whole, first = begin(), begin()
    for training in (whole, first):
        training.start()
        spoil(training, *times)
    to_step(whole, 14, "rollback")
    to_step(first, stop, "rollback")
    second = begin(first.recorder.run)
    second.resume()
    spoil(second, *(((9, [0]),) if stop < 9 else ()))
    to_step(second, 14, "rollback")
    assert whole.rollbacks == second.rollbacks == 2
    assert saved(second.recorder.run.training) == saved(whole.recorder.run.training)
    assert logged(second) == logged(whole)


def test_a_signal_while_going_back_is_not_forgotten(begin, monkeypatch):
    training = begin()
    training.start()
    spoil(training, (5, [0]))
    mend = RollBack.mend

    def interrupted(callback, training, trouble):
        signal.raise_signal(signal.SIGINT)
        return mend(callback, training, trouble)

    monkeypatch.setattr(RollBack, "mend", interrupted)
    assert to_step(training, 12, "rollback") == signal.SIGINT
    assert saved(training.recorder.run.training)["step"] == training.step == 5
    assert saved(training.recorder.run.training)["rollbacks"] == 1


def test_samples_that_stay_the_same_are_warned_of(begin, monkeypatch, caplog):
    training = begin(sample=1)
    monkeypatch.setattr(training.shown, "sample", lambda step: FLAT / 2)
    to_step(training, SAME + 3)
    assert caplog.text.count(f"at step {SAME} all generated images") == 1


# --- damaged checkpoints ---


@pytest.fixture
def several(begin):
    """A training of 12 steps with checkpoints of the steps 12, 8 and 4."""
    training = begin()
    training.start()
    to_step(training, 12)
    return training


def damage(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_the_newest_whole_checkpoints_are_kept_and_named_by_their_steps(several):
    paths = several.recorder.run.checkpoints()
    assert [path.name for path in paths] == [
        "training.ckpt",
        "training-000000008.ckpt",
        "training-000000004.ckpt",
    ]
    assert [saved(path)["step"] for path in paths] == [12, 8, 4]
    assert {path.name for path in several.recorder.run.path.glob("*.ckpt")} == {
        *(path.name for path in paths),
        "generator.ckpt",
    }


@pytest.mark.parametrize("keep, steps", [(1, [12]), (2, [12, 8]), (9, [12, 8, 4, 0])])
def test_as_many_are_kept_as_asked_for(begin, keep, steps):
    training = begin(keep=keep)
    training.start()
    to_step(training, 12)
    assert [saved(path)["step"] for path in training.recorder.run.checkpoints()] == steps


@pytest.mark.parametrize("damaged, step", [(1, 8), (2, 4)])
def test_a_damaged_checkpoint_is_told_and_the_next_whole_one_taken(
    begin, several, caplog, damaged, step
):
    paths = several.recorder.run.checkpoints()
    for path in paths[:damaged]:
        damage(path)
    caplog.clear()
    again = begin(several.recorder.run)
    again.resume()
    warnings = caplog.messages
    assert [line.split(": ")[0] for line in warnings] == [str(path) for path in paths[:damaged]]
    assert all(line.endswith(f"going back to training-{step:09d}.ckpt") for line in warnings)
    assert again.step == step and again.recorder.run.read_log()[-1]["step"] == step
    assert [saved(path)["step"] for path in again.recorder.run.checkpoints()] == [8, 4][
        damaged - 1 :
    ]
    to_step(again, 12)
    assert total(again) == total(several)
    assert logged(again) == logged(several)
    assert [saved(path)["step"] for path in again.recorder.run.checkpoints()] == [12, 8, 4]


def test_going_back_removes_later_checkpoints(begin, several):
    values, meta = checkpoint.load(several.recorder.run.checkpoints()[2], "training")
    path = several.recorder.run.training
    checkpoint.save(
        path, {key: ms.Parameter(ms.Tensor(value)) for key, value in values.items()}, meta
    )
    again = begin(several.recorder.run)
    again.resume()
    assert again.step == 4
    assert [path.name for path in again.recorder.run.checkpoints()] == [
        "training.ckpt",
        "training-000000004.ckpt",
    ]


def test_where_all_are_damaged_one_line_says_so_and_nothing_is_lost(begin, several):
    for path in several.recorder.run.checkpoints():
        damage(path)
    before = {
        path: path.read_bytes() for path in several.recorder.run.path.rglob("*") if path.is_file()
    }
    with pytest.raises(GanError, match="training.ckpt: ") as refusal:
        begin(several.recorder.run).resume()
    assert "\n" not in str(refusal.value)
    assert {
        path: path.read_bytes() for path in several.recorder.run.path.rglob("*") if path.is_file()
    } == before
