"""Mistakes about layers whose windows do not slide, and about counting."""

from typing import Any

import pytest

from service.shapes import Inference, ParameterError, UnknownError, infer, read_layer
from service.shapes.mistakes import CODES, diagnose, diagnosis, expected, mistakes
from service.shapes.wrong_rules import AXIS_CODES


def _infer(
    op: str, shape: list[int], layout: str | None = None, framework: str = "textbook", **values: Any
) -> Inference:
    return infer(read_layer(framework, op, shape, values, layout))


def _by_code(inference: Inference, quantity: str) -> dict[str, object]:
    return {mistake.code: mistake.would_give for mistake in mistakes(inference, quantity)}


# Every number below was worked out by hand from the wrong rule's own formula.
AXES: dict[str, tuple[Inference, int, dict[str, int]]] = {
    "transposed, no padding": (
        _infer("conv_transpose2d", [4, 4], kernel_size=3, stride=2, padding=0),
        9,
        {
            "convolution_formula": 1,
            "ignored_stride": 6,
            "assumed_input_times_stride": 8,
            "forgot_minus_one": 11,
            "assumed_same": 4,
            "kernel_not_added": 6,
        },
    ),
    "transposed, padding and output padding": (
        _infer("conv_transpose2d", [7, 7], kernel_size=3, stride=2, padding=1, output_padding=1),
        14,
        {
            "forgot_padding": 16,
            "convolution_formula": 4,
            "forgot_output_padding": 13,
            "ignored_stride": 8,
            "padding_once": 15,
            "padding_added": 18,
            "forgot_minus_one": 16,
            "assumed_same": 7,
            "kernel_not_added": 11,
        },
    ),
    "transposed, same": (
        _infer("conv_transpose2d", [7, 7], kernel_size=5, stride=2, padding="same"),
        14,
        {"other_padding_rule": 17, "convolution_formula": 4, "ignored_stride": 7}
        | {"assumed_same": 7},
    ),
    "transposed, valid, dilated": (
        _infer("conv_transpose1d", [5], kernel_size=3, stride=2, dilation=2),
        13,
        {
            "other_padding_rule": 10,
            "convolution_formula": 1,
            "ignored_stride": 9,
            "assumed_same": 5,
            "ignored_dilation": 11,
        },
    ),
    "adaptive": (
        _infer("adaptive_avg_pool1d", [10], output_size=4),
        4,
        {"output_as_window": 2, "assumed_same": 10},
    ),
    "global": (_infer("global_max_pool1d", [9], keepdims=True), 1, {"assumed_same": 9}),
    "padding": (
        _infer("zero_padding1d", [9], padding=[[1, 2]]),
        12,
        {"padding_once": 10, "assumed_same": 9},
    ),
    "cropping": (
        _infer("cropping1d", [9], cropping=[[1, 2]]),
        6,
        {"cropped_once": 8, "crop_added": 12, "assumed_same": 9},
    ),
    "cropping one side": (
        _infer("cropping1d", [9], cropping=[[0, 2]]),
        7,
        {"crop_added": 11, "assumed_same": 9},
    ),
    "upsampling": (
        _infer("upsampling1d", [6], scale_factor=3),
        18,
        {"assumed_same": 6, "assumed_size_over_stride": 2, "factor_added": 9},
    ),
}


@pytest.mark.parametrize("name", AXES)
def test_wrong_rules_along_an_axis(name: str) -> None:
    inference, right, wrong = AXES[name]
    axis = inference.axes[-1]
    assert axis.output == right
    assert _by_code(inference, axis.axis) == wrong
    codes = [mistake.code for mistake in mistakes(inference, axis.axis)]
    assert codes == sorted(codes, key=CODES.index)
    for mistake in mistakes(inference, axis.axis):
        assert "{" not in mistake.explanation
        assert mistake.explanation.endswith(".")
        assert mistake.code in [m.code for m in diagnose(inference, mistake.would_give, axis.axis)]


def test_codes_of_axes_are_all_ranked() -> None:
    assert set(AXIS_CODES) <= set(CODES)
    assert len(set(CODES)) == len(CODES)


CONV = _infer("conv2d", [28, 28, 3], kernel_size=5, filters=16)
GROUPED = _infer("conv2d", [2, 9, 9, 4], kernel_size=3, filters=6, groups=2, bias=False)
COUNTS: list[tuple[Inference, str, int, dict[str, int]]] = [
    (
        CONV,
        "params",
        1216,
        {
            "forgot_bias": 1200,
            "forgot_channels": 416,
            "forgot_filters": 76,
            "single_bias": 1201,
            "ignored_groups": 1216,
            "kernel_one_side": 256,
            "counted_positions": 1216 * 576,
            "gave_macs": 1200 * 576,
        },
    ),
    (
        CONV,
        "macs",
        691200,
        {
            "forgot_channels": 230400,
            "forgot_positions": 1200,
            "forgot_filters": 43200,
            "counted_bias": 691200 + 576 * 16,
            "counted_flops": 1382400,
            "used_input_positions": 940800,
            "gave_params": 1216,
        },
    ),
    (
        GROUPED,
        "params",
        108,
        {
            "forgot_channels": 54,
            "forgot_filters": 18,
            "added_bias": 114,
            "ignored_groups": 216,
            "kernel_one_side": 36,
            "counted_positions": 108 * 49,
            "gave_macs": 108 * 98,
        },
    ),
    (
        GROUPED,
        "macs",
        10584,
        {
            "forgot_channels": 5292,
            "forgot_positions": 216,
            "forgot_filters": 1764,
            "counted_flops": 21168,
            "ignored_groups": 21168,
            "used_input_positions": 108 * 162,
            "forgot_batch": 5292,
            "gave_params": 108,
        },
    ),
    (
        _infer("conv_transpose2d", [4, 4, 2], kernel_size=2, stride=2, filters=3),
        "macs",
        16 * 24,
        {
            "forgot_channels": 192,
            "forgot_positions": 24,
            "forgot_filters": 128,
            "counted_bias": 384 + 64 * 3,
            "counted_flops": 768,
            "used_output_positions": 64 * 24,
            "gave_params": 27,
        },
    ),
    (
        _infer("separable_conv2d", [9, 9, 8], kernel_size=3, filters=16),
        "params",
        216,
        {
            "forgot_bias": 200,
            "single_bias": 201,
            "ordinary_convolution": 1168,
            "counted_positions": 216 * 49,
            "gave_macs": 200 * 49,
        },
    ),
    (
        _infer("batch_norm2d", [8, 8, 64]),
        "params",
        128,
        {"forgot_bias": 64, "counted_statistics": 256, "counted_pixels": 128 * 64},
    ),
    (
        _infer("batch_norm2d", [1, 8, 8, 64], framework="keras"),
        "params",
        256,
        {"forgot_bias": 192, "forgot_statistics": 128, "counted_pixels": 256 * 64},
    ),
    (
        _infer("max_pool2d", [8, 8, 3], kernel_size=2),
        "params",
        0,
        {"pool_has_weights": 12},
    ),
    (_infer("max_pool2d", [8, 8, 3], kernel_size=2), "macs", 0, {"pool_has_weights": 192}),
    (_infer("linear", [10], units=4), "params", 44, {"forgot_bias": 40, "single_bias": 41}),
    (_infer("linear", [10], units=4, bias=False), "params", 40, {"added_bias": 44}),
    (_infer("relu", [10]), "params", 0, {}),
]


@pytest.mark.parametrize(("inference", "quantity", "right", "wrong"), COUNTS)
def test_wrong_counts(
    inference: Inference, quantity: str, right: int, wrong: dict[str, int]
) -> None:
    assert expected(inference, quantity) == right
    wrong = {code: value for code, value in wrong.items() if value != right}
    assert _by_code(inference, quantity) == wrong
    for mistake in mistakes(inference, quantity):
        assert mistake.explanation.endswith(".")
        found = diagnosis(inference, mistake.would_give, quantity)
        assert not found.correct
        assert mistake in found.mistakes


def test_two_mistakes_in_one_count() -> None:
    assert [m.code for m in diagnose(CONV, 400, "params")] == ["forgot_channels", "forgot_bias"]
    assert [m.code for m in diagnose(CONV, 2400, "macs")] == ["forgot_positions", "counted_flops"]
    assert diagnose(CONV, 1216, "params") == ()
    assert diagnose(CONV, 1217, "params") == ()
    assert diagnose(GROUPED, 1, "params") == ()


def test_depthwise_maps() -> None:
    found = _by_code(
        _infer("depthwise_conv2d", [9, 9, 4], kernel_size=3, depth_multiplier=2), "output_shape"
    )
    assert found["kept_input_depth"] == (7, 7, 4)
    assert found["summed_channels"] == (7, 7, 2)


def test_neurons_of_a_linear_layer() -> None:
    found = mistakes(_infer("linear", [10], units=4))
    assert [(mistake.code, mistake.would_give) for mistake in found] == [
        ("kept_input_depth", (10,))
    ]
    assert "4 neurons" in found[0].explanation


@pytest.mark.parametrize(
    ("inference", "answer", "code"),
    [
        (_infer("global_avg_pool2d", [7, 7, 512]), (1, 1, 512), "kept_axes"),
        (_infer("global_avg_pool2d", [2, 512, 7, 7], "NCHW"), (2, 512, 1, 1), "kept_axes"),
        (_infer("flatten", [7, 7, 512]), (7, 7, 512), "not_flattened"),
    ],
)
def test_axes_that_should_be_gone(inference: Inference, answer: tuple[int, ...], code: str) -> None:
    (mistake,) = diagnose(inference, answer)
    assert (mistake.code, mistake.would_give) == (code, answer)
    assert code in [found.code for found in mistakes(inference)]
    with pytest.raises(ParameterError):
        diagnose(inference, (3, 4, 5, 6, 7))


@pytest.mark.parametrize("op", ["relu", "softmax", "batch_norm2d", "flatten", "global_max_pool2d"])
@pytest.mark.parametrize("layout", ["HWC", "CHW", "NHWC", "NCHW"])
def test_any_layer_can_be_asked_about(op: str, layout: str) -> None:
    inference = _infer(op, [{"N": 2, "C": 3}.get(letter, 5) for letter in layout], layout)
    assert all(mistake.would_give != inference.output_shape for mistake in mistakes(inference))
    assert diagnose(inference, inference.output_shape) == ()


def test_a_diagnosis_says_what_is_right() -> None:
    right = diagnosis(CONV, [24, 24, 16])
    assert right == (True, (24, 24, 16), (24, 24, 16), ())
    wrong = diagnosis(CONV, (23, 23, 16))
    assert (wrong.correct, wrong.answer, wrong.expected) == (False, (23, 23, 16), (24, 24, 16))
    assert [mistake.code for mistake in wrong.mistakes] == ["forgot_plus_one"]
    height = diagnosis(CONV, [25], "height")
    assert (height.correct, height.answer, height.expected) == (False, 25, 24)
    row = diagnosis(_infer("conv1d", [28], kernel_size=3), 25)
    assert (row.answer, row.expected) == ((25,), (26,))


def test_several_numbers_are_no_count() -> None:
    with pytest.raises(ParameterError) as refused:
        diagnosis(CONV, [12, 16], "params")
    assert (refused.value.code, refused.value.pointer) == ("len", "/answer")
    with pytest.raises(UnknownError) as unknown:
        diagnosis(CONV, 3, "depth")
    assert unknown.value.pointer == "/quantity"
