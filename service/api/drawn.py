"""A layer on real numbers as a picture: the window over them, moving, or one step of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from service.api.heavy import take_turn
from service.api.negotiation import SVG
from service.figures import Numbers, animated_svg, draw_window, film, gif, png, svg
from service.figures.window import MAX_CELLS
from service.shapes import infer

if TYPE_CHECKING:
    from service.api.computed import Result
    from service.figures import Drawing
    from service.shapes import Inference

    Array = np.ndarray[Any, np.dtype[Any]]

__all__ = ["GIF", "SVG", "as_gif", "as_svg", "still_png"]

GIF: Final = "image/gif"
_MOST_WHOLE: Final = 10_000_000


def as_svg(result: Result) -> bytes:
    """The window at every position; at the first traced one, if there is a trace."""
    frames = _frames(result)
    return (svg(frames[0]) if len(frames) == 1 else animated_svg(frames)).encode()


def as_gif(result: Result) -> bytes:
    """The same as a GIF."""
    return gif(_frames(result))


def still_png(result: Result) -> bytes:
    """The window at the first traced position, or at the first there is."""
    inference = infer(result.layer)
    return png(draw_window(inference, _step(result, inference) or 0, _numbers(result, inference)))


def _frames(result: Result) -> list[Drawing]:
    inference = infer(result.layer)
    step, numbers = _step(result, inference), _numbers(result, inference)
    if step is not None:
        return [draw_window(inference, step, numbers)]
    take_turn()
    return film(inference, numbers)


def _step(result: Result, inference: Inference) -> int | None:
    """Which output position was traced first, row after row; None without a trace."""
    if not result.points:
        return None
    step = 0
    for at, axis in zip(result.points[0].position, inference.axes, strict=True):
        step = step * axis.output + at
    return step


def _numbers(result: Result, inference: Inference) -> Numbers | None:
    """The first channel and the first map; none where a window sums over several channels."""
    layer = inference.layer
    summed = layer.kind == "conv" and layer.in_channels > 1
    if result.source is None or summed or layer.rank > 2:
        return None
    if any(max(axis.input, axis.output) > MAX_CELLS for axis in inference.axes):
        return None  # more than is drawn: refused there, and before a million texts are written
    letters = layer.layout
    return Numbers(_rows(result.source, letters), _rows(result.output, letters))


def _rows(array: Array, letters: str) -> tuple[tuple[str, ...], ...]:
    if array.ndim < len(letters):
        letters = letters.replace("C", "")  # a single channel may be left out
    plane = array[tuple(slice(None) if letter not in "NC" else 0 for letter in letters)]
    return tuple(tuple(map(_written, row)) for row in np.atleast_2d(plane).tolist())


def _written(value: float) -> str:
    """Whole numbers as they are, up to seven digits; of others four digits."""
    whole = abs(value) < _MOST_WHOLE and value == int(value)
    return (str(int(value)) if whole else f"{value:.4g}").replace("-", "−")
