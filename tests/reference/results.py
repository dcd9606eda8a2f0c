"""The files of the comparison, NAME.npz beside this one: what the steps of one system gave. numpy
only.
"""

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np

FOLDER = Path(__file__).parent


class Run(NamedTuple):
    """Training steps of one system under one kind of arithmetic. Parameters are in order of
    declaration.

    losses: {name: (steps,) float64}; gradients: for each parameter what its optimizer got at its
    first update, float32 arrays in the parameter's shape; norms: (parameters,) float64, the L2
    norms of the parameters after the last step.
    """

    losses: dict
    gradients: list
    norms: np.ndarray


def save(name, runs):
    """Write the {kind: Run} of a system. Raises OSError where that can't be done; then the old file
    is untouched.
    """
    arrays = {}
    for kind, run in runs.items():
        arrays.update({f"{kind}/losses/{loss}": values for loss, values in run.losses.items()})
        # One array for all: a member of an archive for each of these would double the file.
        arrays[f"{kind}/gradients"] = np.concatenate(
            [gradient.ravel() for gradient in run.gradients]
        )
        arrays[f"{kind}/norms"] = run.norms
        arrays["shapes"] = np.array(
            [gradient.shape + (0,) * (4 - gradient.ndim) for gradient in run.gradients]
        )
    temporary = FOLDER / f"{name}.tmp.npz"
    try:
        np.savez_compressed(temporary, **arrays)
        os.replace(temporary, FOLDER / f"{name}.npz")
    finally:
        temporary.unlink(missing_ok=True)


def load(name):
    """The {kind: Run} of a system; the kinds are "float32", "float64" and "mindspore_adam", see
    make.py.
    """
    with np.load(FOLDER / f"{name}.npz") as opened:
        arrays = dict(opened)
    shapes = [tuple(shape[shape > 0]) for shape in arrays["shapes"]]
    ends = np.cumsum([np.prod(shape) for shape in shapes])[:-1]
    kinds = dict.fromkeys(key.split("/")[0] for key in arrays if key != "shapes")
    return {kind: Run(
        {key.split("/")[2]: values for key, values in arrays.items() if key.startswith(f"{kind}/losses/")},
        [part.reshape(shape) for part, shape in zip(np.split(arrays[f"{kind}/gradients"], ends), shapes)],
        arrays[f"{kind}/norms"],
    ) for kind in kinds}  # fmt: skip
