"""ONNX's operators without windows: what stands between the convolutions, and what moves pixels."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from math import floor
from typing import Final

from service.shapes.dialects import joined
from service.shapes.dialects.moves import check_fill, moved_layer, upsampled_layer
from service.shapes.dialects.named import check_sizes
from service.shapes.dialects.networks import plain_layer
from service.shapes.dialects.numbers import read_axis, read_number, read_numbers
from service.shapes.dialects.onnx.reading import read_pads
from service.shapes.dialects.onnx.words import FILLED, FILLS, LAYOUTS_BY_RANK
from service.shapes.dialects.operation import Operation, Values, by_name
from service.shapes.dialects.reading import (
    read_choice,
    read_flag,
    read_layout,
    read_required_count,
)
from service.shapes.dialects.refusals import refuse_missing
from service.shapes.errors import MisfitError
from service.shapes.layer import AXIS_NAMES, MAX_SIZE, Details, Layer
from service.shapes.parameters import REQUIRED, Parameter

__all__ = ["operations"]

_ANY: Final = ("NC", "NCHW", "NCL", "NCDHW")
_JOINS: Final = by_name(joined.operations("pytorch"))
_MODES: Final = {"nearest": "nearest", "linear": "linear", "cubic": "bicubic"}

_LINEAR: Final = (
    Parameter("out_features", "count", REQUIRED, "Number of neurons: columns of the weight."),
    Parameter("bias", "flag", default=False, help="Whether the operator has the input C."),
)
_BATCH_NORM: Final = (
    Parameter("epsilon", "number", 1e-5, "Added to the variance; changes no shape.", minimum=0),
    Parameter(
        "momentum",
        "number",
        0.9,
        "How fast the running statistics move; changes no shape.",
        minimum=0,
    ),
)
_PAD: Final = Parameter(
    "pads",
    "sides",
    REQUIRED,
    "Pixels added before every spatial axis, then after every one; negative numbers crop.",
    minimum=-MAX_SIZE,
)
_RESIZE: Final = (
    Parameter("scales", "numbers", REQUIRED, "Factor of every spatial axis.", minimum=0),
    Parameter("mode", "choice", "nearest", "How pixels are mixed.", choices=tuple(_MODES)),
)


def _axis(default: object, meaning: str) -> Parameter:
    return Parameter("axis", "count", default, f"The axis {meaning}.", minimum=-MAX_SIZE)


def _read_linear(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    letters = read_layout(operation, shape, layout)
    check_sizes(shape, letters)
    features = read_required_count(values, "out_features")
    bias = read_flag(values, "bias", default=False)
    return plain_layer(operation, "linear", letters, shape, out_channels=features, bias=bias)


def _read_flatten(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    """Read a Flatten: what is behind ``axis`` becomes one axis."""
    letters = read_layout(operation, shape, layout)
    check_sizes(shape, letters)
    axis = read_axis(values, "axis", shape, 1)
    if axis != 1:
        raise MisfitError(
            "axis_out_of_range",
            f"Flattening at axis {axis} would mix the batch with the rest.",
            pointer="/axis",
            hint="axis 1",
        )
    return plain_layer(operation, "flatten", letters, shape, axes=(1, len(shape) - 1))


def _read_batch_norm(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    letters = read_layout(operation, shape, layout)
    check_sizes(shape, letters)
    epsilon = read_number(values, "epsilon", 1e-5, 0)
    read_number(values, "momentum", 0.9, 0, 1)
    return plain_layer(
        operation,
        "batch_norm",
        letters,
        shape,
        bias=True,
        scale=True,
        axes=(1,),
        buffers=2 * shape[1],
        details=Details(epsilon=epsilon),
    )


def _read_function(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    letters = read_layout(operation, shape, layout)
    check_sizes(shape, letters)
    softmax = operation.name == "softmax"
    axes = (read_axis(values, "axis", shape, -1),) if softmax else ()
    return plain_layer(operation, "activation", letters, shape, axes=axes)


def _read_dropout(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    letters = read_layout(operation, shape, layout)
    check_sizes(shape, letters)
    rate = read_number(values, "ratio", 0.5, 0, 1)
    return plain_layer(operation, "dropout", letters, shape, rate=rate)


def _read_concat(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    if values.get("axis") is None:
        refuse_missing("axis")
    return _JOINS["concat"].read(operation, shape, values, layout)


def _read_pad(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    letters = read_layout(operation, shape, layout)
    check_sizes(shape, letters)
    pads = read_pads(values, operation.rank, least=-MAX_SIZE)
    if pads is None:
        refuse_missing("pads")
    for axis, (size, (before, after)) in enumerate(zip(shape[2:], pads, strict=True)):
        if size + before + after < 1:
            raise MisfitError(
                "output_would_be_zero_or_negative",
                f"Of {size} pixels along the {AXIS_NAMES[operation.rank][axis]}, "
                f"{-before - after} would be taken away.",
                pointer="/pads",
                hint=f"at most {size - 1} pixels on both sides together",
            )
    mode = FILLS[read_choice(values, "mode", "constant", tuple(FILLS))]
    fill = read_number(values, "constant_value", 0, -MAX_SIZE)
    check_fill(mode, fill, pads, shape[2:], values, "constant_value", around=True)
    return moved_layer(
        "onnx", operation.name, "zero_padding", letters, shape, pads, mode=mode, fill=fill
    )


def _read_resize(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    """Read a Resize by factors: the output has ⌊i·scale⌋ pixels."""
    letters = read_layout(operation, shape, layout)
    check_sizes(shape, letters)
    scales = read_numbers(values, "scales", operation.rank, 0)
    mode = read_choice(values, "mode", "nearest", tuple(_MODES))
    outputs = tuple([floor(i * scale) for i, scale in zip(shape[2:], scales, strict=True)])
    for axis, (size, output) in enumerate(zip(shape[2:], outputs, strict=True)):
        if output < 1:
            raise MisfitError(
                "output_would_be_zero_or_negative",
                f"Nothing is left of {size} pixels along the {AXIS_NAMES[operation.rank][axis]}.",
                pointer="/scales",
                hint=f"scales at least {1 / size:.6g}",
            )
    details = Details(factors=scales)
    return upsampled_layer("onnx", operation.name, letters, shape, outputs, _MODES[mode], details)


def operations() -> Iterator[Operation]:
    """Gemm, Flatten, BatchNormalization, activations, Dropout, Sum, Concat, Pad and Resize."""
    make = partial(Operation, "onnx")
    others = _JOINS["add"].parameters
    yield make("linear", 0, _LINEAR, ("NC",), _read_linear)
    behind = _axis(1, "from which on all axes are merged; only 1 leaves the batch alone")
    yield make("flatten", 0, (behind,), _ANY, _read_flatten)
    for rank, layouts in LAYOUTS_BY_RANK.items():
        taken = (*layouts, "NC") if rank == 1 else layouts
        yield make(f"batch_norm{rank}d", rank, _BATCH_NORM, taken, _read_batch_norm)
        yield make(f"zero_padding{rank}d", rank, (_PAD, *FILLED), layouts, _read_pad)
        yield make(f"upsampling{rank}d", rank, _RESIZE, layouts, _read_resize)
    for name in ("relu", "relu6", "tanh", "sigmoid"):
        yield make(name, 0, (), _ANY, _read_function)
    yield make("softmax", 0, (_axis(-1, "whose numbers add up to 1"),), _ANY, _read_function)
    ratio = Parameter("ratio", "number", 0.5, "The share that is dropped in training.", minimum=0)
    yield make("dropout", 0, (ratio,), _ANY, _read_dropout)
    yield make("add", 0, others, _ANY, _JOINS["add"].read)
    joined_axis = _axis(REQUIRED, "along which the inputs are put one behind the other")
    yield make("concat", 0, (*others, joined_axis), _ANY, _read_concat)
