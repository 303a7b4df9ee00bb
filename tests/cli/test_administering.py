"""`convcards tenants`, `tokens`, `issuers`, `audit`: on both databases."""

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, update

from running import Command
from service.store import Conflict, Database, audit, issuers, signing
from service.store.tables import AuditEvent

ISSUER = ("https://id.school.example", "--audience", "convcards")
JWKS = ("--jwks", "https://id.school.example/jwks")


def test_tenants_are_made_once_and_listed(
    command: Command, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.cli.tenants.PAGE", 1)
    made = command("tenants", "create", "school", "--name", "The school", url=database_url)
    assert (made.status, command("tenants", "create", "b").status) == (0, 0)
    again = command("tenants", "create", "school")
    assert (again.status, again.out) == (1, "")
    assert command("tenants", "create", "Not one").status == 2
    listed = command("tenants", "list").out.splitlines()
    assert [line.split()[0] for line in listed] == ["b", "school"]
    assert "The school" in listed[1]


def test_signing_keys_are_changed(
    command: Command, database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = []
    for options in ([], [], ["--now"]):
        assert command("tokens", "rotate", *options, url=database_url).status == 0
        with database.read() as session:
            key = signing.current(session)
        assert key is not None
        assert len(key.secret) == 32
        ids.append(key.id)
    now = datetime.now(UTC)
    with database.read() as session:
        found = [signing.find(session, key_id, now=now) for key_id in ids]
    assert [key is not None for key in found] == [True, False, True]
    monkeypatch.setenv("CONVCARDS_TOKEN_KEY", "x" * 32)
    assert command("tokens", "rotate").status == 1


def test_issuers_are_registered_with_https_and_no_weak_algorithm(
    command: Command, database: Database, database_url: str
) -> None:
    add = ("issuers", "add", *ISSUER)
    assert command(*add, *JWKS, "--tenant", "school", url=database_url).status == 0
    assert command(*add, *JWKS, "--algorithms", "ES256").status == 0
    for spoilt in (
        ("--jwks", "http://id.school.example/jwks"),
        ("--jwks", "https://"),
        ("--jwks", "https://me:secret@id.school.example/"),
        (*JWKS, "--algorithms", "HS256"),
        (*JWKS, "--algorithms", "none"),
    ):
        ended = command(*add, *spoilt)
        assert (ended.status, ended.out) == (2, "")
    with database.read() as session:
        (row,) = issuers.every(session)
        assert (row.tenant_id, row.algorithms) == ("local", ["ES256"])
    assert ISSUER[0] in command("issuers", "list").out
    assert command("issuers", "remove", *ISSUER).status == 0
    assert command("issuers", "remove", *ISSUER).status == 1
    assert command("issuers", "list").out == ""


def test_the_audit_log_has_it_all_and_no_secret(
    command: Command, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.cli.audit.PAGE", 2)
    text = command("keys", "create", "--name", "lms", url=database_url).out.strip()
    key_id, secret = text.split("_")[1:3]
    successor = command("keys", "rotate", key_id).out.split("_")[1]
    command("keys", "revoke", key_id)
    command("issuers", "add", *ISSUER, *JWKS)
    command("tenants", "create", "school")
    lines = command("audit").out.splitlines()
    assert [re.split("  +", line)[1:4] for line in lines] == [
        ["command line", "issuer.added", f"issuer:{ISSUER[0]}"],
        ["command line", "key.revoked", f"key:{key_id}"],
        ["command line", "key.rotated", f"key:{key_id}"],
        ["command line", "key.created", f"key:{key_id}"],
    ]
    assert successor in lines[2]
    assert '"name": "lms"' in lines[3]
    assert secret not in "".join(lines)
    assert command("audit", "--limit", "3").out.splitlines() == lines[:3]
    assert "tenant.created" in command("audit", "--tenant", "school").out
    assert command("audit", "--limit", "0").status == 2
    assert command("audit", "--tenant", "none").out == ""


def test_the_database_lets_nobody_change_the_log(
    command: Command, database: Database, database_url: str
) -> None:
    command("keys", "create", "--name", "lms", url=database_url)
    with database.read() as session:
        (event,) = audit.newest(session, "local", limit=2).items
    for change in (update(AuditEvent).values(action="nothing"), delete(AuditEvent)):
        with pytest.raises(Conflict), database.write() as session:
            session.execute(change)
    with database.read() as session:
        assert session.get_one(AuditEvent, event.id).action == "key.created"
