"""Transposed convolutions in the textbook's words.

Named padding is Keras' and JAX': `same` makes i·s pixels, `valid` i·s + max(k_e − s, 0). Where
output padding is given besides, Keras' other rule holds: `same` takes ⌊k_e/2⌋ away on each side.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from service.shapes.dialects.checks import check_groups, check_not_empty, refuse_channels
from service.shapes.dialects.numbers import given_name
from service.shapes.dialects.operation import Operation, Values
from service.shapes.dialects.pads import read_pads
from service.shapes.dialects.reading import (
    read_choice,
    read_count,
    read_flag,
    read_layout,
    read_sizes,
)
from service.shapes.dialects.textbook import words
from service.shapes.dialects.textbook.words import LAYOUTS_BY_RANK, ONES
from service.shapes.dialects.transposed import check_output_padding, check_transposed
from service.shapes.layer import LAYOUTS, Layer, PaddingRule, make_layer
from service.shapes.padding import Pads, crop, reach
from service.shapes.parameters import Parameter

__all__ = ["operations"]

_RULES: Final[tuple[PaddingRule, ...]] = ("valid", "same", "same_lower")

_TRANSPOSED: Final = (
    words.KERNEL,
    words.FILTERS,
    words.OUT_CHANNELS,
    words.STRIDE,
    Parameter(
        "padding",
        "padding",
        "valid",
        "`valid` (input · stride, and what the kernel is longer than the stride), `same` (input · "
        "stride), `same_lower` (an odd pixel is taken away before), or pixels taken away from the "
        "output: a number, one for each axis, or a pair [before, after] for each axis.",
        choices=_RULES,
        minimum=0,
        pairs=True,
    ),
    Parameter(
        "output_padding",
        "sizes",
        None,
        "Pixels more at the end of the output, fewer than stride or dilation; none if left out.",
        minimum=0,
    ),
    words.DILATION,
    words.GROUPS,
    words.BIAS,
    words.IN_CHANNELS,
)


def _read_transposed(
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
    in_channels = read_count(values, "in_channels", None)
    if in_channels is not None and in_channels != channels:
        refuse_channels(in_channels, shape, letters)
    groups = read_count(values, "groups", 1)
    check_groups(channels, filters or 1, groups, filters_name)
    sizes = shape[at.start : at.start + rank]
    kernel_size = read_sizes(values, "kernel_size", rank, None)
    stride = read_sizes(values, "stride", rank, ONES[rank])
    dilation = read_sizes(values, "dilation", rank, ONES[rank])
    asked = values.get("output_padding") is not None
    more = read_sizes(values, "output_padding", rank, (0,) * rank, 0)
    check_output_padding(more, stride, dilation, values)
    reaches = tuple(map(reach, kernel_size, dilation))
    rule, padding = _read_padding(values, rank)
    if rule != "explicit" and asked:
        padding = tuple([(0, 0) if rule == "valid" else (e // 2, e // 2) for e in reaches])
        rule = "explicit"
    elif rule != "explicit":
        padding, more = _resolve(rule, sizes, reaches, stride)
    check_transposed(sizes, kernel_size, stride, dilation, padding, more, values)
    return make_layer(
        "textbook",
        operation.name,
        "conv_transpose",
        rank,
        letters,
        shape,
        kernel_size,
        stride,
        dilation,
        padding,
        rule,
        out_channels=filters or 1,
        groups=groups,
        bias=read_flag(values, "bias", default=True),
        output_padding=more,
    )


def _read_padding(values: Values, rank: int) -> tuple[PaddingRule, Pads]:
    value = values.get("padding")
    if value is None or type(value) is str:
        return read_choice(values, "padding", "valid", _RULES), ()
    return "explicit", read_pads(values, "padding", rank)


def _resolve(
    rule: PaddingRule, sizes: tuple[int, ...], reaches: tuple[int, ...], stride: tuple[int, ...]
) -> tuple[Pads, tuple[int, ...]]:
    """Resolve a named rule into what is taken away along each axis, and what is added."""
    resolved = [
        crop(
            size,
            span,
            step,
            size * step + (max(span - step, 0) if rule == "valid" else 0),
            lower=rule == "same_lower",
        )
        for size, span, step in zip(sizes, reaches, stride, strict=True)
    ]
    return tuple([pads for pads, _ in resolved]), tuple([more for _, more in resolved])


def operations() -> Iterator[Operation]:
    """Transposed convolutions, by rank."""
    for rank, layouts in LAYOUTS_BY_RANK.items():
        name = f"conv_transpose{rank}d"
        yield Operation("textbook", name, rank, _TRANSPOSED, layouts, _read_transposed)
