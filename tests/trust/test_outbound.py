"""P20: no address that a caller sends is ever fetched: nothing is connected to or looked up."""

import base64
import json
import shutil
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from contract_client import OPERATIONS
from service.api.context import EXTENSION
from service.app import create_app
from service.config import Settings

CANARY = "http://127.0.0.1:9/canary"
ADDRESSES = (CANARY, "file:///etc/passwd", "//canary.invalid/x", "http://169.254.169.254/latest")
REACHING = {
    *("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"),
    *("urllib.Request", "subprocess.Popen", "os.system", "os.posix_spawn", "ftplib.connect"),
}
HEADERS = dict.fromkeys(
    ("Origin", "Referer", "X-Forwarded-Host", "Forwarded", "X-Original-URL", "Link"), CANARY
)
seen: list[tuple[str, Any]] = []


def _watch(event: str, arguments: Any) -> None:
    if event in REACHING:
        seen.append((event, arguments))


@cache
def watch() -> None:
    """Have the interpreter tell of everything that reaches out; it never stops to, so once."""
    sys.addaudithook(_watch)


@pytest.fixture(scope="module", params=["local", "secured"])
def client(
    request: pytest.FixtureRequest, _sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[FlaskClient]:
    path = tmp_path_factory.mktemp("outbound") / "outbound.db"
    shutil.copy(_sqlite_template, path)
    url = f"sqlite:///{path}"
    app = create_app(Settings(mode=request.param, database_url=url, rate_limits="off"))
    yield app.test_client()
    app.extensions[EXTENSION].close()


def planted(value: Any, address: str) -> Iterator[Any]:
    """The value with an address in place of each text, one at a time, and of all of it."""
    yield address
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from ({**value, name: other} for other in planted(inner, address))
    elif isinstance(value, list):
        for place, inner in enumerate(value[:2]):
            yield from (
                [*value[:place], other, *value[place + 1 :]] for other in planted(inner, address)
            )


def token(**header: Any) -> str:
    """A token that says where its key is; whoever believed it would look there."""
    claims = {"iss": CANARY, "aud": "convcards", "sub": "ann", "iat": 0, "exp": 2**33}
    parts = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({"typ": "JWT"} | header, claims)
    )
    return ".".join([*parts, "c2lnbmF0dXJl"])


TOKENS = [
    token(
        alg=algorithm, kid=CANARY, jku=CANARY, x5u=CANARY, jwk={"kty": "RSA", "n": "AQ", "e": "AQ"}
    )
    for algorithm in ("RS256", "HS256", "ES256", "none")
]


def test_nothing_that_a_caller_names_is_asked(client: FlaskClient) -> None:
    watch()
    for operation in OPERATIONS.values():
        names = dict.fromkeys(operation.path, "x")
        good = next((one for one in operation.examples if (one.status or 200) < 400), None)
        names |= dict(good.path) if good else {}
        address = operation.route.format(**names)
        body = good.body if good else None
        kept = dict(good.query) if good else {}
        seen.clear()
        for number, target in enumerate(ADDRESSES):
            query = kept | dict.fromkeys((*kept, "url", "callback", "source"), target)
            bodies = planted(body, target) if body is not None and number < 2 else (None,)
            for sent in bodies:
                response = client.open(
                    address,
                    method=operation.method,
                    query_string=query if sent is None else kept,
                    headers=HEADERS if sent is None else {},
                    **({"json": sent} if sent is not None and not isinstance(sent, bytes) else {}),
                )
                assert response.status_code < 500
        for text in TOKENS:
            bearer = {"Authorization": f"Bearer {text}"}
            response = client.open(address, method=operation.method, headers=bearer)
            assert response.status_code < 500
        assert seen == [], operation.id
