"""Solutions as plain data and as a few lines of text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from service.shapes.solver import Solutions

__all__ = ["describe_solutions", "summarise_solutions"]


def describe_solutions(found: Solutions) -> dict[str, Any]:
    """Put solutions into one dict of JSON types."""
    return {
        "solutions": list(found.solutions),
        "count": found.count,
        "why_none": found.why_none,
        "nearest": [
            {"values": near.values, "output_shape": list(near.output_shape)}
            for near in found.nearest
        ],
    }


def summarise_solutions(found: Solutions, most: int = 10) -> str:
    """Say the same in a few lines that a terminal or a chat can show."""
    if found.why_none is not None:
        near = [
            f"{_values(near.values)} gives {'×'.join(map(str, near.output_shape))}"
            for near in found.nearest
        ]
        return "\n".join([found.why_none, *near])
    lines = [_values(values) for values in found.solutions[:most]]
    hidden = found.count - len(lines)
    return "\n".join([*lines, f"and {hidden:,} more"] if hidden else lines)


def _values(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_value(value)}" for name, value in values.items())


def _value(value: Any) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        paired = value and isinstance(value[0], Sequence)
        return "×".join(f"{b}:{a}" for b, a in value) if paired else "×".join(map(str, value))
    return str(value)
