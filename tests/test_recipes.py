"""The numbers of every recipe, as its source has them."""

import dataclasses

import pytest
from conftest import every_recipe

from ms_gan.objectives.losses import ADVERSARIAL
from ms_gan.options import Parser, add_options, options_of, typed, values_of, with_values
from ms_gan.recipes import RECIPES

NUMBERS = {
    "gaussian": {
        "epochs": 20,
        "batch_size": 8,
        "sample_every": 0,
        "plot_every": 0,
        "ema": 0.0,
        "lr_g": 0.005,
        "lr_d": 0.05,
        "beta1": 0.9,
        "beta2": 0.999,
    },
    "mnist-mlp": {
        "epochs": 100,
        "batch_size": 64,
        "sample_every": 0,
        "plot_every": 0,
        "decay_epochs": 0,
        "ema": 0.0,
        "lr": 0.002,
        "beta1": 0.9,
        "beta2": 0.999,
        "nz": 100,
        "ngf": 32,
        "ndf": 32,
    },
    "mnist-dcgan": {
        "epochs": 200,
        "batch_size": 64,
        "sample_every": 400,
        "plot_every": 0,
        "decay_epochs": 0,
        "ema": 0.0,
        "lr": 2e-4,
        "beta1": 0.5,
        "beta2": 0.999,
        "loss": "non-saturating",
        "nz": 100,
        "ngf": 128,
        "ndf": 16,
    },
    "faces": {
        "epochs": 10,
        "batch_size": 128,
        "sample_every": 0,
        "plot_every": 0,
        "decay_epochs": 0,
        "ema": 0.0,
        "flip": False,
        "crop": 0,
        "lr": 2e-4,
        "lr_d": None,
        "beta1": 0.5,
        "beta2": 0.999,
        "loss": "non-saturating",
        "d_norm": "batch",
        "r1": 0.0,
        "diffaugment": "none",
        "even": False,
        "image_size": 64,
        "nz": 100,
        "ngf": 64,
        "ndf": 64,
    },
    "faces-plus": {
        "epochs": 10,
        "batch_size": 32,
        "sample_every": 0,
        "plot_every": 0,
        "lr": 2e-4,
        "lr_d": 8e-4,
        "beta1": 0.0,
        "beta2": 0.99,
        "loss": "hinge",
        "d_norm": "spectral",
        "r1": 0.0,
        "diffaugment": "none",
        "even": True,
        "decay_epochs": 0,
        "ema": 0.998,
        "flip": True,
        "crop": 0,
        "image_size": 64,
        "nz": 100,
        "ngf": 32,
        "ndf": 32,
    },
    "faces32": {
        "epochs": 30,
        "batch_size": 128,
        "sample_every": 0,
        "plot_every": 0,
        "decay_epochs": 0,
        "ema": 0.0,
        "flip": False,
        "crop": 0,
        "lr": 2e-4,
        "beta1": 0.5,
        "beta2": 0.999,
        "nz": 100,
        "ngf": 32,
        "ndf": 32,
    },
    "faces-wgan-gp": {
        "epochs": 50,
        "batch_size": 64,
        "sample_every": 400,
        "plot_every": 100,
        "decay_epochs": 0,
        "ema": 0.0,
        "flip": False,
        "crop": 0,
        "loss": "wgan-gp",
        "critic_updates": 3,
        "generator_updates": 1,
        "lr": 1e-4,
        "beta1": 0.5,
        "beta2": 0.9,
        "nz": 128,
        "ngf": 64,
        "ndf": 64,
    },
    "faces-began": {
        "epochs": 30,
        "batch_size": 16,
        "sample_every": 0,
        "plot_every": 0,
        "ema": 0.0,
        "flip": False,
        "crop": 0,
        "lr": 1e-4,
        "halve_every": 50_000,
        "beta1": 0.5,
        "beta2": 0.999,
        "gamma": 0.5,
        "image_size": 64,
        "nz": 64,
        "ngf": 64,
        "ndf": 64,
    },
    "pix2pix": {
        "epochs": 200,
        "decay_epochs": 100,
        "batch_size": 1,
        "sample_every": 0,
        "plot_every": 0,
        "ema": 0.0,
        "lr": 2e-4,
        "beta1": 0.5,
        "beta2": 0.999,
        "l1": 100.0,
        "direction": "AtoB",
        "image_size": 256,
        "jitter": 0,
        "ngf": 64,
        "ndf": 64,
    },
    "cyclegan": {
        "epochs": 200,
        "batch_size": 16,
        "sample_every": 0,
        "plot_every": 0,
        "ema": 0.0,
        "lr": 2e-4,
        "beta1": 0.5,
        "beta2": 0.999,
        "cycle": 10.0,
        "identity": 0.0,
        "pool": 0,
        "image_size": 128,
        "ngf": 64,
        "ndf": 64,
        "blocks": 6,
    },
}


def test_these_are_all():
    assert set(RECIPES) == set(NUMBERS)


@every_recipe
def test_a_recipe_has_the_numbers_of_its_source(recipe):
    assert values_of(recipe) == NUMBERS[recipe.name]


@every_recipe
def test_a_recipe_can_be_found_by_its_name_and_cannot_be_changed(recipe):
    assert RECIPES[recipe.name] is recipe
    with pytest.raises(dataclasses.FrozenInstanceError):
        recipe.epochs = 1


@every_recipe
def test_a_recipe_says_what_it_is_and_what_it_follows(recipe):
    assert recipe.summary.strip()
    assert recipe.source.strip()
    assert "\n" not in recipe.summary + recipe.source


@every_recipe
def test_a_recipe_takes_its_own_values_back(recipe):
    fresh = dataclasses.replace(recipe, **{name: None for name in options_of(recipe)})
    assert with_values(fresh, values_of(recipe), "options.json") == recipe


@every_recipe
def test_the_quick_values_are_what_the_command_line_would_take(recipe):
    parser = Parser()
    add_options(parser, recipe, "options")
    assert vars(parser.parse_args(typed(recipe.quick))) == recipe.quick


def test_the_digits_of_the_convolutions_are_enlarged():
    assert (RECIPES["mnist-mlp"].side, RECIPES["mnist-dcgan"].side) == (28, 32)


def test_four_loss_panels_of_mnist_dcgan():
    assert [list(curves) for _, curves in RECIPES["mnist-dcgan"].panels] == [
        ["loss_d_real"],
        ["loss_d_fake"],
        ["loss_d"],
        ["loss_g"],
    ]


def test_the_losses_to_choose_are_those_that_there_are():
    for name in ("faces", "faces-plus", "mnist-dcgan"):
        assert options_of(RECIPES[name])["loss"]["choices"] == tuple(ADVERSARIAL)


def test_a_step_of_wgan_takes_images_for_every_update_of_the_critic():
    recipe = dataclasses.replace(RECIPES["faces-wgan-gp"], batch_size=6, critic_updates=5)
    assert recipe.images_per_step == 30
    assert RECIPES["faces"].images_per_step == 128


def test_pix2pix_translates_with_the_statistics_of_the_image():
    assert {name for name, recipe in RECIPES.items() if recipe.batch_statistics} == {"pix2pix"}


@pytest.mark.parametrize("jitter, size, expected", [(0, 256, 286), (0, 64, 72), (300, 256, 300)])
def test_pairs_are_moved_within_286_of_256(jitter, size, expected, monkeypatch):
    given = []
    monkeypatch.setattr("ms_gan.data.pairs.find", lambda *what: given.append(what))
    recipe = dataclasses.replace(RECIPES["pix2pix"], jitter=jitter, image_size=size)
    recipe.find_data("options")
    assert given == [("options", size, expected)]
