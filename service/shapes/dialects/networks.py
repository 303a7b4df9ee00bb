"""What stands between the convolutions of a network, in PyTorch's words.

The textbook takes the same words and a learner's besides. Axes are counted as torch counts them,
so the names of a layout matter only where a layer asks for the channels.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any, Final

from service.shapes.dialects.checks import check_not_empty
from service.shapes.dialects.numbers import given_name, read_axis, read_number
from service.shapes.dialects.operation import Operation, Values
from service.shapes.dialects.reading import (
    read_count,
    read_flag,
    read_layout,
    read_required_count,
)
from service.shapes.errors import MisfitError
from service.shapes.layer import LAYOUTS, MAX_SIZE, PLAIN, Details, Kind, Layer, make_layer
from service.shapes.parameters import REQUIRED, Parameter

__all__ = ["ANY_LAYOUT", "operations", "plain_layer"]

ANY_LAYOUT: Final = {
    "textbook": (
        *("C", "L", "W", "HW", "LC", "CL", "WC", "CW", "NC", "HWC", "CHW", "NLC", "NCL"),
        *("NWC", "NCW", "DHW", "NHWC", "NCHW", "DHWC", "CDHW", "NDHWC", "NCDHW"),
    ),
    "pytorch": ("C", "NC", "CHW", "NCL", "CL", "NCHW", "CDHW", "NCDHW"),
}
"""Layouts of a layer that treats every number by itself, the default of each length first."""

_FEATURES_LAST: Final = {
    "textbook": ("C", "LC", "WC", "NC", "HWC", "NLC", "NWC", "NHWC", "DHWC", "NDHWC"),
    "pytorch": ("C", "NC", "NLC", "HWC", "NHWC", "DHWC", "NDHWC"),
}

_NORMALISED: Final = {
    "textbook": {
        1: ("C", "L", "W", "LC", "CL", "NC", "WC", "CW", "NLC", "NCL", "NWC", "NCW"),
        2: ("HW", "HWC", "CHW", "NHWC", "NCHW"),
        3: ("DHW", "DHWC", "CDHW", "NDHWC", "NCDHW"),
    },
    "pytorch": {1: ("NCL", "NC"), 2: ("NCHW",), 3: ("NCDHW",)},
}

_BIAS: Final = Parameter(
    "bias", "flag", default=True, help="Whether every neuron adds a learned number."
)
_SLOPE: Final = Parameter(
    "negative_slope",
    "number",
    0.01,
    "What negative numbers are multiplied by; changes no shape.",
    minimum=-MAX_SIZE,
)
_INPLACE: Final = Parameter(
    "inplace", "flag", default=False, help="Overwrite the input; changes no shape."
)


def plain_layer(
    operation: Operation, kind: Kind, letters: str, shape: tuple[int, ...], **fields: Any
) -> Layer:
    """Make a layer that works along no spatial axis."""
    return make_layer(
        operation.framework, operation.name, kind, 0, letters, shape, (), (), (), (), **fields
    )


def _read_linear(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    letters = read_layout(operation, shape, layout)
    name = given_name(values, "out_features", "units")
    in_features = read_count(values, "in_features", None)
    out_features = read_required_count(values, name)
    bias = read_flag(values, "bias", default=True)
    _check_empty(operation, shape, letters)
    if in_features is not None and in_features != shape[-1]:
        raise MisfitError(
            "input_channels_mismatch",
            f"The layer is made for {in_features} features, but the last axis of "
            f"{'×'.join(map(str, shape))} has {shape[-1]}.",
            pointer="/in_features",
            hint=f"in_features {shape[-1]}" + (", or flatten before it" if len(shape) > 1 else ""),
        )
    return plain_layer(operation, "linear", letters, shape, out_channels=out_features, bias=bias)


def _read_flatten(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    letters = read_layout(operation, shape, layout)
    _check_empty(operation, shape, letters)
    batched = operation.framework == "pytorch" or letters.startswith("N")
    first = read_axis(values, "start_dim", shape, 1 if batched else 0)
    last = read_axis(values, "end_dim", shape, -1)
    if first > last:
        raise MisfitError(
            "axes_out_of_order",
            f"Axis {first}, where flattening starts, lies behind axis {last}, where it ends.",
            pointer="/start_dim",
            hint=f"start_dim at most {last}",
        )
    return plain_layer(operation, "flatten", letters, shape, axes=(first, last))


def _read_batch_norm(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    letters = read_layout(operation, shape, layout)
    channel = LAYOUTS[letters].channel
    channels = 1 if channel is None else shape[channel]
    features = read_count(values, "num_features", None)
    epsilon = read_number(values, "eps", 1e-5, 0)
    read_number(values, "momentum", 0.1, 0, 1)
    affine = read_flag(values, "affine", default=True)
    tracked = read_flag(values, "track_running_stats", default=True)
    _check_empty(operation, shape, letters)
    if features is not None and features != channels:
        raise MisfitError(
            "input_channels_mismatch",
            f"The layer is made for {features} channels, the {letters} input of "
            f"{'×'.join(map(str, shape))} has {channels}.",
            pointer="/num_features",
            hint=f"num_features {channels}",
        )
    return plain_layer(
        operation,
        "batch_norm",
        letters,
        shape,
        bias=affine,
        scale=affine,
        axes=() if channel is None else (channel,),
        buffers=2 * channels + 1 if tracked else 0,
        details=Details(epsilon=epsilon),
    )


def _read_activation(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    letters = read_layout(operation, shape, layout)
    read_flag(values, "inplace", default=False)
    details = PLAIN
    if operation.name == "leaky_relu":
        details = Details(slope=read_number(values, "negative_slope", 0.01, -MAX_SIZE))
    _check_empty(operation, shape, letters)
    return plain_layer(operation, "activation", letters, shape, details=details)


def _read_softmax(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    letters = read_layout(operation, shape, layout)
    _check_empty(operation, shape, letters)
    channel = LAYOUTS[letters].channel
    axis = read_axis(
        values,
        given_name(values, "dim", "axis"),
        shape,
        len(shape) - 1 if channel is None else channel,
    )
    return plain_layer(operation, "activation", letters, shape, axes=(axis,))


def _read_dropout(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    letters = read_layout(operation, shape, layout)
    rate = read_number(values, given_name(values, "p", "rate"), 0.5, 0, 1)
    read_flag(values, "inplace", default=False)
    _check_empty(operation, shape, letters)
    return plain_layer(operation, "dropout", letters, shape, rate=rate)


def _check_empty(operation: Operation, shape: tuple[int, ...], letters: str) -> None:
    check_not_empty(shape, letters, batch=0 if operation.framework == "pytorch" else 1)


def operations(framework: str) -> Iterator[Operation]:
    """Layers of one input: linear, flatten, batch_norm, activations and dropout."""
    make = partial(Operation, framework)
    learners = framework == "textbook"
    units = Parameter(
        "units", "count", None, "The same as `out_features`.", alias_of="out_features"
    )
    rate = Parameter("rate", "number", None, "The same as `p`.", minimum=0, alias_of="p")
    linear = (_IN_FEATURES, _neurons(learners=learners), *((units,) if learners else ()), _BIAS)
    yield make("linear", 0, linear, _FEATURES_LAST[framework], _read_linear)
    anything = ANY_LAYOUT[framework]
    yield make("flatten", 0, _flatten(learners=learners), anything, _read_flatten)
    for rank, layouts in _NORMALISED[framework].items():
        yield make(f"batch_norm{rank}d", rank, _BATCH_NORM, layouts, _read_batch_norm)
    for name in ("relu", "relu6"):
        yield make(name, 0, (_INPLACE,), anything, _read_activation)
    yield make("leaky_relu", 0, (_SLOPE, _INPLACE), anything, _read_activation)
    for name in ("tanh", "sigmoid"):
        yield make(name, 0, (), anything, _read_activation)
    yield make("softmax", 0, _SOFTMAX, anything, _read_softmax)
    yield make("dropout", 0, (*_DROPOUT, *((rate,) if learners else ())), anything, _read_dropout)


_IN_FEATURES: Final = Parameter(
    "in_features",
    "count",
    None,
    "Size of the last axis of the input. May be left out; when given, it must be that.",
)


def _neurons(*, learners: bool) -> Parameter:
    return Parameter(
        "out_features",
        "count",
        None if learners else REQUIRED,
        "Number of neurons, which is the size of the output's last axis"
        + ("; required under this name or as `units`." if learners else "."),
    )


def _flatten(*, learners: bool) -> tuple[Parameter, ...]:
    first = "all but the batch" if learners else "1, all but the batch"
    return (
        Parameter(
            "start_dim",
            "count",
            None if learners else 1,
            f"The first axis that is merged; if left out: {first}.",
            minimum=-MAX_SIZE,
        ),
        Parameter("end_dim", "count", -1, "The last axis that is merged.", minimum=-MAX_SIZE),
    )


_BATCH_NORM: Final = (
    Parameter(
        "num_features",
        "count",
        None,
        "Channels of the input. May be left out; when given, the input must have as many.",
    ),
    Parameter("eps", "number", 1e-5, "Added to the variance; changes no shape.", minimum=0),
    Parameter(
        "momentum",
        "number",
        0.1,
        "How fast the running statistics move; changes no shape.",
        minimum=0,
    ),
    Parameter(
        "affine", "flag", default=True, help="Whether every channel learns a scale and a bias."
    ),
    Parameter(
        "track_running_stats",
        "flag",
        default=True,
        help="Whether the running mean and variance of every channel are kept, as buffers.",
    ),
)

_SOFTMAX: Final = (
    Parameter(
        "dim",
        "count",
        None,
        "The axis whose numbers add up to 1; the channels if left out.",
        minimum=-MAX_SIZE,
    ),
    Parameter("axis", "count", None, "The same as `dim`.", minimum=-MAX_SIZE, alias_of="dim"),
)

_DROPOUT: Final = (
    Parameter("p", "number", 0.5, "The share that is dropped while training.", minimum=0),
    _INPLACE,
)
