"""Values that the engine itself reads, and layers inside of other requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from service.api.fields.base import JSONSchema, Strict, Writer
from service.shapes import ShapeError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Inner", "Values", "whole_numbers", "within"]


def whole_numbers(value: Any) -> Any:
    """``value`` with every 3.0 in it as 3: JSON knows one kind of number, the engine two."""
    kind = type(value)
    if kind is list:
        return [whole_numbers(one) for one in value]
    if kind is dict:
        return {name: whole_numbers(one) for name, one in value.items()}
    return int(value) if kind is float and value.is_integer() else value


def within(pointer: str, error: ShapeError) -> ShapeError:
    """Let ``error`` point into the member ``pointer`` of a request, where the layer stands."""
    error.pointer = pointer + error.pointer
    return error


class Values(Strict):
    """Parameters of a layer by their names; the shape engine checks them."""

    wanted = "an object of parameters"

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> dict[str, Any]:
        if type(value) is not dict:
            self.refuse(value)
        made: dict[str, Any] = whole_numbers(value)
        return made

    def json_schema(self, _writer: Writer) -> JSONSchema:
        """An object with any members."""
        return {"type": "object"}


class Described(Protocol):
    """What describes itself in the contract."""

    def json_schema(self, writer: Writer) -> JSONSchema:
        """Its JSON Schema."""
        ...


class Inner(Strict):
    """A member that a reader of whole requests reads, such as the layer of a diagnosis.

    ``read`` raises what the reader does; errors of the engine then point into the member.
    """

    wanted = "an object"

    def __init__(self, described: Described, read: Callable[[Any], Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.described = described
        self.read = read

    def _deserialize(self, value: Any, attr: str | None, *_args: Any, **_kwargs: Any) -> Any:
        try:
            return self.read(value)
        except ShapeError as error:
            raise within(f"/{attr}", error) from None

    def json_schema(self, writer: Writer) -> JSONSchema:
        """The reader's own."""
        return self.described.json_schema(writer)
