"""How far the package's numbers are from the stored ones, as a table: python -m
tests.reference.compare [NAME ...]

To be run at the top of the repository. This is the package's side of the comparison, for
`tests/test_parity.py` too.
"""

import dataclasses
import sys
from typing import NamedTuple

import mindspore as ms
import numpy as np

from ms_gan import runtime
from ms_gan.layers import for_cpu
from ms_gan.objectives import r1
from ms_gan.parameters import assign, snapshot, tensors
from ms_gan.recipes import RECIPES

from . import inputs, results

# The recipe of a system and what has to be changed in it, where the system's name and sizes don't
# say so.
ORDER = {"critic_updates": 1, "generator_updates": 2}
VARIANTS = {
    "faces-plus-augmented": ("faces-plus", {"r1": 2.0, "diffaugment": "color,translation,cutout"}),
    "faces-r1": ("faces", {"r1": 10.0}),
    "faces-wgan-gp": ("faces-wgan-gp", ORDER),
    "faces-wgan-gp-dcgan": ("faces-wgan-gp", {"loss": "dcgan", **ORDER}),
    "faces-wgan-gp-wgan": ("faces-wgan-gp", {"loss": "wgan", **ORDER}),
    "cyclegan-identity": ("cyclegan", {"identity": 5.0}),
}
# Gradients below this share of their network's largest are measured on that: some are rounding.
FLOOR = 1e-2


class Differences(NamedTuple):
    """Distances from the reference.

    losses: {name: (steps,)}, as shares of the loss's largest value; gradients, norms: {parameter:
    share of its first gradient's norm} and {parameter: share of its norm after the last step}.
    """

    losses: dict
    gradients: dict
    norms: dict


def differences(name, convert):
    """{kind of reference: `Differences`} of a system whose networks `convert` converts."""
    losses, gradients, norms = train(name, convert)
    return {
        kind: _differences(losses, gradients, norms, run)
        for kind, run in results.load(name).items()
    }


def _differences(losses, gradients, norms, reference):
    expected = dict(zip(gradients, reference.gradients))
    lengths = {key: np.linalg.norm(gradient) for key, gradient in expected.items()}
    floors = {
        key: FLOOR
        * max(length for other, length in lengths.items() if _network(other) == _network(key))
        for key in lengths
    }
    return Differences(
        {
            key: np.abs(losses[key] - values) / np.abs(values).max()
            for key, values in reference.losses.items()
            if key in losses
        },
        {
            key: np.linalg.norm(gradient - expected[key]) / max(lengths[key], floors[key])
            for key, gradient in gradients.items()
        },
        # Adam makes full steps of a gradient of rounding, in any direction.
        {
            key: abs(norms[key] / norm - 1)
            for key, norm in zip(norms, reference.norms)
            if lengths[key] > floors[key]
        },
    )


def train(name, convert):
    """Make the reference's steps: losses {name: (steps,)}, first gradients and last norms
    {parameter: value}.
    """
    objective, steps = start(name, convert), []
    for step in range(inputs.STEPS):
        outputs = objective.train_step(*_inputs(name, step))
        steps.append(_losses(dict(zip(objective.names, outputs))))
        if step == 0:
            gradients = _first_gradients(objective)
    if name.startswith(
        "faces-wgan-gp"
    ):  # its step makes two updates of the generator, the first of which counts here
        objective_of_one = start(name, convert, generator_updates=1)
        objective_of_one.train_step(*_inputs(name, 0))
        gradients = _first_gradients(objective_of_one)
    norms = {key: np.linalg.norm(value) for key, value in snapshot(_weights(objective)).items()}
    return {key: np.array([losses[key] for losses in steps]) for key in steps[0]}, gradients, norms


def start(name, convert, **changes):
    """The objective of a system in the reference's sizes and with its first weights."""
    recipe, variant = VARIANTS.get(name, (name, {}))
    sizes = inputs.SYSTEMS[name].sizes
    recipe = dataclasses.replace(RECIPES[recipe], **{**variant, **sizes, **changes})
    # Long before a learning rate changes.
    objective = recipe.objective(steps_per_epoch=10**6)
    for network in objective.networks.values():
        convert(network)
    weights = _weights(objective)
    roles = [key.split(".")[-1] for key in weights]
    values = inputs.weights([tuple(weight.shape) for weight in weights.values()], roles)
    assign(weights, dict(zip(weights, values)))
    vectors = {key: p for key, p in objective.parameters().items() if key.endswith("normalise.u")}
    lengths = [len(vector) for vector in vectors.values()]
    assign(vectors, dict(zip(vectors, inputs.directions(lengths))))
    return objective


def _inputs(name, step):
    """What the objective's compiled step takes, which are the system's arrays in order for most."""
    arrays = inputs.arrays(name, step)
    if name == "gaussian":
        arrays["again"] = arrays["noise"]
    elif name.startswith("faces-wgan-gp"):
        mixing = arrays.get("mixing", np.zeros((4, 1, 1, 1), np.float32))
        arrays = {
            "real": arrays["real"],
            "critic": arrays["noise_d"][None],
            "generator": np.stack([arrays["noise_g1"], arrays["noise_g2"]]),
            "mixing": mixing[None],
        }
    elif name in ("faces-plus-augmented", "faces-r1"):
        weight = r1.weight_of(VARIANTS[name][1]["r1"], step)
        arrays = [arrays["real"], arrays["noise"], None, arrays.get("numbers"), weight]
        return tensors(arrays)
    return tensors(arrays.values())


def _losses(outputs):
    """A step's losses as the reference counts them."""
    losses = {key: float(output) for key, output in outputs.items()}
    if "penalty" in losses:
        losses["loss_d"] += 10 * losses["penalty"]
    if "convergence" in losses:
        losses["m"] = losses["convergence"]
    return losses


def _first_gradients(objective):
    """{parameter: what its Adam got}, after one update: its average of gradients is then (1 -
    beta1) of the first.
    """
    found = {}
    for optimizer in objective.optimizers.values():
        share = 1 - float(optimizer.beta1.asnumpy())
        found.update(
            {
                weight.name: moment.asnumpy() / share
                for weight, moment in zip(optimizer.parameters, optimizer.moment1)
            }
        )
    return {key: found[key] for key in _weights(objective)}


def _weights(objective):
    """{name: Parameter} of all networks, in order of declaration."""
    return {
        weight.name: weight
        for network in objective.networks.values()
        for weight in network.trainable_params()
    }


def _network(key):
    return key.split(".")[0]


def main(names):
    """Print the worst differences of these systems, or of all, as they are and by im2col."""
    unknown = sorted(set(names) - set(inputs.SYSTEMS))
    if unknown:
        known = ", ".join(inputs.SYSTEMS)
        sys.exit(f"compare: error: no system named {', '.join(unknown)}; there are {known}")
    runtime.start()
    runtime.limit_isa()
    print(f"MindSpore {ms.__version__}\n")
    print(
        "| system | losses, step 1 | losses, step 5 | the same, PyTorch's Adam "
        "| first gradients | norms, step 5 |"
    )
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name in names or inputs.SYSTEMS:
        found = [differences(name, convert) for convert in (lambda network: network, for_cpu)]
        ours, theirs = ([kinds[kind] for kinds in found] for kind in ("mindspore_adam", "float32"))
        worst = [
            max(losses[0] for each in ours for losses in each.losses.values()),
            max(losses[-1] for each in ours for losses in each.losses.values()),
            max(losses[-1] for each in theirs for losses in each.losses.values()),
            max(share for each in ours for share in each.gradients.values()),
            max(share for each in ours for share in each.norms.values()),
        ]
        print(f"| {name} | {' | '.join(f'{share:.0e}' for share in worst)} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
