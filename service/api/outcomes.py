"""What is to be answered and what came of it, and how that is said again to a repeated request."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask import g

from service.api.json import dumps, loads
from service.api.negotiation import JSON
from service.api.problems import PROBLEM_JSON, Fault, Problem, as_problem, problem_body
from service.store import idempotency

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

__all__ = [
    "REPLAYED",
    "Answered",
    "Outcome",
    "Wanted",
    "fingerprint",
    "kept_form",
    "outcome_view",
    "said_again",
    "under",
]

REPLAYED: Final = {"Idempotent-Replayed": "true"}
"""The header of an answer that was given before."""


class Wanted(NamedTuple):
    """A question and what is answered to it (``response``, ``duration_ms``, ``next``)."""

    question: UUID
    body: Mapping[str, Any]
    key: str | None = None


class Answered(NamedTuple):
    """The answer as plain JSON data, and whether it was given before."""

    plain: dict[str, Any]
    replayed: bool = False


Outcome = Answered | Exception
"""What comes of an item: its answer, or what is raised where it stands alone."""


def outcome_view(outcome: Outcome, request_id: str = "-") -> dict[str, Any]:
    """What one item of a batch is answered."""
    if isinstance(outcome, Answered):
        return {"status": 201, "answer": outcome.plain}
    problem = as_problem(outcome)
    if problem is None:
        raise outcome
    body = problem_body(problem, request_id)
    return {"status": body["status"], "problem": body}


def under(key: str, place: int, item: Wanted | Exception) -> Wanted | Exception:
    """An item under its own key, else one made of the whole batch's, which no caller can send."""
    if isinstance(item, Exception) or item.key is not None:
        return item
    return item._replace(key=f"batch {sha256(key.encode()).hexdigest()} {place}")


def fingerprint(wanted: Wanted) -> bytes:
    """What makes two requests the same, alone or in a batch."""
    body = wanted.body
    sent = dumps([body["response"], body["duration_ms"], body.get("next", False)]).encode()
    return idempotency.fingerprint("POST", f"/v1/questions/{wanted.question}/answers", sent)


def kept_form(outcome: Answered | Problem) -> tuple[int, str, dict[str, Any]]:
    """Status, media type and body of what a request alone is answered."""
    if isinstance(outcome, Problem):
        return 422, PROBLEM_JSON, problem_body(outcome, g.request_id)
    return 201, JSON, outcome.plain


def said_again(replay: idempotency.Replay) -> Answered | Problem:
    """What was answered before: written again, it has the same bytes."""
    members: dict[str, Any] = loads(replay.body)
    if replay.media_type == JSON:
        return Answered(members, replayed=True)
    faults = [Fault(**fault) for fault in members.pop("errors")]
    code, detail = members.pop("code"), members.pop("detail")
    for name in ("type", "title", "status"):
        del members[name]  # the code decides them; what is left, with the first request's id, stays
    return Problem(code, detail, faults=faults, headers=REPLAYED, extra=members)
