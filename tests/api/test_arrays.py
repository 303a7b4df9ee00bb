"""Large JSON is read and written as the strict reader and writer do it, only faster."""

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.api.arrays import read_large
from service.api.json import MAX_DEPTH, MalformedJSONError, dumps_arrays, loads

NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
TEXT = st.text(max_size=5)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=20,
)
PIECES = st.sampled_from(
    [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        '"a"',
        '"b"',
        '"',
        "\\",
        "1",
        "0",
        "-",
        ".",
        "e",
        " ",
        "9" * 19,
        "18446744073709551616",
        "-9223372036854775809",
        "1e400",
        "NaN",
        "null",
        "\\ud800",
        ":{}",
    ]
)


def kinds(value: Any) -> Any:
    """The value with the types of its numbers."""
    if isinstance(value, list):
        return [kinds(one) for one in value]
    if isinstance(value, dict):
        return {key: kinds(one) for key, one in value.items()}
    return (type(value), repr(value))


def careful(raw: bytes) -> Any:
    """What the strict reader makes of a small text: the value with its types, or a refusal."""
    assert len(raw) < 2048
    try:
        return kinds(loads(raw))
    except MalformedJSONError:
        return "refused"


@pytest.mark.no_cover  # thousands of rounds through lines that others measure
@given(st.lists(VALUES) | st.dictionaries(TEXT, VALUES))
@example([2**64]).via("beyond what orjson keeps whole")
@example([-(2**63) - 1]).via("beyond what orjson keeps whole")
@example([2**63, -(2**63), 10**18]).via("as whole as they come")
def test_what_it_reads_is_the_same(value: Any) -> None:
    raw = json.dumps(value, ensure_ascii=False).encode()
    made = read_large(raw, MAX_DEPTH)
    if made is not None:
        assert kinds(made) == kinds(value)


@given(st.lists(PIECES, max_size=60).map("".join))
@example('{"a":1,"a":2}').via("orjson keeps the last")
@example('{"a":{"b":1,"b":2}}').via("orjson keeps the last, within")
@example('[[{"a":1,"a":2}]]').via("orjson keeps the last, deep in lists")
@example('{"a":":","a":1}').via("a colon in a text makes up for the lost one")
@example('{"{":1,"a":[[{"b:":1,"b:":2}]]}').via("a brace in a text")
def test_what_it_reads_is_strict(text: str) -> None:
    raw = text.encode()
    made = read_large(raw, MAX_DEPTH)
    if made is not None:
        assert kinds(made) == careful(raw)


def test_reads_tensors_itself() -> None:
    rng = np.random.default_rng(3)
    body = {
        "op": "conv2d",
        "input": rng.standard_normal((3, 9, 9)).tolist(),
        "weight": [[0.00012345678901234567, 1e-20]],
        "trace": {"positions": "all"},
    }
    raw = json.dumps(body).encode()
    assert read_large(raw, MAX_DEPTH) == body == loads(raw)


@pytest.mark.parametrize("extra", ['"op": 2, "op": 3', '"n": 1e400', '"n": NaN', '"n": "\\ud800"'])
def test_large_texts_are_refused_like_small_ones(extra: str) -> None:
    raw = '{"input": ' + json.dumps([0.5] * 2000) + ", " + extra + "}"
    with pytest.raises(MalformedJSONError):
        loads(raw)


def test_depth_counts_in_large_texts() -> None:
    wide = json.dumps([1] * 2000)
    deepest = MAX_DEPTH - 1
    assert loads("[" * deepest + wide + "]" * deepest)
    with pytest.raises(MalformedJSONError, match="deeper than 64"):
        loads("[" * MAX_DEPTH + wide + "]" * MAX_DEPTH)


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6).reshape(2, 3),
        np.float64([1.0, -0.0, 1e300, 5e-324, 0.1]),
        np.float32([[0.1]]),
        np.zeros((0, 2)),
        np.zeros((2, 0)),
        np.array(1.5),
        np.arange(70_000.0).reshape(2, 5, 7_000),
        np.asfortranarray(np.arange(70_000).reshape(7, 10_000)),
        np.arange(4, dtype=np.uint8),
    ],
    ids=lambda array: f"{array.shape} {array.dtype}",
)
def test_arrays_are_written_as_lists(array: Any) -> None:
    read = json.loads(dumps_arrays({"a": [array, {"b": array}], "c": {}, "d": [], "e": None}))
    assert read == {"a": [read["a"][0], {"b": read["a"][0]}], "c": {}, "d": [], "e": None}
    np.testing.assert_array_equal(np.array(read["a"][0], array.dtype).reshape(array.shape), array)
    assert "-0.0" not in dumps_arrays(array).decode()


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_never_writes_what_is_not_finite(number: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        dumps_arrays({"a": np.float32([1, number])})
    with pytest.raises(ValueError, match="not JSON compliant"):
        dumps_arrays({"a": [number]})
