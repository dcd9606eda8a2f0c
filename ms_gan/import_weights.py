"""Weights from elsewhere as a generator.ckpt: `python -m ms_gan.import_weights STATE_DICT --out
generator.ckpt`.

They are those of the generator in PyTorch's DCGAN tutorial, or a safetensors file that
`python -m ms_gan.export` wrote. Nothing in either is executed.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ms_gan import options, runtime
from ms_gan.errors import GanError, UsageError, run_command
from ms_gan.export.formats import optional_packages
from ms_gan.load import recipe_of
from ms_gan.options import Parser, path

if TYPE_CHECKING:
    from mindspore import Parameter, nn

    from ms_gan.recipes.base import Recipe

EXPECTED = "expected what torch.save(netG.state_dict(), FILE) writes"
TRACKED = ".num_batches_tracked"
PARALLEL = "module."  # what nn.DataParallel puts before every name

log = logging.getLogger(__name__)


def main(argv: Sequence[str] | None = None) -> int:
    """Import as the command line says and return the exit status."""
    parser = Parser(
        prog="python -m ms_gan.import_weights",
        description="Make a generator.ckpt of the weights of PyTorch's DCGAN tutorial, or of a "
        "safetensors file that ms_gan.export wrote.",
    )
    parser.add_argument(
        "source",
        type=path,
        metavar="STATE_DICT",
        help="what torch.save(netG.state_dict(), FILE) wrote, or a .safetensors file",
    )
    parser.add_argument(
        "--out", type=path, required=True, metavar="FILE", help="where to write, a .ckpt file"
    )
    given = parser.parse_args(argv)
    convert(given.source, given.out)
    return 0


def convert(source: str | Path, out: str | Path) -> None:
    """Make a generator.ckpt of weights.

    Args:
        source: a PyTorch state dict of the tutorial's DCGAN generator, which becomes one of the
          recipe "faces" with sizes that follow from the weights' shapes; or a safetensors file of
          such weights, or one that `ms_gan.export` wrote, of any recipe.
        out: where to write, a name that ends in .ckpt. What stands there is replaced.

    Raises:
        UsageError: `out` has another ending.
        GanError: the source can't be read or holds other weights, or a package isn't installed.
        OSError: `out` can't be written.
    """
    source, out = Path(source), Path(out)
    if out.suffix != ".ckpt":
        raise UsageError(f"--out {out}: MindSpore loads files named .ckpt; call it that")
    if not source.is_file():
        raise GanError(f"{source}: no such file")
    runtime.check()
    values, about = _safetensors(source) if source.suffix == ".safetensors" else _torch(source)
    # Counted by PyTorch's batch normalisation, which doesn't compute with it.
    values = {name: value for name, value in values.items() if not name.endswith(TRACKED)}
    for name, value in values.items():
        if not np.isfinite(value).all():
            raise GanError(f"{source}: {name} holds numbers that aren't finite")
    runtime.start()
    # These import MindSpore, which waits for `runtime.start`.
    from ms_gan.parameters import initialised
    from ms_gan.training import checkpoint

    theirs = not about  # PyTorch's names, not those of a checkpoint
    if theirs:
        about = {"recipe": "faces", "options": _sizes(values, source)}
    recipe = recipe_of(about, source)
    with initialised(0):
        network = recipe.generator()
    parameters = dict(network.parameters_and_names())
    named = _by_pytorch_names(recipe, network) if theirs else parameters
    checkpoint.restore(named, values, source)
    meta = {"kind": "generator", "recipe": recipe.name, "options": options.values_of(recipe)}
    checkpoint.save(out, parameters, meta)
    sizes = ", ".join(f"{name} {value}" for name, value in about["options"].items())
    log.info("%s: %s with %s", out, recipe.name, sizes)


def _by_pytorch_names(recipe: Recipe, network: nn.Cell) -> dict[str, Parameter]:
    with optional_packages():
        from ms_gan.export import pytorch
    return pytorch.names(network, tuple(recipe.sampler().describe()["input_shape"]))


def _torch(source: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The values of a state dict by name."""
    with optional_packages():
        import torch
    try:
        found = torch.load(source, map_location="cpu", weights_only=True)
    except Exception:  # whatever a file that isn't one makes of it
        raise GanError(
            f"{source}: no weights that PyTorch reads without running code from the file; "
            f"{EXPECTED}"
        ) from None
    if not isinstance(found, Mapping):
        raise GanError(f"{source}: holds a {type(found).__name__}; {EXPECTED}")
    for name, value in found.items():
        if not isinstance(name, str) or not isinstance(value, torch.Tensor):
            raise GanError(f"{source}: {name!r} in it is a {type(value).__name__}; {EXPECTED}")
    return {
        name[len(PARALLEL) :] if name.startswith(PARALLEL) else name: value.detach().float().numpy()
        for name, value in found.items()
    }, {}


def _safetensors(source: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The values of a safetensors file by name, and the recipe and options in its header."""
    with optional_packages():
        from safetensors import SafetensorError, safe_open
    try:
        with safe_open(source, framework="np") as file:
            header = file.metadata() or {}
            values = {name: file.get_tensor(name) for name in file.keys()}
        about = {"recipe": header["recipe"], "options": json.loads(header["options"])}
    except (SafetensorError, TypeError, ValueError) as error:
        raise GanError(f"{source}: not a whole safetensors file: {error}") from None
    except KeyError:
        about = {}
    return values, about


def _sizes(values: Mapping[str, np.ndarray], source: Path) -> dict[str, int]:
    """The options of `faces` that make a generator of such weights."""
    places = {name: re.fullmatch(r"main\.(\d+)\.weight", name) for name in values}
    found = {int(place[1]): values[name] for name, place in places.items() if place}
    kernels = [found[place] for place in sorted(found) if found[place].ndim == 4]
    if not kernels:
        raise GanError(f"{source}: holds no convolutions main.0.weight, …; {EXPECTED}")
    channels = kernels[-1].shape[1]
    if channels != 3:
        raise GanError(f"{source}: makes images of {channels} channels (nc), expected 3")
    # The first makes a side of 4, each further one doubles it.
    sizes = {"nz": kernels[0].shape[0], "ngf": kernels[-1].shape[0]}
    return {**sizes, "image_size": 2 ** (len(kernels) + 1)}


if __name__ == "__main__":
    sys.exit(run_command("ms_gan.import_weights", main))
