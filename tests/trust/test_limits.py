"""P22: 60 a minute by address, 600 by key, heavy work counted for several; shared; never a 5xx."""

import logging
import random
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contract_client import ContractClient
from service.api.context import EXTENSION
from service.api.counters import WINDOW, Counters, Local, Shared
from service.api.limits import client_address
from service.app import create_app
from service.config import Settings
from service.store import Database, keys, tenants

START = datetime(2026, 11, 23, 12, tzinfo=UTC)
CHEAP = "/v1/shapes/conv2d?input_shape=5x5x1&kernel_size=3"
HEAVY = "/v1/pictures/conv2d.gif?input_shape={0}x{0}x1&kernel_size=3"


class World:
    """A service in secured mode on a clock that is turned by hand, with keys of two schools."""

    def __init__(self, url: str, **settings: Any) -> None:
        self.now = START
        self.app = create_app(Settings(database_url=url, **settings), clock=lambda: self.now)
        self.client = self.app.test_client()
        database = Database(url)
        with database.write() as session:
            tenants.ensure(session, "school", name="School", now=START)
            self.keys = [
                keys.create(
                    session,
                    "school",
                    name="key",
                    scopes=("compute", "quiz:take", "act:users"),
                    now=START,
                    rng=random.SystemRandom(),
                )[1]
                for _ in range(2)
            ]
        database.close()

    def get(self, path: str = CHEAP, key: str = "", peer: str = "203.0.113.7", **more: str) -> Any:
        headers = {**more, **({"Authorization": f"Bearer {key}"} if key else {})}
        return self.client.get(path, headers=headers, environ_base={"REMOTE_ADDR": peer})

    def passed(self, most: int, **how: Any) -> int:
        """How many pass before one is refused."""
        for number in range(most):
            if self.get(**how).status_code == 429:
                return number
        return most


@pytest.fixture
def make_world(sqlite_url: str) -> Iterator[Callable[..., World]]:
    made: list[World] = []

    def make(**settings: Any) -> World:
        made.append(World(sqlite_url, **settings))
        return made[-1]

    yield make
    for world in made:
        world.app.extensions[EXTENSION].close()


def test_an_address_has_60_a_minute(make_world: Callable[..., World]) -> None:
    world = make_world()
    first = world.get()
    assert first.headers["RateLimit-Policy"] == '"default";q=60;w=60'
    assert first.headers["RateLimit"] == '"default";r=59;t=60'
    assert first.headers["RateLimit-Limit"] == "60"
    assert first.headers["RateLimit-Remaining"] == "59"
    assert first.headers["RateLimit-Reset"] == "60"
    assert world.passed(70) == 59
    world.app.test_client_class = ContractClient
    refused = world.app.test_client().get(CHEAP, environ_base={"REMOTE_ADDR": "203.0.113.7"})
    assert (refused.status_code, refused.get_json()["code"]) == (429, "rate_limited")
    assert refused.headers["RateLimit-Remaining"] == "0"
    assert world.passed(2, peer="203.0.113.8") == 2
    assert world.get("/livez").status_code == 200
    assert "RateLimit" not in world.get("/livez").headers
    waits = int(refused.headers["Retry-After"])
    world.now += timedelta(seconds=waits - 1)
    assert world.get().status_code == 429
    world.now += timedelta(seconds=1)
    assert world.get().status_code == 200
    world.now += timedelta(seconds=2 * WINDOW)
    assert world.passed(70) == 60


def test_a_key_has_600_and_a_learner_as_much(make_world: Callable[..., World]) -> None:
    world = make_world(rate_key=30)
    assert Settings().rate_key == 600
    one, two = world.keys
    token = world.client.post("/v1/users/ann/token", headers={"Authorization": f"Bearer {one}"})
    assert token.headers["RateLimit-Limit"] == "30"
    learner = token.get_json()["token"]
    assert world.passed(40, key=one) == 29
    assert world.passed(40, key=two, peer="203.0.113.9") == 30
    assert world.passed(40, key=learner) == 30
    assert world.passed(2) == 2


def test_heavy_work_counts_for_five(make_world: Callable[..., World]) -> None:
    world = make_world(rate_anonymous=12)
    for size, left in ((4, "7"), (5, "2")):
        assert world.get(HEAVY.format(size)).headers["RateLimit-Remaining"] == left
    assert world.get(HEAVY.format(6)).status_code == 429
    assert world.passed(5) == 1


def test_keys_cannot_be_guessed_at_speed(make_world: Callable[..., World]) -> None:
    world = make_world()
    for number in range(70):
        status = world.get(key=world.keys[0][:-1] + "~").status_code
        assert status == (401 if number < 60 else 429)
    assert world.get(key=world.keys[0]).status_code == 200


def test_a_forged_header_changes_nothing(make_world: Callable[..., World]) -> None:
    world = make_world(trusted_proxies=("10.0.0.0/24",))
    for number in range(70):
        forged = {
            "X-Forwarded-For": f"198.51.100.{number}",
            "X-Real-IP": f"198.51.100.{number}",
        }
        assert world.get(**forged).status_code == (200 if number < 60 else 429)
    assert world.passed(70, peer="10.0.0.1", **{"X-Forwarded-For": "x, 203.0.113.7"}) == 0
    assert world.passed(70, peer="10.0.0.1", **{"X-Forwarded-For": "203.0.113.8"}) == 60


@pytest.mark.parametrize(
    ("peer", "forwarded", "found"),
    [
        ("203.0.113.7", "", "203.0.113.7"),
        ("203.0.113.7", "1.2.3.4", "203.0.113.7"),
        ("10.0.0.1", "1.2.3.4", "1.2.3.4"),
        ("10.0.0.1", "9.9.9.9, 1.2.3.4", "1.2.3.4"),
        ("10.0.0.1", "9.9.9.9, 1.2.3.4, 10.0.0.2", "1.2.3.4"),
        ("10.0.0.1", "9.9.9.9, nonsense, 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", ",,,", "10.0.0.1"),
        ("::ffff:10.0.0.1", "2001:db8::1", "2001:db8::/64"),
        ("2001:db8:0:0:1::1", "1.2.3.4", "2001:db8::/64"),
        ("", "1.2.3.4", "unknown"),
    ],
)
def test_the_address_of_a_caller(peer: str, forwarded: str, found: str) -> None:
    assert client_address(peer, forwarded, ("10.0.0.0/24",)) == found


def test_local_mode_counts_only_if_it_is_told_to(make_world: Callable[..., World]) -> None:
    world = make_world(mode="local")
    assert world.passed(70, peer="127.0.0.1") == 70
    assert "RateLimit" not in world.get(peer="127.0.0.1").headers
    counted = make_world(mode="local", rate_limits="on")
    assert counted.passed(70, peer="127.0.0.1") == 60
    assert make_world(rate_limits="off").passed(70) == 70


def history(seed: int) -> list[tuple[float, str, int]]:
    """Requests of two callers over some minutes: bursts, pauses, a clock that steps back."""
    rng = random.Random(seed)  # noqa: S311 - the same in every run
    at, found = 1_764_000_000.0, []
    for _ in range(300):
        at += rng.choice([0, 0, 0, 0.25, 1, 1, 7, 7, -0.5, 60, 61, 130])
        found.append((at, rng.choice("ab"), rng.choice([1, 1, 1, 5, 50])))
    return found


@pytest.mark.parametrize("seed", range(5))
def test_no_more_passes_in_any_minute(seed: int) -> None:
    """Against a log of every request: at most the limit, and a little where windows meet."""
    counters, log = Local(), {"a": deque[tuple[float, int]](), "b": deque[tuple[float, int]]()}
    for at, key, cost in history(seed):
        if at < max((t for t, _ in log[key]), default=at):
            continue
        usage = counters.take(key, cost, 20, at)
        if usage.allowed:
            log[key].append((at, min(cost, 20)))
        else:
            retried = Local()
            retried._windows = dict(counters._windows)
            assert retried.take(key, cost, 20, at + usage.retry).allowed
        passed = sum(used for t, used in log[key] if t > at - WINDOW)
        assert passed <= 40
        assert usage.remaining <= 20
    rest = Local()
    assert sum(rest.take("a", 1, 20, at + n / 1000).allowed for n in range(100)) == 20


def test_the_shared_counters_count_alike(valkey_url: str) -> None:
    rng = random.Random(7)  # noqa: S311
    for seed in range(3):
        local: Counters = Local()
        two = [Shared(valkey_url), Shared(valkey_url)]  # as two processes have
        for at, key, cost in history(seed):
            name = f"{seed}{key}"
            assert rng.choice(two).take(name, cost, 20, at) == local.take(name, cost, 20, at)


def test_two_services_count_together(make_world: Callable[..., World], valkey_url: str) -> None:
    worlds = [make_world(rate_limit_storage=valkey_url) for _ in range(2)]
    peer = "203.0.113.99"
    assert worlds[0].passed(40, peer=peer) == 40
    assert worlds[1].passed(40, peer=peer) == 20


def test_a_storage_that_is_away_turns_nobody_away(
    make_world: Callable[..., World], valkey_server_factory: Any, caplog: pytest.LogCaptureFixture
) -> None:
    server = valkey_server_factory()
    world = make_world(rate_limit_storage=f"valkey://{server.host}:{server.port}")
    assert world.passed(40) == 40
    server.stop()
    caplog.set_level(logging.WARNING, "convcards.limits")
    assert world.passed(70) == 60
    lines = [record for record in caplog.records if record.name == "convcards.limits"]
    assert len(lines) == 1
