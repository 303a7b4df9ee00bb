"""People who answer questions whatever happens, and remember what was acknowledged.

Each answer has a number of its own and an Idempotency-Key, and is repeated until it is
acknowledged. A question takes many answers, so that one which counts twice shows.
"""

import http.client
import itertools
import json
import random
import threading
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

from running import PATIENCE

CLIENTS = 4
ATTEMPTS = 10
SEND = 10.0
"""Seconds after which a client gives a request up and sends it again."""


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
    """They answer until told to stop, half of them on kept connections, half on new ones."""

    def __init__(self, port: int, key: str, clients: int = CLIENTS) -> None:
        self.sent = Sent()
        self.last_number = itertools.count(100_000_001)
        self._port = port
        self._key = key
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._person, args=(index,)) for index in range(clients)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let each client have its last answer acknowledged, and end."""
        self._stop.set()
        for thread in self._threads:
            thread.join(PATIENCE)
            assert not thread.is_alive(), "a client was never answered"

    def _person(self, index: int) -> None:
        with closing(_Line(self._port, self._key, kept=index % 2 == 0)) as line:
            self._answer_questions(line, f"person-{index}")

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
    """A connection, made anew when it has broken, or for each request."""

    def __init__(self, port: int, key: str, *, kept: bool) -> None:
        self._port = port
        self._kept = kept
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
            told = answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            self._connection = self._new()
            return None
        if not self._kept:
            self._connection.close()
        return told
