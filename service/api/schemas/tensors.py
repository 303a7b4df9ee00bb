"""Tensors in requests: nested lists, base64, or (in a form) ``.npy`` files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from service.api.fields import Choice, ListOf, Strict, WholeNumber
from service.api.schemas.base import Request
from service.convolution import DTYPES, read_npy, read_packed, read_tensor

if TYPE_CHECKING:
    from service.api.fields.base import JSONSchema, Writer

__all__ = ["NESTED_NUMBERS", "PackedTensorRequest", "Tensor"]

NESTED_NUMBERS: Final = "NestedNumbers"
"""The component of the contract that describes nested lists of numbers."""


class Base64(Strict):
    """Text in base64; what it stands for is read where its size is known."""

    wanted = "base64"

    def _deserialize(self, value: Any, *_args: Any, **_kwargs: Any) -> str:
        if type(value) is not str:
            self.refuse(value)
        return value

    def json_schema(self, _writer: Writer) -> JSONSchema:
        """A string that holds bytes."""
        return {"type": "string", "contentEncoding": "base64"}


class PackedTensorRequest(Request):
    """A tensor as base64 of little-endian numbers in reading order (C order)."""

    shape = ListOf(
        WholeNumber(1), 5, shortest=1, required=True, description="Its sizes, axis by axis."
    )
    dtype = Choice(tuple(DTYPES), required=True, description="The type of its numbers.")
    data = Base64(required=True, description="Its bytes, with padding and without line breaks.")


_PACKED: Final = PackedTensorRequest()


class Tensor(Strict):
    """A tensor in one of its forms, read into a numpy array: size first, then the numbers.

    Bytes stand for a ``.npy`` file; JSON has none, so they come from a form. Raises what the
    readers of ``service.convolution`` raise, with codes of their own (``ragged_tensor``,
    ``over_budget``...), not a field's error.
    """

    wanted = "nested lists of numbers"

    def __init__(self, *, axes: int = 5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.axes = axes

    def _deserialize(self, value: Any, attr: str | None, *_args: Any, **_kwargs: Any) -> Any:
        pointer = f"/{attr}"
        if type(value) is dict:
            return self._read_object(value, pointer)
        if type(value) is bytes:
            return read_npy(value, pointer=pointer)
        return read_tensor(value, pointer=pointer, max_rank=self.axes)

    def _read_object(self, value: dict[str, Any], pointer: str) -> Any:
        packed = _PACKED.load_given(value)
        return read_packed(tuple(packed["shape"]), packed["dtype"], packed["data"], pointer=pointer)

    def json_schema(self, writer: Writer) -> JSONSchema:
        """An array of numbers or of such arrays, or an object."""
        nested = {"$ref": f"#/components/schemas/{NESTED_NUMBERS}"}
        return {"oneOf": [nested, *self.objects(writer)]}

    def objects(self, writer: Writer) -> list[JSONSchema]:
        """The schemas of the objects that stand for a tensor."""
        return [writer.schema(_PACKED)]
