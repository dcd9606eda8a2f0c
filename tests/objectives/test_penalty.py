"""The gradient penalty on critics whose slopes are known.

Always compiled: eager second-order gradients are wrong.
"""

import mindspore as ms
import numpy as np
import pytest
from mindspore import nn, ops

from ms_gan.objectives.wgan import gradient_penalty

SHAPE = (3, 2, 2)
RNG = np.random.default_rng(0)
DIRECTION = RNG.standard_normal(SHAPE).astype(np.float32)
DIRECTION /= np.linalg.norm(DIRECTION)


class Linear(nn.Cell):
    """<w, x>, whose slope is w everywhere."""

    def __init__(self):
        super().__init__()
        self.w = ms.Parameter(ms.Tensor(DIRECTION), name="w")

    def construct(self, images):
        return (images * self.w).sum((1, 2, 3))


class Quadratic(nn.Cell):
    """|x|^2 / 2, whose slope at x is x itself: the penalty tells where it was taken."""

    def construct(self, images):
        return (images * images).sum((1, 2, 3)) / 2


def inputs(count, seed=1):
    rng = np.random.default_rng(seed)
    real, fakes = rng.standard_normal((2, count, *SHAPE)).astype(np.float32)
    return real, fakes, rng.random((count, 1, 1, 1), np.float32)


def compiled(critic):
    return ms.jit(gradient_penalty(critic))


def tensors(arrays):
    return [ms.Tensor(array) for array in arrays]


@pytest.fixture(scope="module")
def linear():
    """A linear critic and the compiled penalty with its gradient for w."""
    critic = Linear()
    return critic, ms.jit(
        ops.value_and_grad(gradient_penalty(critic), None, ms.ParameterTuple([critic.w]))
    )


@pytest.mark.parametrize("count", [1, 2, 7])
@pytest.mark.parametrize("length, expected", [(1, 0), (3, 4), (0.5, 0.25)])
def test_of_a_linear_critic_at_every_batch_size(linear, count, length, expected):
    critic, penalty = linear
    ops.assign(critic.w, ms.Tensor(DIRECTION * np.float32(length)))
    value, (gradient,) = penalty(*tensors(inputs(count)))
    assert float(value) == pytest.approx(expected, abs=1e-5)
    np.testing.assert_allclose(gradient.asnumpy(), 2 * (length - 1) * DIRECTION, atol=1e-5)


def test_a_flat_critic_is_penalised_and_its_gradient_stays_finite(linear):
    critic, penalty = linear
    ops.assign(critic.w, ms.Tensor(np.zeros(SHAPE, np.float32)))
    value, (gradient,) = penalty(*tensors(inputs(2)))
    assert float(value) == pytest.approx(1, abs=1e-5)
    assert np.isfinite(gradient.asnumpy()).all()


def test_it_is_taken_between_each_real_image_and_its_fake_by_the_samples_own_share():
    real, fakes, share = inputs(4)
    penalty = compiled(Quadratic())
    points = real + share * (fakes - real)
    lengths = np.linalg.norm(points.reshape(4, -1), axis=1)
    assert float(penalty(*tensors((real, fakes, share)))) == pytest.approx(
        ((lengths - 1) ** 2).mean(), rel=1e-5
    )
    for end, images in ((0, real), (1, fakes)):
        lengths = np.linalg.norm(images.reshape(4, -1), axis=1)
        at_end = penalty(*tensors((real, fakes, np.full_like(share, end))))
        assert float(at_end) == pytest.approx(((lengths - 1) ** 2).mean(), rel=1e-5)


def test_each_sample_has_a_slope_of_its_own():
    """One long and one short gradient: the mean of the squares, not the square of the mean."""
    real = np.zeros((2, *SHAPE), np.float32)
    real[0, 0, 0, 0], real[1, 0, 0, 0] = 3, 0.5
    assert float(
        compiled(Quadratic())(*tensors((real, real, np.zeros((2, 1, 1, 1), np.float32))))
    ) == pytest.approx(((3 - 1) ** 2 + (0.5 - 1) ** 2) / 2, rel=1e-5)


def test_its_gradient_agrees_with_finite_differences_through_a_hidden_layer():
    ms.set_seed(0)
    critic = nn.SequentialCell(
        nn.Flatten(), nn.Dense(12, 5, nn_init(0)), nn.Tanh(), nn.Dense(5, 1, nn_init(1))
    )
    weight = critic[1].weight
    penalty = ms.jit(
        ops.value_and_grad(gradient_penalty(critic), None, ms.ParameterTuple([weight]))
    )
    given, values = tensors(inputs(3)), weight.asnumpy().copy()
    along = np.random.default_rng(2).standard_normal(values.shape).astype(np.float32)
    gradient = penalty(*given)[1][0].asnumpy()
    ends = []
    for sign in (-1, 1):
        ops.assign(weight, ms.Tensor(values + sign * np.float32(0.01) * along))
        ends.append(float(penalty(*given)[0]))
    assert (gradient * along).sum() == pytest.approx((ends[1] - ends[0]) / 0.02, rel=0.01)


def nn_init(seed):
    """Weights large enough that tanh bends."""
    shape = [(5, 12), (1, 5)][seed]
    return ms.Tensor(np.random.default_rng(seed).standard_normal(shape).astype(np.float32))
