"""Reading the values that all dialects have in common.

Every function takes the values of one request and the name of a parameter; null and absent are the
same. What comes back is a whole number, a word, a flag, or a tuple with one number per axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NoReturn, TypeVar

from service.shapes.dialects.refusals import (
    refuse_large,
    refuse_missing,
    refuse_number,
    refuse_type,
    shown,
    suggestion,
)
from service.shapes.errors import MisfitError, ParameterError, UnknownError
from service.shapes.layer import LAYOUTS, MAX_SIZE, PLAIN, Details, PaddingMode
from service.shapes.symbolic.size import Size

if TYPE_CHECKING:
    from service.shapes.dialects.operation import Operation, Values
    from service.shapes.padding import Pads

__all__ = [
    "PADDING_MODES",
    "both_sides",
    "read_choice",
    "read_count",
    "read_divisor",
    "read_flag",
    "read_indices",
    "read_layout",
    "read_required_count",
    "read_shape",
    "read_sizes",
]

T = TypeVar("T", int, None)
S = TypeVar("S", bound=str)

PADDING_MODES: Final[tuple[PaddingMode, ...]] = ("zeros", "reflect", "replicate", "circular")
"""What padding may be filled with, wherever a dialect lets one choose."""


def read_shape(input_shape: Sequence[int], pointer: str = "/input_shape") -> tuple[int, ...]:
    """Check that an input shape is made of sizes; 0 is left to the dialect."""
    if type(input_shape) is not list and type(input_shape) is not tuple:
        refuse_type(input_shape, pointer, "a list of sizes such as [28, 28, 3]")
    for size in input_shape:
        if type(size) is not int or not 0 <= size <= MAX_SIZE:
            _refuse_first(input_shape, pointer)
    return tuple(input_shape)


def _refuse_first(input_shape: Sequence[object], pointer: str) -> None:
    for index, size in enumerate(input_shape):
        if type(size) not in (int, Size) or not 0 <= size <= MAX_SIZE:  # type: ignore[operator]
            _refuse_size(size, f"{pointer}/{index}")


def _refuse_size(size: object, pointer: str) -> NoReturn:
    if type(size) is not int:
        refuse_type(size, pointer, "a whole number")
    if size > MAX_SIZE:
        refuse_large(size, pointer)
    raise MisfitError(
        "input_rank_or_size",
        f"An input cannot have the size {shown(size)}.",
        pointer=pointer,
        hint="sizes are at least 1",
    )


def read_layout(operation: Operation, shape: tuple[int, ...], layout: str | None) -> str:
    """Choose the layout by the number of sizes, or check the one that was asked for."""
    if layout is None:
        found = operation.layout_by_length.get(len(shape))
        if found is None:
            ranks = _either([f"{len(name)} ({name})" for name in _defaults(operation)])
            raise MisfitError(
                "input_rank_or_size",
                f"{operation.name} in {operation.framework} takes an input of {ranks} sizes, "
                f"not {len(shape)}.",
                pointer="/input_shape",
                hint=f"for example {'x'.join(_example(operation))}",
            )
        return found
    if layout not in operation.layouts:
        if type(layout) is not str:
            refuse_type(layout, "/layout", f"letters such as {operation.layouts[0]}")
        other = " (it is a layout of other operations)" if layout in LAYOUTS else ""
        raise UnknownError(
            "unknown_layout",
            f"{operation.name} in {operation.framework} has no layout `{layout[:64]}`{other}.",
            pointer="/layout",
            hint=f"its layouts: {', '.join(operation.layouts)}",
        )
    if len(layout) != len(shape):
        raise MisfitError(
            "input_rank_or_size",
            f"The layout {layout} has {len(layout)} axes, the input has {len(shape)} sizes.",
            pointer="/input_shape",
            hint=f"one size for each letter of {layout}",
        )
    return layout


def _defaults(operation: Operation) -> list[str]:
    return [layout for _, layout in sorted(operation.layout_by_length.items())]


def _example(operation: Operation) -> list[str]:
    sizes = {"N": "1", "C": "3"}
    return [sizes.get(letter, "28") for letter in _defaults(operation)[-1]]


def _either(words: Sequence[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def read_count(values: Values, name: str, default: T) -> int | T:
    """Read one positive number, or take the default."""
    value = values.get(name)
    if value is None:
        return default
    if type(value) is not int or not 1 <= value <= MAX_SIZE:
        refuse_number(value, f"/{name}", name, 1)
    return value


def read_required_count(values: Values, name: str) -> int:
    """Read one positive number that must be given."""
    value = read_count(values, name, None)
    if value is None:
        refuse_missing(name)
    return value


def read_divisor(values: Values) -> int | None:
    """Read what an average is divided by instead of its window: any whole number but 0."""
    value = values.get("divisor_override")
    if value is None:
        return None
    if type(value) is not int or not -MAX_SIZE <= value <= MAX_SIZE:
        refuse_number(value, "/divisor_override", "divisor_override", -MAX_SIZE)
    if value == 0:
        raise ParameterError(
            "divisor_zero",
            "No average is divided by 0.",
            pointer="/divisor_override",
            hint="leave it out to divide by the size of the window",
        )
    return value


def read_flag(values: Values, name: str, *, default: bool) -> bool:
    """Read true or false, or take the default."""
    value = values.get(name)
    if value is None:
        return default
    if type(value) is not bool:
        refuse_type(value, f"/{name}", "true or false")
    return value


def read_indices(values: Values) -> Details:
    """Read whether a maximum is to say where it was found."""
    return _WITH_INDICES if read_flag(values, "return_indices", default=False) else PLAIN


_WITH_INDICES: Final = Details(return_indices=True)


def read_choice(values: Values, name: str, default: S, choices: Sequence[S]) -> S:
    """Read one of several words, or take the default."""
    value = values.get(name)
    if value is None:
        return default
    if type(value) is not str:
        refuse_type(value, f"/{name}", "one of " + ", ".join(choices))
    for choice in choices:
        if choice == value:
            return choice
    raise ParameterError(
        f"bad_{name}_value",
        f"`{name}` cannot be `{value[:64]}`.",
        pointer=f"/{name}",
        hint=suggestion(value, choices, "one of"),
    )


def read_sizes(
    values: Values,
    name: str,
    rank: int,
    default: tuple[int, ...] | None,
    minimum: int = 1,
    *,
    spread: bool = True,
) -> tuple[int, ...]:
    """Read a number for all axes, or one for each.

    None as ``default`` makes it required. With ``spread`` a list of a single number stands for
    all axes as well.
    """
    value = values.get(name)
    if value is None:
        if default is None:
            refuse_missing(name)
        return default
    if type(value) is int:
        if not minimum <= value <= MAX_SIZE:
            refuse_number(value, f"/{name}", name, minimum)
        return (value,) * rank
    if type(value) is not list and type(value) is not tuple:
        refuse_type(value, f"/{name}", "a whole number or a list of them, one for each axis")
    if len(value) != rank and not (spread and len(value) == 1):
        raise ParameterError(
            "pads_wrong_length" if name == "padding" else "wrong_length",
            f"`{name}` has {_numbers(len(value))}, the layer has {_axes(rank)}.",
            pointer=f"/{name}",
            hint=f"one number for all axes, or a list of {rank}",
        )
    for index, number in enumerate(value):
        if type(number) is not int or not minimum <= number <= MAX_SIZE:
            refuse_number(number, f"/{name}/{index}", name, minimum)
    return tuple(value) if len(value) == rank else (value[0],) * rank


def both_sides(padding: tuple[int, ...]) -> Pads:
    """Put the same padding before and after each axis."""
    return tuple([(pixels, pixels) for pixels in padding])


def _numbers(count: int) -> str:
    return "1 number" if count == 1 else f"{count} numbers"


def _axes(rank: int) -> str:
    return "1 axis" if rank == 1 else f"{rank} axes"
