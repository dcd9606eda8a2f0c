"""Data-parallel training: one process (worker) a device, each on its share of every batch, all with the same weights.

MindSpore's own launcher starts the workers and its own collectives connect them: HCCL on Ascend, NCCL on GPU, its own on
CPU. See scripts/run_distribute_train.sh.
"""

import numpy as np

from ms_gan.errors import GanError, UsageError


class Alone:
    """The only worker of a run: nothing to share."""

    rank, count = 0, 1

    def join(self, objective):
        """Take part in training `objective`, before its step is compiled."""

    def level(self, parameters):
        """Give all workers the first one's values of {key: Parameter}."""

    def mean(self, numbers):
        """The mean over all workers of each number of a dict; every worker has to ask at the same step."""
        return numbers

    def any(self, number):
        """The largest number that any worker has; every worker has to ask at the same step."""
        return number

    def generator(self, rng):
        """The generator of this worker's noise for the next step, apart from all other workers' and steps'."""
        return rng


class Workers(Alone):
    """This process as one of several. Made by `start`."""

    def __init__(self, rank, count):
        from mindspore import ops

        self.rank, self.count = rank, count
        self._sum, self._largest, self._spread = ops.AllReduce(), ops.AllReduce(ops.ReduceOp.MAX), ops.Broadcast(0)

    def join(self, objective):
        """Average the gradients over all workers within the compiled step, right before they are applied."""
        from mindspore import nn

        for optimizer in objective.optimizers.values():
            optimizer.average = nn.DistributedGradReducer(optimizer.parameters, mean=True, degree=self.count)
        self.level(objective.parameters())

    def level(self, parameters):
        from mindspore import ops

        for parameter in parameters.values():
            ops.assign(parameter, self._spread((parameter.value(),))[0])

    def mean(self, numbers):
        total = self._reduced(self._sum, list(numbers.values()))
        return dict(zip(numbers, (total / self.count).tolist()))

    def any(self, number):
        return int(self._reduced(self._largest, [number])[0])

    def generator(self, rng):
        # A jump is further than any run draws, and takes no time; rank 0 stays where a single worker would be.
        return np.random.Generator(rng.bit_generator.jumped(self.rank)) if self.rank else rng

    def _reduced(self, collective, numbers):
        import mindspore as ms

        return collective(ms.Tensor(np.array(numbers, np.float32))).asnumpy()


def start():
    """Join the workers that MindSpore's launcher has started; `runtime.start` comes first.

    Raises UsageError where it hasn't, GanError where the others can't be reached.
    """
    import os

    import mindspore as ms
    from mindspore.communication import get_group_size, get_rank, init

    if "MS_ROLE" not in os.environ and "RANK_ID" not in os.environ and "OMPI_COMM_WORLD_RANK" not in os.environ:
        raise UsageError("--distributed: this process wasn't started by msrun or mpirun; use "
                         "scripts/run_distribute_train.sh, or leave the option out to train on one device")
    try:
        init()
    except (RuntimeError, ValueError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise GanError(f"--distributed: the other workers can't be reached: {reason}") from None
    ms.set_auto_parallel_context(parallel_mode=ms.ParallelMode.DATA_PARALLEL, gradients_mean=True)
    return Workers(get_rank(), get_group_size())
