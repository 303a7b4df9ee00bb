"""What stands in decks with every wording kept: cards, and questions of one's own.

Each is a row that keeps its id, its key and its place, and a text for each of its versions. What is
taken out of a deck is retired, and nothing is ever deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

from sqlalchemy import Select, func, select

from service.steps import Tell, tell_nobody
from service.store.errors import Conflict
from service.store.paging import Page, page

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from service.store.tables import Deck

PORTION: Final = 500
"""How many are added at once."""


class Written(Protocol):
    """A card or a question as its author wrote it."""

    @property
    def key(self) -> str:
        """Its name in the deck."""

    @property
    def content_hash(self) -> str:
        """Another one is another version."""

    def content(self) -> dict[str, Any]:
        """What it says, in JSON types."""


@dataclass(slots=True)
class Changes:
    """What came of loading, as lists of ids; what `returned` or `changed` may have moved too."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    moved: list[str] = field(default_factory=list)
    retired: list[str] = field(default_factory=list)
    returned: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Sort:
    """Cards or questions: the classes of their rows and texts, and the text's column for the row.

    `row_id` makes an id of a deck and a key. Rows and texts come as the database gives them, as
    pairs.
    """

    name: str
    row: Any
    text: Any
    owner: Any
    row_id: Callable[[Deck, str], str]

    def texts(self) -> Select[Any, Any]:
        """All rows with all their texts."""
        return select(self.row, self.text).join(self.text, self.owner == self.row.id)

    def current(self, deck_id: str) -> Select[Any, Any]:
        """What a deck has and had, with the texts of today."""
        return self.texts().where(
            self.row.deck_id == deck_id, self.text.version == self.row.version
        )

    def standing(self, deck_id: str) -> Select[Any, Any]:
        """What a deck has, in its order."""
        return (
            self.current(deck_id).where(self.row.retired_at.is_(None)).order_by(self.row.position)
        )

    def count(self, session: Session, deck_id: str) -> int:
        """How many a deck has."""
        statement = select(func.count()).select_from(self.row)
        return session.scalar(statement.filter_by(deck_id=deck_id, retired_at=None)) or 0

    def add_all(
        self, session: Session, deck: Deck, things: Sequence[tuple[int, Written]], *, now: datetime
    ) -> list[tuple[Any, Any]]:
        """Add some, each with its position, to a locked deck; raises `Conflict` for a taken id."""
        ids = [self.row_id(deck, thing.key) for _, thing in things]
        taken = select(self.row.id).where(self.row.id.in_(ids)).order_by(self.row.id).limit(1)
        if (other := session.scalar(taken)) is not None:
            raise Conflict(f"another deck has a {self.name} with the id {other}")
        rows = [
            self.row(id=row_id, deck_id=deck.id, key=thing.key, position=position, version=1)
            for row_id, (position, thing) in zip(ids, things, strict=True)
        ]
        session.add_all(rows)
        session.flush()
        return [
            (row, self.write(session, row, thing, now))
            for row, (_, thing) in zip(rows, things, strict=True)
        ]

    def append(
        self, session: Session, deck: Deck, thing: Written, now: datetime
    ) -> tuple[Any, Any]:
        """Add one at the end of a locked deck; raises `Conflict` if its key is taken, or was."""
        taken = session.scalar(select(self.row).filter_by(deck_id=deck.id, key=thing.key))
        if taken is not None:
            state = "a" if taken.retired_at is None else "a deleted"
            raise Conflict(f"the deck {deck.id} has {state} {self.name} with the key {thing.key}")
        last = session.scalar(select(func.max(self.row.position)).filter_by(deck_id=deck.id))
        place = 0 if last is None else last + 1
        (added,) = self.add_all(session, deck, [(place, thing)], now=now)
        return added

    def write(self, session: Session, row: Any, thing: Written, now: datetime) -> Any:
        """Keep what it says as the text of the row's version."""
        text = self.text(
            **{self.owner.key: row.id},
            version=row.version,
            content=thing.content(),
            content_hash=thing.content_hash,
            created_at=now,
        )
        session.add(text)
        return text

    def renew(self, session: Session, row: Any, text: Any, thing: Written, now: datetime) -> Any:
        """Its next version, unless nothing is new in it; the text that holds then."""
        if text.content_hash == thing.content_hash:
            return text
        row.version += 1
        return self.write(session, row, thing, now)

    def load(
        self,
        session: Session,
        deck: Deck,
        things: Sequence[Written],
        changes: Changes,
        *,
        now: datetime,
        keep_missing: bool,
        tell: Tell = tell_nobody,
    ) -> None:
        """Make a locked deck have these, in their order; what is known by its key stays itself.

        `tell` is told how far it is.
        """
        known = {row.key: (row, text) for row, text in session.execute(self.current(deck.id))}
        new = []
        for position, thing in enumerate(things):
            old = known.pop(thing.key, None)
            if old is None:
                new.append((position, thing))
            else:
                tell(position - len(new), len(things))
                self._take_again(session, *old, thing, position, now, changes)
        for start in range(0, len(new), PORTION):
            tell(len(things) - len(new) + start, len(things))
            added = self.add_all(session, deck, new[start : start + PORTION], now=now)
            changes.added += [row.id for row, _ in added]
        left = sorted((row for row, _ in known.values()), key=lambda row: row.position)
        for place, gone in enumerate(left, len(things)):
            if keep_missing:
                gone.position = place
            elif gone.retired_at is None:
                gone.retired_at = now
                changes.retired.append(gone.id)

    def _take_again(
        self,
        session: Session,
        row: Any,
        text: Any,
        thing: Written,
        position: int,
        now: datetime,
        changes: Changes,
    ) -> None:
        if self.renew(session, row, text, thing, now) is not text:
            changes.changed.append(row.id)
        if row.retired_at is not None:
            row.retired_at = None
            changes.returned.append(row.id)
        elif row.position != position:
            changes.moved.append(row.id)
        row.position = position

    def page_of_versions(
        self, session: Session, row_id: str, *, limit: int, before: int | None = None
    ) -> Page[Any, int]:
        """Its texts, the newest first; `before` is the `next` of the page before."""
        statement = select(self.text).where(self.owner == row_id)
        if before is not None:
            statement = statement.where(self.text.version < before)
        statement = statement.order_by(self.text.version.desc()).limit(limit + 1)
        return page(session.scalars(statement).all(), limit, lambda text: text.version)
