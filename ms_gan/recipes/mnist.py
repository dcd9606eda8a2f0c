"""GANs of handwritten digits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from ms_gan import latents
from ms_gan.options import option
from ms_gan.recipes.base import (
    Recipe,
    adversarial_loss,
    decay,
    falling,
    last_epochs,
    latent_size,
    rate,
    width,
)

if TYPE_CHECKING:
    from mindspore import nn

    from ms_gan.data.base import Batches, DataOptions
    from ms_gan.data.mnist import Digits
    from ms_gan.objectives.base import Objective
    from ms_gan.samplers.base import Sampler
    from ms_gan.scores.base import ScoreOptions, Scorer


@dataclass(frozen=True)
class _Digits(Recipe):
    """What both have in common."""

    unused = ("cache", "workers")  # all digits fit in memory
    side: ClassVar[int] = 28

    nz: int = latent_size(100)

    def find_data(self, options: DataOptions) -> Digits:
        from ms_gan.data import mnist

        return mnist.find(options, self.side)

    def batches(self, data: Digits, options: DataOptions) -> Batches:
        from ms_gan.data.mnist import DigitBatches

        return DigitBatches(data, self.batch_size, options.seed)

    def scorer(self, data: Digits, options: ScoreOptions) -> Scorer:
        from ms_gan.scores.digits import DigitScorer

        return DigitScorer(data, options)


@dataclass(frozen=True)
class MLP(_Digits):
    """Dense layers with dropout; the discriminator first, real ones labelled 0.9, then the
    generator on fresh noise.
    """

    epochs: int = option(100, "passes over the data", low=1, high=10**6, anytime=True)
    lr: float = rate(0.002)
    decay_epochs: int = last_epochs()
    beta1: float = decay(0.9)
    beta2: float = decay(0.999, "second")
    ngf: int = width(32, "generator")
    ndf: int = width(32, "discriminator")

    def generator(self) -> nn.Cell:
        from ms_gan.networks.mnist_mlp import Generator

        return Generator(self.nz, self.ngf)

    def objective(self, steps_per_epoch: int) -> Objective:
        from ms_gan.networks.mnist_mlp import Discriminator
        from ms_gan.objectives.discriminator_first import DiscriminatorFirst, Latents
        from ms_gan.objectives.losses import smoothed_discriminator
        from ms_gan.objectives.optimizers import Rates

        rate = falling(self, steps_per_epoch, self.lr)
        return DiscriminatorFirst(
            self.generator(),
            Discriminator(self.ndf),
            Latents(latents.uniform, self.nz, fresh=True),
            smoothed_discriminator,
            Rates(rate, rate, self.beta1, self.beta2),
        )

    def sampler(self) -> Sampler:
        from ms_gan.samplers.images import ImageSampler

        return ImageSampler(self.nz, latents.uniform, count=32, columns=8)


@dataclass(frozen=True)
class DCGAN(_Digits):
    """Convolutions, enlarging by repeated pixels; the generator first, then the discriminator on
    the same fakes.
    """

    side = 32
    panels = (
        ("Discriminator on real digits", {"loss_d_real": "discriminator, real"}),
        ("Discriminator on fakes", {"loss_d_fake": "discriminator, fakes"}),
        ("Discriminator", {"loss_d": "discriminator"}),
        ("Generator", {"loss_g": "generator"}),
    )

    epochs: int = option(200, "passes over the data", low=1, high=10**6, anytime=True)
    sample_every: int = option(
        400, "steps between samples, 0 for after every epoch", low=0, anytime=True
    )
    lr: float = rate(0.0002)
    decay_epochs: int = last_epochs()
    beta1: float = decay(0.5)
    beta2: float = decay(0.999, "second")
    loss: str = adversarial_loss()
    ngf: int = option(128, "width of the generator", low=2, high=512)
    ndf: int = width(16, "discriminator")

    def generator(self) -> nn.Cell:
        from ms_gan.networks.mnist_dcgan import Generator

        return Generator(self.nz, self.ngf, self.side)

    def objective(self, steps_per_epoch: int) -> Objective:
        from ms_gan.networks.mnist_dcgan import Discriminator
        from ms_gan.objectives.gan import GAN, Game
        from ms_gan.objectives.losses import ADVERSARIAL
        from ms_gan.objectives.optimizers import Rates

        discriminator = Discriminator(self.ndf, self.side)
        rate = falling(self, steps_per_epoch, self.lr)
        rates = Rates(rate, rate, self.beta1, self.beta2)
        game = Game(ADVERSARIAL[self.loss])
        return GAN(self.generator(), discriminator, self.nz, rates, game)

    def sampler(self) -> Sampler:
        from ms_gan.samplers.images import ImageSampler

        return ImageSampler(self.nz, latents.normal, count=25, columns=5)


RECIPES: tuple[Recipe, ...] = (
    MLP(
        name="mnist-mlp",
        summary="a GAN of dense layers on MNIST's digits",
        source="Udacity's deep learning course, "
        "https://github.com/udacity/deep-learning-v2-pytorch, gan-mnist",
        # The course's rates soon make one kind of digit.
        quick={
            "epochs": 60,
            "lr": 0.0005,
            "decay_epochs": 20,
            "beta1": 0.5,
            "ngf": 64,
            "ndf": 64,
            "ema": 0.99,
            "sample_every": 100,
        },
    ),
    DCGAN(
        name="mnist-dcgan",
        summary="a DCGAN on MNIST's digits, scaled to 32x32",
        source="PyTorch-GAN, https://github.com/eriklindernoren/PyTorch-GAN, implementations/dcgan",
        quick={
            "epochs": 8,
            "batch_size": 32,
            "lr": 0.0004,
            "decay_epochs": 2,
            "ngf": 64,
            "ndf": 32,
            "ema": 0.99,
            "sample_every": 100,
        },
    ),
)
