"""A diagnosis as plain data and as a few lines of text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from service.shapes.mistakes import Diagnosis

__all__ = ["describe_diagnosis", "summarise_diagnosis"]


def describe_diagnosis(found: Diagnosis) -> dict[str, Any]:
    """Put a diagnosis into one dict of JSON types."""
    return {
        "correct": found.correct,
        "answer": _plain(found.answer),
        "expected": _plain(found.expected),
        "mistakes": [
            {**mistake._asdict(), "would_give": _plain(mistake.would_give)}
            for mistake in found.mistakes
        ],
    }


def summarise_diagnosis(found: Diagnosis) -> str:
    """Say the same in a few lines that a terminal or a chat can show."""
    if found.correct:
        return f"{_text(found.answer)} is right."
    lines = [f"{_text(found.answer)} is not right: it is {_text(found.expected)}."]
    lines += [f"{mistake.code}: {mistake.explanation}" for mistake in found.mistakes]
    if not found.mistakes:
        lines.append("No known mistake gives that.")
    return "\n".join(lines)


def _plain(answer: int | tuple[int, ...]) -> int | list[int]:
    return answer if isinstance(answer, int) else list(answer)


def _text(answer: int | tuple[int, ...]) -> str:
    return f"{answer:,}" if isinstance(answer, int) else "×".join(map(str, answer))
