"""How a deck went, in JSON."""

from __future__ import annotations

from service.api.fields import Choice, ListOf, MapOf, Moment, Number, ObjectOf, Text, WholeNumber
from service.api.reports import ENOUGH, PLOTS
from service.api.schemas.base import Result
from service.api.schemas.decks import FigureQuery
from service.api.schemas.progress import MistakeCountSchema, interval_field
from service.api.schemas.questions import KINDS

__all__ = ["DeckReportSchema", "ReportPlotQuery"]

_COUNT = 2**53


def _count(description: str = "") -> WholeNumber:
    return WholeNumber(0, _COUNT, required=True, description=description)


def _share(description: str) -> Number:
    return Number(0, 1, allow_none=True, required=True, description=description)


def _median() -> Number:
    return Number(
        0, allow_none=True, required=True, description="Of the durations told, in milliseconds."
    )


class DistractorSchema(Result):
    """How often a wrong option was offered, and taken."""

    code = Text(64, required=True, description="The mistake that it stands for.")
    offered = _count()
    picked = _count()


class OptionsSchema(Result):
    """The options of the newest questions of a template."""

    questions = _count("How many of the newest were looked at, by their first answers.")
    distractors = ListOf(
        ObjectOf(DistractorSchema), 1000, required=True, description="Most picked first."
    )
    never_picked = ListOf(
        Text(64), 1000, required=True, description="Distractors that distracted nobody."
    )


class TemplateReportSchema(Result):
    """How the questions of a template went."""

    id = Text(64, required=True)
    title = Text(200, required=True)
    kind = Choice(KINDS, required=True)
    people = _count()
    answers = _count("All attempts, those of erased people too.")
    right = _count("How many of them were right.")
    erased_answers = _count("How many of them are of people who were erased.")
    first_answers = _count("One for each question, of those who are still here.")
    first_right = _count()
    share_right = _share("Of the first answers: the item's difficulty; the lower, the harder.")
    interval = interval_field()
    discrimination = Number(
        -1,
        1,
        allow_none=True,
        required=True,
        description="The correlation, over people, of the share right here with that in the "
        f"deck's other questions; null for fewer than {ENOUGH} people, or where all did alike.",
    )
    discrimination_people = _count("Who answered other questions of the deck as well.")
    median_ms = _median()
    mistakes = ListOf(
        ObjectOf(MistakeCountSchema), 1000, required=True, description="Commonest first."
    )
    options = ObjectOf(
        OptionsSchema, allow_none=True, required=True, description="Null where there are none."
    )


class CardReportSchema(Result):
    """How a card went; its learners rate it, so nothing is right or wrong."""

    id = Text(129, required=True)
    front = Text(10_000, lines=True, required=True)
    people = _count()
    answers = _count("Ratings, in questions and reviews, those of erased people too.")
    erased_answers = _count("How many of them are of people who were erased.")
    recalled = _count("Rated hard, good or easy.")
    share_recalled = _share("Of all ratings; the lower, the harder.")
    interval = interval_field()
    median_ms = _median()
    ratings = MapOf(WholeNumber(0, _COUNT), required=True, description="How often each was given.")


class DeckReportSchema(Result):
    """How a deck went, with all people of the tenant; nobody is named."""

    deck = Text(64, required=True)
    title = Text(10_000, required=True)
    counted_at = Moment(required=True, description="What was answered later is not in it.")
    people = _count("Who answered or reviewed something of it.")
    answers = _count()
    erased_answers = _count()
    templates = ListOf(
        ObjectOf(TemplateReportSchema), 10_000, required=True, description="Hardest first."
    )
    cards = ListOf(ObjectOf(CardReportSchema), 100_000, required=True, description="Hardest first.")


class ReportPlotQuery(FigureQuery):
    """Which plot, and how it is drawn."""

    plot = Choice([*PLOTS], load_default="questions", description="What it shows.")
