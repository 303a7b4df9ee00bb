"""The two kinds of schemas: what is read (nothing unknown), and what is written."""

from __future__ import annotations

from typing import Any

from marshmallow import EXCLUDE, RAISE, Schema, ValidationError

from service.api.fields import nearest
from service.api.problems import MAX_FAULTS, Fault

__all__ = ["Request", "Result", "component_name"]


class Request(Schema):
    """A JSON object that is read: every member is declared, anything else is refused."""

    error_messages = {"type": "It must be an object."}  # noqa: RUF012 - marshmallow's attribute

    class Meta:
        """Unknown members are errors; members come out in the order of the declaration."""

        unknown = RAISE

    def load_given(self, data: dict[str, Any]) -> dict[str, Any]:
        """Load the members that were given, and only those: no defaults, and null is not given.

        The same as :meth:`load` otherwise (without its hooks), but it does not look at each of the
        many members that most requests leave out.
        """
        fields = self.load_fields
        values: dict[str, Any] = {}
        messages: dict[str, Any] = {}
        for name, value in data.items():
            field = fields.get(name)
            if field is None:
                messages[name] = ["unknown"]
            elif value is not None or not field.allow_none:
                try:
                    values[name] = field.deserialize(value, name, data)
                except ValidationError as error:
                    messages[name] = error.messages
        for name, field in fields.items():
            if field.required and name not in data:
                messages[name] = field.make_error("required").messages
        if messages:
            refused = ValidationError(messages)
            self.handle_error(refused, data)
            raise refused
        return values

    def handle_error(self, error: ValidationError, data: Any, **_kwargs: Any) -> None:
        """Add to each unknown member what was probably meant."""
        messages = error.messages
        if not isinstance(data, dict) or not isinstance(messages, dict):
            return
        names = [field.data_key or name for name, field in self.load_fields.items()]
        unknown = [name for name in data if name in messages and name not in names]
        for name in unknown:
            del messages[name]  # they come again below, in the order of the request
        for name in unknown[:MAX_FAULTS]:
            messages[name] = [Fault("", "There is no such field.", nearest(name, names))]


class Result(Schema):
    """A JSON object that is written."""

    class Meta:
        """What is not declared is left out."""

        unknown = EXCLUDE


def component_name(schema: Schema | type[Schema]) -> str:
    """What a schema is called in the contract: its class without ``Schema`` at the end."""
    kind = schema if isinstance(schema, type) else type(schema)
    return kind.__name__.removesuffix("Schema")
