"""What a network does to its input, step by step.

A network itself says how its parts are joined: its `construct` is run on stand-ins for the network
and for the input, which note what is called with what. So skips, sums and reshapes need no second
description.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from mindspore import Tensor, nn, ops

from ms_gan.errors import GanError

COUNT = 2  # examples to try a network with: more than one, to tell the batch's axis from others


@dataclass(frozen=True)
class Step:
    """One thing that a network does.

    Attributes:
        what: the cell (one without cells inside) or primitive that does it, or "reshape", "scale"
          or "add".
        inputs: which values it takes: 0 is the network's input, n what the nth step makes.
        shape: of what it makes, -1 for the batch.
        factor: what "scale" multiplies by.
    """

    what: Any
    inputs: tuple[int, ...]
    shape: tuple[int, ...]
    factor: float = 1.0

    @property
    def kind(self) -> type | str:
        """The type of what does it, or its name."""
        return self.what if isinstance(self.what, str) else type(self.what)

    @property
    def name(self) -> str:
        """The kind as messages call it."""
        return self.kind if isinstance(self.kind, str) else self.kind.__name__


def record(network: nn.Cell, shape: tuple[int, ...]) -> list[Step]:
    """The steps of a network, the last of which makes its output.

    Args:
        network: from one tensor to one, of MindSpore's own layers (not by im2col).
        shape: of its input, without the batch's axis.

    Raises:
        GanError: it does something that can't be noted.
    """
    steps: list[Step] = []
    example = Tensor(np.zeros((COUNT, *shape), np.float32))
    training = network.training
    network.set_train(False)  # running statistics stay as they are
    try:
        output = _StandIn(network, steps)(_Value(example, 0, steps))
        return steps[: output.number]
    except (AttributeError, IndexError, RuntimeError, TypeError, ValueError) as error:
        raise GanError(
            f"{type(network).__name__}: can't be exported layer by layer: {error}"
        ) from None
    finally:
        network.set_train(training)


class _Value:
    """Stands for a tensor within a network, whose first axis is the batch."""

    def __init__(self, tensor: Tensor, number: int, steps: list[Step]) -> None:
        self.tensor, self.number, self.steps = tensor, number, steps

    @property
    def shape(self) -> tuple[int, ...]:
        return (-1, *self.tensor.shape[1:])

    def reshape(self, *shape: Any) -> _Value:
        return _noted("reshape", [self], self.tensor.reshape(*shape))

    def __mul__(self, factor: float) -> _Value:
        return _noted("scale", [self], self.tensor * factor, factor)

    def __add__(self, other: _Value) -> _Value:
        return _noted("add", [self, other], self.tensor + other.tensor)


class _StandIn:
    """Stands for a cell or primitive within a network. What it holds is seen as stand-ins, too."""

    def __init__(self, real: Any, steps: list[Step]) -> None:
        self._real, self._steps = real, steps

    def __getattr__(self, name: str) -> Any:
        return self._seen(getattr(self._real, name))

    def __getitem__(self, index: int) -> Any:
        return self._seen(self._real[index])

    def __iter__(self) -> Iterator[Any]:
        return map(self._seen, self._real)

    def __call__(self, *inputs: Any) -> Any:
        if isinstance(self._real, nn.Cell) and list(self._real.cells()):
            return type(self._real).construct(self, *inputs)
        values = inputs[0] if isinstance(inputs[0], tuple) else inputs  # as ops.Concat takes them
        tensors = tuple(value.tensor for value in values)
        made = self._real(tensors) if values is inputs[0] else self._real(*tensors)
        return _noted(self._real, values, made)

    def _seen(self, value: Any) -> Any:
        if isinstance(value, (nn.Cell, ops.Primitive)):
            return _StandIn(value, self._steps)
        if isinstance(value, (list, tuple)):
            return type(value)(map(self._seen, value))
        return value


def _noted(what: Any, values: Any, tensor: Tensor, factor: float = 1.0) -> _Value:
    """Note what makes a tensor of some values."""
    if tensor.shape[0] != COUNT:
        raise ValueError(f"{tensor.shape[0]} results of {COUNT} examples")
    steps = values[0].steps
    shape = (-1, *tensor.shape[1:])
    steps.append(Step(what, tuple(value.number for value in values), shape, factor))
    return _Value(tensor, len(steps), steps)
