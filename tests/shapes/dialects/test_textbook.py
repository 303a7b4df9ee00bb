"""The textbook's own words: channels last, every padding with every stride."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.shapes import MisfitError, ParameterError, ShapeError, infer, layouts, read_layer


def output(op: str, shape: list[int], layout: str | None = None, **values: object) -> list[int]:
    values = {"kernel_size": 3} | values
    return list(infer(read_layer("textbook", op, shape, values, layout)).output_shape)


def refusal(op: str, shape: list[int], layout: str | None = None, **values: object) -> ShapeError:
    with pytest.raises(ShapeError) as caught:
        read_layer("textbook", op, shape, {"kernel_size": 3} | values, layout)
    return caught.value


@pytest.mark.parametrize(
    ("op", "shape", "layout", "expected"),
    [
        ("conv1d", [28], None, [26]),
        ("conv1d", [28], "W", [26]),
        ("conv1d", [28, 3], None, [26, 1]),
        ("conv1d", [2, 28, 3], None, [2, 26, 1]),
        ("conv1d", [3, 28], "CW", [1, 26]),
        ("conv1d", [2, 3, 28], "NCL", [2, 1, 26]),
        ("conv2d", [28, 30], None, [26, 28]),
        ("conv2d", [28, 30, 3], None, [26, 28, 1]),
        ("conv2d", [3, 28, 30], "CHW", [1, 26, 28]),
        ("conv2d", [2, 28, 30, 3], None, [2, 26, 28, 1]),
        ("conv2d", [2, 3, 28, 30], "NCHW", [2, 1, 26, 28]),
        ("conv3d", [9, 28, 30], None, [7, 26, 28]),
        ("conv3d", [9, 28, 30, 3], None, [7, 26, 28, 1]),
        ("conv3d", [2, 3, 9, 28, 30], "NCDHW", [2, 1, 7, 26, 28]),
        ("max_pool2d", [28, 30, 3], None, [9, 10, 3]),
        ("avg_pool2d", [3, 28, 30], "CHW", [3, 9, 10]),
        ("max_pool1d", [28], None, [9]),
    ],
)
def test_layouts(op: str, shape: list[int], layout: str | None, expected: list[int]) -> None:
    assert output(op, shape, layout) == expected


def test_a_grey_picture_gets_a_depth_once_filters_are_counted() -> None:
    layer = read_layer("textbook", "conv2d", [28, 28], {"kernel_size": 3, "filters": 16})
    assert (layer.layout, layer.input_shape) == ("HWC", (28, 28, 1))
    assert infer(layer).output_shape == (26, 26, 16)
    flat = read_layer("textbook", "conv2d", [28, 28], {"kernel_size": 3}, "HW")
    assert (flat.layout, flat.out_channels, infer(flat).params) == ("HW", 1, 10)
    line = read_layer("textbook", "conv1d", [28], {"kernel_size": 3, "out_channels": 1}, "W")
    assert infer(line).output_shape == (26, 1)


def test_filters_and_out_channels_are_one_number() -> None:
    assert output("conv2d", [9, 9, 3], filters=4) == output("conv2d", [9, 9, 3], out_channels=4)
    error = refusal("conv2d", [9, 9, 3], filters=4, out_channels=4)
    assert (error.code, error.pointer) == ("given_twice", "/filters")
    assert refusal("conv2d", [9, 9, 3], filters=0).pointer == "/filters"
    assert refusal("conv2d", [9, 9, 3], out_channels=0).pointer == "/out_channels"
    assert output("conv2d", [9, 9, 3], filters=None, out_channels=None) == [7, 7, 1]


@pytest.mark.parametrize(
    ("padding", "rule", "pads"),
    [
        (None, "valid", ((0, 0), (0, 0))),
        ("valid", "valid", ((0, 0), (0, 0))),
        (0, "explicit", ((0, 0), (0, 0))),
        (1, "explicit", ((1, 1), (1, 1))),
        ([1], "explicit", ((1, 1), (1, 1))),
        ([1, 2], "explicit", ((1, 1), (2, 2))),
        ((1, 2), "explicit", ((1, 1), (2, 2))),
        ([[0, 1], [2, 1]], "explicit", ((0, 1), (2, 1))),
        ([(0, 1), 2], "explicit", ((0, 1), (2, 2))),
        ([[0, 1]], "explicit", ((0, 1), (0, 1))),
        ("same", "same", ((3, 3), (0, 1))),
        ("same_lower", "same_lower", ((3, 3), (1, 0))),
        ("full", "full", ((6, 6), (2, 2))),
        ("causal", "causal", ((6, 0), (2, 0))),
    ],
)
def test_every_padding_with_stride_and_dilation(
    padding: object, rule: str, pads: tuple[tuple[int, int], ...]
) -> None:
    values = {"kernel_size": [4, 3], "stride": [1, 2], "dilation": [2, 1], "padding": padding}
    for op in ("conv2d", "max_pool2d", "avg_pool2d"):
        layer = read_layer("textbook", op, [28, 28], values)
        assert (layer.padding_rule, layer.padding) == (rule, pads)


@pytest.mark.parametrize(
    ("padding", "code", "pointer"),
    [
        ([[0, 1], [0, 1], [0, 1]], "pads_wrong_length", "/padding"),
        ([1, 1, 1], "pads_wrong_length", "/padding"),
        ([[0, 1, 2], [0, 1]], "pads_wrong_length", "/padding/0"),
        ([[0, 1], []], "pads_wrong_length", "/padding/1"),
        ([[0, 1], "1"], "wrong_type", "/padding/1"),
        ([[0, 1], None], "wrong_type", "/padding/1"),
        ([[0, 1], [0, 1.5]], "wrong_type", "/padding/1/1"),
        ([[0, True], 1], "wrong_type", "/padding/0/1"),
        ([[0, -1], 1], "padding_negative", "/padding/0/1"),
        ([[0, 1], -1], "padding_negative", "/padding/1"),
        ([[0, 2**31], 1], "number_too_large", "/padding/0/1"),
        ("Same", "bad_padding_value", "/padding"),
        ({"before": 1}, "wrong_type", "/padding"),
    ],
)
def test_paddings_that_are_none(padding: object, code: str, pointer: str) -> None:
    error = refusal("conv2d", [9, 9], padding=padding)
    assert (error.code, error.pointer) == (code, pointer)
    assert isinstance(error, ParameterError)
    assert error.hint


def test_a_pair_for_the_only_axis_is_still_a_list_in_a_list() -> None:
    assert output("conv1d", [9], padding=[[1, 2]]) == [10]
    error = refusal("conv1d", [9], padding=[1, 2])
    assert error.detail == "`padding` has 2 entries for 1 axis."
    assert error.hint.endswith("for example [[0, 1]]")


def test_a_pools_stride_is_its_window_unless_given() -> None:
    assert output("max_pool2d", [12, 12], kernel_size=[2, 3]) == [6, 4]
    assert output("max_pool2d", [12, 12], kernel_size=[2, 3], stride=1) == [11, 10]


def test_a_pools_padding_stays_below_its_window() -> None:
    assert output("max_pool1d", [9], padding=2, stride=1) == [11]
    assert output("max_pool1d", [9], padding=4, stride=1, dilation=2) == [13]
    error = refusal("avg_pool2d", [9, 9], padding=[1, 3])
    assert (error.code, error.pointer, error.hint) == (
        "pool_padding_too_large",
        "/padding/1",
        "padding at most 2",
    )
    assert refusal("max_pool1d", [9], padding=[[0, 3]]).code == "pool_padding_too_large"
    assert output("conv1d", [9], padding=3) == [13]


def test_ceil_mode_may_hang_over_the_end() -> None:
    assert output("max_pool1d", [6], kernel_size=3, stride=2) == [2]
    assert output("max_pool1d", [6], kernel_size=3, stride=2, ceil_mode=True) == [3]
    assert output("max_pool1d", [4], kernel_size=5, stride=2, ceil_mode=True) == [1]
    assert output("max_pool1d", [5], kernel_size=2, stride=2, padding=1, ceil_mode=True) == [3]


def test_what_changes_no_shape_is_kept_or_dropped() -> None:
    values: dict[str, Any] = {"kernel_size": 2, "divisor_override": -3, "count_include_pad": False}
    layer = read_layer("textbook", "avg_pool1d", [8], values)
    assert (layer.divisor_override, layer.count_include_pad) == (-3, False)
    assert read_layer("textbook", "avg_pool1d", [8], {"kernel_size": 2}).count_include_pad
    layer = read_layer("textbook", "max_pool1d", [8], {"kernel_size": 2, "return_indices": True})
    assert (layer.divisor_override, layer.count_include_pad) == (None, False)
    assert refusal("avg_pool1d", [8], divisor_override=0).code == "divisor_zero"
    assert refusal("avg_pool1d", [8], divisor_override=1.5).code == "wrong_type"
    assert refusal("avg_pool1d", [8], divisor_override=2**31).code == "number_too_large"
    assert refusal("avg_pool1d", [8], divisor_override=-(2**31)).hint == f"at least {1 - 2**31}"


def test_sizes_are_at_least_one() -> None:
    for shape, pointer in [([0, 9, 3], "/0"), ([9, 9, 0], "/2"), ([0, 9, 9, 3], "/0")]:
        error = refusal("conv2d", shape)
        assert (error.code, error.pointer) == ("input_rank_or_size", f"/input_shape{pointer}")


def test_channels_must_be_those_that_were_named() -> None:
    assert output("conv2d", [9, 9, 3], in_channels=3) == [7, 7, 1]
    error = refusal("conv2d", [3, 9, 9], in_channels=3)
    assert (error.code, error.pointer) == ("input_channels_mismatch", "/in_channels")
    assert error.hint == "in_channels 9, or input_shape 9x9x3"
    assert refusal("conv2d", [9, 9], in_channels=3).hint == "in_channels 1"
    assert refusal("conv2d", [9, 9, 4], in_channels=3).hint == "in_channels 4"


@pytest.mark.parametrize(
    ("channels", "filters", "groups", "hint"),
    [
        (4, 6, 4, "groups 2, or filters 8"),
        (6, 6, 4, "groups 3 or 6"),
        (7, 5, 2, "groups 1"),
        (12, 12, 5, "groups 4 or 6"),
    ],
)
def test_groups_divide_both_depths(channels: int, filters: int, groups: int, hint: str) -> None:
    error = refusal("conv2d", [9, 9, channels], filters=filters, groups=groups)
    assert error.code == "channels_not_divisible_by_groups"
    assert (error.pointer, error.hint) == ("/groups", hint)


@pytest.mark.parametrize(("mode", "most"), [("reflect", 8), ("circular", 9)])
def test_mirrors_and_wraps_need_enough_pixels(mode: str, most: int) -> None:
    for padding in (most, [[0, most]]):
        read = read_layer(
            "textbook",
            "conv1d",
            [9],
            {"kernel_size": 3, "padding": padding, "padding_mode": mode},
        )
        assert read.padding_mode == mode
    error = refusal("conv1d", [9], padding=[[0, most + 1]], padding_mode=mode)
    assert (error.code, error.pointer) == ("padding_too_large", "/padding/0")
    assert error.hint == f"padding at most {most}, or padding_mode `zeros`"
    assert output("conv1d", [9], padding=30, padding_mode="replicate") == [67]


@given(
    st.sampled_from(["conv1d", "max_pool1d", "avg_pool1d"]),
    st.integers(1, 9),
    st.integers(1, 9),
    st.integers(1, 4),
    st.integers(1, 4),
    st.integers(0, 3),
    st.booleans(),
)
def test_the_hints_of_a_misfit_are_the_nearest_that_fit(
    op: str, size: int, kernel: int, stride: int, dilation: int, padding: int, ceil_mode: bool
) -> None:
    values: dict[str, Any] = {
        "kernel_size": kernel,
        "stride": stride,
        "dilation": dilation,
        "padding": padding,
    }
    if op != "conv1d":
        values["ceil_mode"] = ceil_mode
    error = attempt(op, size, values)
    if not isinstance(error, MisfitError):
        assert error is None or error.code == "pool_padding_too_large"
        return
    assert (error.code, error.pointer) == ("kernel_larger_than_padded_input", "/kernel_size")
    for change in error.hint.split(", or "):
        name, number = change.replace(" at most", "").replace(" at least", "").rsplit(" ", 1)
        hinted = int(number)
        nearer = hinted + 1 if " at most " in change else hinted - 1
        if name == "an input of":
            assert attempt(op, hinted, values) is None
            assert attempt(op, nearer, values) is not None
        else:
            assert attempt(op, size, values | {name: hinted}) is None
            assert attempt(op, size, values | {name: nearer}) is not None


def attempt(op: str, size: int, values: dict[str, Any]) -> ShapeError | None:
    try:
        read_layer("textbook", op, [size], values)
    except ShapeError as error:
        return error
    return None


def test_a_misfit_names_axis_numbers_and_what_fits() -> None:
    error = refusal("conv2d", [28, 5], kernel_size=[3, 4], dilation=[1, 2])
    assert error.detail == (
        "Along the width the kernel spans 7 pixels (4 taps 2 apart), "
        "but the padded input has only 5 (5 + padding 0 + 0)."
    )
    assert error.pointer == "/kernel_size/1"
    assert error.hint == (
        "kernel_size at most 3, or dilation at most 1, or padding at least 1, "
        "or an input of at least 7"
    )


def test_a_hint_minds_that_the_stride_follows_the_kernel() -> None:
    values = {"kernel_size": 5, "dilation": 3, "ceil_mode": True}
    error = attempt("max_pool1d", 4, values)
    assert error is not None
    assert error.hint.startswith("kernel_size at most 2, or dilation at most 1, ")
    assert attempt("max_pool1d", 4, values | {"kernel_size": 2}) is None
    assert attempt("max_pool1d", 4, values | {"dilation": 1}) is None


def test_hints_are_sizes_that_may_be_asked_for() -> None:
    error = refusal("conv1d", [1], kernel_size=2**31 - 1, dilation=9)
    assert error.hint == "kernel_size at most 1"


def test_a_misfit_of_swapped_axes_says_so() -> None:
    error = refusal("conv2d", [3, 28, 28], kernel_size=5)
    assert error.hint.endswith(". If 3 is the number of channels, give layout CHW.")
    error = refusal("conv2d", [28, 28, 3], "CHW", kernel_size=5)
    assert error.hint.endswith(". If 3 is the number of channels, give layout HWC.")


def test_the_layouts_it_takes() -> None:
    assert layouts("textbook", "conv2d") == ("HWC", "CHW", "NHWC", "NCHW", "HW")
    assert refusal("conv2d", [9, 9], "WH").hint == "its layouts: HWC, CHW, NHWC, NCHW, HW"
