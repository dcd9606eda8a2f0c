"""Scores in training: logged, the best generator kept, and nothing of the training changed."""

import json

import mindspore as ms
import numpy as np
import pytest
import run_files
import stubs
from mindspore import ops
from PIL import Image

import ms_gan
from ms_gan.errors import GanError
from ms_gan.objectives.average import Average
from ms_gan.scores.base import Report, Score
from ms_gan.training import checkpoint
from ms_gan.training.loop import train
from ms_gan.training.run_folder import RunFolder
from ms_gan.training.scoring import Scoring, summary

STEPS = 4  # of an epoch of the stubs


class Told:
    """A stub scorer that gives these values, one after the other; and raises what is an error."""

    def __init__(self, *values):
        self._values = list(values)
        self.seen = []

    def score(self, generator):
        self.seen.append(float(generator.total.asnumpy()))
        value = self._values.pop(0)
        if isinstance(value, Exception):
            raise value
        return Report({"distance": Score(value, 0.5), "other": Score(7)}, "distance", {})


def trained(training, to, *values):
    """Train to a step with a score after every epoch; the scorer."""
    network, scorer = stubs.Sum().networks["generator"], Told(*values)
    train(training, to, [Scoring(scorer, network, network, STEPS)])
    return scorer


def scores(run):
    return [line for line in run_files.log(run.path) if "scores" in line]


def best(run):
    """The step and score of the best generator."""
    arrays, meta = checkpoint.load(run.best, "generator")
    assert arrays["total"].shape == ()
    return meta["step"], meta["best"]


def test_averages_are_scored_and_kept(tmp_path):
    training = stubs.made(tmp_path)
    networks = {"generator": stubs.Sum().networks["generator"]}
    training.objective.average = Average(training.objective.networks, networks, 0.5)
    ops.assign(networks["generator"].total, ms.Tensor(7.0, ms.float32))
    assert trained(training, 4, 3.0).seen == [7.0]
    assert checkpoint.load(training.recorder.run.best, "generator")[0]["total"] == 7.0


def test_every_score_is_logged_and_the_lowest_is_kept(tmp_path, caplog):
    caplog.set_level("INFO")
    training = stubs.made(tmp_path)
    scorer = trained(training, 12, 3.0, 1.0, 2.0)
    run = training.recorder.run
    assert [line["step"] for line in scores(run)] == [4, 8, 12]
    assert scores(run)[1]["scores"] == {"distance": 1.0, "other": 7}
    assert scores(run)[1]["main_score"] == "distance" and scores(run)[1]["epoch"] == 2
    assert best(run) == (8, {"name": "distance", "value": 1.0})
    kept = float(checkpoint.load(run.best, "generator")[0]["total"])
    assert kept == scorer.seen[1] != scorer.seen[2]
    told = [message for message in caplog.messages if message.startswith("epoch")]
    assert told == [
        "epoch 1: distance 3 ± 0.5, the best so far",
        "epoch 2: distance 1 ± 0.5, the best so far",
        "epoch 3: distance 2 ± 0.5",
    ]


def test_the_generator_that_is_scored_has_the_weights_of_the_one_in_training(tmp_path):
    training = stubs.made(tmp_path)
    assert trained(training, 4, 1.0).seen == [stubs.total(training)]


def test_the_training_is_what_it_is_without_scores(tmp_path):
    plain, scored = stubs.made(tmp_path), stubs.made(tmp_path)
    train(plain, 12, [])
    trained(scored, 12, 3.0, 1.0, 2.0)
    assert plain.objective.seen == scored.objective.seen
    assert stubs.total(plain) == stubs.total(scored)
    lines = [line for line in run_files.log(scored.recorder.run.path) if "scores" not in line]
    assert lines == run_files.log(plain.recorder.run.path)


@pytest.mark.parametrize("value, expected", [(2.0, (4, 1.5)), (1.0, (8, 1.0))])
def test_a_resumed_run_goes_on_from_its_best(tmp_path, value, expected):
    first = stubs.made(tmp_path)
    trained(first, 4, 1.5)
    first.save()
    run = RunFolder(first.recorder.run.path)
    second = stubs.made(tmp_path, run)
    second.resume()
    trained(second, 8, value)
    assert (best(run)[0], best(run)[1]["value"]) == expected


def test_another_scores_best_is_not_compared_with(tmp_path):
    training = stubs.made(tmp_path)
    training.recorder.save_best(1, {"name": "other", "value": 0.1})
    trained(training, 4, 5.0)
    assert best(training.recorder.run) == (4, {"name": "distance", "value": 5.0})


def test_a_damaged_best_is_warned_of_and_replaced(tmp_path, caplog):
    training = stubs.made(tmp_path)
    training.recorder.run.best.write_text("text")
    trained(training, 4, 5.0)
    assert "keeping the best from here on" in caplog.text
    assert best(training.recorder.run)[0] == 4


def test_a_score_that_cannot_be_made_ends_the_scores_and_not_the_training(tmp_path, caplog):
    training = stubs.made(tmp_path)
    scorer = trained(training, 12, 1.0, GanError("too few images"), 2.0)
    assert training.step == 12 and len(scorer.seen) == 2
    assert caplog.messages == ["no more scores: too few images"]
    assert len(scores(training.recorder.run)) == 1


def test_weights_that_are_no_numbers_are_not_scored(tmp_path):
    training = stubs.made(tmp_path)
    training.objective.networks["generator"].total.set_data(ms.Tensor(np.nan, ms.float32))
    with pytest.raises(Exception, match="NaN|finite"):
        trained(training, 4, 1.0)
    assert not training.recorder.run.best.exists()


def test_a_summary_tells_last_and_best_and_what_they_cost():
    lines = [
        {"step": 4, "main_score": "KID", "scores": {"KID": 0.2}, "score_seconds": 5, "seconds": 40},
        {"step": 8, "main_score": "KID", "scores": {"KID": 0.3}, "score_seconds": 5, "seconds": 80},
        {"step": 9, "seconds": 90},
    ]
    assert summary(lines) == (
        "KID: 0.3 at step 8, the best 0.2 at step 4 (best-generator.ckpt); scoring took 10% of "
        "the time"
    )
    assert summary(lines[2:]) is None


def test_a_run_with_scores_from_the_first_command_to_the_best_generator(run, tmp_path):
    options = "--score-count", 64, "--log-every", 125
    ended = run("train", "gaussian", "--epochs", 2, "--score-every", 1, *options)
    assert ended.status == 0 and "scoring took" in ended.out
    scored = tmp_path / "runs" / "0000-gaussian"
    lines = [line for line in run_files.log(scored) if "scores" in line]
    assert [line["step"] for line in lines] == [125, 250]
    assert run("train", "gaussian", "--epochs", 2, *options).status == 0
    plain = tmp_path / "runs" / "0001-gaussian"
    run_files.assert_same_arrays(run_files.arrays(scored), run_files.arrays(plain))
    with Image.open(scored / "losses.png") as more, Image.open(plain / "losses.png") as less:
        assert more.height == less.height + 300  # a panel of 3 inches
    points = ms_gan.load(scored / "best-generator.ckpt").generate(range(3))
    assert np.isfinite(points).all()
    ended = run(
        *("evaluate", "--ckpt", scored / "best-generator.ckpt", "--count", 64, "--json", "s.json")
    )
    best_line = min(lines, key=lambda line: line["scores"]["Fréchet distance"])
    value = json.loads((tmp_path / "s.json").read_text())["scores"]["Fréchet distance"]["value"]
    assert value == pytest.approx(best_line["scores"]["Fréchet distance"], rel=1e-5)
