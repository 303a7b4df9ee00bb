"""A layer on real numbers as a picture: step by step, or its output as feature maps."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from service.api.heavy import take_turn
from service.api.mapped import maps_of_picture, maps_of_tensor, span_of
from service.api.problems import Problem
from service.api.stepped import numbers_of
from service.convolution import TransposedPoint
from service.figures import (
    MAX_FRAMES,
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
    from service.api.computed import Result
    from service.figures import Drawing
    from service.shapes import Inference

__all__ = ["GIF", "as_gif", "as_svg", "grid_png", "still_png"]

GIF: Final = "image/gif"


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
    numbers = numbers_of(result, inference, steps)
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


def _maps(result: Result) -> Drawing:
    """The input and the output, each with its channels beside one another."""
    layer, picture, data = result.layer, result.picture, result.job.input
    if not result.output.size or not data.size:
        raise Problem("no_picture", f"The output has the shape {list(result.output.shape)}.")
    made = maps_of_tensor("output", result.output, infer(layer).output_layout)
    if picture is None:
        given = maps_of_tensor("input", data, layer.layout)
    else:
        given = maps_of_picture("input", picture)
        peak = float(np.abs(result.output.astype(np.float64)).max()) or 1.0
        span = (-peak, peak) if result.signed else span_of(picture)
        made = replace(made, colours="grey", span=span)
    return draw_maps([given, made], f"{layer.op}: the input, and the maps that come out")
