"""``/v1/filters``: kernels by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from service.api.auth import anonymous
from service.api.conditional import fixed
from service.api.operation import Answer, Example, Resource
from service.api.schemas.filters import FiltersSchema
from service.convolution import FILTERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.convolution import Filter

__all__ = ["resource"]

resource = Resource(
    "filters", tag="Convolutions", about="Well-known filters, to be named as weights."
)


def _filter(one: Filter) -> dict[str, Any]:
    parameters = [
        {
            "name": parameter.name,
            "default": parameter.default,
            "minimum": parameter.minimum,
            "maximum": parameter.maximum,
            "about": parameter.about,
        }
        for parameter in one.parameters
    ]
    kernel = one.kernel()
    return {
        "filter": one.name,
        "about": one.about,
        "source": one.source,
        "parameters": parameters,
        "kernel": kernel.tolist(),
        "sum": round(float(kernel.sum()), 12) + 0.0,
    }


def _filters() -> dict[str, Any]:
    return {"items": [_filter(one) for one in FILTERS.values()], "next_cursor": None}


def _text(value: Mapping[str, Any]) -> str:
    return "\n".join(f"{one['filter']}: {one['about']}" for one in value["items"])


@resource.get(
    "/v1/filters",
    id="listFilters",
    summary="Filters by name",
    access=anonymous("compute"),
    answers={
        200: Answer(
            "Every filter, with the kernel that it is by default.",
            FiltersSchema(),
            example=_filters,
            text=_text,
        )
    },
    cache=fixed(300),
    examples=(Example("All of them"),),
)
def list_filters() -> dict[str, Any]:
    """List the filters that the weight of a convolution may be given as: `{filter: "sobel_x"}`."""
    return _filters()
