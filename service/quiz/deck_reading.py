"""Reading decks and cards from plain data, whatever format it came in.

The form is that of a deck file (:mod:`service.quiz.deck_file` shows it): ``{"deck": {...}, "cards":
[{...}, ...], "questions": [{...}, ...]}``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from service.figures import FigureError, figure
from service.quiz.cards import Card, Claim, Deck, Request, Try
from service.quiz.deck_table import MAX_NAME, Table
from service.quiz.errors import DeckError, DeckFault
from service.quiz.own.reading import read_question
from service.quiz.rubric import Expectation, Rubric, phrase_problem

if TYPE_CHECKING:
    from service.quiz.own.question import WrittenQuestion

__all__ = [
    "MAX_CARDS",
    "MAX_ID",
    "MAX_QUESTIONS",
    "METHODS",
    "check_ids",
    "read_card",
    "read_deck",
    "read_head",
    "read_new_card",
    "read_own_question",
]

MAX_CARDS: Final = 5_000
MAX_QUESTIONS: Final = 100
MAX_ID: Final = 64
"""Characters of a question's id."""

METHODS: Final = ("GET", "POST")
_OWN: Final = "/v1/"
_MAX_ADDRESS: Final = 500
_MOST_EXPECTED: Final = 20
_MOST_PHRASES: Final = 100


def read_deck(content: object, lines: Mapping[str, Sequence[int]] | None = None) -> Deck:
    """Read a deck.

    ``lines`` are those on which its ``cards`` and ``questions`` begin, where they are known.

    Raises:
        DeckError: it is no deck; every fault found is in it.
    """
    faults: list[DeckFault] = []
    table = Table(content, faults)
    head = table.table("deck")
    slug = head.slug("slug")
    title, description = read_head(head)
    head.done()
    lines = lines or {}
    cards = [_card(*one) for one in _entries(table, "card", MAX_CARDS, lines)]
    keys = {card.key for card in cards}
    questions = []
    for item, key in _entries(table, "question", MAX_QUESTIONS, lines):
        _check_id(item, slug, key)
        questions.append(read_question(item, key, keys))
    table.done()
    if not cards and not questions:
        table.problem("a deck has at least one card")
    if faults:
        raise DeckError(faults)
    return Deck(slug, title, description, tuple(cards), tuple(questions))


def _entries(
    table: Table, name: str, most: int, lines: Mapping[str, Sequence[int]]
) -> Iterator[tuple[Table, str]]:
    """The tables of all cards or questions, each with its key and called by it."""
    first_places: dict[str, str] = {}
    begins = lines.get(f"{name}s", ())
    for index, item in enumerate(table.tables(f"{name}s", most)):
        if index < len(begins):
            item.where = f"line {begins[index]}, {name} {index + 1}"
        place = item.where
        key = item.slug("key")
        if key:
            item.where += f" ({key})"
        yield item, key
        if key in first_places:
            item.problem(f"the key is taken by {first_places[key]}", "key")
        first_places.setdefault(key, place)


def check_ids(deck: Deck) -> None:
    """Refuse a deck under another id than that of its file, if its questions' ids get too long.

    Raises:
        DeckError: they do.
    """
    faults: list[DeckFault] = []
    for place, one in enumerate(deck.questions):
        table = Table({}, faults, where=f"question {one.key}", pointer=f"/questions/{place}")
        _check_id(table, deck.slug, one.key)
    if faults:
        raise DeckError(faults)


def _check_id(table: Table, deck: str, key: str) -> None:
    """Write it down if a question's id, which is its deck's and its key, would be too long."""
    if len(deck) + 1 + len(key) > MAX_ID:
        table.problem(
            f"the deck's id and the key have {len(deck) + len(key)} characters; "
            f"{MAX_ID - 1} are allowed for both",
            "key",
        )


def read_head(head: Table) -> tuple[str, str]:
    """The title of a deck, and its description, which may be left out."""
    return head.text("title"), head.optional_text("description") or ""


def read_card(content: object, key: str) -> Card:
    """Read one card by itself, without its key, which is ``key``.

    Raises:
        DeckError: it is no card; every fault found is in it.
    """
    faults: list[DeckFault] = []
    card = _card(Table(content, faults), key)
    if faults:
        raise DeckError(faults)
    return card


def read_new_card(content: object, key: str) -> Card:
    """Read one card by itself, with its key or, where it has none, with ``key``.

    Raises:
        DeckError: it is no card; every fault found is in it.
    """
    faults: list[DeckFault] = []
    table = Table(content, faults)
    card = _card(table, table.slug("key") if "key" in table else key)
    if faults:
        raise DeckError(faults)
    return card


def read_own_question(
    content: object, deck: str, key: str | None, made_up: str, cards: Collection[str]
) -> WrittenQuestion:
    """Read one question of a deck by itself; ``cards`` are the keys of the deck's cards.

    Without a ``key`` it brings its own, or has none and gets the one that was ``made_up``.

    Raises:
        DeckError: it is no question, or none that could be asked; every fault found is in it.
    """
    faults: list[DeckFault] = []
    table = Table(content, faults)
    if key is None:
        key = table.slug("key") if "key" in table else made_up
    _check_id(table, deck, key)
    question = read_question(table, key, cards)
    if faults:
        raise DeckError(faults)
    return question


def _card(table: Table, key: str) -> Card:
    rubric = table.optional_table("rubric")
    card = Card(
        key=key,
        front=table.text("front"),
        back=table.text("back"),
        topics=table.texts("topics"),
        source_front=table.optional_text("source_front"),
        source_text=table.optional_text("source_text"),
        erratum=table.optional_text("erratum"),
        figure=_figure(table),
        claims=tuple(_claim(item) for item in table.tables("claims")),
        tries=tuple(_try(item) for item in table.tables("tries")),
        rubric=None if rubric is None else _rubric(rubric),
    )
    table.done()
    return card


def _figure(table: Table) -> dict[str, Any] | None:
    """What there is to draw; it must have a kind, and be drawable."""
    wanted = table.json("figure", required=False)
    if wanted is None:
        return None
    parameters = dict(wanted)
    kind = parameters.pop("kind", None)
    if not isinstance(kind, str):
        table.problem("figure has no kind", "figure")
        return None
    try:
        figure(kind, parameters)
    except FigureError as error:
        table.problem(f"figure{error.pointer}: {error.detail}", "figure", error.hint)
    return wanted


def _claim(table: Table) -> Claim:
    claim = Claim(
        text=table.text("text"),
        request=_request(table.table("request")),
        result=table.json("result", required=True) or {},
    )
    table.done()
    return claim


def _try(table: Table) -> Try:
    picture = table.optional_text("picture", longest=_MAX_ADDRESS)
    if picture and not picture.startswith(_OWN):
        table.problem(
            f"picture must be an address of this service, {_OWN}…, not “{picture[:100]}”", "picture"
        )
    one = Try(title=table.text("title"), request=_request(table.table("request")), picture=picture)
    table.done()
    return one


def _request(table: Table) -> Request:
    method, path = table.text("method"), table.text("path")
    body = table.json("body", required=False)
    if method and method not in METHODS:
        table.problem(f"method must be {' or '.join(METHODS)}, not “{method[:20]}”", "method")
    if path and not path.startswith(_OWN):
        table.problem(
            f"path must be one of this service and start with {_OWN}, not “{path[:100]}”", "path"
        )
    if method == "GET" and body is not None:
        table.problem("a GET has no body", "body")
    if method == "POST" and body is None:
        table.problem("body is missing", "body")
    table.done()
    return Request(method, path, body)


def _rubric(table: Table) -> Rubric:
    rubric = Rubric(
        concepts=_expectations(table, "concepts", required=True),
        forbidden=_expectations(table, "forbidden", required=False),
    )
    table.done()
    phrases = sum(len(one.any_of) for one in (*rubric.concepts, *rubric.forbidden))
    if phrases > _MOST_PHRASES:
        table.problem(f"{phrases} phrases; a rubric has at most {_MOST_PHRASES}")
    return rubric


def _expectations(table: Table, name: str, *, required: bool) -> tuple[Expectation, ...]:
    found = []
    for item in table.tables(name, _MOST_EXPECTED, required=required):
        title = item.optional_text("name", required=True, longest=MAX_NAME) or ""
        phrases = item.texts("any_of", required=True)
        if phrases == ():
            item.problem("any_of needs a phrase", "any_of")
        for phrase in phrases:
            wrong = phrase_problem(phrase)
            if wrong:
                item.problem(f"any_of: {wrong}", "any_of")
        item.done()
        found.append(Expectation(title, phrases))
    if required and not found:
        table.problem(f"{name} needs an entry", name)
    return tuple(found)
