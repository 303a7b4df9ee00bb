"""Decks and cards, and the claims in them: numbers with the request that computes each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from service.quiz.content import JsonObject, content_hash
from service.quiz.own.making import OwnTemplate, own_template
from service.quiz.rubric import Rubric

if TYPE_CHECKING:
    from service.quiz.own.question import WrittenQuestion

__all__ = ["Card", "Claim", "Deck", "Request", "Try"]


@dataclass(frozen=True, slots=True)
class Request:
    """A request to this service; ``body`` is its JSON, None for a GET."""

    method: str
    path: str
    body: JsonObject | None = None

    def content(self) -> dict[str, Any]:
        """The request in JSON types."""
        content: dict[str, Any] = {"method": self.method, "path": self.path}
        return content if self.body is None else content | {"body": dict(self.body)}

    @classmethod
    def of(cls, content: JsonObject) -> Request:
        """The request whose `content` this is."""
        return cls(content["method"], content["path"], content.get("body"))


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement with numbers, the request that computes them and what its answer must hold.

    ``result`` is a subset of the answer: objects may leave out keys, lists may not leave out items.
    """

    text: str
    request: Request
    result: JsonObject

    def content(self) -> dict[str, Any]:
        """The claim in JSON types."""
        return {"text": self.text, "request": self.request.content(), "result": dict(self.result)}


@dataclass(frozen=True, slots=True)
class Try:
    """A request worth running by oneself, and what there is to see.

    ``picture`` is the address of a picture of that, if there is one.
    """

    title: str
    request: Request
    picture: str | None = None

    def content(self) -> dict[str, Any]:
        """The suggestion in JSON types."""
        content: dict[str, Any] = {"title": self.title, "request": self.request.content()}
        return content if self.picture is None else content | {"picture": self.picture}


@dataclass(frozen=True, slots=True)
class Card:
    """One flashcard.

    ``key`` is its name inside the deck and never changes. ``source_front`` and ``source_text`` are
    the wording of the deck it was taken from, letter by letter; ``erratum`` says what ``back``
    changed in it and why. ``figure`` names a drawing by its ``kind``, with its parameters.
    ``rubric`` is what a typed answer is held against.
    """

    key: str
    front: str
    back: str
    topics: tuple[str, ...] = ()
    source_front: str | None = None
    source_text: str | None = None
    erratum: str | None = None
    figure: JsonObject | None = None
    claims: tuple[Claim, ...] = ()
    tries: tuple[Try, ...] = ()
    rubric: Rubric | None = None

    def content(self) -> dict[str, Any]:
        """Everything on the card but its key, in JSON types: what one version of it is.

        A card without a rubric has none in its content: such contents are older than rubrics.
        """
        content: dict[str, Any] = {
            "front": self.front,
            "back": self.back,
            "topics": list(self.topics),
            "source_front": self.source_front,
            "source_text": self.source_text,
            "erratum": self.erratum,
            "figure": None if self.figure is None else dict(self.figure),
            "claims": [claim.content() for claim in self.claims],
            "tries": [one.content() for one in self.tries],
        }
        return content if self.rubric is None else content | {"rubric": self.rubric.content()}

    @classmethod
    def of(cls, key: str, content: JsonObject) -> Card:
        """The card of this key whose `content` this is."""
        rubric = content.get("rubric")
        return cls(
            key=key,
            front=content["front"],
            back=content["back"],
            topics=tuple(content["topics"]),
            source_front=content["source_front"],
            source_text=content["source_text"],
            erratum=content["erratum"],
            figure=content["figure"],
            claims=tuple(
                Claim(one["text"], Request.of(one["request"]), one["result"])
                for one in content["claims"]
            ),
            tries=tuple(
                Try(one["title"], Request.of(one["request"]), one.get("picture"))
                for one in content["tries"]
            ),
            rubric=None if rubric is None else Rubric.of(rubric),
        )

    @property
    def content_hash(self) -> str:
        """SHA-256 of the content: another one is another version of the card."""
        return content_hash(self.content())


@dataclass(frozen=True, slots=True)
class Deck:
    """Cards and questions in reading order. ``slug`` is the deck's id, and begins theirs."""

    slug: str
    title: str
    description: str
    cards: tuple[Card, ...] = field(default=())
    questions: tuple[WrittenQuestion, ...] = field(default=())

    def card_id(self, card: Card) -> str:
        """The id of ``card`` in the whole service: ``cnn-valid-padding``."""
        return f"{self.slug}-{card.key}"

    def templates(self) -> list[OwnTemplate]:
        """Its questions as the templates that they are, while they are in no database."""
        return [
            own_template(self.slug, one.key, one.content(), between="-") for one in self.questions
        ]

    @property
    def content_hash(self) -> str:
        """SHA-256 of everything in the deck, the order of cards and questions included.

        A deck without questions has none in it: such hashes are older than questions.
        """
        content: dict[str, Any] = {
            "slug": self.slug,
            "title": self.title,
            "description": self.description,
            "cards": [[card.key, card.content_hash] for card in self.cards],
        }
        if self.questions:
            content["questions"] = [[one.key, one.content_hash] for one in self.questions]
        return content_hash(content)
