"""Tensors in requests: nested lists, base64, ``.npy`` files, pictures, filters by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from service.api.fields import Choice, ListOf, Number, Strict, Text, WholeNumber
from service.api.heavy import take_turn
from service.api.schemas.base import Request
from service.convolution import (
    DTYPES,
    FILTERS,
    GREY,
    RGB,
    UNIT,
    WHOLE,
    filter_kernel,
    read_npy,
    read_packed,
    read_picture,
    read_tensor,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from service.api.fields.base import JSONSchema, Writer

__all__ = ["NESTED_NUMBERS", "Notes", "PictureTensor", "Tensor", "WeightTensor"]
__all__ += ["half_notes", "widened"]

NESTED_NUMBERS: Final = "NestedNumbers"
"""The component of the contract that describes nested lists of numbers."""


Notes = tuple[tuple[str, str], ...]
"""Codes and sentences of warnings."""


def widened(tensors: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Tensors by their names with float16 as float32, and the names of those that were."""
    half = [name for name, one in tensors.items() if getattr(one, "dtype", None) == np.float16]
    return {**tensors, **{name: tensors[name].astype(np.float32) for name in half}}, half


def half_notes(names: Sequence[str]) -> Notes:
    """What is to be said of tensors that were float16."""
    if not names:
        return ()
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    verb = "is" if len(names) == 1 else "are"
    return (("computed_as_float32", f"{shown} {verb} float16 and computed as float32."),)


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


class PictureRequest(Request):
    """A PNG or JPEG file. Transparency is laid over white, Exif's orientation is followed."""

    image = Base64(required=True, description="The file, without line breaks.")
    channels = Choice((GREY, RGB), allow_none=True, description="By default what the file has.")
    values = Choice(
        (WHOLE, UNIT),
        load_default=WHOLE,
        description="Whole numbers up to 255, or float32 up to 1.",
    )


_FilterRequest: Final[type[Request]] = type(
    "FilterRequest",
    (Request,),
    {
        "__doc__": "A filter by its name, with the parameters that it has; see GET /v1/filters.",
        "filter": Text(64, required=True, description="Its name, such as sobel_x."),
        **{
            parameter.name: Number(description=parameter.about)
            for one in FILTERS.values()
            for parameter in one.parameters
        },
    },
)

_PACKED: Final = PackedTensorRequest()
_PICTURE: Final = PictureRequest()
_FILTER: Final = _FilterRequest()


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


class PictureTensor(Tensor):
    """A tensor, or a picture: a `service.convolution.Picture`, whose axes the layout orders."""

    wanted = "nested lists of numbers, or an object with a picture"

    def _read_object(self, value: dict[str, Any], pointer: str) -> Any:
        if "image" not in value:
            return super()._read_object(value, pointer)
        asked = _PICTURE.load_given(value)
        take_turn()
        data = asked.pop("image")
        return read_picture(data, **asked, pointer=f"{pointer}/image")

    def objects(self, writer: Writer) -> list[JSONSchema]:
        """The schemas of the objects that stand for a tensor."""
        return [*super().objects(writer), writer.schema(_PICTURE)]


class NamedFilter(NamedTuple):
    """A kernel, ``(rows, columns)``, for each channel by itself."""

    kernel: Any


class WeightTensor(Tensor):
    """A tensor, or a filter by its name: a :class:`NamedFilter`."""

    wanted = "nested lists of numbers, or an object with a filter"

    def _read_object(self, value: dict[str, Any], pointer: str) -> Any:
        if "filter" not in value:
            return super()._read_object(value, pointer)
        asked = _FILTER.load_given(value)
        return NamedFilter(filter_kernel(asked.pop("filter"), asked, pointer))

    def objects(self, writer: Writer) -> list[JSONSchema]:
        """The schemas of the objects that stand for a weight."""
        return [*super().objects(writer), writer.schema(_FILTER)]
