import dataclasses

import pytest

from ms_gan.options import Parser, add_options, options_of, values_of, with_values
from ms_gan.recipes import RECIPES

every_recipe = pytest.mark.parametrize("recipe", RECIPES.values(), ids=list(RECIPES))


def test_faces_has_the_numbers_of_the_tutorial():
    assert values_of(RECIPES["faces"]) == {
        "epochs": 10, "batch_size": 128, "lr": 2e-4, "beta1": 0.5, "sample_every": 0, "image_size": 64, "nz": 100,
        "ngf": 64, "ndf": 64}


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
    argv = [text for name, value in recipe.quick.items() for text in (f"--{name.replace('_', '-')}", str(value))]
    assert vars(parser.parse_args(argv)) == recipe.quick
