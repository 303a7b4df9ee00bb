"""The log of a person's reviews, as it is shown to them. `memories` writes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import aliased

from service.store.paging import Page, page
from service.store.tables import Review

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class Entry(NamedTuple):
    """A rating that a person gave, and whether it was taken back."""

    review: Review
    undone: bool


def newest(
    session: Session, user_id: UUID, *, limit: int, before: UUID | None = None
) -> Page[Entry, UUID]:
    """A person's ratings, the last recorded first; `before` is the `next` of the page before."""
    later = aliased(Review)
    statement = (
        select(Review, later.id.is_not(None))
        .outerjoin(later, and_(later.user_id == user_id, later.undoes == Review.id))
        .where(Review.user_id == user_id, Review.rating.is_not(None))
        .order_by(Review.id.desc())
        .limit(limit + 1)
    )
    if before is not None:
        statement = statement.where(Review.id < before)
    rows = [Entry(review, undone=undone) for review, undone in session.execute(statement)]
    return page(rows, limit, lambda entry: entry.review.id)
