"""``/v1/users/{user}/progress``: how a person is doing, in numbers, in a table, and drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from service.api import examples
from service.api.auth import needs
from service.api.blueprints.people import ABOUT, NO_PERSON, PERSON_ERRORS, TAG
from service.api.context import now, reading
from service.api.negotiation import CSV, SVG
from service.api.operation import Answer, Example, Reply, Resource
from service.api.people import USER_PATH, known
from service.api.plots import PLOTS
from service.api.progress import Doing, as_csv, as_text, plain
from service.api.schemas.progress import PlotQuery, ProgressSchema
from service.figures import THEMES, svg
from service.quiz.scheduling import learner_day
from service.store.memories import schedule_of
from service.store.practice import practice
from service.store.progress import progress

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["resource"]

resource = Resource("progress", tag=TAG, about=ABOUT)

_ANN: Final = {"user": examples.USER}
_PROGRESS: Final = ProgressSchema()


@resource.get(
    "/v1/users/{user}/progress",
    id="getProgress",
    summary="How a person is doing",
    access=needs("reports:read", learner=True),
    path=USER_PATH,
    answers={
        200: Answer(
            "What was asked, answered and right, on which days, what is due, what was recalled.",
            _PROGRESS,
            dump=lambda doing: _PROGRESS.dump(plain(doing)),
            example=lambda: _PROGRESS.dump(plain(examples.doing())),
            text=as_text,
            media={CSV: as_csv, SVG: lambda doing: svg(PLOTS["forecast"](doing))},
        )
    },
    errors=("not_found", *PERSON_ERRORS),
    examples=(
        Example("By topic, template, card and mistake", path=_ANN),
        Example("As a table", path=_ANN, query={"format": "csv"}),
        NO_PERSON,
    ),
)
def get_progress(user: str) -> Doing:
    """Counts over everything that a person was asked, their days, and what they remember.

    Cards are rated by the learner and so are neither right nor wrong: they have `ratings`. Days are
    the learner's own, begun at `day_start_hour` of their time zone. As `text/csv` it is a table, as
    `image/svg+xml` the plot of what comes due.
    """
    with reading() as session:
        person, moment = known(session, user), now()
        rules = schedule_of(person)
        return Doing(
            schedule=rules,
            today=learner_day(moment, rules),
            progress=progress(session, person.id),
            practice=practice(session, person, now=moment),
        )


@resource.get(
    "/v1/users/{user}/progress.svg",
    id="plotProgress",
    summary="How a person is doing, drawn",
    access=needs("reports:read", learner=True),
    path=USER_PATH,
    query=PlotQuery(),
    answers={200: Answer("The plot.", media={SVG: None})},
    errors=("not_found", *PERSON_ERRORS),
    examples=(
        Example("What is due in the next 30 days", path=_ANN),
        Example("True against predicted retention", path=_ANN, query={"plot": "retention"}),
        Example("For a dark page", path=_ANN, query={"plot": "mistakes", "theme": "dark"}),
        NO_PERSON,
    ),
)
def plot_progress(user: str, query: Mapping[str, Any]) -> Reply:
    """Draw what is due, what was recalled, what was done on each day, or the mistakes."""
    drawing = PLOTS[query["plot"]](get_progress(user))
    return Reply(svg(drawing, THEMES[query["theme"]]).encode(), media_type=SVG)
