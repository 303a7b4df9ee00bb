"""deploy/nginx.conf run by a real nginx before the service, where one is installed."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from nginx_server import INSTALLED, nginx
from running import GUNICORN, LISTENING, ROOT, Running, convcards, started
from slow_clients import others, slow_clients

SHAPE = {"op": "conv2d", "input_shape": [28, 28, 3], "kernel_size": 5}

pytestmark = pytest.mark.skipif(not INSTALLED, reason="nginx is not installed here")


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
    with nginx(tmp_path, service) as running:
        yield running


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
