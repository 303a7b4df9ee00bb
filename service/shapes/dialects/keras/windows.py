"""Keras layers that move a window: convolutions of every kind, and pools.

Held against Keras 3.15 on the torch, JAX and TensorFlow backends. Where they differ, what Keras
itself computes (``compute_output_shape``) is followed: a pool whose window is larger than its
input is refused, though on JAX it answers size 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from service.shapes.dialects.checks import axis_pointer, check_groups
from service.shapes.dialects.keras.reading import NONE, ONES, read_activation, read_letters
from service.shapes.dialects.keras.words import CONV_WORDS, POOL_WORDS
from service.shapes.dialects.named import (
    check_sizes,
    check_steps,
    check_window,
    read_rule,
    spatial,
    transposed,
)
from service.shapes.dialects.reading import (
    read_count,
    read_flag,
    read_required_count,
    read_sizes,
)
from service.shapes.errors import ParameterError
from service.shapes.layer import AXIS_NAMES, LAYOUTS, Layer, PaddingRule, make_layer
from service.shapes.padding import Pads, pad

if TYPE_CHECKING:
    from service.shapes.dialects.operation import Operation, Values

__all__ = ["read_conv", "read_conv_transpose", "read_depthwise", "read_pool", "read_separable"]

_RULES: Final[tuple[PaddingRule, ...]] = ("valid", "same")
_WITH_CAUSAL: Final[tuple[PaddingRule, ...]] = ("valid", "same", "causal")
_INSTEAD: Final = "for pixels put a zero_padding layer before it"


def read_conv(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    """Read conv1d, conv2d and conv3d (Conv1D, ...)."""
    letters = read_letters(operation, shape, values, layout)
    kernel_size, stride, dilation = _read_kernel(operation.rank, values)
    rule = read_rule(values, "valid", _WITH_CAUSAL if operation.rank == 1 else _RULES, _INSTEAD)
    filters = read_required_count(values, "filters")
    groups = read_count(values, "groups", 1)
    bias = read_flag(values, "use_bias", default=True)
    check_steps(CONV_WORDS, stride, dilation)
    check_sizes(shape, letters)
    if groups != 1:
        channels = shape[LAYOUTS[letters].channel or 0]
        check_groups(channels, filters, groups, "filters")
    sizes = spatial(shape, letters)
    padding = _resolve(rule, sizes, kernel_size, stride, dilation, values)
    return make_layer(
        "keras",
        operation.name,
        "conv",
        operation.rank,
        letters,
        shape,
        kernel_size,
        stride,
        dilation,
        padding,
        rule,
        "zeros",
        filters,
        groups,
        bias,
    )


def read_depthwise(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    """Read depthwise_conv1d and depthwise_conv2d (DepthwiseConv1D, ...).

    Unlike the other convolutions of Keras, these and the separable ones are made with strides and
    dilation at once, on every backend.
    """
    return _read_by_channel(operation, shape, values, layout, "depthwise")


def read_separable(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    """Read separable_conv1d and separable_conv2d (SeparableConv1D, ...): one bias, at the end."""
    return _read_by_channel(operation, shape, values, layout, "separable")


def _read_by_channel(
    operation: Operation,
    shape: tuple[int, ...],
    values: Values,
    layout: str | None,
    kind: Literal["depthwise", "separable"],
) -> Layer:
    letters = read_letters(operation, shape, values, layout)
    kernel_size, stride, dilation = _read_kernel(operation.rank, values)
    rule = read_rule(values, "valid", _RULES, _INSTEAD)
    multiplier = read_count(values, "depth_multiplier", 1)
    check_sizes(shape, letters)
    channels = shape[LAYOUTS[letters].channel or 0]
    separable = kind == "separable"
    filters = read_required_count(values, "filters") if separable else channels * multiplier
    sizes = spatial(shape, letters)
    return make_layer(
        "keras",
        operation.name,
        kind,
        operation.rank,
        letters,
        shape,
        kernel_size,
        stride,
        dilation,
        _resolve(rule, sizes, kernel_size, stride, dilation, values),
        rule,
        "zeros",
        filters,
        channels,
        read_flag(values, "use_bias", default=True),
        depth_multiplier=multiplier,
    )


def read_conv_transpose(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    """Read conv_transpose1d to 3d (Conv1DTranspose, ...).

    Without ``output_padding`` the output is i·s for `same` and i·s + max(k_e − s, 0) for `valid`;
    with it (i − 1)s + k_e − 2p + output_padding, where p is ⌊k_e/2⌋ for `same`: none is not 0.
    That may be 0 pixels, which Keras lets pass.
    """
    rank = operation.rank
    letters = read_letters(operation, shape, values, layout)
    kernel_size, stride, dilation = _read_kernel(rank, values)
    rule = read_rule(values, "valid", _RULES, _INSTEAD)
    filters = read_required_count(values, "filters")
    extra = None
    if values.get("output_padding") is not None:
        extra = read_sizes(values, "output_padding", rank, None, 0, spread=False)
        _check_output_padding(extra, stride, values)
    check_steps(CONV_WORDS, stride, dilation)
    check_sizes(shape, letters)
    padding, more = [], []
    for axis, (size, kernel, step, spread) in enumerate(
        zip(spatial(shape, letters), kernel_size, stride, dilation, strict=True)
    ):
        reach = spread * (kernel - 1) + 1
        if extra is None:
            output = size * step if rule == "same" else size * step + max(reach - step, 0)
        else:
            kept = reach % 2 if rule == "same" else reach
            output = (size - 1) * step + kept + extra[axis]
        crop, missing = transposed(size, reach, step, output)
        padding.append(crop)
        more.append(missing)
    return make_layer(
        "keras",
        operation.name,
        "conv_transpose",
        rank,
        letters,
        shape,
        kernel_size,
        stride,
        dilation,
        tuple(padding),
        rule,
        "zeros",
        filters,
        1,
        read_flag(values, "use_bias", default=True),
        output_padding=tuple(more),
    )


def read_pool(
    operation: Operation,
    shape: tuple[int, ...],
    values: Values,
    layout: str | None,
    *,
    kind: Literal["max_pool", "avg_pool"],
) -> Layer:
    """Read max_pool1d to 3d and avg_pool1d to 3d (MaxPooling1D, AveragePooling1D, ...)."""
    rank = operation.rank
    letters = read_letters(operation, shape, values, layout)
    default = _TWOS[rank] if kind == "max_pool" else None
    kernel_size = read_sizes(values, "pool_size", rank, default, spread=False)
    stride = read_sizes(values, "strides", rank, kernel_size, spread=False)
    rule = read_rule(values, "valid", _RULES, _INSTEAD)
    check_sizes(shape, letters)
    sizes, ones = spatial(shape, letters), ONES[rank]
    padding = pad(rule, sizes, kernel_size, stride, ones)
    if rule == "valid":
        check_window(POOL_WORDS, sizes, kernel_size, ones, padding, values)
    return make_layer(
        "keras",
        operation.name,
        kind,
        rank,
        letters,
        shape,
        kernel_size,
        stride,
        ones,
        padding,
        rule,
    )


_TWOS: Final = {1: (2,), 2: (2, 2), 3: (2, 2, 2)}

Sizes = tuple[int, ...]


def _read_kernel(rank: int, values: Values) -> tuple[Sizes, Sizes, Sizes]:
    """Read how large the kernel is, how far it moves and how far its taps lie apart."""
    read_activation(values)
    return (
        read_sizes(values, "kernel_size", rank, None, spread=False),
        read_sizes(values, "strides", rank, ONES[rank], spread=False),
        read_sizes(values, "dilation_rate", rank, ONES[rank], spread=False),
    )


def _resolve(
    rule: PaddingRule,
    sizes: Sizes,
    kernel_size: Sizes,
    stride: Sizes,
    dilation: Sizes,
    values: Values,
) -> Pads:
    if rule != "valid":
        return pad(rule, sizes, kernel_size, stride, dilation)
    padding = NONE[len(sizes)]
    check_window(CONV_WORDS, sizes, kernel_size, dilation, padding, values)
    return padding


def _check_output_padding(extra: Sizes, stride: Sizes, values: Values) -> None:
    for axis, (pixels, step) in enumerate(zip(extra, stride, strict=True)):
        if pixels >= step:
            raise ParameterError(
                "output_padding_too_large",
                f"`output_padding` {pixels} along the {AXIS_NAMES[len(extra)][axis]} is not less "
                f"than the stride {step}.",
                pointer=axis_pointer(values, "output_padding", axis),
                hint=f"output_padding at most {step - 1}, or strides at least {pixels + 1}",
            )
