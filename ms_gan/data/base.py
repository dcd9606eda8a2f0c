"""What all data has in common: how it is described, and how batches of it are ordered."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ms_gan.errors import UsageError
from ms_gan.streams import stream

if TYPE_CHECKING:
    from mindspore import Tensor


class DataOptions(Protocol):
    """What finding data needs of a run's options."""

    data: str | None
    data_url: str | None
    datasets: str
    stand_in: bool
    cache: bool
    workers: int
    seed: int


class Dataset(Protocol):
    """Data that was found and is sound."""

    @property
    def count(self) -> int: ...

    @property
    def synthetic(self) -> bool: ...

    def describe(self) -> dict[str, Any]: ...

    def __str__(self) -> str: ...


class Batches(ABC):
    """Endless batches of a fixed size, reshuffled every epoch."""

    def __init__(self, data: Dataset, batch_size: int, seed: int):
        self.data, self.batch_size, self.seed = data, batch_size, seed
        self.shard(0, 1)

    def shard(self, rank: int, world_size: int) -> None:
        """Give only the shard of one rank."""
        self.rank, self.world_size = rank, world_size
        self.steps_per_epoch = self.data.count // (self.batch_size * world_size)
        if self.steps_per_epoch == 0:
            each = f" for each of {world_size} processes" if world_size > 1 else ""
            raise UsageError(
                f"--batch-size {self.batch_size}{each}: there are only {self.data}; "
                "choose a batch no larger than that"
            )

    def from_step(self, step: int) -> Iterator[tuple[Tensor, ...]]:
        """Yield one tuple of tensors for each step from `step` (counted from 0) on, without end."""
        epoch, done = divmod(step, self.steps_per_epoch)
        while True:
            order = stream(self.seed, "shuffle", epoch).permutation(self.data.count)
            order = order[: self.steps_per_epoch * self.batch_size * self.world_size]
            mine = order.reshape(self.steps_per_epoch, self.world_size, self.batch_size)
            yield from self.examples(epoch, mine[done:, self.rank].reshape(-1))
            epoch, done = epoch + 1, 0

    @abstractmethod
    def examples(self, epoch: int, order: np.ndarray) -> Iterator[tuple[Tensor, ...]]:
        """Yield a tuple of tensors for each batch of the examples in `order`, the rest of an
        epoch.
        """

    def close(self) -> None:  # noqa: B027
        """Let go of what was opened for reading."""


def scaled(pixels: np.ndarray, data_range: float = 1.0) -> Tensor:
    """A float32 tensor in [-data_range, data_range] of uint8 pixels, of the same shape."""
    from mindspore import Tensor

    images = np.subtract(pixels, np.float32(127.5), dtype=np.float32)
    images /= np.float32(127.5 / data_range)
    return Tensor.from_numpy(images)
