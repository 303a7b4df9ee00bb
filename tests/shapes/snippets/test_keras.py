"""Keras code: it compiles, and where Keras is installed it makes the layer."""

import random
from typing import Any

import pytest
from hypothesis import given, settings

from random_kinds import KINDS
from random_layers import LAYERS
from service.shapes import LAYOUTS, Layer, ShapeError, code, infer, read_layer


def snippet(framework: str, op: str, shape: list[int], **values: object) -> str:
    return code(read_layer(framework, op, shape, values))["keras"]


@given(LAYERS | KINDS)
def test_it_compiles_and_uses_the_layer_on_its_input(layer: Layer) -> None:
    source = code(layer).get("keras")
    if source is None:
        assert layer.kind in ("upsampling", "conv_transpose", "batch_norm")
        return
    compile(source, "snippet", "exec")
    made, used = source.splitlines()[-2:]
    assert made.startswith(("x = keras.random.normal((", "x = [keras.random.normal(("))
    assert used == "y = layer(x)"


@pytest.mark.parametrize(
    ("source", "layer"),
    [
        (
            snippet("keras", "conv2d", [1, 28, 28, 3], filters=16, kernel_size=5),
            "Conv2D(16, 5)",
        ),
        (
            snippet(
                "keras",
                "conv2d",
                [1, 4, 28, 28],
                filters=6,
                kernel_size=3,
                strides=2,
                groups=2,
                use_bias=False,
                data_format="channels_first",
            ),
            'Conv2D(6, 3, strides=2, groups=2, use_bias=False, data_format="channels_first")',
        ),
        (
            snippet("keras", "conv1d", [1, 9, 3], filters=1, kernel_size=3, padding="causal"),
            'Conv1D(1, 3, padding="causal")',
        ),
        (
            snippet("pytorch", "conv2d", [3, 9, 9], out_channels=2, kernel_size=3, padding=1),
            'Conv2D(2, 3, padding="same")',
        ),
        (
            snippet("keras", "depthwise_conv2d", [9, 9, 3], kernel_size=3, depth_multiplier=2),
            "DepthwiseConv2D(3, depth_multiplier=2)",
        ),
        (
            snippet("keras", "separable_conv1d", [9, 3], filters=4, kernel_size=3),
            "SeparableConv1D(4, 3)",
        ),
        (
            snippet("keras", "max_pool2d", [9, 9, 3], pool_size=3, strides=2, padding="same"),
            'MaxPooling2D(3, strides=2, padding="same")',
        ),
        (
            snippet("keras", "adaptive_avg_pool2d", [9, 9, 3], output_size=[2, 3]),
            "AdaptiveAveragePooling2D((2, 3))",
        ),
        (
            snippet("keras", "global_max_pool1d", [9, 3], keepdims=True),
            "GlobalMaxPooling1D(keepdims=True)",
        ),
        (snippet("keras", "cropping1d", [9, 3], cropping=[1, 2]), "Cropping1D((1, 2))"),
        (
            snippet("keras", "upsampling2d", [9, 9, 3], interpolation="bilinear"),
            'UpSampling2D(2, interpolation="bilinear")',
        ),
        (
            snippet("pytorch", "upsampling2d", [1, 3, 7, 7], scale_factor=1.5, mode="bilinear"),
            'Resizing(10, 10, interpolation="bilinear")',
        ),
        (
            snippet("keras", "conv_transpose2d", [4, 4, 3], filters=2, kernel_size=3, strides=2),
            "Conv2DTranspose(2, 3, strides=2)",
        ),
        (
            snippet(
                "keras",
                "conv_transpose2d",
                [4, 4, 3],
                filters=2,
                kernel_size=3,
                strides=2,
                padding="same",
                output_padding=0,
            ),
            'Conv2DTranspose(2, 3, strides=2, padding="same", output_padding=0)',
        ),
        (
            snippet(
                "pytorch",
                "conv_transpose1d",
                [1, 3, 4],
                out_channels=2,
                kernel_size=2,
                stride=3,
            ),
            "Conv1DTranspose(2, 2, strides=3, output_padding=0)",
        ),
        (
            snippet(
                "keras",
                "conv_transpose1d",
                [4, 3],
                filters=2,
                kernel_size=3,
                strides=2,
                padding="same",
            ),
            'Conv1DTranspose(2, 3, strides=2, padding="same")',
        ),
        (
            snippet("keras", "zero_padding1d", [1, 3, 9], padding=2, data_format="channels_first"),
            "ZeroPadding1D((2, 2))",
        ),
        (
            snippet("textbook", "center_crop_like", [9, 9, 3], other_shapes=[[5, 4, 3]]),
            "Cropping2D(((2, 2), (2, 3)))",
        ),
        (snippet("keras", "linear", [16], units=4, use_bias=False), "Dense(4, use_bias=False)"),
        (snippet("keras", "flatten", [7, 7, 4]), "Flatten()"),
        (
            snippet("keras", "batch_norm2d", [2, 4, 7, 7], axis=1, center=False, scale=False),
            "BatchNormalization(axis=1, center=False, scale=False)",
        ),
        (snippet("keras", "relu6", [2, 3]), 'Activation("relu6")'),
        (snippet("keras", "softmax", [2, 3]), "Softmax(axis=1)"),
        (snippet("keras", "dropout", [2, 3], rate=0.25), "Dropout(0.25)"),
        (snippet("keras", "add", [2, 3], other_shapes=[[2, 3]]), "Add()"),
        (
            snippet("pytorch", "concat", [2, 3, 5, 5], other_shapes=[[2, 4, 5, 5]]),
            "Concatenate(axis=1)",
        ),
    ],
)
def test_what_keras_has_is_one_layer(source: str, layer: str) -> None:
    assert f"\nlayer = keras.layers.{layer}\n" in source


@pytest.mark.parametrize(
    ("source", "part"),
    [
        (
            snippet("pytorch", "conv2d", [3, 9, 9], out_channels=2, kernel_size=3, padding=2),
            "ZeroPadding2D(((2, 2), (2, 2))),\n        keras.layers.Conv2D(2, 3),\n",
        ),
        (
            snippet("textbook", "conv1d", [9, 3], kernel_size=3, stride=2, dilation=2),
            "return convolution(x)[:, ::2, :]",
        ),
        (
            snippet(
                "textbook", "conv2d", [9, 9, 3], kernel_size=3, stride=2, dilation=2, padding=1
            ),
            "convolution = keras.Sequential([keras.layers.ZeroPadding2D(((1, 1), (1, 1))), keras.",
        ),
        (
            snippet(
                "pytorch",
                "conv1d",
                [3, 9],
                out_channels=2,
                kernel_size=3,
                padding=1,
                padding_mode="circular",
            ),
            "x = keras.ops.take(x, keras.ops.mod(keras.ops.arange(-1, 10), 9), axis=1)",
        ),
        (
            snippet("pytorch", "max_pool2d", [3, 9, 9], kernel_size=3, padding=1),
            'x = keras.ops.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=float("-inf"))',
        ),
        (
            snippet("pytorch", "avg_pool2d", [3, 9, 9], kernel_size=2, padding=1),
            "keras.layers.ZeroPadding2D(((1, 1), (1, 1))),",
        ),
        (
            snippet(
                "pytorch", "avg_pool1d", [3, 8], kernel_size=3, padding=1, stride=2, ceil_mode=True
            ),
            "return sum(taps(x)) / sum(taps(cells))",
        ),
        (
            snippet("pytorch", "avg_pool2d", [3, 9, 9], kernel_size=2, divisor_override=3),
            "return sum(taps(x)) / 3",
        ),
        (
            snippet("pytorch", "max_pool1d", [3, 9], kernel_size=2, dilation=3),
            "return keras.ops.max(keras.ops.stack(taps(x)), axis=0)",
        ),
        (
            snippet(
                "pytorch", "conv_transpose2d", [4, 5, 5], out_channels=6, kernel_size=3, groups=2
            ),
            "groups = [keras.layers.Conv2DTranspose(3, 3) for _ in range(2)]",
        ),
        (
            snippet(
                "pytorch",
                "conv_transpose1d",
                [1, 4, 5],
                out_channels=6,
                kernel_size=3,
                stride=2,
                padding=1,
                output_padding=1,
            ),
            "keras.layers.Cropping1D((1, 0)),",
        ),
        (
            snippet(
                "pytorch",
                "conv_transpose1d",
                [1, 4, 5],
                out_channels=6,
                kernel_size=2,
                dilation=3,
                output_padding=2,
            ),
            "keras.layers.ZeroPadding1D((0, 2)),\n",
        ),
        (
            snippet(
                "textbook",
                "avg_pool1d",
                [11, 3],
                kernel_size=3,
                stride=2,
                padding=[[1, 0]],
                ceil_mode=True,
            ),
            "cells = keras.ops.pad(cells, ((0, 0), (0, 1), (0, 0)), constant_values=0.0)",
        ),
        (
            snippet("pytorch", "lp_pool1d", [3, 9], kernel_size=2, norm_type=3),
            "return sum(keras.ops.abs(tap) ** 3 for tap in taps(x)) ** (1 / 3)",
        ),
        (
            snippet("textbook", "global_lp_pool1d", [9, 3], norm_type=2),
            "return keras.ops.sum(keras.ops.abs(x) ** 2, axis=(1,)",
        ),
        (
            snippet("pytorch", "flatten", [2, 4, 7, 7], start_dim=2),
            "keras.layers.Reshape((4, 49))",
        ),
        (
            snippet("pytorch", "flatten", [2, 4, 7, 7], start_dim=0),
            "return keras.ops.reshape(x, (392,))",
        ),
        (snippet("textbook", "flatten", [7, 7, 4], start_dim=1), "keras.layers.Reshape((7, 28))"),
        (
            snippet("pytorch", "zero_padding2d", [1, 3, 7, 7], padding=[1, 2, -1, 0]),
            "keras.layers.Cropping2D(((1, 0), (0, 0))),",
        ),
        (
            snippet("pytorch", "separable_conv2d", [4, 9, 9], kernel_size=3, out_channels=2),
            "keras.layers.DepthwiseConv2D(3),\n        keras.layers.Conv2D(2, 1),\n",
        ),
    ],
)
def test_what_keras_lacks_is_put_together(source: str, part: str) -> None:
    assert part in source
    compile(source, "snippet", "exec")


def test_the_input_says_what_became_of_it() -> None:
    assert "(1, 28, 28, 3))  # a batch of 1\n" in snippet(
        "keras", "conv2d", [28, 28, 3], filters=2, kernel_size=3
    )
    assert "(2, 28, 30, 3))  # 2×3×28×30: Keras has the channels last\n" in snippet(
        "pytorch", "conv2d", [2, 3, 28, 30], out_channels=2, kernel_size=3
    )
    assert "((2, 28, 30, 3))\n" in snippet("keras", "max_pool2d", [2, 28, 30, 3])
    joined = snippet("keras", "concat", [5, 3], other_shapes=[[5, 4]])
    assert "x = [keras.random.normal((5, 3)), keras.random.normal((5, 4))]\n" in joined


@pytest.mark.parametrize(
    "layer",
    [
        read_layer(
            "pytorch",
            "conv_transpose1d",
            [1, 3, 9],
            {"out_channels": 2, "kernel_size": 3, "stride": 2, "dilation": 2},
        ),
        read_layer("pytorch", "upsampling1d", [1, 3, 9], {"scale_factor": 1.5}),
        read_layer("pytorch", "upsampling1d", [1, 3, 9], {"scale_factor": 2, "mode": "linear"}),
        read_layer("pytorch", "upsampling2d", [1, 3, 9, 9], {"scale_factor": 2, "mode": "area"}),
        read_layer("textbook", "batch_norm2d", [9, 9], {}, "HW"),
    ],
)
def test_some_layers_keras_does_not_have(layer: Layer) -> None:
    assert "keras" not in code(layer)


RANDOM = random.Random(21)  # noqa: S311 - chooses layers, keeps no secrets


def transposed_layers() -> list[Layer]:
    """Transposed convolutions of PyTorch and TensorFlow, which Keras must imitate."""
    found = []
    while len(found) < 40:
        values = {name: RANDOM.randint(1, 4) for name in ("kernel_size", "stride", "out_channels")}
        values |= {"padding": RANDOM.randint(0, 2), "output_padding": RANDOM.randint(0, 2)}
        values |= {"groups": RANDOM.choice([1, 2])}
        try:
            found.append(read_layer("pytorch", "conv_transpose1d", [2, 4, 5], values))
        except ShapeError:
            continue
    return found


def check(layer: Layer) -> None:
    """Run the code of a layer and compare what comes out with what was inferred."""
    keras = pytest.importorskip("keras")
    scope: dict[str, Any] = {}
    exec(code(layer)["keras"], scope)  # noqa: S102 - the very code under test
    inference = infer(layer)
    at = LAYOUTS[layer.layout]
    channels = layer.out_channels or layer.in_channels
    spatial = [axis.output for axis in inference.axes]
    last, first = [layer.batch, *spatial, channels], [layer.batch, channels, *spatial]
    assert list(scope["y"].shape) in (last, first)
    made = [scope["layer"], scope.get("convolution"), *scope.get("groups", [])]
    counts = [part.count_params() for part in made if isinstance(part, keras.layers.Layer)]
    assert sum(counts) == inference.params, at


@pytest.mark.filterwarnings("ignore")  # Keras' own
@given(LAYERS)
@settings(deadline=None, max_examples=60)
def test_keras_gives_it_the_inferred_shape_and_parameters(layer: Layer) -> None:
    check(layer)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("layer", transposed_layers())
def test_keras_imitates_transposed_convolutions(layer: Layer) -> None:
    check(layer)
