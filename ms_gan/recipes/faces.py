"""What recipes of faces have in common, and the DCGANs among them."""

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
    from ms_gan.data.images import ImageSet
    from ms_gan.objectives.base import Objective
    from ms_gan.samplers.base import Sampler
    from ms_gan.scores.base import ScoreOptions, Scorer

AUGMENTATIONS = (
    "none",
    "color",
    "translation",
    "cutout",
    "color,translation",
    "color,cutout",
    "translation,cutout",
    "color,translation,cutout",
)


@dataclass(frozen=True)
class FaceRecipe(Recipe):
    """A GAN of images, on any folder or zip of them.

    A subclass has the fields `image_size`, the side of its images, and `nz`, and may have another
    `data_range`, what their pixels are scaled to.
    """

    data_range: ClassVar[float] = 1.0
    draw = staticmethod(latents.normal)
    columns: ClassVar[int] = 8
    samples: ClassVar[int] = 24

    flip: bool = option(False, "mirror each image with probability 1/2, drawn anew in every epoch")
    crop: int = option(
        0,
        "side of the square that is cut out of each image's middle before it is scaled, in pixels "
        "(0: none; CelebA: 108 or 178)",
        low=0,
        high=10**5,
    )

    def find_data(self, options: DataOptions) -> ImageSet:
        from ms_gan.data import faces
        from ms_gan.data.decode import Square

        square = Square(self.image_size, self.crop)  # type: ignore[attr-defined]
        return faces.find(options, square)

    def batches(self, data: ImageSet, options: DataOptions) -> Batches:
        from ms_gan.data.images import ImageBatches

        return ImageBatches(data, self.images_per_step, options.seed, self.data_range, self.flip)

    @property
    def images_per_step(self) -> int:
        return self.batch_size

    def scorer(self, data: ImageSet, options: ScoreOptions) -> Scorer:
        from ms_gan.scores.images import ImageScorer

        return ImageScorer(data, options)

    def sampler(self) -> Sampler:
        from ms_gan.samplers.images import ImageSampler

        size = self.nz  # type: ignore[attr-defined]
        return ImageSampler(size, self.draw, self.samples, self.columns, self.data_range)


@dataclass(frozen=True)
class DCGAN(FaceRecipe):
    """A DCGAN trained in the tutorial's order: the generator first, then the discriminator on the
    same fakes.
    """

    batch_size: int = option(128, "images in a step", low=2, high=2**16)
    lr: float = rate(0.0002, "the generator's Adam, and of the discriminator's")
    lr_d: float | None = rate(None, "the discriminator's Adam, where it isn't the same")
    decay_epochs: int = last_epochs()
    beta1: float = decay(0.5)
    beta2: float = decay(0.999, "second")
    loss: str = adversarial_loss()
    d_norm: str = option(
        "batch",
        "the discriminator's normalisation: of batches, of its weights, or none",
        choices=("batch", "spectral", "none"),
    )
    r1: float = option(
        0.0, "weight of R1, a penalty on the discriminator's gradients", low=0.0, high=1e6
    )
    diffaugment: str = option(
        "none",
        "differentiable augmentation of all that the discriminator sees",
        choices=AUGMENTATIONS,
    )
    even: bool = option(
        False, "initial weights of the generator's transposed convolutions without a checkerboard"
    )
    image_size: int = option(64, "side of the images in pixels", choices=(32, 64, 128))
    nz: int = latent_size(100)
    ngf: int = width(64, "generator")
    ndf: int = width(64, "discriminator")

    def generator(self) -> nn.Cell:
        from ms_gan.networks.dcgan import Generator

        return Generator(self.nz, self.ngf, self.image_size, self.even)

    def objective(self, steps_per_epoch: int) -> Objective:
        from ms_gan.layers import spectral_normalised
        from ms_gan.networks.dcgan import Discriminator
        from ms_gan.objectives.gan import GAN, Game
        from ms_gan.objectives.losses import ADVERSARIAL
        from ms_gan.objectives.optimizers import Rates

        generator = self.generator()
        discriminator = Discriminator(self.ndf, self.image_size, self.d_norm == "batch")
        if self.d_norm == "spectral":
            spectral_normalised(discriminator)
        rate_g = falling(self, steps_per_epoch, self.lr)
        rate_d = falling(self, steps_per_epoch, self.lr_d or self.lr)
        rates = Rates(rate_g, rate_d, self.beta1, self.beta2)
        augmentations = () if self.diffaugment == "none" else tuple(self.diffaugment.split(","))
        game = Game(ADVERSARIAL[self.loss], self.r1, augmentations)
        return GAN(generator, discriminator, self.nz, rates, game)


@dataclass(frozen=True)
class Faces32(FaceRecipe):
    """A small DCGAN; the discriminator first, real ones labelled 0.9, then the generator on fresh
    noise.
    """

    image_size = 32
    draw = staticmethod(latents.uniform)

    epochs: int = option(30, "passes over the data", low=1, high=10**6, anytime=True)
    batch_size: int = option(128, "images in a step", low=2, high=2**16)
    lr: float = rate(0.0002)
    decay_epochs: int = last_epochs()
    beta1: float = decay(0.5)
    beta2: float = decay(0.999, "second")
    nz: int = latent_size(100)
    ngf: int = width(32, "generator")
    ndf: int = width(32, "discriminator")

    def generator(self) -> nn.Cell:
        from ms_gan.networks.faces32 import Generator

        return Generator(self.nz, self.ngf)

    def objective(self, steps_per_epoch: int) -> Objective:
        from ms_gan.networks.faces32 import Discriminator
        from ms_gan.objectives.discriminator_first import DiscriminatorFirst, Latents
        from ms_gan.objectives.losses import smoothed_discriminator
        from ms_gan.objectives.optimizers import Rates

        rate = falling(self, steps_per_epoch, self.lr)
        return DiscriminatorFirst(
            self.generator(),
            Discriminator(self.ndf),
            Latents(self.draw, self.nz, fresh=True),
            smoothed_discriminator,
            Rates(rate, rate, self.beta1, self.beta2),
        )


RECIPES: tuple[Recipe, ...] = (
    DCGAN(
        name="faces",
        summary="DCGAN on 70,171 anime faces, 96x96 scaled to 64x64",
        source="MindSpore's DCGAN tutorial, https://www.mindspore.cn/tutorials/en/master/generative/dcgan.html",
        quicker="faces-plus",
        # With the tutorial's game a few minutes end in a checkerboard. This is that of faces-plus.
        quick={
            "epochs": 9,
            "batch_size": 16,
            "lr": 0.0002,
            "lr_d": 0.0008,
            "beta1": 0.0,
            "beta2": 0.99,
            "loss": "hinge",
            "d_norm": "spectral",
            "even": True,
            "ngf": 32,
            "ndf": 32,
            "ema": 0.99,
            "flip": True,
            "sample_every": 100,
        },
    ),
    DCGAN(
        name="faces-plus",
        summary="DCGAN on faces with what was learnt since: spectral norm, hinge loss, two rates",
        source="Miyato et al. 2018, https://arxiv.org/abs/1802.05957, on the tutorial's networks",
        even=True,
        ema=0.998,
        flip=True,
        batch_size=32,
        lr_d=0.0008,
        beta1=0.0,
        beta2=0.99,
        loss="hinge",
        d_norm="spectral",
        ngf=32,
        ndf=32,
        quick={"epochs": 9, "batch_size": 16, "ema": 0.99, "sample_every": 100},
    ),
    Faces32(
        name="faces32",
        summary="DCGAN with dense ends on faces, scaled to 32x32",
        source="Udacity's deep learning course, "
        "https://github.com/udacity/deep-learning-v2-pytorch, project-face-generation",
        quick={"epochs": 20, "batch_size": 32},
    ),
)
