"""Schemas of the contract: fields and marshmallow schemas as JSON Schema, through apispec."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final, cast

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.openapi import OpenAPIConverter
from marshmallow import Schema, fields

from service.api.schemas.base import component_name
from service.api.schemas.tensors import NESTED_NUMBERS

if TYPE_CHECKING:
    from service.api.fields import Strict
    from service.api.fields.base import JSONSchema, Writer
    from service.api.operation import Reader

__all__ = ["Contract"]

_TENSOR: Final = {
    "description": "Nested lists of finite numbers, all lists of one depth equally long.",
    "type": "array",
    "minItems": 1,
    "items": {"oneOf": [{"type": "number"}, {"$ref": f"#/components/schemas/{NESTED_NUMBERS}"}]},
    "examples": [[[1, 2], [3, 4]]],
}


class _Converter(OpenAPIConverter):
    """apispec's, with the fields of this service describing themselves."""

    writer: Writer

    def field2property(self, field: fields.Field[Any]) -> JSONSchema:
        """The schema of a field, with its description and default."""
        made = cast("JSONSchema", super().field2property(field))
        own = cast("Strict", field).json_schema(self.writer)
        made |= _nullable(own) if field.allow_none else own
        if made.get("default", ...) is None:
            del made["default"]
        return made


class _Plugin(MarshmallowPlugin):
    Converter = _Converter


class Contract:
    """An OpenAPI document in the making, and the writer of the schemas in it."""

    def __init__(self, **info: Any) -> None:
        self._abouts: dict[str, str] = {}
        plugin = _Plugin(schema_name_resolver=self._name)
        self.spec: Final = APISpec(openapi_version="3.1.0", plugins=[plugin], **info)
        self._converter = cast("_Converter", plugin.converter)
        self._converter.writer = self
        self.spec.components.schema(NESTED_NUMBERS, _TENSOR)

    def _name(self, schema: type[Schema] | Schema) -> str:
        kind = schema if isinstance(schema, type) else type(schema)
        name = component_name(kind)
        self._abouts[name] = inspect.cleandoc(vars(kind).get("__doc__") or "")
        return name

    def field(self, field: Strict) -> JSONSchema:
        """The schema of a field, with its description and default."""
        return self._converter.field2property(field)

    def schema(self, schema: Schema) -> JSONSchema:
        """A reference to a component, which is made if there is none yet."""
        made = self._converter.resolve_nested_schema(schema)  # type: ignore[no-untyped-call]
        return cast("JSONSchema", made)

    def of(self, described: Schema | Reader) -> JSONSchema:
        """The schema of a request or an answer."""
        if isinstance(described, Schema):
            return self.schema(described)
        return described.json_schema(self)

    def members(self, described: Schema | Reader) -> JSONSchema:
        """The schema of a query, itself and not by reference."""
        if isinstance(described, Schema):
            made = self._converter.schema2jsonschema(described)  # type: ignore[no-untyped-call]
            return cast("JSONSchema", made)
        return described.json_schema(self)

    def response(self, name: str, response: dict[str, Any]) -> dict[str, str]:
        """A reference to a response that several operations share, made if there is none yet."""
        if name not in self.spec.components.responses:
            self.spec.components.response(name, response)
        return {"$ref": f"#/components/responses/{name}"}

    def finish(self) -> dict[str, Any]:
        """The whole document, with what each component is about."""
        made: dict[str, Any] = self.spec.to_dict()
        components = made["components"]["schemas"]
        for name, about in self._abouts.items():
            if about and name in components:
                components[name] = {"description": about, **components[name]}
        return made


def _nullable(schema: JSONSchema) -> JSONSchema:
    if "enum" in schema:
        schema = {**schema, "enum": [*schema["enum"], None]}
    if "oneOf" in schema:
        return {**schema, "oneOf": [*schema["oneOf"], {"type": "null"}]}
    if "$ref" in schema:
        return {"oneOf": [schema, {"type": "null"}]}
    return {**schema, "type": [schema["type"], "null"]} if "type" in schema else schema
