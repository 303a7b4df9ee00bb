from typing import Any

import pytest

from service.shapes import ParameterError, ShapeError, UnknownError
from service.shapes.solver import Solutions, solve


def _first(count: int, found: Solutions, *words: str) -> list[tuple[Any, ...]]:
    return [tuple(values[word] for word in words) for values in found.solutions[:count]]


def test_the_commonest_comes_first() -> None:
    words = ("kernel_size", "stride", "padding")
    same = solve("conv2d", [28, 28, 3], [28, 28, 16], words, {"filters": 16})
    assert _first(3, same, *words) == [(3, 1, 1), (1, 1, 0), (5, 1, 2)]
    half = solve("conv2d", [224, 224, 3], [112, 112, 64], words, {})
    assert _first(1, half, *words) == [(3, 2, 1)]
    assert (7, 2, 3) in _first(10, half, *words)
    pool = solve("max_pool2d", [28, 28, 3], [14, 14, 3], words, {})
    assert _first(2, pool, *words) == [(2, 2, 0), (3, 2, 1)]
    up = solve("conv_transpose2d", [4, 4, 8], [8, 8, 8], (*words, "output_padding"), {})
    assert _first(2, up, *words, "output_padding") == [(2, 2, 0, 0), (4, 2, 1, 0)]


def test_more_than_are_listed_are_counted() -> None:
    words = ("kernel_size", "stride", "padding")
    few = solve("conv2d", [28, 28, 3], [14, 14, 16], words, {}, limit=5)
    all_of_them = solve("conv2d", [28, 28, 3], [14, 14, 16], words, {}, limit=10**6)
    assert len(few.solutions) == 5
    assert few.count == all_of_them.count == len(all_of_them.solutions)
    assert few.solutions == all_of_them.solutions[:5]


def test_many_that_differ_between_axes_are_counted_too() -> None:
    words = ["kernel_size", "stride", "padding", "dilation"]
    found = solve("conv2d", [40, 1], [9, 31], words, {}, limit=20)
    assert len(found.solutions) == 20
    assert found.count > 1000


def test_the_number_of_filters_follows_from_the_shape() -> None:
    fixed = {"kernel_size": 3}
    found = solve("conv2d", [28, 28, 3], [28, 28, 16], ["padding"], fixed)
    assert found.solutions == ({"padding": 1, "filters": 16},)
    asked = solve("conv2d", [28, 28, 3], [26, 26, 16], ["out_channels"], fixed)
    assert asked.solutions == ({"filters": 16},)
    torch = solve("conv2d", [3, 28, 28], [16, 28, 28], ["padding"], fixed, "pytorch")
    assert torch.solutions == ({"padding": 1, "out_channels": 16},)
    grey = solve("conv2d", [28, 28], [26, 26, 4], ["padding"], fixed)
    assert grey.solutions == ({"padding": 0, "filters": 4},)
    each = solve("depthwise_conv2d", [28, 28, 3], [26, 26, 6], ["padding"], fixed)
    assert each.solutions == ({"padding": 0, "depth_multiplier": 2},)


def test_uneven_padding_is_found_by_its_name() -> None:
    found = solve("conv2d", [28, 28], [28, 28], ["padding"], {"kernel_size": 4})
    assert found.solutions == ({"padding": "same"},)


@pytest.mark.parametrize(
    ("framework", "kernel", "stride", "solutions"),
    [
        ("keras", "kernel_size", "strides", [{"padding": "same"}]),
        ("tensorflow", "kernel_size", "strides", [{"padding": [[1, 1], [1, 1]]}]),
        ("jax", "kernel_size", "strides", [{"padding": [[1, 1], [1, 1]]}]),
        ("flax", "kernel_size", "strides", [{"padding": [[1, 1], [1, 1]]}]),
        ("onnx", "kernel_shape", "strides", [{"pads": [1, 1, 1, 1]}]),
    ],
)
def test_every_framework_in_its_own_words(
    framework: str, kernel: str, stride: str, solutions: list[dict[str, Any]]
) -> None:
    filters = {"keras": "filters", "flax": "features"}.get(framework, "out_channels")
    first = framework in ("jax", "onnx")
    fixed = {kernel: 3, stride: 1, filters: 4}
    shape = [1, 4, 9, 9] if first else [1, 9, 9, 4]
    found = solve("conv2d", shape, shape, ["padding"], fixed, framework)
    assert list(found.solutions) == solutions


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (
            ("conv2d", [28, 28], [29, 29], ["stride"], {"kernel_size": 3, "padding": "valid"}),
            (
                "Along the height, no stride from 1 to 16 leads from 28 pixels to 29 with "
                "kernel 3, padding `valid`: the output cannot exceed 26."
            ),
        ),
        (
            ("conv2d", [28, 28], [27, 27], ["padding"], {"kernel_size": 3}),
            (
                "Along the height, no padding from 0 to 15 leads from 28 pixels to 27 with "
                "kernel 3, stride 1: the nearest outputs are 26 and 28. Uneven padding would do "
                "it: [0, 1] before and after."
            ),
        ),
        (
            ("conv2d", [28, 28], [20, 20], ["padding"], {"kernel_size": 3, "dilation": 2}),
            (
                "Along the height, no padding from 0 to 15 leads from 28 pixels to 20 with "
                "kernel 3, stride 1, dilation 2: the output is at least 24."
            ),
        ),
        (
            ("conv1d", [4], [4], ["stride"], {"kernel_size": 9}),
            (
                "Along the length, no stride from 1 to 16 leads from 4 pixels to 4 with kernel 9, "
                "padding `valid`: the kernel does not fit into the padded input."
            ),
        ),
        (
            ("max_pool1d", [9], [9], ["padding"], {"kernel_size": 2, "stride": 1}),
            None,
        ),
        (
            ("conv2d", [28, 28, 3], [26, 26, 16], ["padding"], {"kernel_size": 3, "filters": 8}),
            "With filters 8 the output cannot have 16 channels: that takes filters 16.",
        ),
        (
            ("max_pool2d", [28, 28, 3], [14, 14, 4], ["stride"], {"kernel_size": 2}),
            "A pool keeps the channels: 3 cannot become 4.",
        ),
        (
            ("depthwise_conv2d", [9, 9, 3], [9, 9, 4], ["padding"], {"kernel_size": 3}),
            "A depthwise convolution makes a multiple of its 3 input channels, and 4 is none.",
        ),
        (
            ("conv2d", [2, 9, 9, 3], [1, 9, 9, 3], ["padding"], {"kernel_size": 3}),
            "A layer keeps the batch: 2 inputs cannot become 1 outputs.",
        ),
    ],
)
def test_why_there_is_none(asked: Any, why: str | None) -> None:
    found = solve(*asked)
    assert found.why_none == why
    assert bool(found.solutions) == (why is None)
    assert found.count == len(found.solutions)


def test_why_none_names_the_frameworks_refusal() -> None:
    fixed = {"kernel_size": 3, "dilation_rate": 2, "filters": 4}
    found = solve("conv2d", [1, 9, 9, 3], [1, 3, 3, 4], ["strides"], fixed, "keras")
    assert found.solutions == ()
    assert found.why_none is not None
    assert found.why_none.startswith("By its size it could be, but keras refuses it. `strides`")


def test_named_padding_is_one_for_all_axes() -> None:
    fixed = {"kernel_size": 3, "strides": 1, "filters": 4}
    found = solve("conv2d", [1, 9, 9, 3], [1, 9, 7, 4], ["padding"], fixed, "keras")
    assert found.count == 0
    assert found.why_none is not None
    assert "same rule of padding" in found.why_none


def test_the_nearest_come_with_their_values() -> None:
    fixed = {"kernel_size": 3}
    found = solve("conv2d", [28, 28], [27, 27], ["padding"], fixed)
    assert [(near.values, near.output_shape) for near in found.nearest] == [
        ({"padding": 0}, (26, 26)),
        ({"padding": 1}, (28, 28)),
        ({"padding": 2}, (30, 30)),
    ]


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"unknown": []}, "missing_parameter", "/unknown"),
        ({"unknown": ["groups"]}, "not_solvable", "/unknown/0"),
        ({"unknown": ["padding", "nonsense"]}, "not_solvable", "/unknown/1"),
        ({"unknown": ["output_padding"]}, "not_solvable", "/unknown/0"),
        ({"unknown": ["kernel_size"]}, "given_twice", "/unknown/0"),
        ({"op": "relu"}, "not_solvable", "/op"),
        ({"op": "conv4d"}, "unknown_operation", "/op"),
        ({"framework": "torch"}, "unknown_framework", "/framework"),
        ({"fixed": {}}, "missing_parameter", "/fixed/kernel_size"),
        ({"fixed": {"kernel": 3}}, "unknown_parameter", "/fixed/kernel"),
        ({"fixed": {"kernel_size": "3"}}, "wrong_type", "/fixed/kernel_size"),
        ({"fixed": {"kernel_size": 3, "bias": 1}}, "wrong_type", "/fixed/bias"),
        ({"fixed": {"kernel_size": 3, "stride": 0}}, "stride_not_positive", "/fixed/stride"),
        ({"input_shape": [28]}, "input_rank_or_size", "/input_shape"),
        ({"layout": "NHWC"}, "input_rank_or_size", "/input_shape"),
        ({"layout": "XYZ"}, "unknown_layout", "/layout"),
        ({"output_shape": [28, 28]}, "output_rank_or_size", "/output_shape"),
        ({"output_shape": [28, 28, "1"]}, "wrong_type", "/output_shape/2"),
    ],
)
def test_requests_without_sense_are_refused(
    change: dict[str, Any], code: str, pointer: str
) -> None:
    asked: dict[str, Any] = {
        "op": "conv2d",
        "input_shape": [28, 28, 3],
        "output_shape": [28, 28, 1],
        "unknown": ["padding"],
        "fixed": {"kernel_size": 3},
    }
    with pytest.raises(ShapeError) as refused:
        solve(**{**asked, **change})
    assert (refused.value.code, refused.value.pointer) == (code, pointer)
    assert refused.value.hint


def test_fixed_padding_and_ceil_mode_count() -> None:
    fixed = {"kernel_size": 2, "stride": 2, "ceil_mode": True}
    assert solve("max_pool1d", [5], [3], ["padding"], fixed).solutions[0] == {"padding": 0}
    pads = {"kernel_size": 2, "padding": [[0, 1]]}
    assert solve("conv1d", [5], [5], ["stride"], pads).solutions == ({"stride": 1},)
    with pytest.raises(ParameterError) as refused:
        solve("max_pool1d", [5], [3], ["padding"], {**fixed, "ceil_mode": "yes"})
    assert refused.value.pointer == "/fixed/ceil_mode"
    with pytest.raises(UnknownError):
        solve("max_pool1d", [5], [3], ["padding"], {**fixed, "ceil": True})
    with pytest.raises(ParameterError) as refused:
        solve("conv1d", [5], [3], ["stride"], {"kernel_size": 2, "padding": "sme"})
    assert (refused.value.code, refused.value.pointer) == ("bad_padding_value", "/fixed/padding")


def test_padding_that_mirrors_is_not_solved_with() -> None:
    fixed = {"kernel_size": 3, "features": 1, "padding": "REFLECT"}
    with pytest.raises(ParameterError) as refused:
        solve("conv1d", [9, 1], [9, 1], ["strides"], fixed, "flax")
    assert (refused.value.code, refused.value.pointer) == ("not_solvable", "/fixed/padding")


def test_operations_without_a_parameter_for_padding() -> None:
    fixed = {"kernel_size": 3, "norm_type": 2}
    found = solve("lp_pool1d", [1, 2, 9], [1, 2, 4], ["stride"], fixed, "pytorch")
    assert found.solutions == ({"stride": 2},)


def test_transposed_words() -> None:
    keras = {"kernel_size": 3, "strides": 2, "filters": 1}
    same = solve("conv_transpose1d", [1, 4, 1], [1, 8, 1], ["padding"], keras, "keras")
    assert same.solutions == ({"padding": "same"},)
    more = solve(
        "conv_transpose1d",
        [1, 4, 1],
        [1, 8, 1],
        ["padding", "output_padding"],
        keras,
        "keras",
    )
    assert more.solutions == ({"padding": "same", "output_padding": 1},)
    onnx = {"kernel_shape": 3, "strides": 2, "out_channels": 1, "output_padding": 1}
    half = solve("conv_transpose1d", [1, 1, 4], [1, 1, 8], ["padding"], onnx, "onnx")
    assert half.solutions == ({"pads": [1, 1]},)
    wide = solve("conv_transpose1d", [4], [12], ["padding"], {"kernel_size": 2, "stride": 3})
    assert wide.solutions == ({"padding": "same"},)  # and `valid`, which is the same there
    zero = {"kernel_size": 2, "strides": 3, "out_channels": 1}
    pairs = solve("conv_transpose1d", [1, 1, 4], [1, 1, 11], ["padding"], zero, "jax")
    assert pairs.solutions == ({"padding": [[1, 1]]},)
    told = {"kernel_size": 3, "strides": 2, "out_channels": 1, "padding": "SAME"}
    found = solve("conv_transpose1d", [1, 4, 1], [1, 7, 1], ["dilations"], told, "tensorflow")
    assert found.solutions[0] == {"dilations": 1}


def test_nothing_leads_to_no_pixels() -> None:
    found = solve("conv2d", [9, 9], [0, 0], ["kernel_size", "stride"], {})
    assert found.count == 0
    assert found.why_none is not None
    assert found.why_none.endswith("the output is at least 1.")


def test_the_nearest_of_a_transposed_convolution() -> None:
    fixed = {"kernel_size": 3, "stride": 4}
    unknown = ["padding", "output_padding"]
    found = solve("conv_transpose1d", [4], [40], unknown, fixed)
    assert found.nearest[0] == ({"padding": 0, "output_padding": 3}, (18,))
