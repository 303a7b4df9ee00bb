"""Decks: loaded again and again, cards keep their ids, texts their versions."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event

from service.quiz.cards import Deck
from service.store import Conflict, Database, NotFound, decks, questions, tenants
from service.store.decks import CardText, Loaded

MakeDeck = Callable[..., Deck]


@pytest.fixture
def load(database: Database, clock: Any) -> Callable[..., Loaded]:
    """Loads a deck in a transaction of its own."""

    def load(deck: Deck, **values: Any) -> Loaded:
        with database.write() as session:
            return decks.load(session, deck, now=clock(), **values)

    return load


def cards(database: Database, deck: str = "cnn") -> list[tuple[str, int]]:
    """The ids and versions of a deck's cards, in its order."""
    with database.read() as session:
        page = decks.page_of_cards(session, deck, limit=100)
        ids = decks.card_ids(session, deck)
    assert [row.card.id for row in page.items] == ids
    return [(row.card.id, row.text.version) for row in page.items]


def text_of(database: Database, card_id: str, version: int | None = None) -> CardText:
    with database.read() as session:
        return decks.get_card(session, card_id, tenant_id="local", version=version)


def test_a_deck_is_kept_whole(
    database: Database, load: Any, make_deck: MakeDeck, clock: Any
) -> None:
    deck = make_deck("valid-padding", "strides")
    assert load(deck) == Loaded(added=["cnn-valid-padding", "cnn-strides"], made=True)
    assert cards(database) == [("cnn-valid-padding", 1), ("cnn-strides", 1)]
    card, text = text_of(database, "cnn-strides")
    assert (card.deck_id, card.key, card.position, card.retired_at) == ("cnn", "strides", 1, None)
    assert text.content == deck.cards[1].content()
    assert text.content_hash == deck.cards[1].content_hash
    assert text.created_at == clock()
    with database.read() as session:
        stored = decks.get(session, "cnn", tenant_id="local")
    assert (stored.title, stored.description) == (deck.title, deck.description)
    assert (stored.created_at, stored.updated_at) == (clock(), clock())


def test_loading_again_writes_nothing(
    database: Database, load: Any, make_deck: MakeDeck, clock: Any
) -> None:
    load(make_deck("a", "b"))
    statements: list[str] = []
    with database.write() as session:
        connection = session.connection()
        event.listen(connection, "before_cursor_execute", lambda *seen: statements.append(seen[2]))
        later = clock.advance(days=1)
        assert decks.load(session, make_deck("a", "b"), now=later) == Loaded()
    assert {statement.split()[0] for statement in statements} == {"SELECT"}


def test_a_new_text_is_the_next_version_of_the_same_card(
    database: Database, load: Any, make_deck: MakeDeck, clock: Any
) -> None:
    load(make_deck(("a", "first"), "b"))
    start: datetime = clock()
    clock.advance(days=1)
    assert load(make_deck(("a", "second"), "b")) == Loaded(changed=["cnn-a"])
    assert cards(database) == [("cnn-a", 2), ("cnn-b", 1)]
    assert text_of(database, "cnn-a").text.content["back"] == "second"
    old = text_of(database, "cnn-a", version=1).text
    assert (old.content["back"], old.created_at) == ("first", start)
    with database.read() as session:
        stored = decks.get(session, "cnn", tenant_id="local")
    assert (stored.created_at, stored.updated_at) == (start, clock())


def test_a_question_keeps_the_text_it_was_asked_with(
    database: Database, load: Any, make_deck: MakeDeck, ann: UUID, issue: Any
) -> None:
    load(make_deck(("a", "first")))
    question = issue(ann, kind="card", template="card", card=text_of(database, "cnn-a").text)
    load(make_deck(("a", "second")))
    with database.read() as session:
        kept = questions.get(session, question.id, tenant_id="local")
    assert (kept.card_id, kept.card_version) == ("cnn-a", 1)
    text = text_of(database, "cnn-a", version=kept.card_version).text
    assert text.content["back"] == "first"


def test_removed_cards_are_retired_and_come_back_as_themselves(
    database: Database, load: Any, make_deck: MakeDeck, clock: Any
) -> None:
    load(make_deck("a", ("b", "first"), "c"))
    assert load(make_deck("a", "c")) == Loaded(retired=["cnn-b"], moved=["cnn-c"])
    assert load(make_deck("a")) == Loaded(retired=["cnn-c"])
    assert cards(database) == [("cnn-a", 1)]
    retired = text_of(database, "cnn-b")
    assert retired.card.retired_at == clock()
    assert retired.text.content["back"] == "first"
    assert load(make_deck("a", ("b", "second"))) == Loaded(changed=["cnn-b"], returned=["cnn-b"])
    assert cards(database) == [("cnn-a", 1), ("cnn-b", 2)]
    assert text_of(database, "cnn-b").card.retired_at is None


def test_another_order_moves_cards(database: Database, load: Any, make_deck: MakeDeck) -> None:
    load(make_deck("a", "b", "c"))
    assert load(make_deck("c", "b", "a")) == Loaded(moved=["cnn-c", "cnn-a"])
    assert cards(database) == [("cnn-c", 1), ("cnn-b", 1), ("cnn-a", 1)]


def test_a_new_title_alone_changes_no_card(
    database: Database, load: Any, make_deck: MakeDeck
) -> None:
    load(make_deck("a"))
    assert load(make_deck("a", title="Convnets")) == Loaded(renamed=True)
    with database.read() as session:
        assert decks.get(session, "cnn", tenant_id="local").title == "Convnets"


def test_loading_at_once_adds_each_card_once(
    database: Database,
    clock: Any,
    make_deck: MakeDeck,
    at_once: Callable[..., list[Loaded]],
) -> None:
    deck = make_deck("a", "b", "c")

    def load(_index: int) -> Loaded:
        with database.write() as session:
            return decks.load(session, deck, now=clock())

    added = sorted(len(one.added) for one in at_once(6, load))
    assert added == [0, 0, 0, 0, 0, 3]
    assert len(cards(database)) == 3


def test_decks_of_other_tenants_are_not_found(
    database: Database, load: Any, make_deck: MakeDeck, clock: Any, ann: UUID
) -> None:
    del ann
    with database.write() as session:
        tenants.ensure(session, "acme", name="Acme", now=clock())
    load(make_deck("a", slug="shared"))
    load(make_deck("a", slug="theirs"), tenant_id="acme")
    load(make_deck("a", slug="ours"), tenant_id="local")
    with database.read() as session:
        seen = {
            tenant: [deck.id for deck in decks.page_of_decks(session, tenant, limit=9).items]
            for tenant in ("local", "acme")
        }
        with pytest.raises(NotFound):
            decks.get(session, "theirs", tenant_id="local")
        with pytest.raises(NotFound):
            decks.get_card(session, "theirs.a", tenant_id="local")
        with pytest.raises(NotFound):
            decks.get_card(session, "shared-a", tenant_id="local", version=2)
    assert seen == {"local": ["ours", "shared"], "acme": ["shared", "theirs"]}
    with pytest.raises(Conflict, match="another deck theirs"):
        load(make_deck("a", slug="theirs"))


def test_two_decks_cannot_have_one_card(load: Any, make_deck: MakeDeck) -> None:
    load(make_deck("b-c", slug="a"))
    with pytest.raises(Conflict, match="a-b-c"):
        load(make_deck("c", slug="a-b"))


def test_pages_of_decks_and_cards(database: Database, load: Any, make_deck: MakeDeck) -> None:
    for number in range(5):
        load(make_deck("x", slug=f"deck-{number}"))
    load(make_deck(*"abcde"))
    with database.read() as session:
        first = decks.page_of_decks(session, "local", limit=4)
        rest = decks.page_of_decks(session, "local", limit=4, after=first.next)
        cards_first = decks.page_of_cards(session, "cnn", limit=3)
        cards_rest = decks.page_of_cards(session, "cnn", limit=3, after=cards_first.next)
    assert [deck.id for deck in first.items] == ["cnn", "deck-0", "deck-1", "deck-2"]
    assert ([deck.id for deck in rest.items], rest.next) == (["deck-3", "deck-4"], None)
    assert [row.card.key for row in cards_first.items] == ["a", "b", "c"]
    assert ([row.card.key for row in cards_rest.items], cards_rest.next) == (["d", "e"], None)


def test_texts_of_the_largest_deck_file_fit(
    database: Database, load: Any, make_deck: MakeDeck, rng: Random
) -> None:
    del rng
    long = "é" * 10_000
    deck = make_deck(("a", long), title=long)
    load(replace(deck, description=long))
    assert text_of(database, "cnn-a").text.content["back"] == long
