"""Named mistakes: what each wrong rule would give for a layer, and which ones gave an answer.

The rules stand in the order of :data:`CODES`, likeliest first: what is left out of the formula
(padding, the + 1, the stride) before what is put in wrongly, and that before another formula.
The order is a judgement, kept in one place; a diagnosis is a ranked list and not a verdict,
because different rules often give one number.

Adding the 1 before the division, or subtracting F where F − 1 belongs, gives either the right
number or that of a forgotten + 1, never one of its own: it is one entry with ``forgot_plus_one``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from service.shapes.errors import ParameterError, UnknownError
from service.shapes.layer import LAYOUTS, LETTER_NAMES
from service.shapes.wrong_rules import AXIS_CODES, explain, wrong_sizes

if TYPE_CHECKING:
    from service.shapes.infer import Axis, Inference

__all__ = ["CODES", "OUTPUT_SHAPE", "Mistake", "diagnose", "mistakes", "wrong_sizes"]

OUTPUT_SHAPE: Final = "output_shape"
"""The quantity that is a whole shape; the others are the names of the spatial axes."""

_KEPT_INPUT_DEPTH: Final = "kept_input_depth"
_MULTIPLIED_FILTERS: Final = "multiplied_filters_by_depth"
_AXIS_ORDER: Final = "axis_order"

CODES: Final[tuple[str, ...]] = (
    "forgot_padding",
    "other_padding_rule",
    "forgot_plus_one",
    "ignored_stride",
    "padding_once",
    "ceil_for_floor",
    _AXIS_ORDER,
    _KEPT_INPUT_DEPTH,
    "assumed_size_over_stride",
    "assumed_same",
    "ignored_dilation",
    "dilation_times_kernel",
    "kernel_minus_one_each_side",
    "ignored_ceil_mode",
    "window_in_padding",
    "kernel_not_subtracted",
    _MULTIPLIED_FILTERS,
    "transposed_formula",
)
"""Every mistake there is, likeliest first."""

_RANK: Final[dict[object, int]] = {code: rank for rank, code in enumerate(CODES)}


class Mistake(NamedTuple):
    """One wrong rule applied to one layer.

    ``would_give`` is a shape in the layer's layout, or a number where one axis was asked for.
    ``explanation`` is a sentence or two with the layer's numbers in them.
    """

    code: str
    explanation: str
    would_give: int | tuple[int, ...]


def mistakes(inference: Inference, quantity: str = OUTPUT_SHAPE) -> tuple[Mistake, ...]:
    """Every mistake that gives something else than the right answer, likeliest first.

    ``quantity`` is "output_shape" or the name of a spatial axis. Two mistakes may give the same.

    Raises:
        UnknownError: the layer has no such quantity.
    """
    if quantity == OUTPUT_SHAPE:
        wrong = [*_spatial(inference), *_channels(inference), *_order(inference)]
        return tuple(Mistake(*shape) for shape in sorted(wrong, key=_rank))
    layer, axis = inference.layer, _axis(inference, quantity)
    sizes = sorted(wrong_sizes(layer, axis).items(), key=_rank)
    return tuple(Mistake(code, explain(layer, axis, code, size), size) for code, size in sizes)


def diagnose(
    inference: Inference, answer: int | Sequence[int], quantity: str = OUTPUT_SHAPE
) -> tuple[Mistake, ...]:
    """The mistakes that may have given ``answer``, likeliest first; () for the right answer.

    For a shape, mistakes that give all of it come alone. Where none does, each wrong size is
    looked at by itself; the result then names what explains all of them together, or nothing.

    Raises:
        UnknownError: the layer has no such quantity.
        ParameterError: the answer has not as many sizes as the shape.
    """
    if quantity != OUTPUT_SHAPE:
        return tuple(m for m in mistakes(inference, quantity) if m.would_give == answer)
    given = (answer,) if isinstance(answer, int) else tuple(answer)
    right = inference.output_shape
    if len(given) != len(right):
        detail = f"The output shape has {len(right)} sizes, the answer has {len(given)}."
        raise ParameterError("len", detail, pointer="/answer")
    if given == right:
        return ()
    whole = tuple(mistake for mistake in mistakes(inference) if mistake.would_give == given)
    if whole:
        return whole
    if sorted(given) == sorted(right):
        return (Mistake(_AXIS_ORDER, _order_text(inference), given),)
    return _piecewise(inference, given)


class _WrongShape(NamedTuple):
    """A mistake about a whole shape, before it is anybody's answer."""

    code: str
    explanation: str
    shape: tuple[int, ...]


def _spatial(inference: Inference, given: Sequence[int] | None = None) -> Iterator[_WrongShape]:
    """Each axis rule applied to all spatial axes, or to those where it gives what was ``given``."""
    layer = inference.layer
    start = LAYOUTS[layer.layout].start
    wrong = [wrong_sizes(layer, axis) for axis in inference.axes]
    for code in AXIS_CODES:
        at = {
            index: sizes[code]
            for index, sizes in enumerate(wrong, start)
            if code in sizes and (given is None or given[index] == sizes[code])
        }
        if at:
            first = next(iter(at))
            text = explain(layer, inference.axes[first - start], code, at[first])
            yield _WrongShape(code, text, _replaced(inference.output_shape, at))


def _channels(inference: Inference) -> Iterator[_WrongShape]:
    """The wrong rules for how many maps come out of a convolution."""
    layer = inference.layer
    channel = LAYOUTS[layer.layout].channel
    if channel is None or layer.out_channels is None:
        return
    depth, filters = layer.in_channels, layer.out_channels
    if depth != filters:
        text = (
            f"{depth} is the depth of the input. A filter reads all of it and gives one map, "
            f"so the output is as deep as there are filters: {filters}."
        )
        shape = _replaced(inference.output_shape, {channel: depth})
        yield _WrongShape(_KEPT_INPUT_DEPTH, text, shape)
    if depth > 1:
        text = (
            f"{filters} × {depth} = {filters * depth} maps are too many: a filter sums over all "
            f"channels of its patch and gives one map, so the output is {filters} deep."
        )
        shape = _replaced(inference.output_shape, {channel: filters * depth})
        yield _WrongShape(_MULTIPLIED_FILTERS, text, shape)


def _order(inference: Inference) -> Iterator[_WrongShape]:
    """The right sizes with the channels at the other end."""
    layer = inference.layer
    place = LAYOUTS[layer.layout]
    if place.channel is None:
        return
    sizes = list(inference.output_shape)
    channels = sizes.pop(place.channel)
    sizes.insert(place.start if layer.channels_last else len(sizes), channels)
    if tuple(sizes) != inference.output_shape:
        yield _WrongShape(_AXIS_ORDER, _order_text(inference), tuple(sizes))


def _piecewise(inference: Inference, given: tuple[int, ...]) -> tuple[Mistake, ...]:
    """What explains each wrong size of ``given`` by itself, the widest explanation first."""
    right = inference.output_shape
    wrong = _different(given, right)
    pieces = [*_spatial(inference, given)]
    pieces += (
        piece
        for piece in _channels(inference)
        if all(piece.shape[index] == given[index] for index in _different(piece.shape, right))
    )
    if set().union(*(_different(piece.shape, right) for piece in pieces)) != wrong:
        return ()
    pieces.sort(key=lambda piece: (-len(_different(piece.shape, right)), _rank(piece)))
    return tuple(Mistake(*piece) for piece in pieces)


def _axis(inference: Inference, name: str) -> Axis:
    for axis in inference.axes:
        if axis.axis == name:
            return axis
    known = ", ".join((OUTPUT_SHAPE, *(axis.axis for axis in inference.axes)))
    raise UnknownError(
        "unknown_quantity",
        f"This layer has no quantity “{name}”.",
        pointer="/quantity",
        hint=f"One of: {known}.",
    )


def _order_text(inference: Inference) -> str:
    layout = inference.layer.layout
    order = " × ".join(LETTER_NAMES[letter] for letter in layout)
    return f"The sizes are right but stand in another order; asked for is {order} ({layout})."


def _different(one: Sequence[int], other: Sequence[int]) -> set[int]:
    return {index for index, (a, b) in enumerate(zip(one, other, strict=True)) if a != b}


def _replaced(shape: tuple[int, ...], sizes: Mapping[int, int]) -> tuple[int, ...]:
    return tuple(sizes.get(index, size) for index, size in enumerate(shape))


def _rank(mistake: tuple[object, ...]) -> int:
    return _RANK[mistake[0]]
