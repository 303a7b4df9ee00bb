"""What a person was asked, answered and got right: by topic, template, card, and by mistake."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select

from service.quiz.templates import TEMPLATES
from service.store import templates
from service.store.tables import Answer, Card, CardVersion, Question, Quiz

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Tally:
    """Questions of one template, card or topic: `asked`, of which `answered`, of which `correct`.

    `answers` counts every attempt. `ratings` has the self-ratings of card questions, which are
    neither right nor wrong.
    """

    name: str
    asked: int
    answered: int
    answers: int
    correct: int
    ratings: dict[str, int]


@dataclass(frozen=True, slots=True)
class Progress:
    """A person's tallies, by name; mistakes with their counts, commonest first.

    What has several topics counts for each of them.
    """

    topics: tuple[Tally, ...]
    templates: tuple[Tally, ...]
    cards: tuple[Tally, ...]
    mistakes: tuple[tuple[str, int], ...]

    @property
    def asked(self) -> int:
        """All questions asked."""
        return sum(tally.asked for tally in self.templates)

    @property
    def answered(self) -> int:
        """The questions that have an answer."""
        return sum(tally.answered for tally in self.templates)

    @property
    def correct(self) -> int:
        """The questions that have a right answer."""
        return sum(tally.correct for tally in self.templates)


class _Counts:
    def __init__(self) -> None:
        self.asked = self.answered = self.answers = self.correct = 0
        self.ratings: Counter[str] = Counter()

    def tally(self, name: str) -> Tally:
        ratings = dict(sorted(self.ratings.items()))
        return Tally(name, self.asked, self.answered, self.answers, self.correct, ratings)


def progress(session: Session, user_id: UUID) -> Progress:
    """Two queries over one person's stretch of two indexes, however many other people there are.

    What answers in an exam were worth is counted once it is finished.
    """
    counts: dict[tuple[str, str | None], _Counts] = {}
    mistakes: Counter[str] = Counter()
    for template, card_id, asked in session.execute(_asked(user_id)):
        counts.setdefault((template, card_id), _Counts()).asked += asked
    for template, card_id, correct, mistake, rating, answers, questions, first in session.execute(
        _answers(user_id)
    ):
        count = counts.setdefault((template, card_id), _Counts())
        count.answers += answers
        count.answered += int(first)  # PostgreSQL's sum of integers is a Decimal
        count.correct += questions if correct else 0
        if rating is not None:
            count.ratings[rating] += answers
        if mistake is not None:
            mistakes[mistake] += answers
    of_cards = _topics_of_cards(session, user_id) if any(card_id for _, card_id in counts) else {}
    of_templates = _topics_of_templates(session, {template for template, _ in counts})
    return Progress(
        topics=_tallies(
            (topic, count)
            for (template, card_id), count in counts.items()
            for topic in (of_cards.get(card_id, ()) if card_id else of_templates.get(template, ()))
        ),
        templates=_tallies((template, count) for (template, _), count in counts.items()),
        cards=_tallies((card_id, count) for (_, card_id), count in counts.items() if card_id),
        mistakes=tuple(sorted(mistakes.items(), key=lambda item: (-item[1], item[0]))),
    )


def _topics_of_cards(session: Session, user_id: UUID) -> dict[str, tuple[str, ...]]:
    """What the cards that a person was asked are about, in the words of their current texts."""
    asked = select(Question.card_id).where(Question.user_id == user_id)
    statement = (
        select(Card.id, CardVersion.content)
        .join(CardVersion, CardVersion.card_id == Card.id)
        .where(CardVersion.version == Card.version, Card.id.in_(asked))
    )
    return {card_id: tuple(content["topics"]) for card_id, content in session.execute(statement)}


def _topics_of_templates(
    session: Session, template_ids: Collection[str]
) -> dict[str, tuple[str, ...]]:
    """What templates practise, those that authors wrote in the words of today."""
    known = {name: TEMPLATES[name].topics for name in template_ids if name in TEMPLATES}
    return known | templates.topics(session, template_ids)


def _tallies(named: Iterable[tuple[str, _Counts]]) -> tuple[Tally, ...]:
    """The sums of what has the same name, by name."""
    sums: dict[str, _Counts] = {}
    for name, count in named:
        total = sums.setdefault(name, _Counts())
        total.asked += count.asked
        total.answered += count.answered
        total.answers += count.answers
        total.correct += count.correct
        total.ratings += count.ratings
    return tuple(sums[name].tally(name) for name in sorted(sums))


def _asked(user_id: UUID) -> Select[str, str | None, int]:
    return (
        select(Question.template, Question.card_id, func.count())
        .where(Question.user_id == user_id)
        .group_by(Question.template, Question.card_id)
    )


def may_be_told() -> ColumnElement[bool]:
    """Whether an answer, joined with its question's quiz, is not of an unfinished exam."""
    return or_(Quiz.id.is_(None), Quiz.mode != "exam", Quiz.finished_at.is_not(None))


def _answers(
    user_id: UUID,
) -> Select[str, str | None, bool | None, str | None, str | None, int, int, int]:
    """Answers by what they were worth: how many, to how many questions, how many first ones."""
    kinds = (
        Question.template,
        Question.card_id,
        case((may_be_told(), Answer.correct)).label("told"),
        case((may_be_told(), Answer.mistake)).label("mistake_told"),
        Answer.rating,
    )
    return (
        select(
            *kinds,
            func.count(),
            func.count(Answer.question_id.distinct()),
            func.sum(case((Answer.attempt == 1, 1), else_=0)),
        )
        .select_from(Answer)
        .join(Question, and_(Question.id == Answer.question_id, Question.user_id == user_id))
        .outerjoin(Quiz, and_(Quiz.id == Question.quiz_id, Quiz.user_id == user_id))
        .where(Answer.user_id == user_id)
        .group_by(*kinds)
    )
