"""What a template is: a maker of questions that the shape engine can answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from service.quiz.draw import MAX_SEED
from service.quiz.kinds import DIFFICULTIES, Difficulty, Kind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.shapes import Inference, Layer

__all__ = ["Problem", "Template", "describe_template", "seed_material"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One question with its key; the same template, version, seed and difficulty make it again.

    ``request`` is the body of the shapes request whose answer is the key: its ``quantity`` (the
    whole "output_shape", or the name of one axis). ``layout`` names the axes of a shape answer in
    their order; it is empty for an integer.
    """

    template: str
    version: int
    seed: int
    difficulty: Difficulty
    kind: Kind
    prompt: str
    response_hint: str
    request: Mapping[str, Any]
    inference: Inference
    quantity: str
    layout: str
    key: int | tuple[int, ...]

    @property
    def layer(self) -> Layer:
        """The layer that the question is about."""
        return self.inference.layer


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
