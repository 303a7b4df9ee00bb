from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.quiz.errors import UnreadableResponseError
from service.quiz.reading import (
    MAX_CHARACTERS,
    integer_hint,
    rating_hint,
    read_integer,
    read_rating,
    read_shape,
    shape_hint,
)

ORACLE = Path(__file__).parents[1] / "oracle" / "answer_parse_cases.jsonl"
CASES = [json.loads(line) for line in ORACLE.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_what_learners_type_is_read_as_agreed(case: dict[str, object]):
    def read() -> object:
        if case["kind"] == "shape":
            return list(read_shape(case["input"], str(case["layout"])))
        return read_integer(case["input"])

    if case["code"] is None:
        assert read() == case["expect"]
    else:
        with pytest.raises(UnreadableResponseError) as refused:
            read()
        assert refused.value.reason == case["code"]


@pytest.mark.parametrize(
    "typed",
    [
        "13×14×16",
        "13 × 14 × 16",
        "13X14X16",
        "１３ｘ１４ｘ１６",
        "１３×１４×１６",
        "13✕14✖16",
        "13⨯14∗16",
        "13х14х16",  # the Cyrillic letter
        "13*14*16",
        "13 by 14 by 16",
        "13by14by16",
        "13;14;16",
        "13, 14, 16",
        "13，14，16",
        "13\t14\n16",
        "13\u00a014\u202f16",
        "13 x 14, 16",
        "(13, 14, 16)",
        "(13, 14, 16,)",
        "13,14,16,",
        "{13, 14, 16}",
        "<13, 14, 16>",
        "[[13], [14], [16]]",
        "[13, 14, 16",
        "torch.Size([13, 14, 16])",
        "TORCH.SIZE([13,14,16])",
        "TensorShape([13, 14, 16])",
        "tf.TensorShape([13, 14, 16])",
        "shape=(13, 14, 16)",
        "output shape: 13x14x16",
        "output_shape = [13, 14, 16]",
        "= 13x14x16",
        '"13x14x16"',
        "`13x14x16`",
        "“13x14x16”",
        "13x14x16.",
        "13x14x16 .",
        "+13x+14x+16",
        "013x014x016",
        "13.0 14. 16.000",
        "H=13, W=14, C=16",
        "W=14 H=13 C=16",
        "c:16 w:14 h:13",
        "H=13xW=14xC=16",
        "C=16;H=13;W=14",
        "h13 w14 c16",
        "H 13 W 14 C 16",
        "channels = 16, height = 13, width = 14",
        "depth 16, height 13, width 14",
        "K=16, H=13, W=14",
        "filters=16 height=13 width=14",
        "13h 14w 16c",
        "14w 13h 16c",
        "13 high, 14 wide, 16 channels",
        "13 high by 14 wide by 16 deep",
        "13x14x16 channels",
        "13x14, 16 maps",
        "13x14, C=16",
        "(H=13, W=14, C=16)",
        "١٣x١٤x١٦",
        [13, 14, 16],
        (13, 14, 16),
        [13.0, 14, 16.0],
    ],
)
def test_one_shape_written_in_many_ways(typed: object):
    assert read_shape(typed, "HWC") == (13, 14, 16)


@pytest.mark.parametrize(
    ("typed", "layout", "shape"),
    [
        ("28x28", "HW", (28, 28)),
        ("W=5,H=6", "HW", (6, 5)),
        ("16x13x14", "CHW", (16, 13, 14)),
        ("H=13, W=14, C=16", "CHW", (16, 13, 14)),
        ("N=2, C=3, H=4, W=5", "NCHW", (2, 3, 4, 5)),
        ("batch 2, channels 3, depth 4, height 5, width 6", "NCDHW", (2, 3, 4, 5, 6)),
        ("D=4 H=5 W=6 C=3", "DHWC", (4, 5, 6, 3)),
        ("26x8", "LC", (26, 8)),
        ("length 26, channels 8", "LC", (26, 8)),
        ("C=8, W=26", "LC", (26, 8)),
        ("L=26, C=8", "WC", (26, 8)),
        ("26", "L", (26,)),
        ("W=26", "L", (26,)),
        (26, "L", (26,)),
        ("1,792", "HW", (1, 792)),
        ("16x13x13", "HWC", (16, 13, 13)),
        ("0x13x16", "HWC", (0, 13, 16)),
        ("-13x13x16", "HWC", (-13, 13, 16)),
        ("13 x −13 x 16", "HWC", (13, -13, 16)),
        ("H=-13, W=13, C=16", "HWC", (-13, 13, 16)),
        ("999999999999999x1x1", "HWC", (999999999999999, 1, 1)),
    ],
)
def test_shapes_of_other_layouts_and_unlikely_sizes(
    typed: object, layout: str, shape: tuple[int, ...]
):
    assert read_shape(typed, layout) == shape


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "not_a_number"),
        ("   ", "not_a_number"),
        (".", "not_a_number"),
        (",", "not_a_number"),
        ("()", "not_a_number"),
        ("=", "not_a_number"),
        ("x13x14", "not_a_number"),
        (",13,14,16", "not_a_number"),
        ("13,,16", "not_a_number"),
        ("13 x x 16", "not_a_number"),
        ("13x14x16x", "not_a_number"),
        ("13x14x16 by", "not_a_number"),
        ("28-3+1", "not_a_number"),
        ("28 -3 +1", "not_a_number"),
        ("28 - 3 + 1", "not_a_number"),
        ("(28-3)x13x16", "not_a_number"),
        ("13/1x14x16", "not_a_number"),
        ("13-14-16", "not_a_number"),
        ("2**4 x 3 x 3", "not_a_number"),
        ("13 x 14 x 16 = 2912", "not_a_number"),
        ("four", "not_a_number"),
        ("thirteen by fourteen by sixteen", "not_a_number"),
        ("I don't know", "not_a_number"),
        ("?", "not_a_number"),
        ("NaN x 13 x 16", "not_a_number"),
        ("inf,13,16", "not_a_number"),
        ("None", "not_a_number"),
        ("(None, 13, 14, 16)", "not_a_number"),
        ("1e3x13x16", "not_a_number"),
        ("1.2.3x4x5", "not_a_number"),
        ("13²x16", "not_a_number"),
        ("13₂x16x1", "not_a_number"),
        ("½x13x16", "not_a_number"),
        ("H=,W=14,C=16", "not_a_number"),
        ("H W C", "not_a_number"),
        ("H=13 W=14 C", "not_a_number"),
        ("13 pixels x 14 pixels x 16", "not_a_number"),
        ("<script>13</script>", "not_a_number"),
        ("13x14x16\x00", "not_a_number"),
        ("13x14x\ud800", "not_a_number"),
        ("🙂", "not_a_number"),
        ("1000000000000000x13x16", "not_a_number"),
        ("13x13", "len"),
        ("13", "len"),
        ("13x14x16x1", "len"),
        ("1,792x13x16", "len"),
        ("13.5x14x16", "non_integer"),
        (".5x14x16", "non_integer"),
        ("H=13, W=14.25, C=16", "non_integer"),
        ("13.5x14", "non_integer"),
        ("H=13, H=14, C=16", "duplicate_axis"),
        ("H=13, W=14, C=16, height=13", "duplicate_axis"),
        ("C=16, K=16, H=13", "duplicate_axis"),
        ("H=13, W=14", "axes"),
        ("H=13, W=14, Q=16", "axes"),
        ("H=13, W=14, L=16", "axes"),
        ("N=1, H=13, W=14, C=16", "axes"),
        ("13x14, H=16", "axes"),
        ("13 wide x 14 x 16", "axes"),
        ("1" * 65, "too_long"),
        (" " * 65 + "13", "too_long"),
        ("1" * 100_000, "too_long"),
        (None, "not_a_number"),
        (True, "not_a_number"),
        ({}, "not_a_number"),
        ([True, 13, 16], "not_a_number"),
        (["13", 14, 16], "not_a_number"),
        ([[13], 14, 16], "not_a_number"),
        ([None, 14, 16], "not_a_number"),
        ([float("nan"), 14, 16], "not_a_number"),
        ([float("inf"), 14, 16], "not_a_number"),
        ([10**400, 14, 16], "not_a_number"),
        ([1e300, 14, 16], "not_a_number"),
        ([13.5, 14, 16], "non_integer"),
        ([], "len"),
        ([13, 14], "len"),
        ([13] * 100_000, "len"),
        (13, "len"),
        (13.5, "non_integer"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_is_no_shape_is_refused_with_a_reason_and_a_hint(typed: object, reason: str):
    with pytest.raises(UnreadableResponseError) as refused:
        read_shape(typed, "HWC")
    assert refused.value.reason == reason
    assert refused.value.hint == shape_hint("HWC")
    assert refused.value.detail
    assert refused.value.detail.isprintable()


def test_an_axis_that_the_layout_has_twice_as_a_word_is_still_one():
    with pytest.raises(UnreadableResponseError) as refused:
        read_shape("width 4, length 5", "W")
    assert refused.value.reason == "duplicate_axis"


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("26", 26),
        (" 26 ", 26),
        ("26.", 26),
        ("26.0", 26),
        (".0", 0),
        ("+26", 26),
        ("-26", -26),
        ("−26", -26),
        ("026", 26),
        ("0", 0),
        ("２６", 26),
        ("٢٦", 26),
        ("(26)", 26),
        ("[26]", 26),
        ("= 26", 26),
        ("W=26", 26),
        ("width: 26", 26),
        ("output = 26", 26),
        ("26 px", 26),
        ("26 pixels.", 26),
        ("448 parameters", 448),
        ("1,792", 1792),
        ("１，７９２", 1792),
        ("1 792", 1792),
        ("1\u202f792", 1792),
        ("1'792", 1792),
        ("1_792", 1792),
        ("4,245,280", 4245280),
        ("4,245,280.0", 4245280),
        ("999999999999999", 999999999999999),
        (26, 26),
        (26.0, 26),
        (-3, -3),
        ([26], 26),
    ],
    ids=repr,
)
def test_one_number_written_in_many_ways(typed: object, number: int):
    assert read_integer(typed) == number


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("", "not_a_number"),
        ("-", "not_a_number"),
        ("+", "not_a_number"),
        ("- 5", "not_a_number"),
        ("4,48", "not_a_number"),
        ("17,92", "not_a_number"),
        ("1,7920", "not_a_number"),
        ("1,792 000", "not_a_number"),
        ("1,,792", "not_a_number"),
        ("28-3+1", "not_a_number"),
        ("28*28", "not_a_number"),
        ("28x28", "not_a_number"),
        ("25+1=26", "not_a_number"),
        ("26 apples", "not_a_number"),
        ("stride=26", "not_a_number"),
        ("about 26", "not_a_number"),
        ("twenty-six", "not_a_number"),
        ("0x1A", "not_a_number"),
        ("1e2", "not_a_number"),
        ("infinity", "not_a_number"),
        ("26²", "not_a_number"),
        ("1000000000000000", "not_a_number"),
        ("1,000,000,000,000,000", "not_a_number"),
        ("26.5", "non_integer"),
        (".5", "non_integer"),
        ("1.792", "non_integer"),
        ("1" * 65, "too_long"),
        (None, "not_a_number"),
        (False, "not_a_number"),
        ([], "not_a_number"),
        ([26, 26], "not_a_number"),
        ([True], "not_a_number"),
        ({"width": 26}, "not_a_number"),
        (float("nan"), "not_a_number"),
        (10**400, "not_a_number"),
        (-(10**400), "not_a_number"),
        (26.5, "non_integer"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_is_no_whole_number_is_refused(typed: object, reason: str):
    with pytest.raises(UnreadableResponseError) as refused:
        read_integer(typed)
    assert refused.value.reason == reason
    assert refused.value.hint == integer_hint()


@pytest.mark.parametrize("typed", ["again", " Hard ", "GOOD", "ｅａｓｙ"])
def test_ratings(typed: str):
    assert read_rating(typed) in ("again", "hard", "good", "easy")


@pytest.mark.parametrize("typed", ["", "ok", "good!", 3, None, ["good"], "good" + " " * 64])
def test_what_is_no_rating_is_refused(typed: object):
    with pytest.raises(UnreadableResponseError) as refused:
        read_rating(typed)
    assert (refused.value.reason, refused.value.hint) == ("rating", rating_hint())


@given(st.text(max_size=MAX_CHARACTERS + 5))
def test_any_text_is_read_or_refused(typed: str):
    for read in (lambda text: read_shape(text, "HWC"), read_integer, read_rating):
        detail = ""
        try:
            read(typed)
        except UnreadableResponseError as refused:
            detail = refused.detail
        assert not detail or detail.isprintable()


@given(st.text(alphabet="0123456789xX×,;*. -+()[]=:HWChwcby", max_size=MAX_CHARACTERS))
def test_no_answer_has_numbers_that_were_not_typed(typed: str):
    try:
        shape = read_shape(typed, "HWC")
    except UnreadableResponseError:
        return
    digits = "".join(c for c in typed if c.isdigit())
    for size in shape:
        assert str(abs(size)) in digits


@given(st.lists(st.integers(-(10**14), 10**14), min_size=3, max_size=3))
def test_a_shape_survives_being_written_and_read(sizes: list[int]):
    for separator in ("x", " × ", ", ", "; ", " by "):
        assert read_shape(separator.join(map(str, sizes)), "HWC") == tuple(sizes)
    named = ", ".join(f"{axis}={size}" for axis, size in zip("CWH", reversed(sizes), strict=True))
    assert read_shape(named, "HWC") == tuple(sizes)
    assert read_integer(f"{sizes[0]:,}") == sizes[0]
    assert read_integer(sizes[0]) == sizes[0]
