"""Convolutions in the textbook's words: plain, depthwise and separable."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Final, Literal

from service.shapes.dialects.checks import (
    check_fit,
    check_groups,
    check_not_empty,
    check_padding_mode,
    refuse_channels,
)
from service.shapes.dialects.numbers import given_name
from service.shapes.dialects.operation import Operation, Values
from service.shapes.dialects.pads import read_padding
from service.shapes.dialects.reading import (
    PADDING_MODES,
    read_choice,
    read_count,
    read_flag,
    read_layout,
    read_sizes,
)
from service.shapes.dialects.textbook import words
from service.shapes.dialects.textbook.words import LAYOUTS_BY_RANK, ONES
from service.shapes.layer import LAYOUTS, Layer, PaddingMode, make_layer

if TYPE_CHECKING:
    from service.shapes.parameters import Parameter

__all__ = ["operations"]

_CONV: Final = (
    words.KERNEL,
    words.FILTERS,
    words.OUT_CHANNELS,
    words.STRIDE,
    words.PADDING,
    words.DILATION,
    words.GROUPS,
    words.BIAS,
    words.PADDING_MODE,
    words.IN_CHANNELS,
)

_SEPARABLE: Final = (
    *_CONV[:3],
    words.DEPTH_MULTIPLIER,
    *(parameter for parameter in _CONV[3:] if parameter.name != "groups"),
)

_DEPTHWISE: Final = (_CONV[0], *_SEPARABLE[3:])


def _read_conv(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    letters = read_layout(operation, shape, layout)
    check_not_empty(shape, letters)
    filters_name = given_name(values, "out_channels", "filters")
    filters = read_count(values, filters_name, None)
    at, rank = LAYOUTS[letters], operation.rank
    if at.channel is None and filters is not None:
        letters, shape = letters + "C", (*shape, 1)
        at = LAYOUTS[letters]
    channels = 1 if at.channel is None else shape[at.channel]
    out_channels = 1 if filters is None else filters
    in_channels = read_count(values, "in_channels", None)
    if in_channels is not None and in_channels != channels:
        refuse_channels(in_channels, shape, letters)
    groups = read_count(values, "groups", 1)
    if groups != 1:
        check_groups(channels, out_channels, groups, filters_name)
    sizes = shape[at.start : at.start + rank]
    kernel_size = read_sizes(values, "kernel_size", rank, None)
    stride = read_sizes(values, "stride", rank, ONES[rank])
    dilation = read_sizes(values, "dilation", rank, ONES[rank])
    rule, padding = read_padding(values, sizes, kernel_size, stride, dilation)
    mode: PaddingMode = read_choice(values, "padding_mode", "zeros", PADDING_MODES)
    if mode != "zeros":
        check_padding_mode(mode, padding, sizes, values)
    check_fit(
        "kernel_larger_than_padded_input", sizes, kernel_size, stride, dilation, padding, values
    )
    return make_layer(
        "textbook",
        operation.name,
        "conv",
        rank,
        letters,
        shape,
        kernel_size,
        stride,
        dilation,
        padding,
        rule,
        mode,
        out_channels,
        groups,
        read_flag(values, "bias", default=True),
    )


def _read_channelwise(
    operation: Operation,
    shape: tuple[int, ...],
    values: Values,
    layout: str | None,
    *,
    kind: Literal["depthwise", "separable"],
) -> Layer:
    letters = read_layout(operation, shape, layout)
    check_not_empty(shape, letters)
    multiplier = read_count(values, "depth_multiplier", None)
    separable = kind == "separable"
    filters = None
    if separable:
        filters = read_count(values, given_name(values, "out_channels", "filters"), None)
    at, rank = LAYOUTS[letters], operation.rank
    if at.channel is None and (multiplier, filters) != (None, None):
        letters, shape = letters + "C", (*shape, 1)
        at = LAYOUTS[letters]
    channels = 1 if at.channel is None else shape[at.channel]
    multiplier = multiplier or 1
    in_channels = read_count(values, "in_channels", None)
    if in_channels is not None and in_channels != channels:
        refuse_channels(in_channels, shape, letters)
    sizes = shape[at.start : at.start + rank]
    kernel_size = read_sizes(values, "kernel_size", rank, None)
    stride = read_sizes(values, "stride", rank, ONES[rank])
    dilation = read_sizes(values, "dilation", rank, ONES[rank])
    rule, padding = read_padding(values, sizes, kernel_size, stride, dilation)
    mode: PaddingMode = read_choice(values, "padding_mode", "zeros", PADDING_MODES)
    check_padding_mode(mode, padding, sizes, values)
    check_fit(
        "kernel_larger_than_padded_input", sizes, kernel_size, stride, dilation, padding, values
    )
    return make_layer(
        "textbook",
        operation.name,
        kind,
        rank,
        letters,
        shape,
        kernel_size,
        stride,
        dilation,
        padding,
        rule,
        mode,
        out_channels=(filters or 1) if separable else channels * multiplier,
        groups=1 if separable else channels,
        bias=read_flag(values, "bias", default=True),
        depth_multiplier=multiplier,
    )


def operations() -> Iterator[Operation]:
    """Convolutions, by rank within each kind."""
    for rank, layouts in LAYOUTS_BY_RANK.items():
        yield Operation("textbook", f"conv{rank}d", rank, _CONV, layouts, _read_conv)
    for kind, parameters in _KINDS.items():
        for rank in (1, 2):
            yield Operation(
                "textbook",
                f"{kind}_conv{rank}d",
                rank,
                parameters,
                LAYOUTS_BY_RANK[rank],
                partial(_read_channelwise, kind=kind),
            )


_KINDS: Final[dict[Literal["depthwise", "separable"], tuple[Parameter, ...]]] = {
    "depthwise": _DEPTHWISE,
    "separable": _SEPARABLE,
}
