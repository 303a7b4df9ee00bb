"""Nested lists to numpy and back, strictly: sizes first, then types, then values."""

from itertools import chain
from math import isfinite
from typing import Any, NoReturn

import numpy as np

from service.convolution.budget import DEFAULT_BUDGET
from service.convolution.errors import OverBudget, TensorError
from service.convolution.geometry import Array

MAX_RANK = 5
"""Axes of the largest tensor there is: batch, channels and three spatial axes."""

MAX_WHOLE = 2**53
"""Largest integer (either sign) that JSON readers agree on, because float64 holds it exactly."""

_AT_ONCE = 32_768
"""Numbers looked at in one go; other threads get their turn in between."""


def read_tensor(
    value: object,
    *,
    pointer: str = "",
    max_elements: int = DEFAULT_BUDGET.max_input,
    max_rank: int = MAX_RANK,
) -> Array:
    """Read nested lists of JSON numbers as an array: int64 if all are integers, else float64.

    The lists are measured before any number is looked at, so a tensor of more than
    ``max_elements`` is refused at the price of counting it. ``pointer`` is where the value stands
    in the request; errors point to the first offending place below it.

    Raises OverBudget for the size and TensorError for lists of unequal length
    (``ragged_tensor``), without entries (``empty_tensor``), nested deeper than ``max_rank``
    (``tensor_too_deep``), for what is no number (``wrong_type``; true and false are none), not
    finite (``not_finite``) or an integer beyond ±2**53 (``number_too_large``).
    """
    shape, flat = _measure(value, pointer, max_elements, max_rank)
    parts = [flat[start : start + _AT_ONCE] for start in range(0, len(flat), _AT_ONCE)]
    kinds: set[type] = set()
    for part in parts:
        found = set(map(type, part))
        if not found <= {int, float} or (int in found and not _exact(part, found)):
            raise _first_fault(flat, shape, pointer)
        kinds |= found
    array = np.empty(len(flat), dtype=np.int64 if kinds == {int} else np.float64)
    for number, part in enumerate(parts):
        array[number * _AT_ONCE : number * _AT_ONCE + len(part)] = part
    if not np.isfinite(array).all():
        raise _first_fault(flat, shape, pointer)
    return array.reshape(shape)


def write_tensor(array: Array) -> Any:
    """Return nested lists of Python numbers: int for integers, float (never −0.0) for floats."""
    return (array + 0).tolist()


def _measure(
    value: object, pointer: str, max_elements: int, max_rank: int
) -> tuple[tuple[int, ...], list[Any]]:
    """Return the shape of nested lists and their leaves in reading order, types unlooked at."""
    if type(value) is not list:
        raise TensorError(
            "wrong_type",
            f"A tensor is nested lists of numbers, not {_name(value)}.",
            pointer=pointer,
            hint="For example [[1, 2], [3, 4]].",
        )
    shape: list[int] = []
    level: list[Any] = [value]
    while type(level[0]) is list:
        size = len(level[0])
        if len(shape) == max_rank:
            raise TensorError(
                "tensor_too_deep",
                f"The lists are nested deeper than {max_rank}.",
                pointer=pointer + "/0" * max_rank,
                hint=f"A tensor here has at most {max_rank} axes.",
            )
        for index, part in enumerate(level):
            if type(part) is not list or len(part) != size:
                _refuse_ragged(part, size, pointer + _path(index, shape))
        if size == 0:
            raise TensorError(
                "empty_tensor",
                "The list has no entries.",
                pointer=pointer + _path(0, shape),
                hint="Every axis of a tensor holds at least one entry.",
            )
        asked = len(level) * size
        if asked > max_elements:
            raise OverBudget(
                "tensor",
                "numbers in one tensor",
                asked,
                max_elements,
                pointer=pointer,
                hint="Send a smaller tensor: fewer pixels, channels or samples.",
            )
        shape.append(size)
        level = list(chain.from_iterable(level))
    return tuple(shape), level


def _refuse_ragged(part: object, size: int, pointer: str) -> NoReturn:
    if type(part) is list:
        raise TensorError(
            "ragged_tensor",
            f"This list has {len(part)} entries, but the first one beside it has {size}.",
            pointer=pointer,
            hint=f"Give it {size} entries: all lists of one depth are equally long.",
        )
    raise TensorError(
        "ragged_tensor",
        f"A list of {size} stands beside it, but this is {_name(part)}.",
        pointer=pointer,
        hint=f"Put a list of {size} entries here.",
    )


def _exact(numbers: list[Any], kinds: set[type]) -> bool:
    """Whether all integers among these numbers, of which there are some, lie within ±2**53."""
    whole = numbers if kinds == {int} else [one for one in numbers if type(one) is int]
    return bool(max(whole) <= MAX_WHOLE and min(whole) >= -MAX_WHOLE)


def _first_fault(flat: list[Any], shape: tuple[int, ...], pointer: str) -> TensorError:
    """Describe the first leaf that is no finite, exact number; there must be one."""
    index, (code, detail, hint) = next(
        (index, fault) for index, leaf in enumerate(flat) if (fault := _fault(leaf))
    )
    return TensorError(code, detail, pointer=pointer + _path(index, shape), hint=hint)


def _fault(leaf: object) -> tuple[str, str, str] | None:
    """Say what is wrong with one leaf: (code, detail, hint), or None."""
    if type(leaf) is int:
        if abs(leaf) <= MAX_WHOLE:
            return None
        return (
            "number_too_large",
            f"An integer here lies within ±2**53; this one has {leaf.bit_length()} bits.",
            "Write it with a decimal point if a rounded value will do.",
        )
    if type(leaf) is float:
        if isfinite(leaf):
            return None
        return "not_finite", "This number is not finite.", "Every number of a tensor is finite."
    if type(leaf) is list:
        return (
            "ragged_tensor",
            "A list stands where its neighbours are numbers.",
            "Put a number here.",
        )
    return "wrong_type", f"A number belongs here, not {_name(leaf)}.", "Put a number here."


def _path(index: int, shape: list[int] | tuple[int, ...]) -> str:
    """Return the JSON pointer of the index-th entry of the last axis of ``shape``."""
    steps: list[str] = []
    for size in reversed(shape):
        index, step = divmod(index, size)
        steps.append(f"/{step}")
    return "".join(reversed(steps))


def _name(value: object) -> str:
    if value is None:
        return "null"
    names = {bool: "true or false", str: "text", dict: "an object", list: "a list"}
    return names.get(type(value), "a single number")
