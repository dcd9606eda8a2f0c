"""Any recipe's training steps in plain eager PyTorch: the systems of tests/reference in the usual
loop.

Run by benchmarks/recipes.py, in an interpreter that has torch: torch_recipes.py RECIPE OPTIONS
STEPS SECONDS, where OPTIONS is the JSON of the recipe's options. Makes so many steps at least, and
more until they took so many seconds. Prints a JSON list, the seconds of every step.
"""

import json
import sys
import time
from pathlib import Path

import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "reference"))

import common  # noqa: E402
import inputs  # noqa: E402
import make  # noqa: E402

DRAWS = {
    inputs.normal: torch.randn,
    inputs.points: torch.randn,
    inputs.both_signs: lambda shape: 2 * torch.rand(shape) - 1,
    inputs.half_range: lambda shape: torch.rand(shape) - 0.5,
    inputs.share: torch.rand,
}


# What the recipes' dropout follows, which tests/reference leaves out: {recipe: (modules of its
# system, dropout)}.
DROPOUT = {
    "mnist-mlp": (
        lambda game: [*leaky(game.generator), *leaky(game.discriminator)],
        nn.Dropout(0.3),
    ),
    "mnist-dcgan": (lambda game: leaky(game.discriminator), nn.Dropout2d(0.25)),
    "pix2pix": (lambda game: game.generator.up[:3], nn.Dropout(0.5)),
}


def main(name, options, least_steps, least_seconds):
    """Make the steps and print what they took."""
    torch.manual_seed(0)
    common.Optimizer.update = usual_update
    sizes = {key: options[key] for key in inputs.SYSTEMS[name].sizes}
    game, arrays = make.SYSTEMS[name](torch.optim.Adam, **sizes), inputs.SYSTEMS[name].arrays
    add_dropout(name, game)
    noise = {key for key in arrays if key.startswith(("noise", "mixing"))}
    data = {key: draw(*arrays[key], options) for key in arrays.keys() - noise}
    seconds = []
    while len(seconds) < least_steps or sum(seconds) < least_seconds:
        began = time.perf_counter()
        losses = game.step(**data, **{key: draw(*arrays[key], options) for key in noise})
        for loss in losses.values():
            torch.as_tensor(loss).item()
        seconds.append(time.perf_counter() - began)
    print(json.dumps(seconds))


def draw(distribution, shape, options):
    """An array of a system at the recipe's sizes; `shape` is the one it has in the comparison."""
    count = options["batch_size"]
    if len(shape) == 2:
        shape = count, options.get("nz", shape[1])
    elif shape[-1] == 1:
        shape = count, 1, 1, 1
    else:
        side = options.get("image_size", shape[-1])
        shape = count, shape[1], side, side
    return DRAWS[distribution](shape)


def add_dropout(name, game):
    """Let modules of a system drop outputs as the recipe's do."""
    if name in DROPOUT:
        modules, dropout = DROPOUT[name]
        for module in modules(game):
            module.register_forward_hook(lambda module, taken, given: dropout(given))


def leaky(network):
    """The network's LeakyReLUs."""
    return [module for module in network.modules() if isinstance(module, nn.LeakyReLU)]


def usual_update(optimizer, loss):
    """Update as most loops do: with gradients of all that the loss depends on, needed or not."""
    optimizer.adam.zero_grad()
    loss.backward()
    optimizer.adam.step()


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
