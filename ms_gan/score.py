"""Scores of a trained generator as a function, and of any two folders of images."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ms_gan import pretrained, runtime
from ms_gan.errors import GanError, UsageError
from ms_gan.fit import find_data
from ms_gan.load import load, recipe_of
from ms_gan.options import with_values
from ms_gan.run_options import Plan, RunOptions
from ms_gan.scores.base import Report, ScoreOptions

if TYPE_CHECKING:
    from ms_gan.samplers.base import Generator
    from ms_gan.scores.base import Scorer

log = logging.getLogger(__name__)


def score(
    path: str | os.PathLike,
    data: str | os.PathLike | None = None,
    device: str = "auto",
    device_id: int = 0,
    **options: Any,
) -> Report:
    """Score a trained generator: what `python -m ms_gan.evaluate` does.

    Args:
        path: `generator.ckpt` of a run, or the name of a generator as `load` takes it.
        data: real examples to compare with, as `fit` takes them. Those that the run held out from
          training are used, or all where it held out none.
        device: "Ascend", "GPU" or "CPU", or "auto" for the first of them that is there.
        device_id: the number of the card.
        options: of `ScoreOptions`: `count`, `seed`, `features`, `weights`, `datasets`.

    Returns:
        The scores by name, and how they were made.

    Raises:
        GanError: the checkpoint, the data or the features can't be used.
        UsageError: an option doesn't exist, or doesn't go with the others.
    """
    generator, scorer = opened(path, data, _options(options), device, device_id)
    return scorer.score(generator)


def compare(
    images: str | os.PathLike, data: str | os.PathLike, size: int | None = None, **options: Any
) -> Report:
    """Score any images against others.

    Args:
        images: a folder or zip of images.
        data: a folder or zip of real images.
        size: the side of the squares that all are cut and scaled to, in pixels. None: the shorter
          side of the first image of `images`.
        options: of `ScoreOptions`: `count`, `seed`, `features`, `weights`, `datasets`.

    Returns:
        The scores by name, and how they were made.

    Raises:
        GanError: a folder can't be used, or the features.
        UsageError: an option doesn't exist, or doesn't go with the others.
    """
    told = _options(options)
    runtime.check()
    from ms_gan.data.archive import unpacked
    from ms_gan.data.decode import Square
    from ms_gan.data.images import open_images
    from ms_gan.scores.images import Comparison, drawn

    folders = []
    for given in (images, data):
        if not Path(given).exists():
            raise GanError(f"{given}: no such folder or zip; expected images")
        folders.append(unpacked(Path(given), Path(told.datasets)))
    comparison = Comparison(told)
    side = size or _side_of(folders[0])
    reading = RunOptions(datasets=told.datasets)
    fake, real = (open_images(folder, Square(side), reading) for folder in folders)
    pixels = [drawn(every, told.count, told.seed) for every in (real, fake)]
    return comparison.report(pixels[0], pixels[1], f"{real.folder}")


def opened(
    path: str | os.PathLike,
    data: str | os.PathLike | None,
    options: ScoreOptions,
    device: str = "auto",
    device_id: int = 0,
) -> tuple[Generator, Scorer]:
    """A generator, and what scores it against the data that it was, or wasn't, trained on.

    The arguments and errors are those of `score`.
    """
    path = pretrained.found(path)
    generator = load(path, device, device_id)
    from ms_gan.training import checkpoint  # imports MindSpore, which waits for `load`

    _, meta = checkpoint.load(path, "generator")
    recipe = recipe_of(meta, path)
    told = {**meta.get("split", {}), "datasets": options.datasets}
    if data is not None:
        if "data" in recipe.unused:
            raise UsageError(f"--data {data}: {recipe.name} makes its data itself; leave it out")
        told["data"] = os.fspath(data)
    plan = Plan(recipe, with_values(Plan.of(recipe).options, told, path))
    found = find_data(plan)
    log.info("data: %s", found)
    return generator, recipe.scorer(recipe.seen_by(meta["kind"], found), options)


def _side_of(folder: Path) -> int:
    """The shorter side of the first image in a folder that can be read."""
    from ms_gan.data.decode import Unusable, read_image
    from ms_gan.data.listing import require_images

    for file in require_images(folder):
        try:
            return min(read_image(file).size)
        except Unusable:
            continue
    raise GanError(f"{folder}: none of its images can be read")


def _options(given: dict[str, Any]) -> ScoreOptions:
    known = ScoreOptions.__dataclass_fields__
    for name in given:
        if name not in known:
            raise UsageError(f"scores have no option {name!r}; they have {', '.join(known)}")
    return ScoreOptions(**given)
