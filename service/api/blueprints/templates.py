"""``/v1/templates``: what makes questions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from service.api.auth import anonymous
from service.api.choosing import CARD_VERSION
from service.api.conditional import fixed
from service.api.operation import Answer, Example, Resource
from service.api.schemas.questions import CARD_TEMPLATE, TemplatesSchema
from service.quiz.templates import TEMPLATES, describe_template

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    }


def _templates() -> dict[str, Any]:
    made = [describe_template(template) for template in TEMPLATES.values()]
    return {"items": [*made, _card_template()]}


def _templates_text(value: Mapping[str, Any]) -> str:
    return "\n".join(f"{one['id']} ({one['kind']}): {one['title']}" for one in value["items"])


@resource.get(
    "/v1/templates",
    id="listTemplates",
    summary="What makes questions",
    access=anonymous("cards:read"),
    answers={
        200: Answer(
            "Every template in its newest version.",
            TemplatesSchema(),
            example=_templates,
            text=_templates_text,
        )
    },
    cache=fixed(300),
    examples=(Example("All of them"),),
)
def list_templates() -> dict[str, Any]:
    """List the makers of questions; `card` stands for the cards of the decks themselves."""
    return _templates()
