"""P6, P10, P18: what breaks servers is refused, holds no memory, and harms nobody else.

`python tests/trust/run_attacks.py` prints the figures.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from attacks import HUGE, RAW, statuses, uploads
from memory import READABLE, forget_peak, peak, resident
from running import Running, serving

TRAP = Path("/tmp/convcards-was-here")  # noqa: S108 - where the slips aim
MOST = 40
"""Megabytes that a server may take for what it refuses."""

reads_memory = pytest.mark.skipif(not READABLE, reason="reads memory as Linux shows it")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("attacked")) as running:
        running.request("POST", "/v1/convolutions", {"op": "conv2d", "input": [[1]]})
        yield running
        assert running.request("GET", "/livez")[0] == 200
        assert "Traceback" not in running.output


@reads_memory
def test_what_is_no_http_ends_clean(server: Running) -> None:
    before = resident(server)
    forget_peak(server)
    for name, (once, on_and_on) in RAW.items():
        for status in statuses(server, once, on_and_on):
            assert status < 500, name
    assert peak(server) - before < MOST


@reads_memory
def test_no_file_is_more_than_its_bytes(server: Running) -> None:
    before = 0.0
    for _ in ("what is needed for the first time", "what it takes"):
        before = resident(server)
        forget_peak(server)
        for name, (path, kind, content) in uploads():
            status, _, body = server.request("POST", path, content, {"Content-Type": kind})
            assert 400 <= status < 500, (name, body)
            assert json.loads(body)["code"], name
    assert peak(server) - before < MOST
    assert not TRAP.exists()


@reads_memory
def test_a_tensor_of_10_gb_costs_nothing(server: Running) -> None:
    before = resident(server)
    forget_peak(server)
    for _ in range(10):
        body = {"op": "conv2d", "weight": [[1]], "input": HUGE}
        assert server.request("POST", "/v1/convolutions", body)[0] == 422
    assert peak(server) - before < 5
