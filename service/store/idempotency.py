"""Idempotency-Key: a request is carried out once, and its answer repeated byte for byte.

`begin` and `finish` belong to the transaction that does the work, so that the work and the record
of its answer are committed together or not at all.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from sqlalchemy import CursorResult, delete, exc, select, tuple_, update

from service.store.errors import KeyInProgress, KeyReused, driver_code
from service.store.tables import IdempotencyKey
from service.store.upsert import insert_if_absent

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

KEPT_FOR = timedelta(hours=24)
_LOCK_NOT_AVAILABLE = "55P03"


@dataclass(frozen=True, slots=True)
class Replay:
    """The answer that the first request got."""

    status: int
    media_type: str
    body: bytes


def fingerprint(method: str, path: str, body: bytes) -> bytes:
    """SHA-256 of what makes two requests the same: method, path with query, body."""
    parts = (method.encode(), path.encode(), body)
    return hashlib.sha256(b"".join(len(part).to_bytes(8) + part for part in parts)).digest()


def begin(
    session: Session, user_id: UUID, key: str, request: bytes, *, now: datetime
) -> Replay | None:
    """Claim a key for the request with this fingerprint; None means: do the work, then `finish`.

    A request that comes while the first still runs waits for it, as long as the database's lock
    timeout allows. Raises `KeyReused` for another request, `KeyInProgress` when the wait was vain.
    """
    values = {"user_id": user_id, "key": key, "fingerprint": request, "created_at": now}
    try:
        if insert_if_absent(session, IdempotencyKey, values):
            return None
    except exc.OperationalError as error:
        if driver_code(error.orig) == _LOCK_NOT_AVAILABLE:
            raise KeyInProgress from None
        raise
    stored = session.execute(
        select(IdempotencyKey).where(IdempotencyKey.user_id == user_id, IdempotencyKey.key == key)
    ).scalar_one_or_none()
    if stored is None or stored.status is None:
        raise KeyInProgress
    if not hmac.compare_digest(stored.fingerprint, request):
        raise KeyReused
    return Replay(stored.status, cast("str", stored.media_type), cast("bytes", stored.body))


def finish(
    session: Session, user_id: UUID, key: str, *, status: int, media_type: str, body: bytes
) -> None:
    """Record the answer that every later request with this key will get."""
    session.execute(
        update(IdempotencyKey)
        .where(IdempotencyKey.user_id == user_id, IdempotencyKey.key == key)
        .values(status=status, media_type=media_type, body=body)
        .execution_options(synchronize_session=False)
    )


def prune(session: Session, *, now: datetime, limit: int = 1000) -> int:
    """Forget up to `limit` keys older than `KEPT_FOR`; returns how many. Call until it is 0."""
    old = (
        select(IdempotencyKey.user_id, IdempotencyKey.key)
        .where(IdempotencyKey.created_at < now - KEPT_FOR)
        .order_by(IdempotencyKey.created_at)
        .limit(limit)
    )
    statement = delete(IdempotencyKey).where(
        tuple_(IdempotencyKey.user_id, IdempotencyKey.key).in_(old)
    )
    return cast("CursorResult[Any]", session.execute(statement)).rowcount
