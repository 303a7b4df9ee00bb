"""Depthwise convolution, and the pixelwise one that makes it a separable convolution."""

from dataclasses import replace

import numpy as np

from service.convolution.correlate import correlate
from service.convolution.errors import OperandError
from service.convolution.geometry import Array, Geometry
from service.convolution.operands import (
    Tensors,
    check_dtype,
    float_dtypes,
    reach_of,
    read_input,
    read_vector,
    read_weight,
    sizes,
    whole_dtypes,
)
from service.convolution.weights import pointwise_order, pointwise_shape
from service.shapes import Layer

__all__ = ["depthwise_geometry", "read_pointwise", "separate"]


def depthwise_geometry(layer: Layer, geometry: Geometry) -> Geometry:
    """The first half of a separable convolution: every channel by itself."""
    filters = geometry.channels * layer.depth_multiplier
    return replace(geometry, groups=geometry.channels, filters=filters)


def separate(layer: Layer, geometry: Geometry, tensors: Tensors) -> Array:
    """Run a separable convolution; ``(batch, filters, *output)``.

    A bias of the depthwise half (which Keras has not) is added before the channels are mixed.
    """
    first = depthwise_geometry(layer, geometry)
    weight = read_weight(layer, tensors.weight)
    mixing = read_pointwise(layer, tensors.pointwise_weight)
    data = read_input(layer, tensors.data)
    inner = read_vector(
        tensors.depthwise_bias, "depthwise_bias", first.filters, "depthwise channel"
    )
    outer = read_vector(tensors.bias, "bias", geometry.filters, "output channel")
    compute, result = float_dtypes(data, weight, mixing, inner, outer) or whole_dtypes(
        data,
        [(reach_of(layer, weight), inner), (np.abs(mixing.astype(np.float64)).sum(axis=1), outer)],
    )
    between = correlate(
        data.astype(compute, copy=False),
        weight.astype(compute, copy=False),
        first,
        mode=layer.padding_mode,
    )
    if inner is not None:
        between += inner.astype(compute).reshape(-1, *(1,) * geometry.rank)
    columns = between.reshape(geometry.batch, first.filters, -1)
    output: Array = np.matmul(mixing.astype(compute, copy=False), columns)
    if outer is not None:
        output += outer.astype(compute).reshape(-1, 1)
    output = output.reshape(geometry.batch, geometry.filters, *geometry.output)
    return output.astype(result, copy=False)


def read_pointwise(layer: Layer, weight: Array | None) -> Array:
    """View the second weight of a separable convolution as ``(filters, depthwise channels)``."""
    wanted = pointwise_shape(layer)
    if weight is None:
        raise OperandError(
            "weight_missing",
            f"{layer.op} needs a second weight, which mixes the channels of each pixel.",
            pointer="/pointwise_weight",
            hint=f"Give a pointwise_weight of {sizes(wanted)}.",
        )
    check_dtype(weight, "pointwise_weight", "/pointwise_weight")
    if weight.shape != wanted:
        raise OperandError(
            "weight_shape_mismatch",
            f"The pointwise_weight is {sizes(weight.shape)}, but this layer's is {sizes(wanted)}.",
            pointer="/pointwise_weight",
            hint=f"Give a pointwise_weight of {sizes(wanted)}.",
        )
    return pointwise_order(layer, weight)
