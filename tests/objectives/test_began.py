"""BEGAN's balance, on a generator and an autoencoder of one weight each."""

import mindspore as ms
import numpy as np
import pytest
from mindspore import nn

from ms_gan.objectives.began import BEGAN
from ms_gan.objectives.optimizers import Rates
from ms_gan.parameters import assign, snapshot

GAMMA = 0.4


class Scale(nn.Cell):
    """x times a weight."""

    def __init__(self, value):
        super().__init__()
        self.w = ms.Parameter(ms.Tensor(value, ms.float32), name="w")

    def construct(self, x):
        return x * self.w


@pytest.fixture(scope="module")
def compiled():
    return BEGAN(Scale(1.0), Scale(0.5), 2, GAMMA, Rates(1e-4, 1e-4, 0.5))


@pytest.fixture
def game(compiled):
    before = snapshot(compiled.parameters())
    yield compiled
    assign(compiled.parameters(), before)


def set_k(game, value):
    assign({"state/k": game.parameters()["state/k"]}, {"state/k": np.float32(value)})


def step(game, real, latent):
    """With the autoencoder at 0.5 and the generator at 1, both errors are half of what is given."""
    arrays = [np.full((3, 2), value, np.float32) for value in (real, latent)]
    return game.report(game.train_step(*map(ms.Tensor, arrays)))


def test_k_begins_at_0_and_is_part_of_what_checkpoints_hold(game):
    assert game.parameters()["state/k"].asnumpy() == 0
    assert not game.parameters()["state/k"].requires_grad


def test_losses_of_the_first_step(game):
    report = step(game, real=2, latent=1.5)
    assert list(report) == ["loss_g", "loss_d", "k", "convergence"]
    assert report["loss_g"] == pytest.approx(0.75)
    assert report["loss_d"] == pytest.approx(1)  # k was 0: the fakes don't count yet


def test_k_moves_by_a_thousandth_of_the_imbalance(game):
    report = step(game, real=5, latent=1)
    assert report["k"] == pytest.approx(0.001 * (GAMMA * 2.5 - 0.5))
    assert game.parameters()["state/k"].asnumpy() == pytest.approx(report["k"])
    set_k(game, 0.5)
    before = snapshot(game.parameters())
    weights = [float(before[f"{network}/w"]) for network in ("generator", "discriminator")]
    report = step(game, real=1, latent=3)
    loss_real, loss_g = 1 - weights[1], 3 * weights[0] * (1 - weights[1])
    assert report["loss_g"] == pytest.approx(loss_g, rel=1e-5)
    assert report["loss_d"] == pytest.approx(loss_real - 0.5 * loss_g, rel=1e-5)
    assert report["k"] == pytest.approx(0.5 + 0.001 * (GAMMA * loss_real - loss_g), abs=1e-7)


@pytest.mark.parametrize(
    "k, real, latent, expected",
    [(0, 1, 100, 0), (0.01, 1, 100, 0), (0.99, 200, 1, 1), (1, 200, 1, 1)],
)
def test_k_stays_between_0_and_1(game, k, real, latent, expected):
    set_k(game, k)
    assert step(game, real, latent)["k"] == expected


@pytest.mark.parametrize("real, latent", [(5, 1), (1, 5)])
def test_convergence_is_the_real_error_and_the_imbalance_either_way(game, real, latent):
    expected = real / 2 + abs(GAMMA * real / 2 - latent / 2)
    assert step(game, real, latent)["convergence"] == pytest.approx(expected, rel=1e-5)


def test_the_generator_betters_its_own_error_and_k_makes_the_autoencoder_worsen_that_of_fakes(game):
    weights = []
    for k in (0, 1):
        before = snapshot(game.parameters())
        set_k(game, k)
        step(game, real=1, latent=3)
        weights.append(
            [
                float(game.parameters()[f"{name}/w"].asnumpy())
                for name in ("generator", "discriminator")
            ]
        )
        assign(game.parameters(), before)
    assert [weight < 1 for weight, _ in weights] == [True, True]  # less to reconstruct
    assert weights[0][1] > 0.5 > weights[1][1]


def test_noise_is_uniform_between_minus_1_and_1(game):
    (latent,) = game.noise(np.random.default_rng(0), 4000)
    assert (latent.shape, latent.dtype) == ((4000, 2), np.float32)
    assert -1 <= latent.min() < -0.99 and 0.99 < latent.max() <= 1
    assert latent.std() == pytest.approx(1 / np.sqrt(3), abs=0.01)
