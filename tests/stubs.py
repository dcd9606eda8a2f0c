"""Stubs for what a training is made of, whose outcome can be worked out by hand."""

import mindspore as ms
import numpy as np
from mindspore import nn, ops

from ms_gan.distribution import ALONE
from ms_gan.objectives.base import Objective
from ms_gan.recipes import RECIPES
from ms_gan.run_options import Plan, RunOptions
from ms_gan.training import assemble
from ms_gan.training.loop import train
from ms_gan.training.recorder import Recorder
from ms_gan.training.run_folder import RunFolder
from ms_gan.training.training import Settings, Training


class Sum(Objective):
    """A stub objective without optimizers: its only weight grows by each batch's number and by
    the noise.
    """

    def __init__(self):
        network = nn.Cell()
        network.total = ms.Parameter(ms.Tensor(0.0, ms.float32), name="total")
        super().__init__({"generator": network}, {})
        self.seen = []

    def noise(self, rng, count):
        return (rng.standard_normal(count).astype(np.float32),)

    def train_step(self, batch, noise):
        self.seen.append(float(batch))
        weight = self.networks["generator"].total
        ops.assign(weight, weight + batch + noise.mean())
        return (weight,)

    def compile(self):
        return self.train_step

    def losses(self, outputs):
        return {"loss_g": float(outputs[0]), "loss_d": 0.0}

    report = losses


class Numbers:
    """Stub batches: the step's own number, 4 steps to an epoch."""

    batch_size = 2
    steps_per_epoch = 4

    def from_step(self, step):
        while True:
            yield (ms.Tensor(float(step), ms.float32),)
            step += 1


class Shown(list):
    """A stub visualiser: the steps of its samples. It plots the number of lines."""

    def __init__(self, run):
        self._run = run

    def real(self, batch):
        pass

    def sample(self, step):
        self.append(step)

    def plot(self, lines):
        self._run.losses.write_text(str(len(lines)))


def made(parent, run=None, keep=3, world=ALONE, **settings):
    """A Training in a new run folder in `parent`, or in a given one.

    Nobody holds the folder: it can be opened again. `training.shown` are its samples' steps.
    """
    given = {"seed": 5, "log": 2, "sample": Numbers.steps_per_epoch, "plot": 0, "minutes": 1e6}
    if run is None:
        run = RunFolder.create(parent, "faces")
        run.release()
    objective, shown = Sum(), Shown(run)
    recorder = Recorder(run, objective, shown, {"recipe": "sum"}, keep)
    training = Training(objective, Numbers(), recorder, Settings(**{**given, **settings}), world)
    training.shown = shown
    return training


def to_step(training, number, on_nan="stop"):
    """Train to a step as a run does; the signal that ended it earlier, or None."""
    plan = Plan(RECIPES["faces"], RunOptions(on_nan=on_nan))
    with assemble.callbacks(plan, number) as callbacks:
        train(training, number, callbacks)
    return training.stopped if training.step < number else None


def total(training):
    return float(training.objective.networks["generator"].total.asnumpy())
