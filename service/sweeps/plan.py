"""From named columns to a plan: which column serves which axis, and which rule pads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NoReturn

from service.shapes import AXIS_NAMES, ParameterError, UnknownError
from service.shapes.dialects.refusals import refuse_missing, refuse_type, suggestion
from service.sweeps.columns import Column, read_column, row_count

if TYPE_CHECKING:
    from service.sweeps.operations import Swept

__all__ = ["AxisColumns", "Plan", "read_plan"]

_PER_AXIS: Final = (
    "input",
    "kernel_size",
    "stride",
    "dilation",
    "padding",
    "padding_before",
    "padding_after",
    "output_padding",
)
_COMMON: Final = ("input", "channels", "batch")
_FLAGS: Final = ("bias", "ceil_mode")

_Columns = dict[str, Column]
_Axes = tuple[Column, ...]


@dataclass(frozen=True, slots=True, eq=False)
class AxisColumns:
    """The columns of one spatial axis."""

    input: Column
    kernel_size: Column
    stride: Column
    dilation: Column
    before: Column
    after: Column
    output_padding: Column


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """A sweep whose columns have been sorted out.

    ``axes`` has one entry per spatial axis; where no axis has a column of its own they are one and
    the same object. ``rule`` is the word that ``padding`` was, "valid" where nothing was said, and
    "explicit" where numbers were or no words can be. ``asked`` says whether output padding was
    given. ``channels`` and ``batch`` are 1 where the input has no such axis.
    """

    swept: Swept
    rows: int
    axes: tuple[AxisColumns, ...]
    rule: str
    asked: bool
    channels: Column
    batch: Column
    filters: Column
    groups: Column
    bias: bool
    ceil_mode: bool


def read_plan(swept: Swept, columns: Mapping[str, object]) -> Plan:
    """Read the columns of one operation; None is the same as leaving a column out.

    Raises ShapeError for names that the operation does not take, for columns that are none, and
    for those that are missing, given twice or of unequal length.
    """
    given = {name: value for name, value in columns.items() if value is not None}
    for name in given:
        _check_name(swept, name)
    bias = _read_flag(given, "bias", default=True)
    ceil_mode = _read_flag(given, "ceil_mode", default=False)
    rule = _read_rule(swept, given)
    read = {name: read_column(name, value) for name, value in given.items()}
    rows = row_count(read)
    if "filters" in read and "out_channels" in read:
        _refuse_twice("out_channels", "filters")
    for name in swept.required:
        if name == "out_channels" and name not in read:
            refuse_missing(name)
    before, after = _read_pads(swept, read)
    kernel_size = _required(swept, read, "kernel_size")
    one, none = (1,) * swept.rank, (0,) * swept.rank
    more = _per_axis(swept, read, "output_padding")
    axes = [
        AxisColumns(*columns)
        for columns in zip(
            _required(swept, read, "input"),
            kernel_size,
            _per_axis(swept, read, "stride") or (kernel_size if swept.pools else one),
            _per_axis(swept, read, "dilation") or one,
            before or none,
            after or none,
            more or none,
            strict=True,
        )
    ]
    alike = not any(name.endswith(swept.axis_names) for name in read)
    return Plan(
        swept=swept,
        rows=rows,
        axes=tuple(axes[:1] * swept.rank if alike else axes),
        rule=rule if swept.rules and before is None and after is None else "explicit",
        asked=more is not None,
        channels=read.get("channels", 1),
        batch=read.get("batch", 1),
        filters=read.get("filters", read.get("out_channels", 1)),
        groups=read.get("groups", 1),
        bias=bias,
        ceil_mode=ceil_mode,
    )


def _check_name(swept: Swept, name: str) -> None:
    """Refuse a column that the operation does not take, along one of its axes or at all."""
    known = (*_COMMON, *swept.columns)
    if name in known:
        return
    base, _, axis = str(name).rpartition("_")
    if base in known and base in _PER_AXIS and axis in swept.axis_names:
        return
    shown = str(name)[:64]
    hint = suggestion(shown, known, "its columns")
    if base in known and base in _PER_AXIS and axis in AXIS_NAMES[3] + AXIS_NAMES[1]:
        hint = f"its axes: {', '.join(swept.axis_names)}"
    raise UnknownError(
        "unknown_parameter",
        f"{swept.op} in {swept.framework} has no column `{shown}`.",
        pointer="/" + shown.replace("~", "~0").replace("/", "~1"),
        hint=hint,
    )


def _read_flag(given: dict[str, object], name: str, *, default: bool) -> bool:
    value = given.pop(name, default)
    if type(value) is not bool:
        refuse_type(value, f"/{name}", "true or false, for all rows")
    return value


def _read_rule(swept: Swept, given: dict[str, object]) -> str:
    """Take the word out of the columns that padding may be."""
    value = given.get("padding")
    if type(value) is not str or not swept.rules:
        return "valid"
    if value not in swept.rules:
        raise ParameterError(
            "bad_padding_value",
            f"`padding` cannot be `{value[:64]}`.",
            pointer="/padding",
            hint=suggestion(value, swept.rules, "one of"),
        )
    for name in given:
        if name.startswith(("padding_before", "padding_after")):
            _refuse_twice(name, "padding")
    del given["padding"]
    return value


def _read_pads(swept: Swept, read: _Columns) -> tuple[_Axes | None, _Axes | None]:
    """Read the pixels before and after each axis; None where nothing was said."""
    both = _per_axis(swept, read, "padding")
    before = _per_axis(swept, read, "padding_before")
    after = _per_axis(swept, read, "padding_after")
    if both is None:
        return before, after
    if before is not None or after is not None:
        _refuse_twice("padding_after" if before is None else "padding_before", "padding")
    return both, both


def _required(swept: Swept, read: _Columns, name: str) -> _Axes:
    columns = _per_axis(swept, read, name)
    if columns is None:
        refuse_missing(name)
    return columns


def _per_axis(swept: Swept, read: _Columns, name: str) -> _Axes | None:
    """Find the column of every axis: its own, or one for all. None if there is neither."""
    own = [read.get(f"{name}_{axis}") for axis in swept.axis_names]
    found = [column for column in own if column is not None]
    if name in read:
        for axis, column in zip(swept.axis_names, own, strict=True):
            if column is not None:
                _refuse_twice(f"{name}_{axis}", name)
        return (read[name],) * swept.rank
    if len(found) == swept.rank:
        return tuple(found)
    if found:
        refuse_missing(f"{name}_{swept.axis_names[own.index(None)]}")
    return None


def _refuse_twice(name: str, other: str) -> NoReturn:
    raise ParameterError(
        "given_twice",
        f"`{name}` and `{other}` say the same.",
        pointer=f"/{name}",
        hint="give one of the two",
    )
