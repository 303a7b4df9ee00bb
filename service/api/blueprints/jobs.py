"""``/v1/jobs``: what was asked for with `Prefer: respond-async`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from service.api import examples, later
from service.api.auth import needs
from service.api.context import now, reading, writing
from service.api.negotiation import CSV, JSON, SVG, TEXT
from service.api.operation import Answer, Example, Reply, Resource
from service.api.pagination import PageQuery, newest_page, page_of
from service.api.people import tenant
from service.api.problems import Problem
from service.api.schemas.jobs import JOB, JobSchema, plain_job
from service.api.schemas.questions import UuidField
from service.integrations.deck_formats import MEDIA_TYPES
from service.store import jobs

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["resource"]

resource = Resource(
    "jobs",
    tag="Jobs",
    about="Long work: asked for with `Prefer: respond-async`, fetched when it is done. A job is "
    "kept for a day after it has ended, unless the service is set otherwise.",
)

_ACCESS: Final = needs(learner=True)
_PATH: Final = {"job": UuidField(description="The job's id.", example=examples.JOB)}
_PAGE: Final = page_of("JobPage", JobSchema)
_ERRORS: Final = ("not_found", "service_unavailable")
_NO_JOB: Final = Example(
    "A job that isn't there, or is someone else's",
    path={"job": "019aaf0d-0000-7000-8000-000000000000"},
    status=404,
    code="not_found",
)


def _text(view: Mapping[str, Any]) -> str:
    far = f", {view['done']:,} of {view['total']:,}" if view["total"] else ""
    line = f"{view['id']} {view['operation']}: {view['state']}, {view['percent']} %{far}"
    return f"{line}\n{view['problem']['detail']}" if view["problem"] else line


@resource.get(
    "/v1/jobs",
    id="listJobs",
    summary="Your jobs",
    access=_ACCESS,
    query=PageQuery(),
    answers={
        200: Answer(
            "A page of jobs, the newest first.",
            _PAGE,
            dump=lambda page: {**page, "items": [plain_job(view) for view in page["items"]]},
            example=lambda: {"items": [later.example()], "next_cursor": None},
            text=lambda page: "\n".join(map(_text, page["items"])) or "No jobs.",
        )
    },
    errors=("bad_cursor", "service_unavailable"),
    examples=(Example("All of them"),),
)
def list_jobs(query: Mapping[str, Any]) -> dict[str, Any]:
    """List the jobs of the caller's tenant that do what the caller may do.

    A learner's own token lists those that it asked for.
    """
    seen = later.view()
    with reading() as session:
        newest = partial(jobs.newest, session, seen)
        return newest_page(f"jobs/{tenant()}/{seen.person}", query, newest, later.show)


@resource.get(
    "/v1/jobs/{job}",
    id="getJob",
    summary="How far a job is",
    access=_ACCESS,
    path=_PATH,
    answers={
        200: Answer(
            "The job.",
            JOB,
            dump=plain_job,
            example=later.example,
            text=_text,
            headers={"Retry-After": "Seconds after which to ask again, unless it has ended."},
        )
    },
    errors=_ERRORS,
    examples=(_NO_JOB,),
)
def get_job(job: UUID) -> Reply:
    """Tell a job's state and how much of it is done; then `links.result` leads to what it gave."""
    with reading() as session:
        found = jobs.get(session, job, later.view())
    return Reply(later.show(found), headers={} if found.has_ended else {"Retry-After": "1"})


@resource.get(
    "/v1/jobs/{job}/result",
    id="getJobResult",
    summary="What a job gave",
    access=_ACCESS,
    path=_PATH,
    answers={
        200: Answer(
            "The body that the request would have been answered with at once.",
            media=dict.fromkeys((JSON, TEXT, CSV, SVG, MEDIA_TYPES["toml"])),
            headers={"Content-Disposition": "A file name to keep it under, for what is a file."},
        )
    },
    errors=("job_without_result", *_ERRORS),
    examples=(_NO_JOB,),
)
def get_job_result(job: UUID) -> Reply:
    """Hand over the result byte for byte, in the media type that the request asked for."""
    with reading() as session:
        found = jobs.get(session, job, later.view(), result=True)
    if found.state != "done" or found.media_type is None:
        gave = "gives nothing back" if found.state == "done" else f"is {found.state}"
        raise Problem("job_without_result", f"The job {gave}.")
    named = {"Content-Disposition": found.disposition} if found.disposition else {}
    media = found.media_type.partition(";")[0]
    return Reply(found.result or b"", media_type=media, headers=named)


@resource.operation(
    "DELETE",
    "/v1/jobs/{job}",
    id="cancelJob",
    summary="Call a job off, or forget it",
    access=_ACCESS,
    path=_PATH,
    answers={
        200: Answer(
            "The job as it stands now.", JOB, dump=plain_job, example=later.example, text=_text
        ),
        204: Answer("It had ended: job and result are gone."),
    },
    errors=_ERRORS,
    examples=(_NO_JOB,),
)
def cancel_job(job: UUID) -> Reply:
    """End a job that waits, tell one that runs to stop, forget one that has ended.

    What a job that is stopped has done so far is undone. One that is just ending may still do so.
    """
    with writing() as session:
        found = jobs.cancel(session, job, later.view(), now=now())
        return Reply(status=204) if found is None else Reply(later.show(found), status=200)
