"""The strict fields: one JSON type each, in bounds, with words that help."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from marshmallow import Schema, ValidationError, fields

from contract_client import OPERATIONS
from service.api.fields import (
    Anything,
    Choice,
    Count,
    Flag,
    Identifier,
    ListOf,
    MapOf,
    Moment,
    Number,
    Numbers,
    ObjectOf,
    Padding,
    ResponseValue,
    Shapes,
    Sizes,
    Strict,
    Text,
    WholeNumber,
    Word,
)
from service.api.problems import faults_of
from service.api.schemas.base import Request, Result
from service.api.schemas.layers import LayerReader, families
from service.api.schemas.tensors import Tensor
from service.convolution import TensorError

WRONG = {repr(one): one for one in (None, True, "x", 1.5, [], {}, [[]], "\ud800", "a\0b")}
WRONG |= {"nan": float("nan"), "large": 10**400}


@pytest.mark.parametrize(
    ("field", "given", "read"),
    [
        (WholeNumber(0, 10), 3, 3),
        (WholeNumber(0, 10), 3.0, 3),
        (WholeNumber(), -(2**31) + 1, -(2**31) + 1),
        (Number(0, 1), 0.5, 0.5),
        (Number(0, 1), 1, 1.0),
        (Text(5), "héllo", "héllo"),
        (Text(9, lines=True), "a\n\tb", "a\n\tb"),
        (Text(9), "\u202eabc", "\u202eabc"),
        (Identifier(), "cnn-valid_padding.2", "cnn-valid_padding.2"),
        (Flag(), True, True),
        (Choice(["same", "valid"]), "same", "same"),
        (Moment(), "2026-11-23T05:00:00+01:00", datetime(2026, 11, 23, 4, tzinfo=UTC)),
        (Count(), 7.0, 7),
        (Count(), -(10**400), -(10**400)),
        (Sizes(), 3, 3),
        (Sizes(), [3, 5.0], [3, 5]),
        (Sizes(alone=False, longest=5), [28, 28], [28, 28]),
        (Padding(["same"], pairs=True), "same", "same"),
        (Padding(["same"], pairs=True), "smae", "smae"),
        (Word(["zeros"]), "zeroes", "zeroes"),
        (Sizes(nulls=True), [7, None], [7, None]),
        (Numbers(several=True, minimum=0), [1.5, 2], [1.5, 2]),
        (Numbers(several=False, minimum=0), -0.5, -0.5),
        (Shapes(), [[8, 8, 3.0]], [[8, 8, 3]]),
        (Padding(["same"], pairs=True), [1, [0, 2.0]], [1, [0, 2]]),
        (Padding([], pairs=False), -1, -1),
        (ResponseValue(), "14 x 14", "14 x 14"),
        (ResponseValue(), "\u200e14\x07", "\u200e14\x07"),
        (ResponseValue(), [14, 14.5], [14, 14.5]),
        (ResponseValue(), 2, 2),
        (ListOf(Flag(), 3), [True, False], [True, False]),
        (Flag(allow_none=True), None, None),
    ],
)
def test_reads(field: Strict, given: object, read: object) -> None:
    got = field.deserialize(given)
    assert got == read
    assert type(got) is type(read)


@pytest.mark.parametrize(
    ("field", "takes"),
    [
        (WholeNumber(), []),
        (Number(), ["1.5"]),
        (Text(5), ["'x'"]),
        (Identifier(), ["'x'"]),
        (Flag(), ["True"]),
        (Choice(["same"]), []),
        (Moment(), []),
        (Sizes(), ["large"]),
        (Sizes(alone=False), []),
        (ListOf(Flag(), 3), ["[]"]),
        (ObjectOf(type("NothingSchema", (Request,), {})), ["{}"]),
    ],
)
def test_refuses_other_types_with_words(field: Strict, takes: list[str]) -> None:
    for name, given in WRONG.items():
        if name in takes:
            field.deserialize(given)
            continue
        with pytest.raises(ValidationError) as refused:
            field.deserialize(given)
        for fault in faults_of(refused.value):
            assert 0 < len(fault.detail) < 200


@pytest.mark.parametrize(
    ("field", "given", "detail", "hint"),
    [
        (WholeNumber(1, 200), 0, "It must be at least 1, not 0.", "nearest: 1"),
        (WholeNumber(1, 200), 2**63, f"It must be at most 200, not {2**63}.", "nearest: 200"),
        (
            WholeNumber(1, 2),
            10**400,
            "It must be at most 2, not a number of 401 digits.",
            "nearest: 2",
        ),
        (WholeNumber(), 1.5, "It must be a whole number, not a fraction.", ""),
        (WholeNumber(), "3", "It must be a whole number, not text.", ""),
        (WholeNumber(), True, "It must be a whole number, not true or false.", ""),
        (Number(0, 1), 2, "It must be at most 1.", "nearest: 1"),
        (Number(0, 1), -0.1, "It must be at least 0.", "nearest: 0"),
        (Text(3), "abcd", "It has 4 characters; at most 3 are taken.", "shorten it"),
        (Text(3, shortest=1), "", "It is empty.", "give text"),
        (Text(9, shortest=2), "a", "It is too short.", "give text"),
        (Text(9), "a\0", "Character 2 is a control character (U+0000).", "leave it out"),
        (Text(9), "a\n", "Character 2 is a control character (U+000A).", "leave it out"),
        (
            Text(9, lines=True),
            "\r\n\x1b",
            "Character 3 is a control character (U+001B).",
            "leave it out",
        ),
        (Text(9), "\ud800", "Character 1 is a control character (U+D800).", "leave it out"),
        (Choice(["same", "valid"]), "sme", "There is no such choice.", "did you mean `same`?"),
        (Choice(["same", "valid"]), "x" * 99, "There is no such choice.", "one of `same`, `valid`"),
        (Sizes(), [], "It has 0 entries.", "give 1 to 16"),
        (Sizes(), [1] * 17, "It has 17 entries.", "give 1 to 16"),
        (Padding([], pairs=True), [[]], "It has 0 entries.", "give 1 to 16"),
        (Count(), 1.5, "It must be a whole number, not a fraction.", ""),
        (ResponseValue(), "x" * 1001, "It has 1,001 characters.", "at most 1,000 are kept"),
        (ResponseValue(), "\0", "It holds a character that can't be kept.", "leave it out"),
        (ResponseValue(), 2**60, "The number is too large.", "give one within ±2**53"),
        (ResponseValue(), float("nan"), "The number is too large.", "give one within ±2**53"),
        (
            ResponseValue(),
            {},
            "It must be text, a number, or a list of numbers, not an object.",
            "",
        ),
        (Moment(), "2026-11-23T05:00:00", "It is no moment with a zone.", None),
        (Moment(), "2026-11-23", "It is no moment with a zone.", None),
        (Moment(), "0001-01-01T00:00:00+23:59", "It is no moment with a zone.", None),
        (
            Identifier(),
            "a/b",
            "It must be an id: letters, digits, dots, dashes and underscores.",
            "",
        ),
    ],
)
def test_says_what_would_be_right(
    field: Strict, given: object, detail: str, hint: str | None
) -> None:
    with pytest.raises(ValidationError) as refused:
        field.deserialize(given)
    (found,) = faults_of(refused.value)
    assert found.detail == detail
    assert hint is None or found.hint == hint


def test_points_into_lists() -> None:
    with pytest.raises(ValidationError) as refused:
        Padding(["same"], pairs=True).deserialize([1, [2, "x"], None])
    assert [fault.pointer for fault in faults_of(refused.value)] == ["/1/1", "/2"]


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        (WholeNumber(), "-12", -12),
        (WholeNumber(), "٣", "٣"),
        (WholeNumber(), "9" * 30, "9" * 30),
        (Flag(), "true", True),
        (Flag(), "false", False),
        (Flag(), "yes", "yes"),
        (Text(9), "a", "a"),
    ],
)
def test_reads_text_of_addresses(field: Strict, text: str, value: object) -> None:
    assert field.read_text(text) == value


class PointSchema(Result):
    """A point, for these tests."""

    at = Moment()
    sizes = ListOf(WholeNumber(), 3)


def test_writes() -> None:
    class Everything(Result):
        points = ListOf(ObjectOf(PointSchema), 3)
        by_name = MapOf(ObjectOf(PointSchema))
        rest = Anything()

    point = {"at": datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=1))), "sizes": (1, 2)}
    written = {"at": "2026-01-01T00:00:00.000Z", "sizes": [1, 2]}
    value = {"points": [point, None], "by_name": {"a": point}, "rest": [1], "secret": 1}
    assert Everything().dump(value) == {
        "points": [written, None],
        "by_name": {"a": written},
        "rest": [1],
    }
    nothing = {"points": None, "by_name": None, "rest": None}
    assert Everything().dump(nothing) == nothing
    assert PointSchema().dump({"at": None}) == {"at": None}


def test_reads_tensors_with_the_engine_s_own_errors() -> None:
    field = Tensor()
    np.testing.assert_array_equal(field.deserialize([[1, 2], [3, 4]], "input"), [[1, 2], [3, 4]])
    with pytest.raises(TensorError) as refused:
        field.deserialize([[1, 2], [3]], "input")
    assert (refused.value.code, refused.value.pointer) == ("ragged_tensor", "/input/1")


def test_explains_unknown_and_missing_members_in_the_order_of_the_request() -> None:
    class Body(Request):
        stride = WholeNumber(required=True)
        inner = ObjectOf(PointRequest)

    with pytest.raises(ValidationError) as refused:
        Body().load({"strid": 1, "a/b~c": 2, "inner": {"y": 1}, "_schema": 3})
    found = [(fault.pointer, fault.detail, fault.hint) for fault in faults_of(refused.value)]
    assert found == [
        ("/stride", "This is missing.", "give a whole number"),
        ("/inner/y", "There is no such field.", "one of `x`"),
        ("/strid", "There is no such field.", "did you mean `stride`?"),
        ("/a~1b~0c", "There is no such field.", "one of `stride`, `inner`"),
        ("", "There is no such field.", "one of `stride`, `inner`"),
    ]
    with pytest.raises(ValidationError) as refused:
        Body().load([])
    assert faults_of(refused.value)[0].detail == "It must be an object."


class PointRequest(Request):
    """A point that is read, for these tests."""

    x = WholeNumber()


def test_a_field_knows_no_other_errors_than_it_declares() -> None:
    with pytest.raises(AssertionError):
        raise WholeNumber().make_error("none")


def every_schema() -> Iterator[Schema]:
    """Every schema that an operation reads or writes, with those inside."""
    waiting: list[object] = []
    for operation in OPERATIONS.values():
        waiting += [operation.request, operation.query]
        waiting += [answer.schema for answer in operation.answers.values()]
    readers = [one for one in waiting if isinstance(one, LayerReader)]
    waiting += [reader.schema(family) for reader in readers for family in families()]
    while waiting:
        one = waiting.pop()
        if isinstance(one, ObjectOf):
            waiting.append(one.schema)
        elif isinstance(one, ListOf | MapOf):
            waiting.append(one.inner)
        elif isinstance(one, Schema):
            yield one
            waiting += one.fields.values()


def test_no_schema_has_a_field_of_marshmallow_s_own() -> None:
    seen = list(every_schema())
    assert len(seen) > 20
    for schema in seen:
        assert isinstance(schema, Request | Result), schema
        for name, field in schema.fields.items():
            assert isinstance(field, Strict), f"{schema}.{name}"


def test_headers_and_paths_are_strict_too() -> None:
    for operation in OPERATIONS.values():
        for field in [*operation.path.values(), *operation.headers.values()]:
            assert isinstance(field, Strict)


def test_the_ban_would_notice() -> None:
    bare = [fields.Integer, fields.String, fields.Float, fields.Boolean]
    assert not any(issubclass(kind, Strict) for kind in bare)
