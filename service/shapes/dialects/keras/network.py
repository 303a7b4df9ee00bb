"""Keras layers that work along no spatial axis: what stands between the convolutions."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from service.shapes.dialects import joined
from service.shapes.dialects.keras import words
from service.shapes.dialects.keras.reading import LAYOUTS_BY_RANK, read_activation, read_letters
from service.shapes.dialects.named import check_sizes
from service.shapes.dialects.networks import plain_layer
from service.shapes.dialects.numbers import read_axis, read_number
from service.shapes.dialects.operation import Operation, Values, by_name
from service.shapes.dialects.reading import read_flag, read_required_count
from service.shapes.errors import ParameterError
from service.shapes.layer import LAYOUTS, PLAIN, Details, Layer

__all__ = ["operations"]

_ANY: Final = ("C", "NC", *(letters for rank in (2, 3, 1) for letters in LAYOUTS_BY_RANK[rank]))
"""Layouts of a layer that treats every number by itself, the default of each length first."""

_LAST: Final = tuple(letters for letters in _ANY if letters.endswith("C"))

_JOINS: Final = by_name(joined.operations("textbook"))


def _read_dense(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    letters = read_letters(operation, shape, values, layout)
    check_sizes(shape, letters)
    units = read_required_count(values, "units")
    read_activation(values)
    bias = read_flag(values, "use_bias", default=True)
    return plain_layer(operation, "linear", letters, shape, out_channels=units, bias=bias)


def _read_flatten(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    letters = read_letters(operation, shape, values, layout)
    check_sizes(shape, letters)
    first = 0 if LAYOUTS[letters].batch is None else 1
    return plain_layer(operation, "flatten", letters, shape, axes=(first, len(shape) - 1))


def _read_batch_norm(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    """Read a batch normalisation: its mean and variance count as parameters, though not learned."""
    letters = _read_channel_letters(operation, shape, values, layout)
    check_sizes(shape, letters)
    channel = LAYOUTS[letters].channel or 0
    read_number(values, "momentum", 0.99, 0, 1)
    epsilon = read_number(values, "epsilon", 0.001, 0)
    return plain_layer(
        operation,
        "batch_norm",
        letters,
        shape,
        bias=read_flag(values, "center", default=True),
        scale=read_flag(values, "scale", default=True),
        axes=(channel,),
        frozen=2 * shape[channel],
        details=Details(epsilon=epsilon),
    )


def _read_channel_letters(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> str:
    """Choose the layout that has its channels at ``axis``, or check the one asked for."""
    letters = read_letters(operation, shape, values, layout)
    if values.get("axis") is None:
        return letters
    axis = read_axis(values, "axis", shape, -1)
    if LAYOUTS[letters].channel == axis:
        return letters
    if layout is None:
        for other in operation.layouts:
            if len(other) == len(shape) and LAYOUTS[other].channel == axis:
                return other
    raise ParameterError(
        "layout_conflict",
        f"Axis {axis} of the layout {letters} is not that of the channels.",
        pointer="/axis",
        hint=f"axis {LAYOUTS[letters].channel}, or another layout",
    )


def _read_function(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    letters = read_letters(operation, shape, values, layout)
    check_sizes(shape, letters)
    details = PLAIN
    if operation.name == "relu":
        most = values.get("max_value")
        details = Details(
            slope=read_number(values, "negative_slope", 0, 0),
            threshold=read_number(values, "threshold", 0, 0),
            ceiling=None if most is None else read_number(values, "max_value", 0, 0),
        )
    axes: tuple[int, ...] = ()
    if operation.name == "softmax":
        axes = (read_axis(values, "axis", shape, -1),)
    return plain_layer(operation, "activation", letters, shape, axes=axes, details=details)


def _read_dropout(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    letters = read_letters(operation, shape, values, layout)
    check_sizes(shape, letters)
    rate = read_number(values, "rate", None, 0, 1)
    return plain_layer(operation, "dropout", letters, shape, rate=rate)


def _read_concat(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    """Read Concatenate, along the last axis unless told otherwise."""
    axis = -1 if values.get("axis") is None else values["axis"]
    return _JOINS["concat"].read(operation, shape, {**values, "axis": axis}, layout)


def operations() -> Iterator[Operation]:
    """Linear layers, flattening, normalisation, activations, dropout and joins."""
    make = partial(Operation, "keras")
    others = _JOINS["add"].parameters
    yield make("linear", 0, words.DENSE, _LAST, _read_dense)
    yield make("flatten", 0, (words.DATA_FORMAT,), _ANY, _read_flatten)
    for rank, layouts in LAYOUTS_BY_RANK.items():
        taken = ("NC", "C", *layouts) if rank == 1 else layouts
        yield make(f"batch_norm{rank}d", rank, words.BATCH_NORM, taken, _read_batch_norm)
    yield make("relu", 0, words.RELU, _ANY, _read_function)
    for name in ("relu6", "tanh", "sigmoid"):
        yield make(name, 0, (), _ANY, _read_function)
    yield make("softmax", 0, (words.axis(-1, "whose numbers add up to 1"),), _ANY, _read_function)
    yield make("dropout", 0, words.DROPOUT, _ANY, _read_dropout)
    yield make("add", 0, others, _ANY, _JOINS["add"].read)
    joined_axis = words.axis(-1, "along which the inputs are put one behind the other")
    yield make("concat", 0, (*others, joined_axis), _ANY, _read_concat)
