"""Decks as files: JSON, TOML and CSV, written so that reading them again changes nothing.

JSON and TOML have one form, that of a deck file (:mod:`service.quiz.deck_file`). CSV has a line for
each card and nothing of the deck itself nor of questions, which stay as they are; what is no text
in it (figure, claims, tries, rubric) is JSON in a cell. A column that a CSV file doesn't have
stays as it is on the cards that are known.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from service.integrations.toml_text import toml_text
from service.quiz.deck_file import MAX_BYTES, load_deck
from service.quiz.deck_reading import read_deck
from service.quiz.errors import DeckError, DeckFault
from service.spreadsheet import csv_lines, csv_text

if TYPE_CHECKING:
    from service.quiz.cards import Deck

__all__ = ["FORMATS", "MEDIA_TYPES", "plain", "read", "write"]

FORMATS: Final = ("json", "csv", "toml")
MEDIA_TYPES: Final = {
    "json": "application/json",
    "csv": "text/csv",
    "toml": "application/toml",
}
_TEXTS: Final = ("front", "back", "source_front", "source_text", "erratum")
_JSON: Final = ("figure", "claims", "tries", "rubric")
_COLUMNS: Final = ("key", "front", "back", "topics", *_TEXTS[2:], *_JSON)


def write(deck: Deck, kind: str) -> str:
    """The deck as a file of one of :data:`FORMATS`."""
    return _WRITERS[kind](deck)


def read(source: bytes, kind: str, slug: str, known: Deck | None = None) -> Deck:
    """Read a deck from a file of one of :data:`FORMATS`.

    CSV says nothing of the deck, so that comes from ``known``, the deck as it was; where there is
    none, ``slug`` is its id and its title. JSON and TOML name themselves.

    Raises:
        DeckError: it is no deck; every fault found is in it, with its line where lines count.
    """
    if kind == "toml":
        return load_deck(source)
    if len(source) > MAX_BYTES:
        raise _refused(f"a deck file has at most {MAX_BYTES} bytes, this one has {len(source)}")
    try:
        text = source.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refused(f"not UTF-8: byte {error.start} cannot be read") from error
    if kind == "json":
        try:
            return read_deck(_loads(text))
        except (ValueError, RecursionError) as error:
            raise _refused(f"not JSON: {error}") from error
    return _read_csv(text, slug, known)


def plain(deck: Deck) -> dict[str, Any]:
    """The deck in JSON types, in the form of a deck file; what a card doesn't have is left out."""
    head = {"slug": deck.slug, "title": deck.title, "description": deck.description}
    cards = [
        {"key": card.key, **{name: value for name, value in card.content().items() if value}}
        for card in deck.cards
    ]
    content: dict[str, Any] = {"deck": {name: text for name, text in head.items() if text}}
    content |= {"cards": cards} if cards else {}
    questions = [
        {"key": one.key, **{name: value for name, value in one.content().items() if value}}
        for one in deck.questions
    ]
    return content | ({"questions": questions} if questions else {})


def _write_json(deck: Deck) -> str:
    return json.dumps(plain(deck), ensure_ascii=False, indent=1) + "\n"


def _write_toml(deck: Deck) -> str:
    content = plain(deck)
    parts = ["[deck]", *toml_text(content["deck"])]
    for name in ("cards", "questions"):
        for entry in content.get(name, ()):
            parts += ["", f"[[{name}]]", *toml_text(entry)]
    return "\n".join(parts) + "\n"


def _write_csv(deck: Deck) -> str:
    rows = []
    for card in deck.cards:
        content = {"key": card.key, **card.content()}
        cells = {name: content[name] for name in ("key", *_TEXTS)}
        cells |= {name: _json_cell(content.get(name)) for name in _JSON}
        cells["topics"] = _topics_cell(content["topics"])
        rows.append([cells[name] for name in _COLUMNS])
    return csv_text(_COLUMNS, rows)


_WRITERS: Final[Mapping[str, Callable[[Deck], str]]] = {
    "json": _write_json,
    "csv": _write_csv,
    "toml": _write_toml,
}


def _json_cell(value: object) -> str | None:
    return json.dumps(value, ensure_ascii=False) if value else None


def _topics_cell(topics: list[str]) -> str | None:
    simple = "; ".join(topics)
    if simple.startswith("[") or _topics(simple) != topics:
        return _json_cell(topics)
    return simple


def _topics(cell: str) -> Any:
    if cell.startswith("["):
        return _loads(cell)
    return [topic.strip() for topic in cell.split(";") if topic.strip()]


def _read_csv(text: str, slug: str, known: Deck | None) -> Deck:
    faults: list[DeckFault] = []
    old = {} if known is None else {card.key: card.content() for card in known.cards}
    fronts = {content["front"]: key for key, content in old.items()}
    lines, cards = [], []
    for place, (line, cells) in enumerate(_rows(text, faults)):
        given = _values(cells, f"line {line}, card {place + 1}", f"/cards/{place}", faults)
        front = str(given.get("front") or "").strip()
        key = given.get("key") or fronts.get(front) or _made_up_key(front)
        card = {**old.get(key, {}), **given, "key": key}
        cards.append({name: value for name, value in card.items() if value is not None})
        lines.append(line)
    head = {"slug": slug, "title": slug}
    if known is not None:
        head["title"] = known.title
        head |= {"description": known.description} if known.description else {}
    try:
        deck = read_deck({"deck": head, "cards": cards}, {"cards": lines})
    except DeckError as error:
        faults += error.faults
    if faults:
        raise DeckError(faults)
    return deck if known is None else _with_questions(deck, known)


def _with_questions(deck: Deck, known: Deck) -> Deck:
    """The deck with the questions that it has, of which a table knows nothing."""
    keys = {card.key for card in deck.cards}
    questions = (one.without(set(one.cards) - keys) for one in known.questions)
    return replace(deck, questions=tuple(questions))


def _values(
    cells: Mapping[str, str], where: str, pointer: str, faults: list[DeckFault]
) -> dict[str, Any]:
    """What the cells of a line say."""
    given = {}
    for name, cell in cells.items():
        try:
            given[name] = _value(name, cell)
        except (ValueError, RecursionError):
            fault = DeckFault(f"{pointer}/{name}", where, f"{name} is no JSON", "see an export")
            faults.append(fault)
    return given


def _rows(text: str, faults: list[DeckFault]) -> list[tuple[int, dict[str, str]]]:
    """The lines of the cards with their numbers; cells by their columns."""
    try:
        table = [(line, cells) for line, cells in csv_lines(text) if any(cells)]
    except ValueError as error:
        raise _refused(f"not CSV: {error}") from error
    if not table:
        return []
    head_line, columns = table[0]
    names = [name.strip().lower() for name in columns]
    for name, times in Counter(names).items():
        if name not in _COLUMNS or times > 1:
            what = "twice" if name in _COLUMNS else "no column of a card"
            faults.append(
                DeckFault("", f"line {head_line}", f"“{name[:100]}” is {what}", ", ".join(_COLUMNS))
            )
    rows = []
    for line, cells in table[1:]:
        if len(cells) > len(names):
            faults.append(
                DeckFault("", f"line {line}", f"{len(cells)} cells under {len(names)} headings")
            )
        rows.append((line, dict(zip(names, cells, strict=False))))
    return rows


def _value(name: str, cell: str) -> Any:
    """What a cell says; None for an empty one."""
    if not cell.strip():
        return [] if name == "topics" else None
    if name == "topics":
        return _topics(cell)
    return _loads(cell) if name in _JSON else cell


def _loads(text: str) -> Any:
    """JSON that can be written again; ValueError or RecursionError if it is none."""
    value = json.loads(text)
    json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    return value


def _made_up_key(front: str) -> str:
    """A key that the same front gets again."""
    words = unicodedata.normalize("NFKD", front).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "-", words)[:40].strip("-")
    digest = hashlib.sha256(front.encode(errors="replace")).hexdigest()[:8]
    return f"{name}-{digest}" if name else digest


def _refused(detail: str) -> DeckError:
    return DeckError([DeckFault("", "", detail)])
