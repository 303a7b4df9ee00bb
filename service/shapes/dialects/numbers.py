"""Reading what is no whole number of pixels: factors, shares, norms, the index of an axis.

As in :mod:`service.shapes.dialects.reading`, null and absent are the same.
"""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, NoReturn, cast

from service.shapes.dialects.refusals import (
    refuse_large,
    refuse_missing,
    refuse_number,
    refuse_type,
    shown,
)
from service.shapes.errors import MisfitError, ParameterError
from service.shapes.layer import MAX_SIZE

if TYPE_CHECKING:
    from service.shapes.dialects.operation import Values

__all__ = ["given_name", "read_axis", "read_number", "read_numbers", "read_output_size"]


def given_name(values: Values, name: str, alias: str) -> str:
    """Return the one of two words for the same parameter under which it was given."""
    if values.get(alias) is None:
        return name
    if values.get(name) is not None:
        raise ParameterError(
            "given_twice",
            f"`{alias}` and `{name}` are two words for the same number.",
            pointer=f"/{alias}",
            hint="give one of the two",
        )
    return alias


def read_number(
    values: Values, name: str, default: float | None, least: float, most: float = MAX_SIZE
) -> float:
    """Read a number between ``least`` and ``most``; None as ``default`` makes it required."""
    value = values.get(name)
    if value is None:
        if default is None:
            refuse_missing(name)
        return default
    return _bounded(value, f"/{name}", name, least, most)


def read_numbers(values: Values, name: str, rank: int, least: float) -> tuple[float, ...]:
    """Read a number for all axes, or one for each, none below ``least``."""
    value = values.get(name)
    if value is None:
        refuse_missing(name)
    if type(value) is not list and type(value) is not tuple:
        return (_bounded(value, f"/{name}", name, least, MAX_SIZE),) * rank
    if len(value) not in (1, rank):
        _refuse_length(name, len(value), rank)
    numbers = [
        _bounded(number, f"/{name}/{index}", name, least, MAX_SIZE)
        for index, number in enumerate(value)
    ]
    return tuple(numbers) if len(numbers) == rank else tuple(numbers * rank)


def read_axis(values: Values, name: str, shape: tuple[int, ...], default: int) -> int:
    """Read the index of an axis of ``shape``; −1 is the last."""
    value = values.get(name)
    pointer = "/input_shape" if value is None else f"/{name}"
    if value is None:
        value = default
    elif type(value) is not int:
        refuse_type(value, pointer, "a whole number")
    length = len(shape)
    if not -length <= value < length:
        raise MisfitError(
            "axis_out_of_range",
            f"The input has {length} axes, so none has the index {shown(value)}.",
            pointer=pointer,
            hint=f"between {-length} and {length - 1}" if length else "an input with axes",
        )
    return value % length


def read_output_size(
    values: Values, sizes: tuple[int, ...], least: int, *, nulls: bool
) -> tuple[int, ...]:
    """Read the output's sizes along all axes; with ``nulls``, null in a list keeps the input's."""
    value = values.get("output_size")
    rank = len(sizes)
    if value is None:
        refuse_missing("output_size")
    if type(value) is not list and type(value) is not tuple:
        return (_size(value, "/output_size", least),) * rank
    if len(value) not in (1, rank):
        _refuse_length("output_size", len(value), rank)
    entries = list(value) if len(value) == rank else list(value) * rank
    return tuple(
        [
            size if nulls and entry is None else _size(entry, f"/output_size/{index}", least)
            for index, (entry, size) in enumerate(zip(entries, sizes, strict=True))
        ]
    )


def _size(value: object, pointer: str, least: int) -> int:
    if type(value) is not int or not least <= value <= MAX_SIZE:
        refuse_number(value, pointer, "output_size", least)
    return value


def _bounded(value: object, pointer: str, name: str, least: float, most: float) -> float:
    if type(value) is not int and type(value) is not float:
        refuse_type(value, pointer, "a number")
    number = cast("float", value)
    if isinstance(number, float) and not isfinite(number):
        refuse_type(value, pointer, "a finite number")
    if number > most == MAX_SIZE:
        refuse_large(int(number), pointer)
    if not least <= number <= most:
        _refuse_bounds(number, pointer, name, least, most)
    return number


def _refuse_bounds(value: float, pointer: str, name: str, least: float, most: float) -> NoReturn:
    written = shown(value) if isinstance(value, int) else repr(value)
    raise ParameterError(
        f"{name}_out_of_range",
        f"`{name}` cannot be {written}.",
        pointer=pointer,
        hint=f"at least {least}" if most == MAX_SIZE else f"between {least} and {most}",
    )


def _refuse_length(name: str, found: int, rank: int) -> NoReturn:
    axes = "1 axis" if rank == 1 else f"{rank} axes"
    raise ParameterError(
        "wrong_length",
        f"`{name}` has {found} number{'' if found == 1 else 's'}, the layer has {axes}.",
        pointer=f"/{name}",
        hint=f"one number for all axes, or a list of {rank}",
    )
