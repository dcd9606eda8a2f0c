"""What a discriminator has learnt to look for: its first filters, and what excites later ones.

The DCGAN paper's figure 5 shows the latter by guided backpropagation. Here the image patches that
a channel sees when it responds most are cut out: its receptive field (Zeiler & Fergus 2014,
arXiv:1311.2901, show such patches, too).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ms_gan import pictures
from ms_gan.errors import UsageError
from ms_gan.explore import panels
from ms_gan.explore.discriminators import Discriminator, Window, discriminators
from ms_gan.explore.real import real_images
from ms_gan.streams import stream

CHANNELS, PATCHES = 6, 6  # rows, and images in each, where the user names no channels
OUTSIDE = 128  # the grey of a patch outside of its image

log = logging.getLogger(__name__)


def explore(asked: dict[str, Any]) -> None:
    """Write one picture: the first filters, then patches of the trained and the random one."""
    out = pictures.check_format(asked["out"], (".png", ".jpg", ".jpeg"))
    learnt, untrained, split = discriminators(Path(asked["discriminator"]), asked)
    layer, last = asked["layer"], len(learnt.windows)
    if layer is not None and layer > last:
        raise UsageError(f"--layer {layer}: the discriminator has {last}; choose from 1 to {last}")
    depth = layer or last
    data = real_images(learnt.recipe, asked, split)
    order = stream(0, "explored").permutation(data.count)[: asked["count"]]
    pixels = np.concatenate(list(data.rows(np.sort(order), 256)))
    filters = [pictures.grid(drawn_filters(one.weight)) for one in (learnt, untrained)]
    patches = [
        excited(one, pixels, depth, chosen)
        for one, chosen in ((learnt, asked["channels"]), (untrained, None))
    ]
    gathered = [panels.beside(*pair) for pair in (filters, [image for _, image in patches])]
    named = ", ".join(map(str, patches[0][0]))
    label = f"What excites channels {named} of layer {depth} most; right: a random discriminator"
    rows = [("Filters of the first layer; right: of a random discriminator", gathered[0])]
    pictures.save(panels.stacked([*rows, (label, gathered[1])]), out)
    log.info(
        "%s: %d first filters, and what of %d images excites channels %s of layer %d most",
        out,
        len(learnt.weight),
        len(pixels),
        named,
        depth,
    )


def drawn_filters(weight: np.ndarray) -> np.ndarray:
    """Filters as images: a weight of 0 is grey, the largest of each filter black or white.

    Args:
        weight: (outputs, channels, k, k). Of other than 3 channels the mean is drawn.

    Returns:
        uint8 (outputs, k, k, 3 or 1), enlarged to 32 pixels or a little less.
    """
    if weight.shape[1] != 3:
        weight = weight.mean(1, keepdims=True)
    largest = np.abs(weight).max((1, 2, 3), keepdims=True)
    factor = 32 // weight.shape[2]
    pixels = pictures.to_pixels(weight / np.maximum(largest, 1e-12))
    return pixels.repeat(factor, axis=1).repeat(factor, axis=2)


def excited(
    discriminator: Discriminator, pixels: np.ndarray, depth: int, channels: Sequence[int] | None
) -> tuple[list[int], Image.Image]:
    """Which channels, and a row of the patches for each that excite it most.

    Args:
        discriminator: whose channels.
        pixels: uint8 (N, C, H, W).
        depth: the layer, counted from 1.
        channels: which of it, or None for those with the largest response.

    Raises:
        UsageError: there is no such channel.
    """
    strongest, places = peaks([layers[depth - 1] for layers in discriminator.activations(pixels)])
    chosen = list(channels) if channels is not None else most_responsive(strongest)
    if max(chosen) >= strongest.shape[1]:
        raise UsageError(
            f"--channels {max(chosen)}: layer {depth} has {strongest.shape[1]}; choose from 0 to "
            f"{strongest.shape[1] - 1}"
        )
    field = receptive_field(discriminator.windows[:depth])
    shown = []
    for channel in chosen:
        best = np.argsort(-strongest[:, channel], kind="stable")[:PATCHES]
        shown += [patch(pixels[image], places[image, channel], field) for image in best]
    columns = min(PATCHES, len(pixels))
    return chosen, panels.row(np.stack(shown), columns)


def peaks(activations: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Each image's largest activation in each channel, and where it is.

    Args:
        activations: of a layer, batches (n, channels, height, width).

    Returns:
        float32 (N, channels), and int (N, channels, 2) of rows and columns.
    """
    values, places = [], []
    for batch in activations:
        flat = batch.reshape(*batch.shape[:2], -1)
        values.append(flat.max(2))
        places.append(np.stack(np.divmod(flat.argmax(2), batch.shape[3]), axis=2))
    return np.concatenate(values), np.concatenate(places)


def most_responsive(strongest: np.ndarray) -> list[int]:
    """The channels whose `PATCHES` largest activations, (N, channels), are largest in the mean."""
    mean = -np.sort(-strongest, axis=0)[:PATCHES].mean(0)
    return [int(channel) for channel in np.argsort(-mean, kind="stable")[:CHANNELS]]


def receptive_field(windows: Sequence[Window]) -> tuple[int, int, int]:
    """What a number behind some convolutions sees of the image, along one axis.

    Args:
        windows: (kernel, stride, padding) of each in turn.

    Returns:
        (size, step, start): number i sees `size` pixels from `start + i * step` on, which may begin
          before the image and end behind it.
    """
    size, step, start = 1, 1, 0
    for kernel, stride, padding in windows:
        size += (kernel - 1) * step
        start -= padding * step
        step *= stride
    return size, step, start


def patch(image: np.ndarray, place: np.ndarray, field: tuple[int, int, int]) -> np.ndarray:
    """What a number in a row and column sees of an image, (C, H, W), grey outside: (s, s, C)."""
    size, step, start = field
    top, left = (start + int(number) * step for number in place)
    margin = size + abs(start)
    around = np.pad(image, ((0, 0), (margin, margin), (margin, margin)), constant_values=OUTSIDE)
    seen = around[:, top + margin : top + margin + size, left + margin : left + margin + size]
    return seen.transpose(1, 2, 0)
