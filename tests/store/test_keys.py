"""API keys: shown once, kept as a hash, refused for one reason at a time."""

import hashlib
import re
import zlib
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from service.store import (
    Conflict,
    Database,
    KeyRefused,
    NotFound,
    Unstorable,
    keys,
    tenants,
)


@pytest.fixture
def token(database: Database, ann: UUID, clock: Any, rng: Random) -> str:
    """A valid key of the tenant that Ann is in."""
    del ann
    with database.write() as session:
        scopes = ("quiz:take", "compute")
        made = keys.create(session, "local", name="LMS", scopes=scopes, now=clock(), rng=rng)
    return made[1]


def verify(database: Database, token: str, clock: Any) -> str:
    """The id of the key, or the reason why it is refused."""
    try:
        with database.read() as session:
            return keys.verify(session, token, now=clock()).id
    except KeyRefused as refused:
        return refused.reason


def test_a_key_has_four_parts_and_only_its_hash_is_kept(
    database: Database, token: str, clock: Any
) -> None:
    assert re.fullmatch(r"cck_[0-9A-Za-z]{16}_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}", token)
    key_id, secret = keys.parse(token)
    with database.read() as session:
        key = keys.verify(session, token, now=clock())
        everything = session.execute(text("SELECT * FROM api_keys")).all()
    assert (key.id, key.tenant_id, key.name) == (key_id, "local", "LMS")
    assert key.scopes == ["compute", "quiz:take"]
    assert key.secret_sha256 == hashlib.sha256(secret.encode()).digest()
    assert secret not in repr(everything)


def test_every_key_is_another(database: Database, token: str, clock: Any, rng: Random) -> None:
    with database.write() as session:
        made = [
            keys.create(session, "local", name="LMS", scopes=(), now=clock(), rng=rng)[1]
            for _ in range(50)
        ]
    assert len({keys.parse(one) for one in [token, *made]}) == 51
    assert verify(database, token, clock) != verify(database, made[0], clock)


@pytest.mark.parametrize(
    "change",
    [
        lambda _: "",
        lambda _: "cck",
        lambda token: token[:-1],
        lambda token: token + "0",
        lambda token: " " + token,
        lambda token: token.upper(),
        lambda token: token.replace("cck_", "cck__"),
        lambda token: token.replace("cck", "sk_"),
        lambda token: token[:10] + "é" + token[11:],
        lambda token: token[:30] + ("a" if token[30] != "a" else "b") + token[31:],
        lambda token: token[:-6] + "000000",
        lambda token: "_" * len(token),
        lambda _: "\x00" * 100_000,
    ],
)
def test_mistyped_keys_are_refused_without_a_query(token: str, clock: Any, change: Any) -> None:
    with pytest.raises(KeyRefused, match="malformed"):
        keys.verify(Session(), change(token), now=clock())  # this session has no database to ask


def forged(key_id: str, secret: str) -> str:
    """A key's text with a checksum made here, from its description: CRC-32 in base 62."""
    number, checksum = zlib.crc32(f"cck_{key_id}_{secret}".encode()), ""
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    for _ in range(6):
        number, digit = divmod(number, 62)
        checksum = digits[digit] + checksum
    return f"cck_{key_id}_{secret}_{checksum}"


def test_wrong_secrets_and_unknown_ids_are_told_alike(
    database: Database, token: str, clock: Any
) -> None:
    key_id, secret = keys.parse(token)
    assert forged(key_id, secret) == token
    assert verify(database, forged(key_id, "0" * 43), clock) == "unknown"
    assert verify(database, forged("0" * 16, secret), clock) == "unknown"


def test_keys_expire_to_the_second(database: Database, ann: UUID, clock: Any, rng: Random) -> None:
    del ann
    with database.write() as session:
        end = clock() + timedelta(days=30)
        key, token = keys.create(
            session, "local", name="LMS", scopes=(), now=clock(), rng=rng, expires_at=end
        )
    clock.now = end - timedelta(microseconds=1)
    assert verify(database, token, clock) == key.id
    clock.now = end
    assert verify(database, token, clock) == "expired"


def test_a_revoked_key_opens_nothing_for_ever(
    database: Database, token: str, clock: Any, rng: Random
) -> None:
    key_id = keys.parse(token)[0]
    with database.write() as session:
        other = keys.create(session, "local", name="new", scopes=(), now=clock(), rng=rng)
        first = keys.revoke(session, "local", key_id, now=clock()).revoked_at
    with database.write() as session:
        again = keys.revoke(session, "local", key_id, now=clock.advance(days=1)).revoked_at
    assert first == again
    assert verify(database, token, clock) == "revoked"
    assert verify(database, other[1], clock) == other[0].id


def test_whether_any_key_is_usable(database: Database, ann: UUID, clock: Any, rng: Random) -> None:
    del ann

    def usable() -> bool:
        with database.read() as session:
            return keys.any_usable(session, now=clock())

    assert not usable()
    end = clock() + timedelta(days=1)
    with database.write() as session:
        key, _ = keys.create(
            session, "local", name="LMS", scopes=(), now=clock(), rng=rng, expires_at=end
        )
    assert usable()
    clock.now = end
    assert not usable()
    with database.write() as session:
        other, _ = keys.create(session, "local", name="LMS", scopes=(), now=clock(), rng=rng)
    assert usable()
    with database.write() as session:
        keys.revoke(session, "local", other.id, now=clock())
    assert not usable()
    assert key.id != other.id


def test_another_tenants_key_cannot_be_revoked(database: Database, token: str, clock: Any) -> None:
    with database.write() as session:
        tenants.ensure(session, "acme", name="Acme", now=clock())
        for tenant, key_id in (("acme", keys.parse(token)[0]), ("local", "0" * 16)):
            with pytest.raises(NotFound):
                keys.revoke(session, tenant, key_id, now=clock())
    assert verify(database, token, clock) == keys.parse(token)[0]


def test_the_last_use_is_written_once_a_minute(database: Database, token: str, clock: Any) -> None:
    start = clock()
    seen = []
    for _ in range(5):
        with database.write() as session:
            key = keys.verify(session, token, now=clock())
            seen.append(keys.needs_touch(key, now=clock()))
            keys.touch(session, key.id, now=clock())
        with database.read() as session:
            last = keys.verify(session, token, now=clock()).last_used_at
            assert last is not None
            seen.append((last - start).total_seconds())
        clock.advance(seconds=30)
    assert seen == [True, 0, False, 0, True, 60, False, 60, True, 120]


def test_scopes_and_tenants_must_exist(
    database: Database, ann: UUID, clock: Any, rng: Random
) -> None:
    del ann
    with pytest.raises(Unstorable, match="no scope fly, swim"), database.write() as session:
        keys.create(session, "local", name="x", scopes=("swim", "fly"), now=clock(), rng=rng)
    with pytest.raises(Conflict), database.write() as session:
        keys.create(session, "nobody", name="x", scopes=keys.SCOPES, now=clock(), rng=rng)


def test_a_tenants_keys_are_listed_by_page(
    database: Database, token: str, clock: Any, rng: Random
) -> None:
    with database.write() as session:
        tenants.ensure(session, "acme", name="Acme", now=clock())
        keys.create(session, "acme", name="other", scopes=(), now=clock(), rng=rng)
        for number in range(4):
            keys.create(session, "local", name=str(number), scopes=(), now=clock(), rng=rng)
    seen: list[str] = []
    after = None
    for size in (2, 2, 1):
        with database.read() as session:
            page = keys.of_tenant(session, "local", limit=2, after=after)
        assert len(page.items) == size
        seen += [key.id for key in page.items]
        after = page.next
    assert after is None
    assert len(set(seen)) == 5
    assert keys.parse(token)[0] in seen
