"""Checkpoints of untrained generators that nevertheless make another picture of every seed."""

import numpy as np

from ms_gan.options import values_of, with_values
from ms_gan.recipes import RECIPES
from ms_gan.streams import stream
from ms_gan.training import checkpoint


def make(name, sizes):
    """The recipe of this name in these sizes, and its generator of MindSpore's own layers."""
    recipe = with_values(RECIPES[name], sizes, name)
    return recipe, recipe.generator()


def write(path, name, sizes, seed=0):
    """Write a `generator.ckpt` as a run does, with weights that follow from the seed."""
    recipe, network = make(name, sizes)
    parameters, rng = dict(network.parameters_and_names()), stream(seed, "test")
    values = {key: rng.normal(0, 0.5, p.shape).astype(np.float32) for key, p in parameters.items()}
    variances = {key: np.abs(value) + 0.5 for key, value in values.items() if "variance" in key}
    checkpoint.restore(parameters, {**values, **variances}, path)
    meta = {"kind": "generator", "step": 0, "recipe": name, "options": values_of(recipe)}
    checkpoint.save(path, parameters, meta)
    return path
