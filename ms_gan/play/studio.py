"""What is asked for, made into pixels. One call at a time reaches MindSpore."""

from __future__ import annotations

import io
import shlex
import threading
import warnings
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import mindspore as ms
import numpy as np
from PIL import Image

from ms_gan import latents
from ms_gan.data.decode import FORMATS, Unusable, decode
from ms_gan.errors import UsageError
from ms_gan.explore.arithmetic import combined
from ms_gan.explore.directions import first_layer, principal
from ms_gan.load import trained_generator
from ms_gan.runtime import quiet
from ms_gan.samplers.images import ImageGenerator, ImageSampler
from ms_gan.samplers.translations import PairSampler, Translator
from ms_gan.streams import stream

DIRECTIONS, SAMPLES = 6, 2000  # directions of the sliders; latent vectors to find them with
SHOWN = 24  # images of a page
LONGEST_SIDE = 4096  # pixels of an image to translate


class Studio(ABC):
    """A trained generator for the page."""

    def __init__(self, about: dict[str, Any]) -> None:
        self._about = about
        self.lock = threading.Lock()  # held by whoever computes

    def about(self) -> dict[str, Any]:
        """What the page has to know, as JSON can hold it."""
        return self._about

    @abstractmethod
    def warm_up(self) -> None:
        """Compile all that requests need, so that none of them waits for it."""

    def close(self) -> None:
        """Wait for what is computed, and let nobody compute any more.

        MindSpore aborts a process that ends in the middle of its work.
        """
        self.lock.acquire()


class Images(Studio):
    """Makes images of latent vectors."""

    def __init__(
        self, images: ImageGenerator, sampler: ImageSampler, about: dict[str, Any]
    ) -> None:
        super().__init__({"kind": "images", "shown": SHOWN, **about})
        self._images = images
        self._sampler = sampler

    @property
    def nz(self) -> int:
        """The length of a latent vector."""
        return self._sampler.nz

    def latents(self, seeds: Sequence[int]) -> np.ndarray:
        """The latent vectors of some seeds: float32 (count, nz)."""
        return self._images.latents(seeds)

    def mixed(self, a: np.ndarray, b: np.ndarray, c: np.ndarray) -> np.ndarray:
        """mean(a) - mean(b) + mean(c) of vectors (count, nz) each: float32 (nz,)."""
        return combined(a, b, c)

    def between(self, a: np.ndarray, b: np.ndarray, share: float) -> np.ndarray:
        """The vector at a share of the way from a to b, see `latents.walk`: float32 (nz,)."""
        return latents.between(a, b, share, self._sampler.draw)

    def render(self, vectors: np.ndarray, quick: bool = False) -> np.ndarray:
        """Make one image of each latent vector.

        Args:
            vectors: float32 (count, nz), at least one.
            quick: computes them one at a time, which is faster for a single one. Otherwise they are
              computed in `ms_gan.generate`'s batches, and equal what that writes to the last bit.

        Returns:
            Images, uint8 (count, height, width, channels).
        """
        size = 1 if quick else self._images.batch
        with self.lock:
            made = [
                self._computed(vectors[begin : begin + size], size)
                for begin in range(0, len(vectors), size)
            ]
        return np.concatenate(made)

    def warm_up(self) -> None:
        """Compile for both sizes of batches."""
        with quiet():  # MindSpore warns where it has compiled another generator before
            for quickly in (True, False):
                self.render(np.zeros((1, self.nz), np.float32), quickly)

    def _computed(self, vectors: np.ndarray, size: int) -> np.ndarray:
        """Images of up to `size` vectors, computed as a batch of just that size."""
        inputs = np.zeros((size, self.nz), np.float32)
        inputs[: len(vectors)] = vectors
        outputs = self._images.compute(ms.Tensor(inputs))
        return self._images.finish(outputs[0].asnumpy())[: len(vectors)]


class Translations(Studio):
    """Translates images."""

    def __init__(self, translator: Translator, sampler: PairSampler, about: dict[str, Any]) -> None:
        super().__init__({"kind": "translations", "size": sampler.size, **about})
        self._translator = translator
        self._size = sampler.size

    def translate(self, content: bytes) -> np.ndarray:
        """Translate an image.

        Args:
            content: that of a JPEG, PNG or BMP file.

        Returns:
            The translation, uint8 (size, size, 3).

        Raises:
            UsageError: it can't be decoded, or is larger than `LONGEST_SIDE`.
        """
        with self.lock:
            return self._translator.translate([_decoded(content)])[0]

    def warm_up(self) -> None:
        """Compile."""
        with self.lock, quiet():
            self._translator.translate([Image.new("RGB", (self._size, self._size))])


def open_studio(ckpt: str, device: str, device_id: int) -> Images | Translations:
    """The studio of a trained generator.

    Args:
        ckpt: its `generator.ckpt`.
        device: as `ms_gan.load` takes it.
        device_id: the number of the card.

    Raises:
        GanError: it can't be loaded, see `ms_gan.load`.
        UsageError: it makes no images.
    """
    recipe, network = trained_generator(ckpt, device, device_id)
    sampler = recipe.sampler()
    about = {"recipe": recipe.name, **_commands(ckpt)}
    if isinstance(sampler, PairSampler):
        translator = sampler.generator(network, recipe.batch_statistics)
        return Translations(translator, sampler, about)
    if not isinstance(sampler, ImageSampler):
        raise UsageError(f"--ckpt {ckpt}: of {recipe.name}, which makes no images")
    drawn = sampler.draw(stream(0, "principal directions"), SAMPLES, sampler.nz)
    steps, shares = principal(drawn, first_layer(network, drawn), DIRECTIONS)
    about.update(directions=steps.tolist(), shares=shares.tolist())
    return Images(sampler.generator(network, recipe.batch_statistics), sampler, about)


def _commands(ckpt: str) -> dict[str, str]:
    """What the page shows to make the same images without it."""
    return {
        "generate": f"python -m ms_gan.generate --ckpt {shlex.quote(ckpt)}",
        "python": "import ms_gan, numpy\n"
        f'pixels = ms_gan.load({ckpt!r}).render(numpy.load("latent.npy")[None])',
    }


def _decoded(content: bytes) -> Image.Image:
    """The image of a file's content. Its size is looked at before it is decoded."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, of large images, which are refused
        _check_size(content)
        try:
            return decode(content)
        except Unusable as reason:
            raise UsageError(f"the picture can't be read: {reason}") from None


def _check_size(content: bytes) -> None:
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            width, height = image.size
    except Exception:  # whatever Pillow raises, `decode` tells why
        return
    if max(width, height) > LONGEST_SIDE:
        raise UsageError(
            f"the picture has {width}x{height} pixels; "
            f"expected at most {LONGEST_SIDE}x{LONGEST_SIDE}"
        )
