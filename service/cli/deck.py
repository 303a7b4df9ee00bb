"""`convcards deck load|check`: cards into the database, and cards held against the service."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from service import startup
from service.app import create_app
from service.cli.options import Options, choose
from service.failure import BAD_USAGE, Failure
from service.quiz.deck_check import check_deck
from service.quiz.deck_file import load_deck, seed_deck
from service.quiz.errors import DeckError
from service.store import decks
from service.store.wordings import Changes

if TYPE_CHECKING:
    from service.quiz.cards import Deck, Request
    from service.quiz.deck_check import RunRequest
    from service.store.database import Database

__all__ = ["load_seed", "run"]


def run(arguments: Sequence[str]) -> int:
    """Load a deck, or check one."""
    actions = {
        "load": ("put a deck into the database; cards keep their ids and history", load),
        "check": ("read a deck and run every request in it", check),
    }
    return choose("deck", actions, arguments)


def load_seed(database: Database) -> decks.Loaded:
    """Put the deck that comes with the service into the database, as far as it isn't there."""
    return _store(database, seed_deck())


def load(arguments: Sequence[str]) -> int:
    """Put a deck into the database of CONVCARDS_DATABASE_URL."""
    deck = _read(
        arguments,
        "load",
        "Put a deck into the database of CONVCARDS_DATABASE_URL, for all tenants. A card is\n"
        "known by its key: a new text becomes its next version, a card that is gone is retired,\n"
        "and nothing is deleted. Loading the same deck again changes nothing.",
    )
    with startup.connected(startup.read_settings(os.environ)) as database:
        loaded = _store(database, deck)
    print(f"deck {deck.slug}, {len(deck.cards)} cards: {_counts(loaded)}")
    if deck.questions or loaded.questions != Changes():
        print(f"{len(deck.questions)} questions of its own: {_counts(loaded.questions)}")
    return 0


def _counts(changes: Changes) -> str:
    """What became of cards or questions: "2 added, 1 moved"."""
    done = {
        "added": changes.added,
        "changed": changes.changed,
        "moved": changes.moved,
        "retired": changes.retired,
        "returned": changes.returned,
    }
    counts = [f"{len(ids)} {what}" for what, ids in done.items() if ids]
    return ", ".join(counts) or "nothing new"


def check(arguments: Sequence[str]) -> int:
    """Hold a deck's claims against the service; no database is needed."""
    deck = _read(
        arguments,
        "check",
        "Read a deck and run every request in it: each claim has to come out as the card says.\n"
        "Of each question of its own some hundred draws are looked at: can they be asked?\n"
        "No database and no running service is needed.",
    )
    problems = check_deck(deck, _asker())
    if problems:
        raise Failure(_list(deck.slug, problems))
    claims = sum(len(card.claims) for card in deck.cards)
    own = f"{len(deck.questions)} questions of its own, " if deck.questions else ""
    print(f"deck {deck.slug}: {len(deck.cards)} cards, {own}{claims} claims, all of them hold")
    return 0


def _read(arguments: Sequence[str], action: str, description: str) -> Deck:
    options = Options(
        f"deck {action}", description, [f"deck {action}", f"deck {action} my-deck.toml"]
    )
    options.add_argument(
        "file", nargs="?", type=Path, help="a deck as TOML (default: the deck that comes with it)"
    )
    file: Path | None = options.read(arguments).file
    try:
        return seed_deck() if file is None else load_deck(file)
    except DeckError as error:
        raise Failure(_list(str(file or "the deck"), error.problems)) from None
    except OSError as error:
        raise Failure(f"deck {action}: {file} can't be read: {error.strerror}", BAD_USAGE) from None


def _list(deck: str, problems: Sequence[str]) -> str:
    if len(problems) == 1:
        return f"{deck} has a fault: {problems[0]}"
    return f"{deck} has {len(problems)} faults:" + "".join(f"\n  {line}" for line in problems)


def _store(database: Database, deck: Deck) -> decks.Loaded:
    with database.write() as session:
        return decks.load(session, deck, now=datetime.now(UTC))


def _asker() -> RunRequest:
    """What runs a card's request against the application, in this process."""
    settings = startup.read_settings(os.environ)
    settings = replace(settings, mode="local", host="127.0.0.1", rate_limits="off")
    client = create_app(settings).test_client()
    logging.getLogger("convcards").setLevel(logging.ERROR)

    def ask(request: Request) -> tuple[int, object]:
        answer = client.open(request.path, method=request.method, json=request.body)
        return answer.status_code, answer.get_json(silent=True)

    return ask
