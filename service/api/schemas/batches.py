"""Batches: a list of items, each of which is read, done and answered on its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from marshmallow import Schema, ValidationError

from service.api.fields import fault, nearest
from service.api.fields.base import kind_of

if TYPE_CHECKING:
    from service.api.fields.base import JSONSchema, Writer

__all__ = ["BatchReader"]


class BatchReader:
    """Reads ``{"items": [...]}`` without looking at the items: the view reads each on its own.

    ``item`` is what the contract says of one: its schema, or words where it has several.
    """

    def __init__(self, longest: int, item: Schema | str) -> None:
        self.longest = longest
        self.item = item

    def load(self, data: Any) -> list[Any]:
        """The items, unread; raises ValidationError."""
        if not isinstance(data, dict):
            raise fault(f"It must be an object, not {kind_of(data)}.")
        for name in data:
            if name != "items":
                error = fault("There is no such field.", nearest(name, ["items"]))
                raise ValidationError({name: error.messages})
        items = data.get("items")
        if type(items) is not list:
            found = f"not {kind_of(items)}" if "items" in data else "and is missing"
            raise ValidationError({"items": fault(f"It must be a list, {found}.").messages})
        if not 1 <= len(items) <= self.longest:
            error = fault(f"It has {len(items):,} entries.", f"give 1 to {self.longest:,}")
            raise ValidationError({"items": error.messages})
        return items

    def json_schema(self, writer: Writer) -> JSONSchema:
        """An array of objects."""
        if isinstance(self.item, Schema):
            item = writer.schema(self.item)
        else:
            item = {"type": "object", "description": self.item}
        items = {"type": "array", "items": item, "minItems": 1, "maxItems": self.longest}
        return {"type": "object", "properties": {"items": items}, "required": ["items"]}
