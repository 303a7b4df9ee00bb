"""How a dialect declares what a layer takes: one declaration for schemas, options and readers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["REQUIRED", "Parameter", "ParameterKind", "Required"]

ParameterKind = Literal[
    "count",
    "number",
    "sizes",
    "numbers",
    "output",
    "padding",
    "sides",
    "flag",
    "choice",
    "shapes",
]
"""What JSON a parameter takes.

``count``    a whole number
``number``   any number
``sizes``    a whole number for every spatial axis, or a list with one for each
``numbers``  the same with any numbers
``output``   the same with whole numbers, where null in the list keeps the size of the input
``padding``  a word (``choices``), a number, or a list with a number or, where ``pairs``,
             a pair [before, after] for each spatial axis
``sides``    a whole number for all sides, or a list with two for each spatial axis
``flag``     true or false
``choice``   one of the words in ``choices``
``shapes``   a list of shapes, each a list of whole numbers
"""


class Required:
    """The default of a parameter that has none."""

    def __repr__(self) -> str:
        return "REQUIRED"


REQUIRED: Final = Required()


@dataclass(frozen=True, slots=True)
class Parameter:
    """One name that an operation of a dialect accepts.

    Every parameter may be null in a request, which means that it was not given. ``default`` is
    a JSON value, ``REQUIRED``, or None where leaving it out has a meaning of its own (said in
    ``help``). ``minimum`` bounds every number in it. ``alias_of`` names the parameter that this
    one is another word for; giving both is refused.
    """

    name: str
    kind: ParameterKind
    default: object
    help: str
    choices: tuple[str, ...] = ()
    minimum: int = 1
    pairs: bool = False
    alias_of: str | None = None

    @property
    def required(self) -> bool:
        """Whether a layer cannot be read without it."""
        return isinstance(self.default, Required)
