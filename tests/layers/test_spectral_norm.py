"""Spectral normalisation against singular values by NumPy. Training steps of it are compared with
PyTorch in test_parity.py.
"""

import mindspore as ms
import numpy as np
import pytest
from conftest import LAYERS, compiled, convert
from mindspore import nn

from ms_gan.inference import unmoved
from ms_gan.layers import for_cpu, im2col, spectral_norm, spectral_normalised
from ms_gan.networks.parts import conv, dense
from ms_gan.parameters import initialised, snapshot


class Network(nn.Cell):
    def __init__(self):
        super().__init__()
        first = conv(3, 5, has_bias=True, bias_init="ones", weight_init="normal")
        cells = [first, nn.BatchNorm2d(5), nn.LeakyReLU(0.2), conv(5, 4)]
        self.net = nn.SequentialCell(*cells)
        self.dense = dense(16, 2, bias_init="ones")

    def construct(self, images):
        return self.dense(self.net(images).reshape(images.shape[0], -1))


def made():
    with initialised(0):
        return spectral_normalised(Network()).set_train()


def images(*shape):
    rng = np.random.default_rng(0)
    return ms.Tensor(rng.standard_normal(shape or (2, 3, 8, 8)).astype(np.float32))


def vectors(network):
    parameters = network.parameters_and_names()
    return snapshot({key: p for key, p in parameters if key.endswith("normalise.u")})


def sigma(weight):
    matrix = weight.asnumpy().astype(np.float64).reshape(weight.shape[0], -1)
    return np.linalg.svd(matrix, compute_uv=False)[0]


@pytest.mark.parametrize("choice", LAYERS)
def test_weights_are_divided_by_their_largest_singular_values(choice):
    network = convert(made(), choice)
    step = compiled(network)
    for _ in range(200):
        found = step(images())
    plain = Network().set_train()
    values = {key: p for key, p in network.parameters_and_names() if not key.endswith(".u")}
    assert values.keys() == dict(plain.parameters_and_names()).keys()
    for key, p in plain.parameters_and_names():
        value = values[key].asnumpy()
        ms.ops.assign(p, ms.Tensor(value / sigma(p) if key.endswith("weight") else value))
    for key, p in plain.parameters_and_names():
        if key.endswith("weight"):
            value = values[key]
            ms.ops.assign(p, ms.Tensor((value.asnumpy() / sigma(value)).astype(np.float32)))
    np.testing.assert_allclose(found.asnumpy(), plain(images()).asnumpy(), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("choice", LAYERS)
def test_every_pass_in_training_makes_one_step_of_the_power_iteration(choice):
    network = convert(made(), choice)
    weight, (u, *_) = network.net[0].weight.asnumpy(), vectors(network).values()
    matrix = weight.reshape(5, -1).astype(np.float64)
    step = compiled(network)
    for _ in range(3):
        v = matrix.T @ u
        u = matrix @ (v / np.linalg.norm(v))
        u /= np.linalg.norm(u)
        step(images())
        np.testing.assert_allclose(next(iter(vectors(network).values())), u, atol=1e-6)


def test_in_inference_and_within_unmoved_the_vectors_stay(converted):
    network = converted(made())
    before = vectors(network)
    network.set_train(False)
    first = network(images()).asnumpy()
    np.testing.assert_array_equal(network(images()).asnumpy(), first)
    with unmoved(network.set_train()):
        network(images())
        moved = vectors(network)
    after = vectors(network)
    for key, value in before.items():
        np.testing.assert_array_equal(after[key], value)
        assert (moved[key] != value).any()


def test_weights_stay_the_same_objects_under_the_same_keys_and_names():
    network = Network()
    before = dict(network.parameters_and_names())
    names = {key: p.name for key, p in before.items()}
    assert spectral_normalised(network) is network
    after = dict(network.parameters_and_names())
    assert all(after[key] is p and p.name == names[key] for key, p in before.items())
    assert after.keys() - before.keys() == {
        "net.0.normalise.u",
        "net.3.normalise.u",
        "dense.normalise.u",
    }
    assert len({p.name for p in after.values()}) == len(after)
    assert [p for p in network.trainable_params() if p.name.endswith(".u")] == []
    for_cpu(network)
    assert list(network.parameters_and_names()) == list(after.items())


def test_a_sequence_still_works_on_nhwc_inside():
    network = for_cpu(made())
    types = [type(cell) for cell in network.net._cells.values()]
    assert types[0] is types[3] is spectral_norm.Im2colConv2d
    assert not network.net[0].nchw and not network.net[3].nchw
    assert len(network.net.cell_list) == 6  # a transpose at either end
    assert type(network.dense) is spectral_norm.Dense


def test_what_im2col_does_not_support_is_normalised_all_the_same():
    network = nn.SequentialCell(nn.Conv2d(4, 4, 3, pad_mode="pad", padding=1, group=2), nn.ReLU())
    spectral_normalised(network).set_train()
    before = snapshot(dict(network.parameters_and_names()))
    expected = network(images(1, 4, 6, 6)).asnumpy()
    for key, p in network.parameters_and_names():
        ms.ops.assign(p, ms.Tensor(before[key]))
    np.testing.assert_allclose(for_cpu(network)(images(1, 4, 6, 6)).asnumpy(), expected, atol=1e-5)
    assert type(network[0]) is spectral_norm.Conv2d and type(network[0].plain) is nn.Conv2d


def test_a_single_layer_is_returned_normalised_and_converting_again_changes_nothing():
    layer = spectral_normalised(nn.Conv2d(3, 2, 3, pad_mode="valid"))
    assert type(layer) is spectral_norm.Conv2d and spectral_normalised(layer) is layer
    network = made()
    cells = dict(network.cells_and_names())
    spectral_normalised(network)
    assert dict(network.cells_and_names()) == cells
    converted = for_cpu(network)
    cells = dict(converted.cells_and_names())
    spectral_normalised(for_cpu(converted))
    assert dict(converted.cells_and_names()) == cells


def test_what_is_converted_for_cpus_cannot_be_normalised_any_more():
    network = for_cpu(nn.SequentialCell(conv(3, 2)))
    assert type(network[0]) is im2col.Conv2d
    with pytest.raises(ValueError, match="before for_cpu"):
        spectral_normalised(network)


def test_the_first_vectors_are_of_length_one_and_follow_the_seed_of_the_weights():
    first, again = vectors(made()), vectors(made())
    for key, value in first.items():
        np.testing.assert_array_equal(again[key], value)
        assert np.linalg.norm(value) == pytest.approx(1, abs=1e-6)
    with initialised(1):
        other = vectors(spectral_normalised(Network()))
    assert all((other[key] != value).any() for key, value in first.items())
