"""Losses as free functions of a discriminator's logits."""

from mindspore import ops

_softplus = ops.Softplus()  # log(1 + exp(x)), exact for any x


def binary_cross_entropy(logits, target):
    """Mean cross entropy of the probabilities sigmoid(logits) against one target in [0, 1] for all: a scalar >= 0.

    The same maths as a sigmoid followed by BCELoss, but finite, with a gradient, for any logit: that pair saturates
    beyond |logit| = 17 or so and stops learning. Written out, since the eager gradient of MindSpore's own
    BCEWithLogitsLoss divides by the batch size of its first call for ever after (2.7 to 2.10).
    """
    return (target * _softplus(-logits) + (1 - target) * _softplus(logits)).mean()
