"""Which formats there are, and how a checkpoint becomes a file in one of them."""

from __future__ import annotations

import contextlib
import importlib
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ms_gan
from ms_gan import options, runtime
from ms_gan.errors import GanError, UsageError
from ms_gan.files import atomic_file
from ms_gan.load import trained_generator

if TYPE_CHECKING:
    from mindspore import nn

FORMATS = {
    "mindir": (".mindir",),
    "onnx": (".onnx",),
    "safetensors": (".safetensors",),
    "pytorch": (".pt", ".pth"),
}

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trained:
    """A trained generator, as a format takes it.

    Attributes:
        network: of MindSpore's own layers, in training mode where batch normalisation uses each
          image's own statistics.
        batch: how many examples `generate` computes at a time.
        facts: what files tell of it: "recipe", "options", "input", "input_shape" and others.
    """

    network: nn.Cell
    batch: int
    facts: dict[str, Any]

    def texts(self, **more: Any) -> dict[str, str]:
        """The facts, and more of them, for formats that hold nothing but text: JSON, but for what
        is text already.
        """
        facts = {**self.facts, **more}
        return {
            name: fact if isinstance(fact, str) else json.dumps(fact)
            for name, fact in facts.items()
        }


def write(
    ckpt: str | Path, format: str, out: str | Path, device: str = "auto", device_id: int = 0
) -> None:
    """Write a trained generator for other programs.

    Args:
        ckpt: `generator.ckpt` of a run.
        format: one of `FORMATS`: "mindir", "onnx", "safetensors" or "pytorch".
        out: where to write, with an ending of the format. What stands there is replaced.
        device: "Ascend", "GPU" or "CPU", or "auto" for the first of them that is there.
        device_id: the number of the card.

    Raises:
        UsageError: the format or the ending isn't one of those, the generator can't be written so,
          or the device isn't there.
        GanError: the checkpoint can't be loaded, or what the format needs isn't installed.
        OSError: the file can't be written.
    """
    if format not in FORMATS:
        raise UsageError(f"--format {format}: expected one of {', '.join(FORMATS)}")
    out, endings = Path(out), FORMATS[format]
    if out.suffix not in endings:
        raise UsageError(f"--out {out}: expected a name ending in {' or '.join(endings)}")
    runtime.check()
    with optional_packages():
        module = importlib.import_module(f"ms_gan.export.{format}")
    runtime.limit_isa()  # MindSpore's own layers compute an example or two
    recipe, network = trained_generator(ckpt, device, device_id, convert=False)
    network.set_train(recipe.batch_statistics)
    sampler = recipe.sampler()
    facts = {
        "ms_gan": ms_gan.__version__,
        "recipe": recipe.name,
        "options": options.values_of(recipe),
        "statistics": "each image's own" if recipe.batch_statistics else "running",
        **sampler.describe(),
    }
    batch = sampler.generator(network, recipe.batch_statistics).batch
    with atomic_file(out) as temporary:
        module.write(Trained(network, batch, facts), temporary)
    log.info("%s: %s, %s bytes", out, recipe.name, f"{out.stat().st_size:,}")


@contextlib.contextmanager
def optional_packages() -> Iterator[None]:
    """Say what brings a package that isn't there, where the block imports one."""
    try:
        yield
    except ModuleNotFoundError as error:
        package = str(error.name).partition(".")[0]
        raise GanError(
            f"{package} is not installed: pip install '.[export]' (or -r "
            "ms_gan/export/requirements.txt)"
        ) from None
