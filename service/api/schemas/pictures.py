"""A picture in an address: a layer's parameters, and how to draw it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from service.api.fields import Choice, Strict, WholeNumber
from service.api.schemas.base import Request
from service.api.schemas.query import LayerQuery
from service.figures import THEMES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.api.fields.base import JSONSchema, Writer

__all__ = ["PictureQuery"]

_MOST_POSITIONS = 24 * 24


_LOOKS: Final[dict[str, Strict]] = {
    "step": WholeNumber(
        0,
        _MOST_POSITIONS,
        allow_none=True,
        load_default=None,
        description="Only this output position, row after row from 0 (of a transposed convolution, "
        "this cell of its input); without it, all of them.",
    ),
    "show": Choice(
        ("all", "input"),
        load_default="all",
        description="`input`: the first window over the input, and nothing of the output.",
    ),
    "theme": Choice(tuple(THEMES), load_default="light", description="For a light or a dark page."),
}
_LooksSchema: Final = Request.from_dict(dict(_LOOKS), name="LooksSchema")


class PictureQuery:
    """Takes what a layer's address takes, and ``step``, ``show`` and ``theme`` beside it."""

    def __init__(self) -> None:
        self._layer = LayerQuery()
        self._looks = _LooksSchema()

    def load(self, data: Mapping[str, str]) -> dict[str, Any]:
        """``step``, ``show``, ``theme``, and the texts of the layer as ``layer``."""
        given = {name: _LOOKS[name].read_text(data[name]) for name in _LOOKS if name in data}
        looks: dict[str, Any] = self._looks.load(given)
        layer = {name: text for name, text in data.items() if name not in _LOOKS}
        return looks | {"layer": self._layer.load(layer)}

    def json_schema(self, writer: Writer) -> JSONSchema:
        """The layer's parameters and these."""
        schema = self._layer.json_schema(writer)
        looks = {name: writer.field(field) for name, field in _LOOKS.items()}
        return schema | {"properties": {**schema["properties"], **looks}}
