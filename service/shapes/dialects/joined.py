"""Layers with several inputs: add, concat and center_crop_like.

The first input is the ``input_shape``, like that of every layer; ``other_shapes`` are the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from service.shapes.dialects.moves import moved_layer
from service.shapes.dialects.networks import ANY_LAYOUT, plain_layer
from service.shapes.dialects.numbers import given_name, read_axis
from service.shapes.dialects.operation import Operation, Values
from service.shapes.dialects.reading import read_layout, read_shape
from service.shapes.dialects.refusals import refuse_missing, refuse_type
from service.shapes.errors import MisfitError, ParameterError
from service.shapes.layer import LAYOUTS, MAX_SIZE, Layer
from service.shapes.parameters import REQUIRED, Parameter

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["operations"]

_MOST: Final = 1000
"""The most inputs that one layer may join."""

_OTHERS: Final = Parameter(
    "other_shapes", "shapes", REQUIRED, "Shapes of the inputs after the first, each a list."
)
_AXES: Final = (
    Parameter(
        "dim",
        "count",
        None,
        "The axis along which the inputs are put one behind the other; the channels if left out.",
        minimum=-MAX_SIZE,
    ),
    Parameter("axis", "count", None, "The same as `dim`.", minimum=-MAX_SIZE, alias_of="dim"),
)
_SPATIAL: Final = {
    "textbook": (
        *("HWC", "CHW", "NHWC", "NCHW", "HW", "L", "LC", "CL", "NLC", "NCL"),
        *("DHWC", "CDHW", "NDHWC", "NCDHW", "DHW"),
    ),
    "pytorch": ("NCHW", "CHW", "NCL", "CL", "NCDHW", "CDHW"),
}


def _read_others(values: Values) -> tuple[tuple[int, ...], ...]:
    value = values.get("other_shapes")
    if value is None:
        refuse_missing("other_shapes")
    if type(value) is not list and type(value) is not tuple:
        refuse_type(value, "/other_shapes", "a list of shapes such as [[28, 28, 3]]")
    if not 1 <= len(value) <= _MOST:
        raise ParameterError(
            "wrong_number_of_inputs",
            f"A layer cannot join {1 + len(value)} inputs.",
            pointer="/other_shapes",
            hint=f"from 2 to {_MOST + 1} inputs",
        )
    return tuple([read_shape(shape, f"/other_shapes/{at}") for at, shape in enumerate(value)])


def _read_add(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    letters = read_layout(operation, shape, layout)
    others = _read_others(values)
    for at, other in enumerate(others):
        if other != shape:
            _refuse_different(at, other, shape, "can be added only to its like", _times(shape))
    return plain_layer(operation, "add", letters, shape, other_shapes=others)


def _read_concat(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    letters = read_layout(operation, shape, layout)
    channel = LAYOUTS[letters].channel
    default = len(shape) - 1 if channel is None else channel
    axis = read_axis(values, given_name(values, "dim", "axis"), shape, default)
    others = _read_others(values)
    for at, other in enumerate(others):
        if len(other) != len(shape) or any(
            one != two
            for index, (one, two) in enumerate(zip(other, shape, strict=True))
            if index != axis
        ):
            wanted = [*map(str, shape)]
            wanted[axis] = "any"
            reason = f"differs from it elsewhere than along axis {axis} ({letters[axis]})"
            _refuse_different(at, other, shape, reason, "×".join(wanted))
    return plain_layer(operation, "concat", letters, shape, axes=(axis,), other_shapes=others)


def _read_crop(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    letters = read_layout(operation, shape, layout)
    others = _read_others(values)
    if len(others) != 1:
        raise ParameterError(
            "wrong_number_of_inputs",
            f"center_crop_like crops the first of two inputs; {1 + len(others)} are given.",
            pointer="/other_shapes",
            hint="2 inputs",
        )
    (other,) = others
    at = LAYOUTS[letters]
    end = at.start + at.rank
    if len(other) != len(shape):
        _refuse_different(0, other, shape, "has another number of axes", f"{len(shape)} sizes")
    pads = []
    for size, smaller in zip(shape[at.start : end], other[at.start : end], strict=True):
        if smaller > size:
            _refuse_different(0, other, shape, "is larger: nothing to crop", f"at most {size}")
        over = size - smaller
        pads.append((over // 2, over - over // 2))
    return moved_layer(
        operation.framework,
        operation.name,
        "center_crop_like",
        letters,
        shape,
        tuple(pads),
        other_shapes=others,
    )


def _refuse_different(
    at: int, other: Sequence[int], shape: Sequence[int], reason: str, hint: str
) -> None:
    raise MisfitError(
        "shapes_differ",
        f"Input {at + 2} has the shape {_times(other)}, the first has {_times(shape)}: "
        f"it {reason}.",
        pointer=f"/other_shapes/{at}",
        hint=hint,
    )


def _times(shape: Sequence[int]) -> str:
    return "×".join(map(str, shape)) or "()"


def operations(framework: str) -> Iterator[Operation]:
    """Layers of several inputs."""
    anything = ANY_LAYOUT[framework]
    yield Operation(framework, "add", 0, (_OTHERS,), anything, _read_add)
    yield Operation(framework, "concat", 0, (_OTHERS, *_AXES), anything, _read_concat)
    yield Operation(framework, "center_crop_like", 0, (_OTHERS,), _SPATIAL[framework], _read_crop)
