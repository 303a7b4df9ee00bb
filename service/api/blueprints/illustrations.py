"""``/v1/illustrations``: what the cards claim, computed and drawn, each by its address."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final

from service.api import examples
from service.api.auth import anonymous
from service.api.conditional import fixed
from service.api.curl import base_address, curl
from service.api.fields import Identifier
from service.api.negotiation import PNG, SVG
from service.api.operation import Answer, Example, Reply, Resource
from service.api.problems import Problem
from service.api.schemas.decks import FigureQuery
from service.api.schemas.illustrations import IllustrationSchema, IllustrationsSchema
from service.figures import THEMES, png, svg
from service.quiz.illustrations import ILLUSTRATIONS, illustration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.quiz.illustrations import Illustration

__all__ = ["resource"]

resource = Resource(
    "illustrations",
    tag="Decks and cards",
    about="What the cards claim, shown on pictures: computed here, drawn, and to be run again.",
)

_NAME: Final = {"illustration": Identifier(description="Its name.", example="equivariance")}
_SEEN: Final = {"illustration": "equivariance"}
_CACHE: Final = fixed(3600)


def _found(name: str) -> Illustration:
    if name not in ILLUSTRATIONS:
        raise Problem(
            "not_found",
            f"There is no illustration {name}; GET /v1/illustrations lists them.",
        )
    return illustration(name)


def _summary(one: Illustration) -> dict[str, Any]:
    address = f"/v1/illustrations/{one.name}"
    links = {"self": address, "svg": f"{address}.svg", "png": f"{address}.png"}
    return {"illustration": one.name, "title": one.title, "links": links}


def _described(one: Illustration, base: str) -> dict[str, Any]:
    requests = [each.content() for each in one.requests]
    return {
        **_summary(one),
        "about": one.about,
        "facts": dict(one.facts),
        "requests": [each | {"curl": curl(base, each["request"])} for each in requests],
    }


def _listed() -> dict[str, Any]:
    return {"items": [_summary(illustration(name)) for name in ILLUSTRATIONS], "next_cursor": None}


def _list_text(value: Mapping[str, Any]) -> str:
    return "\n".join(f"{one['illustration']}: {one['title']}" for one in value["items"])


def _text(value: Mapping[str, Any]) -> str:
    facts = [f"{name}: {found}" for name, found in value["facts"].items()]
    return "\n".join(
        [value["title"], "", value["about"], "", *facts, f"picture: {value['links']['png']}"]
    )


@resource.get(
    "/v1/illustrations",
    id="listIllustrations",
    summary="What is illustrated",
    access=anonymous("cards:read"),
    answers={
        200: Answer("Every one.", IllustrationsSchema(), example=_listed, text=_list_text),
    },
    cache=_CACHE,
    examples=(Example("All of them"),),
)
def list_illustrations() -> dict[str, Any]:
    """List what there is to see, each with the address of its picture."""
    return _listed()


@resource.get(
    "/v1/illustrations/{illustration}",
    id="getIllustration",
    summary="A claim and the numbers that bear it out",
    access=anonymous("cards:read"),
    path=_NAME,
    answers={
        200: Answer(
            "The numbers, and requests that compute them.",
            IllustrationSchema(),
            example=lambda: _described(illustration("shared-weights"), examples.BASE),
            text=_text,
        )
    },
    errors=("not_found",),
    cache=_CACHE,
    examples=(
        Example("A filter on an object that moves", path=_SEEN),
        Example("As text", path=_SEEN, query={"format": "text"}),
        Example("One that isn't there", path={"illustration": "x"}, status=404, code="not_found"),
    ),
)
def get_illustration(illustration: str) -> dict[str, Any]:
    """What is shown, in words and in numbers.

    `facts` are computed by the engines when they are first asked for; `requests` are requests of
    this service that compute what the picture shows, to be run and changed.
    """
    return _described(_found(illustration), base_address())


@lru_cache(maxsize=2 * 2 * len(ILLUSTRATIONS))
def _drawn(name: str, media_type: str, theme: str) -> bytes:
    drawing, colours = _found(name).drawing, THEMES[theme]
    return svg(drawing, colours).encode() if media_type == SVG else png(drawing, theme=colours)


_picture = partial(
    resource.get,
    access=anonymous("cards:read"),
    path=_NAME,
    query=FigureQuery(),
    errors=("not_found",),
    cache=_CACHE,
    examples=(
        Example("An object moves, and its map moves along", path=_SEEN),
        Example("For a dark page", path=_SEEN, query={"theme": "dark"}),
        Example("One that isn't there", path={"illustration": "x"}, status=404, code="not_found"),
    ),
)


@_picture(
    "/v1/illustrations/{illustration}.svg",
    id="getIllustrationSvg",
    summary="Its picture, as SVG",
    answers={200: Answer("The picture.", media={SVG: None})},
)
def get_illustration_svg(illustration: str, query: Mapping[str, Any]) -> Reply:
    """Draw it; the words and numbers are in the picture and in its description."""
    return Reply(_drawn(illustration, SVG, query["theme"]), media_type=SVG)


@_picture(
    "/v1/illustrations/{illustration}.png",
    id="getIllustrationPng",
    summary="Its picture, as PNG",
    answers={200: Answer("The picture.", media={PNG: None})},
)
def get_illustration_png(illustration: str, query: Mapping[str, Any]) -> Reply:
    """Draw it for chats and documents that show no SVG."""
    return Reply(_drawn(illustration, PNG, query["theme"]), media_type=PNG)
