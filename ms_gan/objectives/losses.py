"""Losses as free functions of a discriminator's logits."""

from mindspore import nn, ops

_bce_with_logits = nn.BCEWithLogitsLoss()


def binary_cross_entropy(logits, target):
    """Mean cross entropy of the probabilities sigmoid(logits) against one target in [0, 1] for all: a scalar >= 0.

    The same maths as a sigmoid followed by BCELoss, but finite, with a gradient, for any logit: that pair saturates
    beyond |logit| = 17 or so and stops learning.
    """
    return _bce_with_logits(logits, ops.ones_like(logits) * target)
