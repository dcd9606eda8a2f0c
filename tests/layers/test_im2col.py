"""What `for_cpu` makes next to MindSpore's own layers: the same outputs, gradients, statistics."""

import mindspore as ms
import numpy as np
import pytest
from conftest import LAYERS, compiled, convert
from mindspore import nn, ops

from ms_gan.layers import for_cpu
from ms_gan.layers.upsample import Upsample
from ms_gan.parameters import assign, snapshot
from ms_gan.runtime import version

CLOSE = 2e-6  # relative to the largest number of an array
WINDOWS = [
    (4, 2, 1, 8),
    (4, 2, 1, 9),
    (4, 1, 0, 4),
    (4, 1, 1, 6),
    (3, 1, 1, 7),
    (3, 2, 1, 7),
    (1, 1, 0, 5),
    (7, 1, 0, 9),
]
UPWARDS = [(4, 2, 1, 8), (4, 1, 0, 1), (3, 1, 1, 7), (4, 1, 1, 5), (2, 2, 0, 4)]


def normal(*shape, seed=0):
    return ms.Tensor(np.random.default_rng(seed).standard_normal(shape).astype(np.float32))


def convolution(kind, kernel, stride, padding, channels=(5, 6)):
    mode = "pad" if padding else "valid"
    return kind(*channels, kernel, stride, mode, padding, has_bias=True)


def sequence(*cells):
    """A sequence that works on NHWC images when it is converted."""
    return nn.SequentialCell(*cells)


class Alone(nn.Cell):
    """A network whose cell stands in no sequence: converted, it transposes for itself."""

    def __init__(self, cell):
        super().__init__()
        self.cell = cell

    def construct(self, x):
        return self.cell(x)


def both(cell, *shape, around=sequence):
    """The outputs of a cell before and after conversion, and all gradients of a weighted sum."""
    network, found = around(cell).set_train(), []
    parameters = dict(network.parameters_and_names())
    rng = np.random.default_rng(1)
    values = {key: rng.standard_normal(p.shape).astype(np.float32) for key, p in parameters.items()}
    images, weights = normal(*shape), ms.ParameterTuple(network.trainable_params())

    def forward(images):
        output = network(images)
        return (output * normal(*output.shape, seed=2)).sum(), output

    for choice in LAYERS:
        convert(network, choice)
        assign(parameters, values)
        if weights:
            (_, output), (gradient, gradients) = ops.value_and_grad(
                forward, 0, weights, has_aux=True
            )(images)
        else:
            (_, output), gradient = ops.value_and_grad(forward, 0, None, has_aux=True)(images)
            gradients = ()
        found.append([array.asnumpy() for array in (output, gradient, *gradients)])
        found[-1] += [value for key, value in snapshot(parameters).items() if "moving_mean" in key]
    return found


def assert_alike(arrays, close=CLOSE):
    for own, ours in zip(*arrays):
        assert np.abs(ours - own).max() <= close * np.abs(own).max()


@pytest.mark.parametrize("around", [sequence, Alone])
@pytest.mark.parametrize("kernel, stride, padding, side", WINDOWS)
def test_a_convolution_is_mindspores(kernel, stride, padding, side, around):
    cell = convolution(nn.Conv2d, kernel, stride, padding)
    assert_alike(both(cell, 3, 5, side, side + 2, around=around))


@pytest.mark.parametrize("around", [sequence, Alone])
@pytest.mark.parametrize("kernel, stride, padding, side", UPWARDS)
def test_a_transposed_convolution_is_mindspores(kernel, stride, padding, side, around):
    cell = convolution(nn.Conv2dTranspose, kernel, stride, padding)
    assert_alike(both(cell, 3, 5, side, side, around=around))


@pytest.mark.parametrize("kind", [nn.Conv2d, nn.Conv2dTranspose])
@pytest.mark.parametrize("kernel, padding", [(3, 1), (3, 2), (4, 1), (7, 3)])
def test_stride_1_to_fewer_channels_is_mindspores(kind, kernel, padding):
    """The adjoint is the convolution by the turned kernel for one of both, col2im for the other."""
    cell = convolution(kind, kernel, 1, padding, channels=(6, 3))
    assert_alike(both(cell, 2, 6, 9, 8))


@pytest.mark.parametrize("cell", [nn.LeakyReLU(0.2), nn.LeakyReLU(0.01), nn.ELU()])
def test_an_activation_is_mindspores(cell):
    if isinstance(cell, nn.LeakyReLU) and version("mindspore") < (2, 1):
        pytest.skip("MindSpore 2.0 can't differentiate its own LeakyReLU in eager mode")
    assert_alike(both(cell, 3, 5, 4, 4))


@pytest.mark.parametrize("around", [sequence, Alone])
def test_batch_normalisation_is_mindspores_in_training(around):
    assert_alike(both(nn.BatchNorm2d(5), 8, 5, 16, 16, around=around), 2 * CLOSE)


def test_batch_normalisation_keeps_its_digits_far_from_zero():
    """Against double precision, on images whose mean is 100 times their deviation."""
    images = normal(4, 3, 8, 8).asnumpy() + 100
    network = for_cpu(nn.SequentialCell(nn.BatchNorm2d(3))).set_train()
    output = network(ms.Tensor(images)).asnumpy()
    exact = images.astype(np.float64)
    exact = (exact - exact.mean((0, 2, 3), keepdims=True)) / np.sqrt(
        exact.var((0, 2, 3), keepdims=True) + 1e-5
    )
    assert np.abs(output - exact).max() < 1e-4


@pytest.mark.parametrize("called", [lambda network: network, compiled], ids=["eager", "compiled"])
def test_running_statistics_move_towards_those_of_the_batch(called):
    images = normal(4, 3, 8, 8) * 2 + 1
    network = for_cpu(nn.SequentialCell(nn.BatchNorm2d(3, momentum=0.8))).set_train()
    called(network)(images)
    pixels = images.asnumpy().transpose(1, 0, 2, 3).reshape(3, -1).astype(np.float64)
    np.testing.assert_allclose(network[0].moving_mean.asnumpy(), 0.2 * pixels.mean(1), rtol=1e-5)
    np.testing.assert_allclose(
        network[0].moving_variance.asnumpy(), 0.8 + 0.2 * pixels.var(1, ddof=1), rtol=1e-5
    )


def test_inference_uses_the_running_statistics_and_leaves_them_alone():
    values = {
        "0.gamma": [1, 2, 3],
        "0.beta": [0, 1, -1],
        "0.moving_mean": [1, -1, 0.5],
        "0.moving_variance": [4, 1, 0.25],
    }
    network, arrays = nn.SequentialCell(nn.BatchNorm2d(3)).set_train(False), []
    parameters = dict(network.parameters_and_names())
    assign(parameters, {key: np.array(value, np.float32) for key, value in values.items()})
    for choice in LAYERS:
        arrays.append([convert(network, choice)(normal(2, 3, 4, 4)).asnumpy()])
        assert snapshot(parameters)["0.moving_mean"].tolist() == [1, -1, 0.5]
    assert_alike(arrays)


@pytest.mark.parametrize("around", [sequence, Alone])
def test_upsampling_repeats_pixels_and_adds_up_their_gradients(converted, around):
    images, network = normal(2, 3, 4, 5), converted(around(Upsample(2)))
    weights = normal(2, 3, 8, 10, seed=3)
    np.testing.assert_array_equal(
        network(images).asnumpy(), images.asnumpy().repeat(2, 2).repeat(2, 3)
    )
    gradient = ops.grad(lambda images: (network(images) * weights).sum())(images).asnumpy()
    expected = weights.asnumpy().reshape(2, 3, 4, 2, 5, 2).sum((3, 5))
    np.testing.assert_allclose(gradient, expected, rtol=1e-5, atol=1e-6)


def _penalty_and_gradients(critic):
    def score(images):
        return (critic(images) ** 2).sum()

    slope = ops.grad(score)

    def penalty(images):
        return (slope(images) ** 2).sum()

    return ms.jit(ops.value_and_grad(penalty, None, ms.ParameterTuple(critic.trainable_params())))


@pytest.mark.parametrize(
    "kind, side",
    [(nn.Conv2d, 8), (nn.Conv2dTranspose, 4), ("Upsample", 4), ("BatchNorm2d", 8)],
    ids=str,
)
def test_second_order_gradients_are_mindspores(kind, side):
    """Of a gradient penalty, as WGAN-GP has it: how the critic's slope changes with its weights."""
    ms.set_seed(3)
    if kind == "Upsample":
        cells = [convolution(nn.Conv2d, 3, 1, 1), Upsample(2)]
    elif kind == "BatchNorm2d":
        # without a bias, whose gradient would be 0
        cells = [nn.Conv2d(5, 6, 4, 2, "pad", 1), nn.BatchNorm2d(6)]
    else:
        cells = [convolution(kind, 4, 2, 1)]
    critic = nn.SequentialCell(*cells, nn.LeakyReLU(0.2), nn.Conv2d(6, 1, 4, 1, "valid", 0))
    critic.set_train()
    found = []
    for choice in LAYERS:
        convert(critic, choice)
        value, gradients = _penalty_and_gradients(critic)(normal(2, 5, side, side))
        found.append([value.asnumpy(), *(gradient.asnumpy() for gradient in gradients)])
        assert found[-1][0] > 0
    assert_alike(found, 2e-5)


def _gradient_after_an_update(choice):
    network = nn.SequentialCell(nn.BatchNorm2d(3)).set_train()
    gamma = {key: p for key, p in network.parameters_and_names() if key == "0.gamma"}
    assign(gamma, {"0.gamma": np.array([1, 2, 3], np.float32)})
    convert(network, choice)
    weights = normal(2, 3, 4, 4, seed=1)
    optimizer = nn.SGD(network.trainable_params(), 0.5)

    def loss(images):
        return (network(images) * weights).sum()

    of_weights, of_images = ops.value_and_grad(loss, None, optimizer.parameters), ops.grad(loss)

    @ms.jit
    def step(images):
        value, gradients = of_weights(images)
        optimizer(gradients)
        return value, of_images(images)

    return step(normal(2, 3, 4, 4))[1].asnumpy()


def test_a_gradient_after_an_update_in_the_same_step_is_that_of_the_updated_layer():
    assert_alike([[_gradient_after_an_update(choice)] for choice in LAYERS])
