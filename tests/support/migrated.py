"""Migrations up, down and up again on a database that people have used, while others go on writing.

The database is filled at the first revision that has both answers and reviews, so that every later
one finds all of them there. What is compared is all that stood in it then, column by column.
"""

import hashlib
import itertools
import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import psycopg
from psycopg import sql

from service.store import migrate
from service.store.ids import random_id, uuid7

FIRST = "0002"
BEGAN = datetime(2026, 1, 5, tzinfo=UTC)
ATTEMPTS = 2
SUBJECT = "template:conv-output-size"
HEAVY = ("AccessExclusiveLock", "ExclusiveLock", "ShareRowExclusiveLock", "ShareLock")
"""Locks that keep others from writing."""

Row = tuple[Any, ...]
Table = tuple[str, tuple[str, ...], Iterator[Row]]
Sums = dict[str, tuple[int, int]]


@dataclass
class Waited:
    """What others noticed, in seconds: how long locks were held, how long a request took."""

    locks: dict[str, float] = field(default_factory=dict)
    held: dict[Row, float] = field(default_factory=dict)
    """Locks that are held at the moment, by process, table and mode, and since when."""
    longest_write: float = 0.0
    longest_read: float = 0.0

    @property
    def longest_lock(self) -> float:
        return max(self.locks.values(), default=0.0)


@dataclass
class Migrated:
    """The sums before and after, and what each way took."""

    before: Sums
    after: dict[str, Sums]
    seconds: dict[str, float]
    waited: Waited
    differences: list[Any]

    @property
    def is_whole(self) -> bool:
        return all(sums == self.before for sums in self.after.values()) and not self.differences

    def report(self, title: str) -> str:
        rows = ", ".join(f"{count:,} {table}" for table, (count, _) in self.before.items())
        lines = [f"{title}: {rows}"]
        for way, seconds in self.seconds.items():
            same = "same" if self.after[way] == self.before else f"OTHERS: {self.after[way]}"
            lines.append(f"  {way:22}{seconds:7.1f} s   counts and checksums: {same}")
        if self.waited.locks:
            locks = sorted(self.waited.locks.items(), key=lambda item: -item[1])[:5]
            lines.append(f"  longest lock{self.waited.longest_lock:8.2f} s   of which the longest:")
            lines += [f"    {what:50}{seconds:6.2f} s" for what, seconds in locks]
            lines.append(
                f"  meanwhile the longest write took {self.waited.longest_write:.2f} s, "
                f"the longest read {self.waited.longest_read:.2f} s"
            )
        lines += [f"  alembic check: {one}" for one in self.differences or ["clean"]]
        return "\n".join(lines)


def up_down_up(url: str, people: int, answers: int, *, strange: bool = False) -> Migrated:
    """Fill a database that was never migrated, and take it to the head, back, and to the head.

    `strange` ids are random, not made by the clock as the service makes them.
    """
    migrate.upgrade(url, FIRST)
    _fill(url, [*_rows(people, answers, random_id if strange else None)])
    before = _sums(url)
    after, seconds = {}, {}
    with _watched(url) as waited:
        for way in ("up", "down", "up again"):
            begun = time.monotonic()
            if way == "down":
                migrate.downgrade(url, FIRST)
            else:
                migrate.upgrade(url)
            seconds[way] = time.monotonic() - begun
            after[way] = _sums(url)
    engine = migrate.make_engine(url)
    with engine.connect() as connection:
        differences = migrate.differences(connection)
    engine.dispose()
    return Migrated(before, after, seconds, waited, differences)


def _rows(
    people: int, answers: int, random: Callable[[Random], UUID] | None = None
) -> Iterator[Table]:
    """Tables in an order in which each refers only to those before it."""
    rng = Random(20261127)  # noqa: S311 - the same rows every time

    def new(at: datetime) -> UUID:
        return random(rng) if random else uuid7(at, rng)

    ids = [random_id(rng) for _ in range(people)]
    yield "tenants", ("id", "name", "created_at"), iter([("local", "This machine", BEGAN)])
    columns = ("id", "tenant_id", "external_id", "created_at")
    yield "users", columns, ((one, "local", f"p{n}", BEGAN) for n, one in enumerate(ids))
    step = timedelta(days=300) / max(1, answers)
    asked = [
        (new(BEGAN + step * n * ATTEMPTS), ids[n % people], BEGAN + step * n * ATTEMPTS)
        for n in range(answers // ATTEMPTS)
    ]
    columns = ("id", "user_id", "kind", "template", "template_version", "engine_version", "seed")
    columns += (
        "difficulty",
        "attempts_allowed",
        "attempts_used",
        "state",
        "issued_at",
        "closed_at",
    )
    what = ("shape", "conv-output-size", 1, "1", 7, "medium", ATTEMPTS, ATTEMPTS, "answered")
    yield "questions", columns, ((one, person, *what, at, at) for one, person, at in asked)
    given = [
        (new(at + timedelta(minutes=attempt)), one, person, attempt, at)
        for one, person, at in asked
        for attempt in range(1, ATTEMPTS + 1)
    ]
    columns = ("id", "question_id", "user_id", "attempt", "response", "correct", "score")
    columns += ("duration_ms", "answered_at")
    yield (
        "answers",
        columns,
        ((*first, json.dumps(n), n % 3 > 0, 1.0, n, at) for n, (*first, at) in enumerate(given)),
    )
    columns = ("id", "user_id", "subject", "event", "rating", "answer_id", "reviewed_at")
    columns += ("recorded_at",)
    counted: dict[UUID, Iterator[int]] = {one: itertools.count(1) for one in ids}
    yield (
        "reviews",
        columns,
        (
            (new(at), person, SUBJECT, next(counted[person]), "good", answer, at, at)
            for answer, _, person, _, at in given
        ),
    )
    columns = ("user_id", "subject", "deck_id", "events", "state", "stability", "difficulty")
    memory = (SUBJECT, None, 1, "review", 3.0, 5.0)
    yield "memories", columns, ((one, *memory) for one in ids)


COLUMNS = {table: columns for table, columns, _ in _rows(1, 0)}


def _fill(url: str, tables: Sequence[Table]) -> None:
    if url.startswith("sqlite"):
        with closing(_sqlite(url)) as connection:
            for table, columns, rows in tables:
                marks = ", ".join("?" * len(columns))
                connection.executemany(
                    f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})",  # noqa: S608
                    (tuple(map(_for_sqlite, row)) for row in rows),
                )
            connection.commit()
        return
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        for table, columns, rows in tables:
            names = sql.SQL(", ").join(map(sql.Identifier, columns))
            into = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
            with cursor.copy(into) as copy:
                for row in rows:
                    copy.write_row(row)


def _for_sqlite(value: Any) -> Any:
    if isinstance(value, UUID):
        return value.hex
    return value.strftime("%Y-%m-%d %H:%M:%S.%f") if isinstance(value, datetime) else value


def _sqlite(url: str) -> sqlite3.Connection:
    return sqlite3.connect(url.removeprefix("sqlite:///"))


def _sums(url: str) -> Sums:
    """How many rows each table has, and a sum that the order of rows makes no difference to."""
    if url.startswith("sqlite"):
        with closing(_sqlite(url)) as connection:
            return {table: _sum_sqlite(connection, table) for table in COLUMNS}
    with psycopg.connect(url) as connection:
        return {table: _sum_postgresql(connection, table) for table in COLUMNS}


def _sum_sqlite(connection: sqlite3.Connection, table: str) -> tuple[int, int]:
    count = total = 0
    query = f"SELECT {', '.join(COLUMNS[table])} FROM {table}"  # noqa: S608 - names of ours
    for row in connection.execute(query):
        count += 1
        total += int.from_bytes(hashlib.blake2b(repr(row).encode(), digest_size=8).digest())
    return count, total


def _sum_postgresql(connection: psycopg.Connection[Any], table: str) -> tuple[int, int]:
    query = sql.SQL(
        "SELECT count(*), coalesce(sum(hashtextextended(ROW({})::text, 0)::numeric), 0)::text"
        " FROM {}"
    ).format(sql.SQL(", ").join(map(sql.Identifier, COLUMNS[table])), sql.Identifier(table))
    count, total = connection.execute(query).fetchone() or (0, "0")
    return count, int(total)


@contextmanager
def _watched(url: str) -> Iterator[Waited]:
    """Watch locks, and write and read without end, on PostgreSQL; SQLite has one lock for all."""
    waited, stop = Waited(), threading.Event()
    watchers = [] if url.startswith("sqlite") else [_watch_locks, _write, _read]
    failed: list[BaseException] = []

    def run(watch: Any) -> None:
        try:
            with psycopg.connect(url) as connection:
                while not stop.wait(0.02):
                    watch(connection, waited)
        except BaseException as error:
            failed.append(error)
            raise

    threads = [threading.Thread(target=run, args=(watch,)) for watch in watchers]
    for thread in threads:
        thread.start()
    try:
        yield waited
    finally:
        stop.set()
        for thread in threads:
            thread.join(60)
    assert not failed, failed


def _watch_locks(connection: psycopg.Connection[Any], waited: Waited) -> None:
    held = connection.execute(
        "SELECT pid, relation::regclass::text, mode FROM pg_locks"
        " JOIN pg_class c ON c.oid = relation WHERE granted AND relkind IN ('r', 'p')"
        " AND relnamespace = 'public'::regnamespace AND mode = ANY(%s) AND database ="
        " (SELECT oid FROM pg_database WHERE datname = current_database())",
        [list(HEAVY)],
    ).fetchall()
    connection.commit()
    now = time.monotonic()
    for gone in waited.held.keys() - set(held):
        del waited.held[gone]
    for lock in held:
        since = waited.held.setdefault(lock, now)
        what = f"{lock[2]} on {lock[1]}"
        waited.locks[what] = max(waited.locks.get(what, 0.0), now - since)


def _write(connection: psycopg.Connection[Any], waited: Waited) -> None:
    """An answer to a question, locked and written as the service does; then taken back."""
    begun = time.monotonic()
    connection.execute("SET LOCAL statement_timeout = '60s'")
    locked = connection.execute(
        "SELECT q.id, u.id FROM users u JOIN questions q ON q.user_id = u.id"
        " ORDER BY q.id DESC LIMIT 1 FOR NO KEY UPDATE"
    ).fetchone()
    assert locked is not None
    connection.execute(
        "INSERT INTO answers (id, question_id, user_id, attempt, response, answered_at)"
        " VALUES (gen_random_uuid(), %s, %s, 9, '1', now())",
        locked,
    )
    connection.rollback()
    waited.longest_write = max(waited.longest_write, time.monotonic() - begun)


def _read(connection: psycopg.Connection[Any], waited: Waited) -> None:
    begun = time.monotonic()
    connection.execute(
        "SELECT count(*) FROM reviews WHERE user_id = (SELECT user_id FROM memories LIMIT 1)"
    ).fetchone()
    connection.rollback()
    waited.longest_read = max(waited.longest_read, time.monotonic() - begun)
