"""The keys that learners' tokens are signed with: made on first use, and replaced by rotation.

They can't be kept as hashes, as API keys are: both signing and checking need them. Whoever wants
them out of the database sets CONVCARDS_TOKEN_KEY.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from service.store.tables import TokenKey

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from service.store.ids import RandomBits

SECRET_BYTES = 32


def current(session: Session) -> TokenKey | None:
    """The key that signs: the newest that was not replaced; None before the first use."""
    statement = select(TokenKey).where(TokenKey.retires_at.is_(None))
    newest = statement.order_by(TokenKey.created_at.desc(), TokenKey.id).limit(1)
    return session.scalar(newest)


def find(session: Session, key_id: str, *, now: datetime) -> TokenKey | None:
    """The key of this id, if what it signed is still taken."""
    key = session.get(TokenKey, key_id)
    if key is None or (key.retires_at is not None and key.retires_at <= now):
        return None
    return key


def create(session: Session, *, now: datetime, rng: RandomBits) -> TokenKey:
    """A new key that signs from now on. `rng` must be fit for secrets."""
    key = TokenKey(
        id=f"{rng.getrandbits(64):016x}",
        secret=rng.getrandbits(8 * SECRET_BYTES).to_bytes(SECRET_BYTES, "big"),
        created_at=now,
    )
    session.add(key)
    session.flush()
    return key


def rotate(session: Session, *, overlap: timedelta, now: datetime, rng: RandomBits) -> TokenKey:
    """A new key in place of all others, which are taken for `overlap` more."""
    statement = select(TokenKey).where(TokenKey.retires_at.is_(None)).with_for_update()
    for old in session.scalars(statement):
        old.retires_at = now + overlap
    return create(session, now=now, rng=rng)
