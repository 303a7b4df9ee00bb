"""What the resources of decks and cards answer."""

from __future__ import annotations

from service.api.fields import (
    Anything,
    Choice,
    Flag,
    ListOf,
    MapOf,
    Moment,
    ObjectOf,
    Text,
    WholeNumber,
)
from service.api.schemas.base import Request, Result

__all__ = [
    "CardAnswerSchema",
    "CardFrontSchema",
    "CardSchema",
    "DeckSchema",
    "DeckSummarySchema",
    "FigureQuery",
    "FigureSchema",
    "links_field",
]

_LONG = 10_000


def links_field() -> MapOf:
    """Addresses of what belongs to a thing, by name."""
    return MapOf(Text(500), required=True, description="Addresses of what belongs to this.")


class DeckSummarySchema(Result):
    """A deck in a list of decks."""

    id = Text(64, required=True, description="The deck's name in addresses.")
    title = Text(_LONG, required=True)
    description = Text(_LONG, lines=True, required=True)
    version = WholeNumber(
        1, required=True, description="Counts the changes of the deck and of its cards."
    )
    shared = Flag(required=True, description="Everyone sees it, and nobody can change it.")
    updated_at = Moment(required=True)
    links = links_field()


class DeckSchema(DeckSummarySchema):
    """A deck of cards."""

    card_count = WholeNumber(0, required=True, description="How many cards it has.")


class FigureSchema(Result):
    """The addresses of a picture."""

    svg = Text(500, required=True)
    png = Text(500, required=True)
    alt = Text(500, description="What is to be seen, for who can't; of cards, stands in the SVG.")


class CardFrontSchema(Result):
    """The front of a card in a list of cards."""

    id = Text(129, required=True)
    deck = Text(64, required=True)
    front = Text(_LONG, lines=True, required=True)
    topics = ListOf(Text(200), 1000, required=True)
    figure = ObjectOf(
        FigureSchema, allow_none=True, required=True, description="Null if the card has none."
    )
    links = links_field()


class RequestSchema(Result):
    """A request to this service."""

    method = Choice(("GET", "POST"), required=True)
    path = Text(_LONG, required=True)
    body = Anything(description="The JSON to send; left out for GET.")


class TrySchema(Result):
    """A request worth running by oneself."""

    title = Text(_LONG, required=True)
    request = ObjectOf(RequestSchema, required=True)
    picture = Text(500, description="The address of a picture of it, if there is one.")
    curl = Text(2 * _LONG, required=True, description="The same, to paste into a shell.")


class CardSchema(CardFrontSchema):
    """The front of a card, with what there is to try."""

    version = WholeNumber(1, required=True, description="Counts the card's wordings, from 1.")
    tries = ListOf(ObjectOf(TrySchema), 100, required=True)


class ClaimSchema(Result):
    """A statement with numbers, and the request that computes them."""

    text = Text(_LONG, required=True)
    request = ObjectOf(RequestSchema, required=True)
    result = Anything(required=True, description="What the answer to it holds, among other things.")
    curl = Text(2 * _LONG, required=True)


class CardAnswerSchema(Result):
    """The back of a card, and what stands behind it."""

    id = Text(129, required=True)
    deck = Text(64, required=True)
    version = WholeNumber(1, required=True)
    front = Text(_LONG, lines=True, required=True)
    back = Text(_LONG, lines=True, required=True)
    source_front = Text(
        _LONG,
        lines=True,
        allow_none=True,
        required=True,
        description="The front in the words of the deck that the card came from.",
    )
    source_text = Text(
        _LONG,
        lines=True,
        allow_none=True,
        required=True,
        description="The back in the words of the deck that the card came from.",
    )
    erratum = Text(
        _LONG,
        lines=True,
        allow_none=True,
        required=True,
        description="What was changed in those words, and why; null if they are right.",
    )
    claims = ListOf(ObjectOf(ClaimSchema), 100, required=True)
    figure = ObjectOf(FigureSchema, allow_none=True, required=True)
    links = links_field()


class FigureQuery(Request):
    """How a picture is drawn."""

    theme = Choice(
        ("light", "dark"), load_default="light", description="For a light or a dark page."
    )
