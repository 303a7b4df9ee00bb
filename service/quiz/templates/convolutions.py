"""Convolutions to ask about: drawn from a seed, and kept only where each mistake shows.

An answer tells which mistake was made only if no two mistakes give it. So an axis is drawn again
until every wrong rule gives a size of its own along it, none of them the right one. What is made
of a seed is fixed for ever: a change here, or in what a rule of ``TOLD_APART`` gives, is a new
version of each template that draws from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from service.shapes import Inference, infer, read_layer
from service.shapes.mistakes import wrong_sizes

if TYPE_CHECKING:
    from service.quiz.draw import Draw
    from service.quiz.kinds import Difficulty

__all__ = [
    "TOLD_APART",
    "Setting",
    "Way",
    "draw_axes",
    "draw_channels",
    "filter_in_words",
    "in_words",
    "infer_setting",
    "invited",
    "setting",
    "size_in_words",
]

Setting = dict[str, Any]
"""The body of a shapes request, in the textbook's words."""

_MEDIUM: Final = (
    ("explicit", 1),
    ("explicit", 2),
    ("explicit", 3),
    ("same", 2),
    ("same", 3),
    ("valid", 2),
    ("valid", 3),
)
"""Padding and stride. With stride 1, “same” padding would ask for nothing."""

_HARD: Final = (
    ("explicit", ((1, 3), (1, 4), (2, 4)), ((2, 1), (2, 4), (1, 3))),
    ("same", ((2, 2), (2, 3), (3, 2)), ((2, 1), (3, 1), (3, 2))),
    ("valid", ((1, 3), (1, 4)), ((2, 1), (1, 3))),
)
"""Padding, then (stride, dilation) along one axis and along the other.

Only these leave each mistake a number of its own: D·F in place of D(F − 1) + 1, for one, looks
like a lost + 1 unless D − 1 is above the stride.
"""

TOLD_APART: Final = (
    "forgot_padding",
    "other_padding_rule",
    "forgot_plus_one",
    "ignored_stride",
    "padding_once",
    "ceil_for_floor",
    "ignored_dilation",
    "dilation_times_kernel",
    "assumed_size_over_stride",
    "assumed_same",
    "kernel_minus_one_each_side",
    "kernel_not_subtracted",
    "transposed_formula",
)
"""The mistakes that an answer tells apart, likeliest first; one that is named later changes no
question."""

_NO_PARAMETER: Final = ("framework", "op", "input_shape")
_KERNEL_SIZES: Final = (2, 3, 3, 3, 4, 5, 5, 7, 9)
_PADDED_KERNEL_SIZES: Final = (5, 5, 5, 7, 7, 9)
_DEPTHS: Final = (1, 3, 4, 8, 16)
_FILTERS: Final = (4, 6, 8, 10, 12, 16, 20, 24, 32, 48, 64)
_SMALLEST_OUTPUT: Final = 3
_RULES: Final = {"same": "“same” padding", "valid": "no padding (“valid”)"}


class Way(NamedTuple):
    """What a filter does along one axis; ``padding`` is a rule's name or pixels on each side."""

    size: int
    kernel_size: int
    stride: int
    padding: str | int
    dilation: int
    output: int


def draw_axes(draw: Draw, difficulty: Difficulty) -> tuple[Way, Way]:
    """Height and width of a convolution of this difficulty.

    easy: square, stride 1, no padding. medium: square, with padding or a stride or both. hard:
    height and width differ in everything, dilation included.
    """
    if difficulty == "hard":
        return _draw_hard(draw)
    rule, stride = draw.pick(_MEDIUM) if difficulty == "medium" else ("valid", 1)
    way = _draw_way(draw, rule, stride, 1)
    return way, way


def draw_channels(draw: Draw, outputs: tuple[int, ...]) -> tuple[int, int]:
    """Depth of the input and number of filters, unlike each other and unlike the ``outputs``."""
    while True:
        depth, filters = draw.pick(_DEPTHS), draw.pick(_FILTERS)
        if filters != depth and filters not in outputs:
            return depth, filters


def setting(axes: tuple[Way, Way], depth: int | None, filters: int | None) -> Setting:
    """The shapes request for a convolution along ``axes``; None leaves the channels out."""
    height, width = axes
    request: Setting = {
        "op": "conv2d",
        "input_shape": [height.size, width.size],
        "kernel_size": _pair(height.kernel_size, width.kernel_size),
        "stride": _pair(height.stride, width.stride),
        "padding": _pair(height.padding, width.padding),
        "dilation": _pair(height.dilation, width.dilation),
    }
    if depth is not None and filters is not None:
        request["input_shape"].append(depth)
        request["filters"] = filters
    return request


def infer_setting(request: Setting) -> Inference:
    """What the shape engine makes of a request; raises ShapeError where it refuses it."""
    values = {name: value for name, value in request.items() if name not in _NO_PARAMETER}
    framework = request.get("framework", "textbook")
    return infer(read_layer(framework, request["op"], request["input_shape"], values))


def size_in_words(axes: tuple[Way, Way]) -> str:
    """Height × width of the input: "28×28"."""
    return "×".join(str(way.size) for way in axes)


def filter_in_words(axes: tuple[Way, Way]) -> str:
    """Height × width of the filter: "3×3"."""
    return "×".join(str(way.kernel_size) for way in axes)


def in_words(axes: tuple[Way, Way]) -> str:
    """How the filter moves: "stride 2, padding 1 on each side"."""
    height, width = axes
    parts = [f"stride {_times(height.stride, width.stride)}"]
    if isinstance(height.padding, str):
        parts.append(_RULES[height.padding])
    else:
        parts.append(f"padding {_times(height.padding, width.padding)} on each side")
    if (height.dilation, width.dilation) != (1, 1):
        parts.append(f"dilation {_times(height.dilation, width.dilation)}")
    words = ", ".join(parts)
    return f"{words} (pairs are height × width)" if height[1:5] != width[1:5] else words


def _draw_hard(draw: Draw) -> tuple[Way, Way]:
    rule, dilated, others = draw.pick(_HARD)
    one = _draw_way(draw, rule, *draw.pick(dilated))
    stride, dilation = draw.pick(others)
    while True:
        other = _draw_way(draw, rule, stride, dilation)
        if one.size != other.size and one.output != other.output:
            return (one, other) if draw.below(2) else (other, one)


def _draw_way(draw: Draw, rule: str, stride: int, dilation: int) -> Way:
    """One axis on which each mistake shows."""
    while True:
        size = draw.between(8 * dilation, 128)
        if rule == "explicit":
            kernel_size = draw.pick(_PADDED_KERNEL_SIZES)
            padding: str | int = draw.between(1, kernel_size - 1)
        else:
            kernel_size, padding = draw.pick(_KERNEL_SIZES), rule
        if dilation * kernel_size <= size:
            output = _telling_output(size, kernel_size, stride, padding, dilation)
            if output is not None:
                return Way(size, kernel_size, stride, padding, dilation, output)


def _telling_output(
    size: int, kernel_size: int, stride: int, padding: str | int, dilation: int
) -> int | None:
    """The output along one axis; None unless each mistake gives a number of its own."""
    values = {
        "kernel_size": kernel_size,
        "stride": stride,
        "padding": padding,
        "dilation": dilation,
    }
    inference = infer(read_layer("textbook", "conv1d", (size,), values))
    (axis,) = inference.axes
    wrong = {
        code: wrong_size
        for code, wrong_size in wrong_sizes(inference.layer, axis).items()
        if code in TOLD_APART
    }
    needed = invited(str(padding), stride, dilation)
    if len(set(wrong.values())) < len(wrong) or not needed <= wrong.keys():
        return None
    return None if axis.output in (*range(_SMALLEST_OUTPUT), size) else axis.output


def invited(padding: str, stride: int, dilation: int) -> set[str]:
    """The mistakes that parameters invite; none of them may lead to the right answer."""
    found = {"other_padding_rule"} if padding in ("same", "valid") else {"forgot_padding"}
    if padding != "same":
        found.add("forgot_plus_one")
        if dilation > 1:
            found |= {"ignored_dilation", "dilation_times_kernel"}
    if stride > 1:
        found.add("ignored_stride")
    return found


def _pair(height: int | str, width: int | str) -> int | str | list[int | str]:
    return height if height == width else [height, width]


def _times(height: int, width: int | str) -> str:
    return str(height) if height == width else f"{height}×{width}"
