"""faces-wgan-gp and the other two losses of its networks: one critic update, then two generator
updates.
"""

import torch
from common import Optimizer, cross_entropy
from torch import nn


class Wgan:
    """The networks at 64x64 and the Wasserstein loss, without anything that keeps the critic
    smooth.
    """

    def __init__(self, adam, nz, ngf, ndf):
        self.generator = nn.Sequential(
            nn.Linear(nz, 8 * ngf * 16), nn.Unflatten(1, (8 * ngf, 4, 4)), nn.BatchNorm2d(8 * ngf), nn.ReLU(),
            nn.ConvTranspose2d(8 * ngf, 4 * ngf, 4, 2, 1, bias=False), nn.BatchNorm2d(4 * ngf), nn.ReLU(),
            nn.ConvTranspose2d(4 * ngf, 2 * ngf, 4, 2, 1, bias=False), nn.BatchNorm2d(2 * ngf), nn.ReLU(),
            nn.ConvTranspose2d(2 * ngf, ngf, 4, 2, 1, bias=False), nn.BatchNorm2d(ngf), nn.ReLU(),
            nn.ConvTranspose2d(ngf, 3, 4, 2, 1, bias=False), nn.Tanh(),
        )  # fmt: skip
        self.critic = nn.Sequential(
            nn.Conv2d(3, ndf, 4, 2, 1), nn.LeakyReLU(0.2),
            nn.Conv2d(ndf, 2 * ndf, 4, 2, 1), nn.LeakyReLU(0.2),
            nn.Conv2d(2 * ndf, 4 * ndf, 4, 2, 1), nn.LeakyReLU(0.2),
            nn.Conv2d(4 * ndf, 8 * ndf, 4, 2, 1), nn.LeakyReLU(0.2),
            nn.Flatten(), nn.Linear(8 * ndf * 16, 1),
        )  # fmt: skip
        self.networks = [self.generator, self.critic]
        self.optimizer_g = Optimizer(adam, [self.generator], 0.0001, (0.5, 0.9))
        self.optimizer_d = Optimizer(adam, [self.critic], 0.0001, (0.5, 0.9))
        self.optimizers = [self.optimizer_g, self.optimizer_d]

    def step(self, real, noise_d, noise_g1, noise_g2, **penalty_inputs):
        """(N, 3, 64, 64) images in [-0.5, 0.5], and (N, nz) noise for each update; loss_g is the
        second one's.
        """
        losses = self.critic_losses(real, self.fakes(noise_d).detach(), **penalty_inputs)
        self.optimizer_d.update(losses["loss_d"])
        self.after_critic()
        for noise in (noise_g1, noise_g2):
            losses["loss_g"] = self.generator_loss(self.fakes(noise))
            self.optimizer_g.update(losses["loss_g"])
        return losses

    def fakes(self, noise):
        return 0.5 * self.generator(noise)

    def critic_losses(self, real, fakes):
        return {"loss_d": self.critic(fakes).mean() - self.critic(real).mean()}

    def generator_loss(self, fakes):
        return -self.critic(fakes).mean()

    def after_critic(self):
        """What happens to the critic's weights between its update and the generator's."""


class GradientPenalty(Wgan):
    """faces-wgan-gp.

    "penalty" is the mean squared distance of the gradients' norms from 1, before its factor of 10.
    """

    def critic_losses(self, real, fakes, mixing):
        mixed = (real + mixing * (fakes - real)).requires_grad_()
        (gradients,) = torch.autograd.grad(self.critic(mixed).sum(), mixed, create_graph=True)
        penalty = ((gradients.flatten(1).norm(dim=1) - 1) ** 2).mean()
        return {
            "loss_d": super().critic_losses(real, fakes)["loss_d"] + 10 * penalty,
            "penalty": penalty,
        }


class Clipped(Wgan):
    """The first WGAN: all weights and biases of the critic are kept within [-0.01, 0.01]."""

    @torch.no_grad()
    def after_critic(self):
        for parameter in self.critic.parameters():
            parameter.clamp_(-0.01, 0.01)


class CrossEntropy(Wgan):
    """The same networks and order with DCGAN's loss."""

    def critic_losses(self, real, fakes):
        return {
            "loss_d": (cross_entropy(self.critic(real), 1) + cross_entropy(self.critic(fakes), 0))
            / 2
        }

    def generator_loss(self, fakes):
        return cross_entropy(self.critic(fakes), 1)
