"""Discriminators as chains of layers: the last layer gives what the whole network judges by."""

import mindspore as ms
import numpy as np
import pytest

from ms_gan.explore.discriminators import Discriminator, Layers
from ms_gan.options import with_values
from ms_gan.parameters import initialised
from ms_gan.recipes import RECIPES
from ms_gan.streams import stream

SMALL = {"image_size": 32, "ngf": 2, "ndf": 2, "nz": 4}
DEPTHS = {
    "faces": (SMALL, 3),
    "faces-plus": (SMALL, 3),
    "faces32": ({"ngf": 2, "ndf": 2, "nz": 4}, 3),
    "faces-wgan-gp": ({"ngf": 2, "ndf": 2, "nz": 4}, 4),
    "mnist-dcgan": ({"ngf": 2, "ndf": 2, "nz": 4}, 4),
}


def head(network, maps):
    """What a discriminator makes of its last layer's output."""
    if hasattr(network, "norm"):
        maps = network.norm(maps)
    if hasattr(network, "dense"):
        return network.dense(maps.reshape(len(maps), -1)).reshape(-1)
    return network.net[-1](maps).reshape(-1)


@pytest.mark.parametrize("name", DEPTHS)
def test_the_layers_are_what_the_network_computes(name):
    sizes, depth = DEPTHS[name]
    recipe = with_values(RECIPES[name], sizes, name)
    with initialised(3):
        network = recipe.objective(1).networks["discriminator"].set_train(False)
    side = 64 if name == "faces-wgan-gp" else 32
    channels = 1 if name == "mnist-dcgan" else 3
    drawn = stream(0, "test").uniform(-1, 1, (2, channels, side, side)).astype(np.float32)
    expected = network(ms.Tensor(drawn)).asnumpy()
    layers = Layers(network).set_train(False)
    outputs = layers(ms.Tensor(drawn))
    assert len(outputs) == len(layers.windows) == depth
    np.testing.assert_allclose(head(network, outputs[-1]).asnumpy(), expected, atol=1e-5)


def test_images_are_computed_in_batches_of_one_shape():
    recipe = with_values(RECIPES["mnist-dcgan"], DEPTHS["mnist-dcgan"][0], "test")
    discriminator = Discriminator(recipe, None, "random", "CPU")
    pixels = stream(0, "test").integers(0, 256, (130, 1, 32, 32), np.uint8)
    batches = list(discriminator.activations(pixels))
    assert [[layer.shape for layer in batch] for batch in batches] == [
        [(n, 2, 16, 16), (n, 4, 8, 8), (n, 8, 4, 4), (n, 16, 2, 2)] for n in (128, 2)
    ]
    alone = next(discriminator.activations(pixels[128:]))
    np.testing.assert_array_equal(alone[-1], batches[1][-1])
    assert discriminator.windows == [(3, 2, 1)] * 4
    assert discriminator.weight.shape == (2, 1, 3, 3)
