"""Networks in inference mode, layer by layer or compiled."""

import mindspore as ms

from ms_gan.parameters import assign, snapshot


def infer(network, *arrays, batch_statistics=False):
    """What a network makes of float32 arrays, as an array; the network is left in training mode.

    batch_statistics: whether batch normalisation uses the batch's own statistics instead of the running ones, which
    stay as they are.
    """
    statistics = {key: p for key, p in network.parameters_and_names() if batch_statistics and not p.requires_grad}
    before = snapshot(statistics)
    network.set_train(batch_statistics)
    output = network(*map(ms.Tensor, arrays)).asnumpy()
    assign(statistics, before)
    network.set_train(True)
    return output


def compiled(network, batch_statistics=False):
    """A network as one compiled function of tensors, several times faster than layer by layer.

    It returns a tuple with one tensor: MindSpore computes that while Python goes on.
    """
    network.set_train(batch_statistics)

    @ms.jit
    def output(*inputs):
        return (network(*inputs),)

    return output
