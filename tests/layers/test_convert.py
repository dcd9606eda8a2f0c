"""Which cells a conversion replaces, and that Parameters and everything else stay as they were."""

import mindspore as ms
import numpy as np
import pytest
from conftest import LAYERS, compiled, convert
from mindspore import nn, ops

from ms_gan.layers import for_cpu, im2col, synchronised
from ms_gan.layers.batch_norm import BatchNorm2d, SynchronisedBatchNorm2d
from ms_gan.layers.upsample import Upsample
from ms_gan.networks.cyclegan import Generator
from ms_gan.parameters import snapshot


def conv(inputs=3, outputs=3, **options):
    return nn.Conv2d(inputs, outputs, 3, 1, **{"pad_mode": "pad", "padding": 1, **options})


def images(*shape):
    rng = np.random.default_rng(0)
    return ms.Tensor(rng.standard_normal(shape or (2, 3, 6, 6)).astype(np.float32))


def kinds(network):
    """{key: class} of all cells below a network that were there before it was converted."""
    inner = ("convolve", "normalize", "enlarge")
    return {
        key: type(cell)
        for key, cell in network.cells_and_names()
        if key and not any(name in key for name in inner)
    }


def test_a_sequence_of_image_cells_works_on_nhwc_inside():
    network = nn.SequentialCell(
        conv(), nn.BatchNorm2d(3), nn.ReLU(), nn.LeakyReLU(0.2), Upsample(2), nn.ELU(), nn.Tanh()
    )
    assert for_cpu(network) is network
    assert list(kinds(network).values()) == [
        im2col.Conv2d,
        BatchNorm2d,
        nn.ReLU,
        im2col.LeakyReLU,
        im2col.Upsample,
        im2col.ELU,
        nn.Tanh,
    ]
    assert not any(network[index].nchw for index in (0, 1, 4))
    assert len(network) == 7
    assert network(images()).shape == (2, 3, 12, 12)


class Mixed(nn.Cell):
    """Cells in all the places where they can stand."""

    def __init__(self):
        super().__init__()
        self.alone = conv()
        self.nested = nn.SequentialCell(
            nn.SequentialCell(conv(), nn.LeakyReLU(0.2)), nn.SequentialCell(conv(), nn.ReLU())
        )
        self.list = nn.CellList([nn.SequentialCell(conv()), nn.BatchNorm2d(3)])
        self.up = nn.Conv2dTranspose(3, 3, 4, 2, "pad", 1)
        self.flat = nn.SequentialCell(nn.Flatten(), nn.Dense(3 * 12 * 12, 4), nn.LeakyReLU(0.2))
        self.only_activations = nn.SequentialCell(nn.ReLU(), nn.LeakyReLU(0.2))

    def construct(self, x):
        x = self.nested(self.alone(x)) + x
        for cell in self.list:
            x = cell(x)
        return self.only_activations(self.flat(self.up(x)))


def test_cells_are_converted_wherever_they_stand():
    network = Mixed().set_train()
    before = network(images()).asnumpy()
    assert for_cpu(network) is network
    after = kinds(network)
    assert after["alone"] is after["nested.0.0"] is after["list.0.0"] is im2col.Conv2d
    assert (after["list.1"], after["up"]) == (BatchNorm2d, im2col.Conv2dTranspose)
    assert after["flat.2"] is after["only_activations.1"] is im2col.LeakyReLU
    assert network.alone.nchw and network.list[1].nchw and network.up.nchw
    assert not network.nested[0][0].nchw and not network.list[0][0].nchw
    np.testing.assert_allclose(network(images()).asnumpy(), before, atol=1e-5)
    np.testing.assert_allclose(compiled(network)(images()).asnumpy(), before, atol=1e-5)


def test_converting_again_changes_nothing():
    network = for_cpu(Mixed())
    before, cells = network(images()).asnumpy(), dict(network.cells_and_names())
    for_cpu(network)
    assert dict(network.cells_and_names()) == cells
    np.testing.assert_array_equal(network(images()).asnumpy(), before)


def test_a_cell_that_is_a_network_itself_is_returned_converted():
    cell = conv()
    before = cell(images()).asnumpy()
    network = for_cpu(cell)
    assert type(network) is im2col.Conv2d and network.weight is cell.weight
    np.testing.assert_allclose(network(images()).asnumpy(), before, atol=1e-5)


UNSUPPORTED = [
    {"pad_mode": "same", "padding": 0},
    {"group": 3},
    {"dilation": 2, "padding": 2},
    {"kernel_size": (3, 5), "padding": (1, 1, 2, 2)},
    {"stride": (1, 2)},
    {"padding": (1, 1, 0, 0)},
]


@pytest.mark.parametrize("options", UNSUPPORTED, ids=str)
def test_an_unsupported_convolution_stays_and_keeps_its_sequence_in_nchw(options):
    given = {"kernel_size": 3, "pad_mode": "pad", "padding": 1, **options}
    network = nn.SequentialCell(conv(), nn.Conv2d(3, 3, **given), nn.LeakyReLU(0.2))
    before = network(images()).asnumpy()
    for_cpu(network)
    assert list(kinds(network).values()) == [im2col.Conv2d, nn.Conv2d, im2col.LeakyReLU]
    assert network[0].nchw
    np.testing.assert_allclose(network(images()).asnumpy(), before, atol=1e-5)
    alone = nn.CellList([nn.Conv2d(3, 3, **given)])
    assert type(for_cpu(alone)[0]) is nn.Conv2d


@pytest.mark.parametrize("kernel, options", [(2, {"output_padding": 1}), (2, {}), (3, {})], ids=str)
def test_an_unsupported_transposed_convolution_gives_the_same_too(kernel, options):
    mode = "pad" if options else "valid"
    network = nn.SequentialCell(nn.Conv2dTranspose(3, 3, kernel, 3, mode, **options))
    before = network(images()).asnumpy()
    after = for_cpu(network)(images()).asnumpy()
    np.testing.assert_allclose(after, before, atol=1e-5)
    assert (type(network[0]) is nn.Conv2dTranspose) == (kernel < 3)


def test_normalisation_that_has_a_statistics_of_its_own_stays():
    network = for_cpu(nn.SequentialCell(nn.BatchNorm2d(3, use_batch_statistics=True)))
    assert type(network[0]) is nn.BatchNorm2d


class Louder(nn.Conv2d):
    """A convolution that does something else."""

    def construct(self, x):
        return 2 * super().construct(x)


def test_a_subclass_of_a_convertible_cell_stays():
    network = nn.SequentialCell(Louder(3, 3, 3), nn.ReLU())
    before = network(images()).asnumpy()
    np.testing.assert_array_equal(for_cpu(network)(images()).asnumpy(), before)


def test_a_cell_in_two_places_keeps_its_parameters_in_both():
    shared, leaky = conv(), nn.LeakyReLU(0.2)
    network = nn.CellList([nn.SequentialCell(shared, leaky, shared, leaky), shared])
    before = network[1](network[0](images())).asnumpy()
    keys = [key for key, _ in network.parameters_and_names()]
    for_cpu(network)
    assert [key for key, _ in network.parameters_and_names()] == keys
    assert network[0][0].weight is network[0][2].weight is network[1].weight is shared.weight
    np.testing.assert_allclose(network[1](network[0](images())).asnumpy(), before, atol=1e-5)


@pytest.mark.parametrize("training", [True, False])
def test_a_converted_network_is_in_the_same_mode(training):
    network = for_cpu(synchronised(Mixed().set_train(training), 2))
    assert {cell.training for key, cell in network.cells_and_names()} == {training}


def _losses(choice, first):
    """Of three steps; the network is converted `first`, or after its optimizer is made."""
    ms.set_seed(4)
    network = Generator(2, 1).set_train()
    if first:
        convert(network, choice)
    optimizer = nn.Adam(network.trainable_params(), 0.01)
    if not first:
        convert(network, choice)

    def loss_of(x):
        return (network(x) ** 2).mean()

    gradients_of = ops.value_and_grad(loss_of, None, optimizer.parameters)

    @ms.jit
    def step(x):
        loss, gradients = gradients_of(x)
        optimizer(gradients)
        return loss

    losses = [float(step(images(2, 3, 16, 16))) for _ in range(3)]
    names = [parameter.name for parameter in optimizer.parameters]
    return losses, names, snapshot(dict(network.parameters_and_names()))


def test_converting_before_or_after_an_optimizer_is_made_is_the_same():
    before, after = (_losses("im2col", first) for first in (True, False))
    own = _losses("mindspore", True)
    assert before[:2] == after[:2]
    for key, value in before[2].items():
        np.testing.assert_array_equal(after[2][key], value)
    assert own[1] == before[1] and own[2].keys() == before[2].keys()
    assert before[0] == pytest.approx(own[0], rel=1e-4)
    assert len(set(own[0])) == 3


class _Sum(nn.Cell):
    """What an all-reduce of two ranks with the same images does."""

    def construct(self, x):
        return 2 * x


@pytest.mark.parametrize("choice", LAYERS)
def test_synchronised_normalisation_of_equal_batches_is_that_of_one(choice, monkeypatch):
    monkeypatch.setattr("ms_gan.layers.batch_norm.ops.AllReduce", _Sum)
    networks = [nn.SequentialCell(conv(), nn.BatchNorm2d(3), nn.LeakyReLU(0.2)) for _ in range(2)]
    parameters = [dict(network.parameters_and_names()) for network in networks]
    for key, parameter in parameters[0].items():
        ops.assign(parameters[1][key], parameter)
    for_cpu(networks[0].set_train())
    network = synchronised(networks[1].set_train(), 2)
    assert network is networks[1]
    convert(network, choice)
    assert type(network[1]) is SynchronisedBatchNorm2d and network[1].nchw == (choice != "im2col")
    found = dict(network.parameters_and_names())
    assert list(found) == list(parameters[1])
    assert all(found[key] is parameter for key, parameter in parameters[1].items())
    for _ in range(2):
        expected = networks[0](images()).asnumpy()
        np.testing.assert_allclose(network(images()).asnumpy(), expected, atol=1e-5)
    for key, value in snapshot(parameters[0]).items():
        # Two equal batches have the variance of one, but are twice as many numbers to estimate by.
        np.testing.assert_allclose(found[key].asnumpy(), value, rtol=5e-3, atol=1e-6, err_msg=key)
    expected = networks[0].set_train(False)(images()).asnumpy()
    np.testing.assert_allclose(network.set_train(False)(images()).asnumpy(), expected, atol=5e-3)
    state = snapshot(found)
    network(images())
    for key, value in snapshot(found).items():
        np.testing.assert_array_equal(value, state[key])


def test_what_is_converted_for_cpus_cannot_be_synchronised_any_more():
    with pytest.raises(ValueError, match="before for_cpu"):
        synchronised(for_cpu(nn.SequentialCell(nn.BatchNorm2d(3))), 2)


@pytest.mark.parametrize("called", [lambda network: network, compiled], ids=["eager", "compiled"])
def test_synchronised_running_statistics_are_those_of_all_images(monkeypatch, called):
    monkeypatch.setattr("ms_gan.layers.batch_norm.ops.AllReduce", _Sum)
    network = synchronised(nn.SequentialCell(nn.BatchNorm2d(3, momentum=0.8)), 2).set_train()
    called(network)(images())
    pixels = np.concatenate([images().asnumpy()] * 2).transpose(1, 0, 2, 3).reshape(3, -1)
    variance = pixels.astype(np.float64).var(1, ddof=1)
    np.testing.assert_allclose(network[0].moving_mean.asnumpy(), 0.2 * pixels.mean(1), atol=1e-6)
    np.testing.assert_allclose(
        network[0].moving_variance.asnumpy(), 0.8 + 0.2 * variance, rtol=1e-5
    )
