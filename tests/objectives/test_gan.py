import mindspore as ms
import numpy as np
import pytest
from conftest import LAYERS, convert

from ms_gan.networks.dcgan import Discriminator, Generator
from ms_gan.objectives.base import Rates
from ms_gan.objectives.gan import GAN
from ms_gan.parameters import assign, snapshot

NZ = 6


def tiny(converted=lambda network: network):
    ms.set_seed(1)
    generator, discriminator = Generator(NZ, 2, 32), Discriminator(2, 32)
    return GAN(converted(generator), converted(discriminator), NZ, Rates(0.01, 0.01, 0.5))


def inputs(seed=0, count=4):
    rng = np.random.default_rng(seed)
    real = rng.uniform(-1, 1, (count, 3, 32, 32)).astype(np.float32)
    return ms.Tensor(real), ms.Tensor(rng.standard_normal((count, NZ)).astype(np.float32))


@pytest.fixture(scope="module")
def game(converted):
    """One compiled objective for the whole file; its tests put back what they change."""
    return tiny(converted)


@pytest.fixture(autouse=True)
def put_back(game):
    before = snapshot(game.parameters())
    yield
    assign(game.parameters(), before)


def test_one_step_updates_every_weight_of_both_networks(game):
    before = snapshot(game.parameters())
    game.train_step(*inputs())
    after = snapshot(game.parameters())
    unmoved = [
        key for key in before if "optimizer" not in key and (before[key] == after[key]).all()
    ]
    assert unmoved == []


def test_the_first_step_moves_each_weight_by_adams_learning_rate(game):
    before = snapshot(game.parameters())
    game.train_step(*inputs())
    after = snapshot(game.parameters())
    moved = np.abs(after["discriminator/net.0.weight"] - before["discriminator/net.0.weight"])
    assert np.median(moved) == pytest.approx(0.01, rel=0.01)


def test_the_losses_are_the_tutorials_on_the_networks_before_the_step(game):
    real, latent = inputs()
    before = snapshot(game.parameters())
    fakes = game.networks["generator"](latent)
    real_logits = game.networks["discriminator"](real).asnumpy().astype(np.float64)
    fake_logits = game.networks["discriminator"](fakes).asnumpy().astype(np.float64)
    assign(game.parameters(), before)
    report = game.report(game.train_step(real, latent))
    assert report["loss_g"] == pytest.approx(np.log1p(np.exp(-fake_logits)).mean(), rel=1e-4)
    expected = (np.log1p(np.exp(-real_logits)).mean() + np.log1p(np.exp(fake_logits)).mean()) / 2
    assert report["loss_d"] == pytest.approx(expected, rel=1e-4)
    assert report["d_x"] == pytest.approx((1 / (1 + np.exp(-real_logits))).mean(), rel=1e-4)
    assert report["d_g_z1"] == pytest.approx((1 / (1 + np.exp(-fake_logits))).mean(), rel=1e-4)


def test_the_discriminator_meets_the_fakes_of_before_the_generators_update(game):
    real, latent = inputs()
    before = snapshot(game.parameters())
    fakes = game.networks["generator"](latent).asnumpy()
    assign(game.parameters(), before)
    np.testing.assert_allclose(game.train_step(real, latent)[-1].asnumpy(), fakes, atol=1e-5)


def test_the_second_verdict_is_the_updated_discriminators_on_the_same_fakes(game):
    outputs = game.train_step(*inputs())
    logits = game.networks["discriminator"](outputs[-1]).asnumpy()
    report = game.report(outputs)
    assert report["d_g_z2"] == pytest.approx((1 / (1 + np.exp(-logits))).mean(), rel=1e-4)
    assert report["d_g_z2"] != pytest.approx(report["d_g_z1"], rel=1e-4)


def test_reporting_changes_nothing(game):
    outputs = game.train_step(*inputs())
    before = snapshot(game.parameters())
    game.report(outputs)
    after = snapshot(game.parameters())
    assert [key for key in before if (before[key] != after[key]).any()] == []


def test_alternating_steps_teach_the_discriminator_to_tell_bright_images_from_fakes(game):
    _, latent = inputs()
    bright = ms.Tensor(np.full((4, 3, 32, 32), 0.9, np.float32))
    reports = [game.report(game.train_step(bright, latent)) for _ in range(15)]
    assert max(report["d_x"] - report["d_g_z1"] for report in reports) > 0.3


def test_noise_is_standard_normal_and_follows_its_generator(game):
    latent, masks, numbers = game.noise(np.random.default_rng(3), 5000)
    assert latent.shape == (5000, NZ)
    assert masks is None and numbers is None
    assert latent.dtype == np.float32
    assert abs(latent.mean()) < 0.02
    assert latent.std() == pytest.approx(1, abs=0.02)
    np.testing.assert_array_equal(latent, game.noise(np.random.default_rng(3), 5000)[0])


def test_parameter_keys_do_not_depend_on_what_was_built_before():
    assert tiny().parameters().keys() == tiny().parameters().keys()


def test_keys_cover_weights_statistics_and_both_optimizers(game):
    keys = set(game.parameters())
    assert {
        "generator/net.0.weight",
        "generator/net.1.moving_mean",
        "discriminator/net.0.weight",
    } <= keys
    for moment in ("moment1", "moment2"):
        assert any(key.startswith("generator.optimizer/") and moment in key for key in keys)
        assert any(key.startswith("discriminator.optimizer/") and moment in key for key in keys)


def test_converted_networks_make_the_same_steps():
    """The same seeds, 5 steps: what differs is the order of additions."""
    reports, values = [], []
    for choice in LAYERS:
        game = tiny(lambda network, choice=choice: convert(network, choice))
        reports.append(
            [game.report(game.train_step(*inputs(seed=step, count=16))) for step in range(5)]
        )
        values.append(snapshot(game.parameters()))
    for own, im2col in zip(*reports):
        assert im2col == pytest.approx(own, rel=1e-3)
    assert values[0].keys() == values[1].keys()
    for key, value in values[0].items():
        if "moving" in key:
            np.testing.assert_allclose(values[1][key], value, rtol=2e-3, atol=1e-4, err_msg=key)
