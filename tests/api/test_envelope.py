"""What every request has: an id, security headers, one line in the log that tells on nobody."""

import io
import json
import logging
import re
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from contract_client import ContractClient
from service.api import logs

KEY = "cck_0123456789abcdef_" + "s" * 43 + "_000000"


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What is logged, as JSON lines."""
    stream = io.StringIO()
    logs.configure("json", stream)
    yield stream
    logs.configure("json", sys.stderr)


def logged(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize("given", ["abc-123", "A.b_c", "x" * 128])
def test_keeps_a_sane_request_id(client: ContractClient, given: str) -> None:
    response = client.get("/livez", headers={"X-Request-Id": given})
    assert response.headers["X-Request-Id"] == given


@pytest.mark.parametrize("given", ["", "x" * 129, "a b", "-a", "ä", "a;b", '{"a":1}'])
def test_makes_its_own_otherwise(client: ContractClient, given: str) -> None:
    response = client.get("/nothing", headers={"X-Request-Id": given.encode().decode("latin-1")})
    made = response.headers["X-Request-Id"]
    assert re.fullmatch(r"[0-9a-f]{16}", made)
    assert client.get("/livez").headers["X-Request-Id"] != made


def test_guards_answers_and_pages(client: ContractClient) -> None:
    answer = client.get("/livez").headers
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert answer["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    page = client.get("/docs").headers["Content-Security-Policy"]
    assert "unsafe" not in page
    assert "http" not in page
    assert "script-src 'self'" in page


def test_sets_no_cookie(client: ContractClient) -> None:
    assert "Set-Cookie" not in client.get("/").headers


def test_logs_one_line_without_anything_personal(app: Flask, lines: io.StringIO) -> None:
    client = app.test_client()
    client.get(
        "/v1/cards/very-private?format=text",
        headers={"Authorization": f"Bearer {KEY}", "X-Request-Id": "r1"},
    )
    (line,) = logged(lines)
    assert line.pop("duration_ms") >= 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", line.pop("time"))
    assert line == {
        "level": "info",
        "logger": "convcards.access",
        "message": "request",
        "method": "GET",
        "route": "/v1/cards/<card>",
        "status": 404,
        "request_id": "r1",
        "code": "not_found",
    }


def test_logs_no_made_up_method_and_no_unknown_path(app: Flask, lines: io.StringIO) -> None:
    app.test_client().open("/secret/path", method="SECRET")
    (line,) = logged(lines)
    assert (line["method"], line["route"]) == ("-", "-")


def test_logs_nothing_when_told_so(app: Flask, lines: io.StringIO) -> None:
    logging.getLogger("convcards").setLevel(logging.WARNING)
    app.test_client().get("/livez")
    assert logged(lines) == []


def test_logs_a_bug_with_its_traceback(app: Flask, lines: io.StringIO) -> None:
    app.add_url_rule("/raise", view_func=lambda: 1 / 0)
    app.test_client().get("/raise")
    bug, access = logged(lines)
    assert bug["level"] == "error"
    assert "ZeroDivisionError" in bug["traceback"]
    assert bug["request_id"] == access["request_id"]


def test_writes_for_eyes_on_a_terminal(app: Flask) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    logs.configure("auto", stream)
    app.add_url_rule("/raise", view_func=lambda: 1 / 0)
    app.test_client().get("/raise")
    first, *_, last = stream.getvalue().splitlines()
    assert re.fullmatch(r"\d\d:\d\d:\d\d error   unhandled error request_id=[0-9a-f]{16}", first)
    assert re.search(r" info    request method=GET route=/raise status=500 duration_ms=", last)
    assert "ZeroDivisionError" in stream.getvalue()
    logs.configure("auto", io.StringIO())
    assert isinstance(logging.getLogger("convcards").handlers[0].formatter, logs.JSONLines)
    logs.configure()
