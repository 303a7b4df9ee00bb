"""The dialect of TensorFlow: the functions of ``tf.nn``, which take weights and know no biases.

The shape of a filter tensor is written as numbers: ``kernel_size``, ``in_channels``,
``out_channels`` and ``groups``; the sizes of a transposed convolution's output, without batch and
channels, as ``output_shape``. Held against TensorFlow 2.21 on CPU, with one difference on purpose:
where the kernel is larger than the padded input, TensorFlow may hand out memory that nobody has
written to; here it is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Literal

from service.shapes.dialects import functions
from service.shapes.dialects.checks import axis_pointer, check_groups, refuse_channels
from service.shapes.dialects.named import (
    Words,
    check_sizes,
    check_steps,
    check_window,
    spatial,
    transposed,
)
from service.shapes.dialects.operation import Operation, Values, by_name
from service.shapes.dialects.pads import read_pads
from service.shapes.dialects.reading import (
    read_count,
    read_layout,
    read_required_count,
    read_sizes,
)
from service.shapes.dialects.refusals import refuse_type
from service.shapes.dialects.tensorflow import words
from service.shapes.errors import MisfitError, ParameterError
from service.shapes.layer import AXIS_NAMES, LAYOUTS, Layer, PaddingRule, make_layer
from service.shapes.padding import pad

if TYPE_CHECKING:
    from service.shapes.padding import Pads

__all__ = ["OPERATIONS"]

_WORDS: Final = Words("kernel_size", "strides", "dilations", "SAME")
_RULES: Final[dict[str, PaddingRule]] = {"VALID": "valid", "SAME": "same"}
_ONES: Final = {1: (1,), 2: (1, 1), 3: (1, 1, 1)}
_LAYOUTS: Final = {
    1: ("NWC", "NCW", "NLC", "NCL"),
    2: ("NHWC", "NCHW"),
    3: ("NDHWC", "NCDHW"),
}

Sizes = tuple[int, ...]


def _read_conv(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    letters, channels = _read_input(operation, shape, values, layout)
    kernel_size, stride, dilation = _read_kernel(operation.rank, values)
    out_channels = read_required_count(values, "out_channels")
    groups = read_count(values, "groups", 1)
    if groups != 1:
        check_groups(channels, out_channels, groups, "out_channels")
    rule, pads = _read_padding(operation, values)
    pads = _resolve(rule, pads, spatial(shape, letters), (kernel_size, stride, dilation), values)
    window = (kernel_size, stride, dilation)
    return _layer(operation, "conv", letters, shape, window, pads, rule, out_channels, groups)


def _read_by_channel(
    operation: Operation,
    shape: tuple[int, ...],
    values: Values,
    layout: str | None,
    *,
    kind: Literal["depthwise", "separable"],
) -> Layer:
    letters, channels = _read_input(operation, shape, values, layout)
    window = _read_kernel(operation.rank, values)
    check_steps(_WORDS, *window[1:])
    multiplier = read_count(values, "channel_multiplier", 1)
    separable = kind == "separable"
    filters = read_required_count(values, "out_channels") if separable else channels * multiplier
    rule, pads = _read_padding(operation, values)
    pads = _resolve(rule, pads, spatial(shape, letters), window, values)
    return _layer(
        operation,
        kind,
        letters,
        shape,
        window,
        pads,
        rule,
        filters,
        channels,
        depth_multiplier=multiplier,
    )


def _read_conv_transpose(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    """Read a transposed convolution: the gradient of the convolution that leads from the output."""
    letters, _ = _read_input(operation, shape, values, layout)
    rank = operation.rank
    window = kernel_size, stride, dilation = _read_kernel(rank, values)
    out_channels = read_required_count(values, "out_channels")
    outputs = read_sizes(values, "output_shape", rank, None, spread=False)
    rule, pads = _read_padding(operation, values)
    crops, more = [], []
    for axis, (size, kernel, step, spread, output) in enumerate(
        zip(spatial(shape, letters), kernel_size, stride, dilation, outputs, strict=True)
    ):
        reach = spread * (kernel - 1) + 1
        added = sum(pads[axis]) if rule == "explicit" else 0
        least = (size - 1) * step + (1 if rule == "same" else reach - added)
        if not least <= output < least + step:
            _refuse_output(output, least, step, rank, axis, values)
        crop, missing = transposed(size, reach, step, output)
        if rule == "explicit":
            crop, missing = pads[axis], output - least
        crops.append(crop)
        more.append(missing)
    return _layer(
        operation,
        "conv_transpose",
        letters,
        shape,
        window,
        tuple(crops),
        rule,
        out_channels,
        output_padding=tuple(more),
        output_size=outputs,
    )


def _refuse_output(
    output: int, least: int, step: int, rank: int, axis: int, values: Values
) -> None:
    most = least + step - 1
    if most < 1:
        hint = "less padding, or a larger input"
    elif most == least:
        hint = f"output_shape {least}"
    else:
        hint = f"output_shape between {max(least, 1)} and {most}"
    raise MisfitError(
        "output_shape_mismatch",
        f"Along the {AXIS_NAMES[rank][axis]} no convolution with these strides and this padding "
        f"leads from an output of {output} pixels back to the input.",
        pointer=axis_pointer(values, "output_shape", axis),
        hint=hint,
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
    window = kernel_size, stride, dilation = _read_kernel(operation.rank, values)
    check_sizes(shape, letters)
    for axis, (kernel, step) in enumerate(zip(kernel_size, stride, strict=True)):
        if step > kernel:
            raise ParameterError(
                "stride_over_window",
                f"`strides` {step} along the {AXIS_NAMES[operation.rank][axis]} are more than the "
                f"window of {kernel}, where TensorFlow's devices disagree.",
                pointer=axis_pointer(values, "strides", axis),
                hint=f"strides at most {kernel}, or kernel_size at least {step}",
            )
    check_steps(_WORDS, stride, dilation)
    rule, pads = _read_padding(operation, values)
    pads = _resolve(rule, pads, spatial(shape, letters), window, values)
    return _layer(operation, kind, letters, shape, window, pads, rule, None)


def _read_input(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> tuple[str, int]:
    """Read the layout and the channels of the input."""
    letters = read_layout(operation, shape, layout)
    check_sizes(shape, letters)
    channels = shape[LAYOUTS[letters].channel or 0]
    in_channels = read_count(values, "in_channels", None)
    if in_channels is not None and in_channels != channels:
        refuse_channels(in_channels, shape, letters)
    return letters, channels


def _read_kernel(rank: int, values: Values) -> tuple[Sizes, Sizes, Sizes]:
    return (
        read_sizes(values, "kernel_size", rank, None),
        read_sizes(values, "strides", rank, _ONES[rank]),
        read_sizes(values, "dilations", rank, _ONES[rank]),
    )


def _read_padding(operation: Operation, values: Values) -> tuple[PaddingRule, Pads]:
    """Read `VALID` or `SAME`, to be resolved later, or a pair for each axis."""
    value = values.get("padding")
    if value is None:
        return "valid", ()
    if type(value) is str:
        rule = _RULES.get(value)
        if rule is None:
            upper = value.upper()
            raise ParameterError(
                "bad_padding_value",
                f"`padding` cannot be `{value[:64]}`.",
                pointer="/padding",
                hint=f"did you mean `{upper}`?" if upper in _RULES else "one of: VALID, SAME",
            )
        return rule, ()
    takes_pairs = any(p.name == "padding" and p.pairs for p in operation.parameters)
    if type(value) is list or type(value) is tuple:
        if (
            takes_pairs
            and len(value) == operation.rank
            and not any(type(entry) is int for entry in value)
        ):
            return "explicit", read_pads(values, "padding", operation.rank)
    elif type(value) is not int:
        refuse_type(value, "/padding", "VALID or SAME")
    pairs = f" or a pair [before, after] for each axis: {[[1, 1]] * operation.rank}"
    raise ParameterError(
        "bad_padding_value",
        f"{operation.name} in TensorFlow does not take such pixels as `padding`.",
        pointer="/padding",
        hint=f"VALID, SAME{pairs if takes_pairs else ''}",
    )


def _resolve(
    rule: PaddingRule, pads: Pads, sizes: Sizes, window: tuple[Sizes, Sizes, Sizes], values: Values
) -> Pads:
    kernel_size, _, dilation = window
    if rule != "explicit":
        pads = pad(rule, sizes, *window)
    if rule != "same":
        check_window(_WORDS, sizes, kernel_size, dilation, pads, values)
    return pads


def _layer(
    operation: Operation,
    kind: Any,
    letters: str,
    shape: tuple[int, ...],
    window: tuple[Sizes, Sizes, Sizes],
    pads: Pads,
    rule: PaddingRule,
    out_channels: int | None,
    groups: int = 1,
    **others: Any,
) -> Layer:
    return make_layer(
        "tensorflow",
        operation.name,
        kind,
        operation.rank,
        letters,
        shape,
        *window,
        pads,
        rule,
        "zeros",
        out_channels,
        groups,
        **others,
    )


def _operations() -> Iterator[Operation]:
    for rank, layouts in _LAYOUTS.items():
        padding = (
            words.PADDING if rank == 2 else words.NAMED
        )  # only tf.nn's 2-d functions take pixels
        window = (words.KERNEL, words.STRIDES, padding, words.DILATIONS, words.IN_CHANNELS)
        conv = (*window, words.OUT_CHANNELS, words.GROUPS)
        transpose = (*window, words.OUT_CHANNELS, words.OUTPUT)
        yield Operation("tensorflow", f"conv{rank}d", rank, conv, layouts, _read_conv)
        yield Operation(
            "tensorflow", f"conv_transpose{rank}d", rank, transpose, layouts, _read_conv_transpose
        )
        for kind in ("max_pool", "avg_pool"):
            read = partial(_read_pool, kind=kind)
            yield Operation("tensorflow", f"{kind}{rank}d", rank, words.WINDOW, layouts, read)
    by_channel = (
        words.KERNEL,
        words.STRIDES,
        words.PADDING,
        words.DILATIONS,
        words.IN_CHANNELS,
        words.MULTIPLIER,
    )
    yield Operation(
        "tensorflow",
        "depthwise_conv2d",
        2,
        by_channel,
        _LAYOUTS[2],
        partial(_read_by_channel, kind="depthwise"),
    )
    yield Operation(
        "tensorflow",
        "separable_conv2d",
        2,
        (*by_channel, words.OUT_CHANNELS),
        _LAYOUTS[2],
        partial(_read_by_channel, kind="separable"),
    )


OPERATIONS: Final = by_name((*_operations(), *functions.operations("tensorflow", _LAYOUTS)))
"""What the dialect offers, by name."""
