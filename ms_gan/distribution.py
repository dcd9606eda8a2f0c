"""Data-parallel training: one process (worker) a device, each on its share of every batch, all with
the same weights.

MindSpore's own launcher starts the workers and its own collectives connect them: HCCL on Ascend,
NCCL on GPU, and its own on CPU. See scripts/run_distribute_train.sh.
"""

import os

import numpy as np

from ms_gan.errors import GanError


class Alone:
    """The only worker of a run: nothing to share."""

    rank, count, device = 0, 1, None
    size = property(lambda self: self.count)
    command = "python -m ms_gan.train"  # what to type to go on with such a run

    def join(self, objective):
        """Take part in training `objective`, before its step is compiled."""

    def mean(self, numbers):
        """The mean over all workers of each number of a dict; every worker has to ask at the same
        step.
        """
        return numbers

    def any(self, number):
        """The number that a worker has, if any has one other than 0; every worker has to ask at the
        same step.
        """
        return number

    def generator(self, rng):
        """The generator of this worker's noise for the next step, apart from all other workers' and
        steps'.
        """
        return rng


ALONE = Alone()


class Workers(Alone):
    """This process as one of several. Made by `start`."""

    def __init__(self, rank, count, device):
        from mindspore import ops

        self.rank, self.count, self.device = rank, count, device
        self.command = f"bash scripts/run_distribute_train.sh {count}"
        self._sum, self._spread = ops.AllReduce(), ops.Broadcast(0)

    def join(self, objective):
        """Average the gradients over all workers within the compiled step, and begin with the first
        one's values.
        """
        from mindspore import nn, ops

        for optimizer in objective.optimizers.values():
            optimizer.average = nn.DistributedGradReducer(
                optimizer.parameters, mean=True, degree=self.count
            )
        for mean in objective.means:
            mean.all_reduce, mean.world_size = self._sum, self.count
        for parameter in objective.parameters().values():
            ops.assign(parameter, self._spread((parameter.value(),))[0])

    def mean(self, numbers):
        total = self._reduced(list(numbers.values()))
        return dict(zip(numbers, (total / self.count).tolist()))

    def any(self, number):
        total, having = self._reduced(
            [number, number != 0]
        )  # sums are all that collectives do on a CPU
        return round(total / having) if having else 0

    def generator(self, rng):
        # A jump is further than any run draws, and takes no time; rank 0 stays where a single
        # worker would be.
        return np.random.Generator(rng.bit_generator.jumped(self.rank)) if self.rank else rng

    def _reduced(self, numbers):
        import mindspore as ms

        return self._sum(ms.Tensor(np.array(numbers, np.float32))).asnumpy()


def expected():
    """Whether a launcher has started this process as one of several."""
    return any(name in os.environ for name in ("MS_ROLE", "OMPI_COMM_WORLD_RANK"))


def local_rank():
    """The number of this worker on its machine, which is that of its device."""
    return int(os.environ.get("OMPI_COMM_WORLD_LOCAL_RANK", os.environ.get("DEVICE_ID", 0)))


def start(device):
    """Join the workers that MindSpore's launcher has started, on the device that `runtime.start`
    has returned.

    Raises GanError where the others can't be reached.
    """
    import mindspore as ms
    from mindspore.communication import get_group_size, get_rank, init

    try:
        init()
    except (RuntimeError, ValueError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise GanError(f"--distributed: the other workers can't be reached: {reason}") from None
    ms.set_auto_parallel_context(parallel_mode=ms.ParallelMode.DATA_PARALLEL, gradients_mean=True)
    return Workers(get_rank(), get_group_size(), device)
