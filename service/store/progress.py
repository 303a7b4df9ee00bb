"""What a person has asked, answered and got right: by template, by card, and by mistake."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Select, case, func, or_, select

from service.store.tables import Answer, Question, Quiz

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Tally:
    """Questions of one template or card: `asked`, of which `answered`, of which `correct`.

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
    """A person's tallies, by name; mistakes with their counts, commonest first."""

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


_Questions = Select[str, str | None, int, int, int]
_Answers = Select[str, str | None, bool | None, str | None, str | None, int]


class _Counts:
    def __init__(self) -> None:
        self.asked = self.answered = self.answers = self.correct = 0
        self.ratings: Counter[str] = Counter()

    def tally(self, name: str) -> Tally:
        ratings = dict(sorted(self.ratings.items()))
        return Tally(name, self.asked, self.answered, self.answers, self.correct, ratings)


def progress(session: Session, user_id: UUID) -> Progress:
    """Two queries over one person's own rows, however many other people there are.

    What answers in an exam were worth is counted once it is finished.
    """
    templates: dict[str, _Counts] = {}
    cards: dict[str, _Counts] = {}
    mistakes: Counter[str] = Counter()

    def counts(template: str, card_id: str | None) -> list[_Counts]:
        found = [templates.setdefault(template, _Counts())]
        return [*found, cards.setdefault(card_id, _Counts())] if card_id else found

    for template, card_id, asked, answered, answers in session.execute(_questions(user_id)):
        for count in counts(template, card_id):
            count.asked += asked
            count.answered += int(answered)  # PostgreSQL's sum of integers is a Decimal
            count.answers += int(answers)
    for template, card_id, correct, mistake, rating, number in session.execute(_answers(user_id)):
        for count in counts(template, card_id):
            count.correct += number if correct else 0
            if rating is not None:
                count.ratings[rating] += number
        if mistake is not None:
            mistakes[mistake] += number
    return Progress(
        templates=tuple(templates[name].tally(name) for name in sorted(templates)),
        cards=tuple(cards[name].tally(name) for name in sorted(cards)),
        mistakes=tuple(sorted(mistakes.items(), key=lambda item: (-item[1], item[0]))),
    )


def _questions(user_id: UUID) -> _Questions:
    return (
        select(
            Question.template,
            Question.card_id,
            func.count(),
            func.sum(case((Question.attempts_used > 0, 1), else_=0)),
            func.sum(Question.attempts_used),
        )
        .where(Question.user_id == user_id)
        .group_by(Question.template, Question.card_id)
    )


def _answers(user_id: UUID) -> _Answers:
    return (
        select(
            Question.template,
            Question.card_id,
            Answer.correct,
            Answer.mistake,
            Answer.rating,
            func.count(),
        )
        .join(Question, Question.id == Answer.question_id)
        .outerjoin(Quiz, Quiz.id == Question.quiz_id)
        .where(Answer.user_id == user_id)
        .where(or_(Quiz.id.is_(None), Quiz.mode != "exam", Quiz.finished_at.is_not(None)))
        .group_by(
            Question.template, Question.card_id, Answer.correct, Answer.mistake, Answer.rating
        )
    )
