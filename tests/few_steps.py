"""Five steps of small recipes on given data and noise, alone or, run by msrun as a program, as one
rank of several.

For tests/test_distribution.py. The program writes `name-rank.npz` for each recipe into the current
folder.
"""

import dataclasses
import signal
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ms_gan import distribution, layers, runtime  # noqa: E402
from ms_gan.options import options_of  # noqa: E402
from ms_gan.parameters import tensors  # noqa: E402
from ms_gan.recipes import RECIPES  # noqa: E402

STEPS, EXAMPLES = 5, 6  # of all ranks together
# One update of the critic on all examples, as `_shard` finds their axis by their number.
UPDATES = {"critic_updates": 1, "generator_updates": 2}
SIZES = {"image_size": 32, "nz": 8, "ngf": 4, "ndf": 4, **UPDATES}
# The layers of each, and what its step is given apart from noise: the shapes of an example. Between
# them they have every kind of layer, noise, and state that isn't a weight. The gradients of all
# networks are averaged in one place: the games of translators, slow to compile, are left out.
CASES = {
    "mnist-mlp": ("mindspore", [(1, 28, 28)]),
    "faces": ("im2col", [(3, 32, 32)]),
    "faces-wgan-gp": ("mindspore", [(3, 64, 64)]),
    "faces-began": ("mindspore", [(3, 32, 32)]),
}


def few_steps(name, world):
    """{"losses": (steps, numbers), key: array of every parameter after the last step}."""
    import mindspore as ms

    ms.set_seed(world.rank)  # other weights each, until they join
    choice, shapes = CASES[name]
    recipe = RECIPES[name]
    recipe = dataclasses.replace(
        recipe, **{key: SIZES[key] for key in SIZES.keys() & options_of(recipe).keys()}
    )
    objective = recipe.objective(steps_per_epoch=10**6)
    networks = objective.networks.values()
    if world.size > 1:
        for network in networks:
            layers.synchronised(network, world.size)
    layers.prepare(networks, choice, "CPU", True)
    world.join(objective)
    rng, losses = np.random.default_rng(0), []
    for _ in range(STEPS):
        arrays = [rng.uniform(-1, 1, (EXAMPLES, *shape)).astype(np.float32) for shape in shapes]
        arrays += objective.noise(rng, EXAMPLES)
        outputs = objective.train_step(*tensors(_shard(array, world) for array in arrays))
        losses.append(list(world.mean(objective.report(outputs)).values()))
    return {
        "losses": np.array(losses),
        **{key: parameter.asnumpy().copy() for key, parameter in objective.parameters().items()},
    }


def _shard(array, world):
    """A rank's part of an array, along the axis of examples; None of None."""
    if array is None:
        return None
    mine = range(world.rank, EXAMPLES, world.size)
    return np.take(array, mine, axis=array.shape.index(EXAMPLES))


if __name__ == "__main__":
    joined = distribution.start(runtime.start("CPU"))
    for case in CASES:
        np.savez(f"{case}-{joined.rank}.npz", **few_steps(case, joined))
    agreed = joined.agree((signal.SIGTERM, signal.SIGINT)[joined.rank])
    np.savez(f"agreed-{joined.rank}.npz", agreed=agreed)
