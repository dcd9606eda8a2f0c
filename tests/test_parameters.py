import random

import mindspore as ms
import numpy as np
from mindspore import nn
from mindspore.common.initializer import Normal

from ms_gan.parameters import assign, initialised, snapshot, tensors


def test_a_snapshot_does_not_follow_later_changes():
    weight = ms.Parameter(ms.Tensor([1.0]), name="w")
    kept = snapshot({"w": weight})
    ms.ops.assign(weight, ms.Tensor([2.0]))
    assert kept["w"].tolist() == [1.0]
    assign({"w": weight}, kept)
    assert weight.asnumpy().tolist() == [1.0]


def test_arrays_become_tensors_and_none_stays():
    one, none = tensors((np.ones(2, np.float32), None))
    assert isinstance(one, ms.Tensor) and one.asnumpy().tolist() == [1, 1]
    assert none is None


def weights(seed):
    with initialised(seed):
        return nn.Conv2d(3, 4, 3, weight_init=Normal(0.02)).weight.asnumpy()


def test_the_seed_alone_decides_first_weights():
    first = weights(5)
    np.random.seed(7)
    np.testing.assert_array_equal(weights(5), first)
    assert not np.array_equal(weights(6), first)


def test_first_weights_leave_the_users_own_generators_alone():
    np.random.seed(3)
    random.seed(3)
    expected = np.random.random(), random.random()
    np.random.seed(3)
    random.seed(3)
    weights(5)
    assert (np.random.random(), random.random()) == expected
