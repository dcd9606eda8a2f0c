"""Every network but DCGAN's, small: shapes, ranges, dropout; the same numbers when converted."""

import mindspore as ms
import numpy as np
import pytest
from mindspore import ops

from ms_gan.layers import for_cpu
from ms_gan.networks import (
    began,
    cyclegan,
    dcgan,
    faces32,
    gaussian,
    mnist_dcgan,
    mnist_mlp,
    pix2pix,
    wgan,
)
from ms_gan.parameters import assign, snapshot

FREE = None  # an output without bounds

TINY = {  # builder, shapes of the inputs, shape of the output, its bound
    "gaussian generator": (lambda: gaussian.Generator(), [(4, 2)], (4, 2), FREE),
    "gaussian discriminator": (lambda: gaussian.Discriminator(), [(4, 2)], (4,), FREE),
    "mnist-mlp generator": (lambda: mnist_mlp.Generator(6, 2), [(4, 6)], (4, 1, 28, 28), 1),
    "mnist-mlp discriminator": (lambda: mnist_mlp.Discriminator(2), [(4, 1, 28, 28)], (4,), FREE),
    "mnist-dcgan generator": (lambda: mnist_dcgan.Generator(6, 4), [(4, 6)], (4, 1, 32, 32), 1),
    "mnist-dcgan discriminator": (
        lambda: mnist_dcgan.Discriminator(2),
        [(4, 1, 32, 32)],
        (4,),
        FREE,
    ),
    "faces32 generator": (lambda: faces32.Generator(6, 2), [(4, 6)], (4, 3, 32, 32), 1),
    "faces32 discriminator": (lambda: faces32.Discriminator(2), [(4, 3, 32, 32)], (4,), FREE),
    "dcgan generator": (lambda: dcgan.Generator(6, 2, 32), [(4, 6)], (4, 3, 32, 32), 1),
    "dcgan discriminator": (lambda: dcgan.Discriminator(2, 32), [(4, 3, 32, 32)], (4,), FREE),
    "wgan generator": (lambda: wgan.Generator(6, 2, 0.5), [(4, 6)], (4, 3, 64, 64), 0.5),
    "wgan critic": (lambda: wgan.Critic(2), [(4, 3, 64, 64)], (4,), FREE),
    "began decoder": (lambda: began.Decoder(6, 2, 16), [(4, 6)], (4, 3, 16, 16), FREE),
    "began autoencoder": (
        lambda: began.Autoencoder(6, 2, 16),
        [(4, 3, 16, 16)],
        (4, 3, 16, 16),
        FREE,
    ),
    "pix2pix generator": (lambda: pix2pix.UNet(2, 16), [(4, 3, 16, 16)], (4, 3, 16, 16), 1),
    "pix2pix discriminator": (
        lambda: pix2pix.PatchDiscriminator(2),
        [(4, 3, 32, 32)] * 2,
        (4, 1, 2, 2),
        FREE,
    ),
    "cyclegan generator": (lambda: cyclegan.Generator(2, 1), [(4, 3, 16, 16)], (4, 3, 16, 16), 1),
    "cyclegan discriminator": (
        lambda: cyclegan.Discriminator(2),
        [(4, 3, 48, 48)],
        (4, 1, 2, 2),
        FREE,
    ),
}


def drawn(shapes, seed=0):
    rng = np.random.default_rng(seed)
    return [ms.Tensor(rng.uniform(-1, 1, shape).astype(np.float32)) for shape in shapes]


def randomise(network, scale, seed=1):
    """Weights ~ N(0, scale), so that a tiny network says something; the same for the same names."""
    rng = np.random.default_rng(seed)
    weights = {key: p for key, p in network.parameters_and_names() if p.requires_grad}
    assign(
        weights,
        {key: rng.normal(0, scale, p.shape).astype(np.float32) for key, p in weights.items()},
    )
    return network


@pytest.mark.parametrize("name", TINY)
def test_shape_and_range(converted, name):
    """Weights are far too large, so that a tanh reaches its bound and what has none exceeds it."""
    build, shapes, expected, bound = TINY[name]
    output = converted(randomise(build(), 3)).set_train(False)(*drawn(shapes)).asnumpy()
    assert (output.shape, output.dtype) == (expected, np.float32)
    assert np.isfinite(output).all()
    if bound:
        assert np.abs(output).max() == pytest.approx(bound, rel=1e-3)
        assert np.abs(output).max() <= bound * 1.00001  # MindSpore's tanh goes up to 1.0000045
    else:
        assert np.abs(output).max() > 1


@pytest.mark.parametrize("name", TINY)
def test_a_converted_network_gives_the_same_numbers_and_gradients(name):
    """With the same Parameters: objects, keys, names, order and values."""
    build, shapes, expected, _ = TINY[name]
    network, (share,) = randomise(build(), 0.2).set_train(), drawn([expected], seed=2)
    weights = ms.ParameterTuple(network.trainable_params())
    parameters, names = list(network.parameters_and_names()), [p.name for p in weights]
    values = snapshot(dict(parameters))

    def forward(*inputs):
        output = network(*inputs)
        return (output * share).sum(), output

    gradients_of = ops.value_and_grad(forward, None, weights, has_aux=True)
    (_, own), own_gradients = gradients_of(*drawn(shapes))
    assign(dict(parameters), values)
    assert for_cpu(network) is network
    converted = list(network.parameters_and_names())
    assert [key for key, _ in converted] == [key for key, _ in parameters]
    assert all(a is b for (_, a), (_, b) in zip(converted, parameters))
    assert [p.name for p in network.trainable_params()] == names
    for key, value in snapshot(dict(converted)).items():
        np.testing.assert_array_equal(value, values[key])
    (_, ours), gradients = gradients_of(*drawn(shapes))
    np.testing.assert_allclose(ours.asnumpy(), own.asnumpy(), atol=1e-5)
    largest = max(np.abs(gradient.asnumpy()).max() for gradient in own_gradients)
    assert largest > 0
    for key, a, b in zip(names, own_gradients, gradients):
        np.testing.assert_allclose(b.asnumpy(), a.asnumpy(), atol=1e-5 * largest, err_msg=key)


DROPPING = (
    "mnist-mlp generator",
    "mnist-mlp discriminator",
    "mnist-dcgan discriminator",
    "pix2pix generator",
)


def dropping(name):
    """A network with dropout, its inputs, and how many numbers a sample's mask has. In inference
    mode: batch
    normalisation would hide what is silenced, and mix the samples."""
    build, shapes, _, _ = TINY[name]
    network = randomise(build(), 0.3).set_train(False)
    return network, drawn(shapes), network.dropout[1]


def test_rates_and_sizes_of_the_masks():
    networks = {name: dropping(name)[0] for name in DROPPING}
    assert {name: network.dropout for name, network in networks.items()} == {
        "mnist-mlp generator": (0.3, 2 + 4 + 8),
        "mnist-mlp discriminator": (0.3, 8 + 4 + 2),
        "mnist-dcgan discriminator": (0.25, 2 + 4 + 8 + 16),
        "pix2pix generator": (0.5, 8 * 2**2 + 4 * 4**2 + 2 * 8**2),
    }  # the first three levels up: 2, 4, 8 pixels a side
    others = [build() for name, (build, *_) in TINY.items() if name not in DROPPING]
    assert not any(hasattr(network, "dropout") for network in others)


@pytest.mark.parametrize("name", DROPPING)
def test_a_mask_of_ones_changes_nothing_and_without_one_nothing_is_dropped(name):
    network, inputs, size = dropping(name)
    without = network(*inputs).asnumpy()
    np.testing.assert_array_equal(network(*inputs).asnumpy(), without)
    np.testing.assert_array_equal(
        network(*inputs, ms.Tensor(np.ones((4, size), np.float32))).asnumpy(), without
    )


@pytest.mark.parametrize("name", DROPPING[:3])
def test_a_mask_of_zeros_hides_the_input(name):
    network, (inputs,), size = dropping(name)
    zeros = ms.Tensor(np.zeros((4, size), np.float32))
    silent = network(inputs, zeros).asnumpy()
    np.testing.assert_array_equal(network(inputs * 2 + 1, zeros).asnumpy(), silent)
    assert np.abs(network(inputs * 2 + 1).asnumpy() - network(inputs).asnumpy()).max() > 1e-3


def test_a_mask_of_zeros_hides_the_middle_of_the_u_net_but_not_its_skips():
    network, (images,), size = dropping("pix2pix generator")
    zeros = ms.Tensor(np.zeros((4, size), np.float32))
    dropped, whole = network(images, zeros).asnumpy(), network(images).asnumpy()
    middle = {
        key: p
        for key, p in network.parameters_and_names()
        if key.startswith(("down.3", "up.0", "up.1", "up.2"))
    }
    assign(
        {key: p for key, p in middle.items() if p.requires_grad},
        {key: value * 2 + 0.1 for key, value in snapshot(middle).items()},
    )
    np.testing.assert_array_equal(network(images, zeros).asnumpy(), dropped)
    assert np.abs(network(images).asnumpy() - whole).max() > 1e-3
    assert np.abs(dropped - dropped[:1]).max() > 1e-3


# A unit or channel whose parameters are all 0 is silent, and so is one whose part of the mask is:
# the last of a layer.
PARTS = [
    ("mnist-mlp generator", 5, 1, ("net.dense.1.weight", "net.dense.1.bias"), 3),
    ("mnist-mlp discriminator", 13, 1, ("net.dense.2.weight", "net.dense.2.bias"), 1),
    ("mnist-dcgan discriminator", 5, 1, ("blocks.1.0.weight", "blocks.1.0.bias"), 3),
    ("pix2pix generator", 8 * 4 + 3 * 16, 16, ("up.1.2.gamma", "up.1.2.beta"), 3),
]


@pytest.mark.parametrize("name, first, size, keys, channel", PARTS, ids=[part[0] for part in PARTS])
def test_each_part_of_a_mask_is_for_its_own_unit_and_sample(name, first, size, keys, channel):
    network, inputs, numbers = dropping(name)
    whole = network(*inputs).asnumpy()
    keep = np.ones((4, numbers), np.float32)
    keep[2, first : first + size] = 0
    masked = network(*inputs, ms.Tensor(keep)).asnumpy()
    parameters = {key: p for key, p in network.parameters_and_names() if key in keys}
    assert len(parameters) == 2
    values = snapshot(parameters)
    for value in values.values():
        value[channel] = 0
    assign(parameters, values)
    expected = whole.copy()
    expected[2] = network(*inputs).asnumpy()[2]
    np.testing.assert_allclose(masked, expected, atol=1e-6)
    assert np.abs(expected[2] - whole[2]).max() > 1e-4


@pytest.mark.parametrize("size", [1, 8, 24, 100, 257])
def test_the_u_net_refuses_sides_that_are_no_powers_of_2(size):
    with pytest.raises(ValueError, match=f"{size}, expected a power of 2, 16 or more"):
        pix2pix.UNet(2, size)


@pytest.mark.parametrize("size", [16, 64])
def test_the_u_net_goes_down_to_one_pixel_at_other_sides(size):
    network = pix2pix.UNet(2, size).set_train(False)
    assert network(*drawn([(1, 3, size, size)])).shape == (1, 3, size, size)
    assert len(network.down) == len(network.up) == np.log2(size)


def test_a_logit_of_pix2pix_judges_70x70_pixels():
    network = randomise(pix2pix.PatchDiscriminator(1), 1).set_train(False)
    (source, image), position = drawn([(1, 3, 128, 128)] * 2), (0, 0, 7, 7)
    slope = ops.grad(lambda image: network(source, image)[position].sum())(image).asnumpy()
    seen = np.argwhere(slope[0].any(0))
    assert (seen.max(0) - seen.min(0) + 1).tolist() == [70, 70]


@pytest.mark.parametrize("size", [32, 64])
def test_began_follows_the_side_of_its_images(size):
    images = began.Decoder(6, 2, size)(*drawn([(2, 6)]))
    assert images.shape == (2, 3, size, size)
    assert began.Autoencoder(6, 2, size)(images).shape == (2, 3, size, size)
