"""ONNX graphs of layers that move pixels, and of those that work along no spatial axis."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from service.shapes.layer import LAYOUTS
from service.shapes.snippets.onnx.graph import flat

if TYPE_CHECKING:
    from service.shapes.snippets.onnx.graph import Graph

__all__ = ["WRITERS"]

_MODES: Final = {
    "nearest": "nearest",
    "nearest-exact": "nearest",
    "linear": "linear",
    "bilinear": "linear",
    "trilinear": "linear",
    "bicubic": "cubic",
}
_ACTIVATIONS: Final = {"relu": "Relu", "tanh": "Tanh", "sigmoid": "Sigmoid"}


def _padding(graph: Graph) -> bool:
    layer = graph.layer
    graph.pad(layer.padding, _FILLS[layer.padding_mode], layer.details.fill)
    return True


_FILLS: Final = {
    "zeros": "constant",
    "reflect": "reflect",
    "replicate": "edge",
    "circular": "wrap",
}


def _cropping(graph: Graph) -> bool:
    graph.pad(tuple((-before, -after) for before, after in graph.layer.padding))
    return True


def _upsampling(graph: Graph) -> bool:
    layer = graph.layer
    if layer.interpolation not in _MODES:
        return False
    sizes = [*graph.shape[:2], *(axis.output for axis in graph.inference.axes)]
    options: dict[str, object] = {"mode": _MODES[layer.interpolation]}
    if layer.interpolation == "nearest":
        options |= {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    if layer.details.align_corners:
        options["coordinate_transformation_mode"] = "align_corners"
    target = graph.constant("sizes", sizes)
    graph.add("Resize", "x", "", "", target, **options)
    return True


def _col2im(graph: Graph) -> bool:
    layer = graph.layer
    image = graph.constant("image", list(layer.output_size))
    block = graph.constant("block", list(layer.kernel_size))
    ones = (1,) * len(layer.kernel_size)
    options: dict[str, object] = {}
    if layer.dilation != ones:
        options["dilations"] = layer.dilation
    if any(map(any, layer.padding)):
        options["pads"] = flat(layer.padding)
    if layer.stride != ones:
        options["strides"] = layer.stride
    graph.add("Col2Im", "x", image, block, **options)
    return True


def _gemm(graph: Graph) -> bool:
    layer, details = graph.layer, graph.layer.details
    options: dict[str, object] = {
        name: value
        for name, value, default in (
            ("alpha", float(details.alpha), 1.0),
            ("beta", float(details.beta), 1.0),
            ("transA", int(details.transpose_input), 0),
            ("transB", int(details.transpose_weight), 0),
        )
        if value != default
    }
    neurons = layer.out_channels or 1
    sizes = (graph.inference.weights // neurons, neurons)
    inputs = ["x", graph.random("w", sizes[:: -1 if details.transpose_weight else 1])]
    if layer.bias:
        inputs.append(graph.feed("b", (neurons,), f"np.zeros({neurons})"))
    graph.add("Gemm", *inputs, **options)
    return True


def _linear(graph: Graph) -> bool:
    layer = graph.layer
    if layer.op == "gemm":
        return _gemm(graph)
    neurons = layer.out_channels or 1
    graph.add("MatMul", "x", graph.random("w", (graph.shape[-1], neurons)))
    if layer.bias:
        graph.add("Add", graph.last, graph.feed("b", (neurons,), f"np.zeros({neurons})"))
    return True


def _flatten(graph: Graph) -> bool:
    shape = graph.constant("shape", list(graph.inference.output_shape))
    graph.add("Reshape", "x", shape)
    return True


def _batch_norm(graph: Graph) -> bool:
    layer = graph.layer
    if LAYOUTS[layer.layout].channel is None:
        return False
    channels = layer.in_channels
    fed = [
        graph.feed(name, (channels,), f"np.{start}({channels})")
        for name, start in (
            ("scale", "ones"),
            ("bias", "zeros"),
            ("mean", "zeros"),
            ("variance", "ones"),
        )
    ]
    graph.add("BatchNormalization", "x", *fed)
    return True


def _activation(graph: Graph) -> bool:
    layer = graph.layer
    if layer.axes:
        graph.add("Softmax", "x", axis=layer.axes[0])
    elif layer.op == "relu6":
        graph.add("Clip", "x", graph.constant("low", 0.0), graph.constant("high", 6.0))
    elif layer.op in _ACTIVATIONS:
        graph.add(_ACTIVATIONS[layer.op], "x")
    else:
        return False
    return True


def _dropout(graph: Graph) -> bool:
    if graph.layer.rate == 1:  # onnxruntime wants less
        return False
    graph.add("Dropout", "x", graph.constant("ratio", float(graph.layer.rate)))
    return True


def _add(graph: Graph) -> bool:
    graph.add("Sum", *_inputs(graph))
    return True


def _concat(graph: Graph) -> bool:
    graph.add("Concat", *_inputs(graph), axis=graph.layer.axes[0])
    return True


def _inputs(graph: Graph) -> list[str]:
    others = enumerate(graph.layer.other_shapes, start=2)
    return ["x", *(graph.random(f"x{at}", shape) for at, shape in others)]


WRITERS: Final[dict[str, Callable[[Graph], bool]]] = {
    "zero_padding": _padding,
    "pad": _padding,
    "col2im": _col2im,
    "cropping": _cropping,
    "center_crop_like": _cropping,
    "upsampling": _upsampling,
    "linear": _linear,
    "flatten": _flatten,
    "batch_norm": _batch_norm,
    "activation": _activation,
    "dropout": _dropout,
    "add": _add,
    "concat": _concat,
}
"""How to write each kind of these layers; False where ONNX has nothing like it."""
