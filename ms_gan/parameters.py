"""Values of Parameters, taken and put back in the one way that a compiled step notices."""

import mindspore as ms
import numpy as np
from mindspore import ops


def snapshot(parameters):
    """The values of {key: Parameter} as arrays of their own."""
    return {key: np.array(parameter.asnumpy()) for key, parameter in parameters.items()}


def assign(parameters, values):
    """Set Parameters to arrays.

    By `ops.assign`, since a compiled step doesn't notice `set_data`.
    """
    for key, parameter in parameters.items():
        ops.assign(parameter, ms.Tensor(values[key], parameter.dtype))
