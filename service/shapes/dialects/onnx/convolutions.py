"""ONNX's Conv and ConvTranspose.

The kernel's channels come from ``in_channels``, or else from the input.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.shapes.dialects.checks import check_groups, refuse_channels
from service.shapes.dialects.named import check_sizes
from service.shapes.dialects.onnx.reading import (
    Window,
    pads_pointer,
    read_window,
    refuse_misfit,
)
from service.shapes.dialects.onnx.words import ONES
from service.shapes.dialects.reading import (
    read_count,
    read_flag,
    read_layout,
    read_required_count,
    read_sizes,
)
from service.shapes.dialects.transposed import check_output_padding
from service.shapes.errors import MisfitError, ParameterError
from service.shapes.layer import AXIS_NAMES, Layer, make_layer
from service.shapes.padding import Pads, crop, pad

if TYPE_CHECKING:
    from service.shapes.dialects.operation import Operation, Values

__all__ = ["read_conv", "read_conv_transpose"]


def read_conv(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    """Read a Conv. SAME with dilation, which onnxruntime lacks, follows the specification."""
    letters = read_layout(operation, shape, layout)
    rank, sizes = operation.rank, shape[2:]
    window = read_window(values, rank)
    out_channels, group = _read_channels(shape, letters, values)
    _refuse_both(window)
    check_sizes(shape, letters)
    kernel_size, stride, dilation, pads, rule = window
    if rule == "explicit":
        padding = pads or ((0, 0),) * rank
    else:
        padding = pad(rule, sizes, kernel_size, stride, dilation)
    for axis, (size, kernel, spread, (before, after)) in enumerate(
        zip(sizes, kernel_size, dilation, padding, strict=True)
    ):
        if size + before + after <= spread * (kernel - 1):
            refuse_misfit(axis, size, padding[axis], window, values)
    return make_layer(
        "onnx",
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
        out_channels=out_channels,
        groups=group,
        bias=read_flag(values, "bias", default=False),
    )


def _read_channels(
    shape: tuple[int, ...], letters: str, values: Values, *, split_first: bool = False
) -> tuple[int, int]:
    """Read the number of filters and of groups, and check both against the input.

    With ``split_first`` an input that cannot be split into the groups is refused as such, even if
    it has not the channels that the kernel is made for.
    """
    channels = shape[1]
    in_channels = read_count(values, "in_channels", None)
    out_channels = read_required_count(values, "out_channels")
    group = read_count(values, "group", 1)
    if split_first and channels % group:
        check_groups(channels, out_channels, group, "out_channels", groups_name="group")
    if in_channels is not None and in_channels != channels:
        refuse_channels(in_channels, shape, letters)
    if group != 1:
        check_groups(channels, out_channels, group, "out_channels", groups_name="group")
    return out_channels, group


def _refuse_both(window: Window) -> None:
    if window.pads is not None and window.rule != "explicit":
        raise ParameterError(
            "pads_with_auto_pad",
            "`pads` and `auto_pad` cannot both say how to pad.",
            pointer="/pads",
            hint="leave out one of the two",
        )


def read_conv_transpose(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    """Read a ConvTranspose; its ``pads`` take pixels away from the output."""
    letters = read_layout(operation, shape, layout)
    rank, sizes = operation.rank, shape[2:]
    window = read_window(values, rank)
    kernel_size, stride, dilation, pads, rule = window
    more = read_sizes(values, "output_padding", rank, (0,) * rank, 0, spread=False)
    asked = None
    if values.get("output_shape") is not None:
        asked = read_sizes(values, "output_shape", rank, None, spread=False)
    _refuse_both(window)
    out_channels, group = _read_channels(shape, letters, values, split_first=True)
    check_sizes(shape, letters)
    check_output_padding(more, stride, ONES[rank], values)
    whole = tuple(
        [
            (i - 1) * s + d * (k - 1) + 1 + op
            for i, k, s, d, op in zip(sizes, kernel_size, stride, dilation, more, strict=True)
        ]
    )
    if asked is not None:
        _check_asked(asked, whole, more, stride, values)
    elif rule in ("same", "same_lower"):
        asked = tuple([min(i * s, most) for i, s, most in zip(sizes, stride, whole, strict=True)])
    if asked is not None:
        padding, more = _cropped(sizes, asked, window, more)
    else:
        padding = pads or ((0, 0),) * rank
        _check_left(whole, padding, values)
    return make_layer(
        "onnx",
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
        groups=group,
        bias=read_flag(values, "bias", default=False),
        output_padding=more,
    )


def _cropped(
    sizes: tuple[int, ...], asked: tuple[int, ...], window: Window, more: tuple[int, ...]
) -> tuple[Pads, tuple[int, ...]]:
    """Find the crop and the output padding that lead to the size asked for.

    The half rounded down goes first with SAME_UPPER, last with all others.
    """
    padding, rest = [], []
    for i, o, k, s, d, op in zip(
        sizes, asked, window.kernel_size, window.stride, window.dilation, more, strict=True
    ):
        pads, missing = crop(i, d * (k - 1) + 1 + op, s, o, lower=window.rule != "same")
        padding.append(pads)
        rest.append(op + missing)
    return tuple(padding), tuple(rest)


def _check_asked(
    asked: tuple[int, ...],
    whole: tuple[int, ...],
    more: tuple[int, ...],
    stride: tuple[int, ...],
    values: Values,
) -> None:
    """Refuse an ``output_shape`` that a larger input would be needed for (onnxruntime)."""
    for axis, (output, reached, op, step) in enumerate(
        zip(asked, whole, more, stride, strict=True)
    ):
        most = reached - op + step - 1
        if output > most:
            listed = isinstance(values["output_shape"], list | tuple)
            raise MisfitError(
                "output_shape_too_large",
                f"Along the {AXIS_NAMES[len(asked)][axis]} the patches make {reached - op} pixels, "
                f"and stride {step} leaves room for {step - 1} more: {output} cannot be reached.",
                pointer=f"/output_shape/{axis}" if listed else "/output_shape",
                hint=f"output_shape at most {most}",
            )


def _check_left(whole: tuple[int, ...], padding: Pads, values: Values) -> None:
    """Refuse ``pads`` that take away the whole output along any axis."""
    rank = len(whole)
    for axis, (most, (before, after)) in enumerate(zip(whole, padding, strict=True)):
        if most <= before + after:
            raise MisfitError(
                "output_would_be_zero_or_negative",
                f"Along the {AXIS_NAMES[rank][axis]} the patches make {most} pixels, and `pads` "
                f"take {before} + {after} of them away.",
                pointer=pads_pointer(values, axis, rank, after=not before),
                hint=f"pads that take at most {most - 1} pixels in all",
            )
