"""``/errors``: what every code means; the addresses that ``type`` of a problem names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from service.api.auth import PUBLIC
from service.api.codes import CODES, Code
from service.api.conditional import fixed
from service.api.fields import Text
from service.api.negotiation import HTML
from service.api.operation import Answer, Example, Resource
from service.api.pages import render
from service.api.problems import Problem
from service.api.schemas.problems import CodePageSchema, CodeSchema

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["resource"]

resource = Resource("errors", tag="Errors", about="What the codes in error answers mean.")


def _plain(code: Code) -> dict[str, Any]:
    return {
        "code": code.code,
        "status": code.status,
        "title": code.title,
        "explanation": code.explanation,
        "area": code.area,
        "type": f"/errors/{code.code}",
    }


def _all() -> dict[str, Any]:
    return {"items": [_plain(code) for code in CODES.values()]}


def _line(item: Mapping[str, Any]) -> str:
    return f"{item['status']} {item['code']}: {item['title']}"


@resource.get(
    "/errors",
    id="listErrors",
    summary="Every code",
    access=PUBLIC,
    answers={
        200: Answer(
            "All codes, area by area.",
            CodePageSchema(),
            example=lambda: {"items": _all()["items"][:2]},
            text=lambda page: "\n".join(map(_line, page["items"])),
            media={HTML: lambda page: render("errors.html", codes=page["items"])},
        )
    },
    cache=fixed(3600),
    examples=(Example("All codes"),),
)
def list_errors() -> dict[str, Any]:
    """List every code that an error answer can carry."""
    return _all()


@resource.get(
    "/errors/{code}",
    id="getError",
    summary="One code, explained",
    access=PUBLIC,
    path={"code": Text(64, description="The code.", example="stride_not_positive")},
    answers={
        200: Answer(
            "When it happens, and what to do.",
            CodeSchema(),
            example=lambda: _plain(CODES["stride_not_positive"]),
            text=lambda item: f"{_line(item)}\n{item['explanation']}",
            media={HTML: lambda item: render("error.html", item=item)},
        )
    },
    errors=("not_found",),
    cache=fixed(3600),
    examples=(
        Example("A stride of 0", path={"code": "stride_not_positive"}),
        Example("No code", path={"code": "none"}, status=404, code="not_found"),
    ),
)
def get_error(code: str) -> dict[str, Any]:
    """Explain one code."""
    if code not in CODES:
        raise Problem("not_found", "There is no such code. GET /errors lists them all.")
    return _plain(CODES[code])
