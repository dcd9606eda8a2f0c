"""Scores during training: every few epochs, with the best generator kept."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ms_gan.errors import GanError
from ms_gan.parameters import assign, snapshot
from ms_gan.scores.base import Report, Scorer
from ms_gan.training.callbacks import Callback
from ms_gan.training.finite import check_finite

if TYPE_CHECKING:
    from mindspore import Tensor, nn

    from ms_gan.samplers.base import Generator
    from ms_gan.training.training import Training

log = logging.getLogger(__name__)


class Scoring(Callback):
    """Scores the generator, logs it, and keeps the best one as `best-generator.ckpt`.

    The best has the lowest main score, see `Report`. A resumed run goes on from the best that it
    has, which tells its own score.

    Args:
        scorer: the recipe's.
        network: an untrained generator like the one in training, which is given its values: what is
          compiled for generating doesn't meet what is compiled for training.
        generator: makes images with this network.
        steps: between scores.
    """

    def __init__(self, scorer: Scorer, network: nn.Cell, generator: Generator, steps: int) -> None:
        self._scorer: Scorer | None = scorer
        self._network = network
        self._generator = generator
        self._steps = steps

    def after_step(self, training: Training, outputs: tuple[Tensor, ...]) -> None:
        if self._scorer is None or training.step % self._steps:
            return
        with training.pause():
            check_finite(training.objective.parameters(), training.step, training.epoch)
            begun = time.perf_counter()
            training.objective.settle()
            trained = training.objective.results()["generator"]
            values = snapshot(dict(trained.parameters_and_names()))
            assign(dict(self._network.parameters_and_names()), values)
            try:
                report = self._scorer.score(self._generator)
            except GanError as error:
                log.warning("no more scores: %s", error)
                self._scorer = None
                return
            self._record(training, report, time.perf_counter() - begun)

    def _record(self, training: Training, report: Report, seconds: float) -> None:
        training.recorder.log(
            {
                "step": training.step,
                "epoch": training.epoch,
                "main_score": report.main,
                "scores": report.values(),
                "score_seconds": round(seconds, 3),
                "seconds": round(training.clock.seconds, 3),
            }
        )
        value, best = report.values()[report.main], training.recorder.best()
        better = best is None or best["name"] != report.main or value < best["value"]
        if better:
            training.recorder.save_best(training.step, {"name": report.main, "value": value})
        mark = ", the best so far" if better else ""
        log.info("epoch %d: %s %s%s", training.epoch, report.main, report.scores[report.main], mark)


def summary(lines: Sequence[dict[str, Any]]) -> str | None:
    """What a run's log tells of its scores, in one line; None without any."""
    scored = [line for line in lines if "scores" in line]
    if not scored:
        return None
    name, last = scored[-1]["main_score"], scored[-1]
    comparable = [line for line in scored if line["main_score"] == name]
    best = min(comparable, key=lambda line: line["scores"][name])
    seconds = sum(line["score_seconds"] for line in scored)
    share = seconds / (seconds + lines[-1]["seconds"])
    return (
        f"{name}: {last['scores'][name]:.4g} at step {last['step']}, the best "
        f"{best['scores'][name]:.4g} at step {best['step']} (best-generator.ckpt); scoring took "
        f"{share:.0%} of the time"
    )
