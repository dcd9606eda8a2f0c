"""R1, a penalty on the discriminator's gradients at real images.

Mescheder, Geiger & Nowozin 2018, arXiv:1801.04406. As in Karras et al. 2020, arXiv:1912.04958, it
is lazy: only every 16th step has it, 16 times as strong.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from mindspore import Tensor, ops

from ms_gan.objectives.base import passed

EVERY = 16


def weight_of(gamma: float, step: int) -> np.ndarray | None:
    """The penalty's weight in a step, counted from 0, or None where it has none."""
    if not gamma or step % EVERY:
        return None
    return np.array(gamma / 2 * EVERY, np.float32)


def judged(discriminator: Callable[..., Tensor]) -> Callable[..., tuple[Tensor, Tensor]]:
    """A function (real (N, C, H, W), dropout mask or None) -> the outputs (N,), the penalty.

    The penalty is the mean of the gradients' squared lengths, before its weight. For compiled steps
    only: in eager mode MindSpore's second-order gradients are wrong.
    """

    def outputs_of(images, mask):
        return passed(discriminator, images, mask)

    # Of outputs (N,), MindSpore differentiates the sum. As `has_aux` they would have no gradient.
    outputs_and_slopes = ops.value_and_grad(outputs_of, 0, None)

    def outputs_and_penalty(real, mask):
        outputs, slopes = outputs_and_slopes(real, mask)
        return outputs, (slopes * slopes).sum((1, 2, 3)).mean()

    return outputs_and_penalty
