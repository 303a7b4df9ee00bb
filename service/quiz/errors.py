"""What the quiz engine refuses, and how it says so."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

__all__ = [
    "DeckError",
    "DeckFault",
    "NoNumbersError",
    "QuizError",
    "UnknownTemplateError",
    "UnreadableResponseError",
]


class QuizError(Exception):
    """Something that the quiz engine cannot use.

    ::

        QuizError
        ├── UnreadableResponseError   what a learner typed is no answer of the kind asked for
        ├── UnknownTemplateError      no template, version or difficulty of this name
        ├── NoNumbersError            a question of one's own whose numbers lead nowhere
        └── DeckError                 a deck that does not follow the format
    """


class UnreadableResponseError(QuizError):
    """A response that cannot be read, which is not the same as a wrong one: it costs no attempt.

    ``reason`` is a stable snake_case name, ``detail`` says what was met, ``hint`` how to write it.
    """

    def __init__(self, reason: str, detail: str, hint: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.hint = hint


class UnknownTemplateError(QuizError):
    """No such template, version or difficulty; ``field`` says which of the three.

    ``hint`` names what there is.
    """

    def __init__(self, field: str, detail: str, hint: str) -> None:
        super().__init__(detail)
        self.field = field
        self.detail = detail
        self.hint = hint


class NoNumbersError(QuizError):
    """A question that somebody wrote, of whose numbers hardly any can be asked."""

    def __init__(self, template: str) -> None:
        super().__init__(f"The numbers of {template} lead to nothing that can be asked.")


class DeckFault(NamedTuple):
    """One thing that is wrong in a deck.

    ``pointer`` is a JSON pointer into the deck as plain data; ``where`` says in words where that is
    (line, card); ``hint`` says what would be right and may be empty.
    """

    pointer: str
    where: str
    detail: str
    hint: str = ""

    def __str__(self) -> str:
        """The fault in a line."""
        return f"{self.where}: {self.detail}" if self.where else self.detail


class DeckError(QuizError):
    """A deck that does not follow the format: ``faults``, and the same as lines in ``problems``."""

    def __init__(self, faults: Iterable[DeckFault]) -> None:
        self.faults = tuple(faults)
        self.problems = tuple(str(fault) for fault in self.faults)
        super().__init__("\n".join(self.problems))
