"""The only marshmallow fields that schemas here are made of.

marshmallow's own take ``"3"`` and ``3.7`` for an integer, ``"yes"`` for true, and pass NUL and half
surrogate pairs; a test bans them. These take one JSON type each, bound it, say in words what would
be right, and know their own JSON Schema, so that the contract comes from the declaration that also
checks::

    class AnswerRequest(Request):
        response = ResponseValue(required=True, description="What the learner answers.")
        duration_ms = WholeNumber(0, 86_400_000, allow_none=True, load_default=None)

Values that are read: :class:`WholeNumber`, :class:`Number`, :class:`Text`, :class:`Identifier`,
:class:`Flag`, :class:`Choice`, :class:`Moment`, :class:`Count`, :class:`Numbers`, :class:`Sizes`,
:class:`NamedSizes`, :class:`Shapes`, :class:`Padding`, :class:`Word`, :class:`ResponseValue`, and
:class:`ListOf` and :class:`ObjectOf` of others. For answers only: :class:`MapOf`,
:class:`Day`, :class:`Formula` and :class:`Anything`.
"""

from service.api.fields.base import Strict, fault, nearest
from service.api.fields.layers import (
    Count,
    NamedSizes,
    Numbers,
    Padding,
    ResponseValue,
    Shapes,
    Sizes,
    Word,
)
from service.api.fields.nested import ListOf, MapOf, ObjectOf
from service.api.fields.scalars import (
    MAX_WHOLE,
    Anything,
    Choice,
    Day,
    Flag,
    Formula,
    Identifier,
    Moment,
    Number,
    Text,
    WholeNumber,
    moment_text,
)

__all__ = [
    "MAX_WHOLE",
    "Anything",
    "Choice",
    "Count",
    "Day",
    "Flag",
    "Formula",
    "Identifier",
    "ListOf",
    "MapOf",
    "Moment",
    "NamedSizes",
    "Number",
    "Numbers",
    "ObjectOf",
    "Padding",
    "ResponseValue",
    "Shapes",
    "Sizes",
    "Strict",
    "Text",
    "WholeNumber",
    "Word",
    "fault",
    "moment_text",
    "nearest",
]
