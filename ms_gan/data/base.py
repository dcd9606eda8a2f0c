"""What data is to a training: its source, its order, and the scale of its pixels."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from ms_gan.errors import UsageError
from ms_gan.streams import stream

if TYPE_CHECKING:
    from mindspore import Tensor

Batch = tuple["Tensor", ...]  # what a step is given, one tensor or several


class DataOptions(Protocol):
    """What finding data needs of a run's options; `RunOptions` tells what they mean."""

    @property
    def data(self) -> str | None: ...
    @property
    def data_url(self) -> str | None: ...
    @property
    def datasets(self) -> str: ...
    @property
    def stand_in(self) -> bool: ...
    @property
    def cache(self) -> bool: ...
    @property
    def workers(self) -> int: ...
    @property
    def seed(self) -> int: ...
    @property
    def holdout(self) -> int: ...


class Dataset(Protocol):
    """Examples to learn from. Its text, `str(data)`, tells how much of what there is and where."""

    @property
    def count(self) -> int:
        """The number of examples in an epoch."""

    @property
    def synthetic(self) -> bool:
        """Whether they are an embedded stand-in, not a real data set."""

    def describe(self) -> dict[str, Any]:
        """For `options.json`: "path" as for `--data`, the number of "images", "synthetic"."""


class Batches(ABC):
    """Endless batches of a fixed size. Their order depends on the seed, the epoch and the number of
    examples alone, so a run can go on from any step.

    Args:
        data: the examples.
        batch_size: the number of examples in a batch of one rank.
        seed: the run's seed.
        data_range: the largest absolute value that pixels are scaled to.

    Raises:
        UsageError: the examples don't fill one batch.
    """

    def __init__(self, data: Dataset, batch_size: int, seed: int, data_range: float = 1.0) -> None:
        self._data = data
        self.batch_size = batch_size
        self._seed = seed
        self._data_range = data_range
        self.shard(0, 1)

    def shard(self, rank: int, world_size: int) -> None:
        """Give only the examples of one rank from now on, `batch_size` of them in a step.

        All ranks together go through the same order as one with a batch as large as all theirs.

        Raises:
            UsageError: the examples don't fill one batch for each rank.
        """
        self._rank, self._world_size = rank, world_size
        self.steps_per_epoch = self._data.count // (self.batch_size * world_size)
        if self.steps_per_epoch == 0:
            each = f" for each of {world_size} ranks" if world_size > 1 else ""
            raise UsageError(
                f"--batch-size {self.batch_size}{each}: there are only {self._data}; "
                "choose a batch no larger than that"
            )

    def from_step(self, step: int) -> Iterator[tuple[Tensor, ...]]:
        """Yield the tensors of each step from `step` (counted from 0) on, without end.

        A last batch that isn't full is dropped.

        Raises:
            GanError: an image can't be read any more.
        """
        epoch, done = divmod(step, self.steps_per_epoch)
        while True:
            order = stream(self._seed, "shuffle", epoch).permutation(self._data.count)
            shape = self.steps_per_epoch, self._world_size, self.batch_size
            mine = order[: np.prod(shape)].reshape(shape)[:, self._rank]
            yield from self.examples(epoch, mine[done:].reshape(-1))
            epoch, done = epoch + 1, 0

    @abstractmethod
    def examples(self, epoch: int, order: np.ndarray) -> Iterator[tuple[Tensor, ...]]:
        """Yield the tensors of each batch of examples numbered in `order`, the rest of an epoch."""

    def close(self) -> None:  # noqa: B027 - most have nothing open
        """Let go of what was opened for reading. The data itself is untouched."""


def held_out(count: int, options: DataOptions) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of examples to train on, and of `options.holdout` to keep out, both in order.

    Which ones is drawn from `options.seed`: the same for the same number of examples.

    Raises:
        UsageError: none would be left to train on.
    """
    if options.holdout >= count:
        raise UsageError(
            f"--holdout {options.holdout}: there are only {count} examples; choose fewer"
        )
    order = stream(options.seed, "holdout").permutation(count)
    return np.sort(order[options.holdout :]), np.sort(order[: options.holdout])


def scaled(pixels: np.ndarray, data_range: float = 1.0) -> Tensor:
    """A float32 tensor in [-data_range, data_range] of uint8 pixels, of the same shape."""
    from mindspore import Tensor  # only here: data is found without MindSpore

    images = np.subtract(pixels, np.float32(127.5), dtype=np.float32)
    images /= np.float32(127.5 / data_range)
    return Tensor.from_numpy(images)
