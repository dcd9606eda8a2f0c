"""GANs that translate images into images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ms_gan.options import option
from ms_gan.recipes.base import Recipe, decay, last_epochs, rate, width

if TYPE_CHECKING:
    from mindspore import nn

    from ms_gan.data.base import Batches, DataOptions
    from ms_gan.data.pairs import Pairs
    from ms_gan.data.unpaired import Unpaired
    from ms_gan.objectives.base import Objective
    from ms_gan.samplers.base import Sampler
    from ms_gan.scores.base import ScoreOptions, Scorer


@dataclass(frozen=True)
class Pix2Pix(Recipe):
    """Pairs side by side: a U-Net with dropout against a discriminator of patches; the
    discriminator first.
    """

    samples = 4
    im2col_on_cpu = False
    unused = ("data_url",)  # there is no data of their own to fetch
    batch_statistics: bool = True  # with a batch of one image, as in the paper

    epochs: int = option(200, "passes over the data", low=1, high=10**6)
    decay_epochs: int = last_epochs(100, low=1)
    batch_size: int = option(1, "pairs in a step", low=1, high=2**16)
    lr: float = rate(0.0002)
    beta1: float = decay(0.5)
    beta2: float = decay(0.999, "second")
    l1: float = option(100.0, "weight of the mean absolute error", low=0.0, high=10.0**6)
    direction: str = option("AtoB", "which half of a pair becomes which", choices=("AtoB", "BtoA"))
    image_size: int = option(256, "side of the images in pixels", choices=(32, 64, 128, 256, 512))
    jitter: int = option(
        0, "side before the random cut, 0 for 286 / 256 of the image's", low=0, high=4096
    )
    ngf: int = width(64, "generator")
    ndf: int = width(64, "discriminator")

    def find_data(self, options: DataOptions) -> Pairs:
        from ms_gan.data import pairs

        jitter = self.jitter or round(self.image_size * 286 / 256)
        return pairs.find(options, self.image_size, jitter)

    def batches(self, data: Pairs, options: DataOptions) -> Batches:
        from ms_gan.data.pairs import PairBatches

        return PairBatches(data, self.direction, self.batch_size, options.seed)

    def generator(self) -> nn.Cell:
        from ms_gan.networks.pix2pix import UNet

        return UNet(self.ngf, self.image_size)

    def objective(self, steps_per_epoch: int) -> Objective:
        from ms_gan.networks.pix2pix import PatchDiscriminator
        from ms_gan.objectives import pix2pix
        from ms_gan.objectives.optimizers import Rates
        from ms_gan.objectives.schedules import falling_at_last

        rate = falling_at_last(self.lr, self.epochs, self.decay_epochs, steps_per_epoch)
        rates = Rates(rate, rate, self.beta1, self.beta2)
        generator, discriminator = self.generator(), PatchDiscriminator(self.ndf)
        return pix2pix.Pix2Pix(generator, discriminator, self.l1, rates)

    def scorer(self, data: Pairs, options: ScoreOptions) -> Scorer:
        from ms_gan.data.pairs import PairBatches
        from ms_gan.scores.translations import TranslationScorer

        batches = PairBatches(data, self.direction, 1, options.seed)
        return TranslationScorer(batches.held_out, paired=True, options=options)

    def sampler(self) -> Sampler:
        from ms_gan.samplers.translations import PairSampler

        return PairSampler(self.samples, self.image_size, self.batch_statistics)


@dataclass(frozen=True)
class CycleGAN(Recipe):
    """Two unpaired sets of images, X and Y: both discriminators first, then both translators
    together.
    """

    samples = 4
    unused = ("data_url",)  # there is no data of their own to fetch

    epochs: int = option(200, "passes over the data", low=1, high=10**6, anytime=True)
    batch_size: int = option(
        16, "images of either side in a step (1 in the paper)", low=1, high=2**16
    )
    lr: float = rate(0.0002, "all Adams")
    beta1: float = decay(0.5)
    beta2: float = decay(0.999, "second")
    cycle: float = option(
        10.0, "weight of the error of going there and back", low=0.0, high=10.0**6
    )
    identity: float = option(
        0.0,
        "weight of the error of translating what is there already (5 in the paper)",
        low=0.0,
        high=10.0**6,
    )
    pool: int = option(
        0,
        "earlier fakes that each discriminator also learns from (50 in the paper)",
        low=0,
        high=10**4,
    )
    image_size: int = option(128, "side of the images in pixels", choices=(32, 64, 128, 256))
    ngf: int = width(64, "translators")
    ndf: int = width(64, "discriminators")
    blocks: int = option(6, "residual blocks of a translator", low=0, high=100)

    def find_data(self, options: DataOptions) -> Unpaired:
        from ms_gan.data import unpaired

        return unpaired.find(options, self.image_size)

    def batches(self, data: Unpaired, options: DataOptions) -> Batches:
        from ms_gan.data.unpaired import UnpairedBatches

        return UnpairedBatches(data, self.batch_size, options.seed)

    def generator(self) -> nn.Cell:
        from ms_gan.networks.cyclegan import Generator

        return Generator(self.ngf, self.blocks)

    def objective(self, steps_per_epoch: int) -> Objective:
        from ms_gan.networks.cyclegan import Discriminator
        from ms_gan.objectives import cyclegan
        from ms_gan.objectives.optimizers import Rates

        discriminators = Discriminator(self.ndf), Discriminator(self.ndf)
        return cyclegan.CycleGAN(
            (self.generator(), self.generator()),
            discriminators,
            cyclegan.Weights(self.cycle, self.identity),
            (self.pool, 3, self.image_size, self.image_size),
            Rates(self.lr, self.lr, self.beta1, self.beta2),
        )

    def seen_by(self, network: str, data: Unpaired) -> Unpaired:
        return data.turned() if network == "generator_back" else data

    def scorer(self, data: Unpaired, options: ScoreOptions) -> Scorer:
        from ms_gan.data.unpaired import UnpairedBatches
        from ms_gan.scores.translations import TranslationScorer

        batches = UnpairedBatches(data, 1, options.seed)
        return TranslationScorer(batches.held_out, paired=False, options=options)

    def sampler(self) -> Sampler:
        from ms_gan.samplers.translations import CycleSampler

        return CycleSampler(self.samples, self.image_size, self.batch_statistics)


RECIPES: tuple[Recipe, ...] = (
    Pix2Pix(
        name="pix2pix",
        summary="translates images, learnt from pairs side by side",
        source="Isola et al. 2017, https://arxiv.org/abs/1611.07004",
        quick={
            "epochs": 6,
            "decay_epochs": 3,
            "lr": 0.0005,
            "image_size": 64,
            "ngf": 16,
            "ndf": 16,
            "ema": 0.99,
            "sample_every": 100,
        },
    ),
    CycleGAN(
        name="cyclegan",
        summary="translates images both ways, learnt from two unpaired sets",
        source="Zhu et al. 2017, https://arxiv.org/abs/1703.10593, in the sizes of Udacity's "
        "deep learning course, https://github.com/udacity/deep-learning-v2-pytorch, cycle-gan",
        quick={
            "epochs": 15,
            "batch_size": 4,
            "image_size": 64,
            "ngf": 16,
            "ndf": 16,
            "blocks": 3,
            "lr": 0.0005,
            "ema": 0.99,
            "sample_every": 100,
        },
    ),
)
