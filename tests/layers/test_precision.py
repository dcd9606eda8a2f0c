"""Float16 networks: which cells compute in it, and that nothing else changes."""

import mindspore as ms
import numpy as np
import pytest
from conftest import compiled
from mindspore import nn, ops

from ms_gan import runtime
from ms_gan.inference import infer
from ms_gan.layers import mixed, spectral_normalised
from ms_gan.networks.dcgan import Discriminator


class Telling(nn.Cell):
    """Multiplies by the size of the numbers that it gets, in bytes."""

    def construct(self, x):
        return x * (4 if x.dtype == ms.float32 else 2)


class TellingNorm(nn.BatchNorm2d):
    def construct(self, x):
        return ops.ones_like(x) * (4 if x.dtype == ms.float32 else 2)


def images(number=1.0):
    return np.full((2, 3, 4, 4), number, np.float32)


@pytest.mark.parametrize("level, norm", [("O2", 4), ("O3", 2)])
def test_normalisation_alone_is_float32_in_o2_and_nothing_is_in_o3(level, norm):
    network = nn.SequentialCell(Telling(), nn.SequentialCell(TellingNorm(3)), Telling())
    made = compiled(mixed(network, level))(ms.Tensor(images()))
    assert made.dtype == ms.float16
    np.testing.assert_array_equal(made.asnumpy(), images(2 * norm))


@pytest.mark.parametrize("level", ["O2", "O3", "auto"])
def test_keys_and_float32_parameters_stay(level):
    if level == "auto" and runtime.version("mindspore") < (2, 4):
        pytest.skip("MindSpore has it from 2.4 on")
    network = spectral_normalised(Discriminator(2, 32))
    before = dict(network.parameters_and_names())
    after = dict(mixed(network, level).parameters_and_names())
    assert list(after) == list(before)
    assert all(after[key] is parameter for key, parameter in before.items())
    assert {str(parameter.dtype) for parameter in after.values()} == {"Float32"}


def test_what_a_network_makes_outside_of_training_is_float32_and_nearly_the_same():
    network = Discriminator(2, 32)
    faces = np.random.default_rng(0).uniform(-1, 1, (4, 3, 32, 32)).astype(np.float32)
    expected = infer(network, faces)
    found = infer(mixed(network, "O2"), faces)
    assert found.dtype == np.float32
    assert not np.array_equal(found, expected)
    np.testing.assert_allclose(found, expected, atol=5e-3 * np.abs(expected).max())
