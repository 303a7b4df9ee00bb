"""`convcards keys`: made, shown once, listed, revoked; on both databases."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from running import Command
from service.store import Database, keys
from service.store.errors import KeyRefused

KEY = re.compile(r"cck_\w{16}_\w{43}_\w{6}\n")


def test_the_key_alone_is_printed_and_opens(
    command: Command, database: Database, database_url: str
) -> None:
    made = command("keys", "create", "--name", "moodle", url=database_url)
    assert made.status == 0
    assert KEY.fullmatch(made.out)
    assert made.out.strip() not in made.err
    with database.read() as session:
        key = keys.verify(session, made.out.strip(), now=datetime.now(UTC))
        assert (key.tenant_id, key.name, key.expires_at) == ("local", "moodle", None)
        assert "act:users" in key.scopes
        assert "keys:admin" not in key.scopes


def test_tenant_scopes_and_days_are_as_asked(
    command: Command, database: Database, database_url: str
) -> None:
    made = command(
        *("keys", "create", "--name", "r", "--tenant", "school", "--days", "90"),
        *("--scopes", "reports:read, compute"),
        url=database_url,
    )
    with database.read() as session:
        now = datetime.now(UTC)
        key = keys.verify(session, made.out.strip(), now=now)
        assert (key.tenant_id, key.scopes) == ("school", ["compute", "reports:read"])
        with pytest.raises(KeyRefused, match="expired"):
            keys.verify(session, made.out.strip(), now=now + timedelta(days=91))


def test_a_scope_that_does_not_exist_is_refused(command: Command, database_url: str) -> None:
    ended = command("keys", "create", "--name", "a", "--scopes", "everything", url=database_url)
    assert (ended.status, ended.out) == (2, "")
    assert ended.err.startswith("convcards: keys create: there is no scope everything; there are")
    assert command("keys", "list").out == ""


def test_the_list_shows_state_and_never_a_secret(
    command: Command, database: Database, database_url: str
) -> None:
    ids = []
    for name in ("first", "second", "third"):
        days = ["--days", "30"] if name == "third" else []
        secret = command("keys", "create", "--name", name, *days, url=database_url).out.strip()
        ids.append(secret.split("_")[1])
    with database.write() as session:
        keys.touch(session, ids[1], now=datetime.now(UTC))
    assert command("keys", "revoke", ids[0]).out == f"key {ids[0]} is revoked\n"
    listed = command("keys", "list").out
    lines = {line.split()[0]: line for line in listed.splitlines()}
    assert set(lines) == set(ids)
    today = f"{datetime.now(UTC):%Y-%m-%d}"
    assert f"revoked {today}" in lines[ids[0]]
    assert f"used {today}" in lines[ids[1]]
    assert "valid until" in lines[ids[2]]
    assert "never used" in lines[ids[2]]
    assert not KEY.search(listed)
    assert command("keys", "list", "--tenant", "other").out == ""


def test_the_list_goes_on_over_pages(
    command: Command, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.cli.keys.PAGE", 2)
    for number in range(5):
        command("keys", "create", "--name", f"key {number}", url=database_url)
    listed = command("keys", "list").out
    assert sorted(re.findall(r"key \d", listed)) == [f"key {number}" for number in range(5)]


def test_another_tenant_s_key_cannot_be_revoked(
    command: Command, database: Database, database_url: str
) -> None:
    secret = command("keys", "create", "--name", "a", url=database_url).out.strip()
    ended = command("keys", "revoke", secret.split("_")[1], "--tenant", "other")
    assert (ended.status, ended.out) == (1, "")
    assert ended.err.startswith("convcards: keys revoke: there is no key ")
    with database.read() as session:
        assert keys.verify(session, secret, now=datetime.now(UTC))


def test_a_successor_takes_over_while_both_are_valid(
    command: Command, database: Database, database_url: str
) -> None:
    created = ("keys", "create", "--name", "lms", "--scopes", "quiz:take,act:users")
    old = command(*created, "--days", "30", url=database_url).out.strip()
    ended = command("keys", "rotate", old.split("_")[1], "--hours", "2")
    assert ended.status == 0
    assert KEY.fullmatch(ended.out)
    now = datetime.now(UTC)
    with database.read() as session:
        first, second = (keys.verify(session, key, now=now) for key in (old, ended.out.strip()))
        assert (second.name, second.scopes) == ("lms", ["quiz:take", "act:users"])
        assert second.expires_at
        assert abs(second.expires_at - now - timedelta(days=30)) < timedelta(minutes=1)
        with pytest.raises(KeyRefused, match="expired"):
            keys.verify(session, old, now=now + timedelta(hours=2, minutes=1))
    command("keys", "revoke", first.id)
    for key_id, why in ((first.id, "revoked"), ("nothing", "there is no key")):
        refused = command("keys", "rotate", key_id)
        assert (refused.status, refused.out) == (1, "")
        assert why in refused.err
    assert command("keys", "rotate", first.id, "--hours", "-1").status == 2
