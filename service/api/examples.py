"""What the contract shows of stored things: rows such as the store gives, of the seed deck.

They are made when the contract is written, by the same functions that make real answers; only the
rows themselves are not stored anywhere.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from service.api.asked import Asked, asked_view
from service.api.cards import front
from service.api.progress import Doing
from service.api.remembering import intervals, past_review_view, review_view
from service.api.reports import DeckReport
from service.quiz.calendar import forecast, streak
from service.quiz.cards import Deck as WrittenDeck
from service.quiz.deck_file import seed_deck
from service.quiz.deck_reading import read_new_card, read_own_question
from service.quiz.grading import Grade, grade
from service.quiz.options import Chosen
from service.quiz.scheduling import DEFAULT_SCHEDULE, learner_day, review
from service.quiz.templates import TEMPLATES, generate
from service.shapes import ENGINE_VERSION
from service.store import (
    Answer,
    Card,
    CardVersion,
    Deck,
    Job,
    Question,
    Quiz,
    Review,
    Template,
    TemplateVersion,
    User,
    memories,
)
from service.store.decks import CardText
from service.store.practice import Day, Practice, Retention
from service.store.progress import Progress, Tally
from service.store.reports import Item, Report
from service.store.templates import TemplateText

if TYPE_CHECKING:
    from service.quiz.templates import Problem

__all__ = [
    "BASE",
    "CARD",
    "DRAWN",
    "JOB",
    "NEW_CARD",
    "NEW_QUESTION",
    "OWN_CARD",
    "OWN_DECK",
    "OWN_QUESTION",
    "QUESTION",
    "QUIZ",
    "RESPONSE",
    "USER",
    "WISH",
    "answer_given",
    "asked",
    "card",
    "deck",
    "deck_report",
    "doing",
    "due",
    "graded",
    "job",
    "own_card",
    "own_deck",
    "own_question",
    "person",
    "quiz",
    "reviewed",
    "written_deck",
]

BASE: Final = "http://localhost"
USER: Final = "ann"
CARD: Final = "cnn-valid-padding"
DRAWN: Final = "cnn-convolution"
"""A card with a picture."""

QUESTION: Final = "019aaf0d-1a2b-7d41-9000-0a7a1f0b6d52"
QUIZ: Final = "019aaf0d-3c4d-7e52-9000-1b8b2a2f1c63"
JOB: Final = "019aaf0d-6f70-7b74-9000-3dad4c4f3e85"
_TEMPLATE: Final = "conv-output-size"
_DIFFICULTY: Final = "easy"
_SEED: Final = 7
NEW_CARD: Final = {
    "key": "edge",
    "front": "How large is the output of a 3×3 filter on 9×9 without padding?",
    "back": "7×7.",
    "topics": ["output size"],
}
"""What :data:`OWN_CARD` was made of."""
WISH: Final = {"template": _TEMPLATE, "difficulty": _DIFFICULTY, "seed": _SEED}
"""What :data:`QUESTION` was asked for with: 54 by 54, filter 4, valid."""
RESPONSE: Final = "50"
"""What is answered to it: one short of 51."""

_ANSWER: Final = "019aaf0d-5b1f-7c35-8000-3f0c5d5ae0a1"
_PERSON: Final = UUID("3f1d7a52-0f5c-4c53-9a4e-5d0f2a1b7c66")
_MOMENT: Final = datetime(2026, 11, 23, 4, 5, 6, 789_000, tzinfo=UTC)
_TOOK: Final = timedelta(seconds=9)


def deck() -> Deck:
    """The seed deck, as it is stored."""
    seed = seed_deck()
    return Deck(
        id=seed.slug,
        title=seed.title,
        description=seed.description,
        version=1,
        updated_at=_MOMENT,
    )


def card(card_id: str) -> CardText:
    """A card of the seed deck with its first text."""
    seed = seed_deck()
    found = next(one for one in seed.cards if seed.card_id(one) == card_id)
    stored = Card(id=card_id, deck_id=seed.slug, key=found.key, position=0, version=1)
    text = CardVersion(card_id=card_id, version=1, content=found.content(), created_at=_MOMENT)
    return CardText(stored, text)


OWN_DECK: Final = "kernels"
"""A deck that its tenant wrote, of one card."""
OWN_CARD: Final = "kernels.edge"


def written_deck() -> WrittenDeck:
    """The same deck as a file has it, with its card."""
    return WrittenDeck(
        OWN_DECK, "Kernels", "What small filters do.", (read_new_card(NEW_CARD, ""),)
    )


def own_deck() -> Deck:
    """A deck that was just made."""
    return Deck(
        id=OWN_DECK,
        tenant_id="local",
        title="Kernels",
        description="What small filters do.",
        version=1,
        updated_at=_MOMENT,
    )


def own_card() -> CardText:
    """The first text of the only card in it."""
    found = read_new_card(NEW_CARD, "")
    stored = Card(id=OWN_CARD, deck_id=OWN_DECK, key=found.key, position=0, version=1)
    text = CardVersion(card_id=OWN_CARD, version=1, content=found.content(), created_at=_MOMENT)
    return CardText(stored, text)


OWN_QUESTION: Final = "kernels.camera"
"""A question of its own in the same deck."""
NEW_QUESTION: Final[dict[str, Any]] = {
    "key": "camera",
    "title": "Our camera",
    "template": "conv-output-size",
    "prompt": "A kernel of {kernel} goes over our pictures of {input}, stride {stride}: how high?",
    "numbers": {
        "height": 480,
        "width": 640,
        "kernel_size": {"from": 5, "to": 9, "step": 2},
        "stride": [2, 3],
    },
}
"""What :data:`OWN_QUESTION` was made of."""


def own_question() -> TemplateText:
    """The first version of it."""
    found = read_own_question(NEW_QUESTION, OWN_DECK, None, "", ())
    row = Template(id=OWN_QUESTION, deck_id=OWN_DECK, key=found.key, position=0, version=1)
    text = TemplateVersion(
        template_id=OWN_QUESTION, version=1, content=found.content(), created_at=_MOMENT
    )
    return TemplateText(row, text, "local")


def _problem() -> Problem:
    return generate(_TEMPLATE, _SEED, _DIFFICULTY)


def asked(state: str = "open") -> Asked:
    """The question of :data:`WISH`, before (``open``) or after it was answered or revealed."""
    problem = _problem()
    question = Question(
        id=UUID(QUESTION),
        user_id=_PERSON,
        kind=problem.kind,
        template=problem.template,
        template_version=problem.version,
        engine_version=ENGINE_VERSION,
        seed=problem.seed,
        difficulty=problem.difficulty,
        attempts_allowed=1,
        attempts_used=1 if state == "answered" else 0,
        state=state,
        issued_at=_MOMENT,
    )
    return Asked(question, problem)


def graded() -> Grade:
    """What the example's answer is worth."""
    return grade(_problem(), RESPONSE)


def answer_given() -> Answer:
    """An answer that is one short, to the question of :func:`asked`."""
    worth = graded()
    return Answer(
        id=UUID(_ANSWER),
        question_id=UUID(QUESTION),
        user_id=_PERSON,
        attempt=1,
        response=RESPONSE,
        read=worth.read,
        correct=worth.correct,
        score=0.0,
        mistake=worth.mistake.code if worth.mistake else None,
        rating=None,
        duration_ms=_TOOK // timedelta(milliseconds=1),
        answered_at=_MOMENT + _TOOK,
    )


def quiz() -> dict[str, Any]:
    """A quiz of one question that nobody answered yet."""
    made = Quiz(id=UUID(QUIZ), mode="practice", finished_at=None)
    return {
        "id": QUIZ,
        "mode": "practice",
        "state": "open",
        "deck": None,
        "difficulty": _DIFFICULTY,
        "length": 1,
        "answered": 0,
        "score_rule": "best",
        "started_at": _MOMENT,
        "closes_at": None,
        "finished_at": None,
        "score": None,
        "questions": [asked_view(asked(), BASE, made)],
        "links": {"self": f"/v1/quizzes/{QUIZ}", "finish": f"/v1/quizzes/{QUIZ}/finish"},
    }


def person() -> User:
    """Somebody with days of their own."""
    return User(
        id=_PERSON,
        external_id=USER,
        timezone="Europe/Berlin",
        schedule={"desired_retention": 0.95},
        created_at=_MOMENT,
    )


def due() -> dict[str, Any]:
    """A card that nobody has seen, as it is shown for a review."""
    return {
        "review_token": "MDAwMDAwMDAwMDAwMDAwMC4xLmNhcmQ6Y25uLXZhbGlkLXBhZGRpbmc",
        "kind": "card",
        "card": front(card(CARD)),
        "template": None,
        "state": "new",
        "due": None,
        "retrievability": None,
        "intervals": intervals(None, _MOMENT, DEFAULT_SCHEDULE),
    }


def reviewed() -> dict[str, Any]:
    """The first review of a card, and what came of it."""
    made = Review(id=UUID(_ANSWER), subject=f"card:{CARD}", rating="good", reviewed_at=_MOMENT)
    return review_view(made, review(None, "good", _MOMENT, DEFAULT_SCHEDULE))


def past_review() -> dict[str, Any]:
    """A card that was known, as it was foreseen."""
    made = Review(
        id=UUID(_ANSWER),
        subject=f"card:{CARD}",
        rating="good",
        duration_ms=9000,
        scheduled_days=8,
        retrievability=0.9,
        reviewed_at=_MOMENT,
        recorded_at=_MOMENT,
    )
    return past_review_view(made, undone=False)


def doing() -> Doing:
    """Somebody who began with one axis and one card."""
    sized: dict[str, Any] = {"asked": 3, "answered": 2, "answers": 2, "correct": 1, "ratings": {}}
    rated = sized | {"asked": 1, "answered": 1, "answers": 1, "correct": 0, "ratings": {"good": 1}}
    rules, day = memories.schedule_of(person()), timedelta(days=1)
    today = learner_day(_MOMENT, rules)
    return Doing(
        schedule=rules,
        today=today,
        progress=Progress(
            topics=tuple(Tally(name, **sized) for name in ("output size", "padding", "stride")),
            templates=(Tally("card", **rated), Tally(_TEMPLATE, **sized)),
            cards=(Tally(CARD, **rated),),
            mistakes=(("forgot_plus_one", 1),),
        ),
        practice=Practice(
            days=(Day(today - day, 2, 0), Day(today, 1, 0)),
            streak=streak([today - day, today], today),
            forecast=forecast([(_MOMENT, 1), (_MOMENT + 2 * day, 1)], _MOMENT, rules, 2),
            young=Retention(1, 1, 0.95),
            mature=Retention(),
        ),
    )


def job() -> Job:
    """A large import that is under way."""
    return Job(
        id=UUID(JOB),
        operation="importDeck",
        state="running",
        done=1200,
        total=4000,
        created_at=_MOMENT,
    )


def deck_report() -> DeckReport:
    """The seed deck, when few had tried it: one question, one with options, one card."""
    choice = "true-or-false"
    chosen = [Chosen(choice, 1, seed, "easy", mistake=None) for seed in range(3)]
    sized = Item(
        people=2,
        answers=5,
        right=3,
        erased=1,
        first_answers=4,
        first_right=3,
        median_ms=9000.0,
        mistakes=Counter(forgot_plus_one=2),
    )
    judged = Item(people=1, answers=3, right=3, first_answers=3, first_right=3)
    rated = Item(people=1, answers=2, ratings=Counter(good=1, again=1))
    known = {name: TEMPLATES[name] for name in (_TEMPLATE, choice)}
    counted = Report(2, {_TEMPLATE: sized, choice: judged}, {CARD: rated}, chosen)
    front = card(CARD).text.content["front"]
    return DeckReport("cnn", seed_deck().title, known, {CARD: front}, counted, _MOMENT)
