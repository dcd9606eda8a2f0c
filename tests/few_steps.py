"""Five steps of small recipes on given data and noise, alone or, run by msrun as a program, as one
of several workers.

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
from ms_gan.recipes import RECIPES  # noqa: E402

STEPS, EXAMPLES = 5, 6  # of all workers together
SIZES = {"image_size": 32, "nz": 8, "ngf": 4, "ndf": 4}
# The layers of each, and what its step is given apart from noise: the shape of an example. Between
# them they have every kind of update, layer, state that isn't a weight, and noise.
CASES = {
    "mnist-mlp": ("mindspore", (1, 28, 28)),
    "faces": ("rows", (3, 32, 32)),
    "faces-wgan-gp": ("mindspore", (3, 64, 64)),
    "faces-began": ("mindspore", (3, 32, 32)),
}


def few_steps(name, workers):
    """{"losses": (steps, numbers), key: array of every parameter after the last step}."""
    import mindspore as ms

    from ms_gan.layers.synchronised import synchronised

    ms.set_seed(workers.rank)  # other weights each, until they join
    choice, shape = CASES[name]
    vocabulary = layers.choose(choice, "CPU")
    if workers.size > 1:
        vocabulary = synchronised(vocabulary, workers.size)
    recipe = RECIPES[name]
    recipe = dataclasses.replace(
        recipe, **{key: SIZES[key] for key in SIZES.keys() & options_of(recipe).keys()}
    )
    objective = recipe.objective(vocabulary, steps_per_epoch=10**6)
    workers.join(objective)
    rng, losses = np.random.default_rng(0), []
    for _ in range(STEPS):
        arrays = [
            rng.uniform(-1, 1, (EXAMPLES, *shape)).astype(np.float32),
            *objective.noise(rng, EXAMPLES),
        ]
        outputs = objective.train_step(*(ms.Tensor(_shard(array, workers)) for array in arrays))
        losses.append(list(workers.mean(objective.report(outputs)).values()))
    return {
        "losses": np.array(losses),
        **{key: parameter.asnumpy().copy() for key, parameter in objective.parameters().items()},
    }


def _shard(array, workers):
    """A worker's part of an array, along the axis of examples."""
    mine = range(workers.rank, EXAMPLES, workers.size)
    return np.take(array, mine, axis=array.shape.index(EXAMPLES))


if __name__ == "__main__":
    joined = distribution.start(runtime.start("CPU"))
    for case in CASES:
        np.savez(f"{case}-{joined.rank}.npz", **few_steps(case, joined))
    agreed = joined.agree((signal.SIGTERM, signal.SIGINT)[joined.rank])
    np.savez(f"agreed-{joined.rank}.npz", agreed=agreed)
