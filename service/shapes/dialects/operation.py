"""What a dialect offers: its operations, each with its parameters, layouts and reader."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from service.shapes.layer import Layer

if TYPE_CHECKING:
    from service.shapes.parameters import Parameter

__all__ = ["Operation", "Reader", "Values", "by_name"]

Values = Mapping[str, Any]
Reader = Callable[["Operation", tuple[int, ...], Values, str | None], Layer]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of one framework.

    ``layouts`` lists the layouts it takes; of two with as many letters the first is the default.
    ``read`` turns a checked input shape, the given values and the asked layout into a layer, or
    raises :class:`service.shapes.errors.ShapeError`.
    """

    framework: str
    name: str
    rank: int
    parameters: tuple[Parameter, ...]
    layouts: tuple[str, ...]
    read: Reader
    names: frozenset[str] = field(init=False)
    layout_by_length: Mapping[int, str] = field(init=False)

    def __post_init__(self) -> None:
        defaults: dict[int, str] = {}
        for layout in self.layouts:
            defaults.setdefault(len(layout), layout)
        object.__setattr__(self, "names", frozenset(p.name for p in self.parameters))
        object.__setattr__(self, "layout_by_length", defaults)


def by_name(operations: Iterable[Operation]) -> dict[str, Operation]:
    """Index operations by their names."""
    return {operation.name: operation for operation in operations}
