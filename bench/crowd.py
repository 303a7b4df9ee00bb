"""Databases with as many people as wanted, who all did the same as one who really did it.

The one asks and answers through the service; the others are copies of that one's rows under other
ids, made by the database itself: a million answers in a minute or two. The first eight hexadecimal
digits of an id are the number of the person, so that a benchmark knows the ids without asking.
"""

import logging
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, NamedTuple, cast
from uuid import UUID

from sqlalchemy import Engine, Table, text

from service.api.context import EXTENSION
from service.app import create_app
from service.config import Settings
from service.quiz.deck_file import seed_deck
from service.quiz.templates import TEMPLATES
from service.store import decks, migrate
from service.store.tables import Answer, Memory, Question, Review, User

__all__ = ["HISTORY", "START", "Model", "copy", "make_model", "of_copy"]

START = datetime(2026, 11, 1, 12, tzinfo=UTC)
HISTORY = 100
_COPIED = (User, Question, Answer, Review, Memory)
_RESPONSES = {"shape": "1x1x1", "integer": "1", "choice": "a"}
_IDS = {"id", "user_id", "question_id", "answer_id"}


class _Counting:
    """Random bits that count: the ids of what is made at one moment follow each other."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def getrandbits(self, _bits: int, /) -> int:
        return next(self._numbers)


class Model(NamedTuple):
    """The person who is copied, and an answer to each question that they left open."""

    person: UUID
    answers: list[tuple[UUID, str]]


def of_copy(number: int, model: UUID) -> str:
    """The id that something of the model has as a copy's."""
    return f"{number:08x}{str(model)[8:]}"


def make_model(url: str, *, open_questions: int = 0) -> Model:
    """Migrate a database, load the seed deck, and let one person answer `HISTORY` questions.

    Then they are asked `open_questions` more, all at one moment.
    """
    logging.disable()  # the service logs each request
    migrate.upgrade(url)
    moment = [START]
    settings = Settings(mode="local", database_url=url)
    app = create_app(settings, clock=lambda: moment[0], rng=_Counting())
    services = app.extensions[EXTENSION]
    with services.database.write() as session:
        decks.load(session, seed_deck(), now=START)
    client = app.test_client()

    def ask(seed: int) -> Any:
        template = [*TEMPLATES][seed % len(TEMPLATES)]
        wish = {"template": template, "seed": seed}
        return client.post("/v1/users/model/questions", json=wish).get_json()

    for seed in range(HISTORY):
        moment[0] += timedelta(hours=1)
        question = ask(seed)
        body = {"response": _RESPONSES[question["kind"]]}
        if client.post(question["links"]["answers"], json=body).status_code != 201:
            raise AssertionError(question)
    asked = [ask(HISTORY + seed) for seed in range(open_questions)]
    with services.database.read() as session:
        person = session.query(User.id).scalar()
    services.close()
    return Model(person, [(UUID(one["id"]), _RESPONSES[one["kind"]]) for one in asked])


def copy(engine: Engine, model: UUID, first: int, last: int) -> None:
    """Copy the model's rows for the people with these numbers."""
    lite = engine.dialect.name == "sqlite"
    with engine.begin() as connection:
        for kind in _COPIED:
            table = cast("Table", kind.__table__)
            names = [column.name for column in table.columns]
            listed = ", ".join(names)
            taken = ", ".join(_taken(name, lite=lite) for name in names)
            owner = "id" if kind is User else "user_id"
            people = (
                "WITH RECURSIVE people(n) AS (SELECT CAST(:first AS int)"
                " UNION ALL SELECT n + 1 FROM people WHERE n < :last)"
            )
            statement = (
                f"INSERT INTO {table.name} ({listed}) {people}"  # noqa: S608 - names of our columns
                f" SELECT {taken} FROM people, {table.name} AS model WHERE model.{owner} = :model"
            )
            values = {"first": first, "last": last, "model": model.hex if lite else model}
            connection.execute(text(statement), values)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE" if lite else "VACUUM ANALYZE"))


def _taken(name: str, *, lite: bool) -> str:
    if name == "external_id":
        return "'copy-' || n"
    if name not in _IDS:
        return f"model.{name}"
    if lite:
        return f"iif(model.{name} IS NULL, NULL, printf('%08x', n) || substr(model.{name}, 9))"
    return f"(lpad(to_hex(n), 8, '0') || substr(model.{name}::text, 9))::uuid"
