"""What every objective shares: networks, their keys, and a step's random inputs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Optional

import mindspore as ms
import numpy as np
from mindspore import Parameter, Tensor, nn, ops

from ms_gan.in_turns import in_turns
from ms_gan.objectives import loss_scale
from ms_gan.objectives.accumulation import gradients_in_parts, in_parts
from ms_gan.objectives.optimizers import Adam, Rates, adam, own_state

if TYPE_CHECKING:
    from mindspore.amp import DynamicLossScaler

    from ms_gan.objectives.average import Average

Noise = tuple[Optional[np.ndarray], ...]
Step = Callable[..., tuple[Tensor, ...]]


class Objective(ABC):
    """Networks, their optimizers, and the compiled step that trains them.

    A subclass implements `noise` and `compile`. It is a plain class, since an optimizer that is a
    member of an `nn.Cell` renames the weights it is given.

    Attributes:
        names: the numbers that a step gives, of which the first two are the losses to watch.
        panels: the loss plot's panels: a title and the curves, {name of a number: label}.
        networks: {name: network}, the one that makes samples under "generator". The names become
          file names in run folders.
        optimizers: {name: optimizer} of all weights.
        generators: the names of the networks that make samples.
        average: the averages of these networks, where there are any; set before `train_step` is
          asked for.
        state: {name: Parameter}, further ones that training changes, which a subclass adds.
        means: the `Mean`s in the step, of numbers that all ranks have to agree on, likewise.
        parts: in how many a step's batch is computed, see `accumulation`; set as `average` is.
    """

    names: tuple[str, ...] = ("loss_g", "loss_d")
    panels: ClassVar[tuple[tuple[str, dict[str, str]], ...]] = (
        ("Losses in training", {"loss_g": "generator", "loss_d": "discriminator"}),
    )

    generators: ClassVar[tuple[str, ...]] = ("generator",)

    def __init__(self, networks: dict[str, nn.Cell], optimizers: dict[str, Adam]) -> None:
        self.networks = networks
        self.optimizers = optimizers
        self.average: Average | None = None
        self.state: dict[str, Parameter] = {}
        self.means: list[Mean] = []
        self.parts = 1
        for network in networks.values():
            # A new cell is in inference mode, and the compiled step keeps the mode it meets first.
            network.set_train()

    @abstractmethod
    def noise(self, rng: np.random.Generator, count: int) -> Noise:
        """Draw the random inputs of one step for `count` examples, from nothing but `rng`.

        Returns:
            Float32 arrays in the order in which the step takes them; None for the masks of a
              network without dropout.
        """

    def inputs(self, rng: np.random.Generator, count: int, step: int) -> Noise:
        """All that a step takes besides a batch: what `noise` draws, and what the number of the
        step, counted from 0, decides. An array in place of None is another compiled step.
        """
        return self.noise(rng, count)

    @abstractmethod
    def compile(self) -> Step:
        """Make the training step, a function under `ms.jit`.

        Returns:
            A function (*batch, *noise) -> scalars on the device in the order of `names`, then
              whatever else `report` needs. It updates every network.
        """

    @cached_property
    def train_step(self) -> Step:
        """What `compile` has made, once; it also moves the averages."""
        step = self.compile()
        return in_turns(step if self.average is None else self.average.following(step))

    def players(self) -> list[Callable[..., Tensor]]:
        """The networks as the step calls them: what they give is float32."""
        if self.scalers:
            return [_in_float32(network) for network in self.networks.values()]
        return list(self.networks.values())

    def gradient(
        self, loss: Callable[..., Any], optimizer: Adam, has_aux: bool = False
    ) -> Callable[..., Any]:
        """`ops.value_and_grad` of a loss for an optimizer's weights, as it takes them.

        Args:
            loss: of batch-first tensors, scalars and None; with `has_aux` it gives a tuple.
            optimizer: which may have a `scaler`.
            has_aux: whether the loss is followed by scalars or batch-first tensors.
        """
        weights, scaler = optimizer.parameters, optimizer.scaler
        if scaler is None:
            function = ops.value_and_grad(loss, None, weights, has_aux=has_aux)
        else:
            function = loss_scale.scaled_gradients(loss, weights, scaler, has_aux)
        return function if self.parts == 1 else gradients_in_parts(function, self.parts)

    def maker(self, generator: Callable[..., Tensor]) -> Callable[..., Tensor]:
        """A generator among the players that makes a batch outside of a gradient."""
        return generator if self.parts == 1 else in_parts(generator, self.parts)

    @property
    def scalers(self) -> dict[str, DynamicLossScaler]:
        """The optimizers' loss scales, where they have some: {name of the optimizer: scale}."""
        found = {name: optimizer.scaler for name, optimizer in self.optimizers.items()}
        return {name: scaler for name, scaler in found.items() if scaler is not None}

    def scale_losses(self) -> None:
        """Give each optimizer a loss scale of its own, for networks in float16; likewise."""
        for name, optimizer in self.optimizers.items():
            optimizer.scaler = loss_scale.loss_scaler(name)

    def results(self) -> dict[str, nn.Cell]:
        """The networks to be used, by the names of their files.

        Where there are averages, these are the generators, and the ones in training are beside
        them as "raw-generator" and the like.
        """
        if self.average is None:
            return self.networks
        raw = {f"raw-{name}": self.networks[name] for name in self.average.networks}
        return {**self.networks, **self.average.networks, **raw}

    def settle(self) -> None:
        """Make `results` ready to be used: averages get their statistics, see `Average.measure`."""
        if self.average is not None:
            self.average.measure()

    def parameters(self) -> dict[str, Parameter]:
        """Everything that training changes: weights, statistics, averages, optimizer, other state.

        The keys are "generator/net.0.weight" for a network, "average/generator/net.0.weight" for
        its average, "generator.optimizer/moment1.…" for its optimizer. Learning rates are left
        out: they follow from the options and the step, so that --allow-change can alter them.
        """
        found = {f"state/{name}": parameter for name, parameter in self.state.items()}
        for name, network in self.networks.items():
            for key, parameter in network.parameters_and_names():
                found[f"{name}/{key}"] = parameter
        for name, optimizer in self.optimizers.items():
            for parameter in own_state(optimizer):
                if not parameter.name.endswith("learning_rate"):
                    found[f"{name}.optimizer/{parameter.name}"] = parameter
        if self.average is not None:
            found.update(self.average.parameters())
        return {**found, **loss_scale.parameters(self.scalers)}

    def losses(self, outputs: tuple[Tensor, ...]) -> dict[str, float]:
        """The two losses of a step, fetched from the device."""
        return {name: float(output) for name, output in zip(self.names[:2], outputs)}

    def report(self, outputs: tuple[Tensor, ...]) -> dict[str, float]:
        """All numbers of a step, fetched from the device, and the loss scales after it."""
        numbers = {name: float(output) for name, output in zip(self.names, outputs)}
        for name, scaler in self.scalers.items():
            numbers[f"scale_{name}"] = float(scaler.scale_value.asnumpy())
        return numbers


class TwoPlayers(Objective):
    """One generator against one discriminator (or critic), each with its own Adam."""

    def __init__(self, generator: nn.Cell, discriminator: nn.Cell, rates: Rates) -> None:
        networks = named(generator=generator, discriminator=discriminator)
        optimizers = {
            "generator": adam("generator", [generator], rates.generator, rates),
            "discriminator": adam("discriminator", [discriminator], rates.discriminator, rates),
        }
        super().__init__(networks, optimizers)


class Mean(nn.Cell):
    """A number's mean over all ranks, which on one rank is the number itself.

    `ms_gan.distribution` sets `all_reduce`, which sums a number over the ranks, and `world_size`.
    """

    def __init__(self) -> None:
        super().__init__()
        self.all_reduce, self.world_size = None, 1

    def construct(self, number: Tensor) -> Tensor:
        return number if self.all_reduce is None else self.all_reduce(number) / self.world_size


def named(**networks: nn.Cell) -> dict[str, nn.Cell]:
    """{name: network}; their parameters' names, unique in a compiled step, then begin with it."""
    for name, network in networks.items():
        network.update_parameters_name(name + ".")
    return networks


def dropout_masks(rng: np.random.Generator, network: nn.Cell, *shape: int) -> np.ndarray | None:
    """Dropout masks for one pass of (count,) examples through a network, or (passes, count) ones.

    Returns:
        float32 (*shape, numbers an example), zeros and 1 / (1 - rate); None for a network without
          dropout, that is without the attribute `dropout = (rate, numbers an example)`.
    """
    if not hasattr(network, "dropout"):
        return None
    rate, size = network.dropout
    return (rng.random((*shape, size)) >= rate).astype(np.float32) / np.float32(1 - rate)


def each(masks: Tensor | None, passes: int) -> list[Tensor | None]:
    """The mask of each pass, from masks (passes, N, numbers an example)."""
    return [None] * passes if masks is None else [masks[index] for index in range(passes)]


def passed(network: Callable[..., Tensor], x: Tensor, mask: Tensor | None) -> Tensor:
    """What a network makes of x, with a dropout mask where there is one."""
    return network(x) if mask is None else network(x, mask)


def _in_float32(network: nn.Cell) -> Callable[..., Tensor]:
    def player(*inputs):
        return network(*inputs).astype(ms.float32)

    return player
