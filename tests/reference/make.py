"""Compute five training steps of each system in PyTorch and store them, see results.py: make.py
[NAME ...]

Each is run in float32, in float64, and in float64 with MindSpore's formula for Adam. The first is
PyTorch as people use it, the others tell how much of a difference from it is rounding, and how much
the place of Adam's epsilon.
"""

import sys

import began
import cyclegan
import dcgan
import gaussian
import inputs
import numpy as np
import pix2pix
import plus
import results
import smoothed
import torch
import wgan
from common import MindSporeAdam
from torch import nn

SYSTEMS = {
    "gaussian": gaussian.Gaussian,
    "mnist-mlp": smoothed.MnistMlp,
    "mnist-dcgan": dcgan.MnistDcgan,
    "faces": dcgan.Faces,
    "faces-plus": plus.Plus,
    "faces-plus-augmented": plus.PlusAugmented,
    "faces-r1": plus.FacesR1,
    "faces32": smoothed.Faces32,
    "faces-wgan-gp": wgan.GradientPenalty,
    "faces-wgan-gp-dcgan": wgan.CrossEntropy,
    "faces-wgan-gp-wgan": wgan.Clipped,
    "faces-began": began.Began,
    "pix2pix": pix2pix.Pix2Pix,
    "cyclegan": cyclegan.CycleGan,
    "cyclegan-identity": cyclegan.Identity,
}
KINDS = {
    "float32": (torch.float32, torch.optim.Adam),
    "float64": (torch.float64, torch.optim.Adam),
    "mindspore_adam": (torch.float64, MindSporeAdam),
}


def main(names):
    """Make the files of these systems, or of all."""
    unknown = sorted(set(names) - set(SYSTEMS))
    if unknown:
        sys.exit(
            f"make.py: error: no system named {', '.join(unknown)}; there are {', '.join(SYSTEMS)}"
        )
    torch.set_num_threads(1)  # sums in one order, whatever the machine
    for name in names or SYSTEMS:
        runs = {kind: train(name, *arithmetic) for kind, arithmetic in KINDS.items()}
        results.save(name, runs)
        print(
            f"{name}: losses differ by {difference(runs, 'float32'):.0e} through float32, "
            f"by {difference(runs, 'mindspore_adam'):.0e} through Adam's epsilon"
        )


def train(name, dtype, adam):
    """Make the steps of one system."""
    torch.set_default_dtype(dtype)
    system = SYSTEMS[name](adam, **inputs.SYSTEMS[name].sizes)
    parameters = start(system.networks)
    steps = []
    for step in range(inputs.STEPS):
        arrays = {
            key: torch.tensor(array, dtype=dtype)
            for key, array in inputs.arrays(name, step).items()
        }
        steps.append(
            {key: torch.as_tensor(loss).item() for key, loss in system.step(**arrays).items()}
        )
    gradients = {
        id(parameter): gradient
        for optimizer in system.optimizers
        for parameter, gradient in zip(optimizer.parameters, optimizer.first_gradients)
    }
    return results.Run(
        {key: np.array([losses[key] for losses in steps]) for key in steps[0]},
        [gradients[id(parameter)].numpy().astype(np.float32) for parameter in parameters],
        np.array([parameter.norm().item() for parameter in parameters]),
    )


@torch.no_grad()
def start(networks):
    """Give all parameters their first values; returns them in order of declaration."""
    named = [
        (module, name, parameter)
        for network in networks
        for module in network.modules()
        for name, parameter in module.named_parameters(recurse=False)
    ]
    parameters = [parameter for network in networks for parameter in network.parameters()]
    assert [id(parameter) for *_, parameter in named] == [id(parameter) for parameter in parameters]
    values = inputs.weights(
        [tuple(parameter.shape) for parameter in parameters],
        [role(module, name) for module, name, _ in named],
    )
    for parameter, value in zip(parameters, values):
        parameter.copy_(torch.tensor(value))
    vectors = [
        buffer
        for network in networks
        for name, buffer in network.named_buffers()
        if name.endswith("weight_u")
    ]
    for vector, value in zip(vectors, inputs.directions([len(vector) for vector in vectors])):
        vector.copy_(torch.tensor(value))
    return parameters


def role(module, name):
    """The role of a module's parameter, as `inputs.weights` knows it."""
    if isinstance(module, nn.BatchNorm2d):
        return {"weight": "gamma", "bias": "beta"}[name]
    return name.replace("_orig", "")  # of a weight with spectral normalisation


def difference(runs, kind):
    """How far a run's losses get from those in float64, as a share of the largest value each loss
    takes.
    """
    return max(
        np.abs(runs[kind].losses[key] - truth).max() / np.abs(truth).max()
        for key, truth in runs["float64"].losses.items()
    )


if __name__ == "__main__":
    main(sys.argv[1:])
