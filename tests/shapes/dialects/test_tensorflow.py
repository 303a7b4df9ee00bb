"""TensorFlow: its names and layouts, and what tf.nn refuses."""

from typing import Any

import pytest

from service.shapes import Layer, ShapeError, infer, layouts, operations, read_layer


def tensorflow(op: str, shape: list[int], layout: str | None = None, **values: object) -> Layer:
    return read_layer("tensorflow", op, shape, values, layout)


def refusal(op: str, shape: list[int], **values: object) -> ShapeError:
    with pytest.raises(ShapeError) as caught:
        tensorflow(op, shape, **values)
    return caught.value


def output(layer: Layer) -> tuple[int, ...]:
    return infer(layer).output_shape


def test_it_offers_what_tf_nn_has() -> None:
    windows = {op for op in operations("tensorflow") if op[-2:] in ("1d", "2d", "3d")}
    assert {op[:-2] for op in windows} == {
        "conv",
        "conv_transpose",
        "depthwise_conv",
        "separable_conv",
        "max_pool",
        "avg_pool",
        "global_avg_pool",
        "global_max_pool",
    }
    assert {*operations("tensorflow")} - windows == {
        *("relu", "relu6", "tanh", "sigmoid", "softmax", "flatten", "add", "concat")
    }
    assert layouts("tensorflow", "conv1d")[0] == "NWC"
    assert all("N" in layout for op in windows for layout in layouts_of(op))


def layouts_of(op: str) -> tuple[str, ...]:
    return layouts("tensorflow", op)


def test_convolutions_know_no_bias() -> None:
    layer = tensorflow("conv2d", [1, 8, 8, 4], kernel_size=3, out_channels=6, groups=2)
    assert infer(layer).params == 2 * 6 * 9
    assert output(layer) == (1, 6, 6, 6)
    first = tensorflow("conv2d", [1, 4, 8, 8], "NCHW", kernel_size=3, out_channels=6)
    assert output(first) == (1, 6, 6, 6)


def test_strides_and_dilations_go_together_in_a_convolution() -> None:
    values = {"kernel_size": 2, "out_channels": 2, "strides": 3, "dilations": 2, "padding": "SAME"}
    assert output(tensorflow("conv2d", [1, 16, 6, 3], **values)) == (1, 6, 2, 2)
    assert refusal("separable_conv2d", [1, 16, 6, 3], **values).code == "stride_with_dilation"
    values = {"kernel_size": 3, "strides": 2, "dilations": 2}
    assert refusal("max_pool2d", [1, 16, 6, 3], **values).code == "stride_with_dilation"


def test_padding_may_be_pairs_in_two_dimensions() -> None:
    values: dict[str, Any] = {"kernel_size": 3, "out_channels": 2, "padding": [[1, 2], [0, 3]]}
    layer = tensorflow("conv2d", [1, 9, 10, 2], **values)
    assert (layer.padding, output(layer)) == (((1, 2), (0, 3)), (1, 10, 11, 2))
    layer = tensorflow("depthwise_conv2d", [1, 9, 10, 2], kernel_size=3, padding=[[1, 2], [0, 3]])
    assert output(layer) == (1, 10, 11, 2)


@pytest.mark.parametrize(
    ("op", "padding", "code", "hint"),
    [
        ("conv2d", "same", "bad_padding_value", "did you mean `SAME`?"),
        ("conv2d", "FULL", "bad_padding_value", "one of: VALID, SAME"),
        ("conv2d", 1, "bad_padding_value", "VALID, SAME or a pair [before, after] for each axis"),
        ("conv2d", [1, 1], "bad_padding_value", "[[1, 1], [1, 1]]"),
        ("conv2d", [[1, 1]], "bad_padding_value", "[[1, 1], [1, 1]]"),
        ("conv2d", [[1, 1], [1, -1]], "padding_negative", "at least 0"),
        ("conv1d", [[1, 1]], "bad_padding_value", "VALID, SAME"),
        ("conv2d", False, "wrong_type", "VALID or SAME"),
    ],
)
def test_other_padding_is_refused(op: str, padding: object, code: str, hint: str) -> None:
    shape = [1, 9, 3] if op == "conv1d" else [1, 9, 9, 3]
    error = refusal(op, shape, kernel_size=3, out_channels=2, padding=padding)
    assert error.code == code
    assert hint in error.hint


def test_a_kernel_larger_than_the_input_is_refused() -> None:
    error = refusal("conv2d", [1, 3, 3, 1], kernel_size=4, out_channels=1)
    assert (error.code, error.pointer) == ("output_would_be_zero_or_negative", "/kernel_size")
    assert error.hint == "kernel_size at most 3, or padding `SAME`, or an input of at least 4"
    values: dict[str, Any] = {"kernel_size": [1, 9], "out_channels": 1, "padding": [[0, 0], [2, 3]]}
    error = refusal("conv2d", [1, 3, 3, 1], **values)
    assert "the input has only 8 (3 + padding 2 + 3)" in error.detail
    assert error.pointer == "/kernel_size/1"


def test_channels_and_groups_must_fit() -> None:
    error = refusal("conv2d", [1, 8, 8, 3], kernel_size=3, in_channels=2, out_channels=2)
    assert (error.code, error.pointer) == ("input_channels_mismatch", "/in_channels")
    error = refusal("conv2d", [1, 8, 8, 3], kernel_size=3, out_channels=2, groups=2)
    assert error.code == "channels_not_divisible_by_groups"
    assert refusal("conv2d", [8, 8, 3], kernel_size=3, out_channels=2).code == "input_rank_or_size"


@pytest.mark.parametrize(
    ("size", "values", "padding", "more"),
    [
        (3, {"kernel_size": 3, "padding": "SAME"}, (1, 1), 0),
        (4, {"kernel_size": 3, "padding": "SAME"}, (0, 1), 0),
        (4, {"kernel_size": 1, "padding": "SAME"}, (0, 0), 1),
        (5, {"kernel_size": 3}, (0, 0), 0),
        (6, {"kernel_size": 3}, (0, 0), 1),
        (4, {"kernel_size": 3, "padding": [[0, 1], [0, 1]]}, (0, 1), 0),
        (5, {"kernel_size": 3, "padding": [[0, 1], [0, 1]]}, (0, 1), 1),
    ],
)
def test_the_caller_chooses_the_output_of_a_transposed_convolution(
    size: int, values: dict[str, Any], padding: tuple[int, int], more: int
) -> None:
    """It is one of the sizes that the convolution with the same strides makes 2 of."""
    layer = tensorflow(
        "conv_transpose2d", [1, 2, 2, 3], strides=2, out_channels=4, output_shape=size, **values
    )
    assert (layer.padding, layer.output_padding) == ((padding, padding), (more, more))
    assert output(layer) == (1, size, size, 4)
    back = {"strides": 2, "out_channels": 3, **values}
    assert output(tensorflow("conv2d", [1, size, size, 4], **back)) == (1, 2, 2, 3)


@pytest.mark.parametrize(
    ("values", "hint"),
    [
        ({"output_shape": [3, 5], "padding": "SAME"}, "output_shape between 3 and 4"),
        ({"output_shape": [5, 7]}, "output_shape between 5 and 6"),
        ({"output_shape": [2, 1], "strides": 1, "padding": "SAME"}, "output_shape 2"),
        (
            {"output_shape": [3, 1], "kernel_size": 1, "padding": [[0, 0], [4, 4]]},
            "less padding, or a larger input",
        ),
    ],
)
def test_other_outputs_are_refused(values: dict[str, Any], hint: str) -> None:
    asked = {"kernel_size": 3, "strides": 2, "out_channels": 4, **values}
    error = refusal("conv_transpose2d", [1, 2, 2, 3], **asked)
    assert (error.code, error.pointer) == ("output_shape_mismatch", "/output_shape/1")
    assert error.hint == hint


def test_a_pool_does_not_step_over_its_window() -> None:
    error = refusal("max_pool2d", [1, 9, 9, 3], kernel_size=[2, 3], strides=3)
    assert (error.code, error.pointer) == ("stride_over_window", "/strides")
    assert error.hint == "strides at most 2, or kernel_size at least 3"
    assert output(tensorflow("avg_pool1d", [1, 9, 3], kernel_size=3)) == (1, 7, 3)
    dilated = tensorflow("max_pool3d", [1, 9, 9, 9, 3], kernel_size=3, dilations=2)
    assert output(dilated) == (1, 5, 5, 5, 3)
    assert not tensorflow("avg_pool1d", [1, 9, 3], kernel_size=3, padding="SAME").count_include_pad


def test_filters_by_channel() -> None:
    layer = tensorflow("depthwise_conv2d", [1, 9, 9, 8], kernel_size=3, channel_multiplier=2)
    assert (output(layer), infer(layer).params) == ((1, 7, 7, 16), 144)
    layer = tensorflow("separable_conv2d", [1, 9, 9, 8], kernel_size=3, out_channels=16)
    assert (output(layer), infer(layer).params) == ((1, 7, 7, 16), 8 * 9 + 8 * 16)
