"""mnist-mlp and faces32: the discriminator first, real images labelled 0.9, then the generator on
fresh noise.
"""

from common import Optimizer, cross_entropy
from torch import nn


class Smoothed:
    """The step of both; a subclass makes the networks."""

    def __init__(self, adam, generator, discriminator, rate, betas):
        self.generator, self.discriminator = generator, discriminator
        self.networks = [generator, discriminator]
        self.optimizer_d = Optimizer(adam, [discriminator], rate, betas)
        self.optimizer_g = Optimizer(adam, [generator], rate, betas)
        self.optimizers = [self.optimizer_g, self.optimizer_d]

    def step(self, real, noise_d, noise_g):
        """(N, C, H, W) images, and (N, nz) noise for each update; the discriminator's loss is the
        sum of its halves.
        """
        fakes = self.generator(noise_d).detach()
        loss_d = cross_entropy(self.discriminator(real), 0.9) + cross_entropy(
            self.discriminator(fakes), 0
        )
        self.optimizer_d.update(loss_d)
        loss_g = cross_entropy(self.discriminator(self.generator(noise_g)), 1)
        self.optimizer_g.update(loss_g)
        return {"loss_d": loss_d, "loss_g": loss_g}


class MnistMlp(Smoothed):
    """Dense layers only. The recipe's ngf and ndf are 32, its dropout is left out."""

    def __init__(self, adam, nz, ngf, ndf):
        generator = nn.Sequential(
            nn.Linear(nz, ngf), nn.LeakyReLU(0.2),
            nn.Linear(ngf, 2 * ngf), nn.LeakyReLU(0.2),
            nn.Linear(2 * ngf, 4 * ngf), nn.LeakyReLU(0.2),
            nn.Linear(4 * ngf, 784), nn.Tanh(), nn.Unflatten(1, (1, 28, 28)),
        )  # fmt: skip
        discriminator = nn.Sequential(
            nn.Flatten(),
            nn.Linear(784, 4 * ndf), nn.LeakyReLU(0.2),
            nn.Linear(4 * ndf, 2 * ndf), nn.LeakyReLU(0.2),
            nn.Linear(2 * ndf, ndf), nn.LeakyReLU(0.2),
            nn.Linear(ndf, 1),
        )  # fmt: skip
        super().__init__(adam, generator, discriminator, 0.002, (0.9, 0.999))


class Faces32(Smoothed):
    """Three convolutions each way at 32x32. The recipe's ngf and ndf are 32."""

    def __init__(self, adam, nz, ngf, ndf):
        generator = nn.Sequential(
            nn.Linear(nz, 4 * ngf * 16), nn.Unflatten(1, (4 * ngf, 4, 4)),
            nn.ConvTranspose2d(4 * ngf, 2 * ngf, 4, 2, 1, bias=False), nn.BatchNorm2d(2 * ngf), nn.ReLU(),
            nn.ConvTranspose2d(2 * ngf, ngf, 4, 2, 1, bias=False), nn.BatchNorm2d(ngf), nn.ReLU(),
            nn.ConvTranspose2d(ngf, 3, 4, 2, 1, bias=False), nn.Tanh(),
        )  # fmt: skip
        discriminator = nn.Sequential(
            nn.Conv2d(3, ndf, 4, 2, 1, bias=False), nn.LeakyReLU(0.2),
            nn.Conv2d(ndf, 2 * ndf, 4, 2, 1, bias=False), nn.BatchNorm2d(2 * ndf), nn.LeakyReLU(0.2),
            nn.Conv2d(2 * ndf, 4 * ndf, 4, 2, 1, bias=False), nn.BatchNorm2d(4 * ndf), nn.LeakyReLU(0.2),
            nn.Flatten(), nn.Linear(4 * ndf * 16, 1),
        )  # fmt: skip
        super().__init__(adam, generator, discriminator, 0.0002, (0.5, 0.999))
