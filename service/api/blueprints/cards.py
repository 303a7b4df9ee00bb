"""``/v1/cards``: a card's front, its back, its picture."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final

from service import figures
from service.api import cards, examples
from service.api.auth import anonymous
from service.api.conditional import REVALIDATE, fixed
from service.api.context import reading
from service.api.curl import base_address
from service.api.fields import Identifier
from service.api.json import dumps, loads
from service.api.negotiation import PNG, SVG
from service.api.operation import Answer, Example, Reply, Resource
from service.api.people import tenant
from service.api.problems import Problem
from service.api.schemas.decks import CardAnswerSchema, CardSchema, FigureQuery
from service.store import decks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.figures import Drawing

__all__ = ["resource"]

resource = Resource("cards", tag="Decks and cards", about="What the decks hold, card by card.")


_PATH: Final = {"card": Identifier(description="The card's id.", example=examples.CARD)}
_SEED: Final = {"card": examples.CARD}
_DRAWN: Final = {"card": examples.DRAWN}
_CARD: Final = CardSchema()
_BACK: Final = CardAnswerSchema()


@resource.get(
    "/v1/cards/{card}",
    id="getCard",
    summary="One card: its front",
    access=anonymous("cards:read"),
    path=_PATH,
    answers={
        200: Answer(
            "The front, and what there is to try.",
            _CARD,
            example=lambda: _CARD.dump(
                cards.front_with_tries(examples.card(examples.CARD), examples.BASE)
            ),
            text=cards.front_text,
        )
    },
    errors=("not_found", "gone", "service_unavailable"),
    cache=REVALIDATE,
    examples=(
        Example("A card on padding", path=_SEED),
        Example("As text", path=_SEED, query={"format": "text"}),
        Example("A card that isn't there", path={"card": "none"}, status=404, code="not_found"),
    ),
)
def get_card(card: str) -> Reply:
    """The question on a card, its picture, and requests to try before turning it over."""
    with reading() as session:
        row = decks.current_card(session, card, tenant_id=tenant())
    return Reply(cards.front_with_tries(row, base_address()), version=row.text.version)


@resource.get(
    "/v1/cards/{card}/answer",
    id="getCardAnswer",
    summary="One card: its back",
    access=anonymous("cards:read"),
    path=_PATH,
    answers={
        200: Answer(
            "The back, its source, and its numbers with the requests that compute them.",
            _BACK,
            example=lambda: _BACK.dump(cards.back(examples.card(examples.CARD), examples.BASE)),
            text=cards.back_text,
        )
    },
    errors=("not_found", "gone", "service_unavailable"),
    cache=REVALIDATE,
    examples=(
        Example("A card on padding", path=_SEED),
        Example("As text", path=_SEED, query={"format": "text"}),
    ),
)
def get_card_answer(card: str) -> Reply:
    """The back of a card.

    `source_text` is the wording of the deck that the card came from; where that was wrong,
    `erratum` says what and why. `claims` are the numbers on the card, each with a request of this
    service that computes it.
    """
    with reading() as session:
        row = decks.current_card(session, card, tenant_id=tenant())
    return Reply(cards.back(row, base_address()), version=row.text.version)


@lru_cache(maxsize=64)
def _drawing(specification: str) -> Drawing:
    parameters: dict[str, Any] = loads(specification)
    return figures.figure(parameters.pop("kind"), parameters)


@lru_cache(maxsize=64)
def _svg(specification: str, theme: str) -> bytes:
    return figures.svg(_drawing(specification), figures.THEMES[theme]).encode()


@lru_cache(maxsize=64)
def _png(specification: str, theme: str) -> bytes:
    return figures.png(_drawing(specification), theme=figures.THEMES[theme])


_WRITERS: Final = {SVG: _svg, PNG: _png}


def _picture(card: str, theme: str, media_type: str) -> Reply:
    """The picture of a card; ``not_found`` if the card has none, or one that can't be drawn."""
    with reading() as session:
        row = decks.current_card(session, card, tenant_id=tenant())
    specification = row.text.content["figure"]
    if specification is None:
        raise Problem(
            "not_found",
            f"The card {card} has no figure; GET /v1/decks/{row.card.deck_id}/cards shows which "
            "cards have one.",
        )
    try:
        drawn = _WRITERS[media_type](dumps(specification), theme)
    except figures.FigureError as error:
        raise Problem("not_found", f"The figure of {card} can't be drawn: {error.detail}") from None
    return Reply(drawn, media_type=media_type)


_figure = partial(
    resource.get,
    access=anonymous("cards:read"),
    path={"card": Identifier(description="The card's id.", example=examples.DRAWN)},
    query=FigureQuery(),
    errors=("not_found", "gone", "service_unavailable"),
    cache=fixed(3600),
    examples=(
        Example("The numbers of one patch", path=_DRAWN),
        Example("For a dark page", path=_DRAWN, query={"theme": "dark"}),
        Example("A card without a picture", path=_SEED, status=404, code="not_found"),
    ),
)


@_figure(
    "/v1/cards/{card}/figure.svg",
    id="getCardFigureSvg",
    summary="A card's picture, as SVG",
    answers={200: Answer("The picture.", media={SVG: None})},
)
def get_card_figure_svg(card: str, query: Mapping[str, Any]) -> Reply:
    """Draw the card's picture, which explains itself in its title and description."""
    return _picture(card, query["theme"], SVG)


@_figure(
    "/v1/cards/{card}/figure.png",
    id="getCardFigurePng",
    summary="A card's picture, as PNG",
    answers={200: Answer("The picture.", media={PNG: None})},
)
def get_card_figure_png(card: str, query: Mapping[str, Any]) -> Reply:
    """Draw the same picture for chats and documents that show no SVG."""
    return _picture(card, query["theme"], PNG)
