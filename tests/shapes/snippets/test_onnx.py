"""ONNX code: it compiles, and where onnx and onnxruntime are installed they make the layer."""

import math
from typing import Any

import pytest
from hypothesis import given, settings

from random_kinds import KINDS
from random_layers import LAYERS
from service.shapes import LAYOUTS, Inference, Layer, code, infer, read_layer


def snippet(op: str, shape: list[int], framework: str = "textbook", **values: object) -> str:
    return code(read_layer(framework, op, shape, values))["onnx"]


def nodes(op: str, shape: list[int], framework: str = "textbook", **values: object) -> list[str]:
    """The nodes of the graph alone."""
    graph = snippet(op, shape, framework, **values).partition("{\n")[2].partition("}\n")[0]
    return [line.strip() for line in graph.splitlines()]


@given(LAYERS | KINDS)
def test_it_compiles_and_uses_the_layer_on_its_input(layer: Layer) -> None:
    source = code(layer).get("onnx")
    if source is None:
        assert impossible(layer)
        return
    compile(source, "snippet", "exec")
    made, used = source.splitlines()[-2:]
    assert made.startswith("x = rng.standard_normal((")
    assert used == "y = layer(x)"


def impossible(layer: Layer) -> bool:
    """Tell whether ONNX has no operator for a layer."""
    if layer.kind.startswith("adaptive"):
        return any(i % o for i, o in zip(layer.spatial, layer.output_size, strict=True))
    if layer.kind.endswith("lp_pool"):
        return layer.norm_p != int(layer.norm_p)
    if layer.kind == "batch_norm":
        return not layer.has_channels
    return 0 in infer(layer).output_shape


@given(LAYERS | KINDS)
@settings(deadline=None)
def test_onnxruntime_gives_it_the_inferred_shape_and_parameters(layer: Layer) -> None:
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    source = code(layer).get("onnx")
    if source is None or (layer.kind == "upsampling" and layer.interpolation == "bicubic"):
        return  # onnxruntime interpolates cubically in two dimensions only
    scope: dict[str, Any] = {}
    exec(source, scope)  # noqa: S102 - the very code under test
    inference = infer(layer)
    assert list(scope["y"].shape) == channels_first(inference)
    learned = set(scope.get("weights", {})) - {"cells", "mean", "variance"}
    if layer.kind not in ("add", "concat", "batch_norm"):
        weights = scope.get("weights", {})
        assert sum(math.prod(weights[name].shape) for name in learned) == inference.params


def channels_first(inference: Inference) -> list[int]:
    """Put batch and channels of the output where ONNX has them, if its layer cares."""
    layer, sizes = inference.layer, [*inference.output_shape]
    if not layer.rank and layer.kind != "batch_norm":
        return sizes
    at = LAYOUTS[inference.output_layout or ""]
    batch = 1 if at.batch is None else sizes[0]
    channels = 1 if at.channel is None else sizes[at.channel]
    kept = [size for axis, size in enumerate(sizes) if axis not in (at.batch, at.channel)]
    return [batch, channels, *kept]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (
            nodes("conv2d", [28, 28, 3], kernel_size=5, filters=16),
            ["y = Conv <kernel_shape = [5, 5]> (x, w, b)"],
        ),
        (
            nodes(
                "conv2d",
                [1, 4, 9, 9],
                "onnx",
                kernel_shape=[3, 2],
                strides=[2, 1],
                dilations=[2, 1],
                auto_pad="SAME_UPPER",
                group=2,
                out_channels=6,
            ),
            [
                (
                    "y = Conv <kernel_shape = [3, 2], strides = [2, 1], dilations = [2, 1], "
                    "pads = [2, 0, 2, 1], group = 2> (x, w)"
                )
            ],
        ),
        (
            nodes("conv1d", [9, 2], kernel_size=3, padding="same", padding_mode="circular"),
            [
                "pads0 = Constant <value_ints: ints = [0, 0, 1, 0, 0, 1]> ()",
                'h2 = Pad <mode = "wrap"> (x, pads0)',
                "y = Conv <kernel_shape = [3]> (h2, w, b)",
            ],
        ),
        (
            nodes("conv_transpose1d", [9, 2], kernel_size=3, stride=2, output_padding=1),
            [
                (
                    "y = ConvTranspose <kernel_shape = [3], strides = [2], "
                    "output_padding = [1]> (x, w, b)"
                )
            ],
        ),
        (
            nodes("max_pool2d", [9, 9, 2], kernel_size=2, ceil_mode=True),
            ["y = MaxPool <kernel_shape = [2, 2], strides = [2, 2], ceil_mode = 1> (x)"],
        ),
        (
            nodes("avg_pool1d", [9, 2], kernel_size=2, padding=1),
            [
                (
                    "y = AveragePool <kernel_shape = [2], strides = [2], pads = [1, 1], "
                    "count_include_pad = 1> (x)"
                )
            ],
        ),
        (
            nodes("global_avg_pool2d", [9, 9, 2], keepdims=False),
            [
                "h1 = GlobalAveragePool (x)",
                "axes = Constant <value_ints: ints = [2, 3]> ()",
                "y = Squeeze (h1, axes)",
            ],
        ),
        (nodes("relu6", [9])[-1:], ["y = Clip (x, low, high)"]),
    ],
)
def test_what_onnx_has_is_one_node(written: list[str], expected: list[str]) -> None:
    assert written == expected


@pytest.mark.parametrize(
    ("written", "operators"),
    [
        (
            nodes("conv_transpose1d", [9, 2], "flax", kernel_size=2, strides=4, features=3),
            "ConvTranspose",
        ),
        (
            nodes(
                "conv_transpose1d",
                [1, 2, 9],
                "jax",
                kernel_size=2,
                padding=[[3, 0]],
                out_channels=3,
            ),
            "ConvTranspose Constant Pad",
        ),
        (
            nodes("conv_transpose1d", [9, 2], "flax", kernel_size=2, padding=[[3, 3]], features=3),
            "ConvTranspose Constant Pad Add",
        ),
        (nodes("separable_conv1d", [9, 2], kernel_size=3), "Conv Conv"),
        (nodes("max_pool1d", [9, 2], kernel_size=3, padding="full"), "MaxPool"),
        (
            nodes(
                "max_pool1d", [9, 2], kernel_size=3, padding=[[3, 1]], dilation=2, ceil_mode=True
            ),
            "Constant Constant Pad MaxPool",
        ),
        (nodes("lp_pool1d", [9, 2], kernel_size=3, norm_type=3), "LpPool"),
        (
            nodes("lp_pool1d", [9, 2], kernel_size=3, dilation=2, padding=[[3, 1]]),
            "Constant Pad LpPool",
        ),
        (
            nodes("avg_pool1d", [9, 2], kernel_size=3, divisor_override=2),
            "AveragePool Constant Mul",
        ),
        (
            nodes("avg_pool1d", [9, 2], kernel_size=3, dilation=2, padding=[[3, 1]]),
            "Constant Pad AveragePool AveragePool Div",
        ),
        (
            nodes("avg_pool1d", [9, 2], "flax", kernel_size=3, padding=[[-1, 1]]),
            "Constant Pad AveragePool AveragePool Div",
        ),
        (
            nodes(
                "avg_pool1d",
                [9, 2],
                "flax",
                kernel_size=3,
                padding=[[-1, 1]],
                count_include_pad=False,
            ),
            "Constant Pad AveragePool AveragePool Div",
        ),
        (nodes("adaptive_max_pool1d", [9, 2], output_size=3), "MaxPool"),
        (nodes("global_lp_pool1d", [9, 2]), "LpPool Constant Squeeze"),
        (nodes("cropping1d", [9, 2], cropping=2), "Constant Pad"),
        (nodes("zero_padding1d", [9, 2], padding=2), "Constant Pad"),
        (nodes("upsampling1d", [9, 2], size=2), "Constant Resize"),
        (nodes("linear", [9], units=2), "MatMul Add"),
        (nodes("linear", [9], units=2, bias=False), "MatMul"),
        (nodes("flatten", [9, 2]), "Constant Reshape"),
        (nodes("batch_norm1d", [9, 2]), "BatchNormalization"),
        (nodes("softmax", [9, 2]), "Softmax"),
        (nodes("dropout", [9, 2]), "Constant Dropout"),
        (nodes("add", [9, 2], other_shapes=[[9, 2]]), "Sum"),
        (nodes("concat", [9, 2], other_shapes=[[9, 3]]), "Concat"),
    ],
)
def test_every_kind_has_its_operators(written: list[str], operators: str) -> None:
    assert [node.split()[2] for node in written] == operators.split()


def test_the_input_says_where_the_channels_went() -> None:
    last = snippet("conv2d", [28, 30, 3], kernel_size=5)
    assert "x = rng.standard_normal((1, 3, 28, 30))  # 28×30×3: ONNX has N and C first\n" in last
    first = snippet("max_pool2d", [1, 3, 28, 30], "pytorch", kernel_size=5)
    assert "x = rng.standard_normal((1, 3, 28, 30))\n" in first


def test_nothing_is_written_for_what_onnx_has_not() -> None:
    for layer in (
        read_layer("textbook", "adaptive_avg_pool1d", [7, 2], {"output_size": 3}),
        read_layer("textbook", "lp_pool1d", [7, 2], {"kernel_size": 3, "norm_type": 1.5}),
        read_layer("textbook", "dropout", [7], {"p": 1}),
        read_layer("textbook", "global_lp_pool1d", [7, 2], {"norm_type": 1.5}),
        read_layer("textbook", "batch_norm2d", [7, 7], {}),
        read_layer("keras", "upsampling2d", [7, 7, 2], {"interpolation": "lanczos3"}),
        read_layer("jax", "conv1d", [1, 2, 3], {"kernel_size": 5, "out_channels": 1}),
    ):
        assert "onnx" not in code(layer)


def test_what_a_negative_padding_takes_away_is_cut_off() -> None:
    values = {"kernel_size": 3, "out_channels": 1, "padding": [[-1, 2]]}
    layer = read_layer("jax", "conv1d", [1, 2, 9], values)
    assert "[0, 0, -1, 0, 0, 2]" in code(layer)["onnx"]
