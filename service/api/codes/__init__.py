"""The registry of error codes: what each is called, its HTTP status, and what to do about it.

``code`` in an error answer is one of these, ``type`` is its address here (``/errors/{code}``), and
``GET /errors`` lists them all. Every code that is raised anywhere in the service stands in one of
the tables beside this file; a test holds that. Codes never change their meaning.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from service.api.codes import layers, networks, numbers, operations, pictures, requests, state

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CODES", "Code", "explain"]

_SENTENCE: Final = re.compile(r"(?<=[.!?]) (?=[A-Z`])")


@dataclass(frozen=True, slots=True)
class Code:
    """One reason for which a request is refused.

    ``title`` is the same every time (the ``detail`` of an answer is not); ``explanation`` says in
    a few sentences when it happens and, in its last, what to do. ``area`` groups the page that
    lists them.
    """

    code: str
    status: int
    title: str
    explanation: str
    area: str

    @property
    def hint(self) -> str:
        """What to do, where an answer can say nothing closer: how the explanation ends."""
        return _SENTENCE.split(self.explanation)[-1]


_TABLES: Final = (
    requests.TABLE,
    layers.TABLE,
    operations.TABLE,
    networks.TABLE,
    numbers.TABLE,
    pictures.TABLE,
    state.TABLE,
)

CODES: Final[Mapping[str, Code]] = MappingProxyType(
    {
        name: Code(name, status, title, explanation, area)
        for table in _TABLES
        for area, entries in table.items()
        for name, (status, title, explanation) in entries.items()
    }
)
"""Every code by its name, in the order in which ``GET /errors`` lists them."""


def explain(code: str) -> Code:
    """The entry of ``code``.

    A code without one (a test holds that there is none) is a refusal of the request all the same:
    422, under its own name.
    """
    known = CODES.get(code)
    if known is not None:
        return known
    return Code(code, 422, code.replace("_", " ").capitalize(), "", "Other")
