from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.shapes import Inference, ParameterError, UnknownError, infer, read_layer
from service.shapes.mistakes import CODES, diagnose, mistakes, wrong_sizes
from service.shapes.wrong_rules import _AXIS_RULES


def _infer(op: str, shape: list[int], layout: str | None = None, **values: Any) -> Inference:
    return infer(read_layer("textbook", op, shape, values, layout))


def _by_code(inference: Inference, quantity: str = "output_shape") -> dict[str, object]:
    return {mistake.code: mistake.would_give for mistake in mistakes(inference, quantity)}


# Every number below was worked out by hand from the wrong rule's own formula.
AXES: dict[str, tuple[Inference, int, dict[str, int]]] = {
    "valid, stride 1": (
        _infer("conv2d", [28, 28], kernel_size=3),
        26,
        {
            "other_padding_rule": 28,
            "forgot_plus_one": 25,
            "kernel_not_subtracted": 29,
            "transposed_formula": 30,
        },
    ),
    "valid, stride 2": (
        _infer("conv2d", [28, 28], kernel_size=3, stride=2),
        13,
        {
            "other_padding_rule": 14,
            "forgot_plus_one": 12,
            "ignored_stride": 26,
            "ceil_for_floor": 14,
            "assumed_same": 28,
            "kernel_not_subtracted": 15,
            "transposed_formula": 57,
        },
    ),
    "valid, stride 3, an input that it does not divide": (
        _infer("conv1d", [20], kernel_size=4, stride=3),
        6,
        {
            "other_padding_rule": 7,
            "forgot_plus_one": 5,
            "ignored_stride": 17,
            "ceil_for_floor": 7,
            "assumed_same": 20,
            "kernel_not_subtracted": 7,
            "transposed_formula": 61,
        },
    ),
    "the deck's formula card": (
        _infer("conv2d", [32, 32, 3], kernel_size=8, filters=20, stride=2, padding=1),
        14,
        {
            "forgot_padding": 13,
            "forgot_plus_one": 13,
            "ignored_stride": 27,
            "padding_once": 13,
            "assumed_size_over_stride": 16,
            "assumed_same": 32,
            "kernel_not_subtracted": 18,
            "transposed_formula": 68,
        },
    ),
    "same, stride 1": (
        _infer("conv2d", [28, 28], kernel_size=3, padding="same"),
        28,
        {"other_padding_rule": 26, "padding_once": 27, "kernel_minus_one_each_side": 30},
    ),
    "same, stride 2": (
        _infer("conv2d", [28, 28], kernel_size=3, padding="same", stride=2),
        14,
        {
            "other_padding_rule": 13,
            "ignored_stride": 28,
            "kernel_minus_one_each_side": 15,
            "transposed_formula": 56,
        },
    ),
    "same_lower, rounded up": (
        _infer("conv2d", [29, 29], kernel_size=4, padding="same_lower", stride=2),
        15,
        {
            "other_padding_rule": 13,
            "ignored_stride": 29,
            "padding_once": 14,
            "assumed_size_over_stride": 14,
            "kernel_minus_one_each_side": 16,
            "transposed_formula": 58,
        },
    ),
    "full": (
        _infer("conv1d", [10], kernel_size=3, padding="full"),
        12,
        {
            "forgot_padding": 8,
            "forgot_plus_one": 11,
            "padding_once": 10,
            "assumed_same": 10,
            "kernel_not_subtracted": 15,
            "transposed_formula": 8,
        },
    ),
    "causal": (
        _infer("conv1d", [10], kernel_size=3, padding="causal"),
        10,
        {
            "forgot_padding": 8,
            "forgot_plus_one": 9,
            "kernel_not_subtracted": 13,
        },
    ),
    "dilation": (
        _infer("conv2d", [28, 28], kernel_size=3, dilation=3),
        22,
        {
            "other_padding_rule": 28,
            "forgot_plus_one": 21,
            "ignored_dilation": 26,
            "dilation_times_kernel": 20,
            "kernel_not_subtracted": 29,
            "transposed_formula": 34,
        },
    ),
    "a dilated kernel that just fits": (
        _infer("conv1d", [5], kernel_size=3, dilation=2),
        1,
        {
            "other_padding_rule": 5,
            "forgot_plus_one": 0,
            "ignored_dilation": 3,
            "kernel_not_subtracted": 6,
            "transposed_formula": 9,
        },
    ),
    "padding that the kernel needs": (
        _infer("conv1d", [3], kernel_size=5, padding=2),
        3,
        {
            "forgot_plus_one": 2,
            "padding_once": 1,
            "kernel_not_subtracted": 8,
        },
    ),
    "ceil_mode": (
        _infer("max_pool2d", [6, 6, 4], kernel_size=3, stride=2, ceil_mode=True),
        3,
        {
            "forgot_plus_one": 2,
            "ignored_stride": 4,
            "assumed_same": 6,
            "ignored_ceil_mode": 2,
            "kernel_not_subtracted": 4,
            "transposed_formula": 13,
        },
    ),
    "ceil_mode with padding": (
        _infer("avg_pool1d", [12], kernel_size=5, stride=3, padding=2, ceil_mode=True),
        5,
        {
            "forgot_padding": 4,
            "forgot_plus_one": 4,
            "ignored_stride": 12,
            "padding_once": 4,
            "ignored_ceil_mode": 4,
            "assumed_size_over_stride": 4,
            "assumed_same": 12,
            "kernel_not_subtracted": 7,
            "transposed_formula": 34,
        },
    ),
    "ceil_mode, a window that would start in the padding": (
        _infer("max_pool2d", [5, 5, 1], kernel_size=2, stride=2, padding=1, ceil_mode=True),
        3,
        {
            "forgot_plus_one": 2,
            "ignored_stride": 6,
            "assumed_size_over_stride": 2,
            "assumed_same": 5,
            "window_in_padding": 4,
            "kernel_not_subtracted": 5,
            "transposed_formula": 8,
        },
    ),
}


@pytest.mark.parametrize("name", AXES)
def test_wrong_rules_along_an_axis(name: str):
    inference, right, wrong = AXES[name]
    axis = inference.axes[-1]
    assert axis.output == right
    assert wrong_sizes(inference.layer, axis) == wrong
    assert _by_code(inference, axis.axis) == wrong


@pytest.mark.parametrize("name", AXES)
def test_the_likeliest_mistakes_come_first(name: str):
    for quantity in ("output_shape", AXES[name][0].axes[0].axis):
        codes = [mistake.code for mistake in mistakes(AXES[name][0], quantity)]
        assert codes == sorted(codes, key=CODES.index)


def test_every_mistake_on_an_axis_is_met_above():
    met = {code for _, _, wrong in AXES.values() for code in wrong}
    assert met == set(_AXIS_RULES)


def test_mistakes_about_a_whole_shape():
    inference = _infer("conv2d", [28, 28, 3], kernel_size=3, filters=16)
    assert inference.output_shape == (26, 26, 16)
    assert _by_code(inference) == {
        "other_padding_rule": (28, 28, 16),
        "forgot_plus_one": (25, 25, 16),
        "axis_order": (16, 26, 26),
        "kept_input_depth": (26, 26, 3),
        "kernel_not_subtracted": (29, 29, 16),
        "multiplied_filters_by_depth": (26, 26, 48),
        "transposed_formula": (30, 30, 16),
    }


def test_a_rule_that_is_right_on_one_axis_changes_the_other_alone():
    inference = _infer("conv2d", [28, 40, 1], kernel_size=3, filters=4, stride=[1, 3], padding=1)
    assert inference.output_shape == (28, 14, 4)
    assert _by_code(inference)["ignored_stride"] == (28, 40, 4)
    assert _by_code(inference)["assumed_size_over_stride"] == (28, 13, 4)


def test_channels_first_and_batches():
    inference = _infer("conv2d", [8, 3, 28, 28], "NCHW", kernel_size=3, filters=16)
    found = _by_code(inference)
    assert found["axis_order"] == (8, 26, 26, 16)
    assert found["kept_input_depth"] == (8, 3, 26, 26)
    assert found["forgot_plus_one"] == (8, 16, 25, 25)


def test_one_channel_cannot_be_multiplied_or_a_like_depth_kept():
    one = _by_code(_infer("conv2d", [28, 28, 1], kernel_size=3, filters=16))
    assert "multiplied_filters_by_depth" not in one
    assert one["kept_input_depth"] == (26, 26, 1)
    alike = _by_code(_infer("conv2d", [28, 28, 16], kernel_size=3, filters=16))
    assert "kept_input_depth" not in alike


def test_pools_and_pictures_without_channels_know_no_depth():
    pool = _by_code(_infer("max_pool2d", [28, 28, 16], kernel_size=2))
    assert {"kept_input_depth", "multiplied_filters_by_depth"}.isdisjoint(pool)
    assert pool["axis_order"] == (16, 14, 14)
    grey = _by_code(_infer("conv2d", [28, 28], kernel_size=3))
    assert {"kept_input_depth", "axis_order"}.isdisjoint(grey)


def test_a_cube_has_no_other_order():
    assert "axis_order" not in _by_code(_infer("conv2d", [8, 8, 3], kernel_size=3, filters=6))


def test_explanations_have_the_layers_numbers_in_them():
    inference = _infer("conv2d", [32, 32, 3], kernel_size=8, filters=20, stride=2, padding=1)
    texts = {mistake.code: mistake.explanation for mistake in mistakes(inference)}
    assert texts["forgot_padding"] == (
        "The padding was left out: ⌊(32 − 8)/2⌋ + 1 = 13. "
        "The window slides over the input and 2 pixels of padding: 32 + 2 − 8."
    )
    assert texts["padding_once"] == (
        "The padding was added once, 32 + 1. It stands on both sides: 32 + 1 + 1."
    )
    assert texts["kernel_not_subtracted"] == (
        "The kernel was not subtracted: ⌊(32 + 2)/2⌋ + 1 = 18. "
        "The last window starts 8 pixels before the end."
    )
    valid = _infer("conv2d", [28, 28], kernel_size=3)
    texts = {mistake.code: mistake.explanation for mistake in mistakes(valid, "width")}
    assert texts["other_padding_rule"] == (
        "28 is what “same” padding gives. This layer has “valid” padding."
    )
    assert texts["kernel_not_subtracted"].startswith(
        "The kernel was not subtracted: ⌊28/1⌋ + 1 = 29."
    )


def _codes(inference: Inference, answer: Any, quantity: str = "output_shape") -> list[str]:
    return [mistake.code for mistake in diagnose(inference, answer, quantity)]


@pytest.fixture(scope="module")
def conv() -> Inference:
    """28×28×3 through 16 filters of 5×5: 24×24×16."""
    return _infer("conv2d", [28, 28, 3], kernel_size=5, filters=16)


@pytest.mark.parametrize(
    ("answer", "codes"),
    [
        ((24, 24, 16), []),
        ((23, 23, 16), ["forgot_plus_one"]),
        ([28, 28, 16], ["other_padding_rule"]),
        ((24, 24, 3), ["kept_input_depth"]),
        ((16, 24, 24), ["axis_order"]),
        ((24, 16, 24), ["axis_order"]),
        # wrong on one axis alone
        ((24, 23, 16), ["forgot_plus_one"]),
        # two mistakes at once: what explains more comes first, then what is likelier
        ((23, 23, 3), ["forgot_plus_one", "kept_input_depth"]),
        ((28, 23, 16), ["other_padding_rule", "forgot_plus_one"]),
        ((28, 28, 48), ["other_padding_rule", "multiplied_filters_by_depth"]),
        # one size that nothing explains leaves nothing said
        ((23, 23, 17), []),
        ((7, 23, 16), []),
        ((1, 2, 3), []),
    ],
)
def test_diagnosing_a_shape(conv: Inference, answer: tuple[int, ...], codes: list[str]):
    assert _codes(conv, answer) == codes


def test_what_a_partial_mistake_would_give_is_right_elsewhere(conv: Inference):
    (mistake,) = diagnose(conv, (24, 23, 16))
    assert mistake.would_give == (24, 23, 16)
    first, second = diagnose(conv, (23, 23, 3))
    assert (first.would_give, second.would_give) == ((23, 23, 16), (24, 24, 3))


def test_height_and_width_swapped_are_in_another_order():
    inference = _infer("conv2d", [40, 28, 1], kernel_size=3, filters=4)
    assert _codes(inference, (26, 38, 4)) == ["axis_order"]
    assert diagnose(inference, (26, 38, 4))[0].would_give == (26, 38, 4)


def test_a_number_that_several_rules_give_names_them_all_in_order():
    inference = _infer("conv2d", [32, 32, 3], kernel_size=8, filters=20, stride=2, padding=1)
    assert _codes(inference, 13, "width") == ["forgot_padding", "forgot_plus_one", "padding_once"]
    assert _codes(inference, (13, 13, 20)) == ["forgot_padding", "forgot_plus_one", "padding_once"]
    assert _codes(inference, 14, "height") == []
    assert _codes(inference, 99, "height") == []


def test_an_answer_of_one_size_may_be_a_number():
    row = _infer("conv1d", [28], kernel_size=3)
    assert _codes(row, 25) == ["forgot_plus_one"]


def test_an_answer_with_too_few_sizes_is_refused(conv: Inference):
    with pytest.raises(ParameterError) as refused:
        diagnose(conv, (24, 24))
    assert (refused.value.code, refused.value.pointer) == ("len", "/answer")


@pytest.mark.parametrize("quantity", ["depth", "flops", ""])
def test_a_quantity_that_the_layer_lacks_is_refused(conv: Inference, quantity: str):
    with pytest.raises(UnknownError) as refused:
        diagnose(conv, 3, quantity)
    assert refused.value.code == "unknown_quantity"
    assert refused.value.hint == "One of: output_shape, height, width, params, macs."


@st.composite
def layers(draw: st.DrawFn) -> Inference:
    rank = draw(st.integers(1, 3))
    axes = st.lists(st.integers(1, 4), min_size=rank, max_size=rank)
    conv = draw(st.booleans())
    values: dict[str, Any] = {
        "kernel_size": draw(axes),
        "stride": draw(axes),
        "dilation": draw(axes),
        "padding": draw(st.sampled_from(["valid", "same", "same_lower", "full", 0, 1])),
    }
    if conv:
        values["filters"] = draw(st.integers(1, 5))
    else:
        values["padding"] = draw(st.sampled_from(["valid", "same", 0]))
        values["ceil_mode"] = draw(st.booleans())
    sizes = draw(st.lists(st.integers(13, 40), min_size=rank, max_size=rank))
    op = f"{'conv' if conv else 'avg_pool'}{rank}d"
    return _infer(op, [*sizes, draw(st.integers(1, 4))], **values)


@given(layers())
def test_no_mistake_is_right_and_each_can_be_found_again(inference: Inference):
    right = inference.output_shape
    for mistake in mistakes(inference):
        assert mistake.would_give != right
        assert mistake.code in _codes(inference, mistake.would_give)
        assert mistake.explanation.endswith(".") or mistake.explanation.endswith(").")
        assert "{" not in mistake.explanation
    for axis in inference.axes:
        for mistake in mistakes(inference, axis.axis):
            assert isinstance(mistake.would_give, int)
            assert 0 <= mistake.would_give != axis.output
            assert mistake.code in _codes(inference, mistake.would_give, axis.axis)


@given(layers(), st.lists(st.integers(0, 50), min_size=4, max_size=4))
def test_any_answer_can_be_diagnosed(inference: Inference, sizes: list[int]):
    right = inference.output_shape
    answer = tuple(sizes[: len(right)])
    found = diagnose(inference, answer)
    assert not (found and answer == right)
    for mistake in found:
        assert isinstance(mistake.would_give, tuple)
        for size, given_size, right_size in zip(mistake.would_give, answer, right, strict=True):
            assert size in (given_size, right_size)
