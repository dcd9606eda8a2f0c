"""The weights by the names that checkpoints have, with the facts in the file's header."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from safetensors.numpy import save

from ms_gan.parameters import snapshot

if TYPE_CHECKING:
    from ms_gan.export.formats import Trained


def write(trained: Trained, path: Path) -> None:
    """Write a safetensors file."""
    values = snapshot(dict(trained.network.parameters_and_names()))
    path.write_bytes(save(values, metadata=trained.texts()))  # its own writing forgets the umask
