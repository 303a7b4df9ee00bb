"""gunicorn by itself, as the container runs it: secured, and not without a key."""

import json
import subprocess
from http.client import RemoteDisconnected
from pathlib import Path

import pytest

from running import GUNICORN, LISTENING, PATIENCE, ROOT, convcards, environment, started
from service.app import create_app
from service.config import Settings
from service.server import WARMING
from slow_clients import slow_clients


def refused(**settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        GUNICORN,
        env=environment(CONVCARDS_PORT="0", **settings),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def last_line(ended: subprocess.CompletedProcess[str]) -> str:
    assert "Traceback" not in ended.stderr
    return ended.stderr.splitlines()[-1]


def test_without_a_key_it_does_not_start_and_says_how_to_make_one(database_url: str) -> None:
    ended = refused(CONVCARDS_DATABASE_URL=database_url)
    assert ended.returncode == 78
    _, told = last_line(ended).split("make the first with: convcards ")
    made = convcards(*told.split(), CONVCARDS_DATABASE_URL=database_url)
    assert (made.returncode, made.stdout[:4]) == (0, "cck_")


def test_a_revoked_key_is_none(sqlite_url: str) -> None:
    made = convcards("keys", "create", "--name", "a", CONVCARDS_DATABASE_URL=sqlite_url)
    key_id = made.stdout.split("_")[1]
    assert convcards("keys", "revoke", key_id, CONVCARDS_DATABASE_URL=sqlite_url).returncode == 0
    ended = refused(CONVCARDS_DATABASE_URL=sqlite_url)
    assert (ended.returncode, "no API key" in last_line(ended)) == (78, True)


def test_a_database_that_was_never_migrated_is_refused(bare_url: str) -> None:
    ended = refused(CONVCARDS_DATABASE_URL=bare_url)
    assert ended.returncode == 78
    assert last_line(ended).endswith("is not up to date; run: convcards migrate")


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"CONVCARDS_WORKERS": "many"}, "CONVCARDS_WORKERS can't be read: it must be a whole"),
        (
            {"CONVCARDS_MODE": "local", "CONVCARDS_HOST": "10.0.0.1"},
            "CONVCARDS_HOST can't be 10.0.0.1 with CONVCARDS_MODE=local",
        ),
        ({"CONVCARDS_TRUSTED_PROXIES": "nginx"}, "CONVCARDS_TRUSTED_PROXIES can't be read: it"),
    ],
    ids=["workers", "host", "proxies"],
)
def test_a_setting_that_cannot_be_is_one_line(settings: dict[str, str], said: str) -> None:
    ended = refused(**settings)
    assert (ended.returncode, ended.stdout) == (78, "")
    assert ended.stderr.startswith(f"convcards: {said}")
    assert ended.stderr.count("\n") == 1


def test_with_a_key_it_serves_and_its_log_is_json(database_url: str, tmp_path: Path) -> None:
    settings = {"CONVCARDS_DATABASE_URL": database_url, "CONVCARDS_PORT": "0"}
    key = convcards("keys", "create", "--name", "lms", **settings).stdout.strip()
    bearer = {"Authorization": f"Bearer {key}"}
    log = tmp_path / "log"
    with started(GUNICORN, log, cwd=ROOT, ready=LISTENING, **settings) as server:
        assert server.request("GET", "/livez")[0] == 200
        questions = "/v1/users/ada/questions"
        assert server.request("POST", questions, {"seed": 1})[0] == 401
        assert server.request("POST", questions, {"seed": 1}, bearer)[0] == 201
        assert server.stop() == 0
        lines = [json.loads(line) for line in server.output.splitlines()]
        assert key not in server.output
    assert {line["logger"] for line in lines} == {"gunicorn.error", "convcards.access"}
    assert {line["level"] for line in lines} == {"info"}
    served = [line["status"] for line in lines if line["logger"] == "convcards.access"]
    assert served == [200, 401, 201]  # nothing of the request that warms it


HASTY = """
from service import server
server.LONGEST = 0.5
exec(open("gunicorn.conf.py").read())
"""


def test_who_is_too_slow_is_cut_off_in_the_end(sqlite_url: str, tmp_path: Path) -> None:
    hasty = tmp_path / "hasty.py"
    hasty.write_text(HASTY)
    command = [hasty if part == "gunicorn.conf.py" else part for part in GUNICORN]
    settings = {"CONVCARDS_DATABASE_URL": sqlite_url, "CONVCARDS_PORT": "0"}
    assert convcards("keys", "create", "--name", "a", **settings).returncode == 0
    with (
        started(
            [*map(str, command)], tmp_path / "log", cwd=ROOT, ready=LISTENING, **settings
        ) as bare,
        slow_clients(bare),
    ):
        assert bare.request("GET", "/livez")[0] == 200
        assert bare.request("GET", "/livez")[0] == 200
        assert "Traceback" not in bare.output


BROKEN = """
def app(environ, start_response):
    if environ["PATH_INFO"] == "/gone":
        environ["gunicorn.socket"].close()
    raise ValueError("no application caught this")
"""


def test_an_error_below_the_application_is_a_problem_and_logged(
    sqlite_url: str, tmp_path: Path
) -> None:
    (tmp_path / "broken.py").write_text(BROKEN)
    command = [GUNICORN[0], "-c", str(ROOT / "gunicorn.conf.py"), "broken:app"]
    settings = {
        "CONVCARDS_DATABASE_URL": sqlite_url,
        "CONVCARDS_PORT": "0",
        "PYTHONPATH": str(tmp_path),
    }
    assert convcards("keys", "create", "--name", "a", **settings).returncode == 0
    with started(command, tmp_path / "log", cwd=tmp_path, ready=LISTENING, **settings) as server:
        with pytest.raises(RemoteDisconnected):
            server.request("GET", "/gone")
        status, headers, body = server.request("GET", "/")
        assert server.stop() == 0
        lines = [json.loads(line) for line in server.output.splitlines()]
    problem = json.loads(body)
    assert (status, problem["code"]) == (500, "internal_error")
    assert "no application caught this" not in body.decode()
    assert headers["x-request-id"] == problem["request_id"]
    (logged,) = [line for line in lines if line.get("request_id") == problem["request_id"]]
    assert logged["level"] == "error"
    assert "ValueError: no application caught this" in logged["traceback"]


def test_what_a_server_warms_up_with_can_be_answered() -> None:
    client = create_app(Settings(mode="local", database_url="sqlite:///nowhere/none")).test_client()
    answers = [
        client.open(
            address,
            method=method,
            data=body,
            content_type="application/json",
            base_url="http://localhost",
        )
        for method, address, body in WARMING
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 422]
    assert answers[2].get_json()["code"] == "over_budget"
