"""What people remember: reviews as a log, and the memories that follow from it.

A review is appended and never changed; undoing one appends that it is undone. The memory of a
subject (a card or a template) is what `quiz.scheduling` makes of its log, and stands beside it so
that what is due can be found by an index.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import aliased

from service.quiz import scheduling
from service.quiz.scheduling import Schedule
from service.store.decks import visible
from service.store.errors import NotFound, ReviewOutOfOrder, ReviewTaken
from service.store.ids import RandomBits, uuid7
from service.store.tables import Card, Deck, Memory, Review, Template, User

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from service.quiz.kinds import Rating

CARD: Final = "card:"
TEMPLATE: Final = "template:"


class Reviewed(NamedTuple):
    """A review and the memory after it, None if nothing is left of one."""

    review: Review
    memory: scheduling.Memory | None


def schedule_of(user: User) -> Schedule:
    """The rules by which a person is scheduled."""
    settings = dict(user.schedule or {})
    for name in ("learning_steps", "relearning_steps"):
        if name in settings:
            settings[name] = tuple(settings[name])
    return Schedule(timezone=user.timezone or "UTC", **settings)


def set_schedule(user: User, **changes: Any) -> None:
    """Change settings of a person's schedule, by the names of `Schedule`'s fields.

    What was counted already stays as it is; the next review goes by the new ones.
    """
    settings = dict(user.schedule or {})
    for name, value in changes.items():
        if name == "timezone":
            user.timezone = value
        else:
            settings[name] = value
    user.schedule = settings or None


def lock(session: Session, user_id: UUID) -> User:
    """The person, for whom nobody else answers or reviews before this transaction ends."""
    user = session.scalar(
        select(User)
        .where(User.id == user_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if user is None:
        raise NotFound("user", user_id)
    return user


def get(session: Session, user_id: UUID, subject: str) -> Memory | None:
    """The row of a subject, None if it was never reviewed."""
    return session.get(Memory, (user_id, subject))


def state(row: Memory | None) -> scheduling.Memory | None:
    """What the scheduler knows of a row; None for one without a state."""
    if row is None or row.state is None:
        return None
    return scheduling.Memory(**{name: getattr(row, name) for name in _STATE})


def record(
    session: Session,
    user: User,
    subject: str,
    rating: Rating,
    *,
    now: datetime,
    rng: RandomBits,
    deck_id: str | None = None,
    reviewed_at: datetime | None = None,
    event: int | None = None,
    answer_id: UUID | None = None,
    duration_ms: int | None = None,
) -> Reviewed:
    """Append a rating that a locked person gave, and move the memory on.

    ``reviewed_at`` is for reviews made elsewhere: after the last one and not in the future, else
    `ReviewOutOfOrder`. ``event`` is which event of the subject it is meant to be: `ReviewTaken`
    if others came first.
    """
    row = get(session, user.id, subject)
    if row is None:
        row = Memory(user_id=user.id, subject=subject, deck_id=deck_id, events=0)
        session.add(row)
    if event is not None and event != row.events + 1:
        raise ReviewTaken
    review = made(
        user,
        row,
        rating,
        now=now,
        rng=rng,
        reviewed_at=reviewed_at,
        answer_id=answer_id,
        duration_ms=duration_ms,
    )
    session.flush()
    session.add(review)
    session.flush()
    return Reviewed(review, state(row))


def made(
    user: User,
    row: Memory,
    rating: Rating,
    *,
    now: datetime,
    rng: RandomBits,
    reviewed_at: datetime | None = None,
    answer_id: UUID | None = None,
    duration_ms: int | None = None,
) -> Review:
    """The review of a rating, by which the row of its subject moves on; neither is written yet."""
    before, rules = state(row), schedule_of(user)
    if reviewed_at is not None:
        _check_order(before, reviewed_at, now)
    after = scheduling.review(before, rating, reviewed_at or now, rules)
    _store(row, after)
    row.events += 1
    return Review(
        id=uuid7(now, rng),
        user_id=row.user_id,
        subject=row.subject,
        event=row.events,
        rating=rating,
        answer_id=answer_id,
        reviewed_at=after.last_review,
        due_from=after.due_from,
        day=scheduling.learner_day(after.last_review, rules) if rules.learner_days else None,
        schedule=_rules(rules),
        duration_ms=duration_ms,
        recorded_at=now,
        **_expected(before, after.last_review, rules),
    )


def undo(session: Session, user: User, *, now: datetime, rng: RandomBits) -> Reviewed:
    """Take back a locked person's last review that stands, by an event that says so.

    Raises `NotFound` if there is none. An answer that the review followed from stays as it is.
    """
    newest = session.scalar(
        _standing(user.id).order_by(Review.recorded_at.desc(), Review.id.desc()).limit(1)
    )
    if newest is None:
        raise NotFound("review", "to undo")
    subject = newest.subject
    last = session.scalars(
        _standing(user.id).where(Review.subject == subject).order_by(Review.event.desc()).limit(1)
    ).one()
    row = session.get_one(Memory, (user.id, subject))
    row.events += 1
    session.add(
        Review(
            id=uuid7(now, rng),
            user_id=user.id,
            subject=subject,
            event=row.events,
            undoes=last.id,
            reviewed_at=now,
            recorded_at=now,
        )
    )
    session.flush()
    _store(row, _replay(session, user.id, subject))
    session.flush()
    return Reviewed(last, state(row))


def rebuild(session: Session, user_id: UUID) -> int:
    """Make all memories of a person again from their log; returns how many there are."""
    rows = session.scalars(select(Memory).where(Memory.user_id == user_id)).all()
    for row in rows:
        _store(row, _replay(session, user_id, row.subject))
    session.flush()
    return len(rows)


def all_due(
    session: Session, user_id: UUID, *, now: datetime, limit: int, deck_id: str | None = None
) -> list[str]:
    """The subjects that are due, the longest first; what was retired is left out."""
    statement = _due(user_id, now, deck_id).with_only_columns(Memory.subject).limit(limit)
    return list(session.scalars(statement))


def next_due(
    session: Session, user_id: UUID, *, now: datetime, deck_id: str | None = None
) -> Memory | None:
    """What has been due longest, None if nothing is; what was retired is left out."""
    return session.scalar(_due(user_id, now, deck_id).limit(1))


def is_standing() -> ColumnElement[bool]:
    """Whether a memory is of no card or template that was retired; found by the id of either.

    Each is a condition of its own, so that PostgreSQL makes joins of them.
    """
    return and_(*(~_gone(row, sort) for row, sort in ((Card, CARD), (Template, TEMPLATE))))


def _gone(row: type[Card | Template], sort: str) -> ColumnElement[bool]:
    row_id = func.substr(Memory.subject, len(sort) + 1)
    gone = select(row.id).where(row.id == row_id, row.retired_at.is_not(None))
    return gone.where(Memory.subject.startswith(sort)).exists()


def _due(user_id: UUID, now: datetime, deck_id: str | None) -> Select[Memory]:
    statement = (
        select(Memory)
        .where(Memory.user_id == user_id, Memory.due_from <= now, is_standing())
        .order_by(Memory.due_from, Memory.due, Memory.subject)
    )
    return statement if deck_id is None else statement.where(Memory.deck_id == deck_id)


def next_new(
    session: Session, user_id: UUID | None, *, tenant_id: str, deck_id: str | None = None
) -> str | None:
    """The first card that a person has no memory of, None if there is none."""
    found = all_new(session, user_id, tenant_id=tenant_id, deck_id=deck_id, limit=1)
    return found[0] if found else None


def all_new(
    session: Session,
    user_id: UUID | None,
    *,
    tenant_id: str,
    limit: int,
    deck_id: str | None = None,
) -> list[str]:
    """The cards, in the order of decks and cards, that a person has no memory of."""
    statement = (
        select(Card.id)
        .join(Deck, Deck.id == Card.deck_id)
        .where(Card.retired_at.is_(None), visible(tenant_id))
        .order_by(Card.deck_id, Card.position)
        .limit(limit)
    )
    if deck_id is not None:
        statement = statement.where(Card.deck_id == deck_id)
    if user_id is not None:
        statement = statement.where(
            ~select(Memory.subject)
            .where(
                Memory.user_id == user_id,
                Memory.subject == CARD + Card.id,
                Memory.state.is_not(None),
            )
            .exists()
        )
    return list(session.scalars(statement))


_STATE: Final = ("state", "step", "stability", "difficulty", "due", "due_from", "last_review")


def _store(row: Memory, memory: scheduling.Memory | None) -> None:
    for name in _STATE:
        setattr(row, name, None if memory is None else getattr(memory, name))


def _check_order(before: scheduling.Memory | None, reviewed_at: datetime, now: datetime) -> None:
    if reviewed_at > now:
        raise ReviewOutOfOrder("the review lies in the future", now)
    if before is not None and reviewed_at < before.last_review:
        raise ReviewOutOfOrder("the last review of this came later", before.last_review)


def _expected(
    before: scheduling.Memory | None, moment: datetime, schedule: Schedule
) -> dict[str, Any]:
    """What was foreseen of a review: the first of a day, of a memory past its learning steps.

    A second look on the same day says nothing of what is remembered.
    """
    if before is None or before.state != "review":
        return {}
    if not scheduling.elapsed_days(before, moment, schedule):
        return {}
    return {
        "scheduled_days": (before.due - before.last_review).days,
        "retrievability": scheduling.retrievability(before, moment, schedule),
    }


@lru_cache
def _rules(schedule: Schedule) -> dict[str, Any]:
    """The settings without the time zone, which stands with the person alone."""
    return {
        name: value
        for name, value in asdict(replace(schedule, timezone="UTC")).items()
        if name != "timezone"
    }


def _standing(user_id: UUID) -> Any:
    """The reviews of a person that nothing undoes."""
    later = aliased(Review)
    return select(Review).where(
        Review.user_id == user_id,
        Review.rating.is_not(None),
        ~select(later.id).where(later.undoes == Review.id).exists(),
    )


def _replay(session: Session, user_id: UUID, subject: str) -> scheduling.Memory | None:
    """The memory of a subject as its log has it."""
    statement = _standing(user_id).where(Review.subject == subject).order_by(Review.event)
    log = []
    for entry in session.scalars(statement):
        rules = dict(entry.schedule)
        for name in ("learning_steps", "relearning_steps"):
            rules[name] = tuple(rules[name])
        log.append(
            scheduling.Review(
                entry.rating, entry.reviewed_at, Schedule(**rules), entry.day, entry.due_from
            )
        )
    return scheduling.rebuild(log)
