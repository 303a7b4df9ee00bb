"""Values made of others: lists, maps, objects."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema

from service.api.fields.base import JSONSchema, Strict, Writer
from service.api.fields.layers import read_list

__all__ = ["ListOf", "MapOf", "ObjectOf"]


class ListOf(Strict):
    """A list of ``shortest`` to ``longest`` values of another field."""

    wanted = "a list"

    def __init__(self, inner: Strict, longest: int, *, shortest: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.inner = inner
        self.shortest = shortest
        self.longest = longest

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> list[Any]:
        if type(value) is not list:
            self.refuse(value)
        return read_list(value, self.shortest, self.longest, self.inner.deserialize)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        if value is None:
            return None
        return [self.inner._serialize(one, attr, obj, **kwargs) for one in value]

    def json_schema(self, writer: Writer) -> JSONSchema:
        """An array; its bounds are written for lists that are read."""
        schema: JSONSchema = {"type": "array", "items": writer.field(self.inner)}
        if self.shortest:
            schema["minItems"] = self.shortest
        return schema | {"maxItems": self.longest}


class MapOf(Strict):
    """An object with any keys and values of one field; for answers only."""

    def __init__(self, inner: Strict, **kwargs: Any) -> None:
        super().__init__(dump_only=True, **kwargs)
        self.inner = inner

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:
        if value is None:
            return None
        return {key: self.inner._serialize(one, attr, obj, **kwargs) for key, one in value.items()}

    def json_schema(self, writer: Writer) -> JSONSchema:
        """An object whose members are all alike."""
        return {"type": "object", "additionalProperties": writer.field(self.inner)}


class ObjectOf(Strict):
    """An object that another schema describes; the contract refers to that schema by its name."""

    wanted = "an object"

    def __init__(self, schema: Schema | type[Schema], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.schema = schema if isinstance(schema, Schema) else schema()

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Any:
        return self.schema.load(value)

    def _serialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Any:
        return None if value is None else self.schema.dump(value)

    def json_schema(self, writer: Writer) -> JSONSchema:
        """A reference."""
        return writer.schema(self.schema)
