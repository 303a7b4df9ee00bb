"""Padding in every form there is: a rule, a number, one for each axis, a pair for each axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NoReturn

from service.shapes.dialects.reading import both_sides, read_choice, read_sizes
from service.shapes.dialects.refusals import refuse_number, refuse_type
from service.shapes.errors import ParameterError
from service.shapes.layer import MAX_SIZE, PaddingRule
from service.shapes.padding import pad

if TYPE_CHECKING:
    from service.shapes.dialects.operation import Values
    from service.shapes.padding import Pads

__all__ = ["PADDING_RULES", "read_padding", "read_pads"]

PADDING_RULES: Final[tuple[PaddingRule, ...]] = ("valid", "same", "same_lower", "full", "causal")
"""The rules that padding may name, in any framework."""


def read_padding(
    values: Values,
    sizes: tuple[int, ...],
    kernel_size: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
) -> tuple[PaddingRule, Pads]:
    """Read the name of the padding's rule and the pixels before and after each axis."""
    value = values.get("padding")
    if value is None:
        return "valid", ((0, 0),) * len(sizes)
    if type(value) is str:
        rule: PaddingRule = read_choice(values, "padding", "valid", PADDING_RULES)
        return rule, pad(rule, sizes, kernel_size, stride, dilation)
    return "explicit", read_pads(values, "padding", len(sizes))


def read_pads(values: Values, name: str, rank: int) -> Pads:
    """Read the pixels before and after each axis: a number, one for each axis, or pairs."""
    value = values.get(name)
    if type(value) is list or type(value) is tuple:
        paired = any(type(entry) is list or type(entry) is tuple for entry in value)
        if paired or len(value) not in (1, rank):
            return _read_pairs(value, name, rank)
    return both_sides(read_sizes(values, name, rank, None, 0))


def _read_pairs(entries: list[object] | tuple[object, ...], name: str, rank: int) -> Pads:
    if len(entries) not in (1, rank):
        axes = "1 axis" if rank == 1 else f"{rank} axes"
        _refuse_pairs(name, "", f"{len(entries)} entries for {axes}", rank)
    pairs = tuple(
        [_read_pair(entry, name, f"/{index}", rank) for index, entry in enumerate(entries)]
    )
    return pairs if len(pairs) == rank else pairs * rank


def _read_pair(entry: object, name: str, index: str, rank: int) -> tuple[int, int]:
    pointer = f"/{name}{index}"
    if type(entry) is int:
        return (_read_pixels(entry, name, pointer),) * 2
    if type(entry) is not list and type(entry) is not tuple:
        refuse_type(entry, pointer, "a pair [before, after]")
    if len(entry) != 2:
        _refuse_pairs(name, index, f"{len(entry)} numbers where a pair belongs", rank)
    before, after = entry
    return _read_pixels(before, name, f"{pointer}/0"), _read_pixels(after, name, f"{pointer}/1")


def _read_pixels(value: object, name: str, pointer: str) -> int:
    if type(value) is not int or not 0 <= value <= MAX_SIZE:
        refuse_number(value, pointer, name, 0)
    return value


def _refuse_pairs(name: str, index: str, found: str, rank: int) -> NoReturn:
    raise ParameterError(
        "pads_wrong_length",
        f"`{name}` has {found}.",
        pointer=f"/{name}{index}",
        hint="a number for all axes, or for each axis a number or a pair [before, after], "
        f"for example {[[0, 1]] * rank}",
    )
