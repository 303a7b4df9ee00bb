"""Grading: is a response right, and if it is not, which mistake led to it?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from service.quiz.reading import read_choice, read_integer, read_rating, read_shape
from service.quiz.templates.base import WrongAnswer
from service.shapes import derive
from service.shapes.mistakes import OUTPUT_SHAPE, diagnose

if TYPE_CHECKING:
    from service.quiz.kinds import Rating
    from service.quiz.rubric import Rubric, RubricReport
    from service.quiz.templates import Problem
    from service.quiz.templates.base import Key
    from service.shapes import Step

__all__ = ["Grade", "derivation", "grade", "grade_card", "hold_against", "in_words"]


_COUNTED: Final = {"params": ("weights", "params"), "macs": ("weights", "macs")}
"""The steps that belong to each quantity that is counted."""

_TYPED_WORDS: Final = 2


@dataclass(frozen=True, slots=True)
class Grade:
    """What a response is worth.

    ``read`` is the response as it was read. ``mistake`` is the one wrong rule that gives it;
    it is None where several do, and ``mistakes`` has them all, likeliest first. ``explanation`` is
    a few plain sentences. A card is rated by the learner: it has a ``rating``, and nothing in it is
    right or wrong (``correct`` and ``score`` are None). What they typed before, held against the
    card's rubric, gives a ``rubric`` and no rating.
    """

    correct: bool | None
    score: float | None
    read: Key | None
    expected: Key | None
    explanation: str
    derivation: tuple[Step, ...] = ()
    mistake: WrongAnswer | None = None
    mistakes: tuple[WrongAnswer, ...] = ()
    rating: Rating | None = None
    rubric: RubricReport | None = None


def grade(problem: Problem, response: object, *, partial_credit: bool = False) -> Grade:
    """Grade what was answered to ``problem``: typed text, a number or a list of numbers.

    With ``partial_credit`` a wrong shape is worth the share of its sizes that are right.

    Raises:
        UnreadableResponseError: it cannot be read as an answer of this kind.
    """
    read = _read(problem, response)
    correct = read == problem.key
    mistakes = () if correct else _mistakes(problem, read)
    mistake = mistakes[0] if len(mistakes) == 1 else None
    steps = derivation(problem)
    return Grade(
        correct=correct,
        score=_score(problem, read, partial_credit=partial_credit),
        read=read,
        expected=problem.key,
        explanation=_explanation(problem, read, mistake, steps),
        derivation=steps,
        mistake=mistake,
        mistakes=mistakes,
    )


def _read(problem: Problem, response: object) -> Key:
    if problem.kind == "shape":
        return read_shape(response, problem.layout)
    if problem.kind == "choice":
        return read_choice(response, problem.options)
    return read_integer(response)


def _mistakes(problem: Problem, read: Key) -> tuple[WrongAnswer, ...]:
    found = tuple(wrong for wrong in problem.wrong if wrong.would_give == read)
    if found or problem.inference is None or isinstance(read, str):
        return found
    return tuple(WrongAnswer(*one) for one in diagnose(problem.inference, read, problem.quantity))


def _score(problem: Problem, read: Key, *, partial_credit: bool) -> float:
    key = problem.key
    if partial_credit and isinstance(read, tuple) and isinstance(key, tuple):
        return sum(one == other for one, other in zip(read, key, strict=True)) / len(key)
    return int(read == key)


def grade_card(back: str, response: object) -> Grade:
    """Take the rating that a learner gave a card whose ``back`` is shown in return.

    Raises:
        UnreadableResponseError: it is none of again, hard, good, easy.
    """
    rating = read_rating(response)
    return Grade(None, None, None, None, explanation=back, rating=rating)


def hold_against(back: str, rubric: Rubric, response: object) -> Grade | None:
    """What of a card's rubric is in a typed answer; None for what is none: fewer than two words."""
    if not isinstance(response, str) or len(response.split()) < _TYPED_WORDS:
        return None
    report = rubric.look(response)
    return Grade(None, None, None, None, explanation=back, rubric=report)


def in_words(problem: Problem, answer: Key) -> str:
    """An answer as people write it: 14×14×20; an option with its text."""
    if isinstance(answer, tuple):
        return "×".join(str(size) for size in answer)
    text = next((option.text for option in problem.options if option.id == answer), None)
    return str(answer) if text is None else f"{answer}) {text.removesuffix('.')}"


def derivation(problem: Problem) -> tuple[Step, ...]:
    """The steps that lead to what was asked, and no others."""
    if problem.inference is None or problem.steps:
        return problem.steps
    steps = derive(problem.inference)
    if problem.quantity in _COUNTED:
        return tuple(step for step in steps if step.quantity in _COUNTED[problem.quantity])
    return tuple(
        step
        for step in steps
        if step.axis is not None and problem.quantity in (OUTPUT_SHAPE, step.axis)
    )


def _explanation(
    problem: Problem, read: Key, mistake: WrongAnswer | None, steps: tuple[Step, ...]
) -> str:
    key = in_words(problem, problem.key)
    verdict = f"Right: {key}."
    if read != problem.key:
        verdict = f"Not {in_words(problem, read)}: it is {key}."
    why = [mistake.explanation] if mistake else []
    reason = [problem.reason] if problem.reason else _sums(steps)
    return " ".join([verdict, *why, *reason])


def _sums(steps: tuple[Step, ...]) -> list[str]:
    """The last line of arithmetic for each axis; axes that share it stand together."""
    axes: dict[str, list[str]] = {}
    for step in steps:
        if step.quantity == "output":
            axes.setdefault(_sum(step), []).append(str(step.axis))
    if not axes and steps:
        return [f"{', then '.join(_sum(step) for step in steps)}."]
    return [f"{' and '.join(names).capitalize()}: {text}." for text, names in axes.items()]


def _sum(step: Step) -> str:
    value = f"{step.value}"
    return value if step.substitution == value else f"{step.substitution} = {value}"
