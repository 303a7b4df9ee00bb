"""A layer on real numbers as a picture: step by step, or its output as feature maps."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from service.api.heavy import take_turn
from service.api.problems import Problem
from service.convolution import RGB, UNIT, TransposedPoint, run, trace, write_sum
from service.figures import (
    MAX_FRAMES,
    Drawing,
    Maps,
    Numbers,
    animated_svg,
    draw_maps,
    draw_window,
    gif,
    level,
    png,
    svg,
    unfit,
)
from service.shapes import infer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from service.api.computed import Result
    from service.figures.scene import Rows
    from service.shapes import Inference, Layer

    Array = np.ndarray[Any, np.dtype[Any]]

__all__ = ["GIF", "as_gif", "as_svg", "grid_png", "still_png"]

GIF: Final = "image/gif"
_MOST_CELLS: Final = 256
"""So many products of one output may be written out."""
_MOST_MACS: Final = 20_000_000
"""So many multiplications there may be for what each step of a transposed convolution adds."""


def as_svg(result: Result) -> bytes:
    """The steps one after the other; one of them, if there is a trace."""
    frames = _frames(result)
    return (svg(frames[0]) if len(frames) == 1 else animated_svg(frames)).encode()


def as_gif(result: Result) -> bytes:
    """The same as a GIF."""
    return gif(_frames(result))


def still_png(result: Result) -> bytes:
    """The step of the first traced position, or the first there is."""
    return png(_frames(result, still=True)[0])


def grid_png(result: Result) -> bytes:
    """The input and the output as feature maps."""
    return png(_maps(result))


def _frames(result: Result, *, still: bool = False) -> list[Drawing]:
    """The steps to be drawn; the maps alone where there are more cells or steps than is drawn."""
    inference = infer(result.layer)
    step = _step(result, inference)
    if step is None and still:
        step = 0
    many = step is None and inference.positions > MAX_FRAMES
    take_turn()
    if result.picture is not None or many or unfit(inference):
        return [_maps(result)]
    steps = range(inference.positions) if step is None else [step]
    numbers = _numbers(result, inference, steps)
    return level([draw_window(inference, index, numbers) for index in steps])


def _step(result: Result, inference: Inference) -> int | None:
    """Which step makes the output traced first, row after row; None without a trace."""
    if not result.points:
        return None
    point = result.points[0]
    at, sizes = point.position, [axis.output for axis in inference.axes]
    if isinstance(point, TransposedPoint):
        # The last patch that reaches it; any if none does.
        at = point.contributions[-1].cell if point.contributions else [0] * len(sizes)
        sizes = [axis.input for axis in inference.axes]
    step = 0
    for index, size in zip(at, sizes, strict=True):
        step = step * size + index
    return step


def _numbers(result: Result, inference: Inference, steps: Sequence[int]) -> Numbers:
    """One channel and one map, those of the trace if there is one, and how each step adds up."""
    layer, job = inference.layer, result.job
    chosen = result.points[0].channel if result.points else 0
    maps = layer.out_channels or layer.in_channels
    channel = chosen * layer.groups // maps * (layer.in_channels // layer.groups)
    if layer.out_channels is None:
        channel = chosen
    outputs = inference.output_layout or ""
    source = _rows(_plane(job.input, layer.layout, channel))
    made = _rows(_plane(result.output, outputs, chosen))
    sums: dict[int, str] = {}
    partial: dict[int, Rows] = {}
    if layer.kind == "conv_transpose":
        if inference.macs * len(steps) <= _MOST_MACS:
            for step in steps:
                sofar = _added_up(result, inference, step)
                partial[step] = _rows(_plane(sofar, outputs, chosen))
    elif prod(inference.receptive_field) * _depth(layer) <= _MOST_CELLS:
        shape = [axis.output for axis in inference.axes]
        places = [[int(at) for at in np.unravel_index(step, shape)] for step in steps]
        others: dict[str, Any] = {"output": result.output, **job.others}
        points = trace(layer, job.input, job.weight, job.bias, places, chosen, **others)
        sums = {
            step: write_sum(point).replace("-", "−")
            for step, point in zip(steps, points, strict=True)
        }
    return Numbers(source, made, sums, partial, channel, chosen)


def _added_up(result: Result, inference: Inference, step: int) -> Array:
    """The output of a transposed convolution after a step: that of the cells until then."""
    layer, job = inference.layer, result.job
    sizes = iter(layer.spatial)
    letters = _letters(job.input, layer.layout)
    places = np.arange(inference.positions).reshape(
        [1 if letter in "NC" else next(sizes) for letter in letters]
    )
    until = np.where(places <= step, job.input, 0)
    return run(layer, until, job.weight, job.bias, **job.others)


def _depth(layer: Layer) -> int:
    """How many channels one output sees."""
    return 1 if layer.kind.endswith("_pool") else layer.in_channels // layer.groups


def _letters(array: Array, letters: str) -> str:
    """The letters of an array's axes: a single channel may be left out."""
    return letters if array.ndim == len(letters) else letters.replace("C", "")


def _plane(array: Array, letters: str, channel: int) -> Array:
    """One channel of the first sample."""
    chosen = {"N": 0, "C": channel}
    index = [chosen.get(letter, slice(None)) for letter in _letters(array, letters)]
    plane: Array = array[tuple(index)]
    return plane


def _rows(plane: Array) -> Rows:
    return tuple(map(tuple, np.atleast_2d(plane).tolist()))


def _maps(result: Result) -> Drawing:
    """The input and the output, each with its channels beside one another."""
    if not result.output.size or not result.job.input.size:
        raise Problem("no_picture", f"The output has the shape {list(result.output.shape)}.")
    layer, picture = result.layer, result.picture
    given = _as_maps("input", result.job.input, layer.layout)
    made = _as_maps("output", result.output, infer(layer).output_layout)
    if picture is not None:
        whole = (0.0, 1.0 if picture.values == UNIT else 255.0)
        given = replace(given, colours="rgb" if picture.channels == RGB else "grey", span=whole)
        peak = float(np.abs(result.output.astype(np.float64)).max()) or 1.0
        made = replace(made, colours="grey", span=(-peak, peak) if result.signed else whole)
    return draw_maps([given, made], f"{layer.op}: the input, and the maps that come out")


def _as_maps(name: str, array: Array, letters: str | None) -> Maps:
    """A tensor as maps: those of the first sample, slice by slice where it has a depth."""
    title = f"{name} {' × '.join(map(str, array.shape)) or '1'}"
    if letters is None:
        return Maps(title, array.reshape(-1, 1, 1))
    letters = _letters(array, letters)
    if "N" in letters:
        title += ", the first sample" if len(array) > 1 else ""
        array, letters = array[0], letters[1:]
    channels = np.moveaxis(array, letters.index("C"), 0) if "C" in letters else array[np.newaxis]
    spatial = channels.shape[1:]
    if len(spatial) < 3:
        return Maps(title, channels.reshape(len(channels), *(1,) * (2 - len(spatial)), *spatial))
    names = [f"{channel}, {at}" for channel in range(len(channels)) for at in range(spatial[0])]
    return Maps(title, channels.reshape(-1, *spatial[1:]), names=tuple(names))
