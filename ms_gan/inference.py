"""Networks in inference mode, layer by layer or compiled."""

import contextlib

import mindspore as ms

from ms_gan.parameters import assign, snapshot


def infer(network, *arrays, batch_statistics=False):
    """What a network makes of float32 arrays, as an array; the network is left in training mode.

    batch_statistics: whether batch normalisation uses the batch's own statistics instead of the
    running ones, which stay as they are.
    """
    network.set_train(batch_statistics)
    with unmoved(network) if batch_statistics else contextlib.nullcontext():
        output = network(*map(ms.Tensor, arrays)).asnumpy()
    network.set_train(True)
    return output


@contextlib.contextmanager
def unmoved(network):
    """Within the block a network in training mode may see images; its running statistics are
    afterwards as before.
    """
    statistics = {key: p for key, p in network.parameters_and_names() if not p.requires_grad}
    before = snapshot(statistics)
    try:
        yield
    finally:
        assign(statistics, before)


def compiled(network, batch_statistics=False):
    """A network as one compiled function of tensors, several times faster than layer by layer.

    It returns a tuple with one tensor: MindSpore computes that while Python goes on.
    """
    network.set_train(batch_statistics)

    @ms.jit
    def output(*inputs):
        return (network(*inputs),)

    return output
