"""``/v1/templates``: what makes questions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from service.api.auth import anonymous
from service.api.choosing import CARD_VERSION
from service.api.conditional import REVALIDATE
from service.api.context import reading
from service.api.operation import Answer, Example, Resource
from service.api.people import tenant
from service.api.schemas.questions import CARD_TEMPLATE, TemplatesQuery, TemplatesSchema
from service.quiz.own.bases import BASES
from service.quiz.templates import TEMPLATES, describe_template
from service.store import decks, templates

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from service.quiz.templates import Template

__all__ = ["ABOUT", "TAG", "resource"]

TAG: Final = "Questions"
ABOUT: Final = (
    "Questions whose answers are computed, and cards that learners rate themselves on. `{user}` "
    "is your own id for the person."
)
resource = Resource("templates", tag=TAG, about=ABOUT)


def _card_template() -> dict[str, Any]:
    parameters = [{"name": name, "choices": None, "default": None} for name in ("deck", "card")]
    return {
        "id": CARD_TEMPLATE,
        "version": CARD_VERSION,
        "title": "Recall a card, then rate yourself",
        "kind": "card",
        "parameters": parameters,
        "topics": [],
        "cards": [],
        "deck": None,
        "numbers": [],
        "placeholders": [],
    }


def _view(template: Template) -> dict[str, Any]:
    """A template, and what questions of one's own may choose of it."""
    basis = BASES.get(template.id)
    return {
        **describe_template(template),
        "deck": templates.deck_of(template.id) if templates.is_own(template.id) else None,
        "numbers": [number.describe() for number in basis.numbers] if basis else [],
        "placeholders": [*basis.placeholders] if basis else [],
    }


def _templates(own: Sequence[Template] = ()) -> dict[str, Any]:
    made = [_view(template) for template in (*TEMPLATES.values(), *own)]
    return {"items": [*made, _card_template()]}


def _templates_text(value: Mapping[str, Any]) -> str:
    return "\n".join(f"{one['id']} ({one['kind']}): {one['title']}" for one in value["items"])


@resource.get(
    "/v1/templates",
    id="listTemplates",
    summary="What makes questions",
    access=anonymous("cards:read"),
    query=TemplatesQuery(),
    answers={
        200: Answer(
            "Every template in its newest version.",
            TemplatesSchema(),
            example=_templates,
            text=_templates_text,
        )
    },
    errors=("not_found", "gone", "service_unavailable"),
    cache=REVALIDATE,
    examples=(
        Example("All of them"),
        Example("Those of a deck, too", query={"deck": "cnn"}),
        Example("Of no deck", query={"deck": "none"}, status=404, code="not_found"),
    ),
)
def list_templates(query: Mapping[str, Any]) -> dict[str, Any]:
    """List the makers of questions; `card` stands for the cards of the decks themselves.

    With `deck` those that its author wrote stand beside the service's own. `numbers` are what such
    a question may choose where it is built on a template; POST /v1/decks/{deck}/templates takes it.
    """
    if query["deck"] is None:
        return _templates()
    with reading() as session:
        deck = decks.get(session, query["deck"], tenant_id=tenant())
        return _templates(templates.of_deck(session, deck.id, tenant_id=tenant()))
