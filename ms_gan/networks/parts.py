"""What several networks are put together from: layers with the initial weights that GANs are
usually given.
"""

from math import sqrt

from mindspore import nn
from mindspore.common.initializer import Normal, Uniform


def conv(
    layers,
    inputs,
    outputs,
    kernel=4,
    stride=2,
    padding=1,
    bias=False,
    weight=None,
    bias_init="zeros",
):
    """A convolution with N(0, 0.02) weights, or others by `weight`, an initialiser; by default it
    halves the side.
    """
    return layers.Conv2d(
        inputs,
        outputs,
        kernel,
        stride,
        "pad" if padding else "valid",
        padding,
        has_bias=bias,
        weight_init=weight or Normal(0.02),
        bias_init=bias_init,
    )


def deconv(layers, inputs, outputs, kernel=4, stride=2, padding=1, bias=False, weight=None):
    """A transposed convolution with N(0, 0.02) weights, or others by `weight`; by default it
    doubles the side.
    """
    return layers.Conv2dTranspose(
        inputs,
        outputs,
        kernel,
        stride,
        "pad" if padding else "valid",
        padding,
        has_bias=bias,
        weight_init=weight or Normal(0.02),
        bias_init="zeros",
    )


def norm(layers, channels, eps=1e-5):
    """Batch normalisation with N(1, 0.02) gamma."""
    return layers.BatchNorm2d(channels, eps=eps, gamma_init=Normal(0.02, 1.0))


def dense(inputs, outputs, weight=None, bias_init="zeros"):
    """A dense layer with N(0, 0.02) weights, or others by `weight`, and biases of zero or by
    `bias_init`.
    """
    return nn.Dense(inputs, outputs, weight_init=weight or Normal(0.02), bias_init=bias_init)


def by_fan_in(fan_in):
    """The initialiser that PyTorch gives weights and biases alike: uniform up to 1 / sqrt(fan_in)
    either way.
    """
    return Uniform(1 / sqrt(fan_in))


def dropped(x, keep, first, shape):
    """Dropout: (`x` times a part of a mask, where the mask's next part begins).

    keep: the mask, float32 (N, numbers a sample) of zeros and 1 / (1 - rate), in a tuple, or an
    empty tuple to drop nothing; first: where the part for `x` begins; shape: what the part becomes.
    MindSpore's own dropout can't be resumed: what it draws depends on how often it was called in
    this process.
    """
    if not keep:
        return x, first
    size = 1
    for side in shape[1:]:  # math.prod isn't known to compiled code
        size = size * side
    return x * keep[0][:, first : first + size].reshape(shape), first + size
