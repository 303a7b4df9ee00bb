"""The depth of the output, and what a layer costs: weights, parameters, multiply-accumulates."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import TYPE_CHECKING, Final

from service.shapes.formulas import Step, step

if TYPE_CHECKING:
    from service.shapes.layer import Layer
    from service.shapes.results import Inference

__all__ = ["cost_steps", "depth_steps"]


def depth_steps(layer: Layer) -> Iterator[Step]:
    """Derive how many channels come out."""
    depth = layer.in_channels
    if layer.out_channels is None:
        pools = layer.kind.endswith("pool")
        yield step(
            "channels",
            "channels",
            "Every channel is pooled by itself: the depth stays."
            if pools
            else "The same happens in every channel: the depth stays.",
            "<c>",
            {"c": depth, "channels": depth},
        )
        return
    seen = depth * layer.depth_multiplier
    numbers = {
        "c": depth,
        "m": layer.depth_multiplier,
        "q": seen,
        "f": layer.out_channels,
        "channels": layer.out_channels,
    }
    if layer.kind in ("depthwise", "separable"):
        yield step(
            "channels",
            "channels" if layer.kind == "depthwise" else "q",
            "Every channel has filters of its own, each of which makes one feature map.",
            "<c>·<m>",
            numbers,
        )
    if layer.kind != "depthwise":
        yield step(
            "channels",
            "channels",
            "Every filter makes one feature map: the depth is the number of filters.",
            "<f>",
            numbers,
        )


_FREE: Final = {
    "zero_padding": "Padding learns nothing.",
    "pad": "Padding learns nothing.",
    "col2im": "Putting blocks back learns nothing.",
    "cropping": "Cropping learns nothing.",
    "center_crop_like": "Cropping learns nothing.",
    "upsampling": "Upsampling learns nothing.",
    "flatten": "Flattening learns nothing.",
    "activation": "An activation learns nothing.",
    "dropout": "Dropout learns nothing.",
    "add": "Adding learns nothing.",
    "concat": "Concatenating learns nothing.",
}
_UNCOUNTED: Final = {
    "batch_norm": "Normalising counts 0.",
    "activation": "Activations count 0.",
    "add": "Adding counts 0.",
}


def cost_steps(inference: Inference) -> Iterator[Step]:
    """Derive the weights, parameters and multiply-accumulates of the whole layer."""
    layer = inference.layer
    if layer.kind == "linear":
        yield from _linear(inference)
    elif layer.kind == "batch_norm":
        yield from _normalisation(inference)
    elif layer.out_channels is not None and layer.kind not in _FREE:
        yield from _filters(inference)
    else:
        nothing = {"params": 0, "macs": 0}
        pools = layer.kind.endswith("pool")
        learns = "A pool learns nothing." if pools else _FREE[layer.kind]
        counts = "Comparing and averaging count 0." if pools else "Moving numbers counts 0."
        yield step(None, "params", learns, "0", nothing)
        yield step(None, "macs", _UNCOUNTED.get(layer.kind, counts), "0", nothing)


def _costs(inference: Inference) -> dict[str, int]:
    return {
        "batch": inference.layer.batch,
        "weights": inference.weights,
        "biases": inference.biases,
        "frozen": inference.layer.frozen,
        "params": inference.params,
        "macs": inference.macs,
    }


def _filters(inference: Inference) -> Iterator[Step]:
    """Derive the costs of a convolution of any kind."""
    layer = inference.layer
    numbers = _costs(inference) | {
        "c": layer.in_channels,
        "g": layer.groups,
        "f": layer.out_channels or 0,
        "m": layer.depth_multiplier,
        "q": layer.in_channels * layer.depth_multiplier,
    }
    for axis in inference.axes:
        numbers[f"k_{axis.axis}"] = axis.kernel_size
        numbers[f"i_{axis.axis}"] = axis.input
        numbers[f"o_{axis.axis}"] = axis.output
    kernel = "·".join(f"<k_{axis.axis}>" for axis in inference.axes)
    weights, rule = _weights(layer, kernel)
    yield step(None, "weights", rule, weights, numbers)
    yield step(None, "params", _biases(layer), "<weights> + <biases>", numbers)
    batch = "<batch>·" if layer.batch != 1 else ""
    side = "i" if layer.kind == "conv_transpose" else "o"
    positions = "·".join(f"<{side}_{axis.axis}>" for axis in inference.axes)
    where = "input pixel" if layer.kind == "conv_transpose" else "position"
    yield step(
        None,
        "macs",
        f"Every weight is used once at every {where}; adding a bias counts 0. FLOPs: twice it.",
        f"{batch}{positions}·<weights>",
        numbers,
    )


def _weights(layer: Layer, kernel: str) -> tuple[str, str]:
    if layer.kind == "depthwise":
        return (
            f"<c>·<m>·{kernel}",
            "Every filter has one weight for each pixel of its patch, in the one channel it sees.",
        )
    if layer.kind == "separable":
        return (
            f"<q>·{kernel} + <q>·<f>",
            "First filters that see one channel each, then filters of one pixel over all of them.",
        )
    return (
        f"{'<c>' if layer.groups == 1 else '(<c> / <g>)'}·<f>·{kernel}",
        "Every filter has one weight for each pixel of its patch, in each channel that it sees.",
    )


def _biases(layer: Layer) -> str:
    if not layer.bias:
        return "No biases."
    if layer.kind != "separable":
        return "One bias for each filter."
    if layer.depthwise_bias:
        return "One bias for each filter of both parts (two modules of PyTorch)."
    return "One bias for each filter of the second part (Keras)."


def _linear(inference: Inference) -> Iterator[Step]:
    layer = inference.layer
    numbers = _costs(inference) | {
        "features": inference.weights // (layer.out_channels or 1),
        "n_neurons": layer.out_channels or 1,
        "vectors": prod(inference.output_shape[:-1]),
    }
    rule = "Every neuron has one weight for each feature."
    yield step(None, "weights", rule, "<features>·<n_neurons>", numbers)
    rule = "One bias for each neuron." if layer.bias else "No biases."
    yield step(None, "params", rule, "<weights> + <biases>", numbers)
    vectors = "<vectors>·" if numbers["vectors"] != 1 else ""
    yield step(
        None,
        "macs",
        "Every weight is used once for every vector; adding a bias counts 0. FLOPs: twice it.",
        f"{vectors}<weights>",
        numbers,
    )


def _normalisation(inference: Inference) -> Iterator[Step]:
    layer = inference.layer
    numbers = _costs(inference) | {"c": layer.in_channels}
    if layer.scale:
        yield step(None, "weights", "One scale for each channel.", "<c>", numbers)
    rule = "And one bias for each channel." if layer.bias else "No biases."
    template = "<weights> + <biases>"
    if layer.frozen:
        rule += " Moving mean and variance are counted though nothing learns them (Keras)."
        template += " + <frozen>"
    elif layer.buffers:
        rule += " Running mean and variance are buffers, not parameters (PyTorch)."
    yield step(None, "params", rule, template, numbers)
    yield step(None, "macs", _UNCOUNTED["batch_norm"], "0", numbers)
