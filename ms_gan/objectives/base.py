"""What every objective shares: networks, optimizers, their keys, and the random inputs of a step."""

import numpy as np
from mindspore import nn


class Objective:
    """Networks and their optimizers, and further Parameters that training changes (`state`), each
    by name.

    means: the `Mean`s in `train_step`, of numbers that all workers have to agree on.

    A plain class, since an optimizer that is a member of an `nn.Cell` renames the weights it is
    given. A subclass sets `train_step`, whose outputs are scalars on the device in the order of
    `names`, then whatever else it needs.
    """

    names = ("loss_g", "loss_d")  # of the outputs; the first two are the losses to watch
    panels = (
        ("Losses in training", {"loss_g": "generator", "loss_d": "discriminator"}),
    )  # of the loss plot

    def __init__(self, networks, optimizers, state=None, means=()):
        self.networks = networks
        self.optimizers = optimizers
        self.state = state or {}
        self.means = means
        for network in networks.values():
            network.set_train()  # a new cell is in inference mode, and the compiled step keeps the mode it meets first

    def parameters(self):
        """Everything that training changes, as {key: Parameter}: weights, statistics, optimizer and
        other state.

        The keys are "generator/net.0.weight" for a network, "generator.optimizer/moment1.…" for its
        optimizer.
        """
        found = {f"state/{name}": parameter for name, parameter in self.state.items()}
        for name, network in self.networks.items():
            found.update(
                {f"{name}/{key}": parameter for key, parameter in network.parameters_and_names()}
            )
        for name, optimizer in self.optimizers.items():
            # A learning rate follows from the options and the step, so that --allow-change can
            # alter it.
            found.update(
                {
                    f"{name}.optimizer/{parameter.name}": parameter
                    for parameter in _own_state(optimizer)
                    if not parameter.name.endswith("learning_rate")
                }
            )
        return found

    def losses(self, outputs):
        """The two losses of a step, fetched from the device."""
        return {name: float(output) for name, output in zip(self.names[:2], outputs)}

    def report(self, outputs):
        """All numbers of a step, fetched from the device."""
        return {name: float(output) for name, output in zip(self.names, outputs)}


class TwoPlayers(Objective):
    """One generator against one discriminator (or critic), each with its own Adam; see `adam` for
    the rates.
    """

    def __init__(
        self, generator, discriminator, lr_g, lr_d, beta1, beta2=0.999, state=None, means=()
    ):
        super().__init__(
            named(generator=generator, discriminator=discriminator),
            {
                "generator": adam("generator", [generator], lr_g, beta1, beta2),
                "discriminator": adam("discriminator", [discriminator], lr_d, beta1, beta2),
            },
            state,
            means,
        )


class Adam(nn.Adam):
    """`nn.Adam` that, with several workers, first averages the gradients over them (see
    `ms_gan.distribution`).
    """

    def __init__(self, *args):
        super().__init__(*args)
        self.average = None

    def construct(self, gradients):
        if self.average is not None:
            gradients = self.average(gradients)
        return super().construct(gradients)


class Mean(nn.Cell):
    """A number's mean over all workers (see `ms_gan.distribution`), which with one worker is the
    number itself.
    """

    def __init__(self):
        super().__init__()
        self.total, self.workers = None, 1

    def construct(self, number):
        return number if self.total is None else self.total(number) / self.workers


def named(**networks):
    """{name: network}, each network's parameters renamed to begin with its name: a compiled step
    needs unique ones.
    """
    for name, network in networks.items():
        network.update_parameters_name(name + ".")
    return networks


def adam(name, networks, lr, beta1, beta2=0.999):
    """An `Adam` for the weights of several networks whose own parameters begin with `name`.

    lr: a number or an `nn.LearningRateSchedule`. Two optimizers in one compiled step need names of
    their own: MindSpore refuses a second "global_step".
    """
    optimizer = Adam(
        [weight for network in networks for weight in network.trainable_params()], lr, beta1, beta2
    )
    for parameter in _own_state(optimizer):
        parameter.name = f"{name}.{parameter.name}"
    return optimizer


def masks(rng, network, count, passes=1):
    """Dropout masks for some passes of `count` samples through a network: `passes` arrays (count,
    numbers a sample).

    They hold zeros and 1 / (1 - rate). No arrays for a network without dropout.
    """
    if not hasattr(network, "dropout"):
        return ()
    rate, size = network.dropout
    return tuple(
        (rng.random((count, size)) >= rate).astype(np.float32) / np.float32(1 - rate)
        for _ in range(passes)
    )


def _own_state(optimizer):
    weights = {id(parameter) for parameter in optimizer.parameters}
    return [parameter for parameter in optimizer.get_parameters() if id(parameter) not in weights]
