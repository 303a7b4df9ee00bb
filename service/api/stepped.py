"""What stands in the cells of a layer's steps, and the sum of each: numbers of a request."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from service.api.mapped import letters_of
from service.convolution import TransposedPoint, run, trace, write_sum
from service.figures import Numbers
from service.figures.parts import factor, short

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.api.computed import Result
    from service.convolution import TracePoint
    from service.figures.scene import Rows
    from service.shapes import Inference, Layer

    Array = np.ndarray[Any, np.dtype[Any]]

__all__ = ["numbers_of"]

_MOST_CELLS: Final = 256
"""So many products of one output may be written out."""
_MOST_WEIGHTS: Final = 25
"""So many weights of a kernel may be written out for each patch."""
_MOST_MACS: Final = 20_000_000
"""So many multiplications there may be for what each step of a transposed convolution adds."""


def numbers_of(result: Result, inference: Inference, steps: Sequence[int]) -> Numbers:
    """One channel and one map, those of the trace if there is one, and how each step adds up."""
    layer, job = inference.layer, result.job
    chosen = result.points[0].channel if result.points else 0
    maps = layer.out_channels or layer.in_channels
    channel = chosen * layer.groups // maps * (layer.in_channels // layer.groups)
    if layer.out_channels is None:
        channel = chosen
    outputs, sample = inference.output_layout or "", _sample(result)
    sums, partial = _sums(result, inference, steps, chosen), {}
    if layer.kind == "conv_transpose" and inference.macs * len(steps) <= _MOST_MACS:
        for step in steps:
            until = _added_up(result, inference, step)
            partial[step] = _rows(_plane(until, outputs, sample, chosen))
    source = _rows(_plane(job.input, layer.layout, sample, channel))
    made = _rows(_plane(result.output, outputs, sample, chosen))
    return Numbers(source, made, sums, partial, channel, chosen)


def _sums(
    result: Result, inference: Inference, steps: Sequence[int], channel: int
) -> dict[int, str]:
    """How each step adds up, where that is short enough to be written."""
    layer, job = inference.layer, result.job
    transposed = layer.kind == "conv_transpose"
    if transposed and result.points:
        return dict.fromkeys(steps, _said(result.points[0]))
    if transposed:
        short_enough = _depth(layer) == 1 and prod(layer.kernel_size) <= _MOST_WEIGHTS
    else:
        short_enough = prod(inference.receptive_field) * _depth(layer) <= _MOST_CELLS
    if not short_enough:
        return {}
    shape = [axis.output for axis in inference.axes]
    positions = list(np.ndindex(*shape))
    if not transposed:
        positions = [positions[step] for step in steps]
    points = trace(
        layer,
        job.input,
        job.weight,
        job.bias,
        positions,
        channel,
        sample=_sample(result),
        output=result.output,
        **job.others,
    )
    if transposed:
        return _patches(points, layer)
    return {step: _said(point) for step, point in zip(steps, points, strict=True)}


def _sample(result: Result) -> int:
    """Which of a batch is drawn: the one that is traced."""
    return result.job.trace.sample if result.job.trace else 0


def _said(point: TracePoint) -> str:
    """How an output came about, with the minus sign of the pictures."""
    return write_sum(point).replace("-", "−")


def _patches(points: list[TracePoint], layer: Layer) -> dict[int, str]:
    """The patch of each input cell, by its step: its number times the kernel.

    The weights are read off the outputs that they reach; one that is always cropped is a dash.
    """
    kernel: dict[tuple[int, ...], float] = {}
    values: dict[int, float] = {}
    for point in points:
        for part in point.contributions if isinstance(point, TransposedPoint) else ():
            kernel[tuple(part.tap)] = part.weights[0]
            values[int(np.ravel_multi_index(part.cell, layer.spatial))] = part.values[0]
    taps = np.ndindex(*layer.kernel_size)
    weights = [kernel.get(tap) for tap in taps]
    size = layer.kernel_size[-1]
    return {
        step: f"{factor(value)} · ({_by_rows(weights, 1, size)}) = "
        f"({_by_rows(weights, value, size)})"
        for step, value in values.items()
    }


def _by_rows(weights: list[float | None], times: float, size: int) -> str:
    """Weights times a number, row by row: 1, 2 / 3, 4."""
    texts = ["–" if weight is None else short(weight * times) for weight in weights]
    rows = [texts[start : start + size] for start in range(0, len(texts), size)]
    return " / ".join(", ".join(row) for row in rows)


def _added_up(result: Result, inference: Inference, step: int) -> Array:
    """The output of a transposed convolution after a step: that of the cells until then."""
    layer, job = inference.layer, result.job
    sizes = iter(layer.spatial)
    letters = letters_of(job.input, layer.layout)
    places = np.arange(inference.positions).reshape(
        [1 if letter in "NC" else next(sizes) for letter in letters]
    )
    until = np.where(places <= step, job.input, 0)
    return run(layer, until, job.weight, job.bias, **job.others)


def _depth(layer: Layer) -> int:
    """How many channels one output sees."""
    return 1 if layer.kind.endswith("_pool") else layer.in_channels // layer.groups


def _plane(array: Array, letters: str, sample: int, channel: int) -> Array:
    """One channel of one sample."""
    chosen = {"N": sample, "C": channel}
    index = [chosen.get(letter, slice(None)) for letter in letters_of(array, letters)]
    plane: Array = array[tuple(index)]
    return plane


def _rows(plane: Array) -> Rows:
    return tuple(map(tuple, np.atleast_2d(plane).tolist()))
