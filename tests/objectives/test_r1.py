"""R1 on discriminators whose slopes are known. Always compiled: eager second-order gradients are
wrong.
"""

import mindspore as ms
import numpy as np
import pytest
from mindspore import nn, ops

from ms_gan.objectives.r1 import judged, weight_of

W = np.array([1, 2, 2, 4], np.float32).reshape(1, 2, 2)


class Linear(nn.Cell):
    """<w, x>, whose slope is w everywhere, of length 5."""

    def __init__(self):
        super().__init__()
        self.w = ms.Parameter(ms.Tensor(W), name="w")

    def construct(self, images):
        return (images * self.w).sum((1, 2, 3))


class Quadratic(nn.Cell):
    """|x|^2 / 2, whose slope at x is x itself."""

    def construct(self, images):
        return (images * images).sum((1, 2, 3)) / 2


def images(count=3):
    return np.random.default_rng(0).standard_normal((count, 1, 2, 2)).astype(np.float32)


def test_it_is_the_mean_of_the_squared_slopes_and_leaves_the_outputs_as_they_are():
    outputs, penalty = ms.jit(judged(Quadratic()))(ms.Tensor(images()), None)
    squares = (images() ** 2).sum((1, 2, 3))
    np.testing.assert_allclose(outputs.asnumpy(), squares / 2, rtol=1e-5)
    assert float(penalty) == pytest.approx(squares.mean(), rel=1e-5)


@pytest.mark.parametrize("share, expected", [(0.0, images().mean(0)), (0.5, images().mean(0) + W)])
def test_the_gradients_of_outputs_and_penalty_both_reach_the_weights(share, expected):
    linear = Linear()
    both = judged(linear)

    def loss(real):
        outputs, penalty = both(real, None)
        return outputs.mean() + share * penalty

    gradient = ms.jit(ops.grad(loss, None, ms.ParameterTuple([linear.w])))(ms.Tensor(images()))
    found = gradient[0] if isinstance(gradient, tuple) else gradient
    np.testing.assert_allclose(found.asnumpy(), expected, rtol=1e-4, atol=1e-5)


def test_it_is_lazy_and_as_much_stronger():
    weights = [weight_of(10.0, step) for step in range(49)]
    assert [step for step, weight in enumerate(weights) if weight is not None] == [0, 16, 32, 48]
    assert weights[16] == 80 and weights[16].dtype == np.float32
    assert not any(weight_of(0.0, step) for step in range(17))
