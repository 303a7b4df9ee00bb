"""What can be asked of a database to find out whether it is well."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import func, select, text

from service.quiz.errors import DeckError
from service.store import decks
from service.store.tables import Answer, ApiKey, Deck, Job

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

ASKED = {
    "sqlite": ("journal_mode", "synchronous", "page_count", "page_size"),
    "postgresql": (
        "server_version",
        "fsync",
        "full_page_writes",
        "synchronous_commit",
        "in_hot_standby",
        "max_connections",
    ),
}
"""Which settings :func:`settings` tells of."""


def settings(session: Session) -> dict[str, Any]:
    """What the database is set to, in its own words."""
    dialect = session.get_bind().dialect.name
    word = "PRAGMA" if dialect == "sqlite" else "SHOW"
    return {name: session.scalar(text(f"{word} {name}")) for name in ASKED[dialect]}


def present(session: Session) -> datetime | None:
    """What time it is for the database's server; None where that is this machine."""
    if session.get_bind().dialect.name == "sqlite":
        return None
    return cast("datetime", session.scalar(select(func.clock_timestamp())))


def newest_answer(session: Session) -> datetime | None:
    """When the newest answer was given."""
    return session.scalar(select(Answer.answered_at).order_by(Answer.id.desc()).limit(1))


def ending_keys(session: Session, *, now: datetime, within: timedelta) -> Sequence[ApiKey]:
    """API keys that still open something and soon won't."""
    statement = select(ApiKey).where(
        ApiKey.revoked_at.is_(None), ApiKey.expires_at > now, ApiKey.expires_at <= now + within
    )
    return session.scalars(statement.order_by(ApiKey.expires_at)).all()


def waiting_jobs(session: Session, *, before: datetime) -> int:
    """How many jobs asked for before then no worker has begun."""
    waiting = select(func.count()).where(Job.state == "queued", Job.created_at < before)
    return session.scalar(waiting) or 0


def cards(session: Session) -> tuple[int, list[str]]:
    """How many decks there are, and which of them can't be read or are empty."""
    found = session.scalars(select(Deck).where(Deck.deleted_at.is_(None)).order_by(Deck.id)).all()
    unsound = []
    for deck in found:
        try:
            if not decks.whole(session, deck).cards:
                unsound.append(f"{deck.id} is empty")
        except (DeckError, LookupError, TypeError, ValueError):
            unsound.append(f"{deck.id} can't be read")
    return len(found), unsound
