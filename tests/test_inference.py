"""Networks in inference mode: what they use, and how they are left."""

import mindspore as ms
import numpy as np
import pytest
from mindspore import nn

from ms_gan.inference import compiled, infer
from ms_gan.layers import for_cpu
from ms_gan.parameters import assign, snapshot

STATISTICS = {"moving_mean": [1.0, -1.0], "moving_variance": [4.0, 0.25]}


class Normalise(nn.Cell):
    """Batch normalisation of two channels, whose running statistics are far from those of any batch
    here.
    """

    def __init__(self):
        super().__init__()
        self.net = nn.SequentialCell(nn.BatchNorm2d(2))
        values = {
            key: np.array(STATISTICS[key.split(".")[-1]], np.float32) for key in statistics(self)
        }
        assign(statistics(self), values)

    def construct(self, images):
        return self.net(images)


def statistics(network):
    return {key: p for key, p in network.parameters_and_names() if "moving" in key}


def images(seed=0):
    return np.random.default_rng(seed).standard_normal((6, 2, 4, 4)).astype(np.float32)


def by_running_statistics(values):
    mean, variance = (
        np.array(STATISTICS[key]).reshape(-1, 1, 1) for key in ("moving_mean", "moving_variance")
    )
    return (values - mean) / np.sqrt(variance + 1e-5)


def by_its_own(values):
    return (values - values.mean((0, 2, 3), keepdims=True)) / np.sqrt(
        values.var((0, 2, 3), keepdims=True) + 1e-5
    )


def is_left_alone(network):
    found = {
        key.split(".")[-1]: value.tolist() for key, value in snapshot(statistics(network)).items()
    }
    return found == STATISTICS


@pytest.mark.parametrize(
    "batch_statistics, expected", [(False, by_running_statistics), (True, by_its_own)]
)
def test_infer_uses_either_statistics_and_leaves_the_network_as_it_was(
    converted, batch_statistics, expected
):
    network = converted(Normalise()).set_train()
    for seed in (0, 1):
        output = infer(network, images(seed), batch_statistics=batch_statistics)
        np.testing.assert_allclose(output, expected(images(seed)), atol=1e-4)
        assert network.training and network.net[0].training
        assert is_left_alone(network)


def test_the_running_statistics_can_still_be_trained_afterwards(converted):
    network = converted(Normalise()).set_train()
    infer(network, images(), batch_statistics=True)
    network(ms.Tensor(images()))
    assert not is_left_alone(network)


def test_infer_takes_several_arrays():
    class Sum(nn.Cell):
        def construct(self, a, b):
            return a + 2 * b

    np.testing.assert_array_equal(
        infer(Sum(), np.ones(3, np.float32), np.ones(3, np.float32)), [3, 3, 3]
    )


@pytest.mark.parametrize(
    "batch_statistics, expected", [(False, by_running_statistics), (True, by_its_own)]
)
def test_a_compiled_network_keeps_its_mode_although_it_is_trained_afterwards(
    batch_statistics, expected
):
    network = for_cpu(Normalise())
    function = compiled(network, batch_statistics)
    (first,) = function(ms.Tensor(images()))
    np.testing.assert_allclose(first.asnumpy(), expected(images()), atol=1e-4)
    network.set_train(not batch_statistics)
    np.testing.assert_array_equal(function(ms.Tensor(images()))[0].asnumpy(), first.asnumpy())
    assert (
        is_left_alone(network) != batch_statistics
    )  # normalising by a batch moves them on, which nobody sees


def test_a_compiled_network_follows_its_weights():
    network = for_cpu(Normalise())
    function = compiled(network)
    (before,) = function(ms.Tensor(images()))
    weights = {key: p for key, p in network.parameters_and_names() if p.requires_grad}
    assign(weights, {key: value * 3 for key, value in snapshot(weights).items()})
    np.testing.assert_allclose(
        function(ms.Tensor(images()))[0].asnumpy(), 3 * before.asnumpy(), rtol=1e-5
    )
