"""A boundary equilibrium GAN of faces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ms_gan import latents
from ms_gan.options import option
from ms_gan.recipes.base import decay, latent_size, rate, width
from ms_gan.recipes.faces import FaceRecipe

if TYPE_CHECKING:
    from mindspore import nn

    from ms_gan.objectives.base import Objective


@dataclass(frozen=True)
class BEGAN(FaceRecipe):
    """A boundary equilibrium GAN, whose discriminator is an autoencoder."""

    samples = 16
    draw = staticmethod(latents.uniform)

    epochs: int = option(30, "passes over the data", low=1, high=10**6, anytime=True)
    batch_size: int = option(16, "images in a step", low=1, high=2**16)
    lr: float = rate(0.0001)
    halve_every: int = option(
        50_000, "steps after which the learning rate is halved", low=1, high=10**9
    )
    beta1: float = decay(0.5)
    beta2: float = decay(0.999, "second")
    gamma: float = option(0.5, "variety against quality, gamma in the paper", low=0.0, high=1.0)
    image_size: int = option(64, "side of the images in pixels", choices=(32, 64, 128))
    nz: int = latent_size(64)
    ngf: int = width(64, "generator")
    ndf: int = width(64, "autoencoder")

    def generator(self) -> nn.Cell:
        from ms_gan.networks.began import Decoder

        return Decoder(self.nz, self.ngf, self.image_size)

    def objective(self, steps_per_epoch: int) -> Objective:
        from ms_gan.networks.began import Autoencoder
        from ms_gan.objectives import began
        from ms_gan.objectives.optimizers import Rates
        from ms_gan.objectives.schedules import halved_every

        rate = halved_every(self.lr, self.halve_every)
        return began.BEGAN(
            self.generator(),
            Autoencoder(self.nz, self.ndf, self.image_size),
            self.nz,
            self.gamma,
            Rates(rate, rate, self.beta1, self.beta2),
        )


RECIPES = (
    BEGAN(
        name="faces-began",
        summary="boundary equilibrium GAN on faces, scaled to 64x64",
        source="Berthelot, Schumm & Metz 2017, https://arxiv.org/abs/1703.10717",
        quick={
            "epochs": 16,
            "lr": 0.001,
            "gamma": 0.7,
            "image_size": 32,
            "ngf": 16,
            "ndf": 16,
            "ema": 0.99,
            "sample_every": 100,
        },
    ),
)
