"""Grading: is a response right, and if it is not, which mistake led to it?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from service.quiz.reading import read_integer, read_rating, read_shape
from service.shapes import derive
from service.shapes.mistakes import OUTPUT_SHAPE, Mistake, diagnose

if TYPE_CHECKING:
    from service.quiz.kinds import Rating
    from service.quiz.templates import Problem
    from service.shapes import Step

__all__ = ["Grade", "grade", "grade_card", "in_words"]


@dataclass(frozen=True, slots=True)
class Grade:
    """What a response is worth.

    ``read`` is the response as it was read. ``mistake`` is the one wrong rule that gives it;
    it is None where several do, and ``mistakes`` has them all, likeliest first. ``explanation`` is
    a few plain sentences. A card is rated by the learner: it has a ``rating``, and nothing in it is
    right or wrong (``correct`` and ``score`` are None).
    """

    correct: bool | None
    score: int | None
    read: int | tuple[int, ...] | None
    expected: int | tuple[int, ...] | None
    explanation: str
    derivation: tuple[Step, ...] = ()
    mistake: Mistake | None = None
    mistakes: tuple[Mistake, ...] = ()
    rating: Rating | None = None


def grade(problem: Problem, response: object) -> Grade:
    """Grade what was answered to ``problem``: typed text, a number or a list of numbers.

    Raises:
        UnreadableResponseError: it cannot be read as an answer of this kind.
    """
    read: int | tuple[int, ...]
    if problem.kind == "shape":
        read = read_shape(response, problem.layout)
    else:
        read = read_integer(response)
    correct = read == problem.key
    mistakes = () if correct else diagnose(problem.inference, read, problem.quantity)
    mistake = mistakes[0] if len(mistakes) == 1 else None
    derivation = _derivation(problem)
    return Grade(
        correct=correct,
        score=int(correct),
        read=read,
        expected=problem.key,
        explanation=_explanation(problem, read, mistake, derivation),
        derivation=derivation,
        mistake=mistake,
        mistakes=mistakes,
    )


def grade_card(back: str, response: object) -> Grade:
    """Take the rating that a learner gave a card whose ``back`` is shown in return.

    Raises:
        UnreadableResponseError: it is none of again, hard, good, easy.
    """
    rating = read_rating(response)
    return Grade(None, None, None, None, explanation=back, rating=rating)


def in_words(answer: int | tuple[int, ...]) -> str:
    """An answer as people write it: 14×14×20."""
    return str(answer) if isinstance(answer, int) else "×".join(str(size) for size in answer)


def _derivation(problem: Problem) -> tuple[Step, ...]:
    """The steps that lead to what was asked, without what the layer costs."""
    return tuple(
        step
        for step in derive(problem.inference)
        if step.axis is not None and problem.quantity in (OUTPUT_SHAPE, step.axis)
    )


def _explanation(
    problem: Problem,
    read: int | tuple[int, ...],
    mistake: Mistake | None,
    derivation: tuple[Step, ...],
) -> str:
    key = in_words(problem.key)
    verdict = f"Right: {key}."
    if read != problem.key:
        verdict = f"Not {in_words(read)}: it is {key}."
    why = [mistake.explanation] if mistake else []
    return " ".join([verdict, *why, *_sums(derivation)])


def _sums(derivation: tuple[Step, ...]) -> list[str]:
    """The last line of arithmetic for each axis; axes that share it stand together."""
    axes: dict[str, list[str]] = {}
    for step in derivation:
        if step.quantity == "output":
            text = str(step.value)
            if step.substitution != text:
                text = f"{step.substitution} = {text}"
            axes.setdefault(text, []).append(str(step.axis))
    return [f"{' and '.join(names).capitalize()}: {text}." for text, names in axes.items()]
