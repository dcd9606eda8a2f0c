"""The rows next to MindSpore's own layers: the same outputs, gradients, statistics and refusals."""

import mindspore as ms
import numpy as np
import pytest
from mindspore import nn, ops

from ms_gan.layers import rows
from ms_gan.parameters import assign, snapshot

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


def convolution(vocabulary, name, kernel, stride, padding, bias=True):
    mode = "pad" if padding else "valid"
    return getattr(vocabulary, name)(5, 6, kernel, stride, mode, padding, has_bias=bias)


def both(make, *shape):
    """The outputs of a layer of each vocabulary with the same parameters, and all gradients of a
    weighted sum of it.
    """
    found, values = [], None
    for vocabulary in (nn, rows):
        network = vocabulary.SequentialCell(make(vocabulary)).set_train()
        parameters = dict(network.parameters_and_names())
        if values is None:
            rng = np.random.default_rng(1)
            values = {
                key: rng.standard_normal(p.shape).astype(np.float32)
                for key, p in parameters.items()
            }
        assign(parameters, values)
        images, weights = normal(*shape), ms.ParameterTuple(network.trainable_params())

        def forward(images, network=network):  # eager, where a default value is allowed
            output = network(images)
            return (output * normal(*output.shape, seed=2)).sum(), output

        if weights:
            (_, output), (gradient, gradients) = ops.value_and_grad(
                forward, 0, weights, has_aux=True
            )(images)
        else:
            ((_, output), gradient), gradients = (
                ops.value_and_grad(forward, 0, None, has_aux=True)(images),
                (),
            )
        found.append([array.asnumpy() for array in (output, gradient, *gradients)])
        found[-1] += [value for key, value in snapshot(parameters).items() if "moving_mean" in key]
    return found


def assert_alike(arrays, close=CLOSE):
    for own, ours in zip(*arrays):
        assert np.abs(ours - own).max() <= close * np.abs(own).max()


@pytest.mark.parametrize("kernel, stride, padding, side", WINDOWS)
def test_a_convolution_is_mindspores(kernel, stride, padding, side):
    assert_alike(
        both(
            lambda layers: convolution(layers, "Conv2d", kernel, stride, padding),
            3,
            5,
            side,
            side + 2,
        )
    )


@pytest.mark.parametrize("kernel, stride, padding, side", UPWARDS)
def test_a_transposed_convolution_is_mindspores(kernel, stride, padding, side):
    assert_alike(
        both(
            lambda layers: convolution(layers, "Conv2dTranspose", kernel, stride, padding),
            3,
            5,
            side,
            side,
        )
    )


def test_a_leaky_relu_is_mindspores():
    assert_alike(both(lambda layers: layers.LeakyReLU(0.2), 3, 5, 4, 4))


def test_batch_normalisation_is_mindspores_in_training():
    assert_alike(both(lambda layers: layers.BatchNorm2d(5), 8, 5, 16, 16), 2 * CLOSE)


def test_batch_normalisation_keeps_its_digits_far_from_zero():
    """Against double precision, on images whose mean is 100 times their deviation."""
    images = normal(4, 3, 8, 8).asnumpy() + 100
    output = rows.SequentialCell(rows.BatchNorm2d(3)).set_train()(ms.Tensor(images)).asnumpy()
    exact = images.astype(np.float64)
    exact = (exact - exact.mean((0, 2, 3), keepdims=True)) / np.sqrt(
        exact.var((0, 2, 3), keepdims=True) + 1e-5
    )
    assert np.abs(output - exact).max() < 1e-4


def test_running_statistics_move_towards_those_of_the_batch():
    images = normal(4, 3, 8, 8) * 2 + 1
    layer = rows.BatchNorm2d(3, momentum=0.8).set_train()
    rows.SequentialCell(layer)(images)
    pixels = images.asnumpy().transpose(1, 0, 2, 3).reshape(3, -1).astype(np.float64)
    np.testing.assert_allclose(layer.moving_mean.asnumpy(), 0.2 * pixels.mean(1), rtol=1e-5)
    np.testing.assert_allclose(
        layer.moving_variance.asnumpy(), 0.8 + 0.2 * pixels.var(1, ddof=1), rtol=1e-5
    )


def test_inference_uses_the_running_statistics_and_leaves_them_alone():
    arrays = []
    for vocabulary in (nn, rows):
        layer = vocabulary.BatchNorm2d(3)
        values = {
            "gamma": [1, 2, 3],
            "beta": [0, 1, -1],
            "moving_mean": [1, -1, 0.5],
            "moving_variance": [4, 1, 0.25],
        }
        parameters = {key.split(".")[-1]: p for key, p in layer.parameters_and_names()}
        assign(parameters, {key: np.array(value, np.float32) for key, value in values.items()})
        arrays.append(
            [vocabulary.SequentialCell(layer).set_train(False)(normal(2, 3, 4, 4)).asnumpy()]
        )
        assert snapshot(parameters)["moving_mean"].tolist() == [1, -1, 0.5]
    assert_alike(arrays)


def test_upsampling_repeats_pixels_and_adds_up_their_gradients():
    images, network = normal(2, 3, 4, 5), rows.SequentialCell(rows.Upsample(2))
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


@pytest.mark.parametrize("name, side", [("Conv2d", 8), ("Conv2dTranspose", 4)])
def test_second_order_gradients_are_mindspores(name, side):
    """Of a gradient penalty, as WGAN-GP has it: how the critic's slope changes with its weights."""
    found = []
    for vocabulary in (nn, rows):
        ms.set_seed(3)
        critic = vocabulary.SequentialCell(
            convolution(vocabulary, name, 4, 2, 1),
            vocabulary.LeakyReLU(0.2),
            vocabulary.Conv2d(6, 1, 4, 1, "valid", 0),
        )
        value, gradients = _penalty_and_gradients(critic)(normal(2, 5, side, side))
        found.append([value.asnumpy(), *(gradient.asnumpy() for gradient in gradients)])
        assert found[-1][0] > 0
    assert_alike(found, 2e-5)


@pytest.mark.parametrize("name", ["Conv2d", "Conv2dTranspose", "BatchNorm2d"])
def test_parameters_have_mindspores_names_shapes_and_first_values(name):
    found = []
    for vocabulary in (nn, rows):
        ms.set_seed(5)
        layer = (
            vocabulary.BatchNorm2d(6) if "Norm" in name else convolution(vocabulary, name, 4, 2, 1)
        )
        found.append(snapshot(dict(layer.parameters_and_names())))
    assert found[0].keys() == found[1].keys()
    for key, value in found[0].items():
        np.testing.assert_array_equal(found[1][key], value)


@pytest.mark.parametrize(
    "options", [{"pad_mode": "same"}, {"group": 5}, {"dilation": 2}, {"kernel_size": (3, 5)}]
)
def test_what_they_do_not_do_is_refused(options):
    given = {"kernel_size": 3, "pad_mode": "valid", **options}
    with pytest.raises(ValueError, match="these layers do"):
        rows.Conv2d(5, 5, **given)


def _gradient_after_an_update(vocabulary):
    layer = vocabulary.BatchNorm2d(3)
    gamma = {key.split(".")[-1]: p for key, p in layer.parameters_and_names()}["gamma"]
    assign({"gamma": gamma}, {"gamma": np.array([1, 2, 3], np.float32)})
    network, weights = vocabulary.SequentialCell(layer).set_train(), normal(2, 3, 4, 4, seed=1)
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
    assert_alike([[_gradient_after_an_update(vocabulary)] for vocabulary in (nn, rows)])
