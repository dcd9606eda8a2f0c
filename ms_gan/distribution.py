"""Data-parallel training: one process a device, each on its shard of every batch, all with the same
weights.

Such a process has a rank, and the world size says how many there are. MindSpore's own launcher
starts them and its own collectives connect them: HCCL on Ascend, NCCL on GPU, and its own on CPU.
See scripts/run_distribute_train.sh.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ms_gan.errors import GanError

if TYPE_CHECKING:
    from ms_gan.objectives.base import Objective

HIGHEST = 63  # of the numbers to agree on; signals end there


class World:
    """All ranks of a run, seen from one of them. This is the world of a single process.

    Every rank has to call `join`, `mean`, `agree` and `barrier` at the same points.
    """

    rank: int = 0
    size: int = 1
    device: str | None = None  # where this rank has started MindSpore, if it has
    command: str = "python -m ms_gan.train"  # what to type to go on with such a run

    def join(self, objective: Objective) -> None:
        """Let all ranks train `objective` together; before its step is compiled."""

    def mean(self, numbers: Mapping[str, float]) -> dict[str, float]:
        """The mean over all ranks of each of the numbers."""
        return dict(numbers)

    def agree(self, number: int) -> int:
        """The largest of all ranks' numbers, each a whole one from 0 to 63, such as a signal's."""
        return number

    def barrier(self) -> None:
        """Wait until all ranks have come here."""


ALONE = World()


class DistributedWorld(World):
    """Several ranks, of which this process is one. Made by `start`."""

    def __init__(self, rank: int, size: int, device: str) -> None:
        from mindspore import ops

        self.rank, self.size, self.device = rank, size, device
        self.command = f"bash scripts/run_distribute_train.sh {size}"
        self._sum, self._broadcast = ops.AllReduce(), ops.Broadcast(0)

    def join(self, objective: Objective) -> None:
        """Average the gradients over all ranks within the compiled step, and begin with rank 0's
        values.
        """
        from mindspore import nn, ops

        for optimizer in objective.optimizers.values():
            optimizer.average = nn.DistributedGradReducer(
                optimizer.parameters, mean=True, degree=self.size
            )
        for mean in objective.means:
            mean.all_reduce, mean.world_size = self._sum, self.size
        for parameter in objective.parameters().values():
            ops.assign(parameter, self._broadcast((parameter.value(),))[0])

    def mean(self, numbers: Mapping[str, float]) -> dict[str, float]:
        total = self._total(list(numbers.values()))
        return dict(zip(numbers, (total / self.size).tolist()))

    def agree(self, number: int) -> int:
        # Sums are all that collectives do on a CPU: of a flag for each number that a rank may have.
        flags = [float(number == flag) for flag in range(HIGHEST + 1)]
        return int(np.flatnonzero(self._total(flags))[-1])

    def barrier(self) -> None:
        self._total([0.0])

    def _total(self, numbers: Sequence[float]) -> np.ndarray:
        """The sum over all ranks of each number."""
        import mindspore as ms

        return self._sum(ms.Tensor(np.array(numbers, np.float32))).asnumpy()


def expected() -> bool:
    """Whether a launcher has started this process as one of several."""
    return any(name in os.environ for name in ("MS_ROLE", "OMPI_COMM_WORLD_RANK"))


def local_rank() -> int:
    """This process's rank on its machine, which is the number of its device."""
    return int(os.environ.get("OMPI_COMM_WORLD_LOCAL_RANK", os.environ.get("DEVICE_ID", 0)))


def start(device: str) -> DistributedWorld:
    """Join the other ranks that MindSpore's launcher has started.

    Args:
        device: what `runtime.start` has returned.

    Raises:
        GanError: the others can't be reached.
    """
    import mindspore as ms
    from mindspore.communication import get_group_size, get_rank, init

    try:
        init()
    except (RuntimeError, ValueError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise GanError(f"--distributed: the other ranks can't be reached: {reason}") from None
    ms.set_auto_parallel_context(parallel_mode=ms.ParallelMode.DATA_PARALLEL, gradients_mean=True)
    return DistributedWorld(get_rank(), get_group_size(), device)
