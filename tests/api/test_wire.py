"""Through a real gunicorn: bodies that break off, that lie about their length, that never end."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from running import Running, serving

HEAD = b"POST /v1/shapes HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n%s\r\n"
CHUNKED = HEAD % b"Transfer-Encoding: chunked\r\n"
SHAPE = b'{"op": "conv2d", "input_shape": [28, 28], "kernel_size": 3}'


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serving(tmp_path_factory.mktemp("server"), CONVCARDS_MAX_BODY_BYTES="100000") as running:
        yield running


def talk(
    server: Running, raw: bytes, *, hang_up: bool = False
) -> list[tuple[int, dict[str, str], Any]]:
    """Send bytes; the answers that came back until the connection was closed."""
    with socket.create_connection((server.host, server.port), timeout=30) as connection:
        connection.sendall(raw)
        if hang_up:
            connection.shutdown(socket.SHUT_WR)
        received = b""
        while piece := connection.recv(65_536):
            received += piece
    answers = []
    while received:
        head, _, rest = received.partition(b"\r\n\r\n")
        status_line, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, _, value in (one.partition(": ") for one in lines)}
        length = int(headers["content-length"])
        answers.append((int(status_line.split()[1]), headers, json.loads(rest[:length])))
        received = rest[length:]
    return answers


@pytest.mark.parametrize(
    "body",
    [
        b"zz\r\n{}\r\n0\r\n\r\n",
        b"5\r\n{}\r\n0\r\n\r\n",
        b"-5\r\n{}\r\n",
        b"\r\n\r\n",
        b"2;a=\x00\r\n{}\r\n0\r\n\r\n",
        b"ffffffffffffffffffff\r\n{}",
        b"2\r\n{}\r\n0\r\nbad trailer\r\n\r\n",
    ],
)
def test_malformed_chunks_are_a_problem_and_close(server: Running, body: bytes) -> None:
    (answer,) = talk(server, CHUNKED + body, hang_up=True)
    status, headers, problem = answer
    assert status in (400, 413)
    assert headers["content-type"] == "application/problem+json"
    assert headers["connection"] == "close"
    assert problem["code"] in ("bad_request", "body_too_large")


def test_good_chunks_are_read(server: Running) -> None:
    half = len(SHAPE) // 2
    chunks = b"".join(
        b"%x\r\n%s\r\n" % (len(part), part) for part in (SHAPE[:half], SHAPE[half:], b"")
    )
    (answer,) = talk(server, CHUNKED + chunks, hang_up=True)
    assert answer[2]["output_shape"] == [26, 26]


def test_chunks_without_end_are_cut_off(server: Running) -> None:
    chunk = b"1000\r\n" + b" " * 4096 + b"\r\n"
    (answer,) = talk(server, CHUNKED + chunk * 64)
    assert answer[0] == 413
    assert answer[1]["connection"] == "close"
    assert answer[2]["code"] == "body_too_large"


@pytest.mark.parametrize(
    ("headers", "statuses"),
    [
        (b"Content-Length: 10995116277760\r\n", [413]),
        (b"Content-Length: 99999999999999999999999999\r\n", [400, 413]),
        (b"Content-Length: -1\r\n", [400]),
        (b"Content-Length: 5\r\nContent-Length: 6\r\n", [400]),
        (b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", [400]),
        (b"Transfer-Encoding: gzip, chunked\r\n", [400, 501]),
        (b"X-Bad Name: 1\r\n", [400]),
    ],
)
def test_lying_headers(server: Running, headers: bytes, statuses: list[int]) -> None:
    status, told, problem = talk(server, HEAD % headers + b"{}", hang_up=True)[0]
    assert status in statuses
    assert problem["status"] == status
    assert problem["request_id"] == told["x-request-id"]
    assert problem["hint"]
    assert told["x-content-type-options"] == "nosniff"
    assert told["content-security-policy"].startswith("default-src 'none'")


def test_a_body_that_ends_early(server: Running) -> None:
    (answer,) = talk(server, HEAD % b"Content-Length: 500\r\n" + SHAPE, hang_up=True)
    assert answer[0] == 400
    assert answer[2]["code"] == "bad_request"


def test_requests_one_after_the_other_on_one_connection(server: Running) -> None:
    good = HEAD % (b"Content-Length: %d\r\n" % len(SHAPE)) + SHAPE
    bad = HEAD % b"Content-Length: 3\r\n" + b"{,}"
    answers = talk(server, good + bad + good, hang_up=True)
    assert [status for status, _, _ in answers] == [200, 400, 200]


def test_a_head_has_no_body_and_the_same_headers(server: Running) -> None:
    status, headers, body = server.request("HEAD", "/v1/shapes")
    whole = server.request("GET", "/v1/shapes")
    assert (status, body) == (200, b"")
    for name in ("content-type", "content-length", "etag", "cache-control"):
        assert headers[name] == whole[1][name]


def test_a_304_comes_without_a_body(server: Running) -> None:
    tag = server.request("GET", "/v1/shapes")[1]["etag"]
    status, headers, body = server.request("GET", "/v1/shapes", headers={"If-None-Match": tag})
    assert (status, body, headers["etag"]) == (304, b"", tag)


def test_nothing_was_a_bug_and_nobody_is_in_the_log(server: Running) -> None:
    assert "unhandled error" not in server.output
    assert "Traceback" not in server.output
    assert 'kernel_size": 3' not in server.output
