"""A deck's report beside numpy and statistics, over the rows that the test made."""

from __future__ import annotations

from collections import Counter, defaultdict
from random import Random
from statistics import median_low
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
import pytest

from answered import append
from service.quiz.statistics import correlation
from service.store import (
    Database,
    Deck,
    StoreUnavailable,
    Timeouts,
    decks,
    memories,
    migrate,
    questions,
    quizzes,
    reports,
    tenants,
    users,
)

TEMPLATES = ("conv-output-size", "true-or-false", "which-filter", "conv-macs")
PEOPLE = 12


class Line(NamedTuple):
    """One answer, as the test made it."""

    person: UUID
    item: str
    question: UUID
    attempt: int
    correct: bool | None
    mistake: str | None
    rating: str | None
    duration: int | None


class School:
    """People who answer at random, and the lines of what they did."""

    def __init__(self, database: Database, clock: Any, rng: Random) -> None:
        self.database, self.clock, self.rng = database, clock, rng
        self.lines: list[Line] = []

    def person(self, tenant: str, name: str) -> UUID:
        with self.database.write() as session:
            tenants.ensure(session, tenant, name=tenant, now=self.clock())
            made = users.get_or_create(session, tenant, name, now=self.clock(), rng=self.rng)
            return made.id

    def answer(self, person: UUID, template: str, skill: float, **more: Any) -> list[Line]:
        """Ask a question and try up to three times."""
        rng, lines = self.rng, []
        with self.database.write() as session:
            now = self.clock.advance(seconds=5)
            made = {
                "kind": "choice",
                "template": template,
                "template_version": 1,
                "seed": 7,
                **more,
            }
            question = questions.issue(
                session, person, engine_version="1", difficulty="easy", now=now, rng=rng,
                attempts_allowed=3, **made | more,
            )  # fmt: skip
            for attempt in range(1, rng.randrange(1, 5)):
                if not question.attempts_left:
                    break
                values: dict[str, Any] = {"correct": rng.random() < skill}
                if not values["correct"]:
                    values["mistake"] = rng.choice(["a", "b", "c", None])
                if rng.random() < 0.8:
                    values["duration_ms"] = rng.randrange(4000)
                append(session, question, response="x", now=now, rng=rng, **values)
                told = (values.get("mistake"), None, values.get("duration_ms"))
                lines.append(Line(person, template, question.id, attempt, values["correct"], *told))
        return lines

    def rate(self, person: UUID, text: Any, rating: str) -> Line:
        with self.database.write() as session:
            now = self.clock.advance(seconds=5)
            question = questions.issue(
                session, person, engine_version="1", difficulty="easy", now=now, rng=self.rng,
                kind="card", template="card", template_version=1, seed=1, card=text,
            )  # fmt: skip
            append(session, question, response="x", now=now, rng=self.rng, rating=rating)
        return Line(person, text.card_id, question.id, 1, None, None, rating, None)

    def review(self, person: UUID, card_id: str, rating: str, *, undo: bool = False) -> list[Line]:
        with self.database.write() as session:
            user, now = memories.lock(session, person), self.clock.advance(seconds=5)
            values: dict[str, Any] = {"now": now, "rng": self.rng, "duration_ms": 777}
            made = memories.record(session, user, f"card:{card_id}", rating, **values).review
            if undo:
                memories.undo(session, user, now=self.clock.advance(seconds=5), rng=self.rng)
                return []
        return [Line(person, card_id, made.id, 1, None, None, rating, 777)]


@pytest.fixture
def school(database: Database, clock: Any, rng: Random, make_deck: Any) -> School:
    made = School(database, clock, rng)
    with database.write() as session:
        decks.load(session, make_deck("a", "b", "c"), now=clock())
    return made


def counted(database: Database, tenant: str = "local") -> reports.Report:
    with database.read() as session:
        return reports.report(
            session,
            decks.get(session, "cnn", tenant_id=tenant),
            tenant,
            templates=TEMPLATES,
            choices=TEMPLATES[1:3],
            cards=["cnn-a", "cnn-b", "cnn-c"],
        )


def test_a_report_is_what_the_rows_say(school: School) -> None:
    rng = school.rng
    stranger, other = school.person("elsewhere", "ann"), TEMPLATES[0]
    school.answer(stranger, other, 0.5)
    with school.database.read() as session:
        texts = [row.text for row in decks.page_of_cards(session, "cnn", limit=9).items[:2]]
    lines: list[Line] = []
    for number in range(PEOPLE):
        person, skill = school.person("local", f"person {number}"), number / PEOPLE
        for template in TEMPLATES[: 2 + number % 3]:
            for _ in range(rng.randrange(1, 4)):
                lines += school.answer(person, template, skill)
        school.answer(person, "not-in-this-deck", skill)
        for text in texts[: number % 3]:
            lines.append(school.rate(person, text, rng.choice(["again", "good"])))
            rating = rng.choice(["again", "easy"])
            lines += school.review(person, text.card_id, rating, undo=number % 4 == 0)
    found = counted(school.database)
    assert found.people == len({line.person for line in lines})
    for template, item in found.templates.items():
        own = [line for line in lines if line.item == template]
        first = [line for line in own if line.attempt == 1]
        assert len(first) > 3
        assert item.people == len({line.person for line in own})
        assert (item.answers, item.right) == (len(own), sum(bool(line.correct) for line in own))
        assert item.first_answers == len(first) == len({line.question for line in own})
        assert item.first_right == sum(bool(line.correct) for line in first)
        assert item.mistakes == Counter(line.mistake for line in own if line.mistake)
        times = [line.duration for line in first if line.duration is not None]
        assert item.median_ms == median_low([time // 250 for time in times]) * 250 + 125
        x, y = shares(lines, template)
        assert item.pairs.pairs == len(x) > 2
        assert correlation(item.pairs) == pytest.approx(np.corrcoef(x, y)[0, 1])
    for card_id, item in found.cards.items():
        own = [line for line in lines if line.item == card_id]
        assert (item.answers, item.people) == (len(own), len({line.person for line in own}))
        assert item.ratings == Counter(line.rating for line in own)
        assert item.median_ms == (875 if own else None)
    firsts = [line for line in lines if line.attempt == 1 and line.item in TEMPLATES[1:3]]
    assert Counter((one.template, one.mistake) for one in found.chosen) == Counter(
        (line.item, line.mistake) for line in firsts
    )
    elsewhere = counted(school.database, "elsewhere")
    assert (elsewhere.people, elsewhere.templates[other].people) == (1, 1)


def shares(lines: list[Line], template: str) -> tuple[list[float], list[float]]:
    """Each person's share right in a template and in all others, by first attempts."""
    marks: dict[UUID, dict[bool, list[bool]]] = defaultdict(lambda: {True: [], False: []})
    for line in lines:
        if line.attempt == 1 and line.rating is None:
            marks[line.person][line.item == template].append(bool(line.correct))
    both = [own for own in marks.values() if own[True] and own[False]]
    return [float(np.mean(own[True])) for own in both], [float(np.mean(own[False])) for own in both]


def test_totals_outlive_people(school: School) -> None:
    """What people did stays in the totals when they are erased; nothing else of it does."""
    kept, gone = school.person("local", "ann"), school.person("local", "bob")
    with school.database.read() as session:
        text = decks.page_of_cards(session, "cnn", limit=1).items[0].text
    lines = [
        line for person in (kept, gone, gone) for line in school.answer(person, TEMPLATES[3], 0.5)
    ]
    lines += [school.rate(person, text, "again") for person in (kept, gone)]
    with school.database.write() as session:
        users.erase(session, gone, now=school.clock())
    found = counted(school.database)
    item, card = found.templates[TEMPLATES[3]], found.cards[text.card_id]
    own = [line for line in lines if line.item == TEMPLATES[3]]
    assert item.answers == len(own)
    assert item.right == sum(bool(line.correct) for line in own)
    assert item.mistakes == Counter(line.mistake for line in own if line.mistake)
    assert item.erased == sum(line.person == gone for line in own)
    assert item.first_answers == sum(line.person == kept and line.attempt == 1 for line in own)
    assert (card.answers, card.erased, card.people) == (2, 1, 1)
    assert card.ratings == {"again": 2}


def test_an_exam_counts_when_it_is_finished(school: School) -> None:
    ann = school.person("local", "ann")
    made = {"mode": "exam", "seed": 1, "difficulty": "easy", "rng": school.rng}
    with school.database.write() as session:
        exam = quizzes.start(session, ann, now=school.clock(), **made)
    lines = []
    for position in range(9):
        lines += school.answer(ann, TEMPLATES[1], 0.5, quiz_id=exam.id, position=position)
    before = counted(school.database)
    assert (before.people, before.templates[TEMPLATES[1]].answers, before.chosen) == (0, 0, [])
    with school.database.write() as session:
        quizzes.finish(
            session, quizzes.lock(session, exam.id, tenant_id="local"), now=school.clock()
        )
    after = counted(school.database)
    assert after.templates[TEMPLATES[1]].answers == len(lines) > 0
    assert len(after.chosen) == sum(line.attempt == 1 for line in lines)


def test_a_deck_that_nobody_tried(school: School) -> None:
    empty = counted(school.database)
    assert (empty.people, empty.chosen) == (0, [])
    assert all(
        item == reports.Item() for item in (*empty.templates.values(), *empty.cards.values())
    )


def test_only_the_newest_choices_come_back(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "NEWEST", 3)
    ann = school.person("local", "ann")
    for seed in range(12):
        school.answer(ann, TEMPLATES[1], 0.5, seed=seed)
    with school.database.read() as session:
        answered = {one.seed for one in counted(school.database).chosen}
        deck = decks.get(session, "cnn", tenant_id="local")
        newest = reports.report(
            session, deck, "local", templates=TEMPLATES, choices=TEMPLATES[1:2], cards=[]
        ).chosen
    assert len(newest) == 3
    assert sorted(answered) == sorted(one.seed for one in newest)
    assert min(answered) > 4


def test_one_report_at_a_time_is_counted_on_postgresql(postgresql_url: str) -> None:
    """However many processes there are: the second waits, and is told to come back."""
    migrate.upgrade(postgresql_url)
    database = Database(postgresql_url, timeouts=Timeouts(lock=0.1))
    with database.write() as session:
        deck = Deck(id="cnn")
        wanted: dict[str, Any] = {"templates": TEMPLATES, "choices": [], "cards": []}
        reports.report(session, deck, "local", **wanted)
        with pytest.raises(StoreUnavailable), database.read() as other:
            reports.report(other, deck, "local", **wanted)
    with database.read() as other:
        assert reports.report(other, deck, "local", **wanted).people == 0
    database.close()
