"""Reading questions of one's own from plain data, whatever format it came in."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Final

from service.quiz.deck_table import MAX_NAME
from service.quiz.kinds import DIFFICULTIES
from service.quiz.own import numbers, wording
from service.quiz.own.bases import BASES, find_basis
from service.quiz.own.question import WrittenQuestion
from service.quiz.own.survey import survey
from service.quiz.templates import TEMPLATES

if TYPE_CHECKING:
    from service.quiz.deck_table import Table
    from service.quiz.own.basis import Basis

__all__ = ["MAX_PROMPT", "read_question"]

MAX_PROMPT: Final = 2_000
_MOST_NUMBERS: Final = 20


def read_question(table: Table, key: str, cards: Collection[str]) -> WrittenQuestion:
    """Read one question, without its key, which is ``key``; ``cards`` are the keys of its deck's.

    What is wrong is written down in the table: what it says, what its wording leaves out or can't
    tell, and numbers of which hardly any can be asked.
    """
    before = table.problems
    basis = _basis(table)
    question = WrittenQuestion(
        key=key,
        title=table.optional_text("title", required=True, longest=MAX_NAME) or "",
        template=basis.template if basis else "",
        template_version=basis.version if basis else 1,
        prompt=table.optional_text("prompt", required=True, longest=MAX_PROMPT) or "",
        kind=_kind(table, basis),
        topics=table.texts("topics"),
        cards=table.texts("cards"),
        difficulty=_difficulty(table),
        numbers=_numbers(table, "numbers", basis),
        levels={level: _numbers(table, level, basis) for level in DIFFICULTIES if level in table},
    )
    table.done()
    for card in question.cards:
        if card not in cards:
            table.problem(f"the deck has no card “{card}”{_meant(card, cards)}", "cards")
    if basis is not None:
        _check_levels(table, question, basis)
        if table.problems == before:
            for problem in wording.faults(question.prompt, basis.placeholders, _secret(basis)):
                table.problem(f"prompt: {problem}", "prompt")
            _check_told(table, question, basis)
        if table.problems == before:
            for problem in survey(question):
                table.problem(problem, "numbers")
    return question


def _basis(table: Table) -> Basis | None:
    """What the question is built on, in the version that is named or in the newest."""
    name, version = table.text("template"), table.value("template_version")
    if not name:
        return None
    found = BASES.get(name)
    if found is None:
        what = "makes its numbers by itself" if name in TEMPLATES else "is no template"
        near = _meant(name, BASES) or f": build on {', '.join(BASES)}"
        table.problem(f"template “{name[:100]}” {what}{near}", "template")
    elif version is not None:
        try:
            return find_basis(name, version)
        except (KeyError, TypeError):
            table.problem(f"template {name} has the version {found.version}", "template_version")
    return found


def _kind(table: Table, basis: Basis | None) -> Any:
    own = basis.kind if basis else "integer"
    return table.word("kind", (own, "choice"), own)


def _difficulty(table: Table) -> Any:
    return table.word("difficulty", DIFFICULTIES, "") or None


def _secret(basis: Basis) -> list[str]:
    return [number.name for number in basis.numbers if number.secret]


def _meant(name: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(name[:100], known, 1)
    return f": is it “{close[0]}”?" if close else ""


def _numbers(table: Table, name: str, basis: Basis | None) -> Mapping[str, Any]:
    """The numbers as they are written; what is wrong with them is written down."""
    inner = table.optional_table(name)
    if inner is None:
        return {}
    found = {}
    names = inner.names()
    if len(names) > _MOST_NUMBERS:
        inner.problem(f"{len(names)} numbers; a template has at most {_MOST_NUMBERS}")
        return {}
    for one in names:
        written, number = inner.value(one), basis and basis.number(one)
        if number:
            for problem in numbers.faults(number, written):
                inner.problem(f"{one}: {problem}", one)
        elif basis is not None:
            known = [number.name for number in basis.numbers]
            near = _meant(one, known) or f": it has {', '.join(known)}"
            inner.problem(f"{basis.template} has no number “{one[:100]}”{near}", one)
        found[one] = written
    return found


def _check_levels(table: Table, question: WrittenQuestion, basis: Basis) -> None:
    """Write down numbers that are missing at a difficulty, and those of one that never comes."""
    for level in question.levels:
        if level not in question.difficulties:
            table.problem(f"{level} is never asked: difficulty is {question.difficulty}", level)
    for number in basis.numbers:
        if number.secret and any(
            number.takes(level.get(number.name))
            for level in map(question.at, question.difficulties)
        ):
            table.problem(
                f"{number.name} is what is asked for: give a list or a range, so that it isn't "
                "always the same",
                "numbers",
            )
        lacking = [one for one in question.difficulties if number.name not in question.at(one)]
        if lacking and number.default is None and number.like is None:
            where = "" if lacking == list(question.difficulties) else f" at {', '.join(lacking)}"
            table.problem(
                f"{number.name} is missing{where}: {number.about} It is {number.wanted}", "numbers"
            )


def _check_told(table: Table, question: WrittenQuestion, basis: Basis) -> None:
    """Write down what nobody could answer without, and the wording doesn't tell."""
    told = wording.names(question.prompt)
    told |= {name for part in told for name in basis.parts.get(part, ())}
    allowed = [question.at(difficulty) for difficulty in question.difficulties]
    varied = []
    for number in basis.numbers:
        values = [numbers.choices(one[number.name]) for one in allowed if number.name in one]
        fixed = len({*map(tuple, values)}) <= 1 and all(len(one) == 1 for one in values)
        if not fixed or (values and len(values) < len(allowed)):
            varied.append(number)
        if number.like and not values and number.name in told:
            told.add(number.like)
    for number in varied:
        if number.name not in told and not number.secret:
            parts = [part for part, names in basis.parts.items() if number.name in names]
            places = " or ".join(f"{{{name}}}" for name in (number.name, *parts))
            table.problem(
                f"prompt: {number.name} is drawn, but not told: put in {places}", "prompt"
            )
    for name in basis.given if varied and _secret(basis) else ():
        if name not in told:
            table.problem(f"prompt: it doesn't tell the {name}: put in {{{name}}}", "prompt")
