import mindspore as ms
import numpy as np
import pytest
from mindspore import ops

from ms_gan.objectives.losses import (
    ADVERSARIAL,
    absolute_error,
    binary_cross_entropy,
    gan_discriminator,
    gan_generator,
    least_squares,
    smoothed_discriminator,
    wasserstein_critic,
    wasserstein_generator,
)

REAL, FAKE = np.array([2.0, -1.0, 0.5]), np.array([-3.0, 0.25, 1.0])


def gradient(logits, target):
    return ops.grad(binary_cross_entropy)(ms.Tensor(logits, ms.float32), target).asnumpy()


@pytest.mark.parametrize("target", [0.0, 0.9, 1.0])
def test_it_is_the_cross_entropy_of_the_sigmoid(target):
    logits = np.array([-3, -0.5, 0, 0.1, 4])
    p = 1 / (1 + np.exp(-logits))
    expected = -(target * np.log(p) + (1 - target) * np.log(1 - p)).mean()
    assert float(binary_cross_entropy(ms.Tensor(logits, ms.float32), target)) == pytest.approx(
        expected, rel=1e-6
    )
    np.testing.assert_allclose(gradient(logits, target), (p - target) / 5, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("logit", [-1e4, -200.0, 200.0, 1e4])
@pytest.mark.parametrize("target", [0.0, 1.0])
def test_it_is_finite_and_still_has_a_gradient_at_any_logit(logit, target):
    wrong = (logit > 0) != (target > 0)
    assert float(binary_cross_entropy(ms.Tensor([logit], ms.float32), target)) == (
        abs(logit) if wrong else 0
    )
    # MindSpore 2.0 says 6e-39 for 0
    assert gradient([logit], target)[0] == pytest.approx(np.sign(logit) if wrong else 0, abs=1e-30)


def test_its_gradient_follows_the_batch_size():
    assert [gradient([0.0] * count, 1.0)[0] for count in (5, 1, 2)] == [
        pytest.approx(-0.5 / n) for n in (5, 1, 2)
    ]


def tensors(*arrays):
    return [ms.Tensor(array, ms.float32) for array in arrays]


def entropy(logits, target):
    p = 1 / (1 + np.exp(-logits))
    return -(target * np.log(p) + (1 - target) * np.log(1 - p)).mean()


def test_the_original_losses_by_hand():
    assert float(gan_discriminator(*tensors(REAL, FAKE))) == pytest.approx(
        (entropy(REAL, 1) + entropy(FAKE, 0)) / 2
    )
    assert float(gan_generator(*tensors(FAKE))) == pytest.approx(entropy(FAKE, 1))


def test_smoothing_is_one_sided_and_the_halves_are_added_up():
    loss = float(smoothed_discriminator(*tensors(REAL, FAKE)))
    assert loss == pytest.approx(entropy(REAL, 0.9) + entropy(FAKE, 0))
    # least where the real logits say 0.9: log 9
    at = [
        float(smoothed_discriminator(*tensors([logit], [-50.0])))
        for logit in np.log(9) + np.array([-0.1, 0, 0.1])
    ]
    assert min(at) == at[1]


def test_wasserstein_losses_by_hand():
    assert float(wasserstein_critic(*tensors(REAL, FAKE))) == pytest.approx(-1.75 / 3 - 1.5 / 3)
    assert float(wasserstein_generator(*tensors(FAKE))) == pytest.approx(1.75 / 3)


def test_squares_and_absolute_errors_by_hand():
    assert float(least_squares(*tensors(REAL), 1.0)) == pytest.approx((1 + 4 + 0.25) / 3)
    assert float(least_squares(*tensors(REAL), 0.0)) == pytest.approx((4 + 1 + 0.25) / 3)
    assert float(absolute_error(*tensors(REAL, FAKE))) == pytest.approx((5 + 1.25 + 0.5) / 3)


def test_patches_count_alike():
    scores = np.arange(12.0).reshape(2, 1, 2, 3)
    assert float(least_squares(*tensors(scores), 1.0)) == pytest.approx(((scores - 1) ** 2).mean())
    assert float(gan_generator(*tensors(scores))) == pytest.approx(entropy(scores, 1))


@pytest.mark.parametrize("real, fake", [(1e4, 1e4), (1e4, -1e4), (-1e4, 1e4), (-1e4, -1e4)])
def test_every_loss_is_finite_at_any_logit(real, fake):
    real, fake = tensors([real, 0.0], [fake, 0.0])
    losses = [
        loss(real, fake) for loss in (gan_discriminator, smoothed_discriminator, wasserstein_critic)
    ]
    losses += [gan_generator(fake), wasserstein_generator(fake), least_squares(fake, 1.0)]
    assert np.isfinite([float(loss) for loss in losses]).all()


def softplus(x):
    return np.log1p(np.exp(x))


@pytest.mark.parametrize(
    "name, real, fake, generator",
    [
        ("non-saturating", softplus(-REAL), softplus(FAKE), softplus(-FAKE)),
        ("hinge", np.maximum(1 - REAL, 0), np.maximum(1 + FAKE, 0), -FAKE),
        ("least-squares", (REAL - 1) ** 2, FAKE**2, (FAKE - 1) ** 2),
    ],
)
def test_what_both_players_minimise(name, real, fake, generator):
    loss, (reals, fakes) = ADVERSARIAL[name], tensors(REAL, FAKE)
    found = [float(value) for value in (loss.real(reals), loss.fake(fakes), loss.generator(fakes))]
    assert found == pytest.approx([real.mean(), fake.mean(), generator.mean()], rel=1e-6)


def test_the_hinge_loss_lets_go_of_what_is_told_apart_by_a_margin():
    for half, sign in ((ADVERSARIAL["hinge"].real, 1), (ADVERSARIAL["hinge"].fake, -1)):
        scores = ms.Tensor(sign * np.array([-3, 0.5, 1.5, 4]), ms.float32)
        np.testing.assert_allclose(
            ops.grad(half)(scores).asnumpy(), sign * np.array([-1, -1, 0, 0]) / 4
        )
