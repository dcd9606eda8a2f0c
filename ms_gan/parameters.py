"""Values of Parameters and of a step's inputs, handed to MindSpore and taken back."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping

import numpy as np
from mindspore import Parameter, Tensor, ops

from ms_gan.streams import stream


def tensors(arrays: Iterable[np.ndarray | None]) -> list[Tensor | None]:
    """Arrays as tensors; None stays None."""
    return [None if array is None else Tensor(array) for array in arrays]


def snapshot(parameters: Mapping[str, Parameter]) -> dict[str, np.ndarray]:
    """The values of {key: Parameter} as arrays of their own."""
    return {key: np.array(parameter.asnumpy()) for key, parameter in parameters.items()}


def assign(parameters: Mapping[str, Parameter], values: Mapping[str, np.ndarray]) -> None:
    """Set Parameters to arrays.

    By `ops.assign`, since a compiled step doesn't notice `set_data`.
    """
    for key, parameter in parameters.items():
        ops.assign(parameter, Tensor(values[key], parameter.dtype))


@contextlib.contextmanager
def initialised(seed: int) -> Iterator[None]:
    """Let networks that are made meanwhile draw their first values from the stream "weights".

    MindSpore's initialisers draw from NumPy's global generator, which gets back its state.
    """
    before = np.random.get_state()
    np.random.seed(stream(seed, "weights").integers(2**32, size=8, dtype=np.uint32))
    try:
        yield
    finally:
        np.random.set_state(before)
