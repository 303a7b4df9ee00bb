"""`convcards serve`, lived through: from an empty folder to an answer, stopped, started again."""

import json
import os
import pty
import re
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from running import (
    CONVCARDS,
    PATIENCE,
    READY,
    Command,
    Running,
    convcards,
    environment,
    serving,
    sqlite,
    started,
)
from service.store import Database

SHAPE = {"op": "conv2d", "input_shape": [28, 28, 3], "kernel_size": 5, "filters": 16}


def quiet(output: str) -> None:
    """Nothing in the output looks like trouble."""
    for word in ("Traceback", "Exception", "Error", "Warning", "error", "critical"):
        assert word not in output, output


def test_an_empty_folder_is_enough_and_the_banner_s_curl_works(tmp_path: Path) -> None:
    with started(
        [CONVCARDS, "serve"], tmp_path / "log", cwd=tmp_path, CONVCARDS_PORT="0"
    ) as server:
        assert server.host == "127.0.0.1"
        (curl,) = re.findall(r"  curl '(\S+)'", server.output)
        base = f"http://127.0.0.1:{server.port}"
        assert curl.startswith(f"{base}/v1/shapes/conv2d?")
        assert f"{base}/docs" in server.output
        status, headers, body = server.request("GET", curl.removeprefix(base))
        assert (status, headers["content-type"]) == (200, "text/plain; charset=utf-8")
        assert "28×28×3 → 28×28×16" in body.decode()
        status, _, body = server.request("POST", "/v1/shapes", SHAPE)
        assert (status, json.loads(body)["output_shape"]) == (200, [24, 24, 16])
        assert len(server.get("/v1/decks/cnn/cards?limit=100")["items"]) == 17
        assert server.stop(signal.SIGINT) == 0
        assert server.output.rstrip().endswith("Stopped.")
        quiet(server.output)
    data = tmp_path / "data" / "convcards.sqlite3"
    assert data.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("number", "group"),
    [(signal.SIGTERM, False), (signal.SIGINT, True), (signal.SIGTERM, True)],
    ids=["kill", "Ctrl-C in a terminal", "shutdown of the machine"],
)
def test_it_stops_cleanly_and_a_second_start_keeps_the_data(
    number: int, group: bool, tmp_path: Path
) -> None:
    with serving(tmp_path) as server:
        status, _, body = server.request("POST", "/v1/users/ada/questions", {"seed": 1})
        assert status == 201, body
        question = json.loads(body)
        assert server.stop(number, group=group) == 0
        quiet(server.output)
    with serving(tmp_path) as server:
        again = server.get(f"/v1/questions/{question['id']}")
        assert again["prompt"] == question["prompt"]
        assert server.stop() == 0


def test_a_request_that_runs_is_answered_before_the_end(tmp_path: Path) -> None:
    """The client has sent all but the last byte when SIGTERM comes."""
    body = json.dumps(SHAPE).encode()
    with serving(tmp_path) as server, socket.create_connection((server.host, server.port)) as peer:
        head = (
            f"POST /v1/shapes HTTP/1.1\r\nHost: localhost:{server.port}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        peer.sendall(head.encode() + body[:-1])
        time.sleep(0.5)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        peer.sendall(body[-1:])
        peer.settimeout(PATIENCE)
        answer = b""
        while piece := peer.recv(65536):
            answer += piece
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert b"[24,24,16]" in answer.replace(b" ", b"")
        assert server.process.wait(PATIENCE) == 0


def test_a_body_that_is_refused_is_not_read_and_the_connection_is_closed(tmp_path: Path) -> None:
    with (
        serving(tmp_path, CONVCARDS_MAX_BODY_BYTES="1024") as server,
        socket.create_connection((server.host, server.port), timeout=PATIENCE) as peer,
    ):
        peer.sendall(
            b"POST /v1/shapes HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: 10000000000000\r\n\r\n{"
        )
        answer = b""
        while piece := peer.recv(65536):
            answer += piece
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert b"Connection: close" in answer
        assert server.stop() == 0


def test_a_reload_goes_on_serving(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        server.process.send_signal(signal.SIGHUP)
        for _ in range(20):
            assert server.request("POST", "/v1/shapes", SHAPE)[0] == 200
            time.sleep(0.05)
        assert server.process.poll() is None
        assert server.stop() == 0


def test_a_terminal_that_is_closed_ends_it(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    try:
        with serving(tmp_path, stdin=theirs) as server:
            assert server.stop(signal.SIGHUP) == 0
            quiet(server.output)
    finally:
        os.close(ours)
        os.close(theirs)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_while_the_worker_starts_is_not_lost(number: int, tmp_path: Path) -> None:
    """A worker that missed it would be killed half a minute later, and that is logged."""
    for _ in range(2):
        with serving(tmp_path) as server:
            assert server.stop(number, group=True) == 0
            quiet(server.output)


def test_ctrl_c_waits_for_no_client_that_sends_nothing_more(tmp_path: Path) -> None:
    with serving(tmp_path) as server, socket.create_connection((server.host, server.port)) as peer:
        head = f"POST /v1/shapes HTTP/1.1\r\nHost: localhost:{server.port}\r\n"
        peer.sendall(
            f"{head}Content-Type: application/json\r\nContent-Length: 99\r\n\r\n{{".encode()
        )
        time.sleep(0.5)
        assert server.stop(signal.SIGINT, group=True) == 0
        quiet(server.output)


def test_it_stops_cleanly_when_nobody_reads_what_it_says(tmp_path: Path) -> None:
    said = tmp_path / "first"
    said.touch()
    settings = {"CONVCARDS_PORT": "0", "CONVCARDS_DATABASE_URL": sqlite(tmp_path)}
    process = subprocess.Popen(
        ["bash", "-c", f"exec {CONVCARDS} serve > >(head -n 1 > {said})"],
        env=environment(**settings),
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and not READY.search(said.read_text()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, errors) == (0, "")


def test_a_port_that_is_taken_is_one_line_and_touches_nothing(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = convcards("serve", "--port", str(port), cwd=tmp_path)
    assert (ended.returncode, ended.stdout) == (69, "")
    assert ended.stderr == (
        f"convcards: port {port} is taken, perhaps by another convcards; "
        f"another one: convcards serve --port {port + 1}\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_second_server_on_one_port_is_refused(tmp_path: Path) -> None:
    with serving(tmp_path) as first:
        second = convcards("serve", "--port", str(first.port), cwd=tmp_path)
        assert second.returncode == 69
        assert first.request("POST", "/v1/shapes", SHAPE)[0] == 200
        assert first.stop() == 0


def test_an_address_that_is_not_here_is_told_with_the_reason(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.startup.LOOPBACK", ("192.0.2.1",))
    monkeypatch.setenv("CONVCARDS_HOST", "192.0.2.1")
    ended = command("serve", "--port", "8000")
    assert ended.status == 69
    assert ended.err == "convcards: port 8000 can't be used: Cannot assign requested address\n"


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
def test_it_may_listen_on_ipv6(tmp_path: Path) -> None:
    with serving(tmp_path, CONVCARDS_HOST="::1") as server:
        assert server.host == "[::1]"
        server.host = "::1"
        assert server.request("POST", "/v1/shapes", SHAPE)[0] == 200
        assert server.stop() == 0


def test_the_process_that_forks_has_a_single_thread(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        status = Path(f"/proc/{server.process.pid}/status").read_text()
        assert re.search(r"^Threads:\t1$", status, re.MULTILINE)


def test_postgresql_serves_from_several_processes(tmp_path: Path, postgresql_url: str) -> None:
    settings = {"CONVCARDS_DATABASE_URL": postgresql_url, "CONVCARDS_WORKERS": "2"}
    with serving(tmp_path, **settings) as server:
        children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
        deadline = time.monotonic() + PATIENCE
        while len(children.read_text().split()) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert len(server.get("/v1/decks/cnn/cards?limit=100")["items"]) == 17
        assert server.request("POST", "/v1/users/ada/questions", {"seed": 1})[0] == 201
        assert server.stop() == 0
        quiet(server.output)
    database = Database(postgresql_url)
    database.ping()
    database.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> object:
    with serving(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (b"GARBAGE\r\n\r\n", 400, "bad_request"),
        (b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n", 400, "bad_request"),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400, "bad_request"),
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 400, "bad_request"),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n", 414, "uri_too_long"),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 9000 + b"\r\n\r\n", 431, "headers_too_large"),
        (b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 100 + b"\r\n", 431, "headers_too_large"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_the_server_itself_refuses_is_a_problem_too(
    sent: bytes, status: int, code: str, server: Running
) -> None:
    with socket.create_connection((server.host, server.port), timeout=PATIENCE) as peer:
        peer.sendall(sent)
        answer = b""
        while piece := peer.recv(65536):
            answer += piece
    head, _, body = answer.decode().partition("\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ")
    assert "Content-Type: application/problem+json" in head
    problem = json.loads(body)
    assert (problem["status"], problem["code"]) == (status, code)
    assert f"X-Request-Id: {problem['request_id']}" in head
    assert problem["type"] == f"/errors/{code}"
    assert server.get(problem["type"])["code"] == code
