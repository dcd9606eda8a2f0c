"""Every network but DCGAN's as the recipes have it: how many numbers are trained, and what they
begin as.
"""

import functools
from math import sqrt

import mindspore as ms
import numpy as np
import pytest

from ms_gan.networks import (
    began,
    cyclegan,
    faces32,
    gaussian,
    mnist_dcgan,
    mnist_mlp,
    pix2pix,
    wgan,
)

FULL = {  # as the recipes have them, and their trainable numbers, counted by hand layer by layer
    "gaussian generator": (lambda: gaussian.Generator(), 4 + 2),
    "gaussian discriminator": (lambda: gaussian.Discriminator(), 15 + 18 + 4),
    "mnist-mlp generator": (mnist_mlp.Generator, 3_232 + 2_112 + 8_320 + 101_136),
    "mnist-mlp discriminator": (mnist_mlp.Discriminator, 100_480 + 8_256 + 2_080 + 33),
    "mnist-dcgan generator": (
        mnist_dcgan.Generator,
        827_392 + 256 + 147_584 + 256 + 73_792 + 128 + 577,
    ),
    "mnist-dcgan discriminator": (
        mnist_dcgan.Discriminator,
        160 + 4_640 + 64 + 18_496 + 128 + 73_856 + 256 + 513,
    ),
    "faces32 generator": (faces32.Generator, 206_848 + 131_072 + 128 + 32_768 + 64 + 1_536),
    "faces32 discriminator": (faces32.Discriminator, 1_536 + 32_768 + 128 + 131_072 + 256 + 2_049),
    "wgan generator": (
        wgan.Generator,
        1_056_768 + 1_024 + 2_097_152 + 512 + 524_288 + 256 + 131_072 + 128 + 3_072,
    ),
    "wgan critic": (wgan.Critic, 3_136 + 131_200 + 524_544 + 2_097_664 + 8_193),
    "began decoder": (began.Decoder, 266_240 + 8 * 36_928 + 1_731),
    "began autoencoder": (
        began.Autoencoder,
        1_792
        + 36_928
        + 73_856
        + 147_584
        + 221_376
        + 331_968
        + 442_624
        + 2 * 590_080
        + 1_048_640
        + 563_395,
    ),
    # 54.4 M: eight levels down, then up, where all but the first see the skips as well
    "pix2pix generator": (
        pix2pix.UNet,
        3_136
        + 131_328
        + 524_800
        + 2_098_176
        + 3 * 4_195_328
        + 4_194_816
        + 4_195_328
        + 3 * 8_389_632
        + 4_194_816
        + 1_048_832
        + 262_272
        + 6_147,
    ),
    "pix2pix discriminator": (pix2pix.PatchDiscriminator, 2_768_705),
    "cyclegan generator": (
        cyclegan.Generator,
        2 * 3_072 + 128 + 131_328 + 524_800 + 12 * 590_336 + 524_544 + 131_200,
    ),
    "cyclegan discriminator": (
        cyclegan.Discriminator,
        3_072 + 131_328 + 524_800 + 2_098_176 + 8_192,
    ),
}
NORMAL = ("mnist-dcgan", "faces32", "pix2pix", "cyclegan")  # N(0, 0.02) weights in convolutions


@functools.cache
def full(name):
    """The values of a network's parameters at its full width, as it comes."""
    ms.set_seed(0)
    network = FULL[name][0]()
    return {
        parameter.name: (parameter.asnumpy(), parameter.requires_grad)
        for parameter in network.get_parameters()
    }


def biases(name):
    return [(key, values) for key, (values, _) in full(name).items() if key.endswith("bias")]


@pytest.mark.parametrize("name", FULL)
def test_trainable_numbers_at_full_width(name):
    assert (
        sum(values.size for values, trainable in full(name).values() if trainable) == FULL[name][1]
    )


@pytest.mark.parametrize("name", [name for name in FULL if name.startswith(NORMAL)])
def test_convolutions_begin_with_normal_weights_of_0_02(name):
    values = {key: values for key, (values, _) in full(name).items()}
    weights = [
        v for key, v in values.items() if key.endswith("weight") and v.ndim == 4 and v.size > 4_000
    ]
    assert weights
    for weight in weights:
        assert abs(weight.mean()) < 2e-3
        assert weight.std() == pytest.approx(0.02, rel=0.05)
        assert np.abs(weight).max() > 0.05  # no uniform distribution
    gammas = [v for key, v in values.items() if key.endswith("gamma")]
    assert np.concatenate(gammas).mean() == pytest.approx(1, abs=0.01)
    assert np.concatenate(gammas).std() == pytest.approx(0.02, rel=0.2)
    assert not any(v.any() for key, v in values.items() if key.endswith(("beta", "moving_mean")))
    if not name.startswith("mnist-dcgan"):  # whose biases have PyTorch's values
        assert not any(v.any() for _, v in biases(name))


@pytest.mark.parametrize("name", ["faces32 generator", "faces32 discriminator"])
def test_dense_layers_of_faces32_begin_normal_too(name):
    weight = full(name)["dense.weight"][0]
    assert weight.std() == pytest.approx(0.02, rel=0.05)
    assert np.abs(weight).max() > 0.05


def test_the_gaussians_layers_begin_normal_with_zero_biases():
    ms.set_seed(0)
    networks = [cell() for _ in range(50) for cell in (gaussian.Generator, gaussian.Discriminator)]
    found = [(p.name, p.asnumpy()) for network in networks for p in network.get_parameters()]
    weights = np.concatenate([v.ravel() for key, v in found if key.endswith("weight")])
    assert weights.std() == pytest.approx(0.02, rel=0.1)
    assert not any(v.any() for key, v in found if key.endswith("bias"))


@pytest.mark.parametrize(
    "name",
    [
        "mnist-mlp generator",
        "mnist-mlp discriminator",
        "mnist-dcgan generator",
        "mnist-dcgan discriminator",
    ],
)
def test_weights_and_biases_as_pytorch_begins_them(name):
    """Uniform up to 1 / sqrt(fan-in): dense layers, and biases of mnist-dcgan's convolutions."""
    values = {key: values for key, (values, _) in full(name).items()}
    for key, weight in values.items():
        if not key.endswith("weight"):
            continue
        bound = 1 / sqrt(weight[0].size)
        checked = [values[key.replace("weight", "bias")]] + ([weight] if weight.ndim == 2 else [])
        for value in checked:
            assert np.abs(value).max() <= bound
            assert value.any()
            if value.size > 1_000:
                assert value.std() == pytest.approx(bound / sqrt(3), rel=0.05)


@pytest.mark.parametrize(
    "name", ["wgan generator", "wgan critic", "began decoder", "began autoencoder"]
)
def test_weights_scaled_by_fan_in_and_fan_out(name):
    """Uniform up to sqrt(6 / (fan-in + fan-out)), Glorot's, and zero biases."""
    for key, (weight, _) in full(name).items():
        if key.endswith("weight"):
            area = weight[0, 0].size if weight.ndim == 4 else 1
            bound = sqrt(6 / ((weight.shape[0] + weight.shape[1]) * area))
            assert np.abs(weight).max() == pytest.approx(bound, rel=0.01), key
            assert np.abs(weight).max() <= bound * (1 + 1e-6), key
            if weight.size > 4_000:
                assert weight.std() == pytest.approx(bound / sqrt(3), rel=0.05), key
    assert not any(values.any() for _, values in biases(name))
