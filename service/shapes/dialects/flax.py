"""The dialect of flax: flax.linen's layers, channels last.

Held against flax 0.12. Its own names (``features``, ``kernel_dilation``, ``feature_group_count``,
``use_bias``, ``window_shape``) and those of the other dialects mean the same. ``input_dilation`` is
left to conv_transpose.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final, Literal

from service.shapes.dialects import functions
from service.shapes.dialects.checks import check_groups, refuse_channels
from service.shapes.dialects.lax import (
    LEAST_PAD,
    ONES,
    SAME_AND_VALID,
    WORDS,
    convolved,
    read_pads,
    read_transpose_kernel,
    transposed,
)
from service.shapes.dialects.named import check_sizes
from service.shapes.dialects.numbers import given_name
from service.shapes.dialects.operation import Operation, Values, by_name
from service.shapes.dialects.reading import (
    read_count,
    read_flag,
    read_layout,
    read_required_count,
    read_sizes,
)
from service.shapes.errors import ParameterError
from service.shapes.layer import LAYOUTS, Layer, PaddingMode, PaddingRule, make_layer
from service.shapes.padding import Pads, pad
from service.shapes.parameters import REQUIRED, Parameter

__all__ = ["OPERATIONS"]

_LAYOUTS: Final = {
    1: ("NLC", "LC", "NWC", "WC"),
    2: ("NHWC", "HWC"),
    3: ("NDHWC", "DHWC"),
}
_MODES: Final[dict[str, PaddingMode]] = {"CIRCULAR": "circular", "REFLECT": "reflect"}
_CONV_WORDS: Final[dict[str, PaddingRule]] = {
    **WORDS,
    "CAUSAL": "causal",
    "CIRCULAR": "explicit",
    "REFLECT": "explicit",
}

_KERNEL: Final = Parameter("kernel_size", "sizes", REQUIRED, "Size of the kernel, in pixels.")
_STRIDES: Final = Parameter("strides", "sizes", 1, "Pixels that the kernel moves each step.")
_COMMON: Final = (
    _KERNEL,
    Parameter(
        "features",
        "count",
        None,
        "Number of filters: channels of the output. Required under this name or as `out_channels`.",
    ),
    Parameter("out_channels", "count", None, "The same as `features`.", alias_of="features"),
    Parameter(
        "in_channels",
        "count",
        None,
        "Channels of the input. May be left out; when given, the input must have as many.",
    ),
    _STRIDES,
    Parameter("kernel_dilation", "sizes", 1, "Distance between neighbouring taps of the kernel."),
    Parameter(
        "dilations", "sizes", None, "The same as `kernel_dilation`.", alias_of="kernel_dilation"
    ),
    Parameter("use_bias", "flag", default=True, help="Whether every filter adds a learned number."),
    Parameter("bias", "flag", default=None, help="The same as `use_bias`.", alias_of="use_bias"),
)

_CONV: Final = (
    *_COMMON,
    Parameter(
        "padding",
        "padding",
        "SAME",
        "`SAME` (output is input / stride, rounded up), `SAME_LOWER` (an odd pixel goes before), "
        "`VALID` (none), `CIRCULAR` and `REFLECT` (as many as keep the size, taken from the "
        "input), `CAUSAL` (only before; 1-d), or pixels: a number, one for each axis, or a pair "
        "[before, after] for each axis; negative numbers crop.",
        choices=tuple(_CONV_WORDS),
        minimum=LEAST_PAD,
        pairs=True,
    ),
    Parameter("feature_group_count", "count", 1, "Groups of channels that do not see each other."),
    Parameter(
        "groups",
        "count",
        None,
        "The same as `feature_group_count`.",
        alias_of="feature_group_count",
    ),
)

_CONV_TRANSPOSE: Final = (
    *_COMMON,
    Parameter(
        "padding",
        "padding",
        "SAME",
        "`SAME` (output is input · stride), `VALID` (the kernel's overhang more), or pixels: a "
        "number, one for each axis, or a pair [before, after] for each axis, which pad the "
        "widened input: kernel − 1 crops nothing.",
        choices=tuple(SAME_AND_VALID),
        minimum=LEAST_PAD,
        pairs=True,
    ),
    Parameter(
        "transpose_kernel",
        "flag",
        default=False,
        help="Flip the kernel and swap its channel axes, as the gradient of a convolution does; "
        "changes no shape.",
    ),
)

_POOL: Final = (
    Parameter(
        "kernel_size",
        "sizes",
        None,
        "Size of the window, in pixels. Required under this name or as `window_shape`.",
    ),
    Parameter("window_shape", "sizes", None, "The same as `kernel_size`.", alias_of="kernel_size"),
    Parameter("strides", "sizes", 1, "Pixels that the window moves each step."),
    Parameter(
        "padding",
        "padding",
        "VALID",
        "`VALID` (none), `SAME` (output is input / stride, rounded up), `SAME_LOWER` (an odd pixel "
        "goes before), or a pair [before, after] for each axis; negative numbers crop.",
        choices=tuple(WORDS),
        minimum=LEAST_PAD,
        pairs=True,
    ),
)

_AVG_POOL: Final = (
    *_POOL,
    Parameter(
        "count_include_pad", "flag", default=True, help="Whether padding counts in the average."
    ),
)


def _read_channels(shape: tuple[int, ...], letters: str, values: Values, groups: int) -> int:
    check_sizes(shape, letters)
    channels = shape[-1]
    in_channels = read_count(values, "in_channels", None)
    name = given_name(values, "features", "out_channels")
    features = read_required_count(values, name)
    if in_channels is not None and in_channels != channels:
        refuse_channels(in_channels, shape, letters)
    if groups != 1:
        groups_name = given_name(values, "feature_group_count", "groups")
        check_groups(channels, features, groups, name, groups_name=groups_name)
    return features


def _read_conv(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    letters = read_layout(operation, shape, layout)
    rank, start = operation.rank, LAYOUTS[letters].start
    sizes = shape[start:-1]
    kernel_size = read_sizes(values, "kernel_size", rank, None, spread=False)
    stride = read_sizes(values, "strides", rank, ONES[rank], spread=False)
    name = given_name(values, "kernel_dilation", "dilations")
    dilation = read_sizes(values, name, rank, ONES[rank], spread=False)
    groups = read_count(values, given_name(values, "feature_group_count", "groups"), 1)
    features = _read_channels(shape, letters, values, groups)
    rule, mode, padding = _padded(values, sizes, kernel_size, stride, dilation)
    return make_layer(
        "flax",
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
        out_channels=features,
        groups=groups,
        bias=read_flag(values, given_name(values, "use_bias", "bias"), default=True),
    )


def _padded(
    values: Values,
    sizes: tuple[int, ...],
    kernel_size: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
) -> tuple[PaddingRule, PaddingMode, Pads]:
    """Read the padding of a convolution: what it is filled with, and how much of it there is."""
    rank = len(sizes)
    rule, pads = read_pads(values, rank, "SAME", _CONV_WORDS, numbers=True)
    if rule == "causal" and rank > 1:
        raise ParameterError(
            "causal_not_allowed",
            "Padding `CAUSAL` is for conv1d alone.",
            pointer="/padding",
            hint="`SAME`, or a pair [before, after] for each axis",
        )
    if rule == "explicit" and not pads:
        mode = _MODES[values["padding"].upper()]
        reaches = [d * (k - 1) + 1 for k, d in zip(kernel_size, dilation, strict=True)]
        return rule, mode, tuple([((reach - 1) // 2, reach // 2) for reach in reaches])
    return rule, "zeros", convolved(rule, pads, sizes, kernel_size, stride, dilation, values)


def _read_conv_transpose(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    letters = read_layout(operation, shape, layout)
    rank, start = operation.rank, LAYOUTS[letters].start
    sizes = shape[start:-1]
    kernel_size = read_sizes(values, "kernel_size", rank, None, spread=False)
    stride = read_sizes(values, "strides", rank, ONES[rank], spread=False)
    name = given_name(values, "kernel_dilation", "dilations")
    dilation = read_sizes(values, name, rank, ONES[rank], spread=False)
    rule, pads = read_pads(values, rank, "SAME", SAME_AND_VALID, numbers=True)
    features = _read_channels(shape, letters, values, 1)
    padding, more = transposed(rule, pads, sizes, kernel_size, stride, dilation, values)
    return make_layer(
        "flax",
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
        out_channels=features,
        bias=read_flag(values, given_name(values, "use_bias", "bias"), default=True),
        output_padding=more,
        details=read_transpose_kernel(values),
    )


def _read_pool(
    operation: Operation,
    shape: tuple[int, ...],
    values: Values,
    layout: str | None,
    *,
    kind: Literal["max_pool", "avg_pool"],
) -> Layer:
    letters = read_layout(operation, shape, layout)
    rank, start = operation.rank, LAYOUTS[letters].start
    name = given_name(values, "kernel_size", "window_shape")
    kernel_size = read_sizes(values, name, rank, None, spread=False)
    stride = read_sizes(values, "strides", rank, ONES[rank], spread=False)
    rule, pads = read_pads(values, rank, "VALID", WORDS)
    include = kind == "avg_pool" and read_flag(values, "count_include_pad", default=True)
    check_sizes(shape, letters)
    if rule != "explicit":
        pads = pad(rule, shape[start:-1], kernel_size, stride, ONES[rank])
    return make_layer(
        "flax",
        operation.name,
        kind,
        rank,
        letters,
        shape,
        kernel_size,
        stride,
        ONES[rank],
        pads,
        rule,
        count_include_pad=include,
    )


def _operations() -> Iterator[Operation]:
    for rank, layouts in _LAYOUTS.items():
        for name, parameters, reader in (
            ("conv", _CONV, _read_conv),
            ("conv_transpose", _CONV_TRANSPOSE, _read_conv_transpose),
            ("max_pool", _POOL, partial(_read_pool, kind="max_pool")),
            ("avg_pool", _AVG_POOL, partial(_read_pool, kind="avg_pool")),
        ):
            yield Operation("flax", f"{name}{rank}d", rank, parameters, layouts, reader)


OPERATIONS: Final = by_name(
    (*_operations(), *functions.layers(), *functions.operations("flax", _LAYOUTS))
)
"""What the dialect offers, by name."""
