"""What is taken and answered where decks come and go as files."""

from __future__ import annotations

from typing import Any, NamedTuple

from service.api.fields import Choice, Flag, ListOf, ObjectOf, Text, WholeNumber, fault
from service.api.fields.base import JSONSchema, Writer, kind_of
from service.api.schemas.authoring import CARD_SCHEMA, QUESTION_SCHEMA
from service.api.schemas.base import Request, Result
from service.api.schemas.decks import links_field
from service.integrations.deck_formats import FORMATS
from service.quiz.deck_reading import MAX_CARDS, MAX_QUESTIONS
from service.quiz.deck_table import MAX_TEXT, SLUG

__all__ = ["ExportQuery", "ImportQuery", "ImportReader", "ImportedDeckSchema", "Upload"]


class Upload(NamedTuple):
    """A deck as it came: plain data for JSON, bytes for the rest; ``kind`` if that is known."""

    kind: str | None
    content: Any


class ExportQuery(Request):
    """What the file is to be."""

    format = Choice(FORMATS, load_default="json", description="The format of the file.")


class ImportQuery(Request):
    """How a file is to be taken."""

    format = Choice(
        FORMATS,
        allow_none=True,
        load_default=None,
        description="The format of the body; without it, its media type says so.",
    )
    deck = Text(
        64,
        shortest=1,
        pattern=SLUG,
        wanted="an id: small letters and digits, with single hyphens between them",
        allow_none=True,
        load_default=None,
        description="Into this deck, which may be new; without it, the one that the file names.",
        example="kernels",
    )
    dry_run = Flag(load_default=False, description="Only say what would be done.")
    keep_missing = Flag(
        load_default=False, description="Leave cards alone that the file doesn't have."
    )


class ImportReader:
    """Takes a deck in any of its formats; ``service.quiz.deck_reading`` checks it."""

    def load(self, data: Any) -> Upload:
        """The deck as it came."""
        if isinstance(data, Upload):
            return data
        if type(data) is not dict:
            raise fault(f"It must be an object, not {kind_of(data)}.", "what an export holds")
        return Upload("json", data)

    def json_schema(self, _writer: Writer) -> JSONSchema:
        """A deck file as JSON."""
        text = {"type": "string", "minLength": 1, "maxLength": MAX_TEXT}
        slug = {"type": "string", "pattern": f"^{SLUG}$", "maxLength": 64}
        head = {
            "type": "object",
            "properties": {"slug": slug, "title": text, "description": text},
            "required": ["slug", "title"],
            "additionalProperties": False,
        }
        card = {**CARD_SCHEMA, "required": ["key", "front", "back"]}
        question = {**QUESTION_SCHEMA, "required": ["key", "title", "template", "prompt"]}
        cards = {"type": "array", "items": card, "minItems": 1, "maxItems": MAX_CARDS}
        questions = {"type": "array", "items": question, "minItems": 1, "maxItems": MAX_QUESTIONS}
        return {
            "type": "object",
            "properties": {"deck": head, "cards": cards, "questions": questions},
            "required": ["deck"],
            "anyOf": [{"required": ["cards"]}, {"required": ["questions"]}],
            "additionalProperties": False,
        }


def _ids(description: str) -> ListOf:
    return ListOf(Text(129), MAX_CARDS, required=True, description=description)


class LoadedSchema(Result):
    """What came of the cards of a file, or of its questions."""

    created = _ids("Ids of what is new.")
    changed = _ids("Of what has another text, which is its next version.")
    moved = _ids("Of what stands elsewhere in the deck.")
    restored = _ids("Of what was deleted and is back.")
    removed = _ids("Of what the file doesn't have, and what is deleted.")
    unchanged = WholeNumber(0, required=True, description="How many say what they said before.")


class ImportedDeckSchema(LoadedSchema):
    """What came of a file: of its cards, and of its questions."""

    deck = Text(64, required=True, description="The id of the deck.")
    dry_run = Flag(required=True, description="Nothing was done.")
    deck_created = Flag(required=True, description="It is new, or was deleted and is back.")
    deck_changed = Flag(required=True, description="Its title or description is another.")
    questions = ObjectOf(LoadedSchema, required=True, description="The same of the questions.")
    links = links_field()
