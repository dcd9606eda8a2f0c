"""A run's discriminator: its convolutional layers, as the chain that they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from mindspore import Tensor, nn

from ms_gan import layers, runtime
from ms_gan.data.base import scaled
from ms_gan.errors import GanError
from ms_gan.explore.generators import image_sampler
from ms_gan.inference import compiled
from ms_gan.layers import spectral_norm
from ms_gan.load import recipe_of
from ms_gan.parameters import initialised
from ms_gan.runtime import quiet
from ms_gan.training import checkpoint

if TYPE_CHECKING:
    from ms_gan.recipes.base import Recipe

BATCH = 128  # images computed at a time
CONVOLUTIONS = (nn.Conv2d, spectral_norm.Conv2d)
ACTIVATIONS = (nn.LeakyReLU, nn.ReLU, nn.ELU)

Window = tuple[int, int, int]  # kernel, stride, padding


class Layers(nn.Cell):
    """The layers of a discriminator, each of convolutions up to an activation.

    All discriminators here are chains: what one cell gives the next one takes, in the order in
    which they were made. Dense layers, and a last convolution without activation, are left out.

    Args:
        discriminator: before `for_cpu`. Its cells are used, with their values; don't use it again.

    Attributes:
        windows: (kernel, stride, padding) of each layer.
    """

    def __init__(self, discriminator: nn.Cell) -> None:
        super().__init__()
        self.windows: list[Window] = []
        made, cells = [], []
        for cell in _chain(discriminator):
            cells.append(cell)
            if isinstance(cell, CONVOLUTIONS):
                window = _window(cell)
            if isinstance(cell, ACTIVATIONS):
                made.append(nn.SequentialCell(*cells))
                self.windows.append(window)
                cells = []
        self.layers = nn.CellList(made)

    def construct(self, images: Tensor) -> tuple[Tensor, ...]:
        outputs = ()
        for layer in self.layers:
            images = layer(images)
            outputs += (images,)  # type: ignore[assignment]
        return outputs


class Discriminator:
    """A discriminator's layers, ready to compute.

    Args:
        recipe: of a run.
        values: {key: array} of its discriminator, or None for a random one.
        where: what messages call them.
        device: what `runtime.start` has returned.

    Raises:
        GanError: the values aren't those of this recipe's discriminator, or it has no convolutions.
    """

    def __init__(
        self, recipe: Recipe, values: dict[str, np.ndarray] | None, where: str, device: str
    ) -> None:
        with initialised(0):
            network = recipe.objective(1).networks["discriminator"]
        if values is not None:
            checkpoint.restore(dict(network.parameters_and_names()), values, where)
        self.recipe = recipe
        first = next((p for _, p in network.parameters_and_names() if p.ndim == 4), None)
        if first is None:
            raise GanError(f"{where}: the discriminator of {recipe.name} has no convolutions")
        self.weight = first.asnumpy().copy()  # of the first layer, (outputs, channels, k, k)
        chain = Layers(network)
        self.windows = chain.windows
        layers.prepare([chain], "auto", device, recipe.im2col_on_cpu)
        self._compute = compiled(chain)

    def activations(self, pixels: np.ndarray) -> Iterator[tuple[np.ndarray, ...]]:
        """Yield what the layers make of images, uint8 (N, C, H, W), few at a time.

        Each is (n, channels, height, width), a layer in turn, in inference mode.
        """
        reach = self.recipe.sampler().data_range  # type: ignore[attr-defined]
        for start in range(0, len(pixels), BATCH):
            rows = pixels[start : start + BATCH]
            batch = np.zeros((BATCH, *rows.shape[1:]), np.uint8)  # one shape, compiled once
            batch[: len(rows)] = rows
            with quiet():
                outputs = self._compute(scaled(batch, reach))[0]
            yield tuple(output.asnumpy()[: len(rows)] for output in outputs)


def discriminators(path: Path, asked: dict[str, Any]) -> tuple[Discriminator, Discriminator, dict]:
    """The discriminator in a checkpoint, a random one of the same kind, and the run's split.

    Args:
        path: `discriminator.ckpt` of a run.
        asked: has `device` and `device_id`.

    Raises:
        GanError: it isn't the whole checkpoint of a discriminator with convolutions.
        UsageError: it isn't of a recipe that makes images from latent vectors.
    """
    if not path.is_file():
        raise GanError(
            f"{path}: no such file; give --discriminator FILE, discriminator.ckpt of a run folder"
        )
    device = runtime.start(asked["device"], asked["device_id"])
    values, meta = checkpoint.load(path, "discriminator")
    recipe = recipe_of(meta, path)
    image_sampler(recipe, f"--discriminator {path}")
    learnt = Discriminator(recipe, values, str(path), device)
    return learnt, Discriminator(recipe, None, str(path), device), meta.get("split", {})


def _chain(cell: nn.Cell) -> Iterator[nn.Cell]:
    """The convolutions, normalisations and activations within, up to a dense layer."""
    for child in cell.cells():
        if isinstance(child, (nn.Dense, spectral_norm.Dense)):
            return
        if isinstance(child, (*CONVOLUTIONS, *ACTIVATIONS, nn.BatchNorm2d)):
            yield child
        else:
            yield from _chain(child)


def _window(cell: nn.Cell) -> Window:
    conv = getattr(cell, "plain", cell)
    first = [np.ravel(numbers)[0] for numbers in (conv.kernel_size, conv.stride, conv.padding)]
    kernel, stride, padding = map(int, first)
    return kernel, stride, padding
