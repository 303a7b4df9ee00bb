"""`convcards backup` and `restore`: nothing acknowledged is missing, nothing is spoilt."""

import itertools
import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from postgresql_server import PostgresServer, packaged
from quiz_service import Quiz
from running import Command
from service.api.context import EXTENSION
from service.app import create_app
from service.config import Settings
from service.store.backups import manifest_path


@pytest.fixture(autouse=True)
def _tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's programs are of the server's release."""
    monkeypatch.setenv("PATH", str(packaged()), prepend=":")


@pytest.fixture
def elsewhere(database_url: str, tmp_path: Path, postgres: PostgresServer) -> Iterator[str]:
    """The address of a database that isn't there yet (on PostgreSQL: is empty), of that kind."""
    if database_url.startswith("sqlite"):
        yield f"sqlite:///{tmp_path / 'new' / 'restored.db'}"
        return
    name = postgres.create()
    yield postgres.url(name)
    postgres.drop(name)


@pytest.fixture
def serve() -> Iterator[Callable[[str], Quiz]]:
    """Opens the service on a database."""
    made: list[Quiz] = []

    def serve(url: str) -> Quiz:
        made.append(Quiz(create_app(Settings(mode="local", database_url=url))))
        return made[-1]

    yield serve
    for one in made:
        one.app.extensions[EXTENSION].close()


def answers_until(stop: threading.Event, service: Quiz, user: str, ids: list[str]) -> None:
    """Answer questions; each id is put down once the answer is acknowledged."""
    while not stop.is_set():
        response = service.answer(service.ask(user, kind="integer"), "7")
        if response.status_code == 201:
            ids.append(response.get_json()["id"])


def exported(service: Quiz, user: str) -> Any:
    return service.get(f"/v1/users/{user}/export").get_json()


def test_a_backup_under_load_has_all_that_was_acknowledged(
    database_url: str,
    elsewhere: str,
    serve: Callable[[str], Quiz],
    command: Command,
    tmp_path: Path,
) -> None:
    service, target = serve(database_url), tmp_path / "copy"
    for key in ("one", "two", "three"):
        asked = service.ask("ann", kind="integer")
        assert service.answer(asked, "7", key=key).status_code == 201
    before = exported(service, "ann")
    stop, acknowledged = threading.Event(), [list[str]() for _ in range(3)]
    threads = [
        threading.Thread(target=answers_until, args=(stop, service.another_client(), f"p{n}", ids))
        for n, ids in enumerate(acknowledged)
    ]
    for thread in threads:
        thread.start()
    try:
        while not all(len(ids) > 3 for ids in acknowledged):
            assert all(thread.is_alive() for thread in threads)
            time.sleep(0.01)
        early = {*map(UUID, itertools.chain(*acknowledged))}
        made = command("backup", str(target), url=database_url)
        during = len([*itertools.chain(*acknowledged)]) - len(early)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert made.status == 0, made.err
    assert during, "nothing was written meanwhile"

    back = command("restore", str(target), url=elsewhere)
    assert back.status == 0, back.err
    assert "are back, and checked" in back.out
    restored = serve(elsewhere)
    assert exported(restored, "ann") == before
    kept = restored.rows("answers")
    assert early <= {UUID(str(row["id"])) for row in kept}
    used = {row["id"]: row["attempts_used"] for row in restored.rows("questions")}
    for question, attempts in used.items():
        assert attempts == sum(row["question_id"] == question for row in kept)
    assert len(kept) == json.loads(manifest_path(target).read_text())["tables"]["answers"]["rows"]
    asked = restored.ask("ann", template="conv-output-size")
    assert restored.answer(asked, "7").status_code == 201
    if elsewhere.startswith("sqlite"):
        assert (tmp_path / "new" / "restored.db").stat().st_mode & 0o77 == 0
        assert target.stat().st_mode & 0o77 == 0


def test_what_stands_against_it_is_said_before_anything_changes(
    database_url: str,
    elsewhere: str,
    serve: Callable[[str], Quiz],
    command: Command,
    tmp_path: Path,
) -> None:
    target = tmp_path / "copy"
    service = serve(database_url)
    service.answer(service.ask("ann", kind="integer"), "7")
    assert command("backup", str(target), url=database_url).status == 0
    content = target.read_bytes()

    again = command("backup", str(target), url=database_url)
    assert (again.status, again.err.count("\n")) == (1, 1)
    assert "is there already" in again.err
    assert target.read_bytes() == content

    service.answer(service.ask("ann", kind="integer"), "7")
    before = exported(service, "ann")
    assert "isn't empty" in command("restore", str(target), url=database_url).err
    used = command("restore", "--replace", str(target), url=database_url)
    assert "in use: stop the service first" in used.err
    manifest = manifest_path(target)
    told = json.loads(manifest.read_text())
    for change, said in (
        ({"revision": "9999"}, "of a newer ConvCards"),
        ({"sha256": "0" * 64}, "is damaged"),
        ({"database": "other"}, "put back where it came from"),
        ({"format": 9}, "another release"),
        ({"tables": 7}, "no manifest"),
    ):
        manifest.write_text(json.dumps(told | change))
        refused = command("restore", str(target), url=elsewhere)
        assert (refused.status, refused.err.count("\n")) == (1, 1), refused.err
        assert said in refused.err
    told["tables"]["answers"]["rows"] += 1
    manifest.write_text(json.dumps(told))
    assert "is not what its manifest says" in command("restore", str(target), url=elsewhere).err
    told["tables"]["answers"]["rows"] -= 1
    manifest.unlink()
    assert "is missing" in command("restore", str(target), url=elsewhere).err
    assert exported(service, "ann") == before

    service.app.extensions[EXTENSION].close()
    manifest.write_text(json.dumps(told))
    assert command("restore", "--replace", str(target), url=database_url).status == 0
    assert len(exported(serve(database_url), "ann")["answers"]) == 1


def test_what_cannot_be_copied(
    bare_url: str, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for target, url in (("copy", bare_url), ("no/such/folder", bare_url)):
        refused = command("backup", str(tmp_path / target), url=url)
        assert (refused.status, refused.err.count("\n")) == (1, 1)
    if bare_url.startswith("postgresql"):
        monkeypatch.setenv("PATH", str(tmp_path))
        refused = command("backup", str(tmp_path / "copy"), url=bare_url)
        assert "pg_dump of PostgreSQL 18 or newer is needed, and there is none" in refused.err
        (tmp_path / "pg_dump").write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.1'\n")
        (tmp_path / "pg_dump").chmod(0o755)
        assert "is pg_dump (PostgreSQL) 9.6.1" in command("backup", "copy", url=bare_url).err
        (tmp_path / "pg_dump").unlink()
    assert not [*tmp_path.glob("copy*"), *tmp_path.glob(".copy*")]


def test_a_damaged_file_is_told(sqlite_url: str, command: Command, tmp_path: Path) -> None:
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA writable_schema=ON")
        database.execute("UPDATE sqlite_schema SET sql = 'x' WHERE name = 'answers'")
        database.commit()
    refused = command("backup", str(tmp_path / "copy"), url=sqlite_url)
    assert (refused.status, "is damaged" in refused.err) == (1, True), refused.err
    path.write_bytes(b"no database at all, though it is as long as one" * 30)
    refused = command("backup", str(tmp_path / "copy"), url=sqlite_url)
    assert "is damaged, or no SQLite database" in refused.err
    assert [*tmp_path.iterdir()] == [path]
