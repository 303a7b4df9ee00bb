"""Talking with whoever sits at the terminal, or with a pipe in their place."""

from __future__ import annotations

import sys
from textwrap import wrap
from typing import Final

from service.cli.sketch import ASCII, UNICODE, Marks

__all__ = ["QUIT", "STOPS", "StoppedError", "ask", "marks", "say", "wrapped"]

QUIT: Final = ("quit", "q", "exit")
WIDTH: Final = 88


class StoppedError(Exception):
    """The learner has had enough."""


STOPS: Final = (EOFError, KeyboardInterrupt, StoppedError)
"""What ends a session: Ctrl-D or the end of the input, Ctrl-C, or a word."""


def say(*lines: str) -> None:
    """Print lines, and let them be seen before anything is waited for."""
    print("\n".join(lines), flush=True)


def ask() -> str:
    """What is typed next; raises one of :data:`STOPS` when that is to be the end."""
    typed = input("> ").strip()
    if typed.lower() in QUIT:
        raise StoppedError
    return typed


def wrapped(text: str) -> list[str]:
    """A text in lines that fit; its own line breaks stay."""
    return [line for part in text.strip().splitlines() for line in wrap(part, WIDTH) or [""]]


def marks() -> Marks:
    """The marks for pictures that standard output can write."""
    try:
        "".join(UNICODE).encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return ASCII
    return UNICODE
