"""Convolutions in PyTorch: Conv1d to Conv3d, ConvTranspose, and pairs of them.

Torch has no module of its own for depthwise and separable convolutions: they are a Conv with as
many groups as channels, and that followed by a Conv of one pixel, each with its own bias.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final, Literal, NamedTuple

from service.shapes.dialects.checks import (
    check_fit,
    check_groups,
    check_not_empty,
    check_padding_mode,
    refuse_channels,
)
from service.shapes.dialects.operation import Operation, Values
from service.shapes.dialects.pytorch import words
from service.shapes.dialects.pytorch.words import LAYOUTS_BY_RANK, ONES, RULES, ZEROS
from service.shapes.dialects.reading import (
    PADDING_MODES,
    both_sides,
    read_choice,
    read_count,
    read_flag,
    read_layout,
    read_required_count,
    read_sizes,
)
from service.shapes.dialects.transposed import check_output_padding, check_transposed
from service.shapes.errors import ParameterError
from service.shapes.layer import LAYOUTS, MAX_SIZE, Layer, PaddingMode, PaddingRule, make_layer
from service.shapes.padding import Pads, pad
from service.shapes.parameters import Parameter

__all__ = ["operations"]

_CONV: Final = (
    words.IN_CHANNELS,
    words.OUT_CHANNELS,
    words.KERNEL,
    words.STRIDE,
    words.PADDING,
    words.DILATION,
    words.GROUPS,
    words.BIAS,
    words.PADDING_MODE,
)

_DEPTHWISE: Final = (
    words.IN_CHANNELS,
    words.DEPTH_MULTIPLIER,
    *(parameter for parameter in _CONV[2:] if parameter.name != "groups"),
)

_SEPARABLE: Final = (words.IN_CHANNELS, words.OUT_CHANNELS, *_DEPTHWISE[1:])

_TRANSPOSED: Final = (
    *_CONV[:4],
    Parameter(
        "padding",
        "sizes",
        0,
        "Pixels taken away from both sides of the output: what a convolution back would add.",
        minimum=0,
    ),
    Parameter(
        "output_padding",
        "sizes",
        0,
        "Pixels more at the end of the output, fewer than stride or dilation.",
        minimum=0,
    ),
    words.DILATION,
    words.GROUPS,
    words.BIAS,
    Parameter(
        "padding_mode",
        "choice",
        "zeros",
        "What the padding is filled with; torch has only zeros here.",
        choices=("zeros",),
    ),
)


def _read_conv(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    letters = read_layout(operation, shape, layout)
    start, rank = LAYOUTS[letters].start, operation.rank
    sizes, channels = shape[start:], shape[start - 1]
    in_channels = read_count(values, "in_channels", None)
    out_channels = read_required_count(values, "out_channels")
    groups = read_count(values, "groups", 1)
    if groups != 1:
        check_groups(in_channels or channels, out_channels, groups, "out_channels")
    kernel_size = read_sizes(values, "kernel_size", rank, None, spread=False)
    rule, padding = _read_padding(values, rank)
    stride = read_sizes(values, "stride", rank, ONES[rank])
    dilation = read_sizes(values, "dilation", rank, ONES[rank])
    if rule != "explicit":
        padding = pad(rule, sizes, kernel_size, stride, dilation)
    mode: PaddingMode = read_choice(values, "padding_mode", "zeros", PADDING_MODES)
    bias = read_flag(values, "bias", default=True)
    if mode != "zeros":
        check_padding_mode(mode, padding, sizes, values)
    if in_channels is not None and in_channels != channels:
        refuse_channels(in_channels, shape, letters)
    check_fit(
        "kernel_larger_than_padded_input", sizes, kernel_size, stride, dilation, padding, values
    )
    check_not_empty(shape, letters, batch=0)
    return make_layer(
        "pytorch",
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
        bias,
    )


def _read_padding(values: Values, rank: int) -> tuple[PaddingRule, Pads]:
    """Read numbers or a word; what a word stands for is resolved once the strides are known."""
    value = values.get("padding")
    if type(value) is int and 0 <= value <= MAX_SIZE:
        return "explicit", ((value, value),) * rank
    if type(value) is not str:
        return "explicit", both_sides(read_sizes(values, "padding", rank, ZEROS[rank], 0))
    rule: PaddingRule = read_choice(values, "padding", "valid", RULES)
    if rule == "same":
        _refuse_strided_same(values)
    return rule, ()


def _refuse_strided_same(values: Values) -> None:
    stride = values.get("stride")
    steps = stride if isinstance(stride, list | tuple) else [stride]
    if all(type(step) is not int or step == 1 for step in steps):
        return
    raise ParameterError(
        "same_with_stride",
        f"PyTorch has no padding `same` with stride {'x'.join(map(str, steps))}.",
        pointer="/padding",
        hint="stride 1, or padding as numbers; framework `textbook` takes `same` with any stride",
    )


class _Window(NamedTuple):
    """What a convolution reads about its kernel and how it moves."""

    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: Pads
    rule: PaddingRule
    mode: PaddingMode


def _read_window(values: Values, sizes: tuple[int, ...]) -> _Window:
    rank = len(sizes)
    kernel_size = read_sizes(values, "kernel_size", rank, None, spread=False)
    rule, padding = _read_padding(values, rank)
    stride = read_sizes(values, "stride", rank, ONES[rank])
    dilation = read_sizes(values, "dilation", rank, ONES[rank])
    if rule != "explicit":
        padding = pad(rule, sizes, kernel_size, stride, dilation)
    mode: PaddingMode = read_choice(values, "padding_mode", "zeros", PADDING_MODES)
    check_padding_mode(mode, padding, sizes, values)
    return _Window(kernel_size, stride, dilation, padding, rule, mode)


def _read_channelwise(
    operation: Operation,
    shape: tuple[int, ...],
    values: Values,
    layout: str | None,
    *,
    kind: Literal["depthwise", "separable"],
) -> Layer:
    letters = read_layout(operation, shape, layout)
    start, rank = LAYOUTS[letters].start, operation.rank
    sizes, channels = shape[start:], shape[start - 1]
    in_channels = read_count(values, "in_channels", None)
    multiplier = read_count(values, "depth_multiplier", 1)
    separable = kind == "separable"
    filters = read_required_count(values, "out_channels") if separable else channels * multiplier
    window = _read_window(values, sizes)
    bias = read_flag(values, "bias", default=True)
    if in_channels is not None and in_channels != channels:
        refuse_channels(in_channels, shape, letters)
    check_fit("kernel_larger_than_padded_input", sizes, *window[:4], values)
    check_not_empty(shape, letters, batch=0)
    return make_layer(
        "pytorch",
        operation.name,
        kind,
        rank,
        letters,
        shape,
        *window,
        out_channels=filters,
        groups=1 if separable else channels,
        bias=bias,
        depth_multiplier=multiplier,
        depthwise_bias=bias and separable,
    )


def _read_transposed(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    letters = read_layout(operation, shape, layout)
    start, rank = LAYOUTS[letters].start, operation.rank
    sizes, channels = shape[start:], shape[start - 1]
    in_channels = read_count(values, "in_channels", None)
    out_channels = read_required_count(values, "out_channels")
    groups = read_count(values, "groups", 1)
    check_groups(in_channels or channels, out_channels, groups, "out_channels")
    kernel_size = read_sizes(values, "kernel_size", rank, None, spread=False)
    stride = read_sizes(values, "stride", rank, ONES[rank])
    padding = both_sides(read_sizes(values, "padding", rank, ZEROS[rank], 0))
    more = read_sizes(values, "output_padding", rank, ZEROS[rank], 0)
    dilation = read_sizes(values, "dilation", rank, ONES[rank])
    bias = read_flag(values, "bias", default=True)
    read_choice(values, "padding_mode", "zeros", ("zeros",))
    if in_channels is not None and in_channels != channels:
        refuse_channels(in_channels, shape, letters)
    check_output_padding(more, stride, dilation, values)
    check_not_empty(shape, letters, batch=0)
    check_transposed(sizes, kernel_size, stride, dilation, padding, more, values)
    return make_layer(
        "pytorch",
        operation.name,
        "conv_transpose",
        rank,
        letters,
        shape,
        kernel_size,
        stride,
        dilation,
        padding,
        out_channels=out_channels,
        groups=groups,
        bias=bias,
        output_padding=more,
    )


def operations() -> Iterator[Operation]:
    """Convolutions, by rank within each kind."""
    for rank, layouts in LAYOUTS_BY_RANK.items():
        yield Operation("pytorch", f"conv{rank}d", rank, _CONV, layouts, _read_conv)
    for rank, layouts in LAYOUTS_BY_RANK.items():
        name = f"conv_transpose{rank}d"
        yield Operation("pytorch", name, rank, _TRANSPOSED, layouts, _read_transposed)
    for kind, parameters in _PAIRS.items():
        for rank in (1, 2):
            yield Operation(
                "pytorch",
                f"{kind}_conv{rank}d",
                rank,
                parameters,
                LAYOUTS_BY_RANK[rank],
                partial(_read_channelwise, kind=kind),
            )


_PAIRS: Final[dict[Literal["depthwise", "separable"], tuple[Parameter, ...]]] = {
    "depthwise": _DEPTHWISE,
    "separable": _SEPARABLE,
}
