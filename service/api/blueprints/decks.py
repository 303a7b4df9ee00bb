"""``/v1/decks``: decks, and the fronts of their cards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from service.api import cards, examples
from service.api.auth import anonymous
from service.api.conditional import REVALIDATE
from service.api.context import reading
from service.api.fields import Identifier
from service.api.operation import Answer, Example, Reply, Resource
from service.api.pagination import PageQuery, page_of, read_cursor, show_page
from service.api.people import tenant
from service.api.schemas.decks import CardFrontSchema, DeckSchema, DeckSummarySchema
from service.store import decks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.store import Deck

__all__ = ["DECK_PATH", "deck_summary", "deck_text", "resource"]

resource = Resource("decks", tag="Decks and cards", about="What the decks hold, card by card.")

DECK_PATH: Final = {"deck": Identifier(description="The deck's id.", example="cnn")}
SEED: Final = {"deck": "cnn"}
_LISTING: Final = "decks"

_DECKS: Final = page_of("DeckPage", DeckSummarySchema)
_DECK: Final = DeckSchema()
_FRONTS: Final = page_of("CardPage", CardFrontSchema)


def deck_summary(deck: Deck) -> dict[str, Any]:
    """A deck without its cards."""
    address = f"/v1/decks/{deck.id}"
    return {
        "id": deck.id,
        "title": deck.title,
        "description": deck.description,
        "version": deck.version,
        "shared": deck.tenant_id is None,
        "updated_at": deck.updated_at,
        "links": {"self": address, "cards": f"{address}/cards"},
    }


def deck_text(value: Mapping[str, Any]) -> str:
    """A deck for terminals and chats."""
    many = f" ({value['card_count']} cards)" if "card_count" in value else ""
    return f"{value['id']}: {value['title']}{many}\n{value['description']}"


def _decks_text(value: Mapping[str, Any]) -> str:
    return "\n\n".join(deck_text(deck) for deck in value["items"]) or "There is no deck."


def _fronts_text(value: Mapping[str, Any]) -> str:
    return "\n".join(f"{card['id']}: {card['front']}" for card in value["items"])


@resource.get(
    "/v1/decks",
    id="listDecks",
    summary="All decks",
    access=anonymous("cards:read"),
    query=PageQuery(),
    answers={
        200: Answer(
            "A page of decks, by their ids.",
            _DECKS,
            example=lambda: _DECKS.dump(
                {"items": [deck_summary(examples.deck())], "next_cursor": None}
            ),
            text=_decks_text,
        )
    },
    errors=("bad_cursor", "service_unavailable"),
    cache=REVALIDATE,
    examples=(Example("The first page"), Example("As text", query={"format": "text"})),
)
def list_decks(query: Mapping[str, Any]) -> dict[str, Any]:
    """List the decks that the caller sees: everyone's, and those of its own tenant."""
    after = read_cursor(_LISTING, query["cursor"], (str,))
    with reading() as session:
        page = decks.page_of_decks(
            session, tenant(), limit=query["limit"], after=after[0] if after else None
        )
    return show_page(_LISTING, page, deck_summary)


@resource.get(
    "/v1/decks/{deck}",
    id="getDeck",
    summary="One deck",
    access=anonymous("cards:read"),
    path=DECK_PATH,
    answers={
        200: Answer(
            "The deck.",
            _DECK,
            example=lambda: _DECK.dump(deck_summary(examples.deck()) | {"card_count": 17}),
            text=deck_text,
        )
    },
    errors=("not_found", "gone", "service_unavailable"),
    cache=REVALIDATE,
    examples=(
        Example("The deck that comes with the service", path=SEED),
        Example("A deck that isn't there", path={"deck": "none"}, status=404, code="not_found"),
    ),
)
def get_deck(deck: str) -> Reply:
    """One deck: its title, what it is about, how many cards it has."""
    with reading() as session:
        found = decks.get(session, deck, tenant_id=tenant())
        view = deck_summary(found) | {"card_count": decks.card_count(session, found.id)}
        return Reply(view, version=found.version)


@resource.get(
    "/v1/decks/{deck}/cards",
    id="listCards",
    summary="The fronts of a deck's cards",
    access=anonymous("cards:read"),
    path=DECK_PATH,
    query=PageQuery(),
    answers={
        200: Answer(
            "A page of fronts, in the deck's order.",
            _FRONTS,
            example=lambda: _FRONTS.dump(
                {"items": [cards.front(examples.card(examples.CARD))], "next_cursor": None}
            ),
            text=_fronts_text,
        )
    },
    errors=("not_found", "gone", "bad_cursor", "service_unavailable"),
    cache=REVALIDATE,
    examples=(
        Example("The first three", path=SEED, query={"limit": "3"}),
        Example("As text", path=SEED, query={"format": "text"}),
    ),
)
def list_cards(deck: str, query: Mapping[str, Any]) -> dict[str, Any]:
    """The cards of a deck, in its order, without their backs."""
    listing = f"{_LISTING}/{deck}"
    after = read_cursor(listing, query["cursor"], (int,))
    with reading() as session:
        found = decks.get(session, deck, tenant_id=tenant())
        page = decks.page_of_cards(
            session, found.id, limit=query["limit"], after=after[0] if after else None
        )
    return show_page(listing, page, cards.front)
