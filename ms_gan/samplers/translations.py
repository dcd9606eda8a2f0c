"""Images translated into images: rows in training, then folders of pictures."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image, ImageOps

from ms_gan import pictures
from ms_gan.data.decode import Unusable, read_image, to_rgb
from ms_gan.data.listing import ENDING, name_some, require_images
from ms_gan.errors import GanError, UsageError
from ms_gan.inference import infer
from ms_gan.samplers.base import Arrays, Generator, Request, Sampler, stacked

if TYPE_CHECKING:
    from mindspore import nn

MEASURED = 64  # images of either side that running statistics are measured on, as memory is scarce
HOW = "give --input FOLDER --out FOLDER"

log = logging.getLogger(__name__)


@dataclass
class PairSampler(Sampler):
    """Translations whose targets are known: rows of input, output and target."""

    count: int  # rows in a picture
    size: int  # the images' side
    batch_statistics: bool  # of the image at hand, as in pix2pix, instead of the running ones

    def real(self, batch: Arrays) -> Image.Image:
        """Inputs and targets of a batch, side by side."""
        return _rows([side[: self.count] for side in batch])

    def fixed(self, batches: Any, seed: int) -> Arrays:
        """Inputs and targets held out from training."""
        return batches.held_out(self.count)

    def picture(self, networks: Mapping[str, nn.Cell], fixed: Arrays) -> Image.Image:
        """One row for each fixed pair: input, output, target."""
        inputs, targets = fixed
        return _rows([inputs, self._translated(networks["generator"], inputs), targets])

    def generator(self, network: nn.Cell, batch_statistics: bool) -> Translator:
        return Translator(network, batch_statistics, self)

    def describe(self) -> dict[str, Any]:
        """Images and their translations, both in [-1, 1]."""
        shape = [3, self.size, self.size]
        return {"input": "images", "input_shape": shape, "output": "translations"}

    def fit(self, image: Image.Image) -> Image.Image:
        """An RGB image in the network's size, made as the training makes its inputs."""
        return image.resize((self.size, self.size), Image.Resampling.BICUBIC)

    def _translated(self, network: nn.Cell, images: np.ndarray) -> np.ndarray:
        """Translations, made one by one: the statistics of a batch are those of one image."""
        how = self.batch_statistics
        made = [infer(network, image[None], batch_statistics=how) for image in images]
        return np.concatenate(made)


class CycleSampler(PairSampler):
    """Translations there and back: rows of X, X to Y, that to X, then Y, Y to X, that to Y."""

    def fixed(self, batches: Any, seed: int) -> Arrays:
        """As many images held out from X as from Y."""
        sides = batches.held_out(self.count)
        return tuple(side[: min(map(len, sides))] for side in sides)

    def inputs(self, batches: Any, seed: int, passes: int) -> dict[str, list[np.ndarray]]:
        """Some images of X and of Y, as the training's first batches have them."""
        count = min(passes, -(-MEASURED // batches.batch_size))
        with contextlib.closing(batches.from_step(0)) as first:
            pairs = [[side.asnumpy() for side in batch] for batch in islice(first, count)]
        x, y = map(list, zip(*pairs))
        return {"generator": x, "generator_back": y}

    def picture(self, networks: Mapping[str, nn.Cell], fixed: Arrays) -> Image.Image:
        """One row for each fixed pair of images."""
        g_xy, g_yx = networks["generator"], networks["generator_back"]
        x, y = fixed
        fake_y, fake_x = self._translated(g_xy, x), self._translated(g_yx, y)
        back_x, back_y = self._translated(g_yx, fake_y), self._translated(g_xy, fake_x)
        return _rows([x, fake_y, back_x, y, fake_x, back_y])

    def fit(self, image: Image.Image) -> Image.Image:
        """An RGB image scaled to its shorter side and cut at the centre."""
        return ImageOps.fit(image, (self.size, self.size), Image.Resampling.BILINEAR)


class Translator(Generator):
    """Translates images one at a time, as batch statistics would mix those of a batch."""

    batch = 1

    _sampler: PairSampler

    def translate(self, images: Iterable[np.ndarray | Image.Image]) -> np.ndarray:
        """Translate images of any size: uint8 (count, size, size, 3)."""
        given = _checked(images)
        inputs = ((index, self._input(image)) for index, image in enumerate(given))
        return stacked(self.stream(inputs, len(given)))

    def write(self, request: Request) -> None:
        """Translate the images of the folder --input into PNGs of the same names in --out.

        Broken files are named by warnings (the first ten), counted and left out.
        """
        request.refuse(
            ["seeds", "count", "separate", "interpolate"],
            f"for generators that make images from seeds; this one translates: {HOW}",
        )
        if not request.input or not request.out:
            raise UsageError(f"this generator translates images: {HOW}")
        source, out = Path(request.input), Path(request.out)
        targets = _targets(source, out)
        broken: dict[Path, str] = {}
        sound = self._sound(targets, broken)
        pictures.save_all(
            (pictures.to_image(pixels), target)
            for target, pixels in self.stream(sound, len(targets))
        )
        name_some(broken)
        if len(broken) == len(targets):
            raise GanError(
                f"{source}: all {len(targets)} files {ENDING} are broken; "
                "expected images that Pillow can read"
            )
        if broken:
            log.warning("%d of %d images are broken and left out", len(broken), len(targets))
        log.info("%s: %d images", out, len(targets) - len(broken))

    def finish(self, outputs: np.ndarray) -> np.ndarray:
        return pictures.to_pixels(outputs)

    def _sound(
        self, targets: Mapping[Path, Path], broken: dict[Path, str]
    ) -> Iterator[tuple[Path, np.ndarray]]:
        """Yield (target, input) for each file that can be read; add the others to `broken`."""
        for file, target in targets.items():
            try:
                yield target, self._input(read_image(file))
            except Unusable as reason:
                broken[file] = f"broken: {reason}"

    def _input(self, image: Image.Image) -> np.ndarray:
        """An RGB image as float32 (3, size, size) in [-1, 1]."""
        pixels = np.asarray(self._sampler.fit(image), np.float32)
        return pixels.transpose(2, 0, 1) / np.float32(127.5) - 1


def _targets(source: Path, out: Path) -> dict[Path, Path]:
    """What each image file of the folder `source` becomes in the folder `out`."""
    if not source.is_dir():
        raise UsageError(f"--input {source}: no such folder; expected a folder of images")
    if out.resolve() == source.resolve():
        raise UsageError(
            f"--out {out}: the folder of --input, whose images would be overwritten; "
            "name another one"
        )
    files = require_images(source)
    targets = [(out / file.relative_to(source)).with_suffix(".png") for file in files]
    if len(set(targets)) < len(targets):
        twice = next(target for target in targets if targets.count(target) > 1)
        raise UsageError(
            f"--input {source}: two of its images would both become {twice}; rename one of them"
        )
    return dict(zip(files, targets))


def _checked(images: Iterable[np.ndarray | Image.Image]) -> list[Image.Image]:
    """Images as Pillow images in RGB. Raises UsageError for what is no image."""
    expected = "expected uint8 (height, width, 3) or a Pillow image"
    if isinstance(images, Image.Image) or not isinstance(images, Iterable):
        raise UsageError(f"images: {type(images).__name__}; expected several images, as in [image]")
    found = []
    for index, image in enumerate(images):
        if isinstance(image, Image.Image):
            found.append(to_rgb(image.copy()))
        elif not isinstance(image, np.ndarray):
            raise UsageError(f"images[{index}]: {type(image).__name__}; {expected}")
        elif image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or not image.size:
            raise UsageError(f"images[{index}]: {image.dtype} {image.shape}; {expected}")
        else:
            found.append(Image.fromarray(image))
    if not found:
        raise UsageError("images: none given; expected at least one")
    return found


def _rows(columns: Sequence[np.ndarray]) -> Image.Image:
    """Images of equally long columns, arrays (count, 3, height, width) in [-1, 1], row by row."""
    rows = np.stack(columns, 1)
    images = rows.reshape(-1, *rows.shape[2:])
    return pictures.grid(pictures.to_pixels(images), len(columns))
