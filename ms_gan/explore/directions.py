"""Principal directions of a generator's first layer: GANSpace, Härkönen et al. 2020,
arXiv:2004.02546.

The first layer's outputs y of many latent vectors z are decomposed by PCA: y = mean + V x. Linear
regression then finds the latent directions U that move x: z = U x. A step of one standard
deviation of x_k along U's column k is what the strips are made of.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import numpy as np

from ms_gan import pictures
from ms_gan.errors import GanError
from ms_gan.explore import panels
from ms_gan.explore.generators import trained
from ms_gan.streams import stream

if TYPE_CHECKING:
    from mindspore import nn

REACH, IMAGES = 2.0, 9  # standard deviations either way; images of a strip

log = logging.getLogger(__name__)


def explore(asked: dict[str, Any]) -> None:
    """Write a strip of images for each of the first directions."""
    out = pictures.check_format(asked["out"], (".png", ".jpg", ".jpeg"))
    generator = trained(asked)
    sampler, count = generator.sampler, asked["count"]
    drawn = sampler.draw(
        stream(asked["seed"], "principal directions"), asked["samples"], sampler.nz
    )
    steps, shares = principal(drawn, first_layer(generator.network, drawn), count)
    origin = generator.images.latents([asked["around"]])[0]
    rows = []
    for number, (step, share) in enumerate(zip(steps, shares), 1):
        pixels = generator.images.render(strip(origin, step))
        rows.append((f"direction {number}: {share:.1%} of the variance", panels.row(pixels)))
    pictures.save(panels.stacked(rows), out)
    log.info(
        "%s: %d of %d directions from -%g to +%g standard deviations around seed %d",
        out,
        len(steps),
        sampler.nz,
        REACH,
        REACH,
        asked["around"],
    )


def first_layer(network: nn.Cell, vectors: np.ndarray) -> np.ndarray:
    """What a generator's first layer, dense or a transposed convolution, makes of latent vectors.

    Args:
        network: a generator.
        vectors: float32 (N, nz).

    Returns:
        float32 (N, features), before normalisation and activation.

    Raises:
        GanError: its first layer is another one.
    """
    weights = [(name, p.asnumpy()) for name, p in network.parameters_and_names() if p.ndim > 1]
    name, weight = weights[0]
    if weight.ndim == 4 and len(weight) == vectors.shape[1]:  # of a 1x1 map to (outputs, k, k)
        matrix = weight.reshape(len(weight), -1)
    elif weight.ndim == 2 and weight.shape[1] == vectors.shape[1]:
        matrix = weight.T
    else:
        raise GanError(f"the first layer's weight, {name} {weight.shape}, takes no latent vectors")
    return vectors @ matrix  # a bias moves the mean alone, which PCA takes away


def principal(
    vectors: np.ndarray, outputs: np.ndarray, count: int
) -> tuple[np.ndarray, np.ndarray]:
    """The latent steps that move a layer's outputs along their principal components.

    Args:
        vectors: latent vectors (N, nz).
        outputs: what the layer makes of them, (N, features).
        count: the number of components; no more than there are with any variance are found.

    Returns:
        Latent steps of one standard deviation each, float32 (count, nz), and the components' shares
          of the variance, float (count,), falling.
    """
    centred = outputs.astype(np.float64) - outputs.mean(0)
    # Of the two Gram matrices the smaller one: both have the same eigenvalues.
    wide = centred.shape[0] < centred.shape[1]
    values, found = np.linalg.eigh(centred @ centred.T if wide else centred.T @ centred)
    order = np.argsort(values)[::-1][:count]
    order = order[values[order] > 1e-9 * values[-1]]
    scores = found[:, order] * np.sqrt(values[order]) if wide else centred @ found[:, order]
    deviations = scores.std(0)
    # The scores are uncorrelated, so regression is one product for each of them.
    steps = scores.T @ (vectors - vectors.mean(0)) / (len(vectors) * deviations[:, None])
    return steps.astype(np.float32), values[order] / values.sum()


def strip(origin: np.ndarray, step: np.ndarray) -> np.ndarray:
    """Latent vectors (IMAGES, nz) on a straight line through `origin`, `REACH` steps either way."""
    return (origin + np.linspace(-REACH, REACH, IMAGES)[:, None] * step).astype(np.float32)
