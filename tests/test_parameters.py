import mindspore as ms
import numpy as np

from ms_gan.parameters import assign, snapshot, tensors


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
