"""People, questions and a clock for the store's tests."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any, Protocol
from uuid import UUID

import pytest

from service.quiz.cards import Card, Claim, Deck, Request
from service.store import Database, Question, questions, tenants, users


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 4, 5, 6, 789_123, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def rng() -> random.Random:
    return random.Random(20261123)  # noqa: S311 - tests want the same ids every time


@pytest.fixture
def ann(database: Database, clock: Clock, rng: random.Random) -> UUID:
    """The random id of a person of the tenant `local`."""
    with database.write() as session:
        tenants.ensure(session, "local", name="This machine", now=clock())
        return users.get_or_create(session, "local", "ann", now=clock(), rng=rng).id


class Issue(Protocol):
    def __call__(self, user_id: UUID, **changes: Any) -> Question: ...


@pytest.fixture
def issue(database: Database, clock: Clock, rng: random.Random) -> Issue:
    """Issues a question in a transaction of its own."""

    def issue(user_id: UUID, **changes: Any) -> Question:
        values: dict[str, Any] = {
            "kind": "shape",
            "template": "conv2d-output",
            "template_version": 1,
            "engine_version": "1",
            "seed": 7,
            "difficulty": "medium",
        }
        with database.write() as session:
            return questions.issue(session, user_id, now=clock(), rng=rng, **values | changes)

    return issue


@pytest.fixture
def at_once() -> Callable[[int, Callable[[int], Any]], list[Any]]:
    """Calls a function with 0 … n − 1 from n threads that start together."""

    def run(number: int, call: Callable[[int], Any]) -> list[Any]:
        barrier = Barrier(number)

        def one(index: int) -> Any:
            barrier.wait(timeout=30)
            return call(index)

        with ThreadPoolExecutor(number) as pool:
            return list(pool.map(one, range(number)))

    return run


def card(key: str, back: str = "28 − 3 + 1 = 26", **changes: Any) -> Card:
    """A card with a claim."""
    body = {"op": "conv2d", "input_shape": [28, 28], "kernel_size": 3}
    claim = Claim("28, F 3 → 26", Request("POST", "/v1/shapes", body), {"output_shape": [26, 26]})
    return Card(key, f"What about {key}?", back, ("padding",), claims=(claim,), **changes)


@pytest.fixture
def make_deck() -> Callable[..., Deck]:
    """Makes a deck of the cards given by key, or as `(key, back)`."""

    def make(*cards: str | tuple[str, str], slug: str = "cnn", title: str = "CNN") -> Deck:
        made = (card(one) if isinstance(one, str) else card(*one) for one in cards)
        return Deck(slug, title, "Cards on convolutional networks", tuple(made))

    return make
