"""What a response is worth, and how that is told."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from service.api.asked import Asked, solution
from service.quiz.grading import Grade, grade, grade_card, hold_against
from service.quiz.rubric import Rubric
from service.quiz.templates import Problem

if TYPE_CHECKING:
    from service.quiz.rubric import RubricReport
    from service.quiz.templates.base import WrongAnswer
    from service.store import Answer

__all__ = ["answer_view", "worth"]


def worth(asked: Asked, response: object) -> Grade:
    """What a response to a question is worth; raises ``UnreadableResponseError``."""
    if isinstance(asked.about, Problem):
        return grade(asked.about, response, partial_credit=asked.question.partial_credit)
    content, typed = asked.about.text.content, None
    if "rubric" in content and asked.question.attempts_left > 1:
        typed = hold_against(content["back"], Rubric.of(content["rubric"]), response)
    return typed or grade_card(content["back"], response)


def answer_view(
    stored: Answer, asked: Asked, graded: Grade, base: str, *, sealed: bool = False
) -> dict[str, Any]:
    """The answer as it is answered; what is right only if the question takes no more answers.

    ``sealed``, in an exam, nothing at all is told of what it is worth.
    """
    question = asked.question
    view = {
        "id": str(stored.id),
        "question": f"/v1/questions/{question.id}",
        "attempt": stored.attempt,
        "response": stored.response,
        "read": stored.read,
        "correct": None if sealed else stored.correct,
        "score": None if sealed else stored.score,
        "rating": stored.rating,
        "attempts_left": question.attempts_left,
        "answered_at": stored.answered_at,
    }
    if sealed or (question.attempts_left and graded.rubric is None):
        return view
    if graded.rubric is not None:
        view["rubric"] = _rubric_view(graded.rubric)
    view |= solution(asked, base, graded.derivation) | {"explanation": graded.explanation}
    if graded.correct is not None:
        view["mistake"] = _mistake(graded.mistake) if graded.mistake else None
        view["mistakes"] = [_mistake(one) for one in graded.mistakes]
    return view


def _rubric_view(report: RubricReport) -> dict[str, Any]:
    return {
        "provisional": True,
        "found": [asdict(one) for one in report.found],
        "missing": list(report.missing),
        "forbidden": [asdict(one) for one in report.forbidden],
    }


def _mistake(mistake: WrongAnswer) -> dict[str, str]:
    return {"code": mistake.code, "explanation": mistake.explanation}
