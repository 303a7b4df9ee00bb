"""What is taken and answered where decks and cards are written.

A card is written over HTTP as it is in a deck file, and :mod:`service.quiz.deck_reading` reads
both, so the readers here only say so in JSON Schema.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from service.api.fields import (
    Anything,
    ListOf,
    Moment,
    Text,
    WholeNumber,
    fault,
)
from service.api.fields.base import JSONSchema, Writer, kind_of
from service.api.schemas.base import Result
from service.api.schemas.decks import links_field
from service.quiz.deck_reading import METHODS
from service.quiz.deck_table import MAX_NAME, MAX_TEXT, SLUG, Table
from service.quiz.errors import DeckError, DeckFault
from service.quiz.kinds import DIFFICULTIES
from service.quiz.own.bases import BASES
from service.quiz.own.reading import MAX_PROMPT

__all__ = [
    "CARD_SCHEMA",
    "QUESTION_SCHEMA",
    "AuthoredCardSchema",
    "CardChangeReader",
    "CardReader",
    "CardVersionSchema",
    "DeckChangeReader",
    "DeckReader",
    "NewDeck",
    "OwnQuestionChangeReader",
    "OwnQuestionReader",
    "OwnQuestionSchema",
    "OwnQuestionVersionSchema",
]

_TEXT: Final[JSONSchema] = {"type": "string", "minLength": 1, "maxLength": MAX_TEXT}
_NAME: Final[JSONSchema] = {"type": "string", "minLength": 1, "maxLength": MAX_NAME}
_SLUG: Final[JSONSchema] = {"type": "string", "pattern": f"^{SLUG}$", "maxLength": 64}
_OBJECT: Final[JSONSchema] = {"type": "object"}


def _object(properties: JSONSchema, required: tuple[str, ...] = ()) -> JSONSchema:
    schema: JSONSchema = {"type": "object", "properties": properties, "additionalProperties": False}
    return schema | ({"required": list(required)} if required else {})


def _list(items: JSONSchema, longest: int = 100, shortest: int = 0) -> JSONSchema:
    return {"type": "array", "items": items, "minItems": shortest, "maxItems": longest}


_REQUEST: Final = _object(
    {
        "method": {"type": "string", "enum": list(METHODS)},
        "path": {**_TEXT, "pattern": "^/v1/"},
        "body": {**_OBJECT, "description": "The JSON to send; none for GET."},
    },
    ("method", "path"),
)
_PICTURE: Final = {"type": "string", "pattern": "^/v1/", "minLength": 1, "maxLength": 500}
_EXPECTATION: Final = _object(
    {"name": _NAME, "any_of": _list(_NAME, shortest=1)}, ("name", "any_of")
)
_OPTIONAL: Final[JSONSchema] = {
    "topics": _list(_NAME),
    "source_front": {**_TEXT, "description": "The front in the words that it was taken from."},
    "source_text": {**_TEXT, "description": "The back in the words that it was taken from."},
    "erratum": {**_TEXT, "description": "What was changed in those words, and why."},
    "figure": {
        "type": "object",
        "properties": {"kind": {"type": "string"}},
        "required": ["kind"],
        "description": "A drawing by its kind (patch, rgb-to-k-maps, pyramid), with parameters.",
    },
    "claims": {
        **_list(
            _object(
                {"text": _TEXT, "request": _REQUEST, "result": _OBJECT},
                ("text", "request", "result"),
            )
        ),
        "description": "Numbers on the card, with the request that computes each.",
    },
    "tries": {
        **_list(
            _object(
                {"title": _TEXT, "request": _REQUEST, "picture": _PICTURE}, ("title", "request")
            )
        ),
        "description": "Requests worth running by oneself.",
    },
    "rubric": {
        **_object(
            {"concepts": _list(_EXPECTATION, 20, 1), "forbidden": _list(_EXPECTATION, 20)},
            ("concepts",),
        ),
        "description": "What a typed answer should speak of, and what it must not say: each by its "
        "name and phrases that show it (`shar*` is any word that begins so, `...` up to five "
        "words). It grades nothing.",
    },
}
_SIDES: Final[JSONSchema] = {"front": _TEXT, "back": _TEXT}
_KEY: Final[JSONSchema] = {
    "key": {**_SLUG, "description": "Its name in the deck, for ever; made up if left out."}
}

CARD_SCHEMA: Final = _object({**_KEY, **_SIDES, **_OPTIONAL}, ("front", "back"))
"""A card as it is written."""


_NUMBER: Final[JSONSchema] = {
    "type": ["integer", "string", "boolean", "array", "object"],
    "description": "A number (or word, or flag), a list to draw from, or a range "
    '`{"from": 3, "to": 9, "step": 2}`.',
}
_NUMBERS: Final[JSONSchema] = {"type": "object", "additionalProperties": _NUMBER}
_LEVEL: Final[JSONSchema] = {**_NUMBERS, "description": "Numbers that are others then."}
_QUESTION: Final[JSONSchema] = {
    "title": {**_NAME, "description": "What it asks, in a few words."},
    "template": {
        "type": "string",
        "enum": list(BASES),
        "description": "What computes the answer.",
    },
    "prompt": {
        "type": "string",
        "minLength": 1,
        "maxLength": MAX_PROMPT,
        "description": "The wording, with names in braces where numbers go.",
    },
}
_MORE: Final[JSONSchema] = {
    "numbers": {**_NUMBERS, "description": "What the template is given, by name."},
    **dict.fromkeys(DIFFICULTIES, _LEVEL),
    "kind": {
        "type": "string",
        "enum": ["shape", "integer", "choice"],
        "description": "choice offers named mistakes beside the answer; else the template's own.",
    },
    "topics": _list(_NAME),
    "cards": {**_list(_SLUG), "description": "Keys of the deck's cards that explain it."},
    "difficulty": {
        "type": "string",
        "enum": [*DIFFICULTIES],
        "description": "Always ask it at this one.",
    },
    "template_version": {
        "type": "integer",
        "minimum": 1,
        "description": "Of the template; without it the newest.",
    },
}

QUESTION_SCHEMA: Final = _object({**_KEY, **_QUESTION, **_MORE}, ("title", "template", "prompt"))
"""A question of one's own as it is written."""


def _nullable(schema: JSONSchema) -> JSONSchema:
    nullable = {**schema, "type": [schema["type"], "null"]}
    return nullable | ({"enum": [*schema["enum"], None]} if "enum" in schema else {})


def _an_object(data: Any) -> dict[str, Any]:
    if type(data) is not dict:
        raise fault(f"It must be an object, not {kind_of(data)}.")
    return data


class CardReader:
    """Takes a whole card; ``deck_reading.read_new_card`` checks it."""

    def load(self, data: Any) -> dict[str, Any]:
        """The card as it came; raises ValidationError for what is no object."""
        return _an_object(data)

    def json_schema(self, _writer: Writer) -> JSONSchema:
        """A card."""
        return CARD_SCHEMA


class CardChangeReader(CardReader):
    """Takes the parts of a card that change."""

    def json_schema(self, _writer: Writer) -> JSONSchema:
        """A card with nothing required; null takes something away."""
        taken_away = {name: _nullable(schema) for name, schema in _OPTIONAL.items()}
        return _object({**_SIDES, **taken_away})


class OwnQuestionReader(CardReader):
    """Takes a whole question; ``deck_reading.read_own_question`` checks it."""

    def json_schema(self, _writer: Writer) -> JSONSchema:
        """A question of one's own."""
        return QUESTION_SCHEMA


class OwnQuestionChangeReader(CardReader):
    """Takes the parts of a question that change."""

    def json_schema(self, _writer: Writer) -> JSONSchema:
        """A question with nothing required; null takes something away."""
        taken_away = {name: _nullable(schema) for name, schema in _MORE.items()}
        return _object({**_QUESTION, **taken_away})


class NewDeck(NamedTuple):
    """A deck to be made; None is for what was left out."""

    id: str | None
    title: str | None
    description: str | None
    copy_of: str | None


_TITLE: Final[JSONSchema] = {"title": _TEXT, "description": {**_TEXT, "type": ["string", "null"]}}


class DeckReader:
    """Reads what a new deck is to be."""

    def load(self, data: Any) -> NewDeck:
        """The wish; raises DeckError."""
        faults: list[DeckFault] = []
        table = Table(_an_object(data), faults)
        wish = NewDeck(
            id=table.slug("id") if "id" in table else None,
            title=table.optional_text("title", required="copy_of" not in table),
            description=table.optional_text("description"),
            copy_of=table.slug("copy_of") if "copy_of" in table else None,
        )
        table.done()
        if faults:
            raise DeckError(faults)
        return wish

    def json_schema(self, _writer: Writer) -> JSONSchema:
        """An object with a title, or with the deck to copy."""
        properties = {
            "id": {
                **_SLUG,
                "description": "The deck's name in addresses, for ever and for everyone; made up "
                "of the title if left out.",
            },
            **_TITLE,
            "copy_of": {
                **_SLUG,
                "description": "Begin with the cards of this deck, under their keys; its title "
                "and description too, where none are given.",
            },
        }
        return {
            **_object(properties),
            "anyOf": [{"required": ["title"]}, {"required": ["copy_of"]}],
        }


class DeckChangeReader:
    """Reads what is to change of a deck."""

    def load(self, data: Any) -> dict[str, str]:
        """The changes by name; a description of null is none. Raises DeckError."""
        faults: list[DeckFault] = []
        table = Table(_an_object(data), faults)
        changes = {}
        if "title" in table:
            changes["title"] = table.text("title")
        if "description" in table:
            changes["description"] = table.optional_text("description") or ""
        table.done()
        if faults:
            raise DeckError(faults)
        return changes

    def json_schema(self, _writer: Writer) -> JSONSchema:
        """An object of which everything may be left out."""
        return _object(_TITLE)


class CardVersionSchema(Result):
    """What a card says at one version."""

    version = WholeNumber(1, required=True, description="Counts the card's wordings, from 1.")
    front = Text(MAX_TEXT, lines=True, required=True)
    back = Text(MAX_TEXT, lines=True, required=True)
    topics = ListOf(Text(MAX_NAME), 1000, required=True)
    source_front = Text(MAX_TEXT, lines=True, allow_none=True, required=True)
    source_text = Text(MAX_TEXT, lines=True, allow_none=True, required=True)
    erratum = Text(MAX_TEXT, lines=True, allow_none=True, required=True)
    figure = Anything(required=True, description="The drawing's kind and parameters; null if none.")
    claims = Anything(required=True)
    tries = Anything(required=True)
    rubric = Anything(required=True, description="What a typed answer is held against; or null.")
    written_at = Moment(required=True)


class AuthoredCardSchema(CardVersionSchema):
    """A card as it is written; its pictures and curl lines are in the answers to readers."""

    id = Text(129, required=True)
    deck = Text(64, required=True)
    key = Text(64, required=True, description="The card's name in its deck.")
    links = links_field()


class OwnQuestionVersionSchema(Result):
    """What a question of one's own is at one version."""

    version = WholeNumber(1, required=True, description="Counts what it has been, from 1.")
    title = Text(MAX_NAME, required=True)
    template = Text(64, required=True, description="What computes the answer.")
    template_version = WholeNumber(1, required=True)
    kind = Text(64, required=True)
    prompt = Text(MAX_PROMPT, lines=True, required=True)
    numbers = Anything(required=True, description="As they are written, by name.")
    easy = Anything(required=True, description="Numbers that are others then; null for none.")
    medium = Anything(required=True)
    hard = Anything(required=True)
    difficulty = Text(64, allow_none=True, required=True, description="Always at this one.")
    topics = ListOf(Text(MAX_NAME), 100, required=True)
    cards = ListOf(Text(MAX_NAME), 100, required=True, description="Keys of cards that explain it.")
    written_at = Moment(required=True)


class OwnQuestionSchema(OwnQuestionVersionSchema):
    """A question of one's own as it is written."""

    id = Text(64, required=True, description="What it is asked by, as a template.")
    deck = Text(64, required=True)
    key = Text(64, required=True, description="Its name in its deck.")
    links = links_field()
