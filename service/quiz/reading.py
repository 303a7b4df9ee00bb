"""Reading what a learner answers: shapes, whole numbers and ratings, as people type them.

Generous where only one reading is possible (``13 × 13 × 16``, ``C=16, H=13, W=13``,
``torch.Size([13, 13, 16])``), and never guessing where it is not: an expression, a word or half
a shape is refused with a reason and a hint, and the learner may write it again.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final, Literal

from service.quiz.elements import UNKNOWN_AXIS, Element, elements, is_axis_name
from service.quiz.errors import UnreadableResponseError
from service.quiz.kinds import RATINGS, Rating
from service.shapes import LETTER_NAMES

__all__ = [
    "MAX_CHARACTERS",
    "MAX_DIGITS",
    "Reason",
    "choice_hint",
    "integer_hint",
    "rating_hint",
    "read_choice",
    "read_integer",
    "read_rating",
    "read_shape",
    "shape_hint",
]

MAX_CHARACTERS: Final = 64
MAX_DIGITS: Final = 15

Reason = Literal[
    "axes",
    "duplicate_axis",
    "len",
    "non_integer",
    "not_a_number",
    "not_an_option",
    "rating",
    "too_long",
]
"""Why a response was not read.

``too_long``        more than 64 characters
``not_a_number``    a word, an expression, a gap, or a number of more than 15 digits
``non_integer``     a number with a fraction: no size has one
``len``             too many or too few numbers for the shape
``duplicate_axis``  an axis named twice
``axes``            axes named that the shape lacks, or not all that it has
``not_an_option``   none of the answers to choose from
``rating``          none of again, hard, good, easy
"""

_QUOTES: Final = "\"'`“”‘’«»"
_SINGLE: Final = re.compile(
    r"""(?:(?P<label>[a-z]+)\s*(?=[=:]))? [=:]? \s*
        (?P<sign>[+-]?)
        (?P<whole>\d{1,3}(?P<mark>[,\ _'])\d{3}(?:(?P=mark)\d{3})*|\d+|(?=\.\d))
        (?P<fraction>\.\d*)? (?:\s*(?P<unit>[a-z]+))? \s* \.?""",
    re.VERBOSE,
)
_LETTER: Final = re.compile(r"(?:option |answer )?[(\[]?([a-h])[)\].:]?")
_LABELS: Final = frozenset({"o", "out", "output", "size", "answer"})
_UNITS: Final = frozenset({"px", "pixel", "pixels", "params", "parameters", "neurons", "macs"})
_EXAMPLE: Final[dict[str, int]] = {"N": 2, "C": 4, "D": 5, "H": 12, "W": 10, "L": 12}


def read_shape(response: object, layout: str) -> tuple[int, ...]:
    """The shape in ``response``, one number per letter of ``layout`` and in its order.

    ``response`` is what was typed, or a list of JSON numbers.

    Raises:
        UnreadableResponseError: it is no shape with these axes.
    """
    hint = shape_hint(layout)
    if isinstance(response, str):
        found = elements(_plain(response, hint), layout)
        if found is None:
            raise _refusal("not_a_number", f"{_quoted(response)} is not a list of sizes.", hint)
        numbers = _in_order(found, layout, hint)
    else:
        items = response if isinstance(response, list | tuple) else [response]
        numbers = [_json_number(item, hint) for item in items[:MAX_CHARACTERS]]
    if len(numbers) != len(layout):
        detail = f"This shape has {len(layout)} sizes ({_titles(layout)}), not {len(numbers)}."
        raise _refusal("len", detail, hint)
    return tuple(numbers)


def read_integer(response: object) -> int:
    """The whole number in ``response``: typed (``1,792`` is one number), or a JSON number.

    Raises:
        UnreadableResponseError: it is not one whole number.
    """
    hint = integer_hint()
    if isinstance(response, list | tuple) and len(response) == 1:
        response = response[0]
    if not isinstance(response, str):
        return _json_number(response, hint)
    found = _SINGLE.fullmatch(re.sub(r"[()\[\]{}<>]", " ", _plain(response, hint)).strip())
    if found is None or not _fitting_words(found["label"], found["unit"]):
        raise _refusal("not_a_number", f"{_quoted(response)} is not one whole number.", hint)
    digits = re.sub(r"\D", "", found["whole"])
    return _whole(f"{found['sign']}{digits}{found['fraction'] or ''}", hint)


def read_choice(response: object, options: Sequence[tuple[str, str]]) -> str:
    """The id of the option that was chosen: by its letter (``b``, ``B)``, ``(b)``) or its text.

    ``options`` are pairs of id and text.

    Raises:
        UnreadableResponseError: it is none of them.
    """
    hint = choice_hint(options)
    if isinstance(response, list | tuple) and len(response) == 1:
        response = response[0]
    if isinstance(response, int) and not isinstance(response, bool):
        response = str(response)
    if isinstance(response, str):
        texts = {_comparable(text): option for option, text in options}
        if len(response) <= max(MAX_CHARACTERS, *(len(text) for _, text in options)):
            chosen = _comparable(response)
            if chosen in texts:
                return texts[chosen]
            letter = _LETTER.fullmatch(chosen)
            if letter is not None and letter[1] in {option for option, _ in options}:
                return letter[1]
    raise _refusal("not_an_option", "That is none of the answers to choose from.", hint)


def read_rating(response: object) -> Rating:
    """The rating that learners give their own memory of a card: again, hard, good or easy.

    Raises:
        UnreadableResponseError: it is none of the four.
    """
    if isinstance(response, str) and len(response) <= MAX_CHARACTERS:
        word = unicodedata.normalize("NFKC", response).strip().casefold()
        for rating in RATINGS:
            if word == rating:
                return rating
    raise _refusal("rating", "That is none of the four ratings.", rating_hint())


def shape_hint(layout: str) -> str:
    """How to write a shape of this layout."""
    example = "x".join(str(_EXAMPLE[letter]) for letter in layout)
    named = ", ".join(f"{letter}={_EXAMPLE[letter]}" for letter in layout)
    order = " × ".join(LETTER_NAMES[letter] for letter in layout)
    return f"Write {order}, for example {example}, or name the sizes: {named}."


def integer_hint() -> str:
    """How to write a single number."""
    return "Write one whole number, for example 12."


def choice_hint(options: Sequence[tuple[str, str]]) -> str:
    """How to choose."""
    *first, last = (option for option, _ in options)
    return f"Answer with a letter: {', '.join(first)} or {last}."


def rating_hint() -> str:
    """How to rate a card."""
    return "Rate how well you knew it: again, hard, good or easy."


def _plain(text: str, hint: str) -> str:
    """``text`` in plain characters and lower case, without quotes around it."""
    if len(text) > MAX_CHARACTERS:
        detail = f"An answer has at most {MAX_CHARACTERS} characters, this one has {len(text)}."
        raise _refusal("too_long", detail, hint)
    if any(unicodedata.decomposition(c).startswith(("<super>", "<sub>")) for c in text):
        # NFKC alone would turn 13² into 132.
        raise _refusal("not_a_number", "A raised or lowered digit is no size.", hint)
    plain = unicodedata.normalize("NFKC", text).casefold().replace("−", "-")
    plain = "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in plain)
    return plain.strip().strip(_QUOTES).strip()


def _comparable(text: str) -> str:
    """``text`` without what does not tell two options apart: case, spaces, quotes, a full stop."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("−", "-")
    return " ".join(plain.strip(f"{_QUOTES} ").removesuffix(".").split())


def _in_order(found: Sequence[Element], layout: str, hint: str) -> list[int]:
    """The numbers in the order of ``layout``, whichever way their axes were named."""
    axes = [element.axis for element in found if element.axis is not None]
    for axis in axes:
        if axis != UNKNOWN_AXIS and axes.count(axis) > 1:
            raise _refusal("duplicate_axis", f"The {LETTER_NAMES[axis]} is given twice.", hint)
    numbers = [_whole(element.number, hint) for element in found]
    if len(axes) == len(found):
        if set(axes) != set(layout):
            detail = f"The axes of this shape are {_titles(layout)}: name each of them."
            raise _refusal("axes", detail, hint)
        return [numbers[axes.index(letter)] for letter in layout]
    for letter, element in zip(layout, found, strict=False):
        if element.axis not in (None, letter):
            detail = f"Name all of {_titles(layout)}, or none and keep to that order."
            raise _refusal("axes", detail, hint)
    return numbers


def _whole(text: str, hint: str) -> int:
    """The whole number that a plain decimal stands for."""
    whole, _, fraction = text.partition(".")
    if fraction.strip("0"):
        raise _refusal("non_integer", f"{text} is not a whole number; every size is.", hint)
    if len(whole.lstrip("+-")) > MAX_DIGITS:
        raise _refusal("not_a_number", f"No size has more than {MAX_DIGITS} digits.", hint)
    return int(whole + "0") // 10


def _json_number(value: object, hint: str) -> int:
    """The whole number in a JSON value; true and false are none, 13.0 is 13."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _refusal("not_a_number", "Only whole numbers make up this answer.", hint)
    if not abs(value) < 10**MAX_DIGITS:  # NaN is not below it either
        raise _refusal("not_a_number", f"No size has more than {MAX_DIGITS} digits.", hint)
    if value != int(value):
        raise _refusal("non_integer", f"{value} is not a whole number; every size is.", hint)
    return int(value)


def _fitting_words(label: str | None, unit: str | None) -> bool:
    known_label = label is None or label in _LABELS or is_axis_name(label)
    return known_label and (unit is None or unit in _UNITS)


def _titles(layout: str) -> str:
    return ", ".join(LETTER_NAMES[letter] for letter in layout)


def _quoted(response: str) -> str:
    """``response`` as it may stand in a message: never with characters that cannot be seen."""
    shown = response.strip()
    if not shown:
        return "An empty answer"
    return f"“{shown}”" if shown.isprintable() else "This answer"


def _refusal(reason: Reason, detail: str, hint: str) -> UnreadableResponseError:
    return UnreadableResponseError(reason, detail, hint)
