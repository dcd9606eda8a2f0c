"""Every experiment, in one place: a small frozen record each, of data, networks, objective and numbers.

A kind of experiment is a class whose methods name what it uses; an experiment is an instance with its numbers. The
fields made by `option` are options of the command line. Nothing here imports MindSpore before it is needed: listing
the recipes or finding a wrong option shouldn't take the seconds of its import.
"""

from dataclasses import dataclass, field

from ms_gan.options import option


@dataclass(frozen=True)
class DCGAN:
    """A DCGAN on a folder of images, trained in the tutorial's order."""

    name: str
    summary: str
    source: str  # what it follows
    columns: int = 8  # of a sample grid
    samples: int = 24  # images in a sample grid
    # What to use instead on a CPU with the drawn stand-in, so that a first try ends in about five minutes.
    quick: dict = field(default_factory=dict)

    epochs: int = option(10, "passes over the data", low=1, high=10**6, anytime=True)
    batch_size: int = option(128, "images in a step", low=2, high=2**16)
    lr: float = option(0.0002, "learning rate of both Adams", low=1e-9, high=1.0)
    beta1: float = option(0.5, "Adam's first decay rate", low=1e-6, high=0.999999)
    sample_every: int = option(0, "steps between sample grids, 0 for after every epoch", low=0, anytime=True)
    image_size: int = option(64, "side of the images in pixels", choices=(32, 64, 128))
    nz: int = option(100, "size of a latent vector", low=1, high=4096)
    ngf: int = option(64, "width of the generator", low=1, high=512)
    ndf: int = option(64, "width of the discriminator", low=1, high=512)

    def find_data(self, options):
        from ms_gan.data import faces

        return faces.find(options.data, options.data_url, options.datasets, options.stand_in)

    def batches(self, images, options):
        from ms_gan.data.cache import CachedBatches
        from ms_gan.data.images import ImageBatches

        what = (images, self.image_size, self.batch_size, options.seed, options.workers)
        return CachedBatches(*what, options.datasets) if options.cache else ImageBatches(*what)

    def generator(self, layers):
        from ms_gan.networks import dcgan

        return dcgan.Generator(layers, self.nz, self.ngf, self.image_size)

    def objective(self, layers):
        from ms_gan.networks import dcgan
        from ms_gan.objectives.gan import GAN

        discriminator = dcgan.Discriminator(layers, self.ndf, self.image_size)
        return GAN(self.generator(layers), discriminator, self.nz, self.lr, self.beta1)


RECIPES = {recipe.name: recipe for recipe in (
    DCGAN(
        name="faces",
        summary="DCGAN on 70,171 anime faces, 96x96 scaled to 64x64",
        source="MindSpore's DCGAN tutorial, https://www.mindspore.cn/tutorials/en/master/generative/dcgan.html",
        # Adam moves a narrow network's outputs less at the same rate, hence the higher one.
        quick={"epochs": 8, "batch_size": 16, "lr": 0.0005, "ngf": 32, "ndf": 16, "sample_every": 50},
    ),
)}
