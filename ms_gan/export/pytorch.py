"""A state dict for the generator of PyTorch's DCGAN tutorial, whose layers are `main.0`, `main.1` …

https://docs.pytorch.org/tutorials/beginner/dcgan_faces_tutorial.html
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch
from mindspore import Parameter, nn

from ms_gan.errors import UsageError
from ms_gan.export.steps import Step, record
from ms_gan.parameters import snapshot

if TYPE_CHECKING:
    from ms_gan.export.formats import Trained

STAGE = [nn.Conv2dTranspose, nn.BatchNorm2d, nn.ReLU]
# PyTorch's names of what a layer has, in its order, and MindSpore's.
NAMES: dict[type | str, dict[str, str]] = {
    nn.Conv2dTranspose: {"weight": "weight"},
    nn.BatchNorm2d: {
        "weight": "gamma",
        "bias": "beta",
        "running_mean": "moving_mean",
        "running_var": "moving_variance",
    },
}
EPS = 1e-5  # of PyTorch's batch normalisation


def write(trained: Trained, path: Path) -> None:
    """Write a state dict by `torch.save`.

    Raises:
        UsageError: the generator is no such DCGAN.
    """
    values = snapshot(names(trained.network, tuple(trained.facts["input_shape"])))
    state = {}
    for name, value in values.items():
        state[name] = torch.from_numpy(value)
        if name.endswith("running_var"):  # behind it comes a count, which isn't computed with
            state[name.replace("running_var", "num_batches_tracked")] = torch.tensor(0)
    torch.save(state, path)


def names(network: nn.Cell, shape: tuple[int, ...]) -> dict[str, Parameter]:
    """A DCGAN's Parameters by the names that they have in the tutorial's generator.

    Args:
        network: of MindSpore's own layers.
        shape: of its input, without the batch's axis.

    Raises:
        UsageError: the network isn't the tutorial's, but for its sizes.
    """
    steps = record(network, shape)
    if not _is_dcgan(steps):
        parts = ", ".join(dict.fromkeys(step.name for step in steps))
        raise UsageError(
            "--format pytorch: for the DCGAN of PyTorch's tutorial, as faces and faces-plus have "
            f"it; this generator is of other layers or in another order ({parts}); choose onnx or "
            "safetensors"
        )
    return {
        f"main.{number}.{name}": getattr(step.what, attribute)
        for number, step in enumerate(steps[1:])
        for name, attribute in NAMES.get(step.kind, {}).items()
    }


def _is_dcgan(steps: list[Step]) -> bool:
    """Whether they are, one after the other, the tutorial's layers on latents made 1x1 images."""
    stages = (len(steps) - 3) // 3
    kinds = ["reshape", *stages * STAGE, nn.Conv2dTranspose, nn.Tanh]
    if [step.kind for step in steps] != kinds:
        return False
    if any(step.inputs != (number,) for number, step in enumerate(steps)):
        return False
    layers = [step for step in steps if step.kind is nn.Conv2dTranspose]
    # With 4x4 kernels, the sides tell stride and padding.
    sides = [step.shape[2:] for step in layers] == [
        (side, side) for side in (4 * 2**level for level in range(len(layers)))
    ]
    plain = all(step.what.weight.shape[2:] == (4, 4) and not step.what.has_bias for step in layers)
    norms = [step.what for step in steps if step.kind is nn.BatchNorm2d]
    return sides and plain and all(norm.eps == EPS for norm in norms)
