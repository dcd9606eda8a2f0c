"""What a training does when its numbers aren't finite any more, and when its checkpoints are
damaged.
"""

import functools
import json
import signal

import mindspore as ms
import numpy as np
import pytest
from stand_ins import made, total

from ms_gan.errors import GanError
from ms_gan.training import checkpoint
from ms_gan.training.health import FLAT, SAME, BadNumbers
from ms_gan.training.loop import ROLLBACKS


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
    return [(line["step"], line["loss_g"]) for line in training.run.read_log()]


def test_bad_losses_are_caught_at_the_next_line_and_the_last_checkpoint_stays(begin):
    training = begin()
    training.start()
    spoil(
        training, (5, [0])
    )  # the sixth step, right after the first epoch of 4; each second one is logged
    with pytest.raises(BadNumbers) as found:
        training.to_step(12)
    line = str(found.value)
    assert line.startswith(
        "loss_g is nan at step 6 (epoch 2); 1 of 1 saved values are affected, first generator/total"
    )
    assert (
        f"the checkpoint of step 4 in {training.run.path} is sound" in line
        and "--on-nan rollback" in line
    )
    assert "\n" not in line
    assert saved(training.run.training)["step"] == 4
    again = begin(training.run)
    again.resume()
    assert again.step == 4 and np.isfinite(total(again))
    assert [step for step, _ in logged(again)] == [1, 2, 4]


def test_bad_weights_are_never_saved(begin):
    training = begin(log_every=100)
    training.start()
    spoil(training, (5, [0]))
    with pytest.raises(
        BadNumbers, match=r"^generator/total isn't finite at step 8 \(epoch 2\); 1 of 1"
    ):
        training.to_step(12)
    for name in ("training", "generator"):
        values, meta = checkpoint.load(training.run.path / f"{name}.ckpt", name)
        assert meta["step"] == 4 and all(np.isfinite(value).all() for value in values.values())
    assert training.samples == [0, 4]  # nor are they shown
    assert [path.name for path in training.run.checkpoints()] == [
        "training.ckpt",
        "training-000000000.ckpt",
    ]


def test_a_training_that_may_goes_back_and_on_with_other_noise(begin, capsys):
    plain, training = begin(), begin(on_nan="rollback")
    for each in (plain, training):
        each.start()
    spoil(training, (5, [0]))
    plain.to_step(12)
    assert training.to_step(12) is None
    [line] = [line for line in capsys.readouterr().err.splitlines() if line.startswith("warning")]
    assert line.startswith("warning: loss_g is nan at step 6 (epoch 2)")
    assert line.endswith(f"back to step 4, on with other noise (1 of {ROLLBACKS} times)")
    assert training.step == saved(training.run.training)["step"] == 12
    assert np.isfinite(total(training))
    assert [step for step, _ in logged(training)] == [1, 2, 4, 6, 8, 10, 12]
    assert logged(training)[:3] == logged(plain)[:3]
    assert np.isfinite([loss for _, loss in logged(training)]).all()
    assert logged(training)[3] != logged(plain)[3]  # the noise is another


def test_the_noise_is_another_each_time(begin):
    training = begin(on_nan="rollback")
    training.start()
    spoil(training, (6, [0, 1, 2]))
    drawn, noise = [], training.objective.noise

    def noted(rng, count):
        arrays = noise(rng, count)
        if training.step == 4:
            drawn.append(arrays[0].tolist())
        return arrays

    training.objective.noise = noted
    training.to_step(8)
    assert training.rollbacks == 3
    assert len(drawn) == 4 and len(set(map(str, drawn))) == 4


def test_it_gives_up_at_last(begin, capsys):
    training = begin(on_nan="rollback")
    training.start()
    spoil(training, (5, range(100)))
    with pytest.raises(
        BadNumbers, match=f"step 4 .* is sound, but going back {ROLLBACKS} times didn't help"
    ):
        training.to_step(12)
    assert capsys.readouterr().err.count("back to step 4") == ROLLBACKS
    assert saved(training.run.training)["step"] == 4


@pytest.mark.parametrize("stop", [7, 8, 11])
def test_a_run_that_has_gone_back_resumes_like_one_that_never_stopped(begin, stop):
    times = (5, [0]), (9, [0])
    whole, first = begin(on_nan="rollback"), begin(on_nan="rollback")
    for training in (whole, first):
        training.start()
        spoil(training, *times)
    whole.to_step(14)
    first.to_step(stop)
    second = begin(first.run, on_nan="rollback")
    second.resume()
    spoil(second, *(((9, [0]),) if stop < 9 else ()))
    second.to_step(14)
    assert whole.rollbacks == second.rollbacks == 2
    assert saved(second.run.training) == saved(whole.run.training)
    assert logged(second) == logged(whole)


def test_a_signal_while_going_back_is_not_forgotten(begin, monkeypatch):
    training = begin(on_nan="rollback")
    training.start()
    spoil(training, (5, [0]))
    back = training._roll_back

    def interrupted(trouble):
        signal.raise_signal(signal.SIGINT)
        back(trouble)

    monkeypatch.setattr(training, "_roll_back", interrupted)
    assert training.to_step(12) == signal.SIGINT
    assert saved(training.run.training)["step"] == training.step == 5
    assert saved(training.run.training)["rollbacks"] == 1


def test_samples_that_stay_the_same_are_warned_of(begin, monkeypatch, capsys):
    training = begin(sample_every=1)
    monkeypatch.setattr(training.samples, "write", lambda step: FLAT / 2, raising=False)
    training.to_step(SAME + 3)
    assert capsys.readouterr().err.count(f"warning: at step {SAME} all generated images") == 1


# --- damaged checkpoints ---


@pytest.fixture
def several(begin):
    """A training of 12 steps with checkpoints of the steps 12, 8 and 4."""
    training = begin()
    training.start()
    training.to_step(12)
    return training


def damage(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_the_newest_whole_checkpoints_are_kept_and_named_by_their_steps(several):
    paths = several.run.checkpoints()
    assert [path.name for path in paths] == [
        "training.ckpt",
        "training-000000008.ckpt",
        "training-000000004.ckpt",
    ]
    assert [saved(path)["step"] for path in paths] == [12, 8, 4]
    assert {path.name for path in several.run.path.glob("*.ckpt")} == {
        *(path.name for path in paths),
        "generator.ckpt",
    }


@pytest.mark.parametrize("keep, steps", [(1, [12]), (2, [12, 8]), (9, [12, 8, 4, 0])])
def test_as_many_are_kept_as_asked_for(begin, keep, steps):
    training = begin(keep=keep)
    training.start()
    training.to_step(12)
    assert [saved(path)["step"] for path in training.run.checkpoints()] == steps


@pytest.mark.parametrize("damaged, step", [(1, 8), (2, 4)])
def test_a_damaged_checkpoint_is_told_and_the_next_whole_one_taken(
    begin, several, capsys, damaged, step
):
    paths = several.run.checkpoints()
    for path in paths[:damaged]:
        damage(path)
    capsys.readouterr()
    again = begin(several.run)
    again.resume()
    warnings = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[:2] for line in warnings] == [
        ["warning", str(path)] for path in paths[:damaged]
    ]
    assert all(line.endswith(f"going back to training-{step:09d}.ckpt") for line in warnings)
    assert again.step == step and again.run.read_log()[-1]["step"] == step
    assert [saved(path)["step"] for path in again.run.checkpoints()] == [8, 4][damaged - 1 :]
    again.to_step(12)
    assert total(again) == total(several)
    assert logged(again) == logged(several)
    assert [saved(path)["step"] for path in again.run.checkpoints()] == [12, 8, 4]


def test_going_back_removes_later_checkpoints(begin, several):
    values, meta = checkpoint.load(several.run.checkpoints()[2], "training")
    path = several.run.training
    checkpoint.save(
        path, {key: ms.Parameter(ms.Tensor(value)) for key, value in values.items()}, meta
    )
    again = begin(several.run)
    again.resume()
    assert again.step == 4
    assert [path.name for path in again.run.checkpoints()] == [
        "training.ckpt",
        "training-000000004.ckpt",
    ]


def test_where_all_are_damaged_one_line_says_so_and_nothing_is_lost(begin, several):
    for path in several.run.checkpoints():
        damage(path)
    before = {path: path.read_bytes() for path in several.run.path.rglob("*") if path.is_file()}
    with pytest.raises(GanError, match="training.ckpt: ") as refusal:
        begin(several.run).resume()
    assert "\n" not in str(refusal.value)
    assert {
        path: path.read_bytes() for path in several.run.path.rglob("*") if path.is_file()
    } == before


def test_a_checkpoint_of_the_first_format_is_resumed(begin, several):
    values, meta = checkpoint.load(several.run.training, "training")
    values["generator.optimizer/generator.learning_rate"] = np.array(0.5, np.float32)
    meta = {key: value for key, value in meta.items() if key != "rollbacks"}
    content = [{"name": key, "data": ms.Tensor(value)} for key, value in values.items()]
    several.run.training.unlink()
    ms.save_checkpoint(
        content, str(several.run.training), append_dict={"meta": json.dumps({**meta, "ms_gan": 1})}
    )
    again = begin(several.run)
    again.resume()
    assert (again.step, again.rollbacks, total(again)) == (12, 0, total(several))
