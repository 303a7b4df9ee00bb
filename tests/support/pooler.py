"""A PgBouncer of its own before a PostgreSQL server of the tests, set as the project ships it."""

import os
import shutil
import subprocess
import time
from configparser import ConfigParser
from pathlib import Path

import psycopg

from postgresql_server import OWNER
from running import ROOT

PROGRAM = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")


class Pooler:
    """Reached through a socket in its folder, or at the addresses of `host`.

    `server` is the folder of PostgreSQL's socket.
    """

    def __init__(
        self, folder: Path, server: Path, *, host: str = "", port: int = 6432, size: int = 20
    ) -> None:
        self.port = port
        self._where = host.split(",")[0] or str(folder)
        self._file, self._log = folder / "pgbouncer.ini", folder / "pgbouncer.log"
        settings = ConfigParser()
        settings.read(ROOT / "deploy" / "pgbouncer.ini")
        settings["databases"] = {"*": f"host={server} user={OWNER}"}
        del settings["pgbouncer"]["auth_file"]
        settings["pgbouncer"].update(
            auth_type="any",
            listen_addr=host,
            listen_port=str(port),
            unix_socket_dir="" if host else str(folder),
            default_pool_size=str(size),
            logfile=str(self._log),
        )
        with self._file.open("w") as file:
            settings.write(file)
        folder.chmod(0o777)

    def start(self) -> None:
        """Start, and wait until it lets somebody in."""
        assert PROGRAM is not None
        nobody = [] if os.geteuid() else ["-u", "nobody"]  # as root it refuses to run
        self._process = subprocess.Popen(
            [PROGRAM, "-q", *nobody, self._file],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for _ in range(500):
            assert self._process.poll() is None, self._log.read_text()
            try:
                return psycopg.connect(
                    host=self._where, port=self.port, user=OWNER, dbname="postgres"
                ).close()
            except psycopg.OperationalError:
                time.sleep(0.02)
        raise AssertionError(self._log.read_text())

    def stop(self) -> None:
        """Stop at once, as a machine does that fails; `start` may follow."""
        self._process.kill()
        self._process.wait(30)
