"""P13: no body takes what is the server's, or what nobody declared: 422, and where it stands."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contract_client import OPERATIONS
from service.api.context import EXTENSION
from service.app import create_app
from service.config import Settings

OWNED = (
    *("id", "user", "user_id", "tenant", "tenant_id", "person", "actor", "is_admin", "role"),
    *("score", "correct", "state", "attempts_used", "key", "secret_sha256", "stability", "due"),
    *("created_at", "answered_at", "issued_at", "finished_at", "__proto__", "constructor"),
)
FILES = {"importNetwork"}
"""What takes a file of somebody else's format, whose further members mean nothing here."""

TAKING = {
    operation.id: (operation, example)
    for operation in OPERATIONS.values()
    if operation.request is not None and operation.id not in FILES
    for example in reversed(operation.examples)
    if isinstance(example.body, dict) and (example.status or 200) < 400
}


@pytest.fixture(scope="module")
def client(_sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    path = tmp_path_factory.mktemp("mass") / "mass.db"
    shutil.copy(_sqlite_template, path)
    app = create_app(Settings(mode="local", database_url=f"sqlite:///{path}"))
    made = app.test_client()
    for name in ("makeDeck", "addCard", "addOwnQuestion"):  # for those that change them
        operation, example = TAKING[name]
        address = operation.route.format(**example.path)
        response = made.post(address, json=example.body, headers=dict(example.headers))
        assert response.status_code == 201, response.text
    yield made
    app.extensions[EXTENSION].close()


def test_every_route_with_a_body_is_tried() -> None:
    assert len(TAKING) > 15


@pytest.mark.parametrize("name", TAKING)
def test_nothing_but_what_is_declared(client: Any, name: str) -> None:
    operation, example = TAKING[name]
    names = dict.fromkeys(operation.path, "019aaf0d-1a2b-7d41-9000-0a7a1f0b6d52")
    address = operation.route.format(**(names | dict(example.path)))
    for member in (one for one in OWNED if one not in example.body):
        response = client.open(
            address,
            method=operation.method,
            json=example.body | {member: 1},
            query_string=dict(example.query),
            headers={"If-Match": "*"} if "If-Match" in operation.headers else {},
        )
        assert response.status_code == 422, (member, response.text)
        pointers = [error["pointer"] for error in response.get_json()["errors"]]
        assert f"/{member}" in pointers, (member, pointers)
