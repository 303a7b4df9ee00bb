"""P14: the text of a key or a token stands in no log, error, other answer or database file."""

import io
import random
from pathlib import Path
from typing import Any

import pytest

from contract_client import OPERATIONS
from service.api import logs
from service.api.context import EXTENSION
from service.app import create_app
from service.config import Settings
from service.quiz.deck_file import seed_deck
from service.store import Database, decks, keys, tenants
from service.store.keys import SCOPES

TOKEN_KEY = "a-signing-key-of-the-settings-0123456789"  # noqa: S105 - looked for below
STORAGE = "valkey://limits:storage-password@127.0.0.1:1/0"


@pytest.fixture
def made(sqlite_url: str, noon: Any) -> tuple[str, str]:
    """The address of a database with a deck and a key that may everything; and the key."""
    database = Database(sqlite_url)
    with database.write() as session:
        tenants.ensure(session, "school", name="School", now=noon)
        decks.load(session, seed_deck(), now=noon)
        _, text = keys.create(
            session, "school", name="key", scopes=SCOPES, now=noon, rng=random.SystemRandom()
        )
    database.close()
    return sqlite_url, text


def test_secrets_are_nowhere(made: tuple[str, str], noon: Any) -> None:
    url, key = made
    settings = Settings(
        database_url=url,
        token_key=(TOKEN_KEY,),
        rate_limit_storage=STORAGE,
        rate_key=10**6,
        rate_anonymous=10**6,
    )
    app = create_app(settings, clock=lambda: noon)
    client, log = app.test_client(), io.StringIO()
    logs.configure("json", log)
    bearer = {"Authorization": f"Bearer {key}"}
    token = client.post("/v1/users/ann/token", headers=bearer).get_json()["token"]
    body = {"name": "second", "scopes": ["compute"]}
    second = client.post("/v1/keys", json=body, headers=bearer).get_json()["key"]
    said = [repr(settings), str(settings)]
    texts = (key, token, second)
    for operation in OPERATIONS.values():
        good = [one for one in operation.examples if (one.status or 200) < 400]
        body = good[0].body if good and isinstance(good[0].body, dict) else None
        sent: dict[str, Any] = {} if body is None else {"json": body}
        for text in texts:
            spoilt = text[:-1] + ("A" if text[-1] != "A" else "B")
            names = dict.fromkeys(operation.path, text)
            real = dict(good[0].path) if good else names
            for path, query, value in (
                (names, {}, ""),
                (real | {"user": "me" if text == token else "ann"}, {}, f"Bearer {spoilt}"),
                (real, {"key": text}, text),
            ):
                if operation.id in ("eraseUser", "revokeKey") and path is not names:
                    continue
                response = client.open(
                    operation.route.format(**(names | path)),
                    method=operation.method,
                    query_string=query,
                    headers={"Authorization": value, "Idempotency-Key": "one"},
                    **sent,
                )
                told = [response.text if response.mimetype != "image/gif" else ""]
                told += [value for _, value in response.headers]
                # A path that names nothing is told back to whoever sent it, in no log.
                said += [one for one in told if path is not names]
    app.extensions[EXTENSION].close()
    secrets = [text.split("_")[2] for text in (key, second)]
    secrets += [token.split(".")[2], TOKEN_KEY, "storage-password"]
    files = [
        path.read_bytes() for path in Path(url.removeprefix("sqlite:///")).parent.glob("*.db*")
    ]
    assert files
    for secret in secrets:
        assert secret not in log.getvalue()
        assert not any(secret in text for text in said), secret
        assert not any(secret.encode() in content for content in files)
    assert "request" in log.getvalue()
