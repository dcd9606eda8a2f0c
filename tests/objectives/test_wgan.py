"""Wasserstein objectives on networks small enough to follow by hand: a dense generator, a linear
critic.
"""

import mindspore as ms
import numpy as np
import pytest
from mindspore import nn, ops

from ms_gan.objectives.optimizers import Rates
from ms_gan.objectives.wgan import LOSSES, WGAN, Updates
from ms_gan.parameters import assign, snapshot

NZ, LR = 3, 0.001
CRITIC = "discriminator/w"


class Generator(nn.Cell):
    """z @ a, as 1x2x2 images."""

    def __init__(self):
        super().__init__()
        values = np.random.default_rng(0).standard_normal((NZ, 4)).astype(np.float32)
        self.a = ms.Parameter(ms.Tensor(values), name="a")

    def construct(self, latent):
        return ops.matmul(latent, self.a).reshape(-1, 1, 2, 2)


class Critic(nn.Cell):
    """<w, x>, with |w| = 3."""

    def __init__(self):
        super().__init__()
        values = np.array([1, 2, 2, 0], np.float32).reshape(1, 2, 2)
        self.w = ms.Parameter(ms.Tensor(values), name="w")

    def construct(self, images):
        return (images * self.w).sum((1, 2, 3))


def make(loss, critic_updates=1, generator_updates=2, lr=LR):
    updates = Updates(NZ, critic_updates, generator_updates)
    return WGAN(Generator(), Critic(), LOSSES[loss], updates, Rates(lr, lr, 0.5, 0.9))


@pytest.fixture(scope="module")
def games():
    """One compiled objective a loss; wgan-gp with two updates of the critic."""
    return {
        "wgan-gp": make("wgan-gp", critic_updates=2),
        "wgan": make("wgan"),
        "dcgan": make("dcgan"),
    }


@pytest.fixture(params=LOSSES)
def name(request):
    return request.param


@pytest.fixture
def game(games, name):
    before = snapshot(games[name].parameters())
    yield games[name]
    assign(games[name].parameters(), before)


@pytest.fixture
def penalised(games):
    before = snapshot(games["wgan-gp"].parameters())
    yield games["wgan-gp"]
    assign(games["wgan-gp"].parameters(), before)


def step(game, real=None, seed=0):
    rng = np.random.default_rng(seed)
    real = rng.standard_normal((4, 1, 2, 2)).astype(np.float32) if real is None else real
    return game.report(game.train_step(ms.Tensor(real), *map(ms.Tensor, game.noise(rng, 4))))


def moved(game, key, before):
    return np.abs(game.parameters()[key].asnumpy() - before[key])


def test_a_step_moves_both_networks_and_reports_by_name(game, name):
    before = snapshot(game.parameters())
    report = step(game)
    assert list(report) == ["loss_g", "loss_d", "penalty", "score_real", "score_fake"]
    assert all(np.isfinite(value) for value in report.values())
    assert (moved(game, CRITIC, before) > 0).any()
    assert (moved(game, "generator/a", before) > 0).all()
    if name != "dcgan":
        assert report["loss_d"] == pytest.approx(
            report["score_fake"] - report["score_real"], rel=1e-4
        )


def test_only_clipped_weights_are_clipped(game, name):
    step(game)
    largest = np.abs(game.parameters()[CRITIC].asnumpy()).max()
    if name == "wgan":
        assert largest <= np.float32(0.01)
    else:
        assert largest > 1


def test_the_penalty_is_reported_before_its_weight_and_0_without_one(game, name):
    report = step(game)
    # (3 - 1)^2; the second update of the critic sees weights that are 0.001 away at most
    assert report["penalty"] == (pytest.approx(4, abs=0.02) if name == "wgan-gp" else 0)


def test_the_penalty_holds_the_critic_back(penalised):
    """Real images and fakes are alike, so that only the penalty is left: each weight shrinks by
    Adam's rate, twice.
    """
    assign(
        penalised.parameters(),
        {**snapshot(penalised.parameters()), "generator/a": np.zeros((NZ, 4))},
    )
    before = snapshot(penalised.parameters())
    step(penalised, np.zeros((4, 1, 2, 2), np.float32))
    after = penalised.parameters()[CRITIC].asnumpy()
    np.testing.assert_allclose(
        (before[CRITIC] - after).reshape(-1), [2 * LR] * 3 + [0], rtol=0.02, atol=1e-6
    )


def test_the_generator_is_updated_twice_and_the_critic_as_often_as_asked(game, name):
    """Adam's first two steps on like gradients are as long as its rate each."""
    before = snapshot(game.parameters())
    step(game)
    if name == "wgan-gp":
        assert np.median(moved(game, CRITIC, before)) == pytest.approx(2 * LR, rel=0.2)
    counts = [
        snapshot(game.parameters())[key] for key in game.parameters() if key.endswith("beta2_power")
    ]
    assert sorted(float(count) for count in counts) == pytest.approx(
        sorted([0.9**2, 0.9 ** (2 if name == "wgan-gp" else 1)])
    )


def test_each_update_of_the_critic_has_real_images_of_its_own(penalised):
    """What is reported is the last update's: the second half of the batch."""
    real = np.concatenate([np.full((2, 1, 2, 2), value, np.float32) for value in (7, 1)])
    report = step(penalised, real)
    assert report["score_real"] == pytest.approx(1 + 2 + 2, abs=0.05)


def test_the_first_half_matters_too(penalised):
    """Adam's momentum differs: the weights end elsewhere."""
    ends, before = [], snapshot(penalised.parameters())
    for value in (7, -7):
        assign(penalised.parameters(), before)
        step(penalised, np.concatenate([np.full((2, 1, 2, 2), v, np.float32) for v in (value, 1)]))
        ends.append(penalised.parameters()[CRITIC].asnumpy().copy())
    assert np.abs(ends[0] - ends[1]).max() > LR / 2


def test_noise_is_dealt_out_to_the_updates(games):
    critic, generator, share = games["wgan-gp"].noise(np.random.default_rng(3), 1000)
    assert (critic.shape, generator.shape, share.shape) == (
        (2, 500, NZ),
        (2, 500, NZ),
        (2, 500, 1, 1, 1),
    )
    assert {array.dtype for array in (critic, generator, share)} == {np.dtype(np.float32)}
    assert 0 <= share.min() < 0.02 and 0.98 < share.max() < 1
    everything = np.concatenate([critic, generator])
    assert everything.std() == pytest.approx(1, abs=0.05)
    assert len(np.unique(everything)) == everything.size
    np.testing.assert_array_equal(games["wgan-gp"].noise(np.random.default_rng(3), 1000)[0], critic)


def test_noise_of_a_batch_that_the_updates_do_not_divide(games):
    shapes = [array.shape for array in games["wgan-gp"].noise(np.random.default_rng(3), 5)]
    assert shapes == [(2, 2, NZ), (2, 2, NZ), (2, 2, 1, 1, 1)]


def test_its_losses_are_those_of_its_name():
    assert {name: (loss.penalty, loss.clip) for name, loss in LOSSES.items()} == {
        "wgan-gp": (10, 0),
        "wgan": (0, 0.01),
        "dcgan": (0, 0),
    }
