"""Writing decks and cards: made, changed and deleted by the tenant whose they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from service.api import examples
from service.api.authored import (
    CHANGED,
    ERRORS,
    MADE,
    TAG,
    WRITING,
    change,
    made_up_id,
    versions,
    versions_page,
)
from service.api.blueprints.decks import DECK_PATH, deck_summary, deck_text
from service.api.conditional import (
    check_version,
)
from service.api.context import now, reading, writing
from service.api.fields import Identifier
from service.api.operation import Answer, Example, Reply, Resource
from service.api.pagination import page_of
from service.api.people import ensure_tenant, tenant
from service.api.problems import Problem
from service.api.schemas.authoring import (
    AuthoredCardSchema,
    CardChangeReader,
    CardReader,
    CardVersionSchema,
    DeckChangeReader,
    DeckReader,
    NewDeck,
)
from service.api.schemas.decks import DeckSchema
from service.quiz.cards import Deck as WrittenDeck
from service.quiz.deck_reading import MAX_CARDS, read_card, read_new_card
from service.store import authoring, decks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from service.store import CardVersion, Deck
    from service.store.decks import CardText

__all__ = ["resource"]

resource = Resource("authoring", tag="Decks and cards", about="What the decks hold, card by card.")

_DECK: Final = DeckSchema()
_CARD: Final = AuthoredCardSchema()
_VERSIONS: Final = page_of("CardVersionPage", CardVersionSchema)
_OWN_DECK: Final = {"deck": examples.OWN_DECK}
_OWN_CARD: Final = {"card": examples.OWN_CARD}
_CARD_PATH: Final = {"card": Identifier(description="The card's id.", example=examples.OWN_CARD)}
_SEED_DECK: Final = Example(
    "The deck that comes along is everyone's",
    path={"deck": "cnn"},
    headers={"If-Match": "*"},
    status=403,
    code="shared_deck",
)


def _deck_view(session: Session, deck: Deck) -> dict[str, Any]:
    return deck_summary(deck) | {"card_count": decks.card_count(session, deck.id)}


def _version_view(text: CardVersion) -> dict[str, Any]:
    content = text.content
    return {
        "rubric": None,
        **content,
        "version": text.version,
        "written_at": text.created_at,
    }


def _card_view(row: CardText) -> dict[str, Any]:
    address = f"/v1/cards/{row.card.id}"
    links = {
        "self": address,
        "answer": f"{address}/answer",
        "versions": f"{address}/versions",
        "deck": f"/v1/decks/{row.card.deck_id}",
    }
    about = {"id": row.card.id, "deck": row.card.deck_id, "key": row.card.key, "links": links}
    return _version_view(row.text) | about


def _card_text(value: Mapping[str, Any]) -> str:
    return f"{value['id']}, version {value['version']}\n{value['front']}\n\n{value['back']}"


def _deck_answer(description: str, headers: Mapping[str, str]) -> Answer:
    return Answer(
        description,
        _DECK,
        example=lambda: _DECK.dump(deck_summary(examples.own_deck()) | {"card_count": 0}),
        text=deck_text,
        headers=headers,
    )


def _card_answer(description: str, headers: Mapping[str, str]) -> Answer:
    return Answer(
        description,
        _CARD,
        example=lambda: _CARD.dump(_card_view(examples.own_card())),
        text=_card_text,
        headers=headers,
    )


@resource.post(
    "/v1/decks",
    id="makeDeck",
    summary="Make a deck",
    access=WRITING,
    request=DeckReader(),
    answers={201: _deck_answer("The deck.", MADE)},
    errors=("not_found", "gone", "conflict", "service_unavailable"),
    examples=(
        Example(
            "A deck of one's own",
            body={
                "id": "kernels",
                "title": "Kernels",
                "description": "What small filters do.",
            },
        ),
        Example("A copy that can be changed", body={"copy_of": "cnn", "title": "Our convnets"}),
        Example("Without a title", body={}, status=422, code="validation_failed"),
        Example(
            "An id that is taken",
            body={"id": "cnn", "title": "Convnets"},
            status=409,
            code="conflict",
        ),
    ),
)
def make_deck(body: NewDeck) -> Reply:
    """Make a deck of the caller's tenant, empty or as a copy of another.

    Only the tenant sees it. An `id` is never used twice, not even after its deck was deleted.
    """
    with writing() as session:
        ensure_tenant(session)
        own = tenant()
        source = WrittenDeck("", "", "")
        if body.copy_of is not None:
            source = decks.whole(session, decks.get(session, body.copy_of, tenant_id=own))
        title = body.title or source.title
        made = authoring.make(
            session,
            body.id or made_up_id(title),
            title,
            source.description if body.description is None else body.description,
            cards=source.cards,
            questions=source.questions,
            tenant_id=own,
            now=now(),
        )
        view = _deck_view(session, made)
    return Reply(view, headers={"Location": view["links"]["self"]}, version=made.version)


@change(
    resource,
    "PATCH",
    "/v1/decks/{deck}",
    id="changeDeck",
    summary="Change a deck's title or description",
    path=DECK_PATH,
    request=DeckChangeReader(),
    answers={200: _deck_answer("The deck as it is now.", CHANGED)},
    examples=(
        Example("Another title", path=_OWN_DECK, headers=TAG, body={"title": "Small kernels"}),
        Example(
            "Without If-Match",
            path=_OWN_DECK,
            body={"title": "Small kernels"},
            status=428,
            code="precondition_required",
        ),
    ),
)
def change_deck(deck: str, headers: Mapping[str, Any], body: Mapping[str, str]) -> Reply:
    """Change what is given of `title` and `description`, if nobody changed the deck meanwhile.

    A change of one of its cards is one of the deck, too.
    """
    with writing() as session:
        found = authoring.lock(session, deck, tenant_id=tenant())
        check_version(headers, found.version)
        authoring.change(session, found, now=now(), **body)
        return Reply(_deck_view(session, found), version=found.version)


@change(
    resource,
    "DELETE",
    "/v1/decks/{deck}",
    id="deleteDeck",
    summary="Delete a deck",
    path=DECK_PATH,
    answers={204: Answer("It is gone.")},
    examples=(_SEED_DECK,),
)
def delete_deck(deck: str, headers: Mapping[str, Any]) -> Reply:
    """Delete a deck with its cards and questions: they are 410 `gone` and are asked no more.

    What people answered and reviewed is kept. Importing an export of the deck brings it back, with
    everybody's history.
    """
    with writing() as session:
        found = authoring.lock(session, deck, tenant_id=tenant())
        check_version(headers, found.version)
        authoring.delete(session, found, now=now())
    return Reply()


@resource.post(
    "/v1/decks/{deck}/cards",
    id="addCard",
    summary="Add a card",
    access=WRITING,
    path=DECK_PATH,
    request=CardReader(),
    answers={201: _card_answer("The card as it is written.", MADE)},
    errors=("deck_full", *ERRORS),
    examples=(
        Example("A card with a topic", path=_OWN_DECK, body=examples.NEW_CARD),
        Example(
            "Without a back",
            path=_OWN_DECK,
            body={"front": "What is a kernel?"},
            status=422,
            code="validation_failed",
        ),
        Example(
            "To a deck that is everyone's",
            path={"deck": "cnn"},
            body=examples.NEW_CARD,
            status=403,
            code="shared_deck",
        ),
    ),
)
def add_card(deck: str, body: Mapping[str, Any]) -> Reply:
    """Add a card at the end of a deck.

    `key` is its name in the deck, for ever: by it an import knows the card again.
    """
    card = read_new_card(body, made_up_id(""))
    with writing() as session:
        found = authoring.lock(session, deck, tenant_id=tenant())
        if decks.card_count(session, found.id) >= MAX_CARDS:
            raise Problem("deck_full", f"The deck {deck} has {MAX_CARDS:,} cards already.")
        row = authoring.add_card(session, found, card, now=now())
        view = _card_view(row)
    return Reply(view, headers={"Location": view["links"]["self"]}, version=row.card.version)


@change(
    resource,
    "PATCH",
    "/v1/cards/{card}",
    id="changeCard",
    summary="Change a card",
    path=_CARD_PATH,
    request=CardChangeReader(),
    answers={200: _card_answer("The card as it is now.", CHANGED)},
    examples=(
        Example("A better back", path=_OWN_CARD, headers=TAG, body={"back": "7×7: 9 − 3 + 1."}),
        Example(
            "A version that is not the current one",
            path=_OWN_CARD,
            headers={"If-Match": '"v7"'},
            body={"back": "7×7: 9 − 3 + 1."},
            status=412,
            code="precondition_failed",
        ),
    ),
)
def change_card(card: str, headers: Mapping[str, Any], body: Mapping[str, Any]) -> Reply:
    """Change the parts of a card that are given, if nobody changed it meanwhile; null empties one.

    Each change is a new version of the card. A question that was asked keeps the text that it was
    asked with; what people remember of the card stays theirs.
    """
    with writing() as session:
        deck, row = authoring.lock_card(session, card, tenant_id=tenant())
        check_version(headers, row.card.version)
        written = read_card({**row.text.content, **body}, row.card.key)
        row = authoring.change_card(session, deck, row, written, now=now())
        return Reply(_card_view(row), version=row.card.version)


@change(
    resource,
    "DELETE",
    "/v1/cards/{card}",
    id="deleteCard",
    summary="Delete a card",
    path=_CARD_PATH,
    answers={204: Answer("It is gone.")},
    examples=(
        Example(
            "A card that isn't there",
            path={"card": "none"},
            headers=TAG,
            status=404,
            code="not_found",
        ),
    ),
)
def delete_card(card: str, headers: Mapping[str, Any]) -> Reply:
    """Delete a card: it is 410 `gone` from then on and is asked no more.

    A question about it that is open can still be answered; answers, reviews and versions are kept.
    """
    with writing() as session:
        deck, row = authoring.lock_card(session, card, tenant_id=tenant())
        check_version(headers, row.card.version)
        authoring.delete_card(session, deck, row.card, now=now())
    return Reply()


@versions(
    resource,
    "/v1/cards/{card}/versions",
    id="listCardVersions",
    summary="Every wording that a card has had",
    path=_CARD_PATH,
    schema=_VERSIONS,
    example=lambda: _version_view(examples.card(examples.CARD).text),
    examples=(
        Example("Those of a card on padding", path={"card": examples.CARD}),
        Example("Of a card that isn't there", path={"card": "none"}, status=404, code="not_found"),
    ),
)
def list_card_versions(card: str, query: Mapping[str, Any]) -> dict[str, Any]:
    """List what a card said at each version, deleted cards included."""
    with reading() as session:
        found = decks.get_card(session, card, tenant_id=tenant()).card
        return versions_page(session, decks.CARDS, found.id, query, _version_view)
