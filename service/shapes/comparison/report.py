"""A comparison as plain data and as a few lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from service.shapes.comparison import Comparison, Outcome
    from service.shapes.comparison.reasons import Reason

__all__ = ["describe_comparison", "summarise_comparison"]


def describe_comparison(comparison: Comparison) -> dict[str, Any]:
    """Put a comparison into one dict of JSON types."""
    return {
        "op": comparison.op,
        "framework": comparison.framework,
        "frameworks": {
            name: _describe_outcome(outcome) for name, outcome in comparison.outcomes.items()
        },
        "agree": comparison.agree,
        "reasons": [_describe_reason(reason) for reason in comparison.reasons],
        "notes": [_describe_reason(note) for note in comparison.notes],
        "edit": comparison.edit,
    }


def _describe_outcome(outcome: Outcome) -> dict[str, Any]:
    problem = outcome.problem
    return {
        "available": outcome.available,
        "layout": outcome.layout,
        "input_shape": _list(outcome.input_shape),
        "values": None if outcome.values is None else dict(outcome.values),
        "nearest": outcome.nearest,
        "output_shape": _list(outcome.output_shape),
        "padding": None if outcome.padding is None else [list(pair) for pair in outcome.padding],
        "params": outcome.params,
        "code": outcome.code,
        "problem": None
        if problem is None
        else {"code": problem.code, "detail": problem.detail, "hint": problem.hint},
        "values_shift": outcome.values_shift,
        "shifts": [shift._asdict() for shift in outcome.shifts],
        "edit": outcome.edit,
        "quirks": [quirk._asdict() for quirk in outcome.quirks],
    }


def _describe_reason(reason: Reason) -> dict[str, Any]:
    return {**reason._asdict(), "frameworks": list(reason.frameworks)}


def _list(sizes: Sequence[int] | None) -> list[int] | None:
    return None if sizes is None else list(sizes)


def summarise_comparison(comparison: Comparison) -> str:
    """Say the same in a few lines that a terminal or a chat can show."""
    lines = list(_lines(comparison))
    lines.append("they agree" if comparison.agree else "they do not agree")
    lines += [f"reason: {reason.detail}" for reason in comparison.reasons]
    lines += [f"note: {note.detail}" for note in comparison.notes]
    if comparison.edit is not None:
        lines.append(f"edit: {comparison.edit}")
    return "\n".join(lines)


def _lines(comparison: Comparison) -> Iterator[str]:
    width = max(map(len, comparison.outcomes), default=0)
    for name, outcome in comparison.outcomes.items():
        yield f"{name:{width}}  {_line(outcome)}"


def _line(outcome: Outcome) -> str:
    if outcome.output_shape is None:
        problem = outcome.problem
        detail = "" if problem is None else problem.detail
        return f"refused: {detail}" if outcome.available else detail
    shape = "×".join(map(str, outcome.output_shape))
    shifted = ", other numbers" if outcome.values_shift else ""
    return f"{shape} ({outcome.layout}){shifted}"
