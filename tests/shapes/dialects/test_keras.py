"""Keras: its names, defaults and layouts, what it refuses, and real Keras where it is installed."""

import random
from typing import Any

import numpy as np
import pytest

from service.shapes import Layer, ShapeError, infer, operations, parameters, read_layer

NAMES = {
    "conv": "Conv#",
    "conv_transpose": "Conv#Transpose",
    "depthwise_conv": "DepthwiseConv#",
    "separable_conv": "SeparableConv#",
    "max_pool": "MaxPooling#",
    "avg_pool": "AveragePooling#",
    "adaptive_avg_pool": "AdaptiveAveragePooling#",
    "adaptive_max_pool": "AdaptiveMaxPooling#",
    "global_avg_pool": "GlobalAveragePooling#",
    "global_max_pool": "GlobalMaxPooling#",
    "zero_padding": "ZeroPadding#",
    "cropping": "Cropping#",
    "upsampling": "UpSampling#",
    "batch_norm": "BatchNormalization",
    "linear": "Dense",
    "flatten": "Flatten",
    "relu": "ReLU",
    "softmax": "Softmax",
    "dropout": "Dropout",
    "add": "Add",
    "concat": "Concatenate",
}
"""Keras' own classes; # stands for the rank and D."""


def keras(op: str, shape: list[int], layout: str | None = None, **values: object) -> Layer:
    return read_layer("keras", op, shape, values, layout)


def refusal(op: str, shape: list[int], layout: str | None = None, **values: object) -> ShapeError:
    with pytest.raises(ShapeError) as caught:
        keras(op, shape, layout, **values)
    return caught.value


def output(layer: Layer) -> tuple[int, ...]:
    return infer(layer).output_shape


def test_the_channels_are_last_unless_told_otherwise() -> None:
    assert keras("conv2d", [1, 8, 9, 3], filters=2, kernel_size=3).layout == "NHWC"
    assert keras("conv2d", [8, 9, 3], filters=2, kernel_size=3).layout == "HWC"
    first = {"data_format": "channels_first"}
    assert keras("conv2d", [1, 3, 8, 9], filters=2, kernel_size=3, **first).layout == "NCHW"
    assert keras("conv2d", [3, 8, 9], filters=2, kernel_size=3, **first).layout == "CHW"
    assert keras("max_pool1d", [2, 3, 8], "NCL").in_channels == 3
    last = {"data_format": "channels_last"}
    assert keras("max_pool3d", [2, 4, 4, 4, 5], **last).layout == "NDHWC"


def test_a_layout_and_a_data_format_must_agree() -> None:
    error = refusal("max_pool2d", [1, 8, 8, 3], "NHWC", data_format="channels_first")
    assert (error.code, error.pointer) == ("layout_conflict", "/data_format")
    assert error.hint == "data_format `channels_last`, or another layout"
    error = refusal("max_pool2d", [1, 8, 8, 3], "NCHW", data_format="channels_last")
    assert error.hint == "data_format `channels_first`, or another layout"
    assert refusal("max_pool2d", [8, 3], data_format="channels_first").code == "input_rank_or_size"


@pytest.mark.parametrize(
    ("word", "rule"), [("SAME", "same"), ("Valid", "valid"), ("Causal", "causal"), (None, "valid")]
)
def test_padding_is_named_in_any_case(word: str | None, rule: str) -> None:
    layer = keras("conv1d", [1, 9, 2], filters=1, kernel_size=3, padding=word)
    assert layer.padding_rule == rule


@pytest.mark.parametrize(
    ("op", "padding", "code", "hint"),
    [
        ("conv2d", "causal", "causal_not_allowed", "one of valid, same; for pixels put"),
        ("depthwise_conv1d", "causal", "causal_not_allowed", "one of valid, same; for pixels"),
        ("conv2d", "smae", "bad_padding_value", "did you mean `same`?"),
        ("conv1d", "full", "bad_padding_value", "one of: valid, same, causal"),
        ("conv2d", 1, "bad_padding_value", "a zero_padding layer before it"),
        ("conv2d", [1, 1], "bad_padding_value", "a zero_padding layer before it"),
        ("conv2d", True, "wrong_type", "one of valid, same"),
    ],
)
def test_other_padding_is_refused(op: str, padding: object, code: str, hint: str) -> None:
    shape = [1, 9, 3] if op.endswith("1d") else [1, 9, 9, 3]
    values = {} if op.startswith("depthwise") else {"filters": 2}
    error = refusal(op, shape, kernel_size=3, padding=padding, **values)
    assert (error.code, error.pointer) == (code, "/padding")
    assert hint in error.hint


@pytest.mark.parametrize("op", ["conv2d", "conv_transpose2d"])
def test_strides_and_dilation_exclude_one_another(op: str) -> None:
    values = {"filters": 2, "strides": [1, 2], "dilation_rate": [2, 1]}
    error = refusal(op, [1, 9, 9, 3], kernel_size=3, **values)
    assert (error.code, error.pointer) == ("stride_with_dilation", "/dilation_rate")
    assert error.hint.startswith("strides 1 or dilation_rate 1")


@pytest.mark.parametrize(
    ("values", "code", "pointer"),
    [
        ({"filters": 0}, "filters_not_positive", "/filters"),
        ({"strides": [1, 0]}, "stride_not_positive", "/strides/1"),
        ({"dilation_rate": 0}, "dilation_not_positive", "/dilation_rate"),
        ({"kernel_size": [3]}, "wrong_length", "/kernel_size"),
        ({"groups": 2}, "channels_not_divisible_by_groups", "/groups"),
        ({"activation": "rleu"}, "bad_activation_value", "/activation"),
        ({"kernel_size": 10}, "output_would_be_zero_or_negative", "/kernel_size"),
        ({"kernel_size": [1, 4], "dilation_rate": 3}, "output_would_be_zero_or_negative", None),
        ({"use_bias": 1}, "wrong_type", "/use_bias"),
    ],
)
def test_convolutions_refuse(values: dict[str, Any], code: str, pointer: str | None) -> None:
    error = refusal("conv2d", [1, 9, 9, 3], **{"filters": 4, "kernel_size": 3, **values})
    assert (error.code, error.pointer) == (code, pointer or "/kernel_size/1")


def test_a_window_too_large_is_told_what_would_fit() -> None:
    error = refusal("conv2d", [1, 9, 9, 3], filters=1, kernel_size=4, dilation_rate=3)
    assert error.detail == (
        "Along the height the kernel spans 10 pixels (4 taps 3 apart), but the input has only 9: "
        "no output would be left."
    )
    assert error.hint == (
        "kernel_size at most 3, or dilation_rate at most 2, or padding `same`, "
        "or an input of at least 10"
    )
    for kernel, dilation, padding in [(3, 3, "valid"), (4, 2, "valid"), (4, 3, "same")]:
        values = {"kernel_size": kernel, "dilation_rate": dilation, "padding": padding}
        assert keras("conv2d", [1, 9, 9, 3], filters=1, **values)
    assert keras("conv2d", [1, 10, 10, 3], filters=1, kernel_size=4, dilation_rate=3)
    assert refusal("max_pool1d", [1, 3, 2], pool_size=[4]).pointer == "/pool_size/0"


def test_no_pixels_and_no_channels_are_no_input() -> None:
    error = refusal("conv2d", [1, 9, 0, 3], filters=4, kernel_size=1, padding="same")
    assert (error.code, error.pointer) == ("input_rank_or_size", "/input_shape/2")
    assert output(keras("conv2d", [0, 9, 9, 3], filters=4, kernel_size=1)) == (0, 9, 9, 4)


def test_max_pools_have_a_default_window_and_average_pools_none() -> None:
    assert output(keras("max_pool2d", [1, 9, 9, 3])) == (1, 4, 4, 3)
    assert refusal("avg_pool2d", [1, 9, 9, 3]).code == "missing_parameter"
    assert keras("avg_pool2d", [1, 9, 9, 3], pool_size=[2, 3]).stride == (2, 3)
    assert not keras("avg_pool2d", [1, 9, 9, 3], pool_size=2, padding="same").count_include_pad


@pytest.mark.parametrize(
    ("values", "padding", "more", "size"),
    [
        ({"kernel_size": 3, "strides": 2, "padding": "same"}, (0, 1), 0, 8),
        ({"kernel_size": 5, "strides": 2, "padding": "same"}, (1, 2), 0, 8),
        ({"kernel_size": 2, "strides": 3, "padding": "same"}, (0, 0), 1, 12),
        ({"kernel_size": 3, "strides": 2}, (0, 0), 0, 9),
        ({"kernel_size": 2, "strides": 3}, (0, 0), 1, 12),
        ({"kernel_size": 2, "strides": 3, "output_padding": 0}, (0, 0), 0, 11),
        ({"kernel_size": 2, "strides": 3, "output_padding": 2}, (0, 0), 2, 13),
        ({"kernel_size": 3, "strides": 2, "padding": "same", "output_padding": 0}, (1, 1), 0, 7),
        ({"kernel_size": 3, "strides": 2, "padding": "same", "output_padding": 1}, (0, 1), 0, 8),
        ({"kernel_size": 3, "dilation_rate": 2, "padding": "same"}, (2, 2), 0, 4),
    ],
)
def test_no_output_padding_is_not_output_padding_0(
    values: dict[str, Any], padding: tuple[int, int], more: int, size: int
) -> None:
    layer = keras("conv_transpose1d", [1, 4, 2], filters=1, **values)
    assert (layer.padding, layer.output_padding) == ((padding,), (more,))
    assert output(layer) == (1, size, 1)


def test_output_padding_is_less_than_the_stride() -> None:
    values = {"filters": 1, "kernel_size": 3, "strides": [2, 3]}
    error = refusal("conv_transpose2d", [1, 4, 4, 2], output_padding=[1, 3], **values)
    assert (error.code, error.pointer) == ("output_padding_too_large", "/output_padding/1")
    assert error.hint == "output_padding at most 2, or strides at least 4"
    error = refusal("conv_transpose2d", [1, 4, 4, 2], output_padding=-1, **values)
    assert error.code == "output_padding_negative"


def test_depthwise_and_separable_count_as_keras_counts() -> None:
    depthwise = infer(keras("depthwise_conv2d", [1, 9, 9, 8], kernel_size=3, depth_multiplier=2))
    assert (depthwise.output_shape, depthwise.params) == ((1, 7, 7, 16), 8 * 2 * 9 + 16)
    separable = infer(keras("separable_conv2d", [1, 9, 9, 8], filters=16, kernel_size=3))
    assert (separable.output_shape, separable.params) == ((1, 7, 7, 16), 216)
    error = refusal("depthwise_conv2d", [1, 9, 9, 8], kernel_size=3, depth_multiplier=0)
    assert error.code == "depth_multiplier_not_positive"
    assert refusal("separable_conv1d", [1, 9, 8], kernel_size=3).pointer == "/filters"


@pytest.mark.parametrize(
    ("op", "values", "shape"),
    [
        ("zero_padding1d", {}, (1, 11, 2)),
        ("zero_padding1d", {"padding": [1, 3]}, (1, 13, 2)),
        ("zero_padding2d", {"padding": [1, [0, 3]]}, (1, 11, 12, 2)),
        ("zero_padding3d", {"padding": 2}, (1, 13, 13, 13, 2)),
        ("cropping1d", {}, (1, 7, 2)),
        ("cropping2d", {}, (1, 9, 9, 2)),
        ("cropping3d", {}, (1, 7, 7, 7, 2)),
        ("cropping2d", {"cropping": [[1, 2], 4]}, (1, 6, 1, 2)),
        ("upsampling1d", {}, (1, 18, 2)),
        ("upsampling2d", {"size": [1, 3], "interpolation": "Bilinear"}, (1, 9, 27, 2)),
        ("upsampling3d", {"size": 3}, (1, 27, 27, 27, 2)),
        ("adaptive_avg_pool2d", {"output_size": [2, 12]}, (1, 2, 12, 2)),
        ("adaptive_max_pool1d", {"output_size": 4}, (1, 4, 2)),
        ("global_avg_pool2d", {}, (1, 2)),
        ("global_max_pool3d", {"keepdims": True}, (1, 1, 1, 1, 2)),
    ],
)
def test_layers_that_move_pixels(op: str, values: dict[str, Any], shape: tuple[int, ...]) -> None:
    assert output(keras(op, [1, *[9] * int(op[-2]), 2], **values)) == shape


@pytest.mark.parametrize(
    ("op", "values", "code", "pointer"),
    [
        ("zero_padding1d", {"padding": [1]}, "pads_wrong_length", "/padding"),
        ("zero_padding2d", {"padding": [1, 2, 3]}, "pads_wrong_length", "/padding"),
        ("zero_padding2d", {"padding": [1, [2]]}, "pads_wrong_length", "/padding/1"),
        ("zero_padding2d", {"padding": [1, [2, -1]]}, "padding_negative", "/padding/1/1"),
        ("zero_padding2d", {"padding": "same"}, "wrong_type", "/padding"),
        ("cropping2d", {"cropping": [[1, 2, 3], 1]}, "wrong_length", "/cropping/0"),
        ("cropping2d", {"cropping": -1}, "cropping_negative", "/cropping"),
        ("cropping2d", {"cropping": [0, [5, 4]]}, "output_would_be_zero_or_negative", "/cropping"),
        ("upsampling1d", {"size": [2]}, "wrong_type", "/size"),
        ("upsampling2d", {"size": 0}, "size_not_positive", "/size"),
        ("upsampling2d", {"interpolation": "linear"}, "bad_interpolation_value", "/interpolation"),
        ("upsampling2d", {"interpolation": 2}, "wrong_type", "/interpolation"),
        ("adaptive_avg_pool2d", {"output_size": 0}, "output_size_not_positive", "/output_size"),
        ("adaptive_avg_pool2d", {}, "missing_parameter", "/output_size"),
        ("cropping1d", {"data_format": "channels_first"}, "unknown_parameter", "/data_format"),
    ],
)
def test_and_what_they_refuse(op: str, values: dict[str, Any], code: str, pointer: str) -> None:
    error = refusal(op, [1, *[9] * int(op[-2]), 2], **values)
    assert (error.code, error.pointer) == (code, pointer)
    assert error.hint


@pytest.mark.parametrize(
    ("op", "shape", "values", "wanted", "params"),
    [
        ("linear", [2, 16], {"units": 5}, (2, 5), 85),
        ("linear", [2, 4, 16], {"units": 5, "use_bias": False}, (2, 4, 5), 80),
        ("flatten", [2, 7, 7, 64], {}, (2, 3136), 0),
        ("flatten", [7, 7, 64], {}, (3136,), 0),
        ("batch_norm2d", [2, 7, 7, 64], {}, (2, 7, 7, 64), 256),
        ("batch_norm2d", [2, 6, 7, 7], {"axis": 1}, (2, 6, 7, 7), 24),
        ("batch_norm2d", [2, 7, 7, 6], {"axis": -1, "scale": False}, (2, 7, 7, 6), 18),
        ("batch_norm1d", [2, 6], {"center": False, "scale": False}, (2, 6), 12),
        ("relu", [2, 5, 3], {"max_value": 6, "negative_slope": 0.1}, (2, 5, 3), 0),
        ("softmax", [2, 10], {}, (2, 10), 0),
        ("tanh", [2, 3], {}, (2, 3), 0),
        ("dropout", [2, 3], {"rate": 0.3}, (2, 3), 0),
        ("add", [2, 3], {"other_shapes": [[2, 3]]}, (2, 3), 0),
        ("concat", [2, 5, 3], {"other_shapes": [[2, 5, 4], [2, 5, 1]]}, (2, 5, 8), 0),
        ("concat", [2, 5, 3], {"other_shapes": [[2, 6, 3]], "axis": 1}, (2, 11, 3), 0),
    ],
)
def test_layers_of_networks(
    op: str, shape: list[int], values: dict[str, Any], wanted: tuple[int, ...], params: int
) -> None:
    inference = infer(keras(op, shape, **values))
    assert (inference.output_shape, inference.params) == (wanted, params)


@pytest.mark.parametrize(
    ("op", "values", "code", "pointer"),
    [
        ("linear", {}, "missing_parameter", "/units"),
        ("linear", {"units": 0}, "units_not_positive", "/units"),
        ("dropout", {"rate": 1.5}, "rate_out_of_range", "/rate"),
        ("dropout", {}, "missing_parameter", "/rate"),
        ("batch_norm2d", {"axis": 2}, "layout_conflict", "/axis"),
        ("batch_norm2d", {"axis": 7}, "axis_out_of_range", "/axis"),
        ("relu", {"max_value": -1}, "max_value_out_of_range", "/max_value"),
        ("add", {}, "missing_parameter", "/other_shapes"),
        ("concat", {"other_shapes": [[2, 6, 6, 3]]}, "shapes_differ", "/other_shapes/0"),
    ],
)
def test_and_what_those_refuse(op: str, values: dict[str, Any], code: str, pointer: str) -> None:
    error = refusal(op, [2, 5, 5, 3], **values)
    assert (error.code, error.pointer) == (code, pointer)


def test_a_named_axis_must_be_that_of_the_layout() -> None:
    error = refusal("batch_norm2d", [2, 5, 5, 3], "NHWC", axis=1)
    assert (error.code, error.hint) == ("layout_conflict", "axis 3, or another layout")


RANDOM = random.Random(20)  # noqa: S311 - chooses layers, keeps no secrets


def some(rank: int, low: int, high: int) -> int | list[int]:
    """A number for all axes, or one for each."""
    each = [RANDOM.randint(low, high) for _ in range(rank)]
    return RANDOM.choice([each, each[0]])


def random_layer(op: str) -> tuple[list[int], dict[str, Any]]:
    """A layer, possible or not, in Keras' words, on an input of its rank."""
    rank = int(op[-2])
    taken = {parameter.name for parameter in parameters("keras", op)}
    drawn: dict[str, Any] = {
        "filters": RANDOM.randint(0, 6),
        "kernel_size": some(rank, 1, 4),
        "pool_size": some(rank, 1, 4),
        "strides": some(rank, int("pool" in op or RANDOM.random() < 0.95), 3),
        "padding": RANDOM.choice(["valid", "same"]),
        "dilation_rate": some(rank, 1, 3) if RANDOM.random() < 0.3 else 1,
        "groups": RANDOM.choice([1, 1, 2]),
        "depth_multiplier": RANDOM.randint(1, 3),
        "output_padding": RANDOM.choice([None, some(rank, 0, 2)]),
        "use_bias": RANDOM.random() < 0.5,
        "output_size": some(rank, 1, 6),
        "keepdims": RANDOM.random() < 0.5,
        "cropping": RANDOM.choice([0, 1, 2]),
        "size": RANDOM.randint(1, 3) if rank == 1 else some(rank, 1, 3),
        "data_format": RANDOM.choice(["channels_last", "channels_first"]),
    }
    if op.startswith("zero_padding"):
        drawn["padding"] = RANDOM.randint(0, 3)
    values = {name: value for name, value in drawn.items() if name in taken}
    spatial, channels = [RANDOM.randint(1, 9) for _ in range(rank)], RANDOM.randint(1, 4)
    if values.get("data_format") == "channels_first":
        return [2, channels, *spatial], values
    return [2, *spatial, channels], values


@pytest.mark.filterwarnings("ignore")  # Keras' own
@pytest.mark.parametrize("op", [op for op in operations("keras") if op[-2:-1].isdigit()])
def test_real_keras_answers_the_same(op: str) -> None:
    layers = pytest.importorskip("keras").layers
    name = NAMES[op[:-2]].replace("#", f"{op[-2]}D")
    for _ in range(60):
        shape, values = random_layer(op)
        try:
            inference = infer(keras(op, shape, **values))
            found: object = (inference.output_shape, inference.params)
        except ShapeError:
            found = "refused"
        try:
            made = getattr(layers, name)(**values)
            made.build(tuple(shape))
            real: object = (tuple(made.compute_output_shape(tuple(shape))), made.count_params())
        except ValueError:
            real = "refused"
        assert found == real, (shape, values)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("_", range(60))
def test_real_keras_splits_the_padding_the_same(_: int) -> None:
    """On ones, with taps 1, 10, 100, ... every output tells which pixels it has seen."""
    real = pytest.importorskip("keras")
    size, kernel, stride = RANDOM.randint(1, 7), RANDOM.randint(1, 5), RANDOM.randint(1, 3)
    padding = RANDOM.choice(["valid", "same"])
    transpose = RANDOM.random() < 0.6
    op, values = "conv1d", {"filters": 1, "kernel_size": kernel, "strides": stride}
    values |= {"padding": padding, "use_bias": False}
    if transpose:
        op = "conv_transpose1d"
        values["output_padding"] = RANDOM.choice([None, RANDOM.randint(0, stride - 1)])
    elif kernel > size:
        values["padding"] = "same"
    layer = keras(op, [1, size, 1], **values)
    (before, _after), *_rest = layer.padding
    taps = [10.0**tap for tap in range(kernel)]
    wanted = [0.0] * output(layer)[1]
    for here in range(size if transpose else len(wanted)):
        for tap in range(kernel):
            there = here * stride + tap - before
            if transpose and 0 <= there < len(wanted):
                wanted[there] += taps[tap]
            elif not transpose and 0 <= there < size:
                wanted[here] += taps[tap]
    made = getattr(real.layers, NAMES[op[:-2]].replace("#", "1D"))(**values)
    made.build((1, size, 1))
    made.set_weights([np.reshape(taps, (kernel, 1, 1))])
    found = real.ops.convert_to_numpy(made(np.ones((1, size, 1), "float32")))
    assert found[0, :, 0].tolist() == wanted
