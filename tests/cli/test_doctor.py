"""`convcards doctor`: what is wrong is found, and said with what to do."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import SystemRandom
from typing import Any

import pytest

from postgresql_server import packaged
from running import Command, Ended
from service.quiz.deck_file import seed_deck
from service.store import Database, decks, issuers, jobs, keys, tenants

NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def _tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's programs are of the server's release."""
    monkeypatch.setenv("PATH", str(packaged()), prepend=":")


@pytest.fixture
def well(database: Database, database_url: str) -> str:
    """The address of a database to which nothing is wanting."""
    with database.write() as session:
        decks.load(session, seed_deck(), now=NOW)
        tenants.ensure(session, "local", name="This machine", now=NOW)
        make_key(session, "lms")
    if database_url.startswith("sqlite"):
        Path(database_url.removeprefix("sqlite:///")).chmod(0o600)
    return database_url


def make_key(session: Any, name: str, **more: Any) -> None:
    keys.create(
        session, "local", name=name, scopes=["compute"], now=NOW, rng=SystemRandom(), **more
    )


def told(ended: Ended) -> dict[str, list[tuple[str, str, str]]]:
    """Status, what was found and what to do, by check."""
    said: dict[str, list[tuple[str, str, str]]] = {}
    for one in json.loads(ended.out)["checks"]:
        said.setdefault(one["check"], []).append((one["status"], one["found"], one["advice"]))
    return said


def test_all_is_well(command: Command, well: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONVCARDS_RATE_LIMITS", "auto")
    monkeypatch.setenv("CONVCARDS_WORKERS", "1")
    ended = command("doctor", url=well)
    if well.startswith("sqlite"):
        storage = ["ok database"]
        assert ended.status == 0, ended.out
    else:  # the tests' server keeps nothing: it must not go unnoticed
        storage = ["fail database", "-> set", "ok database", "ok backup"]
        assert "fsync is off: a crash of the machine loses answers" in ended.out
    lines = [" ".join(line.split()[:2]) for line in ended.out.splitlines()]
    others = ["ok migrations", "ok decks", "ok clock", "ok keys"]
    assert lines == ["ok settings", *storage, *others], ended.out


@pytest.mark.parametrize(
    ("settings", "status", "said"),
    [
        ({"PROT": "1", "MODE": "open"}, "fail", "CONVCARDS_PROT is no setting; did you mean"),
        ({"PROT": "1", "MODE": "open"}, "fail", "CONVCARDS_MODE can't be read"),
        ({"MODE": "local", "HOST": "0.0.0.0"}, "fail", "CONVCARDS_HOST can't be 0.0.0.0"),  # noqa: S104
        ({"DATABASE_URL": "mysql://db/cards"}, "fail", "the database must be sqlite"),
        ({"DATABASE_URL": "sqlite:////no/such/file.db"}, "fail", "there is no /no/such/file.db"),
        ({"DATABASE_URL": "sqlite:///here.db"}, "warn", "depends on the folder you start in"),
        ({"TRUSTED_PROXIES": "0.0.0.0/0"}, "warn", "TRUSTED_PROXIES has everybody in it"),
        ({"RATE_LIMITS": "off"}, "warn", "nobody's requests are limited"),
        ({"WORKERS": "4"}, "warn", "CONVCARDS_WORKERS=4 counts for nothing"),
        (
            {"DATABASE_URL": "postgresql://127.0.0.1:1/cards", "WORKERS": "2"},
            "warn",
            "each of 2 processes counts requests for itself",
        ),
        ({"DATABASE_URL": "postgresql://127.0.0.1:1/cards"}, "fail", "can't be reached"),
        ({"RATE_LIMIT_STORAGE": "valkey://127.0.0.1:1"}, "warn", "can't be reached (Connection"),
    ],
)
def test_settings_that_are_wrong_or_unwise(
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
    settings: dict[str, str],
    status: str,
    said: str,
) -> None:
    for name, text in settings.items():
        monkeypatch.setenv(f"CONVCARDS_{name}", text)
    ended = command("doctor", "--json")
    found = [one for ones in told(ended).values() for one in ones if said in one[1]]
    assert [(one[0], bool(one[2])) for one in found] == [(status, True)], ended.out
    if status == "fail":
        assert ended.status == 1


def test_a_database_that_is_not_ready(command: Command, bare_url: str) -> None:
    if bare_url.startswith("sqlite"):
        Path(bare_url.removeprefix("sqlite:///")).touch()
    ended = command("doctor", "--json", url=bare_url)
    assert ended.status == 1
    (migrations,) = told(ended)["migrations"]
    assert migrations == ("fail", "the database is missing", "run: convcards migrate")


def test_what_stands_in_it(command: Command, database: Database, well: str) -> None:
    with database.write() as session:
        make_key(session, "soon", expires_at=NOW + timedelta(days=3))
        make_key(session, "later", expires_at=NOW + timedelta(days=30))
        issuers.put(
            session,
            "local",
            issuer="https://127.0.0.1:1",
            audience="a",
            jwks_uri="https://127.0.0.1:1/jwks",
            algorithms=["ES256"],
            now=NOW,
        )
        for age in (1, 10):
            jobs.add(
                session,
                "local",
                operation="exportUser",
                request={},
                body=b"",
                user_id=None,
                asked_by="local",
                now=NOW - timedelta(minutes=age),
                rng=SystemRandom(),
            )
        session.connection().exec_driver_sql("UPDATE card_versions SET content = '{}'")
    said = told(command("doctor", "--json", url=well))
    ((status, found, advice),) = said["keys"]
    assert (status, found.split()[0]) == ("warn", "soon")
    assert advice.startswith("convcards keys rotate --tenant local ")
    assert said["issuers"][0][0] == "warn"
    ((status, found, _),) = said["jobs"]
    assert (status, found) == ("warn", "1 wait for more than 5 minutes")
    assert said["decks"] == [("fail", "cnn can't be read", "load it again: convcards deck load")]


def test_a_file_that_others_may_read(command: Command, sqlite_url: str) -> None:
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    path.chmod(0o644)
    said = told(command("doctor", "--json", url=sqlite_url))
    assert f"{path} may be read by others (644)" in [found for _, found, _ in said["database"]]
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
        database.commit()
    (migrations,) = told(command("doctor", "--json", url=sqlite_url))["migrations"]
    assert migrations == ("fail", "the database is ahead", "install the newer release")
