"""API keys, `cck_<id>_<secret>_<checksum>`: found by id, compared by hash, shown once.

The secret has 256 random bits, so one round of SHA-256 is as good as any slower hash. The checksum
(CRC-32, as in GitHub's tokens) lets a mistyped key be refused without asking the database, and lets
scanners recognise a leaked one. Several keys of a tenant may be valid at once, so that one can be
rotated before the other is revoked.
"""

from __future__ import annotations

import hashlib
import hmac
import zlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from string import ascii_lowercase, ascii_uppercase, digits
from typing import TYPE_CHECKING, Final, Literal

from sqlalchemy import bindparam, or_, select, update

from service.store.errors import KeyRefused, NotFound, Unstorable
from service.store.paging import Page, page
from service.store.plain import Plain
from service.store.tables import ApiKey

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from service.store.ids import RandomBits

PREFIX = "cck"
SCOPES = (
    "compute",
    "cards:read",
    "cards:write",
    "quiz:take",
    "reports:read",
    "users:erase",
    "keys:admin",
    "act:users",
)
State = Literal["valid", "expired", "revoked"]

TOUCH_EVERY = timedelta(minutes=1)

_ALPHABET = digits + ascii_uppercase + ascii_lowercase
_ID_BITS, _ID_LENGTH = 95, 16
_SECRET_BITS, _SECRET_LENGTH = 256, 43
_CHECKSUM_LENGTH = 6
_NO_SECRET = bytes(32)


def _base62(value: int, length: int) -> str:
    text = ""
    while value:
        value, digit = divmod(value, 62)
        text = _ALPHABET[digit] + text
    return text.rjust(length, "0")


def _checksum(text: str) -> str:
    return _base62(zlib.crc32(text.encode()), _CHECKSUM_LENGTH)


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def create(
    session: Session,
    tenant_id: str,
    *,
    name: str,
    scopes: Iterable[str],
    now: datetime,
    rng: RandomBits,
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Make a key; the text beside it is the only copy there will ever be of its secret.

    `rng` must be fit for secrets (`random.SystemRandom`). Raises `Unstorable` for an unknown scope,
    `Conflict` if there is no such tenant.
    """
    wanted = set(scopes)
    unknown = sorted(wanted.difference(SCOPES))
    if unknown:
        raise Unstorable(f"there is no scope {', '.join(unknown)}; there are {', '.join(SCOPES)}")
    key_id = _base62(rng.getrandbits(_ID_BITS), _ID_LENGTH)
    secret = _base62(rng.getrandbits(_SECRET_BITS), _SECRET_LENGTH)
    key = ApiKey(
        id=key_id,
        tenant_id=tenant_id,
        name=name,
        secret_sha256=_hash(secret),
        scopes=[scope for scope in SCOPES if scope in wanted],
        created_at=now,
        expires_at=expires_at,
    )
    session.add(key)
    session.flush()
    body = f"{PREFIX}_{key_id}_{secret}"
    return key, f"{body}_{_checksum(body)}"


def parse(token: str) -> tuple[str, str]:
    """The id and the secret in a key's text; raises `KeyRefused` (malformed) without a query."""
    parts = token.split("_")
    lengths = [len(PREFIX), _ID_LENGTH, _SECRET_LENGTH, _CHECKSUM_LENGTH]
    if not token.isascii() or [len(part) for part in parts] != lengths or parts[0] != PREFIX:
        raise KeyRefused("malformed")
    if not hmac.compare_digest(_checksum("_".join(parts[:3])), parts[3]):
        raise KeyRefused("malformed")
    return parts[1], parts[2]


def find_by_id(session: Session, key_id: str) -> ApiKey | None:
    """The key with this id, valid or not; a row of no session."""
    found = session.connection().execute(_BY_ID, {"wanted": key_id}).first()
    return None if found is None else _KEY.made(found)


_KEY: Final = Plain(ApiKey)
_BY_ID: Final = select(*_KEY.columns).where(ApiKey.id == bindparam("wanted"))


def verify(session: Session, token: str, *, now: datetime) -> ApiKey:
    """The key that this text opens; raises `KeyRefused` with the reason otherwise.

    A wrong secret and an unknown id are told alike, after the same comparison.
    """
    key_id, secret = parse(token)
    key = find_by_id(session, key_id)
    known = hmac.compare_digest(key.secret_sha256 if key else _NO_SECRET, _hash(secret))
    if key is None or not known:
        raise KeyRefused("unknown")
    _check_valid(key, now)
    return key


def _check_valid(key: ApiKey, now: datetime) -> None:
    reason = state(key, now=now)
    if reason != "valid":
        raise KeyRefused(reason)


def state(key: ApiKey, *, now: datetime) -> State:
    """Whether it opens something, and if not why."""
    if key.revoked_at is not None:
        return "revoked"
    return "expired" if key.expires_at is not None and key.expires_at <= now else "valid"


def any_usable(session: Session, *, now: datetime) -> bool:
    """Whether any tenant has a key that still opens something."""
    unexpired = or_(ApiKey.expires_at.is_(None), ApiKey.expires_at > now)
    usable = select(ApiKey.id).where(ApiKey.revoked_at.is_(None), unexpired).limit(1)
    return session.scalar(usable) is not None


def needs_touch(key: ApiKey, *, now: datetime) -> bool:
    """Whether the last use on record is a minute old, so that `touch` would write."""
    return key.last_used_at is None or key.last_used_at <= now - TOUCH_EVERY


def touch(session: Session, key_id: str, *, now: datetime) -> None:
    """Record that a key was used, at most once a minute however many callers come at once."""
    due = or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at <= now - TOUCH_EVERY)
    session.execute(update(ApiKey).where(ApiKey.id == key_id, due).values(last_used_at=now))


def revoke(session: Session, tenant_id: str, key_id: str, *, now: datetime) -> ApiKey:
    """Close a key for ever; once closed it keeps its first date. Raises `NotFound`."""
    key = _locked(session, tenant_id, key_id)
    if key.revoked_at is None:
        key.revoked_at = now
        session.flush()
    return key


def _locked(session: Session, tenant_id: str, key_id: str) -> ApiKey:
    statement = select(ApiKey).where(ApiKey.id == key_id, ApiKey.tenant_id == tenant_id)
    key = session.scalar(statement.with_for_update())
    if key is None:
        raise NotFound("key", key_id)
    return key


def rotate(
    session: Session,
    tenant_id: str,
    key_id: str,
    *,
    overlap: timedelta,
    now: datetime,
    rng: RandomBits,
) -> tuple[ApiKey, str]:
    """A successor of a key, with its name and scopes; the old one goes on for `overlap` at most.

    A key that expires has a successor that lasts as long as it was made to last. Raises `NotFound`,
    and `KeyRefused` for a key that opens nothing any more.
    """
    old = _locked(session, tenant_id, key_id)
    _check_valid(old, now)
    lasts = None if old.expires_at is None else old.expires_at - old.created_at
    made = create(
        session,
        tenant_id,
        name=old.name,
        scopes=old.scopes,
        now=now,
        rng=rng,
        expires_at=None if lasts is None else now + lasts,
    )
    ends = now + overlap
    old.expires_at = ends if old.expires_at is None else min(ends, old.expires_at)
    session.flush()
    return made


def of_tenant(
    session: Session, tenant_id: str, *, limit: int, after: str | None = None
) -> Page[ApiKey, str]:
    """A tenant's keys, revoked ones too, in the order of their ids."""
    statement = (
        select(ApiKey).where(ApiKey.tenant_id == tenant_id).order_by(ApiKey.id).limit(limit + 1)
    )
    if after is not None:
        statement = statement.where(ApiKey.id > after)
    return page(session.scalars(statement).all(), limit, lambda key: key.id)
