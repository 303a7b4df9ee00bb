"""A PgBouncer of its own before a PostgreSQL server of the tests, set as the project ships it."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from configparser import ConfigParser
from contextlib import contextmanager
from pathlib import Path

import psycopg

from postgresql_server import OWNER
from running import ROOT

PROGRAM = shutil.which("pgbouncer", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
SHIPPED = ROOT / "deploy" / "pgbouncer.ini"


@contextmanager
def pgbouncer(
    folder: Path, server: Path, *, host: str = "", port: int = 6432, pool_size: int = 2
) -> Iterator[str]:
    """The folder of its socket, or `host` if it listens there.

    `server` is the folder of PostgreSQL's socket. Two connections for all clients let each of them
    meet the leavings of others.
    """
    assert PROGRAM is not None
    where = host or str(folder)
    settings = ConfigParser()
    settings.read(SHIPPED)
    settings["databases"] = {"*": f"host={server} user={OWNER}"}
    del settings["pgbouncer"]["auth_file"]
    settings["pgbouncer"].update(
        auth_type="any",
        listen_addr=host,
        listen_port=str(port),
        unix_socket_dir="" if host else str(folder),
        default_pool_size=str(pool_size),
        logfile=str(folder / "pgbouncer.log"),
    )
    with (folder / "pgbouncer.ini").open("w") as file:
        settings.write(file)
    folder.chmod(0o777)
    process = subprocess.Popen(
        [PROGRAM, "-q", "-u", "nobody", folder / "pgbouncer.ini"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(where, port, process, folder / "pgbouncer.log")
        yield where
    finally:
        process.terminate()
        process.wait(30)


def _wait(where: str, port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(500):
        assert process.poll() is None, log.read_text() if log.exists() else "it did not start"
        try:
            return psycopg.connect(host=where, port=port, user=OWNER, dbname="postgres").close()
        except psycopg.OperationalError:
            time.sleep(0.02)
    raise AssertionError(log.read_text())
