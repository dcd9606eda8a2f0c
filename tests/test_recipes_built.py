"""What every recipe builds fits together: networks, objective, sampler, learning rates."""

import dataclasses

import mindspore as ms
import numpy as np
import pytest
from conftest import every_recipe

from ms_gan.errors import UsageError
from ms_gan.options import options_of
from ms_gan.recipes import RECIPES

OBJECTIVES = {
    "gaussian": "DiscriminatorFirst",
    "mnist-mlp": "DiscriminatorFirst",
    "mnist-dcgan": "GAN",
    "faces": "GAN",
    "faces-plus": "GAN",
    "faces32": "DiscriminatorFirst",
    "faces-wgan-gp": "WGAN",
    "faces-began": "BEGAN",
    "pix2pix": "Pix2Pix",
    "cyclegan": "CycleGAN",
}
# What a run of the data's shape would give to a step, and the shape of what the generator makes.
DATA = {
    "gaussian": (2,),
    "mnist-mlp": (1, 28, 28),
    "mnist-dcgan": (1, 32, 32),
    "faces": (3, 32, 32),
    "faces-plus": (3, 32, 32),
    "faces32": (3, 32, 32),
    "faces-wgan-gp": (3, 64, 64),
    "faces-began": (3, 32, 32),
    "pix2pix": (3, 32, 32),
    "cyclegan": (3, 32, 32),
}
GRIDS = {  # columns and rows of a picture of real images
    "mnist-mlp": (8, 4),
    "mnist-dcgan": (5, 5),
    "faces": (8, 3),
    "faces-plus": (8, 3),
    "faces32": (8, 3),
    "faces-wgan-gp": (8, 3),
    "faces-began": (8, 2),
    "pix2pix": (2, 4),
    "cyclegan": (2, 4),
}
TINY = {"ngf": 2, "ndf": 2, "nz": 3, "image_size": 32, "blocks": 1}


def tiny(recipe):
    return dataclasses.replace(
        recipe, **{name: size for name, size in TINY.items() if name in options_of(recipe)}
    )


@every_recipe
def test_the_generator_needs_nothing_but_the_recipe_and_is_the_objectives(recipe):
    ours = tiny(recipe)
    generator, objective = ours.generator(), ours.objective(5)
    assert type(objective).__name__ == OBJECTIVES[recipe.name]
    keys = {key: p.shape for key, p in generator.parameters_and_names()}
    assert keys == {
        key: p.shape for key, p in objective.networks["generator"].parameters_and_names()
    }
    if recipe.name in ("pix2pix", "cyclegan"):
        source = np.zeros((4, *DATA[recipe.name]), np.float32)
    else:
        drawn = objective.noise(np.random.default_rng(0), 4)[
            0
        ]  # (updates, 4, nz) in a Wasserstein GAN
        source = drawn.reshape(-1, drawn.shape[-1])
    made = generator.set_train(False)(ms.Tensor(source))
    assert made.shape[1:] == DATA[recipe.name]


@every_recipe
def test_everything_that_a_plot_shows_is_reported(recipe):
    objective = tiny(recipe).objective(5)
    panels = recipe.panels or objective.panels
    assert {key for _, curves in panels for key in curves} <= set(objective.names)


@every_recipe
def test_a_recipes_networks_have_unique_parameter_names(recipe):
    networks = tiny(recipe).objective(5).networks
    names = [p.name for network in networks.values() for p in network.get_parameters()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", GRIDS)
def test_the_sampler_shows_as_many_images_in_the_range_of_the_recipe(name):
    sampler, (columns, rows), side = RECIPES[name].sampler(), GRIDS[name], DATA[name][-1]
    for level, shown in ((getattr(RECIPES[name], "peak", 1.0), 255), (0.0, 128)):
        images = np.full((40, *DATA[name]), level, np.float32)
        picture = sampler.real((images, images) if name in ("pix2pix", "cyclegan") else (images,))
        assert picture.size == (2 + columns * (side + 2), 2 + rows * (side + 2))
        assert np.asarray(picture.convert("RGB"))[10, 10, 0] == shown


def test_latents_are_those_of_the_source():
    uniform = {
        name
        for name in GRIDS.keys() - {"pix2pix", "cyclegan"}
        if np.abs(RECIPES[name].sampler().fixed(None, 0)[0]).max() <= 1
    }
    assert uniform == {"mnist-mlp", "faces32", "faces-began"}
    for name in uniform:
        noise = tiny(RECIPES[name]).objective(5).noise(np.random.default_rng(0), 200)
        assert np.abs(noise[0]).max() <= 1


def test_the_gaussian_logs_every_step_and_plots_means():
    assert (RECIPES["gaussian"].log_every, RECIPES["gaussian"].plot_means) == (1, True)
    noise = RECIPES["gaussian"].objective(5).noise(np.random.default_rng(0), 8)
    np.testing.assert_array_equal(*noise[:2])  # both updates on the same latents


@pytest.mark.parametrize("name", ["mnist-mlp", "faces32"])
def test_the_generator_of_these_learns_from_fresh_noise(name):
    noise = tiny(RECIPES[name]).objective(5).noise(np.random.default_rng(0), 8)
    assert not np.array_equal(noise[0], noise[1])


def test_the_discriminator_of_faces_plus_learns_faster_and_that_of_faces_alike():
    rates = {
        name: [
            float(adam.learning_rate)
            for adam in tiny(RECIPES[name]).objective(5).optimizers.values()
        ]
        for name in ("faces", "faces-plus")
    }
    assert rates["faces"] == pytest.approx([2e-4, 2e-4])
    assert rates["faces-plus"] == pytest.approx([2e-4, 8e-4])


@pytest.mark.parametrize(
    "norm, keys", [("batch", "gamma"), ("spectral", "normalise.u"), ("none", "")]
)
def test_the_discriminators_normalisation_can_be_chosen(norm, keys):
    recipe = dataclasses.replace(tiny(RECIPES["faces"]), d_norm=norm)
    found = dict(recipe.objective(5).networks["discriminator"].parameters_and_names())
    names = {key.split(".", 2)[2] for key in found}
    assert names - {"weight", "bias", "beta", "moving_mean", "moving_variance"} == {keys} - {""}
    assert ("bias" in names) == (norm != "batch")


@pytest.mark.parametrize(
    "epochs, decay_epochs, expected",
    [(200, 100, {0: 1, 500: 1, 750: 0.5, 1000: 0}), (4, 100, {0: 1, 10: 0.5, 20: 0})],
)
def test_pix2pix_ends_with_a_linear_decay(epochs, decay_epochs, expected):
    recipe = tiny(
        dataclasses.replace(RECIPES["pix2pix"], epochs=epochs, decay_epochs=decay_epochs, lr=1.0)
    )
    for optimizer in recipe.objective(5).optimizers.values():
        found = {
            step: float(optimizer.learning_rate(ms.Tensor(step, ms.int32))) for step in expected
        }
        assert found == pytest.approx(expected)


@pytest.mark.parametrize(
    "name, updates",
    [
        ("faces", (1, 1)),
        ("faces32", (1, 1)),
        ("faces-wgan-gp", (1, 3)),  # of the generator and of the critic in a step
        ("mnist-mlp", (1, 1)),
        ("mnist-dcgan", (1, 1)),
    ],
)
def test_a_rate_falls_in_the_last_epochs_where_that_is_wanted(name, updates):
    recipe = tiny(dataclasses.replace(RECIPES[name], epochs=10, decay_epochs=4, lr=1.0))
    optimizers = recipe.objective(5).optimizers.values()
    for optimizer, each in zip(optimizers, updates):
        found = [
            float(optimizer.learning_rate(ms.Tensor(step * each, ms.int32)))
            for step in (0, 30, 40, 50)
        ]
        assert found == pytest.approx([1, 1, 0.5, 0])
    with pytest.raises(UsageError, match="--decay-epochs 4: there are only 3 epochs"):
        dataclasses.replace(recipe, epochs=3).objective(5)


def test_began_halves_its_rate():
    for optimizer in tiny(RECIPES["faces-began"]).objective(5).optimizers.values():
        found = [
            float(optimizer.learning_rate(ms.Tensor(step, ms.int32)))
            for step in (0, 49_999, 50_000, 100_000)
        ]
        assert found == pytest.approx([1e-4, 1e-4, 5e-5, 2.5e-5])
