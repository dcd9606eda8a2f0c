"""Layers with the initial weights that GANs are usually given, and dropout by given masks."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Any

import numpy as np
from mindspore import Tensor, nn
from mindspore.common.initializer import Normal, Uniform


def conv(
    inputs: int, outputs: int, kernel: int = 4, stride: int = 2, padding: int = 1, **options: Any
) -> nn.Conv2d:
    """A convolution, by default one that halves the side.

    It has no bias, N(0, 0.02) weights and, with `has_bias=True`, biases of zero, unless `options`,
    which are those of `nn.Conv2d`, say otherwise.
    """
    return nn.Conv2d(inputs, outputs, kernel, stride, **_settings(padding, options))


def deconv(
    inputs: int, outputs: int, kernel: int = 4, stride: int = 2, padding: int = 1, **options: Any
) -> nn.Conv2dTranspose:
    """A transposed convolution, by default one that doubles the side; otherwise as `conv`."""
    return nn.Conv2dTranspose(inputs, outputs, kernel, stride, **_settings(padding, options))


def even_weight(inputs: int, outputs: int) -> Tensor:
    """A first N(0, 0.02) weight for a 4x4 `deconv` that starts without a checkerboard.

    Each number stands for 2x2 of the kernel, so the four output pixels that an input pixel becomes
    begin by the same weights (after Aitken et al. 2017, arXiv:1707.02937, for sub-pixel
    convolutions).
    """
    numbers = 0.02 * np.random.standard_normal((inputs, outputs, 2, 2))
    return Tensor(numbers.repeat(2, axis=2).repeat(2, axis=3).astype(np.float32))


def _settings(padding: int, options: dict[str, Any]) -> dict[str, Any]:
    padded = {"pad_mode": "pad" if padding else "valid", "padding": padding}
    return {**padded, "weight_init": Normal(0.02), "bias_init": "zeros", **options}


def norm(channels: int, eps: float = 1e-5) -> nn.BatchNorm2d:
    """Batch normalisation with N(1, 0.02) gamma."""
    return nn.BatchNorm2d(channels, eps=eps, gamma_init=Normal(0.02, 1.0))


def down(inputs: int, outputs: int, activation: nn.Cell, stride: int = 2) -> list[nn.Cell]:
    """A 4x4 `conv`, batch normalisation and an activation."""
    return [conv(inputs, outputs, 4, stride), norm(outputs), activation]


def up(inputs: int, outputs: int, **options: Any) -> list[nn.Cell]:
    """A `deconv` with these options, batch normalisation and a ReLU."""
    return [deconv(inputs, outputs, **options), norm(outputs), nn.ReLU()]


def dense(inputs: int, outputs: int, **options: Any) -> nn.Dense:
    """A dense layer with N(0, 0.02) weights and biases of zero, unless `options` say otherwise."""
    return nn.Dense(
        inputs, outputs, **{"weight_init": Normal(0.02), "bias_init": "zeros", **options}
    )


def dense_by_fan_in(inputs: int, outputs: int) -> nn.Dense:
    """A dense layer with PyTorch's first weights and biases, see `by_fan_in`."""
    initial = by_fan_in(inputs)
    return nn.Dense(inputs, outputs, weight_init=initial, bias_init=initial)


def by_fan_in(fan_in: int) -> Uniform:
    """PyTorch's initialiser of weights and biases: uniform up to 1 / sqrt(fan_in) either way."""
    return Uniform(1 / sqrt(fan_in))


def mask_parts(sizes: Sequence[int]) -> list[tuple[int, int]]:
    """Where in a dropout mask each layer's part begins and ends, from the parts' sizes."""
    ends = [sum(sizes[: index + 1]) for index in range(len(sizes))]
    return list(zip([0, *ends], ends))


def dropped(
    x: Tensor, mask: Tensor | None, part: tuple[int, int], shape: tuple[int, ...]
) -> Tensor:
    """Dropout by a mask that is drawn outside of the network.

    MindSpore's own can't be resumed: what it draws depends on how often it was called before.

    Args:
        x: what is dropped from, (N, ...).
        mask: float32 (N, numbers a sample) of zeros and 1 / (1 - rate); None drops nothing.
        part: where the mask's columns for `x` begin and end, see `mask_parts`.
        shape: the shape that these columns take, (N, ...).
    """
    return x if mask is None else x * mask[:, part[0] : part[1]].reshape(shape)
