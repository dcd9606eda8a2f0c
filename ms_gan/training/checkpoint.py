"""Checkpoint files: parameters by key, and one JSON text that says what they are.

Nothing in them is ever executed. The text also holds a checksum of all values and of itself:
MindSpore reads a file with a flipped bit without a word (its own check has to be asked for, and 2.0
doesn't have it).
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mindspore as ms
import numpy as np

from ms_gan.errors import GanError
from ms_gan.files import atomic_file
from ms_gan.parameters import assign, snapshot
from ms_gan.runtime import quiet

FORMAT = 1
NAMED = 5  # how many wrong keys a message names; all are counted


def save(path: Path, parameters: Mapping[str, ms.Parameter], meta: Mapping[str, Any]) -> None:
    """Write {key: Parameter} and a JSON-able `meta`, whole or not at all.

    Raises:
        OSError, GanError: `path` can't be written.
    """
    values = snapshot(parameters)
    content = [{"name": key, "data": ms.Tensor(value)} for key, value in values.items()]
    meta = {"ms_gan": FORMAT, **meta}
    about = json.dumps({**meta, "crc32": _checksum(values, meta)})
    with atomic_file(path) as temporary, quiet():
        try:
            ms.save_checkpoint(content, str(temporary), append_dict={"meta": about})
        except RuntimeError as error:  # MindSpore's wrapping of whatever went wrong with the file
            raise GanError(f"{path}: can't be written: {error}") from None
        temporary.chmod(0o644)  # MindSpore makes it readable to its owner only


def load(path: str | Path, kind: str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Read a checkpoint.

    Args:
        path: a file whose name ends in .ckpt.
        kind: what `meta["kind"]` has to begin with: "generator", "discriminator" or "training".

    Returns:
        The values, {key: array}, and meta.

    Raises:
        GanError: it isn't a whole checkpoint of this kind.
    """
    path = Path(path)
    if not path.is_file():
        raise GanError(f"{path}: no such checkpoint file")
    if path.suffix != ".ckpt":
        raise GanError(
            f"{path}: MindSpore only loads files whose names end in .ckpt; rename it if it is a "
            "checkpoint"
        )
    try:
        with quiet():
            content = ms.load_checkpoint(str(path))
        values = snapshot({key: value for key, value in content.items() if key != "meta"})
    except Exception:  # a wrong bit makes MindSpore raise anything, up to SystemError
        raise GanError(f"{path}: not a whole checkpoint; it is damaged or something else") from None
    try:
        meta = json.loads(str(content["meta"]))
        found, version = str(meta["kind"]), int(meta["ms_gan"])
    except (KeyError, ValueError, TypeError):
        raise GanError(f"{path}: a checkpoint, but not one that ms_gan wrote") from None
    if version != FORMAT:
        raise GanError(
            f"{path}: written by a newer ms_gan (format {version}, this one reads {FORMAT})"
        )
    if meta.pop("crc32", None) != _checksum(values, meta):
        raise GanError(
            f"{path}: damaged: its content isn't what its checksum says; use another copy or "
            "checkpoint"
        )
    if not found.startswith(kind):
        raise GanError(
            f"{path}: this is a {found} checkpoint, expected a {kind} ({kind}.ckpt of a run folder)"
        )
    return values, meta


def restore(
    parameters: Mapping[str, ms.Parameter], values: Mapping[str, np.ndarray], path: str | Path
) -> None:
    """Put the arrays of `values` into the Parameters of the same keys.

    Raises:
        GanError: keys or shapes don't match; the message names `path`, where they are from.
    """
    missing = sorted(parameters.keys() - values.keys())
    extra = sorted(values.keys() - parameters.keys())
    shapes = []
    for key in sorted(parameters.keys() & values.keys()):
        found, expected = values[key].shape, tuple(parameters[key].shape)
        if found != expected:
            shapes.append(f"{key} {found} for {expected}")
    wrong = {"missing": missing, "unexpected": extra, "of another shape": shapes}
    troubles = []
    for trouble, keys in wrong.items():
        if keys:
            more = ", …" if len(keys) > NAMED else ""
            troubles.append(f"{len(keys)} values are {trouble}: {', '.join(keys[:NAMED])}{more}")
    if troubles:
        raise GanError(f"{path}: the checkpoint is of another network: {'; '.join(troubles)}")
    assign(parameters, values)


def _checksum(values: Mapping[str, np.ndarray], meta: Mapping[str, Any]) -> int:
    """A CRC-32 of all arrays, their names, types and shapes, and of the meta's text."""
    crc = zlib.crc32(json.dumps(meta, sort_keys=True).encode())
    for key in sorted(values):
        value = np.asarray(values[key], order="C")
        crc = zlib.crc32(f"{key} {value.dtype} {value.shape}".encode(), crc)
        crc = zlib.crc32(value.tobytes(), crc)
    return crc
