"""Decks and cards: a card keeps its id and history while its text goes from version to version.

Questions of one's own stand in decks likewise; what is made of them is in `templates`.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, or_, select, tuple_

from service.quiz import cards as quiz
from service.quiz.own.question import WrittenQuestion
from service.steps import Tell, tell_nobody
from service.store.errors import Conflict, Gone, NotFound
from service.store.paging import Page, page
from service.store.tables import Card, CardVersion, Deck, Template, TemplateVersion
from service.store.upsert import insert_if_absent
from service.store.wordings import Changes, Sort

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def between(tenant_id: str | None) -> str:
    """What joins the ids of a tenant's decks, or of everyone's, with the keys of their cards.

    It is a dash in everyone's decks and a dot, which no slug has, in those of tenants: so no deck
    of theirs stands in the way of a card of everyone's.
    """
    return "-" if tenant_id is None else "."


CARDS: Final = Sort(
    "card",
    Card,
    CardVersion,
    CardVersion.card_id,
    lambda deck, key: f"{deck.id}{between(deck.tenant_id)}{key}",
)
TEMPLATES: Final = Sort(
    "question",
    Template,
    TemplateVersion,
    TemplateVersion.template_id,
    lambda deck, key: f"{deck.id}.{key}",  # no template of ours has a dot
)

NOT_AS_LOADED: Final = ""
"""The content hash of a deck that was changed since it was loaded, or never was loaded."""


class CardText(NamedTuple):
    """A card and its text at one version; `text.content` is what `quiz.Card.content()` gave."""

    card: Card
    text: CardVersion


@dataclass(slots=True)
class Loaded(Changes):
    """What loading a deck did: to its cards, and to its `questions`; empty if nothing was new.

    `made` and `renamed` are about the deck itself: whether it is new (or was deleted), and whether
    its title or description changed.
    """

    questions: Changes = field(default_factory=Changes)
    made: bool = False
    renamed: bool = False


def load(
    session: Session,
    deck: quiz.Deck,
    *,
    now: datetime,
    tenant_id: str | None = None,
    keep_missing: bool = False,
    tell: Tell = tell_nobody,
) -> Loaded:
    """Make the stored deck say what `deck` says; the second time there is nothing to do.

    Cards and questions are known by their keys: a new text becomes the next version, what is gone
    is retired (unless `keep_missing`), and comes back as itself; so does a deck that was deleted.
    Nothing is ever deleted. `tenant_id` None makes a deck for everyone. Raises `Conflict` if the
    deck's slug or the id of a card or question is taken by another tenant or deck.
    """
    loaded = Loaded()
    stored = _locked(session, deck, now, tenant_id)
    if stored.content_hash == deck.content_hash:
        return loaded
    CARDS.load(session, stored, deck.cards, loaded, now=now, keep_missing=keep_missing, tell=tell)
    questions = loaded.questions
    TEMPLATES.load(session, stored, deck.questions, questions, now=now, keep_missing=keep_missing)
    _rename(stored, deck, now, loaded)
    session.flush()
    return loaded


def _rename(stored: Deck, deck: quiz.Deck, now: datetime, loaded: Loaded) -> None:
    """Let the deck's own row say what `deck` says, and count the change, if there was one."""
    loaded.made = stored.version == 0 or stored.deleted_at is not None
    loaded.renamed = (stored.title, stored.description) != (deck.title, deck.description)
    stored.title, stored.description, stored.deleted_at = deck.title, deck.description, None
    stored.content_hash = deck.content_hash
    if loaded != Loaded():
        stored.updated_at = now
        stored.version += 1


def _locked(session: Session, deck: quiz.Deck, now: datetime, tenant_id: str | None) -> Deck:
    stored = lock(session, deck.slug)
    if stored is None:
        insert(session, deck.slug, deck.title, deck.description, tenant_id=tenant_id, now=now)
        stored = lock(session, deck.slug)
    if stored is None or stored.tenant_id != tenant_id:
        raise Conflict(f"there is another deck {deck.slug}")
    return stored


def lock(session: Session, deck_id: str) -> Deck | None:
    """The deck of whatever tenant, which nobody else changes before this transaction ends."""
    statement = select(Deck).where(Deck.id == deck_id).with_for_update()
    return session.scalar(statement.execution_options(populate_existing=True))


def insert(
    session: Session,
    deck_id: str,
    title: str,
    description: str,
    *,
    tenant_id: str | None,
    now: datetime,
) -> bool:
    """Make a deck without cards, of version 0; tells whether the id was free."""
    values = {
        "id": deck_id,
        "tenant_id": tenant_id,
        "title": title,
        "description": description,
        "content_hash": NOT_AS_LOADED,
        "version": 0,
        "created_at": now,
        "updated_at": now,
    }
    return insert_if_absent(session, Deck, values)


def visible(tenant_id: str) -> ColumnElement[bool]:
    """Whether a tenant sees a deck: everyone's, and its own."""
    return or_(Deck.tenant_id.is_(None), Deck.tenant_id == tenant_id)


def _visible_texts(tenant_id: str) -> Select[Card, CardVersion]:
    return CARDS.texts().join(Deck, Deck.id == Card.deck_id).where(visible(tenant_id))


def page_of_decks(
    session: Session, tenant_id: str, *, limit: int, after: str | None = None
) -> Page[Deck, str]:
    """The decks that a tenant sees, everyone's and its own, by their ids."""
    statement = select(Deck).where(visible(tenant_id), Deck.deleted_at.is_(None))
    statement = statement.order_by(Deck.id).limit(limit + 1)
    if after is not None:
        statement = statement.where(Deck.id > after)
    return page(session.scalars(statement).all(), limit, lambda deck: deck.id)


def get(session: Session, deck_id: str, *, tenant_id: str) -> Deck:
    """The deck; raises `NotFound`, also for another tenant's, and `Gone` if it was deleted."""
    deck = session.scalar(select(Deck).where(Deck.id == deck_id, visible(tenant_id)))
    if deck is None:
        raise NotFound("deck", deck_id)
    if deck.deleted_at is not None:
        raise Gone("deck", deck_id)
    return deck


def whole(session: Session, deck: Deck) -> quiz.Deck:
    """The deck with its cards and questions as they are now, such as `load` takes it."""
    cards = session.execute(CARDS.standing(deck.id))
    questions = session.execute(TEMPLATES.standing(deck.id))
    return quiz.Deck(
        deck.id,
        deck.title,
        deck.description,
        tuple(quiz.Card.of(card.key, text.content) for card, text in cards),
        tuple(WrittenQuestion.of(one.key, text.content) for one, text in questions),
    )


def page_of_cards(
    session: Session, deck_id: str, *, limit: int, after: int | None = None
) -> Page[CardText, int]:
    """A deck's cards with their current texts, in the deck's order; retired ones are left out.

    `after` is the `next` of the page before, a position.
    """
    statement = CARDS.standing(deck_id)
    if after is not None:
        statement = statement.where(Card.position > after)
    found = session.execute(statement.limit(limit + 1))
    rows = [CardText(card, text) for card, text in found]
    return page(rows, limit, lambda row: row.card.position)


def card_ids(session: Session, deck_id: str) -> list[str]:
    """The ids of a deck's cards, in the deck's order, without retired ones."""
    statement = select(Card.id).where(Card.deck_id == deck_id, Card.retired_at.is_(None))
    return list(session.scalars(statement.order_by(Card.position)))


def card_keys(session: Session, deck_id: str) -> set[str]:
    """The keys of a deck's cards, without retired ones."""
    return set(session.scalars(select(Card.key).filter_by(deck_id=deck_id, retired_at=None)))


def fronts(session: Session, deck_id: str) -> dict[str, str]:
    """What stands on the fronts of a deck's cards, by their ids, without retired ones."""
    rows = session.execute(CARDS.standing(deck_id))
    return {card.id: text.content["front"] for card, text in rows}


def card_count(session: Session, deck_id: str) -> int:
    """How many cards a deck has, without retired ones."""
    return CARDS.count(session, deck_id)


def get_card(
    session: Session, card_id: str, *, tenant_id: str, version: int | None = None
) -> CardText:
    """A card with its current text, or the text of a version; retired cards can still be read.

    Raises `NotFound`, also for cards of another tenant's deck.
    """
    wanted = Card.version if version is None else version
    row = session.execute(
        _visible_texts(tenant_id).where(Card.id == card_id, CardVersion.version == wanted)
    ).one_or_none()
    if row is None:
        raise NotFound("card", card_id)
    return CardText(*row)


def get_versions(
    session: Session, wanted: Collection[tuple[str, int]], *, tenant_id: str
) -> dict[tuple[str, int], CardText]:
    """Cards with the texts of these versions, as `get_card` gives them one by one."""
    if not wanted:
        return {}
    which = tuple_(CardVersion.card_id, CardVersion.version).in_(wanted)
    rows = session.execute(_visible_texts(tenant_id).where(which))
    return {(card.id, text.version): CardText(card, text) for card, text in rows}


def decks_of(session: Session, card_ids: Collection[str], *, tenant_id: str) -> dict[str, str]:
    """The decks that cards are in, by card; cards that aren't there are left out."""
    if not card_ids:
        return {}
    statement = select(Card.id, Card.deck_id).join(Deck, Deck.id == Card.deck_id)
    rows = session.execute(statement.where(Card.id.in_(card_ids), visible(tenant_id)))
    return dict(rows.all())


def current_card(session: Session, card_id: str, *, tenant_id: str) -> CardText:
    """A card with its current text; raises `NotFound`, and `Gone` for one that was retired."""
    row = get_card(session, card_id, tenant_id=tenant_id)
    if row.card.retired_at is not None:
        raise Gone("card", card_id)
    return row
