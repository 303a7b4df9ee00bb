"""`/metrics` of several processes: any of them tells of all, of those that are gone too."""

import os
import re
import signal
import time
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from running import GUNICORN, LISTENING, PATIENCE, ROOT, Running, convcards, started


def told(server: Running) -> dict[str, float]:
    """What /metrics says: processes, and how many requests to /livez were answered."""
    status, _, text = server.request("GET", "/metrics")
    assert status == 200
    found = {
        (sample.name, sample.labels.get("operation")): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }
    own = ("convcards_request_seconds_count", "computeConvolution")
    assert own not in found  # what the server asked itself to warm up
    return {
        "workers": found["convcards_workers", None],
        "answered": found.get(("convcards_request_seconds_count", "getAlive"), 0),
    }


def children(process: int) -> list[int]:
    return [*map(int, Path(f"/proc/{process}/task/{process}/children").read_text().split())]


def folder_of(process: int) -> Path:
    """Where a worker counts: its files are in its memory."""
    mapped = Path(f"/proc/{process}/maps").read_text()
    found = re.search(r"/\S+/convcards-metrics-[^/]+", mapped)
    assert found is not None
    return Path(found[0])


def ask(server: Running, times: int) -> None:
    for _ in range(times):
        assert server.request("GET", "/livez")[0] == 200


def until(server: Running, workers: int) -> dict[str, float]:
    deadline = time.monotonic() + PATIENCE
    while (found := told(server))["workers"] != workers:
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
    return found


def test_any_process_tells_of_all(postgresql_url: str, tmp_path: Path) -> None:
    settings = {"CONVCARDS_DATABASE_URL": postgresql_url, "CONVCARDS_PORT": "0"}
    settings["CONVCARDS_WORKERS"] = "3"
    convcards("keys", "create", "--name", "a", **settings)
    with started(GUNICORN, tmp_path / "log", cwd=ROOT, ready=LISTENING, **settings) as server:
        until(server, 3)
        master = server.process.pid
        folder = folder_of(children(master)[0])
        ask(server, 20)
        for _ in range(6):
            assert told(server)["answered"] == 20
        for round_ in range(3):  # of the files of those that die none is left
            for worker in children(master):
                os.kill(worker, signal.SIGKILL)
            found = until(server, 3)
            assert found["answered"] == 20 + round_
            ask(server, 1)
        assert len([*folder.glob("histogram_*")]) <= 4
        server.process.send_signal(signal.SIGHUP)
        time.sleep(0.5)
        assert until(server, 3)["answered"] == 23
        assert server.stop() == 0
    assert not folder.exists()
