"""Checkpoint files: parameters by key, with one JSON text that says what they are. Nothing in them is ever executed."""

import json
from pathlib import Path

import mindspore as ms

from ms_gan.errors import GanError
from ms_gan.files import whole_file
from ms_gan.parameters import assign, snapshot
from ms_gan.runtime import quiet

FORMAT = 1


def save(path, parameters, meta):
    """Write {key: Parameter} and a JSON-able `meta` to `path`, whole or not at all. Raises OSError or GanError."""
    content = [{"name": key, "data": ms.Tensor(p.asnumpy())} for key, p in parameters.items()]
    about = json.dumps({"ms_gan": FORMAT, **meta})
    with whole_file(path) as temporary, quiet():
        try:
            ms.save_checkpoint(content, str(temporary), append_dict={"meta": about})
        except RuntimeError as error:  # MindSpore's wrapping of whatever went wrong with the file
            raise GanError(f"{path}: can't be written: {error}") from None
        temporary.chmod(0o644)  # MindSpore makes it readable to its owner only


def load(path, kind):
    """Read a checkpoint: ({key: array}, meta). Raises GanError unless it is a whole one of this `kind`.

    kind: what `meta["kind"]` has to say: "generator", "discriminator" or "training".
    """
    path = Path(path)
    if not path.is_file():
        raise GanError(f"{path}: no such checkpoint file")
    if path.suffix != ".ckpt":
        raise GanError(f"{path}: MindSpore only loads files whose names end in .ckpt; rename it if it is a checkpoint")
    try:
        with quiet():
            content = ms.load_checkpoint(str(path))
    except (ValueError, RuntimeError, TypeError, OSError):
        raise GanError(f"{path}: not a whole checkpoint; it is damaged or something else") from None
    try:
        meta = json.loads(str(content.pop("meta")))
        found, version = meta["kind"], meta["ms_gan"]
    except (KeyError, ValueError, TypeError):
        raise GanError(f"{path}: a checkpoint, but not one that ms_gan wrote") from None
    if version > FORMAT:
        raise GanError(f"{path}: written by a newer ms_gan (format {version}, this one reads up to {FORMAT})")
    if found != kind:
        raise GanError(f"{path}: this is a {found} checkpoint, expected a {kind} ({kind}.ckpt of a run folder)")
    return snapshot(content), meta


def restore(parameters, values, path):
    """Put the arrays of `values` into the Parameters of the same keys. Raises GanError unless keys and shapes match."""
    missing, extra = sorted(parameters.keys() - values.keys()), sorted(values.keys() - parameters.keys())
    shaped = [key for key in parameters.keys() & values.keys() if parameters[key].shape != values[key].shape]
    for trouble, keys in (("missing", missing), ("unexpected", extra), ("of another shape", sorted(shaped))):
        if keys:
            raise GanError(f"{path}: {len(keys)} values are {trouble}, the first is {keys[0]}; "
                           "the checkpoint is of another network")
    assign(parameters, values)
