"""Errors as answers, and the registry that explains them."""

from __future__ import annotations

from service.api.fields import ListOf, ObjectOf, Text, WholeNumber
from service.api.schemas.base import Result

__all__ = ["CodePageSchema", "CodeSchema", "ProblemSchema"]


class FaultSchema(Result):
    """One thing that is wrong in the request."""

    pointer = Text(
        301, required=True, description="JSON pointer into the body or query; empty: all of it."
    )
    detail = Text(301, required=True)
    hint = Text(301, required=True, description="What would be right.")


class ProblemSchema(Result):
    """Every error, from every address (RFC 9457). Some codes add members of their own."""

    type = Text(200, required=True, description="The address here that explains the code.")
    title = Text(200, required=True, description="The same for every error of this code.")
    status = WholeNumber(400, 599, required=True)
    detail = Text(301, required=True, description="What was wrong this time.")
    code = Text(64, required=True, description="Stable and in snake_case: what to branch on.")
    request_id = Text(128, required=True, description="As in the header X-Request-Id.")
    hint = Text(301, description="What to do, where there are no errors.")
    errors = ListOf(ObjectOf(FaultSchema), 20, description="Place by place, for bad input.")


class CodeSchema(Result):
    """A code, and what it means."""

    code = Text(64, required=True)
    status = WholeNumber(400, 599, required=True)
    title = Text(200, required=True)
    explanation = Text(1000, required=True)
    area = Text(64, required=True)
    type = Text(200, required=True, description="The address that explains it.")


class CodePageSchema(Result):
    """All codes."""

    items = ListOf(ObjectOf(CodeSchema), 1000, required=True)
