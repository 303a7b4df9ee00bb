"""Answering questions: one transaction from the questions' locks to the records of the answers.

Either all of it lasts or nothing: the answers, the attempts they used, the reviews they count as,
and the bytes that a repeated Idempotency-Key will get. One answer is a batch of one. What is
refused is an outcome of the transaction and no error that would undo it: it spoils no other item,
and a response that can't be read is kept as well.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from flask import g

from service.api.asked import all_made_again, asked_view, made_again
from service.api.choosing import ask_alike
from service.api.context import now, services, writing
from service.api.curl import base_address
from service.api.fields import moment_text
from service.api.graded import answer_view, worth
from service.api.json import dumps
from service.api.outcomes import (
    Answered,
    Outcome,
    Wanted,
    fingerprint,
    kept_form,
    outcome_view,
    said_again,
    under,
)
from service.api.people import ensure_tenant, tenant
from service.api.problems import Fault, Problem
from service.api.remembering import decks_of, rating_of
from service.api.schemas.questions import QuestionSchema
from service.quiz.errors import UnreadableResponseError
from service.store import (
    IdempotencyKey,
    KeyInProgress,
    KeyReused,
    Memory,
    NotFound,
    QuestionClosed,
    QuizFinished,
    StoreUnavailable,
    answers,
    idempotency,
    memories,
    quizzes,
    recording,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from service.api.asked import Asked
    from service.quiz.grading import Grade
    from service.store import Answer, Question, Quiz

__all__ = ["answer", "answer_all"]

_QUESTION: Final = QuestionSchema()
_REFUSALS: Final = (NotFound, QuestionClosed, QuizFinished, KeyReused)


def answer(wanted: Wanted) -> Answered:
    """Answer a question of the caller's tenant, once for each key.

    Raises what the store raises (`NotFound`, `QuestionClosed`, `KeyReused`, `KeyInProgress`), and
    the problem ``unreadable_response``, the first time and when it is replayed.
    """
    try:
        with writing() as session:
            (outcome,) = _Answering(session, [wanted]).outcomes()
    except StoreUnavailable as error:
        if wanted.key is not None and error.driver_code == idempotency.LOCK_NOT_AVAILABLE:
            raise KeyInProgress from None
        raise
    _count([outcome])
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def _count(outcomes: Sequence[Outcome]) -> None:
    """Count what was written; what was answered before was counted then."""
    new = sum(isinstance(one, Answered) and not one.replayed for one in outcomes)
    if new:
        services().metrics.recorded(new)


def answer_all(
    items: Sequence[Wanted | Exception], key: str | None, raw: object
) -> tuple[list[dict[str, Any]], bool]:
    """Answer many questions of the caller's tenant, each as if it were alone, in their order.

    An item that could not be read is the error that says why. With a ``key`` the whole, of which
    ``raw`` is the plain JSON, is carried out once. Returns what is answered for each item, and
    whether all of it was answered before.
    """
    request_id, replayed = g.request_id, False
    with writing() as session:
        if key is not None:
            ensure_tenant(session)
            sent = idempotency.fingerprint("POST", "/v1/answers/batch", dumps(raw).encode())
            first = idempotency.claim(
                session, tenant(), key, sent, request_id=request_id, now=now()
            )
            replayed, request_id = first is not None, first or request_id
            items = [under(key, place, item) for place, item in enumerate(items)]
        readable = [item for item in items if isinstance(item, Wanted)]
        found = _Answering(session, readable).outcomes()
    _count(found)
    outcomes = iter(found)
    return [
        outcome_view(next(outcomes) if isinstance(item, Wanted) else item, request_id)
        for item in items
    ], replayed


class _Answering:
    """One transaction: what it holds, and what it is going to write."""

    def __init__(self, session: Session, wanted: Sequence[Wanted]) -> None:
        self.session = session
        self.wanted = wanted
        self.now, self.rng, self.base = now(), services().rng, base_address()
        self.held = recording.hold(session, {one.question for one in wanted}, tenant_id=tenant())
        asked = self.held.questions
        self.kept = idempotency.kept(
            session,
            {
                (asked[one.question].user_id, one.key)
                for one in wanted
                if one.key is not None and one.question in asked
            },
        )
        open_ones = [question for question in asked.values() if question.attempts_left]
        self.asked = {one.question.id: one for one in all_made_again(session, open_ones)}
        self.decks = self._decks()
        self.changes = recording.Changes()

    def _decks(self) -> dict[str, str | None]:
        """The decks of what will be remembered for the first time."""
        new = {
            subject
            for one in self.asked.values()
            if (one.question.user_id, subject := recording.subject_of(one.question))
            not in self.held.memories
        }
        return decks_of(self.session, new)

    def outcomes(self) -> list[Outcome]:
        """What comes of each item; all of it is written.

        Each is a microsecond later than the one before, so that their order lasts.
        """
        found = []
        for one in self.wanted:
            found.append(self._outcome(one))
            self.now += timedelta(microseconds=1)
        recording.write(self.session, self.changes)
        return found

    def _outcome(self, wanted: Wanted) -> Outcome:
        try:
            return self._once(wanted)
        except _REFUSALS as error:
            return error

    def _once(self, wanted: Wanted) -> Outcome:
        """Do it, and keep under its key what came out; or look up what came out before."""
        question = self.held.questions.get(wanted.question)
        if question is None:
            raise NotFound("question", wanted.question)
        if wanted.key is None:
            return self._first(question, wanted.body)
        place, request = (question.user_id, wanted.key), fingerprint(wanted)
        if place in self.kept:
            return said_again(idempotency.replay(self.kept[place], request))
        outcome = self._first(question, wanted.body)
        status, media_type, plain = kept_form(outcome)
        self.kept[place] = IdempotencyKey(
            user_id=question.user_id,
            key=wanted.key,
            fingerprint=request,
            status=status,
            media_type=media_type,
            body=f"{dumps(plain)}\n".encode(),
            created_at=self.now,
        )
        self.changes.keys.append(self.kept[place])
        return outcome

    def _first(self, question: Question, body: Mapping[str, Any]) -> Answered | Problem:
        quiz = self.held.quiz_of(question)
        quizzes.check_open(quiz, self.now)
        if not question.attempts_left:
            raise QuestionClosed(question.state)
        asked = self.asked[question.id]
        try:
            graded = worth(asked, body["response"])
        except UnreadableResponseError as error:
            return self._keep_unread(question, body["response"], error)
        return Answered(self._append(asked, body, graded, quiz))

    def _keep_unread(
        self, question: Question, response: object, error: UnreadableResponseError
    ) -> Problem:
        self.changes.unread.append(
            answers.unread(
                question,
                response=response if isinstance(response, str) else dumps(response),
                reason=error.reason,
                now=self.now,
                rng=self.rng,
            )
        )
        return Problem(
            "unreadable_response",
            f"{error.detail} No attempt was used.",
            faults=[Fault("/response", error.detail, error.hint)],
            extra={"reason": error.reason, "attempts_left": question.attempts_left},
        )

    def _append(
        self, asked: Asked, body: Mapping[str, Any], graded: Grade, quiz: Quiz | None
    ) -> dict[str, Any]:
        """Record the answer, let the first one count as a review, and make its plain JSON."""
        question, sealed = asked.question, quiz is not None and quiz.is_sealed
        read = list(graded.read) if isinstance(graded.read, tuple) else graded.read
        stored = answers.made(
            question,
            response=body["response"],
            read=read,
            correct=graded.correct,
            score=None if graded.score is None else float(graded.score),
            mistake=graded.mistake.code if graded.mistake else None,
            rating=graded.rating,
            duration_ms=body["duration_ms"],
            now=self.now,
            rng=self.rng,
            close_if_right=not sealed,
        )
        self.changes.answers.append(stored)
        self.changes.questions[question.id] = question
        if not sealed:
            self._remember(question, stored)
        view = answer_view(stored, asked, graded, self.base, sealed=sealed)
        if "next" in body:
            following = self._next(question, quiz, wanted=body["next"])
            if following is not None or quiz is not None:
                view["next"] = following and _QUESTION.dump(following)
        # Already as the schema has it, which takes as long to write as all the rest of an answer.
        return view | {"answered_at": moment_text(stored.answered_at)}

    def _remember(self, question: Question, answer: Answer) -> None:
        rating = rating_of(answer)
        if rating is None:
            return
        subject = recording.subject_of(question)
        place = (question.user_id, subject)
        row = self.held.memories.get(place)
        if row is None:
            row = self.held.memories[place] = Memory(
                user_id=question.user_id, subject=subject, deck_id=self.decks[subject], events=0
            )
        review = memories.made(
            self.held.users[question.user_id],
            row,
            rating,
            now=self.now,
            rng=self.rng,
            answer_id=answer.id,
            duration_ms=answer.duration_ms,
        )
        self.changes.memories[place] = row
        self.changes.reviews.append(review)

    def _next(
        self, question: Question, quiz: Quiz | None, *, wanted: bool
    ) -> dict[str, Any] | None:
        """The next question of the quiz, or one like this if it was asked for; None at the end."""
        if question.attempts_left:
            return None
        if quiz is not None:
            following = quizzes.next_open(self.session, quiz.id, but=question.id)
        elif wanted:
            following = ask_alike(self.session, question)
        else:
            following = None
        if following is None:
            return None
        return asked_view(made_again(self.session, following), self.base, quiz)
