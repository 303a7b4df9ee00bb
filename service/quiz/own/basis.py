"""What own questions are built on: a template's arithmetic on numbers that somebody chose."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from service.quiz.own.numbers import Number
from service.quiz.templates.base import Worked, WrongAnswer
from service.quiz.templates.convolutions import infer_setting
from service.shapes.mistakes import OUTPUT_SHAPE, expected, mistakes

if TYPE_CHECKING:
    from service.quiz.kinds import Kind
    from service.quiz.templates.base import Key
    from service.shapes import Inference, Step

__all__ = ["PADDING", "Basis", "Computed", "Values", "asked_axis", "on_layer", "size", "worked_out"]

Values: TypeAlias = Mapping[str, Any]
"""A value for each number of a basis, by its name."""


@dataclass(frozen=True, slots=True)
class Computed:
    """What the numbers of a question lead to.

    ``wrong`` are the mistakes that are to be told apart, likeliest first, without those that give
    the key; of ``invited`` ones none may give it. ``given`` is what the wording may tell beside the
    numbers. ``no_question`` says why there is nothing to ask, where that is so. The other fields
    are those of `service.quiz.templates.Problem`.
    """

    key: Key
    wrong: tuple[WrongAnswer, ...]
    request: Mapping[str, Any]
    invited: frozenset[str] = frozenset()
    given: Mapping[str, str] = field(default_factory=dict)
    inference: Inference | None = None
    quantity: str = ""
    layout: str = ""
    steps: tuple[Step, ...] = ()
    reason: str = ""
    path: str = "/v1/shapes"
    no_question: str = ""


@dataclass(frozen=True, slots=True)
class Basis:
    """One version of a template's arithmetic.

    ``parts`` are what the wording may say of several numbers at once ("640×480"): by its name the
    numbers in it. ``given`` names what is computed and has to be told, as the question is about
    what leads to it. ``least`` mistakes have to show.

    What it makes of numbers is fixed for ever, the mistakes that are told apart and their order
    included: a change is a new version.
    """

    template: str
    kind: Kind
    numbers: tuple[Number, ...]
    compute: Callable[[Values], Computed]
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    given: tuple[str, ...] = ()
    least: int = 2
    version: int = 1

    def number(self, name: str) -> Number | None:
        """The number of this name."""
        return next((one for one in self.numbers if one.name == name), None)

    def say(self, values: Values) -> dict[str, str]:
        """How the wording says each number and each of its parts."""
        words = {one.name: one.in_words(values[one.name]) for one in self.numbers if not one.secret}
        for part, names in self.parts.items():
            words[part] = "×".join(str(values[name]) for name in names)
        return words

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The names that a wording may have in braces."""
        told = [one.name for one in self.numbers if not one.secret]
        return (*self.parts, *told, *self.given)


PADDING: Final = Number(
    "padding",
    "Pixels on each side, or a rule.",
    least=0,
    words={"valid": "“valid”", "same": "“same”"},
    default="valid",
)


def size(name: str = "height", about: str = "Pixels of the input, from top to bottom.") -> Number:
    """A side of the input."""
    return Number(name, about, most=100_000)


def asked_axis() -> Number:
    """Which side of the output is asked for."""
    return Number(
        "axis",
        "The side that is asked for.",
        None,
        words={"height": "height", "width": "width"},
        default="height",
    )


def on_layer(
    request: Mapping[str, Any], quantity: str, told_apart: Iterable[str], invited: Iterable[str]
) -> Computed:
    """A question on one quantity of one layer; raises ShapeError where the engine refuses it."""
    inference = infer_setting(dict(request))
    found = mistakes(inference, quantity)
    return Computed(
        key=expected(inference, quantity),
        wrong=tuple(WrongAnswer(*one) for code in told_apart for one in found if one.code == code),
        request=request,
        invited=frozenset(invited),
        inference=inference,
        quantity=quantity,
        layout=inference.layer.layout if quantity == OUTPUT_SHAPE else "",
    )


def worked_out(worked: Worked, request: Mapping[str, Any], **more: Any) -> Computed:
    """A question whose template works out the key and the mistakes by itself."""
    wrong = tuple(one for one in worked.wrong if one.would_give != worked.key)
    return Computed(worked.key, wrong, request, steps=worked.steps, **more)
