"""How outputs of convolutions come about: plain, depthwise, separable and transposed."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from math import fsum
from typing import Any, Final

import numpy as np

from service.convolution.channelwise import depthwise_geometry, read_pointwise
from service.convolution.errors import OperandError
from service.convolution.geometry import Array, Geometry
from service.convolution.operands import Operands, Tensors, read_operands
from service.convolution.padding import padded
from service.convolution.points import (
    Contribution,
    ConvolutionPoint,
    SeparablePoint,
    TransposedPoint,
)
from service.shapes import Layer

__all__ = ["convolution_points", "separable_points", "total", "transposed_points"]

Position = tuple[int, ...]
_ALL: Final[tuple[Any, ...]] = (slice(None),)


def convolution_points(
    layer: Layer,
    geometry: Geometry,
    tensors: Tensors,
    chosen: list[Position],
    channel: int,
    sample: int,
    results: Array,
) -> Iterator[ConvolutionPoint]:
    """Show outputs of one filter, ``results`` being all of them (of shape ``output``)."""
    operands = read_operands(layer, geometry, tensors)
    yield from _points(layer, geometry, operands, chosen, channel, sample, results)


def _points(
    layer: Layer,
    geometry: Geometry,
    operands: Operands,
    chosen: list[Position],
    channel: int,
    sample: int,
    results: Array | None,
) -> Iterator[ConvolutionPoint]:
    """Show outputs of one filter; without ``results`` they are the sums themselves."""
    dtype = _exact(operands)
    seen = _seen(geometry, channel)
    source = operands.data[sample : sample + 1, seen.start : seen.stop].astype(dtype)
    source = padded(source, geometry, mode=layer.padding_mode)[0]
    weights = operands.weight[channel].astype(dtype)
    bias = _bias(operands, channel)
    for position in chosen:
        window = source[_ALL + _cells_read(geometry, position)]
        products = window * weights + 0  # no −0.0 for a learner to puzzle over
        whole = total(products.ravel().tolist())
        yield ConvolutionPoint(
            position=list(position),
            channel=channel,
            corner=corner_of(geometry, position),
            input_channels=list(seen),
            window=window.tolist(),
            weights=weights.tolist(),
            products=products.tolist(),
            channel_sums=[total(part) for part in products.reshape(len(seen), -1).tolist()],
            sum=whole,
            bias=bias,
            result=whole + bias if results is None else results[position].item(),
        )


def separable_points(
    layer: Layer,
    geometry: Geometry,
    tensors: Tensors,
    chosen: list[Position],
    channel: int,
    sample: int,
    results: Array,
) -> Iterator[SeparablePoint]:
    """Show outputs of a separable convolution, each with all channels of its first half."""
    first = depthwise_geometry(layer, geometry)
    inner = replace(tensors, bias=tensors.depthwise_bias)
    operands = read_operands(layer, first, inner)
    mixing = read_pointwise(layer, tensors.pointwise_weight)[channel]
    whole = operands.result.kind == "i" and mixing.dtype.kind in "iu"
    weights = mixing.astype(np.int64 if whole else np.float64).tolist()
    bias = 0 if tensors.bias is None else tensors.bias[channel].item()
    by_channel = [
        list(_points(layer, first, operands, chosen, between, sample, None))
        for between in range(first.filters)
    ]
    for position, points in zip(chosen, zip(*by_channel, strict=True), strict=True):
        window = [point.result for point in points]
        products = [value * weight + 0 for value, weight in zip(window, weights, strict=True)]
        yield SeparablePoint(
            position=list(position),
            channel=channel,
            depthwise=list(points),
            window=window,
            weights=weights,
            products=products,
            sum=total(products),
            bias=bias,
            result=results[position].item(),
        )


def transposed_points(
    layer: Layer,
    geometry: Geometry,
    tensors: Tensors,
    chosen: list[Position],
    channel: int,
    sample: int,
    results: Array,
) -> Iterator[TransposedPoint]:
    """Show outputs of a transposed convolution: whose patches reach them, and by which tap."""
    operands = read_operands(layer, geometry, tensors)
    dtype = _exact(operands)
    seen = _seen(geometry, channel)
    cells = operands.data[sample, seen.start : seen.stop].astype(dtype)
    of_group = channel % (geometry.filters // geometry.groups)
    weights = operands.weight[seen.start : seen.stop, of_group].astype(dtype)
    for position in chosen:
        contributions = [
            _contribution(cells, weights, cell, tap) for cell, tap in _meeting(geometry, position)
        ]
        products = [value for part in contributions for value in part.products]
        yield TransposedPoint(
            position=list(position),
            channel=channel,
            input_channels=list(seen),
            contributions=contributions,
            sum=total(products),
            bias=_bias(operands, channel),
            result=results[position].item(),
        )


def _contribution(cells: Array, weights: Array, cell: Position, tap: Position) -> Contribution:
    values, kernel = cells[_ALL + cell], weights[_ALL + tap]
    products = (values * kernel + 0).tolist()
    return Contribution(
        cell=list(cell),
        tap=list(tap),
        values=values.tolist(),
        weights=kernel.tolist(),
        products=products,
        sum=total(products),
    )


def _meeting(geometry: Geometry, position: Position) -> Iterator[tuple[Position, Position]]:
    """Which input cells reach an output, and by which tap: p·s + t·d − crop is its place."""
    by_axis = []
    for at, size, kernel, step, spread, (before, _) in zip(
        position,
        geometry.size,
        geometry.kernel,
        geometry.stride,
        geometry.dilation,
        geometry.padding,
        strict=True,
    ):
        starts = [(at + before - tap * spread, tap) for tap in range(kernel)]
        by_axis.append(
            sorted(
                (start // step, tap)
                for start, tap in starts
                if start % step == 0 and 0 <= start < size * step
            )
        )
    for pairs in product(*by_axis):
        yield tuple(cell for cell, _ in pairs), tuple(tap for _, tap in pairs)


def _seen(geometry: Geometry, channel: int) -> range:
    """The input channels that a filter sees."""
    group = channel // (geometry.filters // geometry.groups)
    return range(group * geometry.group_channels, (group + 1) * geometry.group_channels)


def _exact(operands: Operands) -> np.dtype[Any]:
    """What to show the numbers in: integers as they are, floats as float64."""
    return np.dtype(np.int64 if operands.result.kind == "i" else np.float64)


def _bias(operands: Operands, channel: int) -> Any:
    return 0 if operands.bias is None else operands.bias[channel].astype(_exact(operands)).item()


def corner_of(geometry: Geometry, position: Position) -> list[int]:
    """The input cell that a window begins at; negative in the padding."""
    return [
        at * stride - before
        for at, stride, (before, _) in zip(position, geometry.stride, geometry.padding, strict=True)
    ]


def _cells_read(geometry: Geometry, position: Position) -> tuple[slice, ...]:
    """Return the slices of the padded input that one window covers."""
    return tuple(
        slice(at * stride, at * stride + (kernel - 1) * dilation + 1, dilation)
        for at, stride, kernel, dilation in zip(
            position, geometry.stride, geometry.kernel, geometry.dilation, strict=True
        )
    )


def total(values: list[Any]) -> Any:
    """Add up numbers: integers exactly, floats correctly rounded."""
    if not values or type(values[0]) is int:
        return sum(values)
    try:
        return fsum(values)
    except OverflowError:
        raise OperandError(
            "not_finite",
            "A partial sum leaves the range of float64.",
            hint="Use smaller numbers.",
        ) from None
