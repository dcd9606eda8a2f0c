"""A GAN in two dimensions, small enough that a step's arithmetic takes next to nothing: what is left is overhead.

The generator is one linear map, the discriminator has 5 and 3 hidden units; the data are points x A + b of normal x.
benchmarks/reference/torch_gaussian.py is the same in PyTorch.
"""

import mindspore as ms
import numpy as np
from mindspore import nn, ops

from ms_gan.objectives.gan import GAN

BATCH = 8
POINTS = 1000
A, B = np.float32([[1, 2], [-0.1, 0.5]]), np.float32([1, 2])


class Points:
    """Batches of the points for the training loop, in a new order every epoch."""

    batch_size = BATCH
    steps_per_epoch = POINTS // BATCH

    def __init__(self):
        self.points = np.random.default_rng(0).standard_normal((POINTS, 2)).astype(np.float32) @ A + B

    def from_step(self, step):
        """Yield (points,) for each step from `step` on, without end."""
        epoch, done = divmod(step, self.steps_per_epoch)
        while True:
            order = np.random.default_rng([0, epoch]).permutation(POINTS).reshape(-1, BATCH)
            for numbers in order[done:]:
                yield (ms.Tensor(self.points[numbers]),)
            epoch, done = epoch + 1, 0


class Discriminator(nn.Cell):
    """(N, 2) points to (N,) logits."""

    def __init__(self):
        super().__init__()
        self.net = nn.SequentialCell(nn.Dense(2, 5), nn.Tanh(), nn.Dense(5, 3), nn.Tanh(), nn.Dense(3, 1))

    def construct(self, points):
        return self.net(points).reshape(-1)


def objective():
    """The game, with a learning rate of 0.005 for the generator and of 0.05 for the discriminator."""
    game = GAN(nn.SequentialCell(nn.Dense(2, 2)), Discriminator(), nz=2, lr=0.005, beta1=0.9)
    ops.assign(game.optimizers["discriminator"].learning_rate, ms.Tensor(0.05, ms.float32))
    return game
