"""Decks as their tenants write them: made, changed and deleted, with every wording kept.

Whoever changes a deck or one of its cards locks the deck's row first, so changes of one deck come
one after the other, and each counts in the deck's `version`. Everyone's decks can't be changed.
Nothing is deleted for good: people's questions and reviews still lead to what they were about.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import update

from service.quiz.own.question import WrittenQuestion
from service.store import decks, templates
from service.store.decks import CARDS, NOT_AS_LOADED, TEMPLATES, CardText
from service.store.errors import Conflict, Gone, NotFound, SharedDeck
from service.store.tables import Card, Deck, Template
from service.store.templates import TemplateText

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from service.quiz import cards as quiz


def make(
    session: Session,
    deck_id: str,
    title: str,
    description: str,
    *,
    cards: Iterable[quiz.Card] = (),
    questions: Iterable[WrittenQuestion] = (),
    tenant_id: str,
    now: datetime,
) -> Deck:
    """A new deck; raises `Conflict` if there is one of this id, or was."""
    if not decks.insert(session, deck_id, title, description, tenant_id=tenant_id, now=now):
        raise Conflict(f"the id {deck_id} is taken, or was once")
    deck = lock(session, deck_id, tenant_id=tenant_id)
    for sort, things in ((CARDS, cards), (TEMPLATES, questions)):
        sort.add_all(session, deck, list(enumerate(things)), now=now)
    _count(deck, now)
    session.flush()
    return deck


def lock(session: Session, deck_id: str, *, tenant_id: str) -> Deck:
    """The deck, which nobody else changes before this transaction ends.

    Raises `NotFound`, also for another tenant's, `Gone` if it was deleted, and `SharedDeck`.
    """
    deck = decks.lock(session, deck_id)
    if deck is None or deck.tenant_id not in (None, tenant_id):
        raise NotFound("deck", deck_id)
    if deck.deleted_at is not None:
        raise Gone("deck", deck_id)
    if deck.tenant_id is None:
        raise SharedDeck(deck_id)
    return deck


def lock_card(session: Session, card_id: str, *, tenant_id: str) -> tuple[Deck, CardText]:
    """A card and its locked deck.

    Raises `NotFound`, also for another tenant's, `Gone` if it was deleted, and `SharedDeck`.
    """
    card = decks.get_card(session, card_id, tenant_id=tenant_id).card
    deck = lock(session, card.deck_id, tenant_id=tenant_id)
    session.expire(card)  # somebody else may have changed it before the lock
    return deck, decks.current_card(session, card_id, tenant_id=tenant_id)


def change(
    session: Session,
    deck: Deck,
    *,
    title: str | None = None,
    description: str | None = None,
    now: datetime,
) -> None:
    """Give a locked deck another title or description; None is to stay as it is."""
    title = deck.title if title is None else title
    description = deck.description if description is None else description
    if (deck.title, deck.description) != (title, description):
        deck.title, deck.description = title, description
        _count(deck, now)
        session.flush()


def delete(session: Session, deck: Deck, *, now: datetime) -> None:
    """Delete a locked deck with all that is in it; importing it again brings it back."""
    for row in (Card, Template):
        session.execute(
            update(row)
            .where(row.deck_id == deck.id, row.retired_at.is_(None))
            .values(retired_at=now)
        )
    deck.deleted_at = now
    _count(deck, now)
    session.flush()


def add_card(session: Session, deck: Deck, card: quiz.Card, *, now: datetime) -> CardText:
    """Add a card at the end of a locked deck; raises `Conflict` if its key is taken, or was."""
    row = CardText(*CARDS.append(session, deck, card, now))
    _count(deck, now)
    session.flush()
    return row


def change_card(
    session: Session, deck: Deck, row: CardText, card: quiz.Card, *, now: datetime
) -> CardText:
    """Give a card of a locked deck another text: its next version, unless nothing is new in it."""
    text = CARDS.renew(session, *row, card, now)
    if text is not row.text:
        _count(deck, now)
        session.flush()
    return CardText(row.card, text)


def delete_card(session: Session, deck: Deck, card: Card, *, now: datetime) -> None:
    """Take a card out of a locked deck; its texts and everybody's history stay.

    Questions that it explained are explained by the others that they name.
    """
    card.retired_at = now
    for row, text in session.execute(TEMPLATES.standing(deck.id)).all():
        written = WrittenQuestion.of(row.key, text.content)
        if card.key in written.cards:
            TEMPLATES.renew(session, row, text, written.without([card.key]), now)
    _count(deck, now)
    session.flush()


def lock_template(
    session: Session, template_id: str, *, tenant_id: str
) -> tuple[Deck, TemplateText]:
    """A question of one's own and its locked deck; raises as `lock_card` does."""
    row = templates.get(session, template_id, tenant_id=tenant_id).row
    deck = lock(session, row.deck_id, tenant_id=tenant_id)
    session.expire(row)
    return deck, templates.current(session, template_id, tenant_id=tenant_id)


def add_template(
    session: Session, deck: Deck, question: WrittenQuestion, *, now: datetime
) -> TemplateText:
    """Add a question at the end of a locked deck; raises `Conflict` if its key is taken, or was."""
    row, text = TEMPLATES.append(session, deck, question, now)
    _count(deck, now)
    session.flush()
    return TemplateText(row, text, deck.tenant_id)


def change_template(
    session: Session, deck: Deck, old: TemplateText, question: WrittenQuestion, *, now: datetime
) -> TemplateText:
    """The next version of a question of a locked deck, unless nothing is new in it."""
    text = TEMPLATES.renew(session, old.row, old.text, question, now)
    if text is not old.text:
        _count(deck, now)
        session.flush()
    return old._replace(text=text)


def delete_template(session: Session, deck: Deck, row: Template, *, now: datetime) -> None:
    """Take a question out of a locked deck; who was asked it can still answer."""
    row.retired_at = now
    _count(deck, now)
    session.flush()


def _count(deck: Deck, now: datetime) -> None:
    deck.version += 1
    deck.updated_at = now
    deck.content_hash = NOT_AS_LOADED
