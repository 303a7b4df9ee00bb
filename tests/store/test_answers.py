"""Questions and their answers: one attempt, one answer; appended and never changed."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import UTC, timedelta, timezone
from random import Random, SystemRandom
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text, update

from answered import append, keep_unread
from service.store import (
    Answer,
    Conflict,
    Database,
    NotFound,
    Question,
    QuestionClosed,
    StoreError,
    StoreUnavailable,
    Timeouts,
    UnreadResponse,
    answers,
    questions,
    tenants,
    users,
)


@pytest.fixture
def answer(database: Database, clock: Any, rng: Random) -> Callable[..., Answer]:
    """Answers a question in a transaction of its own."""

    def answer(question_id: UUID, **values: Any) -> Answer:
        with database.write() as session:
            question = questions.lock(session, question_id, tenant_id="local")
            return append(
                session, question, **{"response": "26x26", "now": clock(), "rng": rng} | values
            )

    return answer


def read(database: Database, question_id: UUID) -> Question:
    with database.read() as session:
        return questions.get(session, question_id, tenant_id="local")


def test_a_question_is_kept_whole(database: Database, ann: UUID, issue: Any, clock: Any) -> None:
    issued = issue(ann, attempts_allowed=2, seed=2**53 - 1)
    question = read(database, issued.id)
    assert question.id == issued.id
    assert question.id.version == 7
    assert question.user_id == ann
    assert (question.kind, question.template, question.template_version) == (
        "shape",
        "conv2d-output",
        1,
    )
    assert (question.engine_version, question.seed, question.difficulty) == (
        "1",
        2**53 - 1,
        "medium",
    )
    assert (question.state, question.attempts_left, question.closed_at) == ("open", 2, None)
    assert question.issued_at == clock()
    assert question.issued_at.tzinfo is UTC


def test_other_peoples_questions_are_not_found(
    database: Database, ann: UUID, issue: Any, clock: Any, rng: Random
) -> None:
    question = issue(ann)
    with database.write() as session:
        tenants.ensure(session, "acme", name="Acme", now=clock())
        bob = users.get_or_create(session, "local", "bob", now=clock(), rng=rng).id
        for look in (questions.get, questions.lock):
            assert look(session, question.id, tenant_id="local", user_id=ann).id == question.id
            with pytest.raises(NotFound):
                look(session, question.id, tenant_id="acme")
            with pytest.raises(NotFound):
                look(session, question.id, tenant_id="local", user_id=bob)
            with pytest.raises(NotFound):
                look(session, ann, tenant_id="local")


def test_nobody_can_be_asked_who_is_not_there(rng: Random, issue: Any) -> None:
    with pytest.raises(Conflict):
        issue(UUID(int=rng.getrandbits(128)))


def test_an_answer_is_kept_as_typed_and_as_read(
    database: Database, ann: UUID, issue: Any, answer: Any, clock: Any
) -> None:
    question = issue(ann)
    clock.advance(seconds=9)
    made = answer(
        question.id,
        response={"text": '26 × 26 "\\', "n": [1, 2.5, None, True]},
        read=[26, 26],
        correct=True,
        score=1.0,
        duration_ms=9000,
    )
    with database.read() as session:
        (kept,) = answers.of_question(session, question.id)
    assert kept.id == made.id
    assert kept.response == {"text": '26 × 26 "\\', "n": [1, 2.5, None, True]}
    assert (kept.read, kept.correct, kept.score, kept.attempt) == ([26, 26], True, 1.0, 1)
    assert (kept.mistake, kept.rating, kept.duration_ms) == (None, None, 9000)
    assert kept.answered_at == clock()
    question = read(database, question.id)
    assert (question.state, question.attempts_left) == ("answered", 0)
    assert question.closed_at == clock()


def test_times_come_back_in_utc(
    database: Database, ann: UUID, issue: Any, answer: Any, clock: Any
) -> None:
    question = issue(ann)
    answer(question.id, now=clock().astimezone(timezone(timedelta(hours=5, minutes=30))))
    with database.read() as session:
        (kept,) = answers.of_question(session, question.id)
    assert kept.answered_at == clock()
    assert kept.answered_at.tzinfo is UTC


def test_wrong_answers_use_attempts_and_the_last_closes(
    database: Database, ann: UUID, issue: Any, answer: Any
) -> None:
    question = issue(ann, attempts_allowed=3)
    for left in (2, 1, 0):
        answer(question.id, correct=False)
        assert read(database, question.id).attempts_left == left
    with pytest.raises(QuestionClosed) as caught:
        answer(question.id, correct=True)
    assert caught.value.state == "answered"
    with database.read() as session:
        assert [one.attempt for one in answers.of_question(session, question.id)] == [1, 2, 3]


def test_a_right_answer_closes_at_once(ann: UUID, issue: Any, answer: Any) -> None:
    question = issue(ann, attempts_allowed=3)
    answer(question.id, correct=True)
    with pytest.raises(QuestionClosed):
        answer(question.id, correct=True)


@pytest.mark.parametrize(("kind", "takes"), [("shape", False), ("card", True)])
def test_what_is_revealed_takes_only_a_rating(
    database: Database, ann: UUID, issue: Any, answer: Any, clock: Any, kind: str, takes: bool
) -> None:
    question = issue(ann, kind=kind)
    for _ in range(2):
        with database.write() as session:
            locked = questions.lock(session, question.id, tenant_id="local")
            questions.mark_revealed(session, locked, now=clock())
        clock.advance(seconds=1)
    revealed = read(database, question.id)
    assert (revealed.state, revealed.attempts_left) == ("revealed", int(takes))
    assert revealed.closed_at == clock() - timedelta(seconds=2)
    if takes:
        answer(question.id, rating="good", response="good")
        assert read(database, question.id).state == "answered"
    with pytest.raises(QuestionClosed):
        answer(question.id, rating="good")


@pytest.mark.parametrize(
    "values",
    [{"rating": "perfect"}, {"score": 1.5}, {"score": -0.1}, {"duration_ms": -1}],
)
def test_values_without_meaning_are_refused(
    database: Database, ann: UUID, issue: Any, answer: Any, values: dict[str, Any]
) -> None:
    question = issue(ann)
    with pytest.raises(StoreError):
        answer(question.id, **values)
    assert read(database, question.id).attempts_left == 1


def test_what_cannot_be_read_costs_nothing(
    database: Database, ann: UUID, issue: Any, clock: Any, rng: Random
) -> None:
    question = issue(ann)
    with database.write() as session:
        locked = questions.lock(session, question.id, tenant_id="local")
        unread = keep_unread(
            session, locked, response="26-ish", reason="not_a_number", now=clock(), rng=rng
        )
    with database.read() as session:
        kept = session.get(UnreadResponse, unread.id)
        assert kept is not None
        assert (kept.response, kept.reason, kept.user_id) == ("26-ish", "not_a_number", ann)
    assert read(database, question.id).attempts_left == 1


def test_history_is_newest_first_and_paged(
    database: Database, ann: UUID, issue: Any, answer: Any, clock: Any, rng: Random
) -> None:
    with database.write() as session:
        bob = users.get_or_create(session, "local", "bob", now=clock(), rng=rng).id
    made = []
    for number in range(7):
        clock.advance(milliseconds=1)
        answer(issue(bob).id)
        made.append(answer(issue(ann, seed=number).id).id)
    seen, before, sizes = [], None, []
    while True:
        with database.read() as session:
            page = answers.newest(session, ann, limit=3, before=before)
        seen += [(entry.answer.id, entry.question.seed) for entry in page.items]
        sizes.append(len(page.items))
        before = page.next
        if before is None:
            break
    assert sizes == [3, 3, 1]
    assert seen == [(made[number], number) for number in reversed(range(7))]


def test_one_attempt_one_answer_however_many_come(
    database: Database,
    ann: UUID,
    issue: Any,
    clock: Any,
    at_once: Callable[..., list[str]],
) -> None:
    for _ in range(20):
        question = issue(ann)

        def act(index: int, question_id: UUID = question.id) -> str:
            try:
                with database.write() as session:
                    locked = questions.lock(session, question_id, tenant_id="local")
                    append(session, locked, response=index, now=clock(), rng=SystemRandom())
                    return "won"
            except QuestionClosed:
                return "closed"

        assert Counter(at_once(12, act)) == {"won": 1, "closed": 11}
        with database.read() as session:
            assert len(answers.of_question(session, question.id)) == 1


def test_the_last_line_is_a_unique_constraint(
    database: Database, ann: UUID, issue: Any, answer: Any, clock: Any, rng: Random
) -> None:
    question = issue(ann, attempts_allowed=2)
    stale = read(database, question.id)
    answer(question.id)
    with pytest.raises(Conflict), database.write() as session:
        append(session, stale, response="26", now=clock(), rng=rng)
    with database.read() as session:
        assert len(answers.of_question(session, question.id)) == 1


def test_a_locked_question_is_waited_for_and_not_for_ever(
    database: Database, database_url: str, ann: UUID, issue: Any
) -> None:
    question = issue(ann)
    impatient = Database(database_url, timeouts=Timeouts(lock=0.1))
    with database.write() as session:
        questions.lock(session, question.id, tenant_id="local")
        with (
            pytest.raises(StoreUnavailable, match=r"55P03|SQLITE_BUSY"),
            impatient.write() as other,
        ):
            questions.lock(other, question.id, tenant_id="local")
    impatient.close()


def test_a_lock_sees_what_was_committed_while_it_waited(
    database: Database, ann: UUID, issue: Any
) -> None:
    question = issue(ann, attempts_allowed=2)
    with database.write() as session:
        assert questions.get(session, question.id, tenant_id="local").attempts_used == 0
        session.execute(update(Question).values(attempts_used=1))
        locked = questions.lock(session, question.id, tenant_id="local")
        assert locked.attempts_used == 1


CHANGES = [
    "UPDATE answers SET correct = NULL",
    "UPDATE answers SET response = response",
    "DELETE FROM answers",
    "UPDATE unread_responses SET reason = 'other'",
    "DELETE FROM unread_responses",
    "DELETE FROM questions",
    "DELETE FROM users",
]


@pytest.mark.parametrize("statement", CHANGES)
def test_the_database_refuses_to_change_what_was_answered(
    database: Database, ann: UUID, issue: Any, clock: Any, rng: Random, statement: str
) -> None:
    question = issue(ann, attempts_allowed=2)
    with database.write() as session:
        locked = questions.lock(session, question.id, tenant_id="local")
        append(session, locked, response="1", now=clock(), rng=rng)
        keep_unread(session, locked, response="?", reason="len", now=clock(), rng=rng)
    with pytest.raises(Conflict), database.write() as session:
        session.execute(text(statement))
    with database.read() as session:
        (kept,) = answers.of_question(session, question.id)
        assert json.dumps(kept.response) == '"1"'


def test_nor_does_it_take_a_replacement_or_truncate(
    database: Database, ann: UUID, issue: Any, answer: Any
) -> None:
    question = issue(ann)
    answer(question.id, response="first")
    replace = (
        "REPLACE INTO answers SELECT * FROM answers"
        if database.dialect == "sqlite"
        else "TRUNCATE answers CASCADE"
    )
    with pytest.raises(Conflict), database.write() as session:
        session.execute(text(replace))
    with database.read() as session:
        (kept,) = answers.of_question(session, question.id)
        assert kept.response == "first"
