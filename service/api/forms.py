"""Requests as ``multipart/form-data``: one part is the JSON, others are files beside it (RFC 7578).

The whole body is in memory, bounded, when it gets here, so a form is cut at its boundaries in one
go. Files come out as bytes under their names, where JSON would have had another value; what they
hold is for the fields of the request to read.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from marshmallow import ValidationError
from werkzeug.http import parse_options_header

from service.api.fields import fault, nearest
from service.api.fields.base import kind_of
from service.api.problems import Fault, Problem
from service.api.reading import read_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from service.api.fields.base import JSONSchema

__all__ = ["MULTIPART", "Form"]

MULTIPART: Final = "multipart/form-data"

_BOUNDARY: Final = 200  # RFC 2046 gives a boundary 70 characters, and some clients take more
_HEADERS: Final = 2048  # bytes of a part's own header
_PLAIN: Final = ("", "7bit", "8bit", "binary")


class Form:
    """A form with a JSON part ``document`` and file parts ``files`` (what each of them is)."""

    def __init__(self, document: str, about: str, files: Mapping[str, str]) -> None:
        self._document = document
        self._about = about
        self._files = files
        self._names = (document, *files)

    @property
    def schema(self) -> JSONSchema:
        """The form in the contract."""
        files = {
            name: {
                "type": "string",
                "contentMediaType": "application/octet-stream",
                "description": about,
            }
            for name, about in self._files.items()
        }
        document = {"type": "object", "description": self._about}
        return {
            "type": "object",
            "properties": {self._document: document, **files},
            "required": [self._document],
            "additionalProperties": False,
        }

    def read(self, raw: bytes, options: Mapping[str, str]) -> dict[str, Any]:
        """The members of the JSON part, and the files beside them as bytes.

        Raises ``malformed_form``, ``malformed_json``, and ValidationError for parts that are
        missing, unknown or given twice.
        """
        parts: dict[str, bytes] = {}
        for name, content in _parts(raw, options.get("boundary", ""), len(self._names)):
            if name not in self._names:
                error = fault("There is no such part.", nearest(name, self._names))
                raise ValidationError({name: error.messages})
            if name in parts:
                raise ValidationError({name: fault("The form has this part twice.").messages})
            parts[name] = content
        if self._document not in parts:
            error = fault("This part is missing.", "give the request's JSON in it")
            raise ValidationError({self._document: error.messages})
        members = read_json(parts.pop(self._document))
        if type(members) is not dict:
            error = fault(f"It must be an object, not {kind_of(members)}.")
            raise ValidationError({self._document: error.messages})
        for name in parts:
            if name in members:
                error = fault(f"It stands in {self._document} and is a part as well.", "give one")
                raise ValidationError({name: error.messages})
        return members | parts


def _parts(raw: bytes, boundary: str, most: int) -> Iterator[tuple[str, bytes]]:
    """Name and content of each part."""
    if not 0 < len(boundary) <= _BOUNDARY or not boundary.isascii():
        raise _malformed(f"The Content-Type has no boundary of 1 to {_BOUNDARY} characters.")
    pieces = (b"\r\n" + raw).split(b"\r\n--" + boundary.encode(), most + 2)
    if len(pieces) < 2:
        raise _malformed("Its boundary is nowhere in it.")
    _before, *parts, end = pieces
    if not end.startswith(b"--"):
        if len(parts) > most:
            raise _malformed(f"It has more than {most} parts.")
        raise _malformed("It ends without its closing boundary.")
    for part in parts:
        head, separator, content = part.partition(b"\r\n\r\n")
        if not separator or len(head) > _HEADERS or head.lstrip(b" \t")[:2] != b"\r\n":
            raise _malformed("A part has no header of its own.")
        yield _name(head), content


@lru_cache(maxsize=256)
def _name(head: bytes) -> str:
    """The name of a part, out of its header."""
    fields = {}
    for line in head.decode("utf-8", "replace").strip().split("\r\n"):
        key, _, value = line.partition(":")
        fields[key.strip().lower()] = value.strip()
    kind, options = parse_options_header(fields.get("content-disposition", ""))
    if kind != "form-data" or not options.get("name"):
        raise _malformed("A part has no name (Content-Disposition: form-data; name=...).")
    if fields.get("content-transfer-encoding", "").lower() not in _PLAIN:
        raise _malformed("A part has a transfer encoding.")
    return options["name"]


def _malformed(detail: str) -> Problem:
    return Problem(
        "malformed_form", f"The form can't be read. {detail}", faults=[Fault("", detail)]
    )
