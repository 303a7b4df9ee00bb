"""What the quiz engine refuses, and how it says so."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["DeckError", "QuizError", "UnknownTemplateError", "UnreadableResponseError"]


class QuizError(Exception):
    """Something that the quiz engine cannot use.

    ::

        QuizError
        ├── UnreadableResponseError   what a learner typed is no answer of the kind asked for
        ├── UnknownTemplateError      no template, version or difficulty of this name
        └── DeckError                 a deck file that does not follow the format
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


class DeckError(QuizError):
    """A deck file with ``problems``: one line each, naming the line and the card."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)
