"""What the textbook and PyTorch take and refuse beyond plain convolutions and pools."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.shapes import Layer, MisfitError, ParameterError, ShapeError, infer, read_layer

SHAPES = {"textbook": [8, 9, 4], "pytorch": [2, 4, 8, 9]}


def read(framework: str, op: str, shape: list[int] | None = None, **values: object) -> Layer:
    return read_layer(framework, op, shape or SHAPES[framework], values)


def refusal(
    framework: str, op: str, shape: list[int] | None = None, **values: object
) -> ShapeError:
    with pytest.raises(ShapeError) as caught:
        read(framework, op, shape, **values)
    return caught.value


def output(framework: str, op: str, shape: list[int] | None = None, **values: object) -> list[int]:
    return [*infer(read(framework, op, shape, **values)).output_shape]


CONV: dict[str, Any] = {"kernel_size": 3, "out_channels": 2}


@pytest.mark.parametrize(
    ("error", "code", "pointer", "hint"),
    [
        (
            refusal("pytorch", "conv_transpose2d", **CONV, output_padding=1),
            "output_padding_too_large",
            "/output_padding",
            "output_padding at most 0, or stride at least 2",
        ),
        (
            refusal("textbook", "conv_transpose2d", **CONV, dilation=3, output_padding=[2, 3]),
            "output_padding_too_large",
            "/output_padding/1",
            "output_padding at most 2, or stride at least 4",
        ),
        (
            refusal("pytorch", "conv_transpose2d", **CONV, padding=[0, 6]),
            "output_would_be_zero_or_negative",
            "/padding/1",
            "padding at most 5, or an input of at least 11",
        ),
        (
            refusal("textbook", "conv_transpose1d", [1, 4], kernel_size=1, padding=[[2, 0]]),
            "output_would_be_zero_or_negative",
            "/padding/0",
            "an input of at least 3",
        ),
        (
            refusal("pytorch", "conv_transpose2d", **CONV, in_channels=3),
            "input_channels_mismatch",
            "/in_channels",
            "in_channels 4",
        ),
        (
            refusal("textbook", "conv_transpose2d", **CONV, in_channels=3),
            "input_channels_mismatch",
            "/in_channels",
            "in_channels 4",
        ),
        (
            refusal("textbook", "lp_pool2d", kernel_size=3, norm_type=2**31),
            "number_too_large",
            "/norm_type",
            "at most 2147483647",
        ),
        (
            refusal("pytorch", "conv_transpose2d", **CONV, groups=3),
            "channels_not_divisible_by_groups",
            "/groups",
            "groups 2",
        ),
        (
            refusal("pytorch", "conv_transpose2d", **CONV, padding="same"),
            "wrong_type",
            "/padding",
            "a whole number or a list of them, one for each axis",
        ),
        (
            refusal("pytorch", "conv_transpose2d", **CONV, padding_mode="reflect"),
            "bad_padding_mode_value",
            "/padding_mode",
            "one of: zeros",
        ),
        (
            refusal("textbook", "conv_transpose2d", **CONV, padding="full"),
            "bad_padding_value",
            "/padding",
            "one of: valid, same, same_lower",
        ),
        (
            refusal("pytorch", "conv_transpose2d", **CONV, output_padding=-1),
            "output_padding_negative",
            "/output_padding",
            "at least 0",
        ),
        (
            refusal("textbook", "depthwise_conv2d", kernel_size=3, depth_multiplier=0),
            "depth_multiplier_not_positive",
            "/depth_multiplier",
            "at least 1",
        ),
        (
            refusal("pytorch", "depthwise_conv2d", kernel_size=3, in_channels=3),
            "input_channels_mismatch",
            "/in_channels",
            "in_channels 4",
        ),
        (
            refusal("textbook", "separable_conv2d", kernel_size=3, in_channels=3),
            "input_channels_mismatch",
            "/in_channels",
            "in_channels 4",
        ),
        (
            refusal("pytorch", "separable_conv2d", kernel_size=3),
            "missing_parameter",
            "/out_channels",
            "give `out_channels`",
        ),
        (
            refusal("pytorch", "lp_pool2d", kernel_size=3),
            "missing_parameter",
            "/norm_type",
            "give `norm_type`",
        ),
        (
            refusal("pytorch", "lp_pool2d", kernel_size=3, norm_type=0),
            "norm_type_out_of_range",
            "/norm_type",
            f"at least {2.0**-64}",
        ),
        (
            refusal("textbook", "lp_pool2d", kernel_size=3, norm_type=float("nan")),
            "wrong_type",
            "/norm_type",
            "a finite number",
        ),
        (
            refusal("pytorch", "adaptive_avg_pool2d"),
            "missing_parameter",
            "/output_size",
            "give `output_size`",
        ),
        (
            refusal("pytorch", "adaptive_max_pool1d", [2, 4, 9], output_size=[None]),
            "wrong_type",
            "/output_size/0",
            "a whole number",
        ),
        (
            refusal("textbook", "adaptive_avg_pool2d", output_size=0),
            "output_size_not_positive",
            "/output_size",
            "at least 1",
        ),
        (
            refusal("textbook", "adaptive_avg_pool2d", output_size=[1, 2, 3]),
            "wrong_length",
            "/output_size",
            "one number for all axes, or a list of 2",
        ),
        (
            refusal("pytorch", "zero_padding2d", padding=[1, 2]),
            "pads_wrong_length",
            "/padding",
            "one number for all sides, or [left, right, top, bottom]",
        ),
        (
            refusal("pytorch", "zero_padding2d", padding="same"),
            "wrong_type",
            "/padding",
            "a whole number, or [left, right, top, bottom]",
        ),
        (
            refusal("pytorch", "zero_padding2d", padding=[0, 0, -9, 3]),
            "output_would_be_zero_or_negative",
            "/padding",
            "at most 8 pixels on both sides together, or an input of at least 9",
        ),
        (
            refusal("pytorch", "cropping2d", cropping=[0, 0, 1, -1]),
            "cropping_negative",
            "/cropping/3",
            "at least 0",
        ),
        (
            refusal("textbook", "cropping2d", cropping=[1, [4, 5]]),
            "output_would_be_zero_or_negative",
            "/cropping",
            "at most 8 pixels on both sides together, or an input of at least 10",
        ),
        (
            refusal("textbook", "cropping2d", cropping=[[1, 2, 3], 1]),
            "pads_wrong_length",
            "/cropping/0",
            None,
        ),
        (
            refusal("textbook", "zero_padding2d", padding="same"),
            "wrong_type",
            "/padding",
            "a number of pixels, one for each axis, or pairs of them",
        ),
        (
            refusal("textbook", "zero_padding2d"),
            "missing_parameter",
            "/padding",
            "give `padding`",
        ),
        (
            refusal("pytorch", "cropping2d"),
            "missing_parameter",
            "/cropping",
            "give `cropping`",
        ),
        (
            refusal("textbook", "upsampling2d"),
            "missing_parameter",
            "/scale_factor",
            "give `scale_factor`",
        ),
        (
            refusal("textbook", "upsampling2d", size=2, scale_factor=2),
            "given_twice",
            "/size",
            "give one of the two",
        ),
        (
            refusal("pytorch", "upsampling2d"),
            "missing_parameter",
            "/scale_factor",
            "give one of the two, for example scale_factor 2",
        ),
        (
            refusal("pytorch", "upsampling2d", size=2, scale_factor=2),
            "given_twice",
            "/size",
            "give one of the two, for example scale_factor 2",
        ),
        (
            refusal("pytorch", "upsampling2d", scale_factor=[1, 0.1]),
            "output_would_be_zero_or_negative",
            "/scale_factor/1",
            "scale_factor at least 0.111111",
        ),
        (
            refusal("pytorch", "upsampling2d", scale_factor=[1, 2, 3]),
            "wrong_length",
            "/scale_factor",
            "one number for all axes, or a list of 2",
        ),
        (
            refusal("pytorch", "upsampling2d", size=3, align_corners=True),
            "align_corners_without_interpolation",
            "/align_corners",
            "mode `bilinear`, or leave align_corners out",
        ),
        (
            refusal("pytorch", "linear", in_features=8, out_features=2),
            "input_channels_mismatch",
            "/in_features",
            "in_features 9, or flatten before it",
        ),
        (
            refusal("textbook", "linear", [9], in_features=8, units=2),
            "input_channels_mismatch",
            "/in_features",
            "in_features 9",
        ),
        (
            refusal("textbook", "linear", units=2, out_features=2),
            "given_twice",
            "/units",
            "give one of the two",
        ),
        (
            refusal("textbook", "linear", units=0),
            "units_not_positive",
            "/units",
            "at least 1",
        ),
        (
            refusal("textbook", "linear"),
            "missing_parameter",
            "/out_features",
            "give `out_features`",
        ),
        (
            refusal("pytorch", "flatten", start_dim=2, end_dim=1),
            "axes_out_of_order",
            "/start_dim",
            "start_dim at most 1",
        ),
        (
            refusal("pytorch", "flatten", [3]),
            "axis_out_of_range",
            "/input_shape",
            "between -1 and 0",
        ),
        (
            refusal("pytorch", "batch_norm2d", num_features=3),
            "input_channels_mismatch",
            "/num_features",
            "num_features 4",
        ),
        (
            refusal("pytorch", "batch_norm2d", [4, 8, 9]),
            "input_rank_or_size",
            "/input_shape",
            "for example 1x3x28x28",
        ),
        (
            refusal("pytorch", "batch_norm2d", momentum=2),
            "momentum_out_of_range",
            "/momentum",
            "between 0 and 1",
        ),
        (refusal("pytorch", "softmax", dim=4), "axis_out_of_range", "/dim", "between -4 and 3"),
        (refusal("textbook", "dropout", rate=1.5), "rate_out_of_range", "/rate", "between 0 and 1"),
        (refusal("pytorch", "dropout", rate=0.5), "unknown_parameter", "/rate", None),
        (refusal("pytorch", "relu", inplace=1), "wrong_type", "/inplace", "true or false"),
    ],
)
def test_refusals(error: ShapeError, code: str, pointer: str, hint: str | None) -> None:
    assert (error.code, error.pointer) == (code, pointer)
    assert hint is None or error.hint == hint
    assert error.detail.endswith(".")


@pytest.mark.parametrize(
    "error",
    [
        refusal("textbook", op, [0, 9, 4], **values)
        for op, values in {
            "conv_transpose2d": {"kernel_size": 1},
            "depthwise_conv2d": {"kernel_size": 1},
            "lp_pool2d": {"kernel_size": 1},
            "adaptive_avg_pool2d": {"output_size": 1},
            "global_max_pool2d": {},
            "zero_padding2d": {"padding": 1},
            "upsampling2d": {"size": 2},
            "linear": {"units": 1},
            "flatten": {},
            "batch_norm2d": {},
            "relu": {},
            "softmax": {},
            "dropout": {},
        }.items()
    ],
)
def test_an_input_without_pixels_is_refused(error: ShapeError) -> None:
    assert (error.code, error.pointer) == ("input_rank_or_size", "/input_shape/0")
    assert isinstance(error, MisfitError)


def test_torch_takes_an_empty_batch() -> None:
    shape = [0, 4, 8, 8]
    assert output("pytorch", "conv_transpose2d", shape, **CONV) == [0, 2, 10, 10]
    assert output("pytorch", "global_avg_pool2d", shape) == [0, 4, 1, 1]
    assert output("pytorch", "linear", shape, out_features=3) == [0, 4, 8, 3]


def test_wrong_types_and_misfits_are_told_apart() -> None:
    assert isinstance(refusal("textbook", "linear", units="4"), ParameterError)
    assert isinstance(refusal("textbook", "cropping2d", cropping=9), MisfitError)


@given(*[st.integers(1, 9)] * 4)
def test_named_padding_of_transposed_convolutions(
    size: int, kernel: int, stride: int, dilation: int
) -> None:
    """Keras and JAX: same makes i·s pixels, valid i·s + max(k_e − s, 0)."""
    reach = dilation * (kernel - 1) + 1
    values = {"kernel_size": kernel, "stride": stride, "dilation": dilation}
    same = read("textbook", "conv_transpose1d", [size], **values, padding="same")
    lower = read("textbook", "conv_transpose1d", [size], **values, padding="same_lower")
    assert infer(same).output_shape == infer(lower).output_shape == (size * stride,)
    ((before, after),) = same.padding
    assert after - before in (0, 1)
    assert lower.padding == ((after, before),)
    valid = output("textbook", "conv_transpose1d", [size], **values)
    assert valid == [size * stride + max(reach - stride, 0)]


@given(*[st.integers(1, 9)] * 3)
def test_named_padding_beside_output_padding(size: int, kernel: int, stride: int) -> None:
    """Keras: then same takes ⌊k/2⌋ away on each side, and valid nothing."""
    values = {"kernel_size": kernel, "stride": stride, "output_padding": stride - 1}
    whole = (size - 1) * stride + kernel + stride - 1
    assert output("textbook", "conv_transpose1d", [size], **values) == [whole]
    same = whole - 2 * (kernel // 2)
    if same > 0:
        found = output("textbook", "conv_transpose1d", [size], **values, padding="same")
        assert found == [same]


def test_the_odd_pixel_is_cut_off_where_keras_cuts_it() -> None:
    layer = read("textbook", "conv_transpose2d", kernel_size=3, stride=2, padding="same")
    assert layer.padding == ((0, 1), (0, 1))
    torch = read("pytorch", "conv_transpose2d", **CONV, stride=2, padding=1, output_padding=1)
    assert torch.padding == ((1, 1), (1, 1))
    assert infer(layer).output_shape[:2] == infer(torch).output_shape[2:] == (16, 18)


def test_words_for_the_same_number() -> None:
    assert read("textbook", "linear", units=5) == read("textbook", "linear", out_features=5)
    assert read("textbook", "dropout", rate=0.3) == read("textbook", "dropout", p=0.3)
    assert read("textbook", "softmax", axis=1) == read("textbook", "softmax", dim=-2)
    sized = read("textbook", "upsampling2d", size=[2, 3])
    assert sized == read("textbook", "upsampling2d", scale_factor=[2, 3])
    filters = read("textbook", "separable_conv2d", kernel_size=3, filters=7)
    assert filters == read("textbook", "separable_conv2d", kernel_size=3, out_channels=7)


@pytest.mark.parametrize(
    ("op", "values", "letters", "shape"),
    [
        ("depthwise_conv2d", {"kernel_size": 3}, "HW", (6, 7)),
        ("depthwise_conv2d", {"kernel_size": 3, "depth_multiplier": 2}, "HWC", (6, 7, 2)),
        ("separable_conv2d", {"kernel_size": 3}, "HW", (6, 7)),
        ("separable_conv2d", {"kernel_size": 3, "filters": 5}, "HWC", (6, 7, 5)),
        ("conv_transpose2d", {"kernel_size": 3}, "HW", (10, 11)),
        ("conv_transpose2d", {"kernel_size": 3, "filters": 5}, "HWC", (10, 11, 5)),
        ("global_avg_pool2d", {}, "HWC", (1,)),
        ("global_avg_pool2d", {"keepdims": True}, "HW", (1, 1)),
    ],
)
def test_a_grey_picture(
    op: str, values: dict[str, object], letters: str, shape: tuple[int, ...]
) -> None:
    layer = read("textbook", op, [8, 9], **values)
    assert layer.layout == letters
    assert infer(layer).output_shape == shape


def test_torch_pads_the_last_axis_first() -> None:
    layer = read("pytorch", "zero_padding2d", padding=[1, 2, 3, 4])
    assert layer.padding == ((3, 4), (1, 2))
    assert output("pytorch", "zero_padding2d", padding=[-9, 0, 0, 0]) == [2, 4, 8, 0]


def test_upsampling_to_a_size_or_by_a_factor() -> None:
    assert output("pytorch", "upsampling2d", size=[5, 20]) == [2, 4, 5, 20]
    assert output("pytorch", "upsampling2d", scale_factor=[1.5, 0.5]) == [2, 4, 12, 4]
    bilinear = read("pytorch", "upsampling2d", scale_factor=2, mode="bilinear", align_corners=True)
    assert infer(bilinear).receptive_field == (2, 2)
