"""Faults under load: a service that people answer questions on is killed, stopped and reloaded.

The service is gunicorn as it is shipped. Whoever runs it starts it again when it has ended, as a
container engine or systemd does. Clients answer questions with an Idempotency-Key and repeat each
answer until it is acknowledged; at the end what was acknowledged is held against the rows of the
database, read past the service. Each answer has a number of its own, so that a row tells whose it
is, and a question takes many answers, so that one which counts twice shows.
"""

import http.client
import itertools
import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any
from uuid import UUID

import psycopg

from postgresql_server import PostgresServer
from running import BIN, ROOT, convcards, environment

GUNICORN = [str(BIN / "gunicorn"), "-c", "gunicorn.conf.py", "service.app:create_app()"]
CLIENTS = 4
ATTEMPTS = 10
PATIENCE = 60.0
SEND = 10.0
"""Seconds after which a client gives a request up and sends it again."""


class Service:
    """gunicorn on one port, started again whenever it ends."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self.port = _free_port()
        self.log = folder / "service.log"
        self.restarts = 0
        self._settings = environment(CONVCARDS_PORT=str(self.port), **settings)
        self._wanted = True
        self._process = self._start()
        self._keeper = threading.Thread(target=self._keep)
        self._keeper.start()

    def _start(self) -> "subprocess.Popen[bytes]":
        with self.log.open("ab") as log:
            return subprocess.Popen(
                GUNICORN,
                cwd=ROOT,
                env=self._settings,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _keep(self) -> None:
        while self._wanted:
            try:
                self._process.wait(0.02)
            except subprocess.TimeoutExpired:
                continue
            if self._wanted:
                self.restarts += 1
                self._process = self._start()

    @property
    def master(self) -> int:
        return self._process.pid

    def workers(self) -> list[int]:
        """Its workers, once there are any."""
        for _ in range(3000):
            with suppress(OSError):
                children = Path(f"/proc/{self.master}/task/{self.master}/children").read_text()
                if children.split():
                    return [int(pid) for pid in children.split()]
            time.sleep(0.02)
        raise AssertionError(f"no worker came up:\n{self.log.read_text()[-3000:]}")

    def wait_for_restart(self, before: int) -> None:
        """Until it was started again, more often than `before`, and has workers."""
        deadline = time.monotonic() + PATIENCE
        while self.restarts == before:
            assert time.monotonic() < deadline, "it did not end"
            time.sleep(0.01)

    def stop(self) -> None:
        """Stop for ever."""
        self._wanted = False
        self._keeper.join()
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)


@dataclass
class Sent:
    """What the clients did; `acknowledged` is the bytes that came back, by the number sent."""

    acknowledged: dict[int, bytes] = field(default_factory=dict)
    when: list[tuple[float, float]] = field(default_factory=list)
    """Begun and acknowledged: the moments of each answer."""
    retries: int = 0
    surprises: Counter[str] = field(default_factory=Counter)
    """Answers that no client has to expect, such as a 500 or a 404 for its own question."""


class Clients:
    """People who answer questions, each on a kept connection, until told to stop."""

    def __init__(self, port: int, key: str, clients: int = CLIENTS) -> None:
        self.sent = Sent()
        self.last_number = itertools.count(100_000_001)
        self._port = port
        self._key = key
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._person, args=(f"person-{index}",))
            for index in range(clients)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let each client have its last answer acknowledged, and end."""
        self._stop.set()
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive(), "a client was never answered"

    def _person(self, name: str) -> None:
        with closing(_Line(self._port, self._key)) as line:
            self._answer_questions(line, name)

    def _answer_questions(self, line: "_Line", name: str) -> None:
        while not self._stop.is_set():
            wish = {"template": "conv-output-size", "attempts": ATTEMPTS}
            status, body = self._until_answered(line, f"/v1/users/{name}/questions", wish, "")
            if status != 201:
                self._surprise(status, body)
                continue
            question = json.loads(body)["id"]
            for _ in range(ATTEMPTS):
                if self._stop.is_set():
                    break
                self._answer(line, question)

    def _answer(self, line: "_Line", question: str) -> None:
        with self._lock:
            number = next(self.last_number)
        begun = time.monotonic()
        path = f"/v1/questions/{question}/answers"
        status, body = self._until_answered(line, path, {"response": str(number)}, f"k{number}")
        with self._lock:
            if status == 201:
                self.sent.acknowledged[number] = body
                self.sent.when.append((line.begun, time.monotonic()))
        if status != 201:
            self._surprise(status, body)
        elif random.random() < 0.05 or time.monotonic() - begun > 0.5:  # noqa: S311
            again = self._until_answered(line, path, {"response": str(number)}, f"k{number}")
            if again != (status, body):
                self._surprise(again[0], b"another replay: " + again[1])

    def _until_answered(self, line: "_Line", path: str, body: Any, key: str) -> tuple[int, bytes]:
        """The answer; a broken connection, 503 and 409 for a key in progress are tried again."""
        deadline = time.monotonic() + PATIENCE
        while True:
            answered = line.post(path, body, key)
            if answered is not None and answered[0] not in (503, 409):
                return answered
            if time.monotonic() > deadline:
                raise AssertionError(f"no answer for {PATIENCE} s; the last was {answered}")
            with self._lock:
                self.sent.retries += 1
            time.sleep(0.02)

    def _surprise(self, status: int, body: bytes) -> None:
        with self._lock:
            self.sent.surprises[f"{status} {body[:200]!r}"] += 1


class _Line:
    """One kept connection, made anew when it has broken."""

    def __init__(self, port: int, key: str) -> None:
        self._port = port
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self._connection = self._new()
        self.begun = 0.0

    def _new(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._port, timeout=SEND)

    def close(self) -> None:
        self._connection.close()

    def post(self, path: str, body: Any, key: str) -> tuple[int, bytes] | None:
        """Status and body, or None if the connection broke."""
        headers = self._headers | ({"Idempotency-Key": key} if key else {})
        self.begun = time.monotonic()
        try:
            self._connection.request("POST", path, json.dumps(body), headers)
            answer = self._connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            self._connection = self._new()
            return None


Fault = Callable[[Service], None]


def kill_worker(service: Service) -> None:
    os.kill(random.choice(service.workers()), signal.SIGKILL)  # noqa: S311


def kill_master(service: Service) -> None:
    os.kill(service.master, signal.SIGKILL)


def kill_tree(service: Service) -> None:
    os.killpg(service.master, signal.SIGKILL)


def stop_and_go_on(service: Service) -> None:
    """As a machine that sleeps for half a second, which counts."""
    tree = [service.master, *service.workers()]
    for number in (signal.SIGSTOP, signal.SIGCONT):
        for pid in tree:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        if number == signal.SIGSTOP:
            time.sleep(0.5)


def terminate(service: Service) -> None:
    os.kill(service.master, signal.SIGTERM)


def reload(service: Service) -> None:
    os.kill(service.master, signal.SIGHUP)


OF_THE_SERVICE: dict[str, Fault] = {
    "kill -9 of a worker": kill_worker,
    "kill -9 of the master": kill_master,
    "kill -9 of the tree": kill_tree,
    "STOP, then CONT": stop_and_go_on,
    "TERM": terminate,
    "HUP": reload,
}


ENDING = frozenset({"kill -9 of the master", "kill -9 of the tree", "TERM"})
"""Those that end the master, so that it is started again."""


def of_the_database(server: PostgresServer) -> dict[str, Fault]:
    """Faults of PostgreSQL itself; its own start counts."""

    def kill(_service: Service) -> None:
        server.stop("KILL")
        server.start()

    def restart(_service: Service) -> None:
        server.stop("INT")
        server.start()

    def cut(_service: Service) -> None:
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'convcards'"
        )

    return {
        "PostgreSQL killed": kill,
        "PostgreSQL restarted": restart,
        "connections cut": cut,
    }


@dataclass(frozen=True)
class Outcome:
    """What came of it; the three counts have to be 0."""

    acknowledged: int
    lost: int
    doubled: int
    from_nowhere: int
    retries: int
    surprises: Counter[str]
    recovery: dict[str, list[float]]

    @property
    def is_whole(self) -> bool:
        """Whether everything is as it has to be."""
        return not (self.lost or self.doubled or self.from_nowhere or self.surprises)

    @property
    def recoveries(self) -> list[float]:
        """Seconds that each fault left everybody without an answer."""
        return [seconds for each in self.recovery.values() for seconds in each]

    def report(self, title: str) -> str:
        """The table that is printed."""
        summary = (
            f"{title}: {len(self.recoveries)} faults, {self.acknowledged} answers acknowledged, "
            f"{self.lost} lost, {self.doubled} doubled, {self.from_nowhere} from nowhere "
            f"({self.retries} requests sent again)"
        )
        lines = [
            summary,
            f"  {'fault':26}{'times':>6}{'median':>10}{'worst':>10}",
        ]
        rows = [*self.recovery.items(), ("all", self.recoveries)]
        lines += [
            f"  {name:26}{len(each):>6}{median(each):>8.2f} s{max(each):>8.2f} s"
            for name, each in rows
        ]
        return "\n".join([*lines, *(f"  unexpected: {what}" for what in self.surprises)])


def torture(
    folder: Path, url: str, faults: Mapping[str, Fault], rounds: int, pause: float = 0.4
) -> Outcome:
    """Answer questions on the database while each fault happens `rounds` times, in turn."""
    settings = {
        "CONVCARDS_DATABASE_URL": url,
        "CONVCARDS_WORKERS": "2",
        "CONVCARDS_RATE_LIMITS": "off",
    }
    key = convcards("keys", "create", "--name", "torture", **settings).stdout.strip()
    recovery: dict[str, list[float]] = {name: [] for name in faults}
    with _running(folder, settings) as service:
        clients = Clients(service.port, key)
        try:
            _outage(clients.sent, 0.0, 0.0)
            for name in [*faults] * rounds:
                time.sleep(pause)
                before, moment = service.restarts, time.monotonic()
                faults[name](service)
                if name in ENDING:
                    service.wait_for_restart(before)
                service.workers()
                recovery[name].append(_outage(clients.sent, moment, time.monotonic()))
        finally:
            clients.stop()
    rows = answers_of(url)
    stored = set(rows)
    numbers = Counter(number for number, _ in rows)
    acknowledged = clients.sent.acknowledged
    return Outcome(
        acknowledged=len(acknowledged),
        lost=sum(
            (number, json.loads(body)["id"]) not in stored for number, body in acknowledged.items()
        ),
        doubled=sum(times > 1 for times in numbers.values()),
        from_nowhere=len(numbers.keys() - acknowledged.keys()),
        retries=clients.sent.retries,
        surprises=clients.sent.surprises,
        recovery=recovery,
    )


def _outage(sent: Sent, moment: float, settled: float) -> float:
    """The longest time without an answer from a fault until the service is itself again.

    That is when a request is answered that was sent after everything runs again.
    """
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        after = [(begun, answered) for begun, answered in sent.when[-200:] if begun >= settled]
        if after:
            answered = sorted(when for _, when in sent.when if moment <= when <= after[0][1])
            return max(b - a for a, b in itertools.pairwise([moment, *answered]))
        time.sleep(0.005)
    raise AssertionError(f"nothing was acknowledged for {PATIENCE} s after a fault")


@contextmanager
def _running(folder: Path, settings: Mapping[str, str]) -> Iterator[Service]:
    service = Service(folder, settings)
    try:
        yield service
    finally:
        service.stop()


def answers_of(url: str) -> Sequence[tuple[int, str]]:
    """Every answer in the database, read past the service: the number sent, and its id."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            rows = connection.execute("SELECT response, id FROM answers").fetchall()
    else:
        with psycopg.connect(url) as connection:
            rows = connection.execute("SELECT response::text, id::text FROM answers").fetchall()
    return [(int(json.loads(response)), str(UUID(name))) for response, name in rows]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
