"""Mistakes about a whole shape: wrong rules along its axes, for its channels and their place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from service.shapes.layer import LAYOUTS, LETTER_NAMES
from service.shapes.wrong_rules import AXIS_CODES, explain, wrong_sizes

if TYPE_CHECKING:
    from service.shapes.infer import Inference

__all__ = [
    "AXIS_ORDER",
    "KEPT_INPUT_DEPTH",
    "MULTIPLIED_FILTERS",
    "SUMMED_CHANNELS",
    "WrongShape",
    "order_text",
    "wrong_channels",
    "wrong_length",
    "wrong_order",
    "wrong_spatial",
]

KEPT_INPUT_DEPTH: Final = "kept_input_depth"
MULTIPLIED_FILTERS: Final = "multiplied_filters_by_depth"
SUMMED_CHANNELS: Final = "summed_channels"
AXIS_ORDER: Final = "axis_order"


class WrongShape(NamedTuple):
    """A mistake about a whole shape, before it is anybody's answer."""

    code: str
    explanation: str
    shape: tuple[int, ...]


def wrong_spatial(inference: Inference, given: Sequence[int] | None = None) -> Iterator[WrongShape]:
    """Each axis rule applied to all spatial axes, or to those where it gives what was ``given``."""
    layer = inference.layer
    if len(inference.output_shape) != len(layer.layout):
        return
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
            yield WrongShape(code, text, _replaced(inference.output_shape, at))


def wrong_channels(inference: Inference) -> Iterator[WrongShape]:
    """Yield the wrong rules for how many maps come out of a convolution."""
    layer = inference.layer
    channel = LAYOUTS[layer.layout].channel
    if channel is None or layer.out_channels is None:
        return
    depth, filters = layer.in_channels, layer.out_channels
    if layer.kind == "depthwise":
        yield from _channelwise(inference, channel)
        return
    if layer.kind == "linear":
        if depth != filters:
            text = f"Every one of the {filters} neurons reads all {depth} numbers and gives one."
            shape = (*inference.output_shape[:-1], depth)
            yield WrongShape(KEPT_INPUT_DEPTH, text, shape)
        return
    if depth != filters:
        text = (
            f"{depth} is the depth of the input. A filter reads all of it and gives one map, "
            f"so the output is as deep as there are filters: {filters}."
        )
        shape = _replaced(inference.output_shape, {channel: depth})
        yield WrongShape(KEPT_INPUT_DEPTH, text, shape)
    if depth > 1:
        text = (
            f"{filters} × {depth} = {filters * depth} maps are too many: a filter sums over all "
            f"channels of its patch and gives one map, so the output is {filters} deep."
        )
        shape = _replaced(inference.output_shape, {channel: filters * depth})
        yield WrongShape(MULTIPLIED_FILTERS, text, shape)


def _channelwise(inference: Inference, channel: int) -> Iterator[WrongShape]:
    """Yield the wrong rules for how many maps come out of a depthwise convolution."""
    layer = inference.layer
    depth, each = layer.in_channels, layer.depth_multiplier
    for code, maps in ((KEPT_INPUT_DEPTH, depth), (SUMMED_CHANNELS, each)):
        if maps != depth * each:
            text = (
                f"Each of the {depth} channels gets {each} filters of its own, and each of those "
                f"gives a map: {depth} · {each} = {depth * each}."
            )
            yield WrongShape(code, text, _replaced(inference.output_shape, {channel: maps}))


def wrong_order(inference: Inference) -> Iterator[WrongShape]:
    """The right sizes with the channels at the other end."""
    layer = inference.layer
    place = LAYOUTS[layer.layout]
    if place.channel is None or len(inference.output_shape) != len(layer.layout):
        return
    sizes = list(inference.output_shape)
    channels = sizes.pop(place.channel)
    sizes.insert(place.start if layer.channels_last else len(sizes), channels)
    if tuple(sizes) != inference.output_shape:
        yield WrongShape(AXIS_ORDER, order_text(inference), tuple(sizes))


def wrong_length(inference: Inference) -> Iterator[WrongShape]:
    """Yield the shapes that still have the axes that a layer takes away."""
    layer = inference.layer
    if len(inference.output_shape) == len(layer.input_shape):
        return
    if layer.kind == "flatten":
        text = "Flattening puts all numbers into one row: multiply the sizes."
        yield WrongShape("not_flattened", text, layer.input_shape)
    else:
        start = LAYOUTS[layer.layout].start
        kept = dict.fromkeys(range(start, start + layer.rank), 1)
        text = "Of every map one number is left, and the axes that were pooled are dropped."
        yield WrongShape("kept_axes", text, _replaced(layer.input_shape, kept))


def order_text(inference: Inference) -> str:
    """Say that the sizes are right but stand in another order, and which is asked for."""
    layout = inference.layer.layout
    order = " × ".join(LETTER_NAMES[letter] for letter in layout)
    return f"The sizes are right but stand in another order; asked for is {order} ({layout})."


def _replaced(shape: tuple[int, ...], sizes: Mapping[int, int]) -> tuple[int, ...]:
    return tuple(sizes.get(index, size) for index, size in enumerate(shape))
