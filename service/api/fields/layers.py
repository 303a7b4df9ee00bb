"""The values that layers take: sizes, padding, and what a learner answers about them."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any, Final, TypeVar

from marshmallow import ValidationError

from service.api.fields.base import JSONSchema, Strict, Writer, fault, kind_of
from service.api.fields.scalars import MAX_WHOLE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = [
    "Count",
    "NamedSizes",
    "Numbers",
    "Padding",
    "ResponseValue",
    "Shapes",
    "Sizes",
    "Word",
    "read_list",
]

_T = TypeVar("_T")

_ENTRIES: Final = 16
"""Entries read of a list that has one for each axis; how many are right, the engine says."""

_SHAPES: Final = 64
"""Shapes read of a list of them: the inputs that a layer joins."""


def read_list(
    values: Sequence[Any], shortest: int, longest: int, read: Callable[[Any], _T]
) -> list[_T]:
    """Read a list entry by entry; raises the error of a field, each entry's under its index."""
    if not shortest <= len(values) <= longest:
        many = "entry" if len(values) == 1 else "entries"
        takes = f"{shortest}" if shortest == longest else f"{shortest} to {longest}"
        raise fault(f"It has {len(values):,} {many}.", f"give {takes}")
    done: list[_T] = []
    errors: dict[int, Any] = {}
    for index, value in enumerate(values):
        try:
            done.append(read(value))
        except ValidationError as error:
            errors[index] = error.messages
    if errors:
        raise ValidationError(errors)
    return done


def _whole(value: object) -> int:
    """Any whole number; 3.0 is one, as in JSON Schema."""
    if type(value) is int:
        return value
    if type(value) is not float:
        raise fault(f"It must be a whole number, not {kind_of(value)}.")
    if not value.is_integer():
        raise fault("It must be a whole number, not a fraction.")
    return int(value)


def _whole_or_null(value: object) -> int | None:
    return None if value is None else _whole(value)


def _whole_or_name(value: object) -> int | str:
    return value if type(value) is str else _whole(value)


def _number_schema(minimum: int) -> JSONSchema:
    return {"type": "integer", "minimum": minimum, "maximum": MAX_WHOLE}


class Count(Strict):
    """A whole number of a layer.

    ``minimum`` is written into the contract but checked by the shape engine, here and in the fields
    below: it knows the layer, and its codes name the mistake (``stride_not_positive``).
    """

    wanted = "a whole number"

    def __init__(self, minimum: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.minimum = minimum

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> int:
        return _whole(value)

    def json_schema(self, _writer: Writer) -> JSONSchema:
        """An integer with its bounds."""
        return _number_schema(self.minimum)


class Word(Strict):
    """A word of a layer; which words there are the shape engine knows, and names the nearest."""

    wanted = "a word"

    def __init__(self, words: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.words = tuple(words)

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> str:
        if type(value) is not str:
            self.refuse(value)
        return value

    def json_schema(self, _writer: Writer) -> JSONSchema:
        """A string out of a list."""
        return {"type": "string", "enum": list(self.words)}


class Sizes(Strict):
    """A list of whole numbers, or (with ``alone``) a single one for every axis.

    With ``nulls`` null stands in the list for the size of the input. ``longest`` is written into
    the contract; the engine says how many there must be.
    """

    def __init__(
        self,
        *,
        alone: bool = True,
        longest: int = 3,
        minimum: int = 1,
        nulls: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.alone = alone
        self.longest = longest
        self.minimum = minimum
        self.nulls = nulls
        self.wanted = f"{'a whole number or ' if alone else ''}a list of whole numbers"

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Any:
        if type(value) is list:
            most = _ENTRIES if self.alone else self.longest
            return read_list(value, 1, most, _whole_or_null if self.nulls else _whole)
        if not self.alone or type(value) not in (int, float):
            self.refuse(value)
        return _whole(value)

    def json_schema(self, _writer: Writer) -> JSONSchema:
        """An array of integers, or an integer as well."""
        number = _number_schema(self.minimum)
        entry = {"oneOf": [number, {"type": "null"}]} if self.nulls else number
        several = {"type": "array", "items": entry, "minItems": 1, "maxItems": self.longest}
        return {"oneOf": [number, several]} if self.alone else several


class NamedSizes(Sizes):
    """Sizes of an input; a name may stand for one, and the engine says which names there can be."""

    def __init__(self, *, longest: int, **kwargs: Any) -> None:
        super().__init__(alone=False, longest=longest, **kwargs)

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Any:
        if type(value) is not list:
            self.refuse(value)
        return read_list(value, 1, self.longest, _whole_or_name)

    def json_schema(self, _writer: Writer) -> JSONSchema:
        """An array of integers and names."""
        name = {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_]{0,15}$"}
        entry = {"oneOf": [_number_schema(self.minimum), name]}
        return {"type": "array", "items": entry, "minItems": 1, "maxItems": self.longest}


class Numbers(Strict):
    """A number that need not be whole, or (with ``several``) a list of them as well."""

    def __init__(self, *, several: bool, minimum: int, longest: int = 3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.several = several
        self.minimum = minimum
        self.longest = longest
        self.wanted = f"a number{' or a list of numbers' if several else ''}"

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Any:
        if self.several and type(value) is list:
            return read_list(value, 1, _ENTRIES, self._one)
        return self._one(value)

    def _one(self, value: Any) -> int | float:
        if type(value) is int:
            return value
        if type(value) is not float or not isfinite(value):
            self.refuse(value)
        return value

    def json_schema(self, _writer: Writer) -> JSONSchema:
        """A number, or an array of numbers as well."""
        number = {"type": "number", "minimum": self.minimum, "maximum": MAX_WHOLE}
        several = {"type": "array", "items": number, "minItems": 1, "maxItems": self.longest}
        return {"oneOf": [number, several]} if self.several else number


class Shapes(Strict):
    """A list of shapes: the further inputs of a layer that joins several."""

    wanted = "a list of shapes"

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> list[Any]:
        if type(value) is not list:
            self.refuse(value)
        return read_list(value, 0, _SHAPES, self._shape)

    def _shape(self, value: object) -> list[int]:
        if type(value) is not list:
            raise fault(f"It must be a list of sizes, not {kind_of(value)}.")
        return read_list(value, 1, 5, _whole)

    def json_schema(self, _writer: Writer) -> JSONSchema:
        """An array of arrays of integers."""
        shape = {"type": "array", "items": _number_schema(1), "minItems": 1, "maxItems": 5}
        return {"type": "array", "items": shape, "maxItems": _SHAPES}


class Padding(Strict):
    """A word, a whole number, or a list with a number or a pair [before, after] for each axis.

    Which words there are, and what they may stand with, the shape engine says.
    """

    def __init__(
        self,
        words: Sequence[str],
        *,
        pairs: bool,
        longest: int = 3,
        minimum: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.words = tuple(words)
        self.pairs = pairs
        self.longest = longest
        self.minimum = minimum
        self.wanted = "a word, a whole number, or a list of numbers" + " or pairs" * pairs

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Any:
        if type(value) is str:
            return value
        if type(value) is list:
            return read_list(value, 1, _ENTRIES, self._axis)
        if type(value) not in (int, float):
            self.refuse(value)
        return _whole(value)

    def _axis(self, value: object) -> int | list[int]:
        if self.pairs and type(value) is list:
            return read_list(value, 1, _ENTRIES, _whole)
        return _whole(value)

    def json_schema(self, _writer: Writer) -> JSONSchema:
        """A word, an integer, or an array of integers or pairs."""
        number = _number_schema(self.minimum)
        pair = {"type": "array", "items": number, "minItems": 2, "maxItems": 2}
        axis = {"oneOf": [number, pair]} if self.pairs else number
        several = {"type": "array", "items": axis, "minItems": 1, "maxItems": self.longest}
        word = [{"type": "string", "enum": list(self.words)}] if self.words else []
        return {"oneOf": [*word, number, several]}


class ResponseValue(Strict):
    """What a learner answers: text as typed, a number, or a list of numbers.

    Only what can't be kept is refused here (NUL, half surrogate pairs, too much of it); whether the
    rest can be read as an answer is for ``service.quiz`` to say, which knows the question.
    """

    wanted = "text, a number, or a list of numbers"
    longest = 1000
    entries = 16

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> Any:
        if type(value) is list:
            return read_list(value, 0, self.entries, self._number)
        if type(value) is not str:
            return self._number(value)
        if len(value) > self.longest:
            raise fault(f"It has {len(value):,} characters.", f"at most {self.longest:,} are kept")
        if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
            raise fault("It holds a character that can't be kept.", "leave it out")
        return value

    def _number(self, value: Any) -> Any:
        if type(value) not in (int, float):
            self.refuse(value)
        if not -(2**53) <= value <= 2**53:
            raise fault("The number is too large.", "give one within ±2**53")
        return value

    def json_schema(self, _writer: Writer) -> JSONSchema:
        """A string, a number, or an array of numbers."""
        number = {"type": "number", "minimum": -(2**53), "maximum": 2**53}
        return {
            "oneOf": [
                {"type": "string", "maxLength": self.longest},
                number,
                {"type": "array", "items": number, "maxItems": self.entries},
            ]
        }
