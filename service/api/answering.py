"""Answering a question: one transaction from the question's lock to the answer's record.

Either all of it lasts or nothing: the answer, the attempt it used, and the bytes that a repeated
Idempotency-Key will get. A response that can't be read is kept as well, so its refusal is an
outcome of the transaction and raised after it, not an error that would undo it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask import g

from service.api.asked import Asked, asked_view, made_again, solution
from service.api.choosing import ask_alike
from service.api.context import now, services, writing
from service.api.curl import base_address
from service.api.json import dumps, loads
from service.api.negotiation import JSON
from service.api.people import tenant
from service.api.problems import PROBLEM_JSON, Fault, Problem, problem_body
from service.api.remembering import remember_answer
from service.api.schemas.questions import AnswerSchema
from service.quiz.errors import UnreadableResponseError
from service.quiz.grading import Grade, grade, grade_card
from service.quiz.templates import Problem as Exercise
from service.store import QuestionClosed, answers, idempotency, questions, quizzes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from sqlalchemy.orm import Session

    from service.quiz.templates.base import WrongAnswer
    from service.store import Answer, Question, Quiz

__all__ = ["REPLAYED", "Answered", "answer", "answer_view"]

REPLAYED: Final = {"Idempotent-Replayed": "true"}
"""The header of an answer that was given before."""

_SCHEMA: Final = AnswerSchema()


class Answered(NamedTuple):
    """The answer as plain JSON data, and whether it was given before."""

    plain: dict[str, Any]
    replayed: bool


def answer(question_id: UUID, body: Mapping[str, Any], key: str | None) -> Answered:
    """Answer a question of the caller's tenant, once for each ``key``.

    Raises what the store raises (`NotFound`, `QuestionClosed`, `KeyReused`, `KeyInProgress`), and
    the problem ``unreadable_response``, the first time and when it is replayed.
    """
    with writing() as session:
        question = questions.get(session, question_id, tenant_id=tenant())
        replay = _begin(session, question, body, key)
        outcome = _first(session, question_id, body, key) if replay is None else _again(replay)
    if isinstance(outcome, Problem):
        raise outcome
    return Answered(outcome, replay is not None)


def _begin(
    session: Session, question: Question, body: Mapping[str, Any], key: str | None
) -> idempotency.Replay | None:
    if key is None:
        return None
    sent = dumps([body["response"], body["duration_ms"], body["next"]]).encode()
    request = idempotency.fingerprint("POST", f"/v1/questions/{question.id}/answers", sent)
    return idempotency.begin(session, question.user_id, key, request, now=now())


def _first(
    session: Session, question_id: UUID, body: Mapping[str, Any], key: str | None
) -> dict[str, Any] | Problem:
    """Do it, and keep under ``key`` what came out."""
    question = questions.lock(session, question_id, tenant_id=tenant())
    quiz = quizzes.of_question(session, question)
    quizzes.check_open(quiz, now())
    if not question.attempts_left:
        raise QuestionClosed(question.state)
    asked = made_again(session, question)
    outcome: dict[str, Any] | Problem
    try:
        graded = _grade(asked, body["response"])
    except UnreadableResponseError as error:
        outcome = _keep_unread(session, question, body["response"], error)
        status, media_type, plain = 422, PROBLEM_JSON, problem_body(outcome, g.request_id)
    else:
        outcome = plain = _append(session, asked, body, graded, quiz)
        status, media_type = 201, JSON
    if key is not None:
        idempotency.finish(
            session,
            question.user_id,
            key,
            status=status,
            media_type=media_type,
            body=f"{dumps(plain)}\n".encode(),
        )
    return outcome


def _again(replay: idempotency.Replay) -> dict[str, Any] | Problem:
    """What was answered before: written again, it has the same bytes."""
    members: dict[str, Any] = loads(replay.body)
    if replay.media_type == JSON:
        return members
    faults = [Fault(**fault) for fault in members.pop("errors")]
    code, detail = members.pop("code"), members.pop("detail")
    for name in ("type", "title", "status"):
        del members[name]  # the code decides them; what is left, with the first request's id, stays
    return Problem(code, detail, faults=faults, headers=REPLAYED, extra=members)


def _grade(asked: Asked, response: object) -> Grade:
    if isinstance(asked.about, Exercise):
        return grade(asked.about, response, partial_credit=asked.question.partial_credit)
    return grade_card(asked.about.text.content["back"], response)


def _keep_unread(
    session: Session, question: Question, response: object, error: UnreadableResponseError
) -> Problem:
    answers.keep_unread(
        session,
        question,
        response=response if isinstance(response, str) else dumps(response),
        reason=error.reason,
        now=now(),
        rng=services().rng,
    )
    return Problem(
        "unreadable_response",
        f"{error.detail} No attempt was used.",
        faults=[Fault("/response", error.detail, error.hint)],
        extra={"reason": error.reason, "attempts_left": question.attempts_left},
    )


def _append(
    session: Session, asked: Asked, body: Mapping[str, Any], graded: Grade, quiz: Quiz | None
) -> dict[str, Any]:
    """Record the answer, let the first one count as a review, and make its plain JSON."""
    question, sealed = asked.question, quiz is not None and quiz.is_sealed
    read = list(graded.read) if isinstance(graded.read, tuple) else graded.read
    stored = answers.append(
        session,
        question,
        response=body["response"],
        read=read,
        correct=graded.correct,
        score=None if graded.score is None else float(graded.score),
        mistake=graded.mistake.code if graded.mistake else None,
        rating=graded.rating,
        duration_ms=body["duration_ms"],
        now=now(),
        rng=services().rng,
        close_if_right=not sealed,
    )
    if not sealed:
        remember_answer(session, question, stored)
    view = answer_view(stored, asked, graded, base_address(), sealed=sealed)
    following = _next(session, question, quiz, wanted=body["next"])
    if following is not None or quiz is not None:
        view["next"] = following
    plain: dict[str, Any] = _SCHEMA.dump(view)
    return plain


def _next(
    session: Session, question: Question, quiz: Quiz | None, *, wanted: bool
) -> dict[str, Any] | None:
    """The next question of the quiz, or one like this if it was asked for; None at the end."""
    if question.attempts_left:
        return None
    if quiz is not None:
        following = quizzes.next_open(session, quiz.id)
    elif wanted:
        following = ask_alike(session, question)
    else:
        following = None
    if following is None:
        return None
    return asked_view(made_again(session, following), base_address(), quiz)


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
    if sealed or question.attempts_left:
        return view
    view |= solution(asked, base) | {"explanation": graded.explanation}
    if graded.correct is not None:
        view["mistake"] = _mistake(graded.mistake) if graded.mistake else None
        view["mistakes"] = [_mistake(one) for one in graded.mistakes]
    return view


def _mistake(mistake: WrongAnswer) -> dict[str, str]:
    return {"code": mistake.code, "explanation": mistake.explanation}
