"""What a template is: a maker of questions whose answers are computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, TypeAlias

from service.quiz.draw import MAX_SEED
from service.quiz.kinds import DIFFICULTIES, Difficulty, Kind
from service.shapes import Step

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from service.quiz.draw import Draw
    from service.shapes import Inference, Layer

__all__ = [
    "Key",
    "Option",
    "Problem",
    "Template",
    "Worked",
    "WrongAnswer",
    "describe_template",
    "line",
    "make_options",
    "question",
    "seed_material",
    "telling",
]

Key: TypeAlias = int | tuple[int, ...] | str
"""An answer: a whole number, a shape, or the id of an option."""


class WrongAnswer(NamedTuple):
    """A named mistake and the answer that it leads to."""

    code: str
    explanation: str
    would_give: Key


class Worked(NamedTuple):
    """What numbers lead to: the key, what each mistake would give, and the steps to the key."""

    key: int
    wrong: Sequence[WrongAnswer]
    steps: tuple[Step, ...]


class Option(NamedTuple):
    """One of the answers to choose from."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One question with its key; the same template, version, seed and difficulty make it again.

    ``request`` is the body that is sent to ``path`` to have the key computed; None where there is
    nothing to compute. A question on one layer has its ``inference`` and the ``quantity`` asked for
    (as in `service.shapes.mistakes`), and mistakes and derivation follow from them; others bring
    ``wrong`` answers and the ``steps`` that lead to the key. ``reason`` says in a sentence or two
    why the key is right. ``layout`` names the axes of a shape answer in their order. ``card`` is
    the id of the card to read, where it is not the template's first.
    """

    template: str
    version: int
    seed: int
    difficulty: Difficulty
    kind: Kind
    prompt: str
    response_hint: str
    request: Mapping[str, Any] | None
    inference: Inference | None
    quantity: str
    layout: str
    key: Key
    path: str = "/v1/shapes"
    options: tuple[Option, ...] = ()
    wrong: tuple[WrongAnswer, ...] = ()
    steps: tuple[Step, ...] = ()
    reason: str = ""
    card: str | None = None

    @property
    def layer(self) -> Layer:
        """The layer that the question is about; only for a question on one layer."""
        if self.inference is None:
            raise AttributeError("this question is not about one layer")
        return self.inference.layer


def question(
    template: Template,
    seed: int,
    difficulty: Difficulty,
    prompt: str,
    key: Key,
    hint: str,
    *,
    request: Mapping[str, Any] | None = None,
    inference: Inference | None = None,
    quantity: str = "",
    layout: str = "",
    **more: Any,
) -> Problem:
    """A problem of ``template``; ``more`` are the fields that few have."""
    return Problem(
        template=template.id,
        version=template.version,
        seed=seed,
        difficulty=difficulty,
        kind=template.kind,
        prompt=prompt,
        response_hint=hint,
        request=request,
        inference=inference,
        quantity=quantity,
        layout=layout,
        key=key,
        **more,
    )


def line(quantity: str, rule: str, formula: str, substitution: str, value: int) -> Step:
    """One line of a derivation that is not about an axis of a layer."""
    latex = f"{substitution} = {value}"
    for sign, command in _LATEX:
        latex = latex.replace(sign, command)
    return Step(None, quantity, rule, formula, substitution, value, latex)


_LATEX: Final = (
    ("⌊", r"\lfloor "),
    ("⌋", r" \rfloor"),
    ("⌈", r"\lceil "),
    ("⌉", r" \rceil"),
    ("·", r" \cdot "),
    ("×", r" \times "),
    ("−", "-"),
)


def telling(wrong: Iterable[WrongAnswer], key: Key, least: int = 2) -> tuple[WrongAnswer, ...]:
    """The wrong answers that are not the key; () if fewer than ``least``, or two of them alike."""
    found = tuple(one for one in wrong if one.would_give != key)
    given = {one.would_give for one in found}
    return found if len(given) == len(found) >= least else ()


def make_options(
    draw: Draw, right: str, wrong: Mapping[str, tuple[str, str]]
) -> tuple[str, tuple[Option, ...], tuple[WrongAnswer, ...]]:
    """Put a right text and wrong ones in an order drawn by chance: the key, options, mistakes.

    ``wrong`` gives for the code of each mistake its text and explanation.

    Raises:
        ValueError: two of the texts are alike.
    """
    entries = [("", right, ""), *((code, *words) for code, words in wrong.items())]
    if len({text for _, text, _ in entries}) < len(entries):
        raise ValueError("no two options may be alike")
    shuffled = draw.shuffle(entries)
    options = tuple(
        Option(letter, text) for letter, (_, text, _) in zip("abcdefgh", shuffled, strict=False)
    )
    mistakes = tuple(
        WrongAnswer(code, explanation, option.id)
        for option, (code, _, explanation) in zip(options, shuffled, strict=True)
        if code
    )
    (key,) = (option.id for option in options if option.text == right)
    return key, options, mistakes


class Template(Protocol):
    """A maker of questions of one sort.

    A version never changes what it makes of a seed: questions that were issued are made again when
    they are answered. What should be made otherwise is a new version, and the old one is kept.
    """

    @property
    def id(self) -> str:
        """The template's name for ever."""

    @property
    def version(self) -> int:
        """Counted from 1."""

    @property
    def title(self) -> str:
        """What it asks, in a few words."""

    @property
    def kind(self) -> Kind:
        """What kind of answer it wants."""

    @property
    def topics(self) -> tuple[str, ...]:
        """What it practises, in the words that cards use."""

    @property
    def cards(self) -> tuple[str, ...]:
        """Ids of the cards that explain it."""

    def __hash__(self) -> int:
        """Equal templates make the same."""

    def generate(self, seed: int, difficulty: Difficulty = "medium") -> Problem:
        """Make the question of this seed (0 to 2**53 − 1)."""


def describe_template(template: Template) -> dict[str, Any]:
    """The template in JSON types, for lists of templates."""
    return {
        "id": template.id,
        "version": template.version,
        "title": template.title,
        "kind": template.kind,
        "parameters": [
            {"name": "difficulty", "choices": list(DIFFICULTIES), "default": "medium"},
        ],
        "topics": list(template.topics),
        "cards": list(template.cards),
    }


def seed_material(template: Template, seed: int, difficulty: Difficulty) -> str:
    """What the draws of one question rest on.

    Raises:
        ValueError: the seed is not from 0 to 2**53 − 1.
    """
    if not 0 <= seed <= MAX_SEED:
        raise ValueError(f"a seed is a whole number from 0 to {MAX_SEED}, not {seed}")
    return f"{template.id}/{template.version}/{difficulty}/{seed}"
