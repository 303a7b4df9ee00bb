"""The tests' own PostgreSQL: nothing of it is left, however the tests end."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import postgresql_server

HOLDS = """
import sys, time
sys.path.insert(0, sys.argv[1])
from postgresql_server import PostgresServer
server = PostgresServer()
server.initialise()
server.start()
print(server.folder, flush=True)
time.sleep(600)
"""


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_nothing_is_left_when_the_tests_are_ended(how: signal.Signals) -> None:
    support = str(Path(postgresql_server.__file__).parent)
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDS, support], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert holder.stdout is not None
    folder = Path(holder.stdout.readline().decode().strip())
    server = int((folder / "data" / "postmaster.pid").read_text().split()[0])
    assert runs(server)
    holder.send_signal(how)
    holder.communicate()
    for _ in range(500):
        if not folder.exists() and not runs(server):
            return
        time.sleep(0.02)
    pytest.fail("the server lives on")
