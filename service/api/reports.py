"""How a deck went, for teachers: as plain data, as lines of text, as a table, and drawn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from service.api.progress import in_percent
from service.figures import Drawing, Row, draw_rows
from service.quiz.kinds import RATINGS
from service.quiz.options import Offers, count_offers
from service.quiz.statistics import correlation, share, wilson
from service.spreadsheet import csv_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from service.quiz.templates import Template
    from service.store.reports import Item, Report

__all__ = ["ENOUGH", "PLOTS", "DeckReport", "as_csv", "as_text", "plain"]

ENOUGH: Final = 20
"""People from whom on discrimination is told: of fewer it is mostly chance."""

_MOST_ROWS: Final = 20


@dataclass(frozen=True, slots=True)
class DeckReport:
    """What was counted of a deck, and when; its templates and its cards' fronts, by their ids.

    ``own`` are its author's templates, in the versions of which answers were counted.
    """

    deck: str
    title: str
    templates: Mapping[str, Template]
    fronts: Mapping[str, str]
    counted: Report
    moment: datetime
    own: Mapping[tuple[str, int], Template] = field(default_factory=dict)


def plain(report: DeckReport) -> dict[str, Any]:
    """The members of the answer; what went worst comes first, what nobody answered last."""
    counted = report.counted
    offers = count_offers(counted.chosen, report.own)
    templates = [
        _template(report.templates[name], item, offers.get(name))
        for name, item in counted.templates.items()
    ]
    cards = [_card(name, report.fronts[name], item) for name, item in counted.cards.items()]
    items = (*counted.templates.values(), *counted.cards.values())
    return {
        "deck": report.deck,
        "title": report.title,
        "counted_at": report.moment,
        "people": counted.people,
        "answers": sum(item.answers for item in items),
        "erased_answers": sum(item.erased for item in items),
        "templates": sorted(templates, key=lambda one: _hardest(one, "share_right")),
        "cards": sorted(cards, key=lambda one: _hardest(one, "share_recalled")),
    }


def _hardest(one: Mapping[str, Any], name: str) -> tuple[bool, float, int]:
    worth = one[name]
    return worth is None, worth or 0.0, -one["answers"]


def _template(template: Template, item: Item, offers: Offers | None) -> dict[str, Any]:
    enough = item.pairs.pairs >= ENOUGH
    return {
        "id": template.id,
        "title": template.title,
        "kind": template.kind,
        "people": item.people,
        "answers": item.answers,
        "right": item.right,
        "erased_answers": item.erased,
        "first_answers": item.first_answers,
        "first_right": item.first_right,
        "share_right": share(item.first_right, item.first_answers),
        "interval": wilson(item.first_right, item.first_answers),
        "discrimination": correlation(item.pairs) if enough else None,
        "discrimination_people": item.pairs.pairs,
        "median_ms": item.median_ms,
        "mistakes": [
            {"code": code, "count": count}
            for code, count in sorted(item.mistakes.items(), key=lambda one: (-one[1], one[0]))
        ],
        "options": None if offers is None else _options(offers),
    }


def _options(offers: Offers) -> dict[str, Any]:
    codes = sorted(offers.offered, key=lambda code: (-offers.picked[code], code))
    return {
        "questions": offers.questions,
        "distractors": [
            {"code": code, "offered": offers.offered[code], "picked": offers.picked[code]}
            for code in codes
        ],
        "never_picked": [code for code in codes if not offers.picked[code]],
    }


def _card(card_id: str, front: str, item: Item) -> dict[str, Any]:
    rated = item.ratings.total()
    recalled = rated - item.ratings["again"]
    return {
        "id": card_id,
        "front": front,
        "people": item.people,
        "answers": item.answers,
        "erased_answers": item.erased,
        "recalled": recalled,
        "share_recalled": share(recalled, rated),
        "interval": wilson(recalled, rated),
        "median_ms": item.median_ms,
        "ratings": {rating: item.ratings[rating] for rating in RATINGS},
    }


def as_text(report: DeckReport) -> str:
    """The hardest first, a line for each."""
    view = plain(report)
    lines = [f"{view['title']}: answers: {view['answers']}, people: {view['people']}"]
    if view["erased_answers"]:
        lines[0] += f", answers of people who were erased: {view['erased_answers']}"
    lines += [f"{one['id']}: {_said(one)}" for one in _answered(view["templates"])]
    lines += [f"{one['id']}: {_recalled(one)}" for one in _answered(view["cards"])]
    for one in view["templates"]:
        if one["options"] and one["options"]["never_picked"]:
            never = ", ".join(one["options"]["never_picked"])
            lines.append(f"never picked in {one['options']['questions']} of {one['id']}: {never}")
    return "\n".join(lines)


def _answered(items: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [one for one in items if one["answers"]]


def _said(one: Mapping[str, Any]) -> str:
    """How a template went, in a line."""
    if one["share_right"] is None:
        return f"{one['right']} of {one['answers']} right, all of people who were erased"
    words = f"{in_percent(one['share_right'])} right, {one['first_right']} of "
    words += f"{one['first_answers']}"
    if one["discrimination"] is not None:
        words += f"; discrimination {one['discrimination']:.2f}".replace("-", "−")
    if one["mistakes"]:
        words += f"; {one['mistakes'][0]['code']} {one['mistakes'][0]['count']}×"
    return words


def _recalled(one: Mapping[str, Any]) -> str:
    return f"{in_percent(one['share_recalled'])} recalled, {one['recalled']} of {one['answers']}"


_NUMBERS: Final = (
    *("people", "answers", "right", "erased_answers", "first_answers", "first_right"),
    *("share_right", "discrimination", "discrimination_people", "recalled", "share_recalled"),
    *("median_ms", *RATINGS, "count", "offered", "picked"),
)


def as_csv(report: DeckReport) -> str:
    """A line for each template, card, mistake and distractor.

    ``about`` says which, ``of`` to which template a mistake or a distractor belongs.
    """
    return csv_text(("about", "name", "of", *_NUMBERS), _rows(plain(report)))


def _rows(view: Mapping[str, Any]) -> Iterator[Sequence[object]]:
    for one in view["templates"]:
        yield _row("template", one["id"], "", one)
    for one in view["cards"]:
        yield _row("card", one["id"], "", one | one["ratings"])
    for one in view["templates"]:
        for mistake in one["mistakes"]:
            yield _row("mistake", mistake["code"], one["id"], mistake)
        for distractor in one["options"]["distractors"] if one["options"] else ():
            yield _row("distractor", distractor["code"], one["id"], distractor)


def _row(about: str, name: str, of: str, values: Mapping[str, object]) -> Sequence[object]:
    return [about, name, of, *(values.get(column) for column in _NUMBERS)]


def _hardest_plot(report: DeckReport) -> Drawing:
    return _shares("Questions, hardest first", plain(report)["templates"], "share_right", _said)


def _cards_plot(report: DeckReport) -> Drawing:
    return _shares("Cards, hardest first", plain(report)["cards"], "share_recalled", _recalled)


def _shares(
    title: str,
    items: Sequence[Mapping[str, Any]],
    name: str,
    said: Callable[[Mapping[str, Any]], str],
) -> Drawing:
    shown = _answered(items)[:_MOST_ROWS]
    words = ". ".join(f"{one['id']}: {said(one)}" for one in shown) or "No answers yet"
    return draw_rows(
        title,
        f"{words}.",
        [Row(one["id"], one[name], said(one), one["interval"]) for one in shown],
        "Bar: the share right or recalled; line: where the true one lies with 95 % confidence.",
        shares=True,
    )


def _mistakes_plot(report: DeckReport) -> Drawing:
    counts: Counter[str] = Counter()
    for item in report.counted.templates.values():
        counts.update(item.mistakes)
    shown = sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:_MOST_ROWS]
    return draw_rows(
        "Mistakes in all questions",
        f"{', '.join(f'{code} {count} times' for code, count in shown) or 'None yet'}.",
        [Row(code, count, f"{count}×") for code, count in shown],
        "How often each wrong rule was behind an answer.",
    )


def _distractors_plot(report: DeckReport) -> Drawing:
    rows = [
        Row(code, offers.picked[code] / offered, f"{offers.picked[code]} of {offered}, {name}")
        for name, offers in sorted(count_offers(report.counted.chosen, report.own).items())
        for code, offered in offers.offered.items()
    ]
    shown = sorted(rows, key=lambda row: (row.value or 0.0, row.label))[:_MOST_ROWS]
    return draw_rows(
        "Distractors, the least picked first",
        f"{'. '.join(f'{row.label}: {row.text}' for row in shown) or 'None yet'}.",
        shown,
        "How often a wrong option was picked of how often it was offered, in the newest answers.",
        shares=True,
    )


PLOTS: Final[Mapping[str, Callable[[DeckReport], Drawing]]] = {
    "questions": _hardest_plot,
    "cards": _cards_plot,
    "mistakes": _mistakes_plot,
    "distractors": _distractors_plot,
}
"""The plots of a deck's report, by name."""
