"""Reading deck files: TOML, strictly, with every problem named by line and card.

::

    [deck]
    slug = "cnn"
    title = "..."
    description = "..."

    [[cards]]
    key = "valid-padding"            # the card's name for ever
    front = "..."
    back = "..."
    topics = ["padding"]             # the rest may be left out
    source_front = "..."
    source_text = "..."
    erratum = "..."
    figure = { kind = "patch" }

    [[cards.claims]]
    text = "..."
    request = { method = "POST", path = "/v1/shapes", body = { op = "conv2d" } }
    result = { output_shape = [26, 26, 1] }

    [[cards.tries]]
    title = "..."
    request = { method = "GET", path = "/v1/shapes/conv2d?input_shape=28x28&kernel_size=3" }
    picture = "/v1/pictures/conv2d.svg?input_shape=9x9&kernel_size=3"    # may be left out
"""

from __future__ import annotations

import difflib
import math
import re
import tomllib
from importlib import resources
from pathlib import Path
from typing import Any, Final

from service.quiz.cards import Card, Claim, Deck, Request, Try
from service.quiz.errors import DeckError

__all__ = ["MAX_BYTES", "load_deck", "seed_deck"]

MAX_BYTES: Final = 5_000_000
_SLUG: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_MAX_SLUG: Final = 64
_MAX_TEXT: Final = 10_000
_OWN: Final = "/v1/"
_METHODS: Final = ("GET", "POST")
_HEADER: Final = re.compile(r"\s*\[\[\s*cards\s*\]\]")


def load_deck(source: bytes | Path) -> Deck:
    """Read a deck from a file or its bytes.

    Raises:
        DeckError: it is no deck; every problem found is in it.
        OSError: the file cannot be read.
    """
    data = source if isinstance(source, bytes) else source.read_bytes()
    if len(data) > MAX_BYTES:
        raise DeckError([f"a deck file has at most {MAX_BYTES} bytes, this one has {len(data)}"])
    try:
        text = data.decode()
        content = tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise DeckError([f"not UTF-8: byte {error.start} cannot be read"]) from error
    except tomllib.TOMLDecodeError as error:
        raise DeckError([f"not TOML: {error}"]) from error
    except RecursionError as error:
        raise DeckError(["not TOML that anybody wrote: nested too deeply"]) from error
    problems: list[str] = []
    deck = _deck(_Table(content, "", problems), text.splitlines())
    if problems:
        raise DeckError(problems)
    return deck


def seed_deck() -> Deck:
    """The deck that comes with the service: seventeen cards on convolutional networks."""
    return load_deck(resources.files("service.quiz").joinpath("decks", "cnn.toml").read_bytes())


class _Table:
    """A TOML table whose fields are taken out one by one; problems are written down, not raised.

    A field that is missing or wrong is taken as an empty one, so that one reading finds all.
    """

    def __init__(self, value: object, where: str, problems: list[str]) -> None:
        self.where = where
        self._problems = problems
        self._taken: list[str] = []
        self._fields: dict[str, Any] = value if isinstance(value, dict) else {}
        if not isinstance(value, dict):
            self.problem("must be a table")

    def problem(self, text: str) -> None:
        """Write down what is wrong here."""
        self._problems.append(f"{self.where}: {text}" if self.where else text)

    def text(self, name: str) -> str:
        """A text that must be there."""
        return self.optional_text(name, required=True) or ""

    def optional_text(self, name: str, *, required: bool = False) -> str | None:
        """A text that is not blank."""
        value = self._take(name, required=required)
        if value is None:
            return None
        if not isinstance(value, str) or not value.strip():
            self.problem(f"{name} must be a text that says something")
            return None
        if len(value) > _MAX_TEXT:
            self.problem(f"{name} has {len(value)} characters; {_MAX_TEXT} are allowed")
        return value.strip()

    def slug(self, name: str) -> str:
        """A short name of small letters, digits and single hyphens."""
        value = self.text(name)
        if value and not (_SLUG.fullmatch(value) and len(value) <= _MAX_SLUG):
            self.problem(
                f"{name} “{value}” must be at most {_MAX_SLUG} small letters and digits, "
                "with single hyphens between them"
            )
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts, empty if it is left out."""
        value = self._take(name, required=False)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
            self.problem(f"{name} must be a list of texts")
            return ()
        return tuple(value)

    def table(self, name: str) -> _Table:
        """A table that must be there."""
        value = self._take(name, required=True)
        return _Table({} if value is None else value, self._under(name), self._problems)

    def tables(self, name: str) -> list[_Table]:
        """A list of tables, empty if it is left out; each is named by its number from 1."""
        value = self._take(name, required=False)
        if value is None:
            return []
        if not isinstance(value, list):
            self.problem(f"{name} must be a list of tables")
            return []
        return [
            _Table(item, self._under(f"{name} {number}"), self._problems)
            for number, item in enumerate(value, 1)
        ]

    def json(self, name: str, *, required: bool) -> dict[str, Any] | None:
        """A table of nothing but JSON types."""
        value = self._take(name, required=required)
        if value is None:
            return None
        if not isinstance(value, dict) or not _is_json(value):
            self.problem(f"{name} must be a table of texts, finite numbers, flags, lists, tables")
            return None
        return value

    def done(self) -> None:
        """Write down the fields that nobody asked for."""
        for name in self._fields:
            if name not in self._taken:
                close = difflib.get_close_matches(name, self._taken, 1)
                self.problem(f"unknown “{name}”" + (f": is it “{close[0]}”?" if close else ""))

    def _take(self, name: str, *, required: bool) -> Any:
        self._taken.append(name)
        if required and name not in self._fields:
            self.problem(f"{name} is missing")
        return self._fields.get(name)

    def _under(self, name: str) -> str:
        return f"{self.where}, {name}" if self.where else name


def _deck(table: _Table, lines: list[str]) -> Deck:
    head = table.table("deck")
    slug, title, description = head.slug("slug"), head.text("title"), head.text("description")
    head.done()
    headers = [number for number, line in enumerate(lines, 1) if _HEADER.match(line)]
    cards: list[Card] = []
    first_lines: dict[str, str] = {}
    for index, item in enumerate(table.tables("cards")):
        if index < len(headers):
            item.where = f"line {headers[index]}, card {index + 1}"
        place = item.where
        card = _card(item)
        if card.key in first_lines:
            item.problem(f"the key is taken by {first_lines[card.key]}")
        first_lines.setdefault(card.key, place)
        cards.append(card)
    table.done()
    if not cards:
        table.problem("a deck has at least one card")
    return Deck(slug, title, description, tuple(cards))


def _card(table: _Table) -> Card:
    key = table.slug("key")
    if key:
        table.where += f" ({key})"
    figure = table.json("figure", required=False)
    if figure is not None and not isinstance(figure.get("kind"), str):
        table.problem("figure has no kind")
    card = Card(
        key=key,
        front=table.text("front"),
        back=table.text("back"),
        topics=table.texts("topics"),
        source_front=table.optional_text("source_front"),
        source_text=table.optional_text("source_text"),
        erratum=table.optional_text("erratum"),
        figure=figure,
        claims=tuple(_claim(item) for item in table.tables("claims")),
        tries=tuple(_try(item) for item in table.tables("tries")),
    )
    table.done()
    return card


def _claim(table: _Table) -> Claim:
    claim = Claim(
        text=table.text("text"),
        request=_request(table.table("request")),
        result=table.json("result", required=True) or {},
    )
    table.done()
    return claim


def _try(table: _Table) -> Try:
    picture = table.optional_text("picture")
    if picture and not picture.startswith(_OWN):
        table.problem(f"picture must be an address of this service, {_OWN}…, not “{picture}”")
    one = Try(title=table.text("title"), request=_request(table.table("request")), picture=picture)
    table.done()
    return one


def _request(table: _Table) -> Request:
    method, path = table.text("method"), table.text("path")
    body = table.json("body", required=False)
    if method and method not in _METHODS:
        table.problem(f"method must be {' or '.join(_METHODS)}, not “{method}”")
    if path and not path.startswith(_OWN):
        table.problem(f"path must be one of this service and start with {_OWN}, not “{path}”")
    if method == "GET" and body is not None:
        table.problem("a GET has no body")
    if method == "POST" and body is None:
        table.problem("body is missing")
    table.done()
    return Request(method, path, body)


def _is_json(value: object) -> bool:
    """Whether JSON has this value: TOML also has dates, times, inf and nan."""
    if isinstance(value, dict):
        return all(_is_json(item) for item in value.values())
    if isinstance(value, list):
        return all(_is_json(item) for item in value)
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, str | int)
