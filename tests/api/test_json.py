"""Strict JSON: what the standard library lets through is refused, with the place."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.api.json import MAX_DEPTH, MalformedJSONError, StrictJSON, dumps, loads

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=20,
)


@given(VALUES, st.booleans())
def test_reads_what_the_standard_library_writes(value: Any, ascii_only: bool) -> None:
    assert loads(json.dumps(value, ensure_ascii=ascii_only)) == value


@given(VALUES)
def test_the_standard_library_reads_what_it_writes(value: Any) -> None:
    assert json.loads(dumps(value)) == value


@pytest.mark.parametrize(
    ("raw", "detail", "place"),
    [
        (b"", "It is empty.", ""),
        (b" \n", "It is empty.", ""),
        (b"nul", "Expecting value.", "line 1, column 1"),
        (b'{"a": 1,\n "b": }', "Expecting value.", "line 2, column 7"),
        (b"[1] 2", "Extra data.", "line 1, column 5"),
        (b'"\x01"', "Invalid control character at.", "line 1, column 2"),
        (b"\xef\xbb\xbf{}", "Expecting value.", "line 1, column 1"),
        (b'"\xff"', "It is not UTF-8: byte 1 cannot be read.", ""),
        ('"\ud800"', "It is not UTF-8: byte 1 cannot be read.", ""),
        (b"[1, NaN]", "NaN is not a JSON number.", "line 1, column 5"),
        (b'["NaN", -Infinity]', "-Infinity is not a JSON number.", "line 1, column 9"),
        (b'{"a": 1, "a": 2}', 'The key "a" stands twice in one object.', "line 1, column 10"),
        (
            b'[{"a": "b", "b": 1}, {"b": 1, "b": 2}]',
            'The key "b" stands twice in one object.',
            None,
        ),
        (b"[1e400]", "The number 1e400 is larger than a double can hold.", "line 1, column 2"),
        (b"-1E+400", "The number -1E+400 is larger than a double can hold.", "line 1, column 1"),
        (b"9" * 309 + b".0", f"The number {'9' * 32}… is larger than a double can hold.", None),
        (b"[1, " + b"9" * 4301 + b"]", "A whole number has more than 4,300 digits.", None),
        (rb'"\ud800"', "A string holds half of a surrogate pair, which is no character.", None),
        (rb'"\udc00"', "A string holds half of a surrogate pair, which is no character.", None),
        (
            rb'"\ud83dx\ude00"',
            "A string holds half of a surrogate pair, which is no character.",
            None,
        ),
        (
            rb'"\ud83d\u0041"',
            "A string holds half of a surrogate pair, which is no character.",
            None,
        ),
        (
            rb'"\uD83D\n\uDE00"',
            "A string holds half of a surrogate pair, which is no character.",
            None,
        ),
    ],
)
def test_refuses(raw: bytes | str, detail: str, place: str | None) -> None:
    with pytest.raises(MalformedJSONError) as refused:
        loads(raw)
    assert refused.value.detail == detail
    if place is not None:
        assert refused.value.place == place


def test_counts_levels_exactly() -> None:
    assert loads("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    assert loads('[{"a":' * (MAX_DEPTH // 2) + "1" + "}]" * (MAX_DEPTH // 2))
    for text in (
        "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1),
        "[" * 100_000,
        '{"a":' * 100_000,
        "[" * (MAX_DEPTH + 1) + "1, 2" + "]" * (MAX_DEPTH + 1),
    ):
        with pytest.raises(MalformedJSONError, match="deeper than 64"):
            loads(text)


def test_brackets_in_strings_are_no_levels() -> None:
    inside = '"' + "[" * 1000 + '"'
    escaped = '"' + '\\"[{' * 1000 + '"'
    assert loads(f'{{"a": {inside}, "b": {escaped}}}')
    assert len(loads("[" + ",".join(["[]"] * 10_000) + "]")) == 10_000


def test_broken_brackets_are_left_to_the_parser() -> None:
    with pytest.raises(MalformedJSONError, match="Expecting value"):
        loads("]" * 100)
    with pytest.raises(MalformedJSONError, match="Expecting"):
        loads("[" + "[]," * 100)


def test_keeps_large_whole_numbers_and_pairs() -> None:
    assert loads("1" + "0" * 400) == 10**400
    assert loads(rb'"\ud83d\ude00 \\ud800"') == "😀 \\ud800"
    assert loads("1.5e300") == 1.5e300


def test_looks_for_the_place_only_near_the_start() -> None:
    text = "[" + "1," * 40_000 + "NaN]"
    with pytest.raises(MalformedJSONError) as refused:
        loads(text)
    assert refused.value.place == ""


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [-float("inf")]])
def test_never_writes_what_is_no_json(value: Any) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        dumps(value)


def test_writes_compactly_in_utf8() -> None:
    assert dumps({"a": [1, 2.5, None], "×": "→"}) == '{"a":[1,2.5,null],"×":"→"}'


def test_is_flask_s_json(app: Any) -> None:
    assert isinstance(app.json, StrictJSON)
    with app.app_context():
        assert app.json.loads(app.json.dumps({"a": 1})) == {"a": 1}
        assert app.json.response(a=1).get_data() == b'{"a":1}\n'
