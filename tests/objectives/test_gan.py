import mindspore as ms
import numpy as np
import pytest
from conftest import LAYERS, convert

from ms_gan.layers import spectral_normalised
from ms_gan.networks.dcgan import Discriminator, Generator
from ms_gan.objectives.gan import GAN, Game
from ms_gan.objectives.losses import ADVERSARIAL
from ms_gan.objectives.optimizers import Rates
from ms_gan.parameters import assign, snapshot, tensors

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
def game():
    """One compiled objective for the whole file; its tests put back what they change."""
    return tiny()


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


@pytest.fixture(scope="module")
def hinge():
    """With scores instead of logits, R1 and augmentation."""
    ms.set_seed(1)
    return GAN(
        Generator(NZ, 2, 32),
        spectral_normalised(Discriminator(2, 32, batch_norm=False)),
        NZ,
        Rates(0.01, 0.01, 0.0, 0.9),
        Game(ADVERSARIAL["hinge"], r1=10.0, augmentations=("color", "cutout")),
    )


def stepped(game, step):
    """A step's report, and all values after it."""
    rng = np.random.default_rng(7)
    real = rng.uniform(-1, 1, (4, 3, 32, 32)).astype(np.float32)
    outputs = game.train_step(ms.Tensor(real), *tensors(game.inputs(rng, 4, step)))
    return game.report(outputs), snapshot(game.parameters())


def test_scores_are_reported_as_such_and_reporting_moves_no_singular_vector(hinge):
    before = snapshot(hinge.parameters())
    outputs = hinge.train_step(
        inputs()[0], *tensors(hinge.inputs(np.random.default_rng(0), 4, step=1))
    )
    moved = snapshot(hinge.parameters())
    assert (
        moved["discriminator/net.0.normalise.u"] != before["discriminator/net.0.normalise.u"]
    ).any()
    report = hinge.report(outputs)
    after = snapshot(hinge.parameters())
    assert [key for key in moved if (moved[key] != after[key]).any()] == []
    assert list(report)[4:] == ["score_real", "score_fake", "score_fake_after"]
    assert report["loss_d"] == pytest.approx(report["loss_d_real"] + report["loss_d_fake"])
    # Within the margin all along, the losses are the scores.
    assert report["loss_d_real"] == pytest.approx(1 - report["score_real"], rel=1e-4)
    assert report["loss_d_fake"] == pytest.approx(1 + report["score_fake"], rel=1e-4)


def test_every_16th_step_is_another_one_whose_penalty_is_not_in_the_reported_loss(hinge):
    before, found = snapshot(hinge.parameters()), {}
    for step in (0, 1, 15, 16, 31, 32):
        assign(hinge.parameters(), before)
        found[step] = stepped(hinge, step)
    for step in (15, 31, 16, 32):
        report, values = found[step]
        like, unlike = found[step % 16 and 1], found[0 if step % 16 else 1]
        assert report == like[0]
        assert report["loss_d"] == pytest.approx(unlike[0]["loss_d"], rel=1e-5)
        for key, value in values.items():
            np.testing.assert_array_equal(value, like[1][key], err_msg=key)
        assert (
            values["discriminator/net.0.weight"] != unlike[1]["discriminator/net.0.weight"]
        ).any()


def test_augmentation_draws_after_what_is_drawn_without_it(hinge, game):
    drawn = hinge.inputs(np.random.default_rng(3), 5, step=16)
    np.testing.assert_array_equal(drawn[0], game.noise(np.random.default_rng(3), 5)[0])
    assert drawn[1] is None and drawn[2].shape == (3, 5, 7) and drawn[3] == 80
    assert hinge.inputs(np.random.default_rng(3), 5, step=17)[3] is None
    assert game.inputs(np.random.default_rng(3), 5, step=16)[1:] == (None, None, None)
