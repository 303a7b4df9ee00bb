"""How a deck's questions and cards went, with everybody who is a tenant's: sums, and no names.

Whatever can be is summed by the database: a row comes back for each template, card or mistake, and
of questions with options the newest few of each template.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Float, case, cast, func, literal, select, union_all
from sqlalchemy.orm import aliased

from service.quiz.options import Chosen
from service.quiz.statistics import Sums
from service.steps import Tell, tell_nobody
from service.store.memories import CARD, TEMPLATE
from service.store.patience import be_patient
from service.store.progress import may_be_told
from service.store.tables import Answer, Card, ErasedAnswers, Question, Quiz, Review, User

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, CompoundSelect, Function, Select, Subquery
    from sqlalchemy.orm import InstrumentedAttribute, Session

    from service.store.tables import Deck

NEWEST: Final = 200
"""How many questions of a template with options are looked at for which were picked."""

STEP_MS: Final = 250
LONGEST_MS: Final = 900_000
"""Times are counted in steps; what took longer counts as this."""

_ONE_AT_A_TIME: Final = 0x5265706F727473  # "Reports"

_STEPS: Final = 5


@dataclass(slots=True)
class Item:
    """What came of a template or a card.

    `answers` are all attempts and `right` those that were; of them `erased` are of people who were
    erased since. `people` gave `first_answers`, one to each question, `first_right` of them right.
    `pairs` are sums over people of their share right here and in the rest of the deck. Cards have
    `ratings` and are neither right nor wrong. Times are in milliseconds, the median to a step.
    """

    people: int = 0
    answers: int = 0
    right: int = 0
    erased: int = 0
    first_answers: int = 0
    first_right: int = 0
    pairs: Sums = field(default_factory=Sums)
    median_ms: float | None = None
    mistakes: Counter[str] = field(default_factory=Counter)
    ratings: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Report:
    """Items by the ids of templates and of cards, and the newest answers to choices."""

    people: int
    templates: dict[str, Item]
    cards: dict[str, Item]
    chosen: list[Chosen]


def report(
    session: Session,
    deck: Deck,
    tenant_id: str,
    *,
    templates: Collection[str],
    choices: Collection[str],
    cards: Collection[str],
    tell: Tell = tell_nobody,
) -> Report:
    """What came of these templates (of which `choices` have options) and a deck's `cards`.

    Answers in exams that are not finished are left out. It reads all answers of the tenant. On
    PostgreSQL one report at a time is counted, in whatever process: others wait for it as for any
    lock. On SQLite callers see to that.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))
        be_patient(session)
    items: dict[str, Item] = defaultdict(Item)  # a card may come or go meanwhile
    graded, rated = _graded(tenant_id, templates).subquery(), _rated(tenant_id, deck.id).subquery()
    people = _count_graded(session, graded, items)
    tell(1, _STEPS)
    _count_rated(session, rated, items)
    tell(2, _STEPS)
    others = _graded(tenant_id, templates).where(Answer.user_id == rated.c.user_id).exists()
    only_rated = select(func.count(rated.c.user_id.distinct())).where(~others)
    people += session.scalars(only_rated).one()
    tell(3, _STEPS)
    _time(session, graded, rated, items)
    tell(4, _STEPS)
    _add_erased(session, tenant_id, items)
    return Report(
        people=people,
        templates={one: items[f"{TEMPLATE}{one}"] for one in templates},
        cards={one: items[f"{CARD}{one}"] for one in cards},
        chosen=_chosen(session, tenant_id, choices),
    )


def _answers(tenant_id: str, *columns: Any) -> Select[Any]:
    """Columns of answers with their questions.

    That both are of one person is not said once more: PostgreSQL would expect next to no rows.
    """
    return (
        select(*columns)
        .select_from(Answer)
        .join(Question, Question.id == Answer.question_id)
        .join(User, User.id == Answer.user_id)
        .outerjoin(Quiz, Quiz.id == Question.quiz_id)
        .where(User.tenant_id == tenant_id, may_be_told())
    )


def _graded(tenant_id: str, templates: Collection[str]) -> Select[Any]:
    columns = (
        Question.template,
        Answer.user_id,
        case((Answer.correct.is_(True), 1), else_=0).label("right"),
        case((Answer.attempt == 1, 1), else_=0).label("first"),
        Answer.mistake,
        Answer.duration_ms,
    )
    return _answers(tenant_id, *columns).where(_one_of(Question.template, templates))


def _one_of(
    column: InstrumentedAttribute[Any], values: Collection[str] | Select[str]
) -> ColumnElement[bool]:
    """Whether a column has one of the values; not by searching an index for each of them."""
    return func.coalesce(column, "").in_(values)


def _rated(tenant_id: str, deck_id: str) -> CompoundSelect[Any]:
    """Ratings of a deck's cards: as answers to questions, and as reviews that were none."""
    cards = select(Card.id).where(Card.deck_id == deck_id, Card.retired_at.is_(None))
    asked = _answers(
        tenant_id, Question.card_id, Answer.user_id, Answer.rating, Answer.duration_ms
    ).where(Answer.rating.is_not(None), _one_of(Question.card_id, cards))
    card_id, later = func.substr(Review.subject, len(CARD) + 1), aliased(Review)
    undone = select(later.id).where(later.undoes == Review.id)
    reviewed = (
        select(card_id, Review.user_id, Review.rating, Review.duration_ms)
        .join(User, User.id == Review.user_id)
        .where(User.tenant_id == tenant_id, Review.answer_id.is_(None), ~undone.exists())
        .where(Review.rating.is_not(None), Review.subject.startswith(CARD), card_id.in_(cards))
    )
    return union_all(asked, reviewed)


def _count_graded(session: Session, graded: Subquery, items: dict[str, Item]) -> int:
    """All but the mistakes comes of sums for each person and template; returns how many people."""
    each = (
        select(
            graded.c.user_id,
            graded.c.template,
            func.count().label("answers"),
            func.sum(graded.c.right).label("right"),
            func.sum(graded.c.first).label("first"),
            func.sum(graded.c.first * graded.c.right).label("first_right"),
        )
        .group_by(graded.c.user_id, graded.c.template)
        .subquery()
    )

    def of_all(function: Function[Any]) -> ColumnElement[Any]:
        return function.over(partition_by=each.c.user_id)

    beside = select(
        each,
        (of_all(func.sum(each.c.first)) - each.c.first).label("rest"),
        (of_all(func.sum(each.c.first_right)) - each.c.first_right).label("rest_right"),
        case((of_all(func.row_number()) == 1, 1), else_=0).label("person"),
    ).subquery()
    here = cast(beside.c.first_right, Float) / beside.c.first
    x = case((beside.c.rest > 0, here))
    y = cast(beside.c.rest_right, Float) / func.nullif(beside.c.rest, 0)
    counts = ("person", "answers", "right", "first", "first_right")
    found = session.execute(
        select(
            beside.c.template,
            func.count(),
            func.count(y),
            *(func.sum(beside.c[name]) for name in counts),
            *(func.coalesce(func.sum(term), 0.0) for term in (x, y, x * x, y * y, x * y)),
        ).group_by(beside.c.template)
    )
    people = 0
    for template, number, pairs, persons, answers, right, first, first_right, *sums in found:
        people += int(persons)
        item = items[f"{TEMPLATE}{template}"]
        item.people = number
        item.answers, item.right = int(answers), int(right)
        item.first_answers, item.first_right = int(first), int(first_right)
        item.pairs = Sums(pairs, *map(float, sums))
    mistakes = (
        select(graded.c.template, graded.c.mistake, func.count())
        .where(graded.c.mistake.is_not(None))
        .group_by(graded.c.template, graded.c.mistake)
    )
    for template, mistake, number in session.execute(mistakes):
        items[f"{TEMPLATE}{template}"].mistakes[mistake] += number
    return people


def _count_rated(session: Session, rated: Subquery, items: dict[str, Item]) -> None:
    counts = select(rated.c.card_id, rated.c.rating, func.count()).group_by(
        rated.c.card_id, rated.c.rating
    )
    for card_id, rating, number in session.execute(counts):
        items[f"{CARD}{card_id}"].ratings[rating] += number
        items[f"{CARD}{card_id}"].answers += number
    people = select(rated.c.card_id, func.count(rated.c.user_id.distinct()))
    for card_id, number in session.execute(people.group_by(rated.c.card_id)):
        items[f"{CARD}{card_id}"].people = number


def _time(session: Session, graded: Subquery, rated: Subquery, items: dict[str, Item]) -> None:
    """The median of the times that were told; of a question that of its first answer.

    Sorting every time would take as long as all the rest. They are counted in steps short enough
    for a person, of which there are few, and the median lies in the middle of its step.
    """
    times = union_all(
        select(
            literal(TEMPLATE).concat(graded.c.template).label("item"), graded.c.duration_ms
        ).where(graded.c.first == 1, graded.c.duration_ms.is_not(None)),
        select(literal(CARD).concat(rated.c.card_id), rated.c.duration_ms).where(
            rated.c.duration_ms.is_not(None)
        ),
    ).subquery()
    longest = literal(LONGEST_MS // STEP_MS)
    step = times.c.duration_ms // STEP_MS
    step = case((step > longest, longest), else_=step).label("step")
    steps = select(times.c.item, step, func.count()).group_by(times.c.item, step)
    counts: dict[str, list[tuple[int, int]]] = {}
    for item, at, number in session.execute(steps.order_by(times.c.item, step)):
        counts.setdefault(item, []).append((at, number))
    for item, found in counts.items():
        half = sum(number for _, number in found) / 2
        reached = accumulate(number for _, number in found)
        at = next(at for (at, _), total in zip(found, reached, strict=True) if total >= half)
        items[item].median_ms = (at + 0.5) * STEP_MS


def _add_erased(session: Session, tenant_id: str, items: dict[str, Item]) -> None:
    """Add what is left of people who were erased to the totals."""
    kept = select(ErasedAnswers).where(ErasedAnswers.tenant_id == tenant_id)
    for row in session.scalars(kept):
        item = items[f"{CARD}{row.card_id}" if row.card_id else f"{TEMPLATE}{row.template}"]
        item.answers += row.answers
        item.erased += row.answers
        if row.card_id:
            item.ratings[row.outcome] += row.answers
        elif row.outcome == "right":
            item.right += row.answers
        if row.mistake:
            item.mistakes[row.mistake] += row.answers


def _chosen(session: Session, tenant_id: str, choices: Collection[str]) -> list[Chosen]:
    latest = func.row_number().over(partition_by=Question.template, order_by=Question.id.desc())
    columns = (Answer.question_id, Answer.mistake, latest.label("latest"))
    firsts = _answers(tenant_id, *columns).where(Answer.attempt == 1)
    newest = firsts.where(_one_of(Question.template, choices)).subquery()
    found = session.execute(
        select(
            Question.template,
            Question.template_version,
            Question.seed,
            Question.difficulty,
            newest.c.mistake,
        )
        .join(newest, newest.c.question_id == Question.id)
        .where(newest.c.latest <= NEWEST)
    )
    return [Chosen(*row) for row in found]
