"""P12: every route for every kind of caller. A route that the table doesn't list fails.

What a route takes comes from its own examples, with the ids of real things put in: a question and
an exam of Ann's, a key. Whoever may not is refused, and nothing of Ann's has changed.
"""

import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from contract_client import OPERATIONS, ContractClient
from service.api import examples
from service.api.context import EXTENSION
from service.api.operation import Operation
from service.app import create_app
from service.config import Settings
from service.quiz.cards import Card, Deck
from service.quiz.deck_file import seed_deck
from service.quiz.deck_reading import read_own_question
from service.store import Database, decks, keys, tenants, users
from service.store.tables import User
from service.store.users import OF_A_PERSON

START = datetime(2026, 11, 23, 12, tzinfo=UTC)

TABLE = {
    "public": (
        "getHome getAlive getReady getDocs getAsset getContractAsYaml getContractAsJson "
        "listErrors getError"
    ),
    "operator": "getMetrics",
    "open": (
        "computeShape computeShapes getShape listOperations sweepShapes computeNetwork "
        "listNetworks getNetwork getNetworkFigureSvg getNetworkFigurePng importNetwork runNetwork "
        "solveShape diagnoseAnswer compareFrameworks computeConvolution getPictureSvg "
        "getPicturePng getPictureGif listFilters "
        "listDecks getDeck listCards getCard getCardAnswer getCardFigureSvg getCardFigurePng "
        "listCardVersions exportDeck "
        "listIllustrations getIllustration getIllustrationSvg getIllustrationPng listTemplates "
        "getOwnQuestion listOwnQuestionVersions"
    ),
    "acting": ("askQuestion startQuiz getNextReview addReview undoReview getUser changeUser"),
    "asked": "getQuestion answerQuestion revealQuestion getQuiz finishQuiz",
    "for others": "answerQuestions makeToken",
    "reports": "listAnswers listReviews getProgress plotProgress",
    "deck reports": "getDeckReport plotDeckReport",
    "export": "exportUser",
    "erase": "eraseUser",
    "writing": (
        "makeDeck changeDeck deleteDeck addCard changeCard deleteCard importDeck "
        "addOwnQuestion changeOwnQuestion deleteOwnQuestion"
    ),
    "own jobs": "listJobs",
    "a job": "getJob getJobResult cancelJob",
    "keys": "listKeys createKey revokeKey listAuditEvents",
}
"""What each route is for, and so who may."""

KIND = {name: kind for kind, names in TABLE.items() for name in names.split()}
BY_ID = {operation.id: operation for operation in OPERATIONS.values()}

LEARNERS = ("Ann", "Bob")
BAD = ("revoked", "expired", "misspelt", "old token")
CALLERS = ("nobody", *BAD, "teacher", "lms", "other school", "Bob", "exam", "Ann", "admin")
SCOPES = {
    "teacher": ("cards:read", "reports:read"),
    "lms": ("compute", "cards:read", "quiz:take", "act:users"),
    "admin": keys.SCOPES,
    "other school": keys.SCOPES,
}


MAY = {
    "public": CALLERS,
    "operator": (),  # from afar, as below
    "open": ("nobody", "teacher", "lms", "other school", "Bob", "Ann", "admin"),
    "acting": ("lms", "other school", "Bob", "Ann", "admin"),
    "asked": ("lms", "exam", "Ann", "admin"),
    "for others": ("lms", "other school", "admin"),
    "reports": ("teacher", "other school", "Bob", "Ann", "admin"),
    "deck reports": ("teacher", "other school", "admin"),
    "export": ("other school", "Bob", "Ann", "admin"),
    "erase": ("other school", "admin"),
    "writing": ("other school", "admin"),
    "own jobs": ("teacher", "lms", "other school", "Bob", "Ann", "admin"),
    "a job": ("teacher", "admin"),
    "keys": ("other school", "admin"),
}
REFUSED = {
    **dict.fromkeys(("nobody", *BAD), "unauthenticated"),
    **dict.fromkeys(("teacher", "lms", "Ann", "Bob"), "missing_scope"),
    "exam": "exam_only",
    "other school": "not_found",
}


def expected(kind: str, who: str) -> set[str]:
    """What may come of a request: "yes", or the codes of refusals."""
    if kind == "operator":
        return {"metrics_refused"}  # whoever asks: it goes by the address
    if who == "other school" and kind not in ("public", "open", "asked"):
        return {"yes", "not_found"}  # it has an Ann of its own, or none yet; never ours
    if who in ("Bob", "Ann", "lms") and who not in MAY[kind] and kind in ("asked", "a job"):
        return {"not_found"}
    return {"yes" if who in MAY[kind] else REFUSED[who]}


@dataclass
class World:
    """A school with Ann and Bob in it, another school, and every kind of caller."""

    database: Database
    client: ContractClient
    tokens: dict[str, str] = field(default_factory=dict)
    things: dict[str, str] = field(default_factory=dict)

    def send(self, who: str, operation: Operation, **path: str) -> TestResponse:
        """The request of the operation's first good example, with these names in its path."""
        good = [one for one in operation.examples if (one.status or 200) < 400]
        body = good[0].body if good else None
        names = dict(good[0].path) if good else {}
        names |= {name: value for name, value in self.things.items() if name in operation.path}
        if "template" in names:
            names["template"] = "everyones.q"
        if KIND[operation.id] == "writing":
            names |= {"deck": "own", "card": "own.a", "template": "own.q"}
        if "user" in operation.path:
            names["user"] = "me" if who in (*LEARNERS, "exam") else "ann"
        if operation.id == "answerQuestions":
            body = {"items": [{"question": self.things["question"], "response": "7"}]}
        if who == "exam" and "question" in names:
            names["question"] = self.things["in exam"]
        if operation.id == "addReview" and who in LEARNERS:  # reviews made elsewhere are a key's
            body = {"rating": "good", "review_token": "x"}
        token = self.tokens.get(who)
        sent: dict[str, Any] = {}
        if isinstance(body, bytes):
            sent = {"data": body, "content_type": "application/octet-stream"}
        elif body is not None:
            sent = {"json": body}
        return self.client.open(
            operation.route.format(**(names | path)),
            environ_base={"REMOTE_ADDR": "203.0.113.7"},
            method=operation.method,
            query_string=dict(good[0].query) if good else {},
            headers={"Authorization": f"Bearer {token}"} if token else {},
            **sent,
        )

    def post(self, path: str, body: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.tokens['lms']}"}
        response = self.client.post(path, json=body, headers=headers)
        assert response.status_code == 201, response.text
        return response.get_json()

    def prepare(self) -> None:
        """New things of Ann's, for the next caller to be kept from."""
        quiz = self.post("/v1/users/ann/quizzes", {"mode": "exam", "length": 2})
        self.things |= {
            "question": self.post("/v1/users/ann/questions", {})["id"],
            "quiz": quiz["id"],
            "in exam": quiz["questions"][0]["id"],
            "key": self.key("school", ("compute",))[0],
            "job": self.job("teacher", "/v1/decks/cnn/report"),
        }
        for name in LEARNERS:
            made = self.post(f"/v1/users/{name.lower()}/token", {})
            self.tokens[name] = made["token"]
        self.tokens["exam"] = self.post("/v1/users/ann/token", {"quiz": quiz["id"]})["token"]

    def job(self, who: str, path: str) -> str:
        """The id of a job that somebody asked for."""
        headers = {"Authorization": f"Bearer {self.tokens[who]}", "Prefer": "respond-async"}
        response = self.client.get(path, headers=headers)
        assert response.status_code == 202, response.text
        job: str = response.get_json()["id"]
        return job

    def key(self, tenant: str, scopes: Any, **more: Any) -> tuple[str, str]:
        with self.database.write() as session:
            tenants.ensure(session, tenant, name=tenant, now=START)
            made, text = keys.create(
                session,
                tenant,
                name="key",
                scopes=scopes,
                now=START,
                rng=random.SystemRandom(),
                **more,
            )
        return made.id, text

    def of_ann(self) -> str:
        """Everything that is Ann's, as it is stored."""
        with self.database.read() as session:
            ann = users.find(session, "school", "ann")
            assert ann is not None
            rows: list[Any] = [*session.execute(select(User.__table__).where(User.id == ann.id))]
            for table in OF_A_PERSON:
                rows += session.execute(
                    select(table.__table__).where(table.user_id == ann.id)
                ).all()
        return "\n".join(sorted(map(repr, rows)))


@pytest.fixture(scope="module")
def world(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    path = tmp_path_factory.mktemp("access") / "access.db"
    shutil.copy(_sqlite_template, path)
    url = f"sqlite:///{path}"
    ticks = count()
    app = create_app(
        Settings(mode="secured", database_url=url, rate_limits="off"),
        clock=lambda: START + timedelta(milliseconds=next(ticks)),
    )
    app.test_client_class = ContractClient
    database = Database(url)
    with database.write() as session:
        decks.load(session, seed_deck(), now=START)
    client = app.test_client()
    assert isinstance(client, ContractClient)
    made = World(database, client)
    for who, scopes in SCOPES.items():
        made.tokens[who] = made.key("college" if who == "other school" else "school", scopes)[1]
    asked = read_own_question(examples.NEW_QUESTION | {"key": "q"}, "own", None, "", ())
    own = Deck("own", "Own", "", (Card("a", "front", "back"),), (asked,))
    with database.write() as session:
        decks.load(session, own, now=START, tenant_id="school")
        decks.load(session, replace(own, slug="everyones"), now=START)
    revoked, made.tokens["revoked"] = made.key("school", keys.SCOPES)
    with database.write() as session:
        keys.revoke(session, "school", revoked, now=START)
    made.tokens["expired"] = made.key("school", keys.SCOPES, expires_at=START)[1]
    made.tokens["misspelt"] = made.tokens["admin"][:-1] + "~"
    services = app.extensions[EXTENSION]
    now = services.clock
    services.clock = lambda: START - timedelta(hours=2)
    made.tokens["old token"] = made.post("/v1/users/ann/token", {"expires_in": 3600})["token"]
    services.clock = now
    yield made
    database.close()
    services.close()


def test_every_route_is_in_the_table() -> None:
    assert set(KIND) == set(BY_ID)


def test_a_token_is_for_what_a_path_names() -> None:
    """`confine` goes by the path: no route may let learners in that names nothing of theirs.

    Of jobs a caller sees only their own, each time.
    """
    for operation in BY_ID.values():
        if "job" in KIND[operation.id]:
            continue
        if operation.access.learner and not operation.access.open:
            assert operation.path.keys() & {"user", "question", "quiz"}, operation.id
        if operation.access.exam:
            assert operation.path.keys() & {"question", "quiz"}, operation.id


@pytest.mark.parametrize(
    ("peer", "headers", "known"),
    [
        ("127.0.0.1", {}, True),
        ("::1", {}, True),
        ("::ffff:127.0.0.1", {}, True),
        ("203.0.113.7", {}, False),
        ("", {}, False),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, False),
        ("127.0.0.1", {"X-Forwarded-Proto": "https"}, False),
        ("127.0.0.1", {"Forwarded": "for=127.0.0.1"}, False),
        ("127.0.0.1", {"X-Real-Ip": "127.0.0.1"}, False),
    ],
)
def test_who_may_watch(world: World, peer: str, headers: dict[str, str], known: bool) -> None:
    response = world.client.get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": peer})
    assert response.status_code == (200 if known else 403)


@pytest.mark.parametrize("who", CALLERS)
def test_who_may_do_what(world: World, who: str) -> None:
    world.prepare()
    before = world.of_ann()
    last = {"finishQuiz": 3 if who == "exam" else 1, "eraseUser": 2, "revokeKey": 2, "cancelJob": 2}
    for name in sorted(BY_ID, key=lambda name: last.get(name, 0)):
        response = world.send(who, BY_ID[name])
        refused = response.status_code in (401, 403, 404)
        found = response.get_json()["code"] if refused else "yes"
        assert found in expected(KIND[name], who), (name, response.text[:300])
    if who not in ("lms", "Ann", "exam", "admin"):
        assert world.of_ann() == before


@pytest.mark.parametrize("who", [*LEARNERS, "exam"])
def test_a_learner_names_nobody(world: World, who: str) -> None:
    world.prepare()
    before = world.of_ann()
    for operation in BY_ID.values():
        if "user" not in operation.path:
            continue
        for user in ("ann", "bob", "nobody"):
            response = world.send(who, operation, user=user)
            code = "not_found" if operation.access.learner else "missing_scope"
            assert response.get_json()["code"] == ("exam_only" if who == "exam" else code)
    assert world.of_ann() == before


def test_a_job_is_seen_by_who_may_do_what_it_does(world: World) -> None:
    world.prepare()
    asked = {
        "Ann": world.job("Ann", "/v1/users/me/export"),
        "Bob": world.job("Bob", "/v1/users/me/export"),
        "teacher": world.things["job"],
        "other school": world.job("other school", "/v1/decks/cnn/report"),
    }
    seen = {
        "Ann": {"Ann"},
        "Bob": {"Bob"},
        "teacher": {"teacher"},
        "admin": {"Ann", "Bob", "teacher"},
        "other school": {"other school"},
        "lms": set(),
    }
    for who, whose in seen.items():
        listed = {one["id"] for one in world.send(who, BY_ID["listJobs"]).get_json()["items"]}
        for asker, job in asked.items():
            response = world.send(who, BY_ID["getJobResult"], job=job)
            assert response.status_code == (200 if asker in whose else 404), (who, asker)
            assert (job in listed) == (asker in whose)
    assert world.send("Ann", BY_ID["getJobResult"], job=asked["Ann"]).get_json()["users"]
    assert world.send("admin", BY_ID["eraseUser"]).status_code == 204
    assert world.send("admin", BY_ID["getJob"], job=asked["Ann"]).status_code == 404
    assert world.send("admin", BY_ID["getJob"], job=asked["Bob"]).status_code == 200


def test_an_exam_opens_nothing_else_until_it_is_finished(world: World) -> None:
    world.prepare()
    asked = BY_ID["getQuestion"]
    other = world.send("exam", asked, question=world.things["question"])
    assert other.get_json()["code"] == "exam_only"
    sealed = world.send("exam", BY_ID["revealQuestion"])
    assert sealed.get_json()["code"] == "sealed_by_exam"
    assert world.send("exam", BY_ID["finishQuiz"]).status_code == 200
    assert "expected" in world.send("exam", asked).get_json()
    assert world.send("exam", asked, question=world.things["question"]).status_code == 200
    assert world.send("exam", BY_ID["computeShape"]).status_code == 200


def test_a_token_ends_with_its_key_and_with_its_person(world: World) -> None:
    world.prepare()
    operation = BY_ID["getUser"]
    key, text = world.key("school", SCOPES["lms"])
    lms, world.tokens["lms"] = world.tokens["lms"], text
    world.prepare()
    assert world.send("Ann", operation).status_code == 200
    with world.database.write() as session:
        keys.revoke(session, "school", key, now=START)
    world.tokens["lms"] = lms
    assert world.send("Ann", operation).get_json()["code"] == "unauthenticated"
    world.prepare()
    assert world.send("Bob", operation).status_code == 200
    assert world.send("admin", BY_ID["eraseUser"], user="bob").status_code == 204
    assert world.send("Bob", operation).get_json()["code"] == "unauthenticated"
