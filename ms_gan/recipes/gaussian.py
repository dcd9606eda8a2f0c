"""The 2-D Gaussian GAN."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ms_gan import latents
from ms_gan.options import option
from ms_gan.recipes.base import Recipe, decay, rate

if TYPE_CHECKING:
    from mindspore import nn

    from ms_gan.data.base import Batches, DataOptions
    from ms_gan.data.points import Points
    from ms_gan.objectives.base import Objective
    from ms_gan.samplers.base import Sampler
    from ms_gan.scores.base import ScoreOptions, Scorer


@dataclass(frozen=True)
class Gaussian(Recipe):
    """Points of a Gaussian; the discriminator first, then the generator on the same noise."""

    unused = ("data", "data_url", "datasets", "cache", "stand_in", "workers", "holdout", "ema")

    log_every: int = 1
    plot_means: bool = True

    epochs: int = option(20, "passes over the data", low=1, high=10**6, anytime=True)
    batch_size: int = option(8, "points in a step", low=1, high=2**16)
    lr_g: float = rate(0.005, "the generator's Adam")
    lr_d: float = rate(0.05, "the discriminator's Adam")
    beta1: float = decay(0.9)
    beta2: float = decay(0.999, "second")

    def find_data(self, options: DataOptions) -> Points:
        from ms_gan.data.points import Points

        return Points(options.seed)

    def batches(self, data: Points, options: DataOptions) -> Batches:
        from ms_gan.data.points import PointBatches

        return PointBatches(data, self.batch_size, options.seed)

    def generator(self) -> nn.Cell:
        from ms_gan.networks.gaussian import Generator

        return Generator()

    def objective(self, steps_per_epoch: int) -> Objective:
        from ms_gan.networks.gaussian import Discriminator
        from ms_gan.objectives.discriminator_first import DiscriminatorFirst, Latents
        from ms_gan.objectives.losses import gan_discriminator
        from ms_gan.objectives.optimizers import Rates

        return DiscriminatorFirst(
            self.generator(),
            Discriminator(),
            Latents(latents.normal, 2, fresh=False),
            gan_discriminator,
            Rates(self.lr_g, self.lr_d, self.beta1, self.beta2),
        )

    def scorer(self, data: Points, options: ScoreOptions) -> Scorer:
        from ms_gan.scores.points import PointScorer

        return PointScorer(options)

    def sampler(self) -> Sampler:
        from ms_gan.samplers.points import PointSampler

        return PointSampler(2)


RECIPES: tuple[Recipe, ...] = (
    Gaussian(
        name="gaussian",
        summary="points of a 2-D Gaussian",
        source="Dive into Deep Learning, chapter 20.1, https://d2l.ai/chapter_generative-adversarial-networks/gan.html",
    ),
)
