"""P2: an answer is on disk before it is acknowledged, as the system calls of the service show.

On PostgreSQL the server does the writing: that it is told to wait for the disk, on each connection,
is held by tests/store/test_engine.py.
"""

import json
import re
import shutil
from pathlib import Path

import pytest

from running import READY, SERVE, sqlite, started

ANSWERS, ATTEMPTS = 100, 10
SYNCED = re.compile(r"fdatasync(?:\(\d+\)| resumed>.*) += 0")
ACKNOWLEDGED = "HTTP/1.1 201"


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed here")
def test_each_answer_is_synced_before_it_is_acknowledged(tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    watch = ["strace", "-f", "-qq", "-s", "16", "-e", "trace=fdatasync,sendto", "-o", str(calls)]
    settings = {"CONVCARDS_PORT": "0", "CONVCARDS_DATABASE_URL": sqlite(tmp_path)}
    log = tmp_path / "log"
    with started([*watch, *SERVE], log, cwd=tmp_path, ready=READY, **settings) as server:
        for _ in range(ANSWERS // ATTEMPTS):
            wish = {"template": "conv-output-size", "attempts": ATTEMPTS}
            _, _, body = server.request("POST", "/v1/users/ann/questions", wish)
            answers = json.loads(body)["links"]["answers"]
            for _ in range(ATTEMPTS):
                assert server.request("POST", answers, {"response": "100000001"})[0] == 201
        server.stop(group=True)
    acknowledged, syncs, since = 0, 0, 0
    for line in calls.read_text(errors="replace").splitlines():
        if SYNCED.search(line):
            syncs, since = syncs + 1, since + 1
        elif ACKNOWLEDGED in line:
            assert since > 0, f"answer {acknowledged} was acknowledged before it was on disk"
            acknowledged, since = acknowledged + 1, 0
    print(f"{syncs} fdatasync before {acknowledged} answers and questions were acknowledged")  # noqa: T201 - the figure
    assert acknowledged == ANSWERS + ANSWERS // ATTEMPTS
