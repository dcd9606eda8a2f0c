"""gaussian: a linear generator of points in the plane against a small tanh network."""

from common import Optimizer, cross_entropy
from torch import nn


class Gaussian:
    """The discriminator first, then the generator on the same noise against the updated
    discriminator.
    """

    def __init__(self, adam):
        self.generator = nn.Linear(2, 2)
        self.discriminator = nn.Sequential(
            nn.Linear(2, 5), nn.Tanh(), nn.Linear(5, 3), nn.Tanh(), nn.Linear(3, 1)
        )
        self.networks = [self.generator, self.discriminator]
        self.optimizer_d = Optimizer(adam, [self.discriminator], 0.05, (0.9, 0.999))
        self.optimizer_g = Optimizer(adam, [self.generator], 0.005, (0.9, 0.999))
        self.optimizers = [self.optimizer_g, self.optimizer_d]

    def step(self, real, noise):
        """(N, 2) points, (N, 2) noise."""
        fakes = self.generator(noise)
        loss_d = (
            cross_entropy(self.discriminator(real), 1)
            + cross_entropy(self.discriminator(fakes.detach()), 0)
        ) / 2
        self.optimizer_d.update(loss_d)
        loss_g = cross_entropy(self.discriminator(fakes), 1)
        self.optimizer_g.update(loss_g)
        return {"loss_d": loss_d, "loss_g": loss_g}
