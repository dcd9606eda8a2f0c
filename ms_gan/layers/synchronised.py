"""Batch normalisation by the statistics of all workers' batches together, for either vocabulary:
`--sync-bn`.

MindSpore's own, `nn.SyncBatchNorm`, is for Ascend only; this one needs no more than its all-reduce
and runs everywhere.
"""

from types import SimpleNamespace

from mindspore import ops


def synchronised(vocabulary, workers):
    """The vocabulary with a `BatchNorm2d` that, in training, uses the mean and variance over
    `workers` workers.

    Parameters, their names and inference are those of the vocabulary's own layer. Every worker's
    batch has to be of the same size. Gradients flow through the statistics to all workers' images,
    so that their mean is what one worker with all the images would have computed.
    """
    channels = vocabulary.CHANNELS
    axes = tuple(axis for axis in range(4) if axis != channels)

    class BatchNorm2d(vocabulary.BatchNorm2d):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self.all_reduce = ops.AllReduce()
            self.aligned = tuple(-1 if axis == channels else 1 for axis in range(4))

        def construct(self, x):
            if not self.training:
                return super().construct(x)
            count = workers * (x.size // x.shape[channels])
            mean = self.all_reduce(x.sum(axes)) / count
            centred = x - mean.reshape(self.aligned)
            variance = self.all_reduce((centred * centred).sum(axes)) / count
            share = self.momentum  # the attribute is 1 less the argument: what a new batch adds
            unbiased = variance * (count / (count - 1))
            ops.assign(self.moving_mean, self.moving_mean * (1 - share) + mean * share)
            ops.assign(self.moving_variance, self.moving_variance * (1 - share) + unbiased * share)
            scale = self.gamma * ops.rsqrt(variance + self.eps)
            return centred * scale.reshape(self.aligned) + self.beta.reshape(self.aligned)

    return SimpleNamespace(**{**vars(vocabulary), "BatchNorm2d": BatchNorm2d})
