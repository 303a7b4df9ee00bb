"""The one declaration of a route: checking, answering and the contract all come from it.

A resource is one file with a :class:`Resource` and its views; a view declares and delegates::

    cards = Resource("cards", tag="Cards", about="What the decks hold.")

    @cards.get(
        "/v1/cards/{card}",
        id="getCard",
        summary="One card: its front",
        access=anonymous("cards:read"),
        path={"card": Identifier(description="The card's id.")},
        answers={200: Answer("The card.", CardSchema(), example=CARD, text=card_text)},
        examples=(Example("The first card", path={"card": "cnn-valid-padding"}),),
        errors=("not_found", "service_unavailable"),
        cache=REVALIDATE,
    )
    def get_card(card: str) -> object:
        with reading() as session:
            return decks.card(session, card)

The view is called with what was declared, already checked: the names in ``path``; ``body``, if
there is a ``request`` (in JSON, or in a media type of ``bodies``); ``query``, if there is a
``query``; ``headers``, if there are ``headers``. It returns the value that the only 2xx answer is
written from, or a :class:`Reply` to choose the status or add headers. It raises what the rooms
below raise, or a ``Problem``.

What follows from the declaration: 400, 413, 415 and 422 for a request that is not of the declared
form, 406 for an Accept header that no answer meets, 401 and 403 by ``access``, ``text/plain`` and
``?format=`` where the answer has a ``text``, ETag and 304 by ``cache``. ``errors`` lists only
the codes that the view itself can end in. ``pure`` says that equal bodies get equal answers for
ever, so that they may be remembered. ``max_body`` is for bodies larger than the settings let in.
With ``body_optional`` no body at all is an empty object. ``later`` says that it may take long, and
can be had as a job (:mod:`service.api.later`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from flask import Blueprint, Flask

from service.api.json import dumps
from service.api.negotiation import FORMATS, JSON, TEXT

if TYPE_CHECKING:
    from marshmallow import Schema

    from service.api.auth import Access
    from service.api.conditional import Cache
    from service.api.fields import Strict
    from service.api.fields.base import JSONSchema, Writer

__all__ = ["Answer", "Body", "Example", "Operation", "Reader", "Reply", "Resource", "json_bytes"]

View = TypeVar("View", bound=Callable[..., object])
Write = Callable[[Any], str | bytes]


class Reader(Protocol):
    """What reads a request where one schema does not do: it checks, and describes itself."""

    def load(self, data: Any) -> Any:
        """Check plain data and return what the view gets; raises marshmallow's ValidationError."""
        ...

    def json_schema(self, writer: Writer) -> JSONSchema:
        """The JSON Schema of a body, or of an object with a member for each query parameter."""
        ...


def json_bytes(schema: Schema, value: object) -> bytes:
    """The JSON answer that an operation with this schema writes for ``value``."""
    return (dumps(schema.dump(value)) + "\n").encode()


@dataclass(frozen=True, slots=True)
class Answer:
    """One way in which an operation succeeds.

    ``schema`` describes the JSON; ``dump`` makes plain data of the view's value, by default the
    schema does (a ``dump`` of your own must follow the schema; the tests hold every answer to it).
    ``text`` writes the same for terminals and chats. ``media`` has further media types, each with
    its writer (None: the view returns a :class:`Reply` with bytes of that type). ``example`` is
    the JSON of the first example request, or makes it. ``headers`` describes headers that only
    this answer has.
    """

    description: str
    schema: Schema | None = None
    example: object | Callable[[], object] = None
    dump: Callable[[Any], object] | None = None
    text: Callable[[Any], str] | None = None
    media: Mapping[str, Write | None] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def writers(self) -> dict[str, Write | None]:
        """How each media type is written, the preferred one first."""
        writers: dict[str, Write | None] = {}
        if self.schema is not None:
            plain = self.dump or self.schema.dump
            writers[JSON] = lambda value: dumps(plain(value)) + "\n"
        if self.text is not None:
            text = self.text
            writers[TEXT] = lambda value: text(value) + "\n"
        return writers | dict(self.media)


@dataclass(frozen=True, slots=True)
class Reply:
    """A view's answer with more than a value.

    ``status`` chooses among the declared answers (None: the only one). ``headers`` are added. With
    ``media_type`` the value is the body itself, as bytes, and nothing is negotiated. ``version`` is
    that of the thing shown, for its ETag: with it a change can say what it is a change of.
    """

    value: Any = None
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    media_type: str | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Body:
    """A media type besides JSON that a request may come in.

    ``read`` makes of the bytes, and of the media type's own parameters, what the operation's
    ``request`` loads; ``schema`` is the JSON Schema of it, ``example`` one by its summary.
    """

    read: Callable[[bytes, Mapping[str, str]], Any]
    schema: JSONSchema
    example: tuple[str, object]


@dataclass(frozen=True, slots=True)
class Example:
    """One request that the documentation shows and the tests send; it answers ``status``.

    ``code`` is the code of the problem, if ``status`` is an error.
    """

    summary: str
    body: object = None
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """Everything about one route; see the module for how to declare one."""

    id: str
    method: str
    route: str
    summary: str
    tag: str
    access: Access
    answers: Mapping[int, Answer]
    examples: Sequence[Example]
    view: Callable[..., object]
    description: str = ""
    request: Schema | Reader | None = None
    bodies: Mapping[str, Body] = field(default_factory=dict)
    query: Schema | Reader | None = None
    path: Mapping[str, Strict] = field(default_factory=dict)
    headers: Mapping[str, Strict] = field(default_factory=dict)
    errors: Sequence[str] = ()
    cache: Cache | None = None
    pure: bool = False
    max_body: int | None = None
    body_optional: bool = False
    later: bool = False
    formats: Mapping[str, str] = field(init=False)
    """What ``?format=`` may say, with its media type; nothing where no answer has a text."""

    def __post_init__(self) -> None:
        offered = {media for answer in self.answers.values() for media in answer.writers()}
        found = {w: m for w, m in FORMATS.items() if m in offered} if TEXT in offered else {}
        object.__setattr__(self, "formats", found)

    @property
    def rule(self) -> str:
        """The route as Flask writes it: ``/v1/cards/<card>``."""
        return self.route.replace("{", "<").replace("}", ">")


class Resource:
    """A group of operations that are registered, and documented, together."""

    def __init__(self, name: str, *, tag: str, about: str) -> None:
        self.name: Final = name
        self.tag: Final = tag
        self.about: Final = about
        self.operations: Final[list[Operation]] = []

    def get(self, route: str, **declared: Any) -> Callable[[View], View]:
        """Declare a GET (and with it HEAD) operation; arguments as :class:`Operation` has them."""
        return self.operation("GET", route, **declared)

    def post(self, route: str, **declared: Any) -> Callable[[View], View]:
        """Declare a POST operation; arguments as :class:`Operation` has them."""
        return self.operation("POST", route, **declared)

    def operation(self, method: str, route: str, **declared: Any) -> Callable[[View], View]:
        """Declare an operation of any method; the view itself stays a plain function."""

        def declare(view: View) -> View:
            description = declared.pop("description", inspect.cleandoc(view.__doc__ or ""))
            self.operations.append(
                Operation(
                    method=method,
                    route=route,
                    tag=self.tag,
                    view=view,
                    description=description,
                    **declared,
                )
            )
            return view

        return declare

    def register(self, app: Flask) -> None:
        """Add the operations to an application, as a blueprint of the resource's name."""
        from service.api.dispatch import handler

        blueprint = Blueprint(self.name, __name__)
        for operation in self.operations:
            blueprint.add_url_rule(
                operation.rule,
                endpoint=operation.id,
                view_func=handler(operation),
                methods=[operation.method],
            )
        app.register_blueprint(blueprint)
