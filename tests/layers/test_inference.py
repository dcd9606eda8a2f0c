"""The prepared generator against the one it was made from, with weights and statistics that leave nothing out."""

import mindspore as ms
import numpy as np
import pytest
from mindspore import nn

from ms_gan import parameters
from ms_gan.layers import inference, rows
from ms_gan.networks.dcgan import Generator

COUNT, NZ = 3, 5


def drawn(layers, image_size=32):
    """A small generator in inference mode, normalisation's numbers far from their first values."""
    generator, rng = Generator(layers, NZ, 8, image_size), np.random.default_rng(0)
    every = dict(generator.parameters_and_names())
    parameters.assign(every, {
        key: (np.abs(rng.normal(0, 0.5, p.shape)) + 0.5 if "variance" in key else rng.normal(0, 0.5, p.shape))
        .astype(np.float32) for key, p in every.items()})
    return generator.set_train(False)


def latents():
    return ms.Tensor(np.random.default_rng(1).normal(0, 1, (COUNT, NZ)).astype(np.float32))


@pytest.mark.parametrize("image_size", [32, 64, 128])
def test_images_are_the_generators(image_size):
    expected = drawn(nn, image_size)(latents()).asnumpy()
    found = inference.prepare(drawn(rows, image_size), COUNT)(latents()).asnumpy()
    assert np.abs(expected).mean() > 0.1
    # 2e-4: the accuracy of MindSpore's tanh
    np.testing.assert_allclose(found, expected, rtol=0, atol=2e-4)


def test_compiling_changes_no_bit():
    prepared = inference.prepare(drawn(rows), COUNT)
    np.testing.assert_array_equal(inference.compiled(prepared)(latents()).asnumpy(), prepared(latents()).asnumpy())


def test_an_earlier_result_stays_when_the_next_is_computed():
    images = inference.compiled(inference.prepare(drawn(rows), COUNT))
    first = images(latents())
    before = first.asnumpy().copy()
    images(ms.Tensor(np.zeros((COUNT, NZ), np.float32))).asnumpy()
    np.testing.assert_array_equal(first.asnumpy(), before)


def network(*cells):
    net = nn.Cell()
    net.net = rows.SequentialCell(*cells)
    return net


def up(inputs, outputs, **changed):
    return rows.Conv2dTranspose(inputs, outputs, **{"kernel_size": 4, "stride": 2, "pad_mode": "pad", "padding": 1,
                                                    "has_bias": False, **changed})


@pytest.mark.parametrize("unknown", [
    lambda: nn.Dense(2, 2),
    lambda: drawn(nn),
    lambda: network(up(5, 4, stride=1, pad_mode="valid", padding=0), nn.ReLU()),
    lambda: network(up(5, 4, stride=1, pad_mode="valid", padding=0), nn.ReLU(), up(4, 3)),
    lambda: network(up(5, 4, stride=1, pad_mode="valid", padding=0), nn.ReLU(), up(4, 3, has_bias=True), nn.Tanh()),
    lambda: network(up(5, 4, stride=1, pad_mode="valid", padding=0), nn.ReLU(), up(4, 3, kernel_size=2, padding=0),
                    nn.Tanh()),
    lambda: network(up(5, 4), nn.ReLU(), up(4, 3), nn.Tanh()),
    lambda: network(rows.Conv2d(5, 4, 3, 1, "pad", 1), nn.ReLU())])
def test_other_networks_are_left_alone(unknown):
    assert inference.prepare(unknown(), COUNT) is None
