"""Checkpoints of untrained discriminators, as a run writes them."""

from ms_gan.options import values_of, with_values
from ms_gan.parameters import initialised
from ms_gan.recipes import RECIPES
from ms_gan.training import checkpoint


def write(path, name, sizes, split=None):
    """Write a `discriminator.ckpt` with first weights of seed 1."""
    recipe = with_values(RECIPES[name], sizes, name)
    with initialised(1):
        network = recipe.objective(1).networks["discriminator"]
    meta = {"kind": "discriminator", "step": 0, "recipe": name, "options": values_of(recipe)}
    checkpoint.save(path, dict(network.parameters_and_names()), {**meta, "split": split or {}})
    return path
