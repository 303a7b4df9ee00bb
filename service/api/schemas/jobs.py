"""What is told of a job."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from service.api.fields import Choice, Moment, ObjectOf, Text, WholeNumber
from service.api.problems import Problem, problem_body
from service.api.schemas.base import Result
from service.api.schemas.decks import links_field
from service.api.schemas.problems import ProblemSchema
from service.store.tables.jobs import STATES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from service.store import Job

__all__ = ["JOB", "JobSchema", "job_view", "plain_job"]


class JobSchema(Result):
    """A request that is carried out later, and how far it is."""

    id = Text(36, required=True)
    operation = Text(64, required=True, description="The operationId of what was asked for.")
    state = Choice(
        STATES,
        required=True,
        description="`queued` and `running` end in one of the others, which are for good.",
    )
    percent = WholeNumber(0, 100, required=True, description="How much of it is done.")
    done = WholeNumber(0, 2**63 - 1, required=True, description="Things done, of `total`.")
    total = WholeNumber(
        0,
        2**63 - 1,
        required=True,
        description="Things that are to be done: cards, rows, tables. 0: not known yet.",
    )
    created_at = Moment(required=True)
    finished_at = Moment(allow_none=True, required=True)
    expires_at = Moment(
        allow_none=True, required=True, description="Until when job and result are kept."
    )
    problem = ObjectOf(
        ProblemSchema,
        allow_none=True,
        required=True,
        description="Why it `failed`: the error that the request would have got at once.",
    )
    links = links_field()


JOB: Final = JobSchema()

_LOST: Final = Problem(
    "internal_error",
    "Each time that it was begun, whoever was at it was lost. Please report it.",
)


def job_view(job: Job, kept_for: timedelta) -> dict[str, Any]:
    """A job as callers see it; ``kept_for`` is how long it is, once it has ended."""
    here = f"/v1/jobs/{job.id}"
    links = {"self": here}
    if job.state == "done" and job.media_type:
        links["result"] = f"{here}/result"
    return {
        "id": str(job.id),
        "operation": job.operation,
        "state": job.state,
        "percent": job.percent,
        "done": job.done,
        "total": job.total,
        "created_at": job.created_at,
        "finished_at": job.finished_at,
        "expires_at": None if job.finished_at is None else job.finished_at + kept_for,
        "problem": job.problem or _lost(job) if job.state == "failed" else None,
        "links": links,
    }


def _lost(job: Job) -> dict[str, object]:
    return problem_body(_LOST, str(job.id))


def plain_job(view: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON of a job's view; a problem may have members of its code's own."""
    return {**JOB.dump(view), "problem": view["problem"]}
