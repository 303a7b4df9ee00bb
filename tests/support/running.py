"""Our commands and servers, started as processes the way a user starts them."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
CONVCARDS = str(BIN / "convcards")
SERVE = [CONVCARDS, "serve"]
GUNICORN = [str(BIN / "gunicorn"), "-c", "gunicorn.conf.py", "service.app:create_app()"]
"""As the container runs it; in the project's folder."""
PATIENCE = 60.0
READY = re.compile(r"is ready on http://(\S+):(\d+)")
LISTENING = re.compile(r"Listening at: http://([^: ]+):(\d+)")


def environment(**settings: str) -> dict[str, str]:
    """The tests' own environment without any setting of the service but these."""
    plain = {name: text for name, text in os.environ.items() if not name.startswith("CONVCARDS_")}
    path = f"{BIN}{os.pathsep}{plain.get('PATH', os.defpath)}"
    return plain | {"PATH": path, "COLUMNS": "80", "LC_ALL": "C.UTF-8"} | settings


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def sqlite(folder: Path) -> str:
    """The address of a database file in the folder."""
    return f"sqlite:///{folder / 'convcards.sqlite3'}"


def convcards(
    *arguments: str, cwd: Path | None = None, **settings: str
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [CONVCARDS, *arguments],
        env=environment(**settings),
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@dataclass(frozen=True)
class Ended:
    """A command run to its end in this process."""

    status: int
    out: str
    err: str


Command = Callable[..., Ended]


@dataclass
class Running:
    """A server that answers; `host` and `port` are where."""

    process: subprocess.Popen[bytes]
    log: Path
    host: str = "127.0.0.1"
    port: int = 0

    @property
    def output(self) -> str:
        """All it has written so far, stdout and stderr together."""
        return self.log.read_text(errors="replace")

    def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, dict[str, str], bytes]:
        """Send one request on a connection of its own; the body as JSON unless it is bytes."""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=PATIENCE)
        sent = dict(headers or {})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        try:
            connection.request(method, path, body=body, headers=sent)
            answer = connection.getresponse()
            named = {name.lower(): text for name, text in answer.getheaders()}
            return answer.status, named, answer.read()
        finally:
            connection.close()

    def get(self, path: str) -> Any:
        """The JSON that GET answers with; asserts that it is 200."""
        status, _, body = self.request("GET", path)
        assert status == 200, body
        return json.loads(body)

    def stop(self, number: int = signal.SIGTERM, *, group: bool = False) -> int:
        """Send the signal (to all its processes, as a terminal does) and return the exit status."""
        if group:
            os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)
        return self.process.wait(PATIENCE)


@contextmanager
def started(
    command: list[str],
    log: Path,
    *,
    cwd: Path,
    ready: re.Pattern[str] = READY,
    stdin: int = subprocess.DEVNULL,
    **settings: str,
) -> Iterator[Running]:
    """A server, once it says that it is ready; stopped at the end if it still runs."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env=environment(**settings),
            cwd=cwd,
            stdin=stdin,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    running = Running(process, log)
    try:
        deadline = time.monotonic() + PATIENCE
        while (said := ready.search(running.output)) is None:
            assert process.poll() is None, f"it ended with {process.returncode}:\n{running.output}"
            assert time.monotonic() < deadline, f"it is not ready:\n{running.output}"
            time.sleep(0.02)
        running.host, running.port = said[1], int(said[2])
        yield running
        if process.poll() is None:
            running.stop()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(PATIENCE)


@contextmanager
def serving(folder: Path, *, stdin: int = subprocess.DEVNULL, **settings: str) -> Iterator[Running]:
    """`convcards serve` on a free port, with its data in the folder."""
    settings = {"CONVCARDS_PORT": "0", "CONVCARDS_DATABASE_URL": sqlite(folder)} | settings
    with started(SERVE, folder / "serve.log", cwd=folder, stdin=stdin, **settings) as running:
        yield running
