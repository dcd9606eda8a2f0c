"""The training loop: batches and noise in, compiled steps, and at the right moments log lines,
samples, checkpoints.
"""

import contextlib
import itertools
import sys
import time

import mindspore as ms
import numpy as np

from ms_gan.distribution import ALONE
from ms_gan.errors import GanError
from ms_gan.pace import Pace
from ms_gan.parameters import assign, snapshot
from ms_gan.streams import stream
from ms_gan.training import checkpoint
from ms_gan.training.health import BadNumbers, Health
from ms_gan.training.progress import Progress
from ms_gan.training.stop import StopSignal

ROLLBACKS = 10  # in all; a run that needs more is beyond help


class Training:
    """A run in progress: what it is made of, and what it carries from step to step.

    objective: networks and `train_step` (see `ms_gan.objectives`); batches: `from_step`,
    `batch_size` and `steps_per_epoch` (see `ms_gan.data.batches`); samples: its `write(step)`;
    plot: its `write(lines, path)`; run: the `RunFolder`; about: what every checkpoint says of the
    run; recipe: its `sample_every` and `plot_every`; options: the run's, of which it takes seed,
    log_every, checkpoint_minutes, keep and on_nan; workers: see `ms_gan.distribution`. Of several
    workers only the first one writes anything.
    """

    def __init__(
        self, objective, batches, samples, plot, run, about, recipe, options, workers=ALONE
    ):
        self.objective = objective
        self.batches = batches
        self.samples = samples
        self.plot = plot
        self.run = run
        self.about = about
        self.sample_every = recipe.sample_every or batches.steps_per_epoch
        self.plot_every = recipe.plot_every
        self.options = options
        self.workers = workers
        self.leads = workers.rank == 0
        self.rng = np.random.default_rng(options.seed)
        self.pace = Pace()
        self.health = Health(objective.parameters())
        self.step = 0
        self.saved = None  # the step that training.ckpt is of
        self.seconds = 0.0  # spent on training steps, over all resumptions
        self.rollbacks = 0

    def start(self):
        """Sample the untrained generator and write the first checkpoint, so that a run can be
        resumed from step 0.
        """
        if self.leads:
            self.samples.write(0)
        self.save()

    def resume(self):
        """Go back to the run folder's newest whole checkpoint.

        Raises GanError where there is none that fits.
        """
        values, meta, path = self._newest()
        # Checkpoints used to hold the optimizers' rates, which are options and may have been
        # changed by --allow-change.
        values = {key: value for key, value in values.items() if not key.endswith(".learning_rate")}
        checkpoint.restore(self.objective.parameters(), values, path)
        self.step, self.seconds, self.rollbacks = (
            meta["step"],
            meta["seconds"],
            meta.get("rollbacks", 0),
        )
        self.rng.bit_generator.state = meta["noise"]
        self.saved = self.step
        self.workers.barrier()  # all have read it
        if self.leads:
            if path != self.run.training:
                path.replace(self.run.training)
            self.run.forget_after(self.step)
            self._save_networks(only_others=True)

    def rehearse(self):
        """Compile the step and time it, then put everything back: (seconds to compile, seconds a
        step).
        """
        before = snapshot(self.objective.parameters())
        at = [time.perf_counter()]
        for batch in itertools.islice(self.batches.from_step(0), 3):
            self._update(batch, np.random.default_rng(0))
            at.append(time.perf_counter())
        assign(self.objective.parameters(), before)
        step = (at[3] - at[1]) / 2
        return max(at[1] - at[0] - step, 0.0), step

    def to_step(self, total):
        """Train until `total` steps have been made in all; return the signal that stopped it
        earlier, or None.

        Raises BadNumbers where a loss or weight isn't finite any more and that isn't to be rolled
        back.
        """
        with StopSignal() as stop:  # once for all, so that a signal isn't forgotten by going back
            while True:
                try:
                    return self._train(total, stop)
                except BadNumbers as trouble:
                    sound = f"the checkpoint of step {self.saved} in {self.run.path} is sound"
                    if self.options.on_nan != "rollback":
                        raise BadNumbers(
                            f"{trouble}; {sound}: try a lower learning rate in a new run, or resume this "
                            "one with --on-nan rollback"
                        ) from None
                    if self.rollbacks >= ROLLBACKS:
                        raise BadNumbers(
                            f"{trouble}; {sound}, but going back {ROLLBACKS} times didn't help: try a "
                            "lower learning rate in a new run"
                        ) from None
                    self._roll_back(trouble)

    def save(self):
        """Write the checkpoints, first the one that a resumed run needs, and the loss plot once
        there is a log.
        """
        self.health.check_values(self.step, self._epoch)
        if not self.leads:
            self.saved = self.step
            return
        if self.saved is not None and self.saved != self.step:
            self.run.set_aside(self.saved, self.options.keep - 1)
        checkpoint.save(
            self.run.training,
            self.objective.parameters(),
            {
                "kind": "training",
                "step": self.step,
                "seconds": self.seconds,
                "rollbacks": self.rollbacks,
                "noise": self.rng.bit_generator.state,
                **self.about,
            },
        )
        self.saved = self.step
        self._save_networks()
        self._plot()

    @property
    def _epoch(self):
        return max(self.step - 1, 0) // self.batches.steps_per_epoch + 1

    def _train(self, total, stop):
        progress = Progress(
            self.objective,
            self.run,
            self.batches,
            self.options.log_every,
            self.step,
            total,
            self.seconds,
            self.workers,
        )
        with contextlib.closing(progress):
            saved = time.perf_counter()
            for batch in stop.over(progress.timed(self.batches.from_step(self.step))):
                outputs = self._update(batch, self.rng)
                self.step += 1
                numbers = progress.count(self.step, self._epoch, outputs)
                self.seconds = progress.seconds
                if numbers:
                    self.health.check(self.step, self._epoch, numbers)
                received = stop.received
                if (
                    self.workers.size > 1
                ):  # all have to stop after the same step: they agree where they log
                    received = self.workers.agree(received or 0) if numbers else 0
                ended = self.step >= total
                if ended or self.step % self.sample_every == 0:
                    with progress.paused(outputs):
                        self._sample()
                if self.plot_every and self.step % self.plot_every == 0:
                    with progress.paused(outputs):
                        self._plot()
                if (
                    ended
                    or received
                    or self.step % self.batches.steps_per_epoch == 0
                    or time.perf_counter() - saved >= 60 * self.options.checkpoint_minutes
                ):
                    with progress.paused(outputs):
                        self.save()
                    saved = time.perf_counter()
                if ended or received:
                    return None if ended else received
            self.save()
            return stop.received

    def _update(self, batch, rng):
        mine = stream(self.options.seed, "noise", self.rollbacks, self.step, self.workers.rank)
        noise = self.objective.noise(mine, self.batches.batch_size)
        outputs = self.objective.train_step(*batch, *(ms.Tensor(array) for array in noise))
        self.pace.wait(outputs)
        return outputs

    def _save_networks(self, only_others=False):
        """Write each network's own checkpoint; with `only_others` where the present one isn't of
        this step.
        """
        for name, network in self.objective.networks.items():
            path = self.run.network(name)
            if not (only_others and _step_of(path, name) == self.step):
                checkpoint.save(
                    path,
                    dict(network.parameters_and_names()),
                    {"kind": name, "step": self.step, **self.about},
                )

    def _sample(self):
        self.health.check_values(self.step, self._epoch)  # no picture of what isn't a number
        spread = self.samples.write(self.step) if self.leads else None
        if spread is not None:
            self.health.check_variety(self.step, spread)

    def _plot(self):
        lines = self.run.read_log() if self.leads else []
        if lines:
            self.plot.write(lines, self.run.losses)

    def _roll_back(self, trouble):
        """Go back to the last checkpoint, and on from there with other noise."""
        rollbacks = self.rollbacks + 1
        self.resume()
        self.rollbacks = rollbacks
        self.rng = np.random.default_rng([self.options.seed, self.step, rollbacks])
        print(
            f"\nwarning: {trouble}; back to step {self.step}, on with other noise ({rollbacks} of {ROLLBACKS} times)",
            file=sys.stderr,
        )

    def _newest(self):
        """(values, meta, path) of the newest checkpoint that is whole; damaged ones are named on
        stderr.
        """
        troubles = []
        for path in self.run.checkpoints():
            try:
                found = (*checkpoint.load(path, "training"), path)
            except GanError as trouble:
                troubles.append(trouble)
                continue
            for trouble in troubles:
                print(f"warning: {trouble}; going back to {path.name}", file=sys.stderr)
            return found
        raise troubles[0]


def _step_of(path, kind):
    """The step of a checkpoint, or None where there is no whole one of this kind."""
    try:
        return checkpoint.load(path, kind)[1]["step"]
    except GanError:
        return None
