"""Cards as answers: what is stored of a card, in the words of the contract."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from service.api.curl import curl

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.store import Card
    from service.store.decks import CardText

__all__ = ["back", "back_text", "figure_links", "front", "front_text", "front_with_tries"]


def figure_links(card_id: str, content: Mapping[str, Any]) -> dict[str, str] | None:
    """Where the card's picture is, None if it has none."""
    if content["figure"] is None:
        return None
    address = f"/v1/cards/{card_id}/figure"
    return {"svg": f"{address}.svg", "png": f"{address}.png"}


def _links(card: Card) -> dict[str, str]:
    return {
        "self": f"/v1/cards/{card.id}",
        "answer": f"/v1/cards/{card.id}/answer",
        "deck": f"/v1/decks/{card.deck_id}",
    }


def front(row: CardText) -> dict[str, Any]:
    """The card as it stands in a list: nothing of its back."""
    card, text = row
    return {
        "id": card.id,
        "deck": card.deck_id,
        "front": text.content["front"],
        "topics": text.content["topics"],
        "figure": figure_links(card.id, text.content),
        "links": _links(card),
    }


def front_with_tries(row: CardText, base: str) -> dict[str, Any]:
    """The card by itself, before it is turned over; ``base`` is where its requests go."""
    content = row.text.content
    tries = [one | {"curl": curl(base, one["request"])} for one in content["tries"]]
    return front(row) | {"version": row.text.version, "tries": tries}


def back(row: CardText, base: str) -> dict[str, Any]:
    """The other side."""
    card, text = row
    content = text.content
    return {
        "id": card.id,
        "deck": card.deck_id,
        "version": text.version,
        **{name: content[name] for name in ("front", "back", "source_front", "source_text")},
        "erratum": content["erratum"],
        "claims": [one | {"curl": curl(base, one["request"])} for one in content["claims"]],
        "figure": figure_links(card.id, content),
        "links": _links(card),
    }


def front_text(value: Mapping[str, Any]) -> str:
    """A card's front for terminals and chats."""
    lines = [value["front"]]
    if value["figure"]:
        lines.append(f"picture: {value['figure']['png']}")
    for one in value["tries"]:
        lines += [f"try: {one['title']}", f"  {one['curl']}"]
        if "picture" in one:
            lines.append(f"  picture: {one['picture']}")
    return "\n".join([*lines, f"answer: {value['links']['answer']}?format=text"])


def back_text(value: Mapping[str, Any]) -> str:
    """A card's back for terminals and chats."""
    lines = [value["front"], "", value["back"]]
    if value["figure"]:
        lines.append(f"picture: {value['figure']['png']}")
    if value["erratum"]:
        lines += ["", f"erratum: {value['erratum']}"]
    if value["claims"]:
        lines += ["", "computed:", *(f"  {claim['text']}" for claim in value["claims"])]
    return "\n".join(lines)
