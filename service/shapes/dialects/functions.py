"""Functions of arrays in TensorFlow, JAX and flax, and flax.linen's small layers.

They are those of jax.numpy and jax.nn, and in TensorFlow tf.nn's, tf.concat, tf.add, tf.reduce_mean
and tf.reduce_max over the spatial axes, and a reshape to one row a picture.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final, Literal

from service.shapes.dialects import joined
from service.shapes.dialects.named import check_sizes
from service.shapes.dialects.networks import plain_layer
from service.shapes.dialects.numbers import read_axis, read_number
from service.shapes.dialects.operation import Operation, Values, by_name
from service.shapes.dialects.reading import read_flag, read_layout, read_required_count
from service.shapes.layer import LAYOUTS, MAX_SIZE, Details, Layer, make_layer
from service.shapes.parameters import REQUIRED, Parameter

__all__ = ["layers", "operations"]

_JOINS: Final = by_name(joined.operations("pytorch"))
_ANY: Final = {
    "tensorflow": ("NC", "C", "NHWC", "NCHW", "NWC", "NCW", "NLC", "NCL", "NDHWC", "NCDHW"),
    "jax": ("NC", "C", "NCHW", "NHWC", "CHW", "HWC", "NCL", "NLC", "NCDHW", "NDHWC"),
    "flax": ("NC", "C", "NHWC", "HWC", "NLC", "NWC", "NDHWC", "DHWC"),
}
_NORMALISED: Final = {1: ("NLC", "NWC", "NC"), 2: ("NHWC",), 3: ("NDHWC",)}
_KEEPDIMS: Final = Parameter(
    "keepdims", "flag", default=False, help="Whether the axes stay, with one pixel each."
)


def _axis(default: int, meaning: str) -> Parameter:
    return Parameter("axis", "count", default, f"The axis {meaning}.", minimum=-MAX_SIZE)


def _read_function(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    letters = read_layout(operation, shape, layout)
    check_sizes(shape, letters)
    softmax = operation.name == "softmax"
    axes = (read_axis(values, "axis", shape, -1),) if softmax else ()
    return plain_layer(operation, "activation", letters, shape, axes=axes)


def _read_flatten(
    operation: Operation, shape: tuple[int, ...], _values: Values, layout: str | None
) -> Layer:
    letters = read_layout(operation, shape, layout)
    check_sizes(shape, letters)
    first = 0 if LAYOUTS[letters].batch is None else 1
    return plain_layer(operation, "flatten", letters, shape, axes=(first, len(shape) - 1))


def _read_concat(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    """Read a concatenation, along the first axis unless told otherwise."""
    axis = 0 if values.get("axis") is None else values["axis"]
    return _JOINS["concat"].read(operation, shape, {**values, "axis": axis}, layout)


def _read_global(
    operation: Operation,
    shape: tuple[int, ...],
    values: Values,
    layout: str | None,
    *,
    kind: Literal["global_avg_pool", "global_max_pool"],
) -> Layer:
    """Read a mean or a maximum over all spatial axes."""
    letters = read_layout(operation, shape, layout)
    check_sizes(shape, letters)
    start, rank = LAYOUTS[letters].start, operation.rank
    sizes = shape[start : start + rank]
    return make_layer(
        operation.framework,
        operation.name,
        kind,
        rank,
        letters,
        shape,
        sizes,
        sizes,
        (1,) * rank,
        ((0, 0),) * rank,
        output_size=(1,) * rank,
        keepdims=read_flag(values, "keepdims", default=False),
    )


def operations(framework: str, layouts: dict[int, tuple[str, ...]]) -> Iterator[Operation]:
    """Functions of one array, and what joins several."""
    make = partial(Operation, framework)
    anything = _ANY[framework]
    others = _JOINS["add"].parameters
    for rank, letters in layouts.items():
        for kind in ("global_avg_pool", "global_max_pool"):
            read = partial(_read_global, kind=kind)
            yield make(f"{kind}{rank}d", rank, (_KEEPDIMS,), letters, read)
    for name in ("relu", "relu6", "tanh", "sigmoid"):
        yield make(name, 0, (), anything, _read_function)
    yield make("softmax", 0, (_axis(-1, "whose numbers add up to 1"),), anything, _read_function)
    yield make("flatten", 0, (), anything, _read_flatten)
    yield make("add", 0, others, anything, _JOINS["add"].read)
    joined_axis = _axis(0, "along which the arrays are put one behind the other")
    yield make("concat", 0, (*others, joined_axis), anything, _read_concat)


_USE_BIAS: Final = Parameter(
    "use_bias", "flag", default=True, help="Whether every neuron adds a learned number."
)
_BATCH_NORM: Final = (
    _USE_BIAS,
    Parameter("use_scale", "flag", default=True, help="Whether every channel learns a scale."),
    Parameter(
        "momentum",
        "number",
        0.99,
        "How slowly the running statistics move; changes no shape.",
        minimum=0,
    ),
    Parameter("epsilon", "number", 1e-5, "Added to the variance; changes no shape.", minimum=0),
)


def _read_dense(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    letters = read_layout(operation, shape, layout)
    check_sizes(shape, letters)
    features = read_required_count(values, "features")
    bias = read_flag(values, "use_bias", default=True)
    return plain_layer(operation, "linear", letters, shape, out_channels=features, bias=bias)


def _read_batch_norm(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    """Read a batch normalisation; its mean and variance are no parameters (batch_stats)."""
    letters = read_layout(operation, shape, layout)
    check_sizes(shape, letters)
    read_number(values, "momentum", 0.99, 0, 1)
    epsilon = read_number(values, "epsilon", 1e-5, 0)
    return plain_layer(
        operation,
        "batch_norm",
        letters,
        shape,
        bias=read_flag(values, "use_bias", default=True),
        scale=read_flag(values, "use_scale", default=True),
        axes=(len(shape) - 1,),
        buffers=2 * shape[-1],
        details=Details(epsilon=epsilon),
    )


def _read_dropout(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    letters = read_layout(operation, shape, layout)
    check_sizes(shape, letters)
    rate = read_number(values, "rate", None, 0, 1)
    return plain_layer(operation, "dropout", letters, shape, rate=rate)


def layers() -> Iterator[Operation]:
    """flax.linen's Dense, BatchNorm and Dropout."""
    make = partial(Operation, "flax")
    anything = _ANY["flax"]
    features = Parameter("features", "count", REQUIRED, "Number of neurons.")
    rate = Parameter(
        "rate", "number", REQUIRED, "The share that is dropped while training.", minimum=0
    )
    yield make("linear", 0, (features, _USE_BIAS), anything, _read_dense)
    for rank, letters in _NORMALISED.items():
        yield make(f"batch_norm{rank}d", rank, _BATCH_NORM, letters, _read_batch_norm)
    yield make("dropout", 0, (rate,), anything, _read_dropout)
