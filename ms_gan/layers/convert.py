"""Conversions of networks made of MindSpore's own cells, in place.

Every Parameter stays the same object under the same key: checkpoints and optimizers don't notice,
whether they were made before or after. A compiled function does, so convert before compiling.
"""

from __future__ import annotations

from collections.abc import Callable

from mindspore import Tensor, nn

from ms_gan.layers import im2col, spectral_norm
from ms_gan.layers.batch_norm import BatchNorm2d, SynchronisedBatchNorm2d
from ms_gan.layers.upsample import Upsample

# Exact types are meant throughout: a subclass may do something else.
_NHWC = {
    nn.Conv2d: im2col.Conv2d,
    nn.Conv2dTranspose: im2col.Conv2dTranspose,
    nn.BatchNorm2d: BatchNorm2d,
    Upsample: im2col.Upsample,
    SynchronisedBatchNorm2d: SynchronisedBatchNorm2d,
    spectral_norm.Conv2d: spectral_norm.Im2colConv2d,
}
_SPECTRAL: dict[type, type[nn.Cell]] = {
    nn.Conv2d: spectral_norm.Conv2d,
    nn.Dense: spectral_norm.Dense,
}
_FAST = {nn.LeakyReLU: im2col.LeakyReLU, nn.ELU: im2col.ELU}
_ELEMENTWISE = (nn.ReLU, nn.ReLU6, nn.Tanh, nn.Sigmoid, nn.GELU, nn.SiLU, *_FAST)


def for_cpu(network: nn.Cell) -> nn.Cell:
    """Make a network of MindSpore's own cells fast on a CPU: see `im2col`.

    An `nn.SequentialCell` all of whose cells can be converted (convolutions, batch normalisation,
    `Upsample`, activations) works on NHWC images inside and transposes at its two ends. A cell that
    stands elsewhere transposes for itself. What isn't supported stays as it is.

    Args:
        network: any cell; it is changed in place.

    Returns:
        The network; another cell only where it is itself a single one that is converted.
    """
    if type(network) is nn.SequentialCell and _is_image_sequence(network):
        replace(network, lambda cell: _converted(cell, nchw=False))
        network.cell_list = [_Transpose(0, 2, 3, 1), *network.cell_list, _Transpose(0, 3, 1, 2)]
        return network
    converted = _converted(network, nchw=True)
    return replace(network, for_cpu) if converted is network else converted


def synchronised(network: nn.Cell, world_size: int) -> nn.Cell:
    """Make a network's batch normalisation use the statistics of all ranks' batches together.

    Args:
        network: any cell, before `for_cpu`; it is changed in place.
        world_size: the number of ranks.

    Returns:
        The network; another cell only where it is itself an `nn.BatchNorm2d`.

    Raises:
        ValueError: for a network that `for_cpu` has converted.
    """
    if type(network) is BatchNorm2d:
        raise ValueError("batch normalisation has to be synchronised before for_cpu converts it")
    if type(network) is nn.BatchNorm2d and BatchNorm2d.supports(network):
        return SynchronisedBatchNorm2d(network, True, world_size).set_train(network.training)
    return replace(network, lambda cell: synchronised(cell, world_size))


def spectral_normalised(network: nn.Cell) -> nn.Cell:
    """Divide the weights of a network's convolutions and dense layers by their spectral norms.

    Args:
        network: any cell, before `for_cpu`; it is changed in place. Its keys stay, and each layer
          has one more, "normalise.u", see `spectral_norm`.

    Returns:
        The network; another cell only where it is itself an `nn.Conv2d` or `nn.Dense`.

    Raises:
        ValueError: for a network that `for_cpu` has converted.
    """
    if type(network) is im2col.Conv2d:
        raise ValueError("convolutions have to be normalised before for_cpu converts them")
    if type(network) in _SPECTRAL:
        return _SPECTRAL[type(network)](network).set_train(network.training)
    if type(network) in (*_SPECTRAL.values(), spectral_norm.Im2colConv2d):
        return network
    return replace(network, spectral_normalised)


class _Transpose(nn.Cell):
    def __init__(self, *axes: int) -> None:
        super().__init__()
        self.axes = axes

    def construct(self, x: Tensor) -> Tensor:
        return x.transpose(*self.axes)


def _is_image_sequence(sequence):
    others = [cell for cell in sequence._cells.values() if not _is_convertible(cell)]
    return len(others) < len(sequence) and all(type(cell) in _ELEMENTWISE for cell in others)


def _is_convertible(cell):
    return type(cell) in _NHWC and _NHWC[type(cell)].supports(cell)


def _converted(cell, nchw):
    """What a single cell becomes, for images in either layout."""
    if type(cell) in _FAST:
        made = _FAST[type(cell)](cell)
    elif not _is_convertible(cell):
        return cell
    elif type(cell) is SynchronisedBatchNorm2d:
        made = SynchronisedBatchNorm2d(cell, nchw, cell.world_size)
    else:
        made = _NHWC[type(cell)](cell, nchw)
    return made.set_train(cell.training)


def replace(parent: nn.Cell, convert: Callable[[nn.Cell], nn.Cell]) -> nn.Cell:
    """Replace the cells directly within another; setting attributes would rename Parameters."""
    children = {name: cell for name, cell in parent._cells.items() if cell is not None}
    converted = {name: convert(cell) for name, cell in children.items()}
    if any(converted[name] is not cell for name, cell in children.items()):
        parent._cells.update(converted)
        if isinstance(parent, nn.SequentialCell):
            parent.cell_list = list(parent._cells.values())  # what it calls
    return parent
