"""Checking a deck: its form, its questions, and every claim against the service's own answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from service.quiz.cards import Claim, Deck, Request
from service.quiz.deck_file import load_deck
from service.quiz.errors import DeckError
from service.quiz.own.survey import survey

__all__ = ["RunRequest", "check_deck", "differences"]

_DRAWS: Final = 400
"""How many draws of a question's numbers are looked at, at each difficulty."""

RunRequest = Callable[[Request], tuple[int, object]]
"""Runs a request and returns the status and the JSON of its answer."""


def check_deck(source: bytes | Path | Deck, run_request: RunRequest | None = None) -> list[str]:
    """What is wrong with a deck, a line each; empty if nothing is.

    With ``run_request``, every claim is run too and its answer compared, and every try must answer,
    its picture too.
    """
    try:
        deck = source if isinstance(source, Deck) else load_deck(source)
    except DeckError as error:
        return list(error.problems)
    problems = [
        f"question {one.key}: {problem}"
        for one in deck.questions
        for problem in survey(one, _DRAWS)
    ]
    return [*problems, *(_run(deck, run_request) if run_request else ())]


def differences(expected: object, actual: object, pointer: str = "") -> Iterator[str]:
    """Where ``actual`` is not what ``expected`` says, each with its JSON pointer.

    Objects of ``actual`` may have more keys than expected; everything else must be equal.
    """
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key, value in expected.items():
            if key in actual:
                yield from differences(value, actual[key], f"{pointer}/{key}")
            else:
                yield f"{pointer}/{key} is missing"
    elif isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        for index, (one, other) in enumerate(zip(expected, actual, strict=True)):
            yield from differences(one, other, f"{pointer}/{index}")
    elif expected != actual or isinstance(expected, bool) != isinstance(actual, bool):
        yield f"{pointer or 'the answer'} is {_shown(actual)}, not {_shown(expected)}"


def _run(deck: Deck, run_request: RunRequest) -> Iterator[str]:
    for card in deck.cards:
        for number, claim in enumerate(card.claims, 1):
            for problem in _run_claim(claim, run_request):
                yield f"card {card.key}, claim {number} “{claim.text}”: {problem}"
        for number, one in enumerate(card.tries, 1):
            place = f"card {card.key}, try {number} “{one.title}”"
            status, _ = run_request(one.request)
            if not 200 <= status < 300:
                yield f"{place}: answered {status}"
            if one.picture:
                status, _ = run_request(Request("GET", one.picture))
                if not 200 <= status < 300:
                    yield f"{place}: its picture answered {status}"


def _run_claim(claim: Claim, run_request: RunRequest) -> Iterator[str]:
    status, answer = run_request(claim.request)
    if not 200 <= status < 300:
        yield f"answered {status}: {_shown(answer)}"
    else:
        yield from differences(dict(claim.result), answer)


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 200 else f"{text[:200]}…"
