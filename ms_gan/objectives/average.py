"""Exponential moving averages of generators' weights, whose images are better than the weights'.

Karras et al. 2018, arXiv:1710.10196; Yazici et al. 2019, arXiv:1806.04498.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import mindspore as ms
import numpy as np
from mindspore import Parameter, ParameterTuple, Tensor, nn, ops

from ms_gan.inference import compiled
from ms_gan.parameters import assign, snapshot
from ms_gan.runtime import quiet

if TYPE_CHECKING:
    from ms_gan.objectives.base import Step

PASSES = 32  # in which statistics are measured; with momentum 0.9, 3 % of what was before is left


class Average:
    """Generators that are the averages of the ones in training.

    After step t, counted from 0, each weight's average becomes d * average + (1 - d) * weight with
    d = min(decay, (1 + t) / (10 + t)), so that the first weights are soon forgotten.

    Batch normalisation's running statistics aren't averaged, as those of averaged weights are
    others. They are measured before the networks are used, see `measure`.

    Args:
        trained: {name: network in training}.
        networks: {name: another network of the same kind}, which becomes that one's average.
        decay: in [0, 1).

    Attributes:
        networks: the averages.
        inputs: {name: what its statistics are measured on, an array for each pass in turn}. A
          network that isn't named keeps the running statistics of the one in training.
    """

    def __init__(
        self, trained: Mapping[str, nn.Cell], networks: Mapping[str, nn.Cell], decay: float
    ) -> None:
        self.networks = networks
        self.inputs: Mapping[str, Sequence[np.ndarray]] = {}
        self._trained = {name: trained[name] for name in networks}
        self._decay = decay
        self._steps = Parameter(Tensor(0.0, ms.float32), name="average.steps", requires_grad=False)
        self._measured = True
        self._passes: dict[str, Step] = {}
        for name, network in networks.items():
            # MindSpore refuses a compiled step with two parameters of one name.
            network.update_parameters_name(f"average.{name}.")
            first = snapshot(dict(self._trained[name].parameters_and_names()))
            assign(dict(network.parameters_and_names()), first)

    def parameters(self) -> dict[str, Parameter]:
        """The averages, statistics and count: "average/generator/net.0.weight", "average/steps"."""
        found = {"average/steps": self._steps}
        for name, network in self.networks.items():
            for key, parameter in network.parameters_and_names():
                found[f"average/{name}/{key}"] = parameter
        return found

    def following(self, step: Step) -> Step:
        """A training step that also moves the averages, after all of its updates."""
        averages, weights = _weights(self.networks), _weights(self._trained)
        steps, limit = self._steps, self._decay

        @ms.jit
        def step_and_average(*inputs):
            outputs = step(*inputs)
            decay = ops.minimum((1 + steps) / (10 + steps), limit)
            for average, weight in zip(averages, weights):
                ops.assign(average, decay * average + (1 - decay) * weight)
            ops.assign(steps, steps + 1)
            return outputs

        def train_step(*inputs):
            self._measured = False
            return step_and_average(*inputs)

        return train_step

    def measure(self) -> None:
        """Give the averages their statistics, unless they have them since the last step.

        Beginning with those of the network in training, they are moved on by passes over `inputs`.
        """
        if self._measured:
            return
        for name, network in self.networks.items():
            statistics = _statistics(network)
            assign(statistics, snapshot(_statistics(self._trained[name])))
            if statistics and name in self.inputs:
                self._pass(name, network)
        self._measured = True

    def _pass(self, name: str, network: nn.Cell) -> None:
        if name not in self._passes:
            self._passes[name] = compiled(network, batch_statistics=True)
        batches = self.inputs[name]
        for number in range(PASSES):
            with quiet():  # MindSpore warns where it has compiled another generator before
                self._passes[name](Tensor(batches[number % len(batches)]))


def fitted(values: Mapping[str, np.ndarray], wanted: Collection[str]) -> dict[str, np.ndarray]:
    """A checkpoint's values for a run that goes on with averages, or without, unlike before.

    Args:
        values: {key: array}.
        wanted: the keys of the run's parameters.

    Returns:
        The values with as many averages as are wanted. New ones begin with the weights.
    """
    found = {key: value for key, value in values.items() if not key.startswith("average/")}
    first = {"average/steps": np.zeros((), np.float32)}
    first.update({f"average/{key}": value for key, value in found.items()})
    averages = {**first, **values}
    found.update({key: averages[key] for key in wanted if key in averages})
    return found


def _weights(networks: Mapping[str, nn.Cell]) -> ParameterTuple:
    return ParameterTuple(
        [weight for network in networks.values() for weight in network.trainable_params()]
    )


def _statistics(network: nn.Cell) -> dict[str, Parameter]:
    return {key: p for key, p in network.parameters_and_names() if not p.requires_grad}
