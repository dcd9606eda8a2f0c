import mindspore as ms
import numpy as np
import pytest
from mindspore import ops

from ms_gan.objectives.losses import binary_cross_entropy


def gradient(logits, target):
    return ops.grad(binary_cross_entropy)(ms.Tensor(logits, ms.float32), target).asnumpy()


@pytest.mark.parametrize("target", [0.0, 0.9, 1.0])
def test_it_is_the_cross_entropy_of_the_sigmoid(target):
    logits = np.array([-3, -0.5, 0, 0.1, 4])
    p = 1 / (1 + np.exp(-logits))
    expected = -(target * np.log(p) + (1 - target) * np.log(1 - p)).mean()
    assert float(binary_cross_entropy(ms.Tensor(logits, ms.float32), target)) == pytest.approx(expected, rel=1e-6)
    np.testing.assert_allclose(gradient(logits, target), (p - target) / 5, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("logit", [-1e4, -200.0, 200.0, 1e4])
@pytest.mark.parametrize("target", [0.0, 1.0])
def test_it_is_finite_and_still_has_a_gradient_at_any_logit(logit, target):
    wrong = (logit > 0) != (target > 0)
    assert float(binary_cross_entropy(ms.Tensor([logit], ms.float32), target)) == (abs(logit) if wrong else 0)
    # MindSpore 2.0 says 6e-39 for 0
    assert gradient([logit], target)[0] == pytest.approx(np.sign(logit) if wrong else 0, abs=1e-30)


def test_its_gradient_follows_the_batch_size():
    assert [gradient([0.0] * count, 1.0)[0] for count in (5, 1, 2)] == [pytest.approx(-0.5 / n) for n in (5, 1, 2)]
