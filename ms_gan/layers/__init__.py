"""What a CPU, several ranks or float16 need of a network, as conversions of one made of
MindSpore's cells.

    for_cpu(network)                   convolutions by im2col on NHWC images
    synchronised(network, world_size)  batch normalisation over all ranks' batches
    spectral_normalised(network)       weights over their largest singular values
    mixed(network, level)              float16

Importing this doesn't import MindSpore.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ms_gan import runtime

if TYPE_CHECKING:
    from mindspore import nn

log = logging.getLogger(__name__)

CHOICES = ("auto", "mindspore", "im2col")
MIXED = ("O0", "O2", "O3", "auto")  # O0: all in float32


def for_cpu(network: nn.Cell) -> nn.Cell:
    """See `ms_gan.layers.convert.for_cpu`."""
    from ms_gan.layers import convert

    return convert.for_cpu(network)


def synchronised(network: nn.Cell, world_size: int) -> nn.Cell:
    """See `ms_gan.layers.convert.synchronised`."""
    from ms_gan.layers import convert

    return convert.synchronised(network, world_size)


def spectral_normalised(network: nn.Cell) -> nn.Cell:
    """See `ms_gan.layers.convert.spectral_normalised`."""
    from ms_gan.layers import convert

    return convert.spectral_normalised(network)


def mixed(network: nn.Cell, level: str) -> nn.Cell:
    """See `ms_gan.layers.precision.mixed`."""
    from ms_gan.layers import precision

    return precision.mixed(network, level)


def prepare(networks: Iterable[nn.Cell], choice: str, device: str, im2col_on_cpu: bool) -> str:
    """Convert networks in place as a choice and the device ask for, before anything is compiled.

    Args:
        networks: the networks.
        choice: one of `CHOICES`; "auto" is the faster on the device.
        device: what `runtime.start` returned.
        im2col_on_cpu: whether im2col is the faster for these networks on a CPU.

    Returns:
        "im2col" or "mindspore": what they use now.
    """
    used = choice
    if choice == "auto":
        used = "im2col" if device == "CPU" and im2col_on_cpu else "mindspore"
    if used == "mindspore" and device == "CPU" and not runtime.limit_isa():
        if choice == "auto":
            used = "im2col"  # not the best for these networks, but far from 100 times slower
        else:
            _warn_of_slow_convolutions()
    if used == "im2col":
        for network in networks:
            for_cpu(network)
    return used


@functools.lru_cache(None)
def _warn_of_slow_convolutions():
    log.warning(
        "MindSpore's own convolutions will be about 100 times too slow in this process, which has "
        "computed something already: start it anew with ONEDNN_MAX_CPU_ISA=AVX2 in its "
        "environment, use ms_gan before anything is computed, or choose --layers im2col"
    )
