"""`convcards worker` on a real PostgreSQL: jobs are done once, whatever happens to their workers.

What a job gives is compared with what the same request is answered with at once. A job is held up
in its middle by a lock on the last thing that it writes, so that nothing here depends on speed.
"""

import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import SystemRandom
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, create_engine, text

import pooler
from contract_client import ContractClient
from postgresql_server import OWNER, PostgresServer
from running import CONVCARDS, PATIENCE, Command, environment
from service.api.context import EXTENSION
from service.app import create_app
from service.cli.worker import Worker
from service.config import Settings
from service.store import Database, jobs, keys, tenants
from service.store.wordings import PORTION

CARDS = [f"kernels.c{number}" for number in range(PORTION + 2)]
ASYNC = {"Prefer": "respond-async"}
DECK = {
    "deck": {"slug": "kernels", "title": "Kernels", "description": "Small filters."},
    "cards": [{"key": f"c{n}", "front": f"Front {n}", "back": "Back"} for n in range(PORTION + 2)],
}


class Shop:
    """A service on PostgreSQL, a key to it, and workers beside it.

    `url` is where service and workers find the database, `direct` where the test looks into it.
    """

    def __init__(self, url: str, direct: str, folder: Path) -> None:
        self.url, self.folder = url, folder
        settings = Settings(mode="secured", database_url=url, rate_limits="off")
        self.app = create_app(settings)
        self.app.test_client_class = ContractClient
        self.client = self.app.test_client()
        self.database = Database(url)
        self.worker = Worker(create_app(settings, database=self.database), self.database)
        with self.database.write() as session:
            moment, rng = datetime.now(UTC), SystemRandom()
            tenants.ensure(session, "school", name="School", now=moment)
            self.key, self.secret = keys.create(
                session, "school", name="key", scopes=keys.SCOPES, now=moment, rng=rng
            )
        self.client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {self.secret}"
        self.engine = create_engine(direct.replace("postgresql:", "postgresql+psycopg:"))

    def ask(self, method: str, path: str, **request: Any) -> str:
        """Ask for a job; returns its address."""
        response = self.client.open(path, method=method, headers=ASYNC, **request)
        assert response.status_code == 202, response.text
        assert response.headers["Preference-Applied"] == "respond-async"
        assert response.get_json()["state"] == "queued"
        return response.headers["Location"]

    def see(self, job: str) -> Any:
        return self.client.get(job).get_json()

    def rows(self) -> str:
        """All that stands in the table of jobs."""
        with self.engine.connect() as connection:
            return "\n".join(connection.scalars(text("SELECT jobs::text FROM jobs")))

    def close(self) -> None:
        self.engine.dispose()
        self.database.close()
        self.app.extensions[EXTENSION].close()

    def until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def start(self, *options: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [CONVCARDS, "worker", *options],
            env=environment(CONVCARDS_DATABASE_URL=self.url),
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def work(self) -> None:
        """Let a worker in this process do all that waits."""
        self.worker.work(once=True)

    def pass_time(self) -> None:
        """Let half a minute pass in which nobody gave a sign of life."""
        with self.engine.begin() as connection:
            connection.execute(text("UPDATE jobs SET alive_at = alive_at - interval '31 s'"))

    @contextmanager
    def blocked(self) -> Iterator[Connection]:
        """Hold up whoever adds the last card of the deck, at that place."""
        with self.engine.connect() as connection:
            insert = "INSERT INTO cards (id, deck_id, key, position, version) VALUES "
            connection.execute(text("SET session_replication_role = replica"))  # no foreign keys
            connection.execute(text(f"{insert}('{CARDS[-1]}', 'kernels', 'last', 0, 1)"))
            yield connection
            connection.rollback()

    def is_waiting(self) -> bool:
        """Whether somebody waits for the lock of `blocked`."""
        with self.engine.connect() as connection:
            return bool(connection.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))


@pytest.fixture
def shop(postgresql_url: str, tmp_path: Path) -> Iterator[Shop]:
    made = Shop(postgresql_url, postgresql_url, tmp_path)
    yield made
    made.close()


@pytest.fixture
def pooled_shop(postgres: PostgresServer, postgresql_url: str, tmp_path: Path) -> Iterator[Shop]:
    """The same behind PgBouncer, where there is one."""
    with ExitStack() as stack:
        url = postgresql_url
        if pooler.PROGRAM is not None:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="convcards-pgb-"))
            between = pooler.Pooler(Path(folder), postgres.folder, size=2)
            between.start()
            stack.callback(between.stop)
            name = url.split("?")[0].rpartition("/")[2]
            url = f"postgresql://{OWNER}@/{name}?host={folder}&port={between.port}"
        made = Shop(url, postgresql_url, tmp_path)
        yield made
        made.close()


def test_a_job_gives_what_the_request_would_have_got_at_once(shop: Shop) -> None:
    shop.client.post("/v1/users/ann/questions", json={})
    asked: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "/v1/imports", {"json": DECK}),
        ("GET", "/v1/decks/kernels/export?format=csv", {}),
        ("GET", "/v1/users/ann/export", {}),
        ("GET", "/v1/decks/kernels/report?format=text", {}),
        (
            "POST",
            "/v1/shapes/sweep",
            {
                "json": {
                    "op": "conv1d",
                    "input": 9,
                    "filters": 1,
                    "kernel_size": {"start": 1, "stop": 99},
                }
            },
        ),
        ("GET", "/v1/decks/nothing/export", {}),
    ]
    made = [shop.ask(method, path, **request) for method, path, request in asked]
    listed = shop.client.get("/v1/jobs").get_json()["items"]
    assert [one["links"]["self"] for one in listed] == made[::-1]
    assert shop.client.get(f"{made[0]}/result").get_json()["code"] == "job_without_result"
    shop.work()
    seen = [shop.see(job) for job in made]
    assert [job["state"] for job in seen] == [*["done"] * 5, "failed"]
    assert [job["percent"] for job in seen] == [*[100] * 5, 0]
    assert (seen[0]["done"], seen[4]["total"]) == (len(CARDS), 98)
    loaded = shop.client.get(seen[0]["links"]["result"]).get_json()
    assert loaded["created"] == CARDS
    for job, (method, path, request) in list(zip(seen, asked, strict=True))[1:5]:
        now = shop.client.open(path, method=method, **request)
        later = shop.client.get(job["links"]["result"])
        if "users" not in path:  # its export has the job itself in it by now
            assert later.data == now.data
        assert later.mimetype == now.mimetype
        assert later.headers.get("Content-Disposition") == now.headers.get("Content-Disposition")
    now = shop.client.get("/v1/decks/nothing/export").get_json()
    assert seen[5]["problem"] == now | {"request_id": seen[5]["problem"]["request_id"]}

    assert [job["operation"] for job in listed].count("exportUser") == 1
    gone = shop.ask("DELETE", "/v1/users/ann")
    shop.work()
    assert shop.see(gone)["state"] == "done"
    assert "result" not in shop.see(gone)["links"]
    assert shop.see(made[2])["code"] == "not_found"  # what was known of Ann went with her
    assert "ann" not in shop.rows()


def test_a_job_is_done_in_the_name_of_who_asked(shop: Shop) -> None:
    shop.client.post("/v1/users/ann/questions", json={})
    token = shop.client.post("/v1/users/ann/token", json={}).get_json()["token"]
    with_key = dict(shop.client.environ_base)
    shop.client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    own = shop.ask("GET", "/v1/users/me/export")
    shop.work()
    exported = shop.client.get(f"{own}/result").get_json()
    assert [user["external_id"] for user in exported["users"]] == ["ann"]
    shop.client.environ_base = with_key
    first, last = [shop.ask("GET", "/v1/users/ann/export") for _ in range(2)]
    assert shop.secret not in shop.rows()
    assert token not in shop.rows()
    with shop.database.write() as session:
        keys.revoke(session, "school", shop.key.id, now=datetime.now(UTC))
    shop.work()
    with shop.database.write() as session:
        view = jobs.View("school", ["exportUser"])
        for job in (first, last):
            failed = jobs.get(session, UUID(job.rpartition("/")[2]), view)
            assert failed.problem["code"] == "unauthenticated"


def test_a_worker_that_is_killed_is_followed_by_another(shop: Shop) -> None:
    job = shop.ask("POST", "/v1/imports", json=DECK)
    with shop.blocked():
        worker = shop.start()
        shop.until(shop.is_waiting)
        worker.kill()
        worker.communicate()
    shop.work()  # it is not silent for long enough
    assert shop.see(job)["state"] == "running"
    shop.pass_time()
    shop.work()
    assert shop.see(job)["state"] == "done"
    result = shop.client.get(f"{job}/result").get_json()
    assert result["created"] == CARDS
    assert shop.client.get("/v1/decks/kernels").get_json()["version"] == 1


def test_what_kills_its_workers_is_given_up(shop: Shop) -> None:
    job = shop.ask("POST", "/v1/imports", json=DECK)
    with shop.engine.begin() as connection:
        connection.execute(text("UPDATE jobs SET state = 'running', lost = 2, alive_at = now()"))
    shop.pass_time()
    shop.work()
    assert shop.see(job)["problem"]["code"] == "internal_error"
    assert shop.client.get("/v1/decks/kernels").status_code == 404


def test_calling_off_and_stopping_undo_what_was_done(pooled_shop: Shop) -> None:
    shop = pooled_shop
    waiting = shop.ask("POST", "/v1/imports", json=DECK)
    assert shop.client.delete(waiting).get_json()["state"] == "cancelled"
    assert shop.client.delete(waiting).status_code == 204
    assert shop.client.get(waiting).status_code == 404

    job = shop.ask("POST", "/v1/imports", json=DECK)
    with shop.blocked():
        worker = shop.start("--grace", "0")
        shop.until(lambda: shop.see(job)["done"] == PORTION)
        assert shop.see(job)["percent"] == 99
        assert shop.client.delete(job).get_json()["state"] == "running"
        shop.until(lambda: shop.see(job)["state"] == "cancelled")
        assert shop.client.get("/v1/decks/kernels").status_code == 404

        second = shop.ask("POST", "/v1/imports", json=DECK)
        shop.until(lambda: shop.see(second)["done"] == PORTION)
        worker.send_signal(signal.SIGTERM)
        out, _ = worker.communicate(timeout=PATIENCE)
        assert worker.returncode == 0
        assert out.endswith("Stopped.\n")
        assert shop.see(second)["state"] == "queued"
    shop.work()
    assert shop.see(second)["state"] == "done"


def test_sqlite_needs_none(sqlite_url: str, command: Command) -> None:
    ended = command("worker", url=sqlite_url)
    assert ended.status == 78
    assert "SQLite" in ended.err
