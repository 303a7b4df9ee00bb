"""What every field has: one JSON type, errors that say what would be right, a JSON Schema."""

from __future__ import annotations

from abc import abstractmethod
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from marshmallow import Schema, ValidationError, fields, missing

from service.api.problems import Fault

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["JSONSchema", "Strict", "Writer", "fault", "kind_of", "nearest"]

JSONSchema = dict[str, Any]
"""A JSON Schema (2020-12) as plain data."""


class Writer(Protocol):
    """Who writes the contract: turns what a field holds into JSON Schema."""

    def field(self, field: Strict) -> JSONSchema:
        """The schema of another field, with description, default and null."""
        ...

    def schema(self, schema: Schema) -> JSONSchema:
        """A reference to the component that describes ``schema``."""
        ...


def fault(detail: str, hint: str = "") -> ValidationError:
    """The error that a field raises: what is wrong, and what would be right."""
    return ValidationError([Fault("", detail, hint)])


def nearest(word: str, choices: Sequence[str]) -> str:
    """A hint that names what was probably meant, or else everything there is."""
    near = get_close_matches(word.lower(), choices, n=1) if len(word) <= 64 else []
    if near:
        return f"did you mean `{near[0]}`?"
    return f"one of {', '.join(f'`{choice}`' for choice in choices)}"


def kind_of(value: object) -> str:
    """The JSON type of ``value`` in words."""
    if value is None:
        return "null"
    names = {bool: "true or false", str: "text", dict: "an object", list: "a list"}
    return names.get(type(value), "a number")


class Strict(fields.Field[Any]):
    """The base of all fields here; each says what its JSON Schema is.

    Mypy holds that: as its metaclass, ABCMeta would take a quarter second of the start.

    ``description`` and ``example`` go into the contract, and so does ``documented_default``: what
    leaving the value out means to whoever reads it after the field. The other arguments are
    marshmallow's: ``required``, ``load_default``, ``allow_none``, ``data_key``, ``attribute``.
    """

    wanted: str = "a value"
    """What the field takes, in words: "a whole number"."""

    def __init__(
        self,
        *,
        description: str = "",
        example: object = missing,
        documented_default: object = missing,
        **kwargs: Any,
    ) -> None:
        metadata: dict[str, object] = {}
        if description:
            metadata["description"] = description
        if example is not missing:
            metadata["examples"] = [example]
        if documented_default is not missing:
            metadata["default"] = documented_default
        super().__init__(metadata=metadata, **kwargs)

    @abstractmethod
    def json_schema(self, writer: Writer) -> JSONSchema:
        """The JSON Schema of a value; description, default and null are added by the writer."""

    def read_text(self, text: str) -> object:
        """The JSON value that ``text`` in an address stands for: the text, unless overridden."""
        return text

    def make_error(self, key: str, **kwargs: Any) -> ValidationError:
        """Marshmallow's own two errors, in our words."""
        if key == "required":
            return fault("This is missing.", f"give {self.wanted}")
        if key == "null":
            return fault("This may not be null.", f"give {self.wanted}")
        return super().make_error(key, **kwargs)

    def refuse(self, value: object) -> NoReturn:
        """Refuse a value of another type."""
        raise fault(f"It must be {self.wanted}, not {kind_of(value)}.")
