"""What every objective shares: networks, optimizers, and the keys of all that training changes."""

from mindspore import nn


class Objective:
    """Networks and their optimizers, by the same names.

    A plain class, since an optimizer that is a member of an `nn.Cell` renames the weights it is given.
    """

    def __init__(self, networks, optimizers):
        self.networks = networks
        self.optimizers = optimizers
        for network in networks.values():
            network.set_train()  # a new cell is in inference mode, and the compiled step keeps the mode it meets first

    def parameters(self):
        """Everything that training changes, as {key: Parameter}: weights, running statistics, optimizer state.

        The keys are "generator/net.0.weight" for a network, "generator.optimizer/moment1.…" for its optimizer.
        """
        found = {}
        for name, network in self.networks.items():
            found.update({f"{name}/{key}": parameter for key, parameter in network.parameters_and_names()})
        for name, optimizer in self.optimizers.items():
            found.update({f"{name}.optimizer/{parameter.name}": parameter for parameter in _own_state(optimizer)})
        return found


def adam(network, name, lr, beta1, beta2=0.999):
    """An `nn.Adam` for the network's weights whose parameters, and the network's, begin with `name`.

    Two optimizers in one compiled step need names of their own: MindSpore refuses a second "global_step".
    """
    network.update_parameters_name(name + ".")
    optimizer = nn.Adam(network.trainable_params(), lr, beta1, beta2)
    for parameter in _own_state(optimizer):
        parameter.name = f"{name}.{parameter.name}"
    return optimizer


def _own_state(optimizer):
    weights = {id(parameter) for parameter in optimizer.parameters}
    return [parameter for parameter in optimizer.get_parameters() if id(parameter) not in weights]
