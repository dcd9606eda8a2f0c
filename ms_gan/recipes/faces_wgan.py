"""A Wasserstein GAN of faces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ms_gan.options import option
from ms_gan.recipes.base import decay, falling, last_epochs, latent_size, rate, width
from ms_gan.recipes.faces import FaceRecipe

if TYPE_CHECKING:
    from mindspore import nn

    from ms_gan.objectives.base import Objective


@dataclass(frozen=True)
class WGAN(FaceRecipe):
    """A Wasserstein GAN: the critic first, several times, then the generator.

    The paper updates the critic five times as often as the generator. Three times learns here; its
    source's order, once the critic and twice the generator, made no faces.
    """

    image_size = 64
    data_range = 0.5

    epochs: int = option(50, "passes over the data", low=1, high=10**6, anytime=True)
    batch_size: int = option(64, "images in an update", low=2, high=2**16)
    sample_every: int = option(
        400, "steps between samples, 0 for after every epoch", low=0, anytime=True
    )
    plot_every: int = option(
        100, "steps between loss plots, 0 for with every checkpoint", low=0, anytime=True
    )
    loss: str = option(
        "wgan-gp",
        "what is minimised: with a gradient penalty, with clipped weights, or DCGAN's loss",
        choices=("wgan-gp", "wgan", "dcgan"),
    )
    critic_updates: int = option(3, "updates of the critic in a step", low=1, high=100)
    generator_updates: int = option(1, "updates of the generator in a step", low=1, high=100)
    lr: float = rate(0.0001)
    decay_epochs: int = last_epochs()
    beta1: float = decay(0.5)
    beta2: float = decay(0.9, "second")
    nz: int = latent_size(128)
    ngf: int = width(64, "generator")
    ndf: int = width(64, "critic")

    @property
    def images_per_step(self) -> int:
        return self.batch_size * self.critic_updates

    def generator(self) -> nn.Cell:
        from ms_gan.networks.wgan import Generator

        return Generator(self.nz, self.ngf, self.data_range)

    def objective(self, steps_per_epoch: int) -> Objective:
        from ms_gan.networks.wgan import Critic
        from ms_gan.objectives import wgan
        from ms_gan.objectives.optimizers import Rates

        rate_g = falling(self, self.generator_updates * steps_per_epoch, self.lr)
        rate_d = falling(self, self.critic_updates * steps_per_epoch, self.lr)
        return wgan.WGAN(
            self.generator(),
            Critic(self.ndf),
            wgan.LOSSES[self.loss],
            wgan.Updates(self.nz, self.critic_updates, self.generator_updates),
            Rates(rate_g, rate_d, self.beta1, self.beta2),
        )


RECIPES = (
    WGAN(
        name="faces-wgan-gp",
        summary="Wasserstein GAN with gradient penalty on faces, scaled to 64x64",
        source="Gulrajani et al. 2017, https://arxiv.org/abs/1704.00028",
        quick={
            "epochs": 18,
            "batch_size": 16,
            "lr": 0.0003,
            "ngf": 24,
            "ndf": 16,
            "ema": 0.99,
            "sample_every": 100,
        },
    ),
)
