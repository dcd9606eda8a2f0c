"""Trained generators of images from latent vectors, with what exploring needs of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ms_gan.errors import UsageError
from ms_gan.load import trained_generator
from ms_gan.samplers.images import ImageGenerator, ImageSampler

if TYPE_CHECKING:
    from mindspore import nn

    from ms_gan.recipes.base import Recipe


@dataclass(frozen=True)
class Trained:
    """A trained generator.

    Attributes:
        network: from latent vectors (N, nz) to images (N, C, H, W).
        sampler: tells its latent vectors and the range of its images.
        images: makes pixels.
    """

    network: nn.Cell
    sampler: ImageSampler
    images: ImageGenerator


def trained(asked: dict[str, Any]) -> Trained:
    """The generator that a command was asked for by `ckpt`, `device` and `device_id`.

    Raises:
        GanError: it can't be loaded, see `ms_gan.load`.
        UsageError: it doesn't make images from latent vectors.
    """
    path = asked["ckpt"]
    recipe, network = trained_generator(path, asked["device"], asked["device_id"])
    sampler = image_sampler(recipe, f"--ckpt {path}")
    return Trained(network, sampler, sampler.generator(network, recipe.batch_statistics))


def image_sampler(recipe: Recipe, where: str) -> ImageSampler:
    """The recipe's sampler.

    Raises:
        UsageError: it isn't one of images from latent vectors; the message begins with `where`.
    """
    sampler = recipe.sampler()
    if not isinstance(sampler, ImageSampler):
        raise UsageError(
            f"{where}: of {recipe.name}, which makes no images from latent vectors; expected a run "
            "of faces or digits"
        )
    return sampler
