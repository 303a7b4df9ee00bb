"""Idempotency-Key: a request is carried out once, and its answer repeated byte for byte.

A key's record is written by the transaction that does the work, so that both are committed or
neither. The keys of one person are looked up and written under that person's lock: of requests that
come at the same moment the second finds what the first has left. How long records are kept is said
in `retention`.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, cast
from uuid import UUID

from sqlalchemy import bindparam, exc, select, tuple_

from service.store.errors import KeyInProgress, KeyReused, driver_code
from service.store.plain import Plain
from service.store.tables import BatchKey, IdempotencyKey
from service.store.upsert import insert_if_absent

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

LOCK_NOT_AVAILABLE = "55P03"

PersonsKey = tuple[UUID, str]


@dataclass(frozen=True, slots=True)
class Replay:
    """The answer that the first request got."""

    media_type: str
    body: bytes


def fingerprint(method: str, path: str, body: bytes) -> bytes:
    """SHA-256 of what makes two requests the same: method, path with query, body."""
    parts = (method.encode(), path.encode(), body)
    return hashlib.sha256(b"".join(len(part).to_bytes(8) + part for part in parts)).digest()


def kept(session: Session, wanted: Collection[PersonsKey]) -> dict[PersonsKey, IdempotencyKey]:
    """What is recorded under these keys of people who are locked; what is new is left out."""
    if not wanted:
        return {}
    found = map(_KEY.made, session.connection().execute(_KEPT, {"wanted": [*wanted]}))
    return {(one.user_id, one.key): one for one in found}


_KEY: Final = Plain(IdempotencyKey)
_KEPT: Final = select(*_KEY.columns).where(
    tuple_(IdempotencyKey.user_id, IdempotencyKey.key).in_(bindparam("wanted", expanding=True))
)


def replay(first: IdempotencyKey, request: bytes) -> Replay:
    """The answer to the request with this fingerprint; `KeyReused` if the first was another."""
    if not hmac.compare_digest(first.fingerprint, request):
        raise KeyReused
    return Replay(cast("str", first.media_type), cast("bytes", first.body))


def claim(
    session: Session, tenant_id: str, key: str, request: bytes, *, request_id: str, now: datetime
) -> str | None:
    """Claim a tenant's key for a batch with this fingerprint; None means: it is the first.

    Else it was carried out before, under the request id that is returned: its items are kept under
    keys of their own, so that nothing of a person stands here. A batch that comes while the first
    still runs waits for it, as long as the database's lock timeout allows. Raises `KeyReused` for
    another batch, `KeyInProgress` when the wait was vain.
    """
    values = {
        "tenant_id": tenant_id,
        "key": key,
        "fingerprint": request,
        "request_id": request_id,
        "created_at": now,
    }
    try:
        if insert_if_absent(session, BatchKey, values):
            return None
    except exc.OperationalError as error:
        if driver_code(error.orig) == LOCK_NOT_AVAILABLE:
            raise KeyInProgress from None
        raise
    first = session.get_one(BatchKey, (tenant_id, key))
    if not hmac.compare_digest(first.fingerprint, request):
        raise KeyReused
    return first.request_id
