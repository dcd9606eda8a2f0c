"""The training loop: batches and noise in, compiled steps, and at the right moments log lines, samples, checkpoints."""

import contextlib
import itertools
import time

import mindspore as ms
import numpy as np

from ms_gan.parameters import assign, snapshot
from ms_gan.training import checkpoint
from ms_gan.training.pace import Pace
from ms_gan.training.progress import Progress
from ms_gan.training.samples import plot_losses
from ms_gan.training.stop import StopSignal


class Training:
    """A run in progress: what it is made of, and what it carries from step to step.

    objective: networks and `train_step` (see `ms_gan.objectives`); batches: `from_step`, `batch_size` and
    `steps_per_epoch` (see `ms_gan.data.batches`); samples: its `write(step)`; run: the `RunFolder`; about: what every
    checkpoint says of the run; sample_every: steps between samples, 0 for after every epoch.
    """

    def __init__(self, objective, batches, samples, run, about, seed, log_every, sample_every, checkpoint_minutes):
        self.objective = objective
        self.batches = batches
        self.samples = samples
        self.run = run
        self.about = about
        self.log_every = log_every
        self.sample_every = sample_every or batches.steps_per_epoch
        self.checkpoint_seconds = 60 * checkpoint_minutes
        self.rng = np.random.default_rng(seed)
        self.pace = Pace()
        self.step = 0
        self.seconds = 0.0  # spent on training steps, over all resumptions

    def start(self):
        """Sample the untrained generator and write the first checkpoint, so that a run can be resumed from step 0."""
        self.samples.write(0)
        self.save()

    def resume(self):
        """Go back to the run folder's checkpoint. Raises GanError where it doesn't fit."""
        values, meta = checkpoint.load(self.run.training, "training")
        checkpoint.restore(self.objective.parameters(), values, self.run.training)
        self.step, self.seconds = meta["step"], meta["seconds"]
        self.rng.bit_generator.state = meta["noise"]
        self.run.forget_after(self.step)

    def rehearse(self):
        """Compile the step and time it, then put everything back: (seconds to compile, seconds a step)."""
        before = snapshot(self.objective.parameters())
        at = [time.perf_counter()]
        for batch in itertools.islice(self.batches.from_step(0), 3):
            self._update(batch, np.random.default_rng(0))
            at.append(time.perf_counter())
        assign(self.objective.parameters(), before)
        step = (at[3] - at[1]) / 2
        return max(at[1] - at[0] - step, 0.0), step

    def to_step(self, total):
        """Train until `total` steps have been made in all; return the signal that stopped it earlier, or None."""
        progress = Progress(self.objective, self.run, self.batches, self.log_every, self.step, total, self.seconds)
        with StopSignal() as stop, contextlib.closing(progress):
            saved = time.perf_counter()
            for batch in stop.over(progress.timed(self.batches.from_step(self.step))):
                outputs = self._update(batch, self.rng)
                self.step += 1
                progress.count(self.step, outputs)
                self.seconds = progress.seconds
                ended = self.step >= total
                if ended or self.step % self.sample_every == 0:
                    with progress.paused(outputs):
                        self.samples.write(self.step)
                if (ended or stop.received or self.step % self.batches.steps_per_epoch == 0
                        or time.perf_counter() - saved >= self.checkpoint_seconds):
                    with progress.paused(outputs):
                        self.save()
                    saved = time.perf_counter()
                if ended or stop.received:
                    return None if ended else stop.received
            self.save()
            return stop.received

    def save(self):
        """Write the checkpoints, first the one that a resumed run needs, and the loss plot."""
        checkpoint.save(self.run.training, self.objective.parameters(), {
            "kind": "training", "step": self.step, "seconds": self.seconds,
            "noise": self.rng.bit_generator.state, **self.about})
        for name, network in self.objective.networks.items():
            checkpoint.save(self.run.network(name), dict(network.parameters_and_names()),
                            {"kind": name, "step": self.step, **self.about})
        plot_losses(self.run.read_log(), self.run.losses)

    def _update(self, batch, rng):
        noise = self.objective.noise(rng, self.batches.batch_size)
        outputs = self.objective.train_step(*batch, *(ms.Tensor(array) for array in noise))
        self.pace.wait(outputs)
        return outputs
