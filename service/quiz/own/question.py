"""Questions as their authors write them: a template with numbers and words of one's own."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from service.quiz.content import content_hash
from service.quiz.kinds import DIFFICULTIES

if TYPE_CHECKING:
    from service.quiz.content import JsonObject
    from service.quiz.kinds import Difficulty, Kind

__all__ = ["WrittenQuestion"]


@dataclass(frozen=True, slots=True)
class WrittenQuestion:
    """A question of one's own, as it stands in a deck.

    ``key`` is its name inside the deck and never changes. ``template`` is what computes it, in its
    version ``template_version``; ``numbers`` what that is given, as they are written (a value, a
    list to draw from, a range), and ``levels`` those that are others at a difficulty. ``prompt``
    is the wording, with names in braces where the numbers go. ``cards`` are the keys of the deck's
    cards that explain it. With a ``difficulty`` it is asked at that one alone.
    """

    key: str
    title: str
    template: str
    prompt: str
    numbers: JsonObject
    template_version: int = 1
    kind: Kind = "integer"
    topics: tuple[str, ...] = ()
    cards: tuple[str, ...] = ()
    difficulty: Difficulty | None = None
    levels: Mapping[str, JsonObject] = field(default_factory=dict)

    def at(self, difficulty: Difficulty) -> JsonObject:
        """The numbers at a difficulty, as they are written."""
        return {**self.numbers, **self.levels.get(difficulty, {})}

    def without(self, cards: Collection[str]) -> WrittenQuestion:
        """The same, not explained by these cards."""
        return replace(self, cards=tuple(one for one in self.cards if one not in cards))

    @property
    def difficulties(self) -> tuple[Difficulty, ...]:
        """At which it is asked."""
        return DIFFICULTIES if self.difficulty is None else (self.difficulty,)

    def content(self) -> dict[str, Any]:
        """Everything but the key, in JSON types: what one version of the question is."""
        return {
            "title": self.title,
            "template": self.template,
            "template_version": self.template_version,
            "kind": self.kind,
            "prompt": self.prompt,
            "topics": list(self.topics),
            "cards": list(self.cards),
            "difficulty": self.difficulty,
            "numbers": dict(self.numbers),
            **{level: dict(self.levels[level]) for level in DIFFICULTIES if level in self.levels},
        }

    @classmethod
    def of(cls, key: str, content: JsonObject) -> WrittenQuestion:
        """The question of this key whose `content` this is."""
        return cls(
            key=key,
            title=content["title"],
            template=content["template"],
            prompt=content["prompt"],
            numbers=content["numbers"],
            template_version=content["template_version"],
            kind=content["kind"],
            topics=tuple(content["topics"]),
            cards=tuple(content["cards"]),
            difficulty=content["difficulty"],
            levels={level: content[level] for level in DIFFICULTIES if level in content},
        )

    @property
    def content_hash(self) -> str:
        """SHA-256 of the content: another one is another version of the question."""
        return content_hash(self.content())
