"""faces and mnist-dcgan: the generator first, then the discriminator on the same fakes, from before
that update.
"""

from math import log2

from common import Optimizer, cross_entropy
from torch import nn


class Dcgan:
    """The step of both; a subclass makes the networks."""

    def __init__(self, adam, generator, discriminator):
        self.generator, self.discriminator = generator, discriminator
        self.networks = [generator, discriminator]
        self.optimizer_g = Optimizer(adam, [generator], 0.0002, (0.5, 0.999))
        self.optimizer_d = Optimizer(adam, [discriminator], 0.0002, (0.5, 0.999))
        self.optimizers = [self.optimizer_g, self.optimizer_d]

    def step(self, real, noise):
        """(N, C, S, S) images, (N, nz) noise; the discriminator's loss is the mean of its halves."""
        fakes = self.generator(noise)
        loss_g = cross_entropy(self.discriminator(fakes), 1)
        self.optimizer_g.update(loss_g)
        loss_real = cross_entropy(self.discriminator(real), 1)
        loss_fake = cross_entropy(self.discriminator(fakes.detach()), 0)
        loss_d = (loss_real + loss_fake) / 2
        self.optimizer_d.update(loss_d)
        return {
            "loss_g": loss_g,
            "loss_d": loss_d,
            "loss_d_real": loss_real,
            "loss_d_fake": loss_fake,
        }


class Faces(Dcgan):
    """4x4 convolutions only, without biases. The recipe's image_size, ngf and ndf are 64."""

    def __init__(self, adam, image_size, nz, ngf, ndf):
        super().__init__(adam, generator(image_size, nz, ngf), discriminator(image_size, ndf))


class MnistDcgan(Dcgan):
    """Nearest doubling and 3x3 convolutions.

    The recipe's ngf is 128 and its ndf 16, its dropout is left out.
    """

    def __init__(self, adam, nz, ngf, ndf):
        generator = nn.Sequential(
            nn.Linear(nz, ngf * 64), nn.Unflatten(1, (ngf, 8, 8)), nn.BatchNorm2d(ngf),
            nn.Upsample(scale_factor=2), nn.Conv2d(ngf, ngf, 3, 1, 1), nn.BatchNorm2d(ngf, 0.8), nn.LeakyReLU(0.2),
            nn.Upsample(scale_factor=2), nn.Conv2d(ngf, ngf // 2, 3, 1, 1), nn.BatchNorm2d(ngf // 2, 0.8),
            nn.LeakyReLU(0.2), nn.Conv2d(ngf // 2, 1, 3, 1, 1), nn.Tanh(),
        )  # fmt: skip
        discriminator = nn.Sequential(
            nn.Conv2d(1, ndf, 3, 2, 1), nn.LeakyReLU(0.2),
            nn.Conv2d(ndf, 2 * ndf, 3, 2, 1), nn.LeakyReLU(0.2), nn.BatchNorm2d(2 * ndf, 0.8),
            nn.Conv2d(2 * ndf, 4 * ndf, 3, 2, 1), nn.LeakyReLU(0.2), nn.BatchNorm2d(4 * ndf, 0.8),
            nn.Conv2d(4 * ndf, 8 * ndf, 3, 2, 1), nn.LeakyReLU(0.2), nn.BatchNorm2d(8 * ndf, 0.8),
            nn.Flatten(), nn.Linear(8 * ndf * 4, 1),
        )  # fmt: skip
        super().__init__(adam, generator, discriminator)


def generator(image_size, nz, ngf):
    """(N, nz) to (N, 3, S, S)."""
    wider = stages(image_size)
    layers = nn.Sequential(
        nn.Unflatten(1, (nz, 1, 1)),
        nn.ConvTranspose2d(nz, wider[-1] * ngf, 4, bias=False), nn.BatchNorm2d(wider[-1] * ngf), nn.ReLU(),
    )  # fmt: skip
    for times in reversed(wider[:-1]):
        layers.extend([
            nn.ConvTranspose2d(2 * times * ngf, times * ngf, 4, 2, 1, bias=False), nn.BatchNorm2d(times * ngf),
            nn.ReLU(),
        ])  # fmt: skip
    return layers.extend([nn.ConvTranspose2d(ngf, 3, 4, 2, 1, bias=False), nn.Tanh()])


def discriminator(image_size, ndf):
    """(N, 3, S, S) to (N, 1)."""
    wider = stages(image_size)
    layers = nn.Sequential(nn.Conv2d(3, ndf, 4, 2, 1, bias=False), nn.LeakyReLU(0.2))
    for times in wider[:-1]:
        layers.extend([
            nn.Conv2d(times * ndf, 2 * times * ndf, 4, 2, 1, bias=False), nn.BatchNorm2d(2 * times * ndf),
            nn.LeakyReLU(0.2),
        ])  # fmt: skip
    return layers.extend([nn.Conv2d(wider[-1] * ndf, 1, 4, bias=False), nn.Flatten()])


def stages(image_size):
    """Widths at sides S / 2, ..., 4, in times of the first."""
    return [2**level for level in range(int(log2(image_size)) - 2)]
