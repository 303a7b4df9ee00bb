"""Layers that know of no spatial axes: what comes out of them, and what it costs."""

from __future__ import annotations

from math import prod
from typing import Final

from service.shapes.layer import LAYOUTS, Layer
from service.shapes.results import Inference

__all__ = ["INFER"]


def _linear(layer: Layer) -> Inference:
    """Infer a linear layer: every output looks at all features, which are the last axis."""
    *others, features = layer.input_shape[:: -1 if layer.details.transpose_input else 1]
    neurons = layer.out_channels or 1
    weights = features * neurons
    biases = neurons if layer.bias else 0
    vectors = prod(others)
    macs = vectors * weights
    batched = LAYOUTS[layer.layout].batch is not None
    return Inference(
        layer,
        (*others, neurons),
        (),
        weights + biases,
        weights,
        biases,
        macs,
        2 * macs,
        neurons,
        prod(others[1:]) if batched else vectors,
        (),
    )


def _flattened(layer: Layer) -> Inference:
    first, last = layer.axes
    shape = layer.input_shape
    return _free(layer, (*shape[:first], prod(shape[first : last + 1]), *shape[last + 1 :]))


def _normalised(layer: Layer) -> Inference:
    """Infer a batch normalisation: a scale and a bias for each channel; its products count 0."""
    channels = layer.in_channels
    weights = channels if layer.scale else 0
    biases = channels if layer.bias else 0
    return _free(layer, layer.input_shape, weights, biases, layer.frozen)


def _padded(layer: Layer) -> Inference:
    """Infer padding along any axes, the batch and the channels as well."""
    pads = zip(layer.input_shape, layer.padding, strict=True)
    return _free(layer, tuple([size + before + after for size, (before, after) in pads]))


def _imaged(layer: Layer) -> Inference:
    """Infer the image that columns of blocks are put back into."""
    return _free(layer, (layer.input_shape[0], layer.out_channels or 1, *layer.output_size))


def _unchanged(layer: Layer) -> Inference:
    return _free(layer, layer.input_shape)


def _concatenated(layer: Layer) -> Inference:
    (axis,) = layer.axes
    shape = list(layer.input_shape)
    shape[axis] += sum([other[axis] for other in layer.other_shapes])
    return _free(layer, tuple(shape))


def _free(
    layer: Layer, output_shape: tuple[int, ...], weights: int = 0, biases: int = 0, frozen: int = 0
) -> Inference:
    """Finish a layer that multiplies nothing by a weight of a patch."""
    return Inference(
        layer,
        output_shape,
        (),
        params=weights + biases + frozen,
        weights=weights,
        biases=biases,
        macs=0,
        flops=0,
        neurons_per_patch=None,
        positions=0,
        receptive_field=(),
    )


INFER: Final = {
    "linear": _linear,
    "flatten": _flattened,
    "batch_norm": _normalised,
    "pad": _padded,
    "col2im": _imaged,
    "activation": _unchanged,
    "dropout": _unchanged,
    "add": _unchanged,
    "concat": _concatenated,
}
"""How to infer each kind of these layers."""
