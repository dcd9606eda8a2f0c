import mindspore as ms

from ms_gan.parameters import assign, snapshot


def test_a_snapshot_does_not_follow_later_changes():
    weight = ms.Parameter(ms.Tensor([1.0]), name="w")
    kept = snapshot({"w": weight})
    ms.ops.assign(weight, ms.Tensor([2.0]))
    assert kept["w"].tolist() == [1.0]
    assign({"w": weight}, kept)
    assert weight.asnumpy().tolist() == [1.0]
