"""Stand-ins for what a training is made of, whose outcome can be worked out by hand."""

from types import SimpleNamespace

import mindspore as ms
import numpy as np
from mindspore import nn, ops

from ms_gan.objectives.base import Objective
from ms_gan.training.loop import Training
from ms_gan.training.run_folder import RunFolder


class Sum(Objective):
    """A stand-in objective without optimizers: its only weight grows by each batch's number and by
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
    """Stand-in batches: the step's own number, 4 steps to an epoch."""

    batch_size = 2
    steps_per_epoch = 4

    def from_step(self, step):
        while True:
            yield (ms.Tensor(float(step), ms.float32),)
            step += 1


class Steps(list):
    """Stand-in samples: the steps at which they were asked for."""

    write = list.append


class Plot:
    """A stand-in loss plot that holds the number of lines."""

    def write(self, lines, path):
        path.write_text(str(len(lines)))


def made(parent, run=None, **options):
    """A Training in a new run folder in `parent`, or in a given one; nobody holds it, so it can be
    opened again.
    """
    given = SimpleNamespace(
        **{
            "seed": 5,
            "log_every": 2,
            "sample_every": 0,
            "plot_every": 0,
            "keep": 3,
            "checkpoint_minutes": 1e6,
            "on_nan": "stop",
            **options,
        }
    )
    if run is None:
        run = RunFolder.create(parent, "faces")
        run.release()
    return Training(Sum(), Numbers(), Steps(), Plot(), run, {"recipe": "sum"}, given, given)


def total(training):
    return float(training.objective.networks["generator"].total.asnumpy())
