"""ONNX, which onnxruntime and many other programs run.

MindSpore's own exporter can't write several of the layers. Here each step of a network becomes one
node: `NODES` says which.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from mindspore import Parameter, nn, ops
from onnx import helper, numpy_helper

from ms_gan.errors import GanError
from ms_gan.export.steps import Step, record
from ms_gan.layers.upsample import Upsample

if TYPE_CHECKING:
    from ms_gan.export.formats import Trained

# Of 2020: programs read older files than their own, not newer ones.
OPSET, IR_VERSION = 13, 7
BATCH = "batch"  # the name of the first axis, which may have any size


@dataclass
class Node:
    """An ONNX operation that does a step.

    Attributes:
        operation: its name.
        constants: its inputs after the step's; None for one that is left out.
        attributes: its settings.
    """

    operation: str
    constants: list[Parameter | np.ndarray | None] = field(default_factory=list)
    attributes: dict[str, Any] = field(default_factory=dict)


def write(trained: Trained, path: Path) -> None:
    """Write an ONNX file for batches of any size.

    Raises:
        GanError: the network does something that isn't in `NODES`.
    """
    path.write_bytes(model(trained).SerializeToString())


def model(trained: Trained) -> onnx.ModelProto:
    """The network as an ONNX model, checked.

    Raises:
        GanError: the network does something that isn't in `NODES`.
    """
    facts, shape = trained.facts, tuple(trained.facts["input_shape"])
    steps = record(trained.network, shape)
    names = [facts["input"], *(f"step{n}" for n in range(1, len(steps))), facts["output"]]
    keys = {id(parameter): key for key, parameter in trained.network.parameters_and_names()}
    nodes, constants = [], {}
    for step, output in zip(steps, names[1:]):
        if step.kind not in NODES:
            raise GanError(f"--format onnx: {step.name} is no layer that it can write")
        node = NODES[step.kind](step)
        inputs = [names[number] for number in step.inputs]
        for number, constant in enumerate(node.constants):
            name = keys.get(id(constant), f"{output}.{number}")
            inputs.append("" if constant is None else name)
            if constant is not None:
                constants[name] = numpy_helper.from_array(_array(constant), name)
        attributes = node.attributes
        nodes.append(helper.make_node(node.operation, inputs, [output], name=output, **attributes))
    values = [_value(name, step.shape) for name, step in zip(names[1:], steps)]
    graph = helper.make_graph(
        nodes,
        facts["recipe"],
        [_value(names[0], (-1, *shape))],
        values[-1:],
        list(constants.values()),
        value_info=values[:-1],
    )
    made = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="ms_gan",
        producer_version=facts["ms_gan"],
    )
    helper.set_model_props(made, trained.texts(batch="any"))
    # Also that every node makes what MindSpore made in that place, by its shape.
    try:
        onnx.checker.check_model(made, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise GanError(f"--format onnx: can't write a layer as it is set: {error}") from None
    return made


def _weights(cell: nn.Cell) -> list[Parameter]:
    return [cell.weight, cell.bias] if cell.has_bias else [cell.weight]


def _dense(step: Step) -> Node:
    return Node("Gemm", _weights(step.what), {"transB": 1})


def _convolution(step: Step) -> Node:
    return Node("Conv", _weights(step.what), _window(step.what))


def _transposed_convolution(step: Step) -> Node:
    return Node("ConvTranspose", _weights(step.what), _window(step.what))


def _window(cell: nn.Cell) -> dict[str, Any]:
    if cell.pad_mode not in ("pad", "valid"):
        raise GanError(f'--format onnx: can\'t write a convolution of pad_mode "{cell.pad_mode}"')
    top, bottom, left, right = _several(cell.padding, 4)
    return {
        "strides": _several(cell.stride, 2),
        "pads": [top, left, bottom, right],
        "dilations": _several(cell.dilation, 2),
        "group": cell.group,
    }


def _several(number: int | tuple[int, ...], count: int) -> list[int]:
    return list(number) if isinstance(number, tuple) else count * [number]


def _normalisation(step: Step) -> Node:
    cell = step.what
    constants, attributes = [cell.gamma, cell.beta], {"epsilon": cell.eps}
    if cell.training:  # one image at a time: its own statistics are the batch's
        return Node("InstanceNormalization", constants, attributes)
    statistics = [cell.moving_mean, cell.moving_variance]
    return Node("BatchNormalization", constants + statistics, attributes)


def _upsampling(step: Step) -> Node:
    scales = np.array([1, 1, step.what.factor, step.what.factor], np.float32)
    attributes = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    return Node("Resize", [None, scales], {"mode": "nearest", **attributes})


NODES: dict[type | str, Callable[[Step], Node]] = {
    nn.Dense: _dense,
    nn.Conv2d: _convolution,
    nn.Conv2dTranspose: _transposed_convolution,
    nn.BatchNorm2d: _normalisation,
    nn.ReLU: lambda step: Node("Relu"),
    nn.LeakyReLU: lambda step: Node("LeakyRelu", [], {"alpha": float(step.what.alpha)}),
    nn.ELU: lambda step: Node("Elu"),  # MindSpore's alpha is always 1, as ONNX's is by default
    nn.Tanh: lambda step: Node("Tanh"),
    Upsample: _upsampling,
    ops.Concat: lambda step: Node("Concat", [], {"axis": step.what.axis}),
    "reshape": lambda step: Node("Reshape", [np.array(step.shape, np.int64)]),
    "scale": lambda step: Node("Mul", [np.array(step.factor, np.float32)]),
    "add": lambda step: Node("Add"),
}


def _array(constant: Parameter | np.ndarray) -> np.ndarray:
    return constant if isinstance(constant, np.ndarray) else constant.asnumpy()


def _value(name: str, shape: tuple[int, ...]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [BATCH, *shape[1:]])
