"""A trained generator from its checkpoint."""

from __future__ import annotations

import os
from argparse import ArgumentParser
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ms_gan import layers, options, pretrained, runtime
from ms_gan.errors import GanError, UsageError
from ms_gan.recipes import RECIPES

if TYPE_CHECKING:
    from mindspore import nn

    from ms_gan.recipes.base import Recipe
    from ms_gan.samplers.base import Generator

DEVICES = ("auto", *runtime.DEVICES)
STATISTICS = ("recipe", "running", "batch")


def load(
    path: str | Path, device: str = "auto", device_id: int = 0, statistics: str = "recipe"
) -> Generator:
    """Load a trained generator.

    Args:
        path: `generator.ckpt` of a run, which needs nothing else, or the name of a generator that
          comes with ms_gan, see `ms_gan.pretrained`.
        device: "Ascend", "GPU" or "CPU", or "auto" for the first of them that is there.
        device_id: the number of the card.
        statistics: what batch normalisation uses: "running" or "batch" statistics, or "recipe" for
          what the recipe does.

    Returns:
        A generator, which makes images or points by `generate(seeds)` or translates images by
          `translate(images)`.

    Raises:
        GanError: the file isn't a generator's checkpoint, or MindSpore can't run.
        UsageError: the device isn't there, or an argument isn't one of those above.
    """
    for name, value, known in (("device", device, DEVICES), ("statistics", statistics, STATISTICS)):
        if value not in known:
            raise UsageError(f"{name} {value!r}: expected one of {', '.join(known)}")
    recipe, network = trained_generator(path, device, device_id)
    by_batch = {"recipe": recipe.batch_statistics, "running": False, "batch": True}[statistics]
    return recipe.sampler().generator(network, by_batch)


def trained_generator(
    path: str | Path, device: str = "auto", device_id: int = 0, convert: bool = True
) -> tuple[Recipe, nn.Cell]:
    """The recipe of a `generator.ckpt`, and its network with the checkpoint's values.

    The arguments and errors are those of `load`. `convert` says whether its layers become the
    faster ones for the device, or stay MindSpore's own.
    """
    device = runtime.start(device, device_id)
    # These import MindSpore, which waits for `runtime.start`.
    from ms_gan.parameters import initialised
    from ms_gan.training import checkpoint

    path = pretrained.found(path)
    values, meta = checkpoint.load(path, "generator")
    recipe = recipe_of(meta, path)
    with initialised(0):  # its weights are replaced, and NumPy's global generator is the user's
        network = recipe.generator()
    if convert:
        layers.prepare([network], "auto", device, recipe.im2col_on_cpu)
    checkpoint.restore(dict(network.parameters_and_names()), values, path)
    return recipe, network


def add_generator(parser: ArgumentParser) -> None:
    """Give a command's parser the options that name a trained generator and what it computes on:
    `ckpt`, `device` and `device_id`.
    """
    parser.add_argument(
        "--ckpt",
        type=options.path,
        default=pretrained.DEFAULT,
        metavar="FILE",
        help="generator.ckpt of a run, which needs nothing else, or the name of one that comes "
        f"with ms_gan: {', '.join(pretrained.names())} (default {pretrained.DEFAULT})",
    )
    parser.add_argument("--device", choices=DEVICES, default="auto", help="default: auto")
    parser.add_argument(
        "--device-id", type=options.number(int, 0, 4095), default=0, metavar="N", help="default: 0"
    )


def recipe_of(meta: Mapping[str, Any], path: str | os.PathLike) -> Recipe:
    """The recipe of a run with its numbers, from what a checkpoint tells.

    Raises:
        GanError: there is no such recipe, or it wouldn't take the numbers; the message names
          `path`, which they are from.
    """
    found = meta.get("recipe")
    if found not in RECIPES:
        raise GanError(f"{path}: made by a recipe {found!r} that this ms_gan doesn't have")
    return options.with_values(RECIPES[found], meta.get("options", {}), path)
