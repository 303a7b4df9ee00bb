"""``/v1/decks/{deck}/report``: for teachers, how the questions and cards of a deck went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from service.api import examples
from service.api.auth import needs
from service.api.blueprints.decks import DECK_PATH, SEED
from service.api.context import now, reading, reading_replica, services
from service.api.heavy import take_turn
from service.api.later import tell
from service.api.negotiation import CSV, SVG
from service.api.operation import Answer, Example, Reply, Resource
from service.api.people import tenant
from service.api.reports import PLOTS, DeckReport, as_csv, as_text, plain
from service.api.schemas.reports import DeckReportSchema, ReportPlotQuery
from service.figures import THEMES, svg
from service.quiz.selection import practising
from service.store import decks, reports, templates

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.store import Deck

__all__ = ["resource"]

resource = Resource(
    "reports",
    tag="Reports",
    about="How questions and cards went, with everybody and without names.",
)

_REPORT: Final = DeckReportSchema()
_ERRORS: Final = ("not_found", "gone", "busy", "service_unavailable")
_NO_DECK: Final = Example(
    "A deck that isn't there", path={"deck": "none"}, status=404, code="not_found"
)


@resource.get(
    "/v1/decks/{deck}/report",
    id="getDeckReport",
    summary="How a deck went",
    access=needs("reports:read"),
    path=DECK_PATH,
    answers={
        200: Answer(
            "Difficulty, discrimination, mistakes and options of its questions; how its cards "
            "were recalled.",
            _REPORT,
            dump=lambda report: _REPORT.dump(plain(report)),
            example=lambda: _REPORT.dump(plain(examples.deck_report())),
            text=as_text,
            media={CSV: as_csv, SVG: lambda report: svg(PLOTS["questions"](report))},
        )
    },
    later=True,
    errors=_ERRORS,
    examples=(
        Example("The deck that comes with the service", path=SEED),
        Example("As a table", path=SEED, query={"format": "csv"}),
        _NO_DECK,
    ),
)
def get_deck_report(deck: str) -> DeckReport:
    """Sum up all answers to a deck: its cards, and the templates that practise them.

    What a single question shows of a learner is little: every number comes with how many it rests
    on, and discrimination needs enough people. Answers in exams count once these are finished. As
    `text/csv` it is a table, as `image/svg+xml` the plot of the hardest questions. What took
    seconds to count is told again for a while: `counted_at` says of when it is.
    """
    with reading() as session:
        found = decks.get(session, deck, tenant_id=tenant())
    place, recent = (tenant(), found.id, found.version), services().recent_reports
    known = recent.find(place)
    if known is not None:
        return known
    take_turn(services().report_gate)
    return recent.count(place, lambda: _count(found))


def _count(deck: Deck) -> DeckReport:
    moment = now()
    with reading_replica() as session:
        fronts = decks.fronts(session, deck.id)
        own = templates.of_deck(session, deck.id, tenant_id=tenant())
        made_by = {one.id: one for one in (*practising([*fronts]), *own)}
        counted = reports.report(
            session,
            deck,
            tenant(),
            templates=[*made_by],
            choices=[one.id for one in made_by.values() if one.kind == "choice"],
            cards=fronts,
            tell=tell,
        )
        versions = {(one.template, one.version) for one in counted.chosen}
        asked = templates.get_versions(session, versions, tenant_id=tenant())
    return DeckReport(deck.id, deck.title, made_by, fronts, counted, moment, asked)


@resource.get(
    "/v1/decks/{deck}/report.svg",
    id="plotDeckReport",
    summary="How a deck went, drawn",
    access=needs("reports:read"),
    path=DECK_PATH,
    query=ReportPlotQuery(),
    answers={200: Answer("The plot.", media={SVG: None})},
    errors=_ERRORS,
    examples=(
        Example("The hardest questions", path=SEED),
        Example("Options that nobody picks", path=SEED, query={"plot": "distractors"}),
        _NO_DECK,
    ),
)
def plot_deck_report(deck: str, query: Mapping[str, Any]) -> Reply:
    """Draw the hardest questions or cards, the mistakes, or how often distractors were picked."""
    drawing = PLOTS[query["plot"]](get_deck_report(deck))
    return Reply(svg(drawing, THEMES[query["theme"]]).encode(), media_type=SVG)
