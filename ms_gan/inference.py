"""Networks in inference mode, layer by layer or compiled."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import mindspore as ms
import numpy as np

from ms_gan.in_turns import in_turns
from ms_gan.parameters import assign, snapshot

if TYPE_CHECKING:
    from mindspore import Tensor, nn


@in_turns
def infer(network: nn.Cell, *arrays: np.ndarray, batch_statistics: bool = False) -> np.ndarray:
    """What a network makes of arrays. The network is left in training mode.

    Args:
        network: computes a tensor of tensors.
        arrays: its inputs, float32.
        batch_statistics: whether batch normalisation uses the batch's own statistics instead of
          the running ones, which stay as they are.

    Returns:
        Its output, float32.
    """
    network.set_train(batch_statistics)
    with unmoved(network) if batch_statistics else contextlib.nullcontext():
        output = network(*map(ms.Tensor, arrays)).asnumpy().astype(np.float32, copy=False)
    network.set_train(True)
    return output


@contextlib.contextmanager
def unmoved(network: nn.Cell) -> Iterator[None]:
    """Give a network in training mode its running statistics back after the block."""
    statistics = {key: p for key, p in network.parameters_and_names() if not p.requires_grad}
    before = snapshot(statistics)
    try:
        yield
    finally:
        assign(statistics, before)


def compiled(network: nn.Cell, batch_statistics: bool = False) -> Callable[..., tuple[Tensor, ...]]:
    """A network as one compiled function of tensors, several times faster than layer by layer.

    It returns a tuple with one tensor: on a card that is computed while Python goes on. With
    `batch_statistics` batch normalisation uses the batch's own statistics, and moves the running
    ones on.
    """
    network.set_train(batch_statistics)

    @ms.jit
    def output(*inputs: Tensor) -> tuple[Tensor, ...]:
        return (network(*inputs),)

    return in_turns(output)
