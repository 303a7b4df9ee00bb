"""Progress, counted by the database and, beside it, by hand from all rows."""

from collections import Counter
from dataclasses import replace
from random import Random
from typing import Any
from uuid import UUID

from answered import append
from service.store import Database, decks, progress, questions, quizzes, users
from service.store.progress import Progress, Tally


def test_nothing_yet(database: Database, ann: UUID) -> None:
    with database.read() as session:
        empty = progress.progress(session, ann)
    assert empty == Progress((), (), (), ())
    assert (empty.asked, empty.answered, empty.correct) == (0, 0, 0)


def test_counts_are_those_of_the_rows(
    database: Database, ann: UUID, issue: Any, make_deck: Any, clock: Any, rng: Random
) -> None:
    with database.write() as session:
        decks.load(session, make_deck("a", "b"), now=clock())
        texts = [row.text for row in decks.page_of_cards(session, "cnn", limit=9).items]
        bob = users.get_or_create(session, "local", "bob", now=clock(), rng=rng).id
    asked: Counter[str] = Counter()
    answered: Counter[str] = Counter()
    tries: Counter[str] = Counter()
    right: Counter[str] = Counter()
    mistakes: Counter[str] = Counter()
    ratings: Counter[tuple[str, str]] = Counter()
    for number in range(120):
        person = (ann, ann, bob)[number % 3]
        text = rng.choice([None, *texts])
        names = ["card", text.card_id] if text else [rng.choice(["one-axis", "conv2d-output"])]
        changes: dict[str, Any] = {"template": names[0], "attempts_allowed": 2}
        if text:
            changes |= {"kind": "card", "card": text, "attempts_allowed": 1}
        question = issue(person, **changes)
        mine = person == ann
        asked.update(names if mine else [])
        given = rng.randrange(3)
        for attempt in range(given if text is None else min(given, 1)):
            with database.write() as session:
                locked = questions.lock(session, question.id, tenant_id="local")
                if not locked.attempts_left:
                    break
                values: dict[str, Any] = {"rating": rng.choice(["again", "good"])}
                if text is None:
                    values = {"correct": rng.random() < 0.5}
                    values["mistake"] = (
                        None if values["correct"] else rng.choice(["forgot_plus_one", None])
                    )
                append(session, locked, response="x", now=clock(), rng=rng, **values)
            if not mine:
                continue
            answered.update(names if attempt == 0 else [])
            tries.update(names)
            if text:
                ratings.update((name, values["rating"]) for name in names)
            else:
                right.update(names if values["correct"] else [])
                mistakes.update([values["mistake"]] if values["mistake"] else [])

    def tally(name: str) -> Tally:
        rated = {rating: count for (of, rating), count in sorted(ratings.items()) if of == name}
        return Tally(name, asked[name], answered[name], tries[name], right[name], rated)

    with database.read() as session:
        counted = progress.progress(session, ann)
    templates = ("card", "conv2d-output", "one-axis")
    assert counted.templates == tuple(tally(name) for name in templates)
    assert counted.cards == (tally("cnn-a"), tally("cnn-b"))
    (topic,) = counted.topics  # that of both cards; these templates are not known
    assert topic == replace(tally("card"), name="padding")
    assert counted.mistakes == tuple(mistakes.items())
    assert counted.asked == 80 == sum(asked[name] for name in templates)
    assert counted.answered == sum(answered[name] for name in templates)
    assert counted.correct == sum(right[name] for name in templates)


def test_mistakes_come_commonest_first(
    database: Database, ann: UUID, issue: Any, clock: Any, rng: Random
) -> None:
    question = issue(ann, attempts_allowed=6)
    for mistake in ("b", "a", "c", "c", "b", "c"):
        with database.write() as session:
            locked = questions.lock(session, question.id, tenant_id="local")
            values = {"correct": False, "mistake": mistake}
            append(session, locked, response="x", now=clock(), rng=rng, **values)
    with database.read() as session:
        assert progress.progress(session, ann).mistakes == (("c", 3), ("b", 2), ("a", 1))


def test_an_exam_tells_nothing_before_it_is_finished(
    database: Database, ann: UUID, issue: Any, clock: Any, rng: Random
) -> None:
    with database.write() as session:
        exam = quizzes.start(
            session, ann, mode="exam", seed=1, difficulty="easy", now=clock(), rng=rng
        )
    question = issue(ann, quiz_id=exam.id, position=0, attempts_allowed=3)
    for correct, mistake in ((False, "b"), (True, None), (True, None)):
        with database.write() as session:
            locked = questions.lock(session, question.id, tenant_id="local")
            values = {"correct": correct, "mistake": mistake, "close_if_right": False}
            append(session, locked, response="x", now=clock(), rng=rng, **values)
    hidden = Tally("conv2d-output", asked=1, answered=1, answers=3, correct=0, ratings={})
    with database.read() as session:
        found = progress.progress(session, ann)
    assert (found.templates, found.mistakes) == ((hidden,), ())
    with database.write() as session:
        quizzes.finish(session, quizzes.lock(session, exam.id, tenant_id="local"), now=clock())
        found = progress.progress(session, ann)
    assert (found.templates, found.mistakes) == ((replace(hidden, correct=1),), (("b", 1),))
