"""Answers and reviews by month on PostgreSQL: promises hold over months, nothing is refused."""

from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text

from answered import append
from migrated import up_down_up
from postgresql_server import PostgresServer
from service.store import (
    Conflict,
    Database,
    StoreError,
    answers,
    memories,
    partitions,
    progress,
    questions,
    users,
)
from service.store.recording import Changes, write

LATER = datetime(2031, 5, 17, 12, tzinfo=UTC)
SUBJECT = "template:conv2d-output"

Answered = Callable[..., UUID]


@pytest.fixture
def database_url(postgresql_url: str) -> str:
    """There is nothing to divide on SQLite."""
    return postgresql_url


@pytest.fixture
def answered(database: Database, ann: UUID, issue: Any, clock: Any, rng: Random) -> Answered:
    """Asks Ann at one moment and takes her answer at another; returns the question's id."""

    def answer(asked: datetime, then: datetime, **values: Any) -> UUID:
        clock.now = asked
        question = issue(ann, attempts_allowed=9, **values)
        with database.write() as session:
            locked = questions.lock(session, question.id, tenant_id="local")
            append(session, locked, response=1, correct=True, now=then, rng=rng)
            person = memories.lock(session, ann)
            memories.record(session, person, SUBJECT, "good", now=then, rng=rng)
        return locked.id

    return answer


def where(database: Database, table: str) -> list[str]:
    """The partition of each row, in the order of their ids."""
    with database.read() as session:
        found = f"SELECT tableoid::regclass::text FROM {table} ORDER BY id"  # noqa: S608
        return list(session.scalars(text(found)))


def keep(database: Database, now: datetime, ahead: int) -> list[str]:
    with database.write() as session:
        return partitions.keep(session, now=now, ahead=ahead)


def months(*ends: str) -> list[str]:
    return [f"{table}_{end}" for table in ("answers", "reviews") for end in ends]


def test_months_are_made_once(database: Database, at_once: Callable[..., list[Any]]) -> None:
    made = at_once(4, lambda _: keep(database, datetime(2031, 11, 30, 23, tzinfo=UTC), 2))
    assert sorted(made) == [[], [], [], months("2031_11", "2031_12", "2032_01")]
    assert keep(database, datetime(2031, 12, 1, tzinfo=UTC), 2) == months("2032_02")


def test_what_the_first_partition_holds_is_not_made_again(database: Database) -> None:
    assert keep(database, datetime(2020, 1, 1, tzinfo=UTC), 24) == []


def test_rows_go_to_their_month_though_it_is_made_late(
    database: Database, answered: Answered
) -> None:
    june = LATER.replace(month=6)
    for asked, then in ((LATER, LATER), (LATER, june), (june, june)):
        answered(asked, then)
    assert where(database, "answers") == ["answers_other"] * 3
    assert keep(database, LATER, 1) == months("2031_05", "2031_06")
    assert where(database, "answers") == ["answers_2031_05", "answers_2031_05", "answers_2031_06"]
    assert where(database, "reviews") == ["reviews_2031_05", "reviews_2031_06", "reviews_2031_06"]
    answered(june, june)
    assert where(database, "answers")[-1] == "answers_2031_06"


def test_each_partition_is_append_only(database: Database, answered: Answered) -> None:
    answered(LATER, LATER)
    keep(database, LATER, 0)
    with database.read() as session:
        found = (
            "SELECT inhrelid::regclass::text FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid"
        )
        tables = session.scalars(text(f"{found} WHERE relkind = 'r'")).all()
    assert {"answers_earlier", "answers_other", "reviews_2031_05"} < {*tables}
    for table in ("answers", "reviews", *tables):
        with pytest.raises(Conflict), database.write() as session:
            session.execute(text(f"TRUNCATE {table}"))
    for table in ("answers", "reviews", "answers_2031_05", "reviews_2031_05"):
        for change in ("DELETE FROM {}", "UPDATE {} SET duration_ms = 1"):
            with pytest.raises(Conflict), database.write() as session:
                session.execute(text(change.format(table)))


def test_an_attempt_has_one_answer_over_months(
    database: Database, answered: Answered, rng: Random
) -> None:
    keep(database, LATER, 3)
    question_id = answered(LATER, LATER)
    with database.read() as session:
        question = questions.get(session, question_id, tenant_id="local")
    question.attempts_used, question.state = 0, "open"  # as if the lock had not held
    late = answers.made(question, response=2, now=LATER.replace(month=8), rng=rng)
    with pytest.raises(Conflict), database.write() as session:
        write(session, Changes(answers=[late]))
    with database.read() as session:
        assert [one.response for one in answers.of_question(session, question_id)] == [1]
        plan = session.execute(
            text("EXPLAIN SELECT * FROM answers WHERE question_id = :id"), {"id": question_id}
        )
        assert {word for (line,) in plan for word in line.split() if "answers_" in word} == {
            "answers_2031_05",
            "answers_2031_05_question_id_attempt_key",
        }


def test_a_review_is_counted_once(database: Database, answered: Answered) -> None:
    keep(database, LATER, 0)
    answered(LATER, LATER)
    copy = (
        "INSERT INTO reviews (id, user_id, subject, event, rating, reviewed_at, recorded_at)"
        " SELECT start_of_ids('2031-05-02'), user_id, subject, event, rating, reviewed_at,"
        " recorded_at FROM reviews"
    )
    with pytest.raises(Conflict), database.write() as session:
        session.execute(text(copy))


def test_what_is_read_and_erased_is_of_all_months(
    database: Database, answered: Answered, ann: UUID, clock: Any
) -> None:
    for month in (5, 6, 7, 11):
        answered(LATER.replace(month=month), LATER.replace(month=month))
    keep(database, LATER, 2)
    with database.read() as session:
        assert progress.progress(session, ann).correct == 4
        page = answers.newest(session, ann, limit=3)
        assert [one.answer.answered_at.month for one in page.items] == [11, 7, 6]
    with database.write() as session:
        erased = users.erase(session, ann, now=clock())
    assert (erased.answers, erased.reviews) == (4, 4)


def test_ids_that_others_made_are_held_too(postgres: PostgresServer) -> None:
    """Random ones lie anywhere in time: what was there becomes the partition for all the rest."""
    name = postgres.create()
    url = postgres.url(name)
    outcome = up_down_up(url, 20, 200, strange=True)
    assert outcome.is_whole, outcome.report("strange ids")
    with psycopg.connect(url) as connection:
        assert connection.execute(
            "SELECT DISTINCT tableoid::regclass::text FROM answers"
        ).fetchall() == [("answers_other",)]
    postgres.drop(name)


def test_a_role_that_may_not_make_tables_is_told(
    postgres: PostgresServer, postgresql_url: str
) -> None:
    postgres.execute("CREATE ROLE bare LOGIN")
    database = Database(postgresql_url.replace("convcards@", "bare@"))
    with pytest.raises(StoreError, match="42501"), database.write() as session:
        partitions.keep(session, now=LATER)
    database.close()
    postgres.execute("DROP ROLE bare")
