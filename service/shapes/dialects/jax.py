"""The dialect of JAX: jax.lax's convolutions, without a bias, in any order of axes.

Held against jax 0.10. ``padding`` is VALID unless given, though lax has no default for it. The
kernel of conv_transpose is not flipped (lax's default ``transpose_kernel=False``).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

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
from service.shapes.dialects.operation import Operation, Values, by_name
from service.shapes.dialects.reading import (
    read_count,
    read_layout,
    read_required_count,
    read_sizes,
)
from service.shapes.layer import LAYOUTS, Layer, make_layer
from service.shapes.parameters import REQUIRED, Parameter

__all__ = ["OPERATIONS"]

_LAYOUTS: Final = {
    1: ("NCL", "NLC", "NCW", "NWC"),
    2: ("NCHW", "NHWC"),
    3: ("NCDHW", "NDHWC"),
}

_KERNEL: Final = Parameter("kernel_size", "sizes", REQUIRED, "Size of the kernel, in pixels.")
_STRIDES: Final = Parameter("strides", "sizes", 1, "Pixels that the kernel moves each step.")
_DILATIONS: Final = Parameter(
    "dilations", "sizes", 1, "Distance between neighbouring taps of the kernel (rhs_dilation)."
)
_CHANNELS: Final = (
    Parameter(
        "in_channels",
        "count",
        None,
        "Channels of the input. May be left out; when given, the input must have as many.",
    ),
    Parameter("out_channels", "count", REQUIRED, "Number of filters: channels of the output."),
)

_CONV: Final = (
    _KERNEL,
    *_CHANNELS,
    _STRIDES,
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
    _DILATIONS,
    Parameter(
        "groups",
        "count",
        1,
        "Groups of channels that do not see each other (feature_group_count).",
    ),
)

_CONV_TRANSPOSE: Final = (
    _KERNEL,
    *_CHANNELS,
    _STRIDES,
    Parameter(
        "padding",
        "padding",
        "VALID",
        "`SAME` (output is input · stride), `VALID` (the kernel's overhang more), or a pair "
        "[before, after] for each axis, which pads the widened input: kernel − 1 crops nothing.",
        choices=tuple(SAME_AND_VALID),
        minimum=LEAST_PAD,
        pairs=True,
    ),
    _DILATIONS,
    Parameter(
        "transpose_kernel",
        "flag",
        default=False,
        help="Flip the kernel and swap its channel axes, as the gradient of a convolution does; "
        "changes no shape.",
    ),
)


def _read_conv(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    letters = read_layout(operation, shape, layout)
    rank, start = operation.rank, LAYOUTS[letters].start
    sizes = shape[start : start + rank]
    kernel_size = read_sizes(values, "kernel_size", rank, None, spread=False)
    stride = read_sizes(values, "strides", rank, ONES[rank], spread=False)
    dilation = read_sizes(values, "dilations", rank, ONES[rank], spread=False)
    rule, pads = read_pads(values, rank, "VALID", WORDS)
    groups = read_count(values, "groups", 1)
    out_channels = _read_channels(shape, letters, values, groups)
    return make_layer(
        "jax",
        operation.name,
        "conv",
        rank,
        letters,
        shape,
        kernel_size,
        stride,
        dilation,
        convolved(rule, pads, sizes, kernel_size, stride, dilation, values),
        rule,
        out_channels=out_channels,
        groups=groups,
    )


def _read_channels(shape: tuple[int, ...], letters: str, values: Values, groups: int) -> int:
    check_sizes(shape, letters)
    channels = shape[letters.index("C")]
    in_channels = read_count(values, "in_channels", None)
    out_channels = read_required_count(values, "out_channels")
    if in_channels is not None and in_channels != channels:
        refuse_channels(in_channels, shape, letters)
    if groups != 1:
        check_groups(channels, out_channels, groups, "out_channels")
    return out_channels


def _read_conv_transpose(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    letters = read_layout(operation, shape, layout)
    rank, start = operation.rank, LAYOUTS[letters].start
    sizes = shape[start : start + rank]
    kernel_size = read_sizes(values, "kernel_size", rank, None, spread=False)
    stride = read_sizes(values, "strides", rank, ONES[rank], spread=False)
    dilation = read_sizes(values, "dilations", rank, ONES[rank], spread=False)
    rule, pads = read_pads(values, rank, "VALID", SAME_AND_VALID)
    out_channels = _read_channels(shape, letters, values, 1)
    padding, more = transposed(rule, pads, sizes, kernel_size, stride, dilation, values)
    return make_layer(
        "jax",
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
        out_channels=out_channels,
        output_padding=more,
        details=read_transpose_kernel(values),
    )


def _operations() -> Iterator[Operation]:
    for rank, layouts in _LAYOUTS.items():
        yield Operation("jax", f"conv{rank}d", rank, _CONV, layouts, _read_conv)
        yield Operation(
            "jax",
            f"conv_transpose{rank}d",
            rank,
            _CONV_TRANSPOSE,
            layouts,
            _read_conv_transpose,
        )


OPERATIONS: Final = by_name((*_operations(), *functions.operations("jax", _LAYOUTS)))
"""What the dialect offers, by name."""
