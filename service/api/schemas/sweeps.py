"""What a sweep takes and answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from service.api.fields import Anything, Choice, ListOf, MapOf, Text, WholeNumber
from service.api.schemas.base import Result
from service.shapes import FRAMEWORKS
from service.sweeps import ENCODINGS, MAX_ROWS, OPERATIONS, RESULTS, SweepRequest, read_sweep
from service.sweeps.wire import DTYPES

if TYPE_CHECKING:
    from service.api.fields.base import JSONSchema, Writer

__all__ = ["SweepReader", "SweepSchema"]

_ARRAY: Final = {
    "type": "object",
    "properties": {
        "dtype": {"type": "string", "enum": list(DTYPES)},
        "data": {"type": "string", "contentEncoding": "base64", "description": "Little-endian."},
        "shape": {"type": "array", "items": {"type": "integer"}, "maxItems": 1},
    },
    "required": ["dtype", "data"],
    "additionalProperties": False,
}
_RANGE: Final = {
    "type": "object",
    "properties": {
        "start": {"type": "integer", "default": 0},
        "stop": {"type": "integer", "description": "No part of the range."},
        "step": {"type": "integer", "default": 1},
    },
    "required": ["stop"],
    "additionalProperties": False,
}
_COLUMN: Final = {
    "description": "One number for all rows, a list, a range, or base64; of `padding` also a rule.",
    "anyOf": [
        {"type": ["integer", "boolean", "string"]},
        {"type": "array", "items": {"type": "integer"}, "maxItems": MAX_ROWS},
        _RANGE,
        _ARRAY,
    ],
}


class SweepReader:
    """Reads a sweep as columns; see ``service.sweeps.read_sweep``."""

    def load(self, data: Any) -> SweepRequest:
        """The sweep; raises ShapeError."""
        return read_sweep(data)

    def json_schema(self, _writer: Writer) -> JSONSchema:
        """An object of columns."""
        names = sorted({op for swept in OPERATIONS.values() for op in swept})
        columns = sorted(
            {
                name
                for swept in OPERATIONS.values()
                for one in swept.values()
                for name in ("input", "channels", "batch", *one.columns)
            }
        )
        return {
            "type": "object",
            "properties": {
                "op": {"type": "string", "enum": names},
                "framework": {"type": "string", "enum": list(OPERATIONS), "default": "textbook"},
                "results": {
                    "type": "array",
                    "items": {"type": "string", "enum": list(RESULTS)},
                    "maxItems": len(RESULTS),
                },
                "encoding": {"type": "string", "enum": list(ENCODINGS), "default": "lists"},
                "grid": {
                    "type": "boolean",
                    "default": False,
                    "description": "Combine each entry of a column with each of the others.",
                },
                **dict.fromkeys(columns, _COLUMN),
            },
            "required": ["op", "input"],
            "additionalProperties": _COLUMN,
        }


class SweepSchema(Result):
    """One layer for each row."""

    framework = Choice(FRAMEWORKS, required=True)
    op = Text(64, required=True)
    rows = WholeNumber(0, MAX_ROWS, required=True)
    results = MapOf(
        Anything(),
        required=True,
        description="Columns by name, `output_height`, `params`, `macs`, `unread_width` ...: lists "
        "with null where there is no such layer, or {shape, dtype, data} in base64 with 0 there.",
    )
    code = Anything(required=True, description="For each row, its number in `codes`; 0 is a layer.")
    codes = ListOf(Text(64), 100, required=True, description="What the numbers in `code` mean.")
    refused = MapOf(
        WholeNumber(0, MAX_ROWS),
        required=True,
        description="How many rows were refused, by code, the most frequent first.",
    )
