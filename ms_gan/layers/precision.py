"""Networks in float16, whose Parameters stay the float32 ones that they are, under their keys.

MindSpore's own `amp.auto_mixed_precision` would put another name before each key.
"""

from __future__ import annotations

import mindspore as ms
from mindspore import Tensor, amp, nn

from ms_gan.layers.batch_norm import SynchronisedBatchNorm2d
from ms_gan.layers.convert import replace
from ms_gan.layers.spectral_norm import SpectralNorm

# They keep statistics of their own, which are float32.
_ALWAYS_FLOAT32 = (SynchronisedBatchNorm2d, SpectralNorm)


def mixed(network: nn.Cell, level: str) -> nn.Cell:
    """Make a network of MindSpore's own cells compute in float16.

    Args:
        network: any cell, not converted by `for_cpu`; it is changed in place.
        level: "O2": all but normalisation; "O3": all but the normalisation that is synchronised or
          of weights; "auto": each operation as `mindspore.amp.auto_mixed_precision` sees fit.

    Returns:
        The network. What it gives may be float16.
    """
    if level == "auto":
        _keep(network, _ALWAYS_FLOAT32)
        return amp.auto_mixed_precision(network, "auto")
    normalisation = tuple(amp.get_black_list()) if level == "O2" else ()
    network.to_float(ms.float16)
    return _keep(network, (*normalisation, *_ALWAYS_FLOAT32))


class _Float32(nn.Cell):
    """A cell that computes in float32 amid others in float16."""

    def __init__(self, cell: nn.Cell) -> None:
        super().__init__()
        for name, parameter in cell.parameters_and_names(expand=False):
            self.insert_param_to_cell(name, parameter)
        self.insert_child_to_cell("plain", cell.to_float(ms.float32))

    def construct(self, x: Tensor) -> Tensor:
        return self.plain(x).astype(ms.float16)


def _keep(cell: nn.Cell, kinds: tuple[type[nn.Cell], ...]) -> nn.Cell:
    if isinstance(cell, kinds):
        return _Float32(cell).set_train(cell.training)
    return replace(cell, lambda child: _keep(child, kinds))
