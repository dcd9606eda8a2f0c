"""Images from noise: grids in training, then grids, single files and walks."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ms_gan import latents, pictures
from ms_gan.errors import UsageError
from ms_gan.inference import infer
from ms_gan.samplers.base import Arrays, Generator, Request, Sampler, stacked
from ms_gan.streams import stream

if TYPE_CHECKING:
    from mindspore import nn
    from PIL import Image

GRID_LIMIT = 1024  # more images than anyone looks at in one picture
PICTURES, MOVIES = (".png", ".jpg", ".jpeg"), (".gif",)

log = logging.getLogger(__name__)


@dataclass
class ImageSampler(Sampler):
    """Grids of images from latents."""

    nz: int  # the size of a latent vector
    draw: latents.Draw
    count: int  # images in a grid
    columns: int  # images in its rows
    data_range: float = 1.0  # the largest absolute value of the images (N, C, H, W)

    def real(self, batch: Arrays) -> Image.Image:
        """A grid of the first real images."""
        return self._grid(batch[0][: self.count])

    def fixed(self, batches: Any, seed: int) -> Arrays:
        """One latent vector for each image of a grid, the same for the whole run."""
        return (self.draw(stream(seed, "fixed samples"), self.count, self.nz),)

    def inputs(self, batches: Any, seed: int, passes: int) -> dict[str, list[np.ndarray]]:
        """Latents of as many images at a time as a generator makes."""
        count = ImageGenerator.batch
        drawn = self.draw(stream(seed, "statistics"), passes * count, self.nz)
        return {"generator": np.split(drawn, passes)}

    def picture(self, networks: Mapping[str, nn.Cell], fixed: Arrays) -> Image.Image:
        """A grid of what the generator makes of the fixed latents, in inference mode."""
        images = infer(networks["generator"], *fixed)
        self.std = float(images.std(0).mean()) / (2 * self.data_range)
        return self._grid(images)

    def generator(self, network: nn.Cell, batch_statistics: bool) -> ImageGenerator:
        return ImageGenerator(network, batch_statistics, self)

    def describe(self) -> dict[str, Any]:
        """Latent vectors, what they are drawn by, images, and their range."""
        ends = {"input": "latents", "input_shape": [self.nz], "output": "images"}
        return {**ends, "drawn": self.draw.__name__, "data_range": self.data_range}

    def _grid(self, images: np.ndarray) -> Image.Image:
        return pictures.grid(pictures.to_pixels(images, self.data_range), self.columns)


class ImageGenerator(Generator):
    """Makes images from seeds, in the latents, the range and the columns of a sampler."""

    _sampler: ImageSampler

    def generate(self, seeds: Iterable[int]) -> np.ndarray:
        """Make one image of each seed: uint8 (count, height, width, channels)."""
        return stacked(self.images(latents.checked(seeds)))

    def walk(self, seeds: Iterable[int], frames: int) -> np.ndarray:
        """Make the frames of a walk through the latents of some seeds and back to the first.

        Args:
            seeds: whole numbers of at least 0.
            frames: the number of images on the whole way.

        Returns:
            Images, uint8 (frames, height, width, channels).
        """
        return self.render(latents.walk(self.latents(seeds), frames, self._sampler.draw))

    def latents(self, seeds: Iterable[int]) -> np.ndarray:
        """The latent vectors of some seeds, from which `generate` makes images.

        Args:
            seeds: whole numbers of at least 0.

        Returns:
            float32 (count, nz).
        """
        return latents.of_seeds(latents.checked(seeds), self._sampler.nz, self._sampler.draw)

    def render(self, vectors: np.ndarray) -> np.ndarray:
        """Make one image of each latent vector.

        Args:
            vectors: float32 (count, nz), at least one.

        Returns:
            Images, uint8 (count, height, width, channels).
        """
        return stacked(self.stream(enumerate(vectors), len(vectors)))

    def write(self, request: Request) -> None:
        """Write a grid, or with --separate one file a seed, or with --interpolate a GIF."""
        request.refuse(
            ["input"], "for generators that translate images; this one makes them from seeds"
        )
        if request.separate and request.out:
            raise UsageError(
                "--out names one picture, --separate a folder for many; give one of them"
            )
        if request.interpolate:
            self._write_walk(request.chosen(8), request.interpolate, request.out or "walk.gif")
        elif request.separate:
            self._write_files(request.chosen(24), Path(request.separate))
        else:
            self._write_grid(request.chosen(24), request.out or "generated.png")

    def images(self, seeds: Sequence[int]) -> Iterator[tuple[int, np.ndarray]]:
        """Yield (seed, pixels), uint8 (height, width, channels), for each seed.

        Raises:
            UsageError: the seeds are no whole numbers of at least 0.
        """
        sampler, seeds = self._sampler, latents.checked(seeds)
        drawn = ((seed, latents.of_seeds([seed], sampler.nz, sampler.draw)[0]) for seed in seeds)
        return self.stream(drawn, len(seeds))

    def finish(self, outputs: np.ndarray) -> np.ndarray:
        return pictures.to_pixels(outputs, self._sampler.data_range)

    def _write_grid(self, seeds: Sequence[int], name: str) -> None:
        out = pictures.check_format(name, PICTURES)
        if len(seeds) > GRID_LIMIT:
            raise UsageError(
                f"{len(seeds)} images are too many for one picture (at most {GRID_LIMIT}); "
                "give --separate FOLDER to have one file each"
            )
        pictures.save(pictures.grid(self.generate(seeds), self._sampler.columns), out)
        log.info("%s: %d images", out, len(seeds))

    def _write_files(self, seeds: Sequence[int], folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        pictures.save_all(
            (pictures.to_image(pixels), folder / f"seed{seed:06d}.png")
            for seed, pixels in self.images(seeds)
        )
        log.info("%s: %d images", folder, len(seeds))

    def _write_walk(self, seeds: Sequence[int], frames: int, name: str) -> None:
        out = pictures.check_format(name, MOVIES)
        pictures.save_walk(self.walk(seeds, frames), out)
        log.info("%s: %d frames through %d seeds", out, frames, len(seeds))
