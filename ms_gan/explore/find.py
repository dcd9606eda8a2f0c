"""The latent vector whose image comes nearest to a given picture, by gradient descent through the
generator (Lipton & Tripathi 2017, arXiv:1702.04782; Zhu et al. 2016, arXiv:1609.03552).

Descent ends in the next hollow, so it begins at several places: the best of many random latents.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mindspore as ms
import numpy as np
from mindspore import Parameter, Tensor, nn, ops
from PIL import Image
from tqdm.auto import tqdm

from ms_gan import pictures
from ms_gan.data.base import scaled
from ms_gan.data.decode import Square, Unusable, read_image
from ms_gan.errors import GanError, UsageError
from ms_gan.explore import panels
from ms_gan.explore.generators import Trained, trained
from ms_gan.files import atomic_file
from ms_gan.in_turns import in_turns
from ms_gan.runtime import quiet
from ms_gan.streams import stream

COARSE = 4  # the side of the squares of pixels that the second scale averages
STARTS = 8  # latents that descend at once
LR = 0.05

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Search:
    """How long to look: random latents to begin with, and steps of Adam."""

    tries: int = 1024
    steps: int = 300
    seed: int = 0


def explore(asked: dict[str, Any]) -> None:
    """Write the picture beside the nearest image, and the latent vector."""
    out = pictures.check_format(asked["out"], (".png", ".jpg", ".jpeg"))
    vector_file = Path(asked["out_latent"])
    if vector_file.suffix != ".npy":
        raise UsageError(f"--out-latent {vector_file}: expected a name ending in .npy")
    picture = _read(Path(asked["picture"]))
    generator = trained(asked)
    search = Search(asked["tries"], asked["steps"], asked["seed"])
    shape = generator.images.generate([0]).shape[1:]
    target = fitted(picture, shape[0], shape[2])
    vector, first, last = nearest(generator, target, search)
    pixels = np.stack([target, generator.images.render(vector[None])[0]])
    label = "the picture, and the nearest image found"
    pictures.save(panels.stacked([(label, panels.row(pixels.repeat(2, 1).repeat(2, 2)))]), out)
    with atomic_file(vector_file) as temporary:
        np.save(temporary, vector)
    log.info(
        "%s: distance %.4f, from %.4f at the best of %d random latents; %s: the vector, of "
        "length %.1f",
        out,
        last,
        first,
        search.tries,
        vector_file,
        np.linalg.norm(vector),
    )


def fitted(picture: Image.Image, side: int, channels: int) -> np.ndarray:
    """An RGB Pillow image as a generator's images are: uint8 (side, side, channels)."""
    pixels = Square(side)(picture).transpose(1, 2, 0)
    if channels == 3:
        return pixels
    return np.rint(pixels.mean(2, keepdims=True)).astype(np.uint8)


def nearest(
    generator: Trained, target: np.ndarray, search: Search
) -> tuple[np.ndarray, float, float]:
    """Look for the latent vector whose image is nearest to a target.

    The distance is the mean squared difference of the pixels in [-1, 1], averaged over two scales.

    Args:
        generator: the generator.
        target: uint8 (side, side, channels).
        search: how long to look.

    Returns:
        The vector, float32 (nz,), and the distances before and after the descent.
    """
    sampler = generator.sampler
    drawn = sampler.draw(stream(search.seed, "first guesses"), search.tries, sampler.nz)
    far = [distance(image, target) for image in generator.images.render(drawn)]
    best = np.argsort(far)[:STARTS]
    starts = drawn[np.resize(best, STARTS)]
    aim = scaled(target.transpose(2, 0, 1)[None], sampler.data_range).asnumpy()
    vectors = Parameter(Tensor(starts), name="explore.latents")
    aim = Tensor(aim / sampler.data_range)
    step = _descent(generator.network, vectors, aim, sampler.data_range)
    found, least = starts.copy(), np.full(STARTS, np.inf)
    for _ in tqdm(range(search.steps + 1), desc="finding", leave=False, disable=None):
        before = vectors.asnumpy().copy()
        with quiet():
            outputs = step()
        distances = outputs[0].asnumpy()
        better = distances < least
        found[better], least[better] = before[better], distances[better]
    winner = int(least.argmin())
    return found[winner], float(min(far)), float(least[winner])


def distance(image: np.ndarray, target: np.ndarray) -> float:
    """The distance of two images, uint8 (side, side, channels), that `nearest` makes smaller."""
    difference = (image.astype(np.float32) - target) / 127.5
    side, _, channels = difference.shape
    squares = difference.reshape(side // COARSE, COARSE, side // COARSE, COARSE, channels)
    return float(((difference**2).mean() + (squares.mean((1, 3)) ** 2).mean()) / 2)


def _descent(
    network: nn.Cell, vectors: Parameter, aim: Tensor, data_range: float
) -> Callable[[], tuple[Tensor, ...]]:
    """A compiled step of Adam on latent vectors, which gives their distances before it."""
    network.set_train(False)
    optimizer = nn.Adam([vectors], learning_rate=LR, beta1=0.9, beta2=0.999)
    count, side = vectors.shape[0], aim.shape[2] // COARSE

    def distances():
        difference = network(vectors) / data_range - aim
        squares = difference.reshape(count, -1, side, COARSE, side, COARSE)
        coarse = squares.mean((3, 5))
        fine = (difference * difference).reshape(count, -1).mean(1)
        each = (fine + (coarse * coarse).reshape(count, -1).mean(1)) / 2
        return each.sum(), each

    descend = ms.value_and_grad(distances, None, optimizer.parameters, has_aux=True)

    @ms.jit
    def step():
        (_, each), gradients = descend()
        return ops.depend(each, optimizer(gradients)), each

    return in_turns(step)


def _read(file: Path) -> Image.Image:
    try:
        return read_image(file)
    except Unusable as error:
        raise GanError(
            f"{file}: can't be read: {error}; expected a JPEG, PNG or BMP picture"
        ) from None
