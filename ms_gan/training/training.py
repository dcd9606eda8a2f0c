"""A run in progress: what it is made of, and what it carries from step to step."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ms_gan.distribution import ALONE, World
from ms_gan.objectives import loss_scale
from ms_gan.objectives.average import fitted
from ms_gan.streams import stream
from ms_gan.training import checkpoint
from ms_gan.training.clock import Clock
from ms_gan.training.finite import check_finite
from ms_gan.training.recorder import Recorder

if TYPE_CHECKING:
    from mindspore import Tensor

    from ms_gan.data.base import Batches
    from ms_gan.objectives.base import Objective


@dataclass(frozen=True)
class Settings:
    """The run's seed, and how many steps lie between what the loop does."""

    seed: int
    log: int
    sample: int
    plot: int  # 0: only with every checkpoint
    minutes: float  # between checkpoints within an epoch


class Training:
    """A run in progress.

    Args:
        objective: its networks and their compiled step.
        batches: its data.
        recorder: writes what the run leaves behind; of several ranks, only that of the first one.
        settings: numbers that the loop needs.
        world: the ranks that train together.

    Attributes:
        step: the number of steps made.
        clock: counts the seconds spent on them.
        rollbacks: how often the run has gone back to a checkpoint.
        outputs: of the step that was made last.
        stopped: the signal that ends it, if one has come.
    """

    def __init__(
        self,
        objective: Objective,
        batches: Batches,
        recorder: Recorder,
        settings: Settings,
        world: World = ALONE,
    ) -> None:
        self.objective = objective
        self.batches = batches
        self.recorder = recorder
        self.settings = settings
        self.world = world
        self.step = self.rollbacks = 0
        self.clock = Clock()
        self.outputs: tuple[Tensor, ...] = ()
        self.stopped: int | None = None
        self._saved_at = time.perf_counter()

    @property
    def epoch(self) -> int:
        """The epoch of the step that was made last, from 1 on."""
        return max(self.step - 1, 0) // self.batches.steps_per_epoch + 1

    @property
    def batch_size(self) -> int:
        """The number of examples in a step of all ranks."""
        return self.batches.batch_size * self.world.size

    def save_is_due(self) -> bool:
        """Whether an epoch has ended, or the last checkpoint is old enough."""
        since = time.perf_counter() - self._saved_at
        return self.step % self.batches.steps_per_epoch == 0 or since >= 60 * self.settings.minutes

    def stream(self) -> np.random.Generator:
        """The random stream of the next step, on this rank."""
        return stream(self.settings.seed, "noise", self.rollbacks, self.step, self.world.rank)

    def start(self) -> None:
        """Picture real data and the untrained generator's, and save, so that it can be resumed."""
        self.recorder.real(next(self.batches.from_step(0)))
        self.recorder.sample(0)
        self.save()

    def resume(self) -> None:
        """Go back to the newest whole checkpoint.

        Raises:
            GanError: there is none that fits.
        """
        values, meta, path = self.recorder.newest()
        parameters = self.objective.parameters()
        values = loss_scale.fitted(fitted(values, parameters), parameters)
        checkpoint.restore(parameters, values, path)
        self.step, self.rollbacks = meta["step"], meta["rollbacks"]
        self.clock = Clock(self.step, meta["seconds"])
        self._saved_at = time.perf_counter()
        self.world.barrier()  # all ranks have read it
        self.recorder.go_back(path, self.step)

    def log(self) -> dict[str, Any]:
        """Log the last step's numbers, their means over all ranks; return the line."""
        numbers = self.world.mean(self.objective.report(self.outputs))
        steps, waiting = self.clock.speed(self.step)
        line = {
            "step": self.step,
            "epoch": self.epoch,
            **numbers,
            "batch_size": self.batch_size,
            "images_per_second": round(steps * self.batch_size, 2),
            "data_wait": round(waiting, 4),
            "seconds": round(self.clock.seconds, 3),
        }
        self.recorder.log(line)
        self.clock.lap(self.step)
        return line

    def sample(self) -> float | None:
        """Make a sample; return its `Sampler.std`. Raises BadNumbers instead of showing any."""
        with self.pause():
            check_finite(self.objective.parameters(), self.step, self.epoch)
            return self.recorder.sample(self.step)

    def plot(self) -> None:
        """Plot the losses so far."""
        with self.pause():
            self.recorder.plot()

    def save(self) -> None:
        """Write the checkpoints and the loss plot. Raises BadNumbers instead of saving any."""
        with self.pause():
            check_finite(self.objective.parameters(), self.step, self.epoch)
            self.recorder.save(self.step, self.clock.seconds, self.rollbacks)
        self._saved_at = time.perf_counter()

    @contextlib.contextmanager
    def pause(self) -> Iterator[None]:
        """Stop the clock for what isn't training, once the device has made the last step."""
        if self.outputs:
            self.objective.losses(self.outputs)
        with self.clock.paused():
            yield
