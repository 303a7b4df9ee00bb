"""`convcards quiz --cards`: cards that are due or new, rated by whoever recalls them."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from getpass import getuser
from random import SystemRandom
from typing import TYPE_CHECKING, Final, NamedTuple

from service import startup
from service.cli.terminal import STOPS, ask, say, wrapped
from service.quiz.errors import UnreadableResponseError
from service.quiz.kinds import RATINGS
from service.quiz.reading import read_rating
from service.store import decks, memories, tenants, users
from service.store.memories import CARD
from service.store.tenants import LOCAL

if TYPE_CHECKING:
    from service.quiz.cards import Deck
    from service.quiz.kinds import Rating
    from service.store import Database, User

__all__ = ["review"]

HELP: Final = (
    "Recall the back, press Enter to see it, then rate: again, hard, good or easy.\n"
    "quit or Ctrl-D stops."
)


class _Shown(NamedTuple):
    card_id: str
    front: str
    back: str


def review(deck: Deck, length: int, *, save: bool) -> int:
    """Show up to ``length`` cards of a deck and take the ratings; keep them if ``save``.

    With ``save`` what is due comes first, the longest due before the others, then what is new.
    """
    if not save:
        shown = [_Shown(deck.card_id(card), card.front, card.back) for card in deck.cards[:length]]
        _session(shown, lambda _card, _rating: "")
        return 0
    settings = startup.read_settings({**os.environ, "CONVCARDS_MODE": "local"})
    startup.prepare(settings)
    with startup.connected(settings) as database:
        person = _person(database, deck)

        def keep(card_id: str, rating: Rating) -> str:
            return _keep(database, person, deck, card_id, rating)

        shown = _due(database, person, deck, length)
        if not shown:
            say("Nothing is due, and nothing is new. Come back later.")
            return 0
        _session(shown, keep)
        say(f"Kept for {person.external_id} in {database.address}.")
    return 0


def _person(database: Database, deck: Deck) -> User:
    """Whoever is logged in here; the deck is brought up to date for them."""
    now = datetime.now(UTC)
    with database.write() as session:
        tenants.ensure(session, LOCAL, name="This machine", now=now)
        decks.load(session, deck, now=now)
        return users.get_or_create(session, LOCAL, getuser(), now=now, rng=SystemRandom())


def _due(database: Database, person: User, deck: Deck, length: int) -> list[_Shown]:
    of_deck = {deck.card_id(card): card for card in deck.cards}
    now = datetime.now(UTC)
    with database.read() as session:
        due = memories.all_due(session, person.id, now=now, limit=length, deck_id=deck.slug)
        new = memories.all_new(session, person.id, tenant_id=LOCAL, limit=length, deck_id=deck.slug)
    ids = [subject.removeprefix(CARD) for subject in due if subject.startswith(CARD)] + new
    return [
        _Shown(one, of_deck[one].front, of_deck[one].back) for one in ids[:length] if one in of_deck
    ]


def _keep(database: Database, person: User, deck: Deck, card_id: str, rating: Rating) -> str:
    """Record the rating; when the card comes back."""
    now = datetime.now(UTC)
    with database.write() as session:
        locked = memories.lock(session, person.id)
        done = memories.record(
            session,
            locked,
            f"{CARD}{card_id}",
            rating,
            now=now,
            rng=SystemRandom(),
            deck_id=deck.slug,
        )
    due = None if done.memory is None else done.memory.due.astimezone()
    return "" if due is None else f"It comes back on {due:%Y-%m-%d at %H:%M}."


def _session(shown: Sequence[_Shown], keep: Callable[[str, Rating], str]) -> None:
    rated: Counter[str] = Counter()
    again: list[str] = []
    say(f"Cards: {len(shown)}.", HELP)
    try:
        for place, card in enumerate(shown, 1):
            say("", f"{place}/{len(shown)}", *wrapped(card.front))
            ask()
            say(*wrapped(card.back), f"How well did you know it? {', '.join(RATINGS)}")
            rating = _rating()
            rated[rating] += 1
            if rating == "again":
                again.append(card.front)
            said = keep(card.card_id, rating)
            if said:
                say(said)
    except STOPS:
        say("")
    counts = ", ".join(f"{rated[rating]} {rating}" for rating in RATINGS if rated[rating])
    say("", f"{rated.total()} of {len(shown)} cards rated{f': {counts}' if counts else ''}.")
    if again:
        say("To review:", *(f"- {front}" for front in again))


def _rating() -> Rating:
    while True:
        try:
            return read_rating(ask())
        except UnreadableResponseError as error:
            say(*wrapped(f"{error.detail} {error.hint}"))
