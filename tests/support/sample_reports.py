"""A learner and a class that never were, for the pictures of the pages."""

from datetime import UTC, datetime, timedelta
from random import Random

from service.api.progress import Doing
from service.api.reports import DeckReport
from service.quiz.calendar import forecast, streak
from service.quiz.scheduling import Schedule, learner_day, retrievability, review
from service.quiz.templates import TEMPLATES
from service.store.practice import FORECAST_DAYS, Day, Practice, Retention
from service.store.progress import Progress
from service.store.reports import Item, Report

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SINCE = 90
MISTAKES = ("ignored_stride", "forgot_plus_one", "forgot_bias")


def learner() -> Doing:
    """Who has learned sixty things in ninety days, seven days a week but for a rest."""
    rng, rules = Random(5), Schedule(timezone="Europe/Berlin")  # noqa: S311
    known, days = {}, []
    kept = {False: Retention(), True: Retention()}
    for ago in range(SINCE, -1, -1):
        now = NOON - timedelta(days=ago)
        due = [thing for thing, memory in known.items() if memory.due_from <= now]
        if ago in (0, 20, 21, 45) or (ago and rng.random() < 0.1):
            continue
        for thing in due:
            before = known[thing]
            chance = retrievability(before, now, rules)
            recalled = rng.random() < chance - 0.02
            if before.state == "review":
                mature = (before.due - before.last_review).days >= 21
                kept[mature] += Retention(1, int(recalled), chance)
            known[thing] = review(before, "good" if recalled else "again", now, rules)
        fresh = range(len(known), min(len(known) + rng.randrange(3), 60))
        for thing in fresh:
            known[thing] = review(None, rng.choice(["good", "easy"]), now, rules)
        days.append(Day(learner_day(now, rules), len(due) // 2 + len(fresh), -(-len(due) // 2)))
    today = learner_day(NOON, rules)
    later = NOON + timedelta(hours=4)
    return Doing(
        schedule=rules,
        today=today,
        progress=Progress((), (), (), (("forgot_plus_one", 9), ("ignored_stride", 4))),
        practice=Practice(
            days=tuple(days),
            streak=streak([day.date for day in days], today),
            forecast=forecast(
                [(memory.due_from, 1) for memory in known.values()], later, rules, FORECAST_DAYS
            ),
            young=kept[False],
            mature=kept[True],
        ),
    )


def school() -> DeckReport:
    """Forty people and seven templates."""
    rng, people = Random(9), 40  # noqa: S311
    names = [*TEMPLATES][:7]
    skills = [rng.random() for _ in range(people)]
    marks = {
        name: [rng.random() < 0.05 + 0.07 * at + 0.7 * skill for skill in skills]
        for at, name in enumerate(names)
    }
    items = {}
    for name, own in marks.items():
        rest = [
            sum(marks[other][one] for other in names if other != name) / (len(names) - 1)
            for one in range(people)
        ]
        item = Item(people, people, sum(own), 0, people, sum(own))
        pairs = list(zip(map(float, own), rest, strict=True))
        item.pairs = item.pairs._replace(
            pairs=people,
            x=float(sum(own)),
            y=sum(rest),
            xx=float(sum(own)),
            yy=sum(y * y for y in rest),
            xy=sum(x * y for x, y in pairs),
        )
        item.mistakes[MISTAKES[len(items) % 3]] = (people - sum(own)) // 2
        items[name] = item
    known = {name: TEMPLATES[name] for name in names}
    return DeckReport(
        "cnn", "Convolutional Neural Networks", known, {}, Report(people, items, {}, []), NOON
    )
