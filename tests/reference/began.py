"""faces-began: an autoencoder as the discriminator, and a balance k between its two losses."""

from math import log2

from common import Optimizer
from torch import nn


def decoder(image_size, nz, filters):
    """(N, nz) to (N, 3, S, S)."""
    layers = [nn.Linear(nz, filters * 64), nn.Unflatten(1, (filters, 8, 8))]
    for stage in range(stages(image_size) + 1):
        layers += [nn.Upsample(scale_factor=2)] if stage else []
        for _ in range(2):
            layers += [nn.Conv2d(filters, filters, 3, 1, 1), nn.ELU()]
    return nn.Sequential(*layers, nn.Conv2d(filters, 3, 3, 1, 1))


def encoder(image_size, nz, filters):
    """(N, 3, S, S) to (N, nz)."""
    layers = [nn.Conv2d(3, filters, 3, 1, 1), nn.ELU()]
    for stage in range(1, stages(image_size) + 1):
        layers += [
            nn.Conv2d(stage * filters, stage * filters, 3, 1, 1),
            nn.ELU(),
            nn.Conv2d(stage * filters, (stage + 1) * filters, 3, 2, 1),
            nn.ELU(),
        ]
    widest = (stages(image_size) + 1) * filters
    for _ in range(2):
        layers += [nn.Conv2d(widest, widest, 3, 1, 1), nn.ELU()]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(widest * 64, nz))


def stages(image_size):
    """How often the side is halved on the way down to 8."""
    return int(log2(image_size // 8))


class Began:
    """Both networks' gradients are taken before either is updated; k starts at 0.

    The recipe has image_size = nz = ngf = ndf = 64.
    """

    def __init__(self, adam, image_size, nz, ngf, ndf):
        self.generator = decoder(image_size, nz, ngf)
        self.autoencoder = nn.Sequential(encoder(image_size, nz, ndf), decoder(image_size, nz, ndf))
        self.networks = [self.generator, self.autoencoder]
        self.optimizer_g = Optimizer(adam, [self.generator], 0.0001, (0.5, 0.999))
        self.optimizer_d = Optimizer(adam, [self.autoencoder], 0.0001, (0.5, 0.999))
        self.optimizers = [self.optimizer_g, self.optimizer_d]
        self.k = 0.0

    def step(self, real, noise):
        """(N, 3, S, S) images, (N, nz) noise; "k" is the one for the next step, "m" the
        convergence measure.
        """
        fakes = self.generator(noise)
        loss_real, loss_g = self.reconstruction_loss(real), self.reconstruction_loss(fakes)
        loss_d = loss_real - self.k * self.reconstruction_loss(fakes.detach())
        gradients_d, gradients_g = (
            self.optimizer_d.gradients(loss_d),
            self.optimizer_g.gradients(loss_g),
        )
        self.optimizer_d.apply(gradients_d)
        self.optimizer_g.apply(gradients_g)
        balance = (0.5 * loss_real - loss_g).item()
        self.k = min(max(self.k + 0.001 * balance, 0.0), 1.0)
        return {"loss_d": loss_d, "loss_g": loss_g, "k": self.k, "m": loss_real + abs(balance)}

    def reconstruction_loss(self, images):
        return (images - self.autoencoder(images)).abs().mean()
