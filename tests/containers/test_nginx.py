"""deploy/nginx.conf run by a real nginx before the service, where one is installed."""

import json
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from running import GUNICORN, LISTENING, PATIENCE, ROOT, Running, convcards, free_port, started
from slow_clients import others, slow_clients

SHAPE = {"op": "conv2d", "input_shape": [28, 28, 3], "kernel_size": 5}

pytestmark = pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not installed here")


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def service(tmp_path: Path, sqlite_url: str) -> Iterator[Running]:
    settings = {
        "CONVCARDS_DATABASE_URL": sqlite_url,
        "CONVCARDS_PORT": "0",
        "CONVCARDS_RATE_LIMITS": "off",
    }
    assert convcards("keys", "create", "--name", "a", **settings).returncode == 0
    log = tmp_path / "service.log"
    with started(GUNICORN, log, cwd=ROOT, ready=LISTENING, **settings) as running:
        yield running


@pytest.fixture
def proxy(tmp_path: Path, service: Running) -> Iterator[Running]:
    """nginx with the project's configuration; only addresses and folders are others."""
    port = free_port()
    text = (ROOT / "deploy" / "nginx.conf").read_text()
    for written, here in {
        "app:8000": f"127.0.0.1:{service.port}",
        "listen 8080": f"listen 127.0.0.1:{port}",
        " /tmp/": f" {tmp_path}/",
    }.items():
        assert written in text
        text = text.replace(written, here)
    configuration = tmp_path / "nginx.conf"
    configuration.write_text(f"user root;\ndaemon off;\n{text}")
    log = tmp_path / "nginx.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["nginx", "-c", str(configuration)], stdout=output, stderr=subprocess.STDOUT
        )
    running = Running(process, log, "127.0.0.1", port)
    deadline = time.monotonic() + PATIENCE
    while not answers(port):
        assert process.poll() is None, running.output
        assert time.monotonic() < deadline
        time.sleep(0.05)
    yield running
    process.send_signal(signal.SIGQUIT)
    process.wait(PATIENCE)


def problem(
    proxy: Running, method: str, path: str, body: bytes | None = None, **sent: str
) -> tuple[int, str]:
    status, headers, content = proxy.request(method, path, body, sent)
    assert headers["content-type"] == "application/problem+json"
    told = json.loads(content)
    assert (told["status"], told["type"]) == (status, f"/errors/{told['code']}")
    assert told["request_id"] == headers["x-request-id"]
    assert [one["hint"] for one in told.get("errors", [told])]
    assert headers["x-content-type-options"] == "nosniff"
    return status, told["code"]


def test_requests_go_through(proxy: Running) -> None:
    assert proxy.request("GET", "/livez")[0] == 200
    status, _, body = proxy.request("POST", "/v1/shapes", SHAPE)
    assert (status, json.loads(body)["output_shape"]) == (200, [24, 24, 1])
    assert problem(proxy, "GET", "/nowhere") == (404, "not_found")


def test_what_nginx_refuses_is_a_problem_too(proxy: Running) -> None:
    assert problem(proxy, "POST", "/v1/shapes", b"x" * 4_194_305) == (413, "body_too_large")
    assert problem(proxy, "GET", f"/{'a' * 9000}") == (414, "uri_too_long")
    assert problem(proxy, "GET", "/", X="a" * 9000) == (431, "headers_too_large")
    assert problem(proxy, "GET", "/%00") == (400, "bad_request")


def test_without_the_service_callers_are_told_to_come_back(
    proxy: Running, service: Running
) -> None:
    assert service.stop() == 0
    assert problem(proxy, "GET", "/livez") == (503, "service_unavailable")
    assert proxy.request("GET", "/livez")[1]["retry-after"] == "2"


def test_slow_clients_take_no_thread_of_the_service(proxy: Running) -> None:
    with slow_clients(proxy):
        noticed = others(proxy, 2.0)
    assert noticed.errors == []
    assert len(noticed.seconds) > 4
