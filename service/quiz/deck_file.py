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

    [cards.rubric]                   # what a typed answer is held against
    concepts = [{ name = "no padding", any_of = ["no padding", "padding ... zero", "pad* 0"] }]
    forbidden = [{ name = "pads the border", any_of = ["pads ... zeros"] }]

    [[questions]]                    # of one's own; a deck has cards or questions or both
    key = "camera"
    title = "What our camera gives"
    template = "conv-output-shape"   # what computes the key: docs/authoring.md lists them
    prompt = "{filters} kernels of {kernel} meet a picture of {input}, stride {stride}. What ...?"
    kind = "choice"                  # of options that are named mistakes; this may be left out
    topics = ["output size"]         # and what follows too
    cards = ["valid-padding"]        # keys of cards that explain it
    difficulty = "hard"              # asked at this one alone
    [questions.numbers]
    height = 480                     # one number,
    width = 640
    channels = 3
    filters = [8, 16]                # one of these,
    kernel_size = { from = 3, to = 7, step = 2 }
    stride = 2
    [questions.hard]                 # others at this difficulty; easy and medium likewise
    stride = [2, 3]
"""

from __future__ import annotations

import re
import tomllib
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Final

from service.quiz.deck_reading import read_deck
from service.quiz.errors import DeckError, DeckFault

if TYPE_CHECKING:
    from service.quiz.cards import Deck

__all__ = ["MAX_BYTES", "load_deck", "seed_deck"]

MAX_BYTES: Final = 5_000_000
_PART: Final = r"""(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')"""
_LONG_KEY: Final = re.compile(rf"(?<![\w-]){_PART}(?:[ \t]*+\.[ \t]*+{_PART}){{16}}")
"""A key of 17 parts with dots between: what takes tomllib a time that grows with their square."""
_HEADER: Final = re.compile(r"\s*\[\[\s*(cards|questions)\s*\]\]")


def load_deck(source: bytes | Path) -> Deck:
    """Read a deck from a file or its bytes.

    Raises:
        DeckError: it is no deck; every problem found is in it.
        OSError: the file cannot be read.
    """
    data = source if isinstance(source, bytes) else source.read_bytes()
    if len(data) > MAX_BYTES:
        raise _no_file(f"a deck file has at most {MAX_BYTES} bytes, this one has {len(data)}")
    try:
        text = data.decode()
        if _LONG_KEY.search(text):
            raise RecursionError
        content = tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise _no_file(f"not UTF-8: byte {error.start} cannot be read") from error
    except tomllib.TOMLDecodeError as error:
        raise _no_file(f"not TOML: {error}") from error
    except ValueError as error:  # of Python's own: it reads no more digits than that
        raise _no_file("a whole number in it has more than 4,300 digits") from error
    except RecursionError as error:
        raise _no_file("not TOML that anybody wrote: nested too deeply") from error
    lines: dict[str, list[int]] = {}
    for number, line in enumerate(text.split("\n"), 1):
        header = _HEADER.match(line)
        if header:
            lines.setdefault(header[1], []).append(number)
    return read_deck(content, lines)


def _no_file(detail: str) -> DeckError:
    return DeckError([DeckFault("", "", detail)])


def seed_deck() -> Deck:
    """The deck that comes with the service: seventeen cards on convolutional networks."""
    return load_deck(resources.files("service.quiz").joinpath("decks", "cnn.toml").read_bytes())
