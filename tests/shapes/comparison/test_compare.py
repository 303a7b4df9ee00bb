from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.shapes import FRAMEWORKS, Inference, ShapeError, UnknownError, infer, read_layer
from service.shapes.comparison import Outcome, compare
from service.shapes.comparison.differences import comparable


def layer(op: str, shape: list[int], framework: str = "textbook", **values: Any) -> dict[str, Any]:
    return {"framework": framework, "op": op, "input_shape": shape, **values}


def _inference(outcome: Outcome, op: str) -> Inference:
    assert outcome.input_shape is not None
    assert outcome.values is not None
    return infer(
        read_layer(outcome.framework, op, outcome.input_shape, outcome.values, outcome.layout)
    )


def test_a_plain_convolution_is_the_same_everywhere() -> None:
    found = compare(layer("conv2d", [28, 28, 3], kernel_size=3, filters=16))
    assert found.agree
    assert found.reasons == ()
    assert found.edit is None
    assert tuple(found.outcomes) == FRAMEWORKS
    shapes = {name: outcome.output_shape for name, outcome in found.outcomes.items()}
    assert shapes == {
        "textbook": (26, 26, 16),
        "pytorch": (16, 26, 26),
        "keras": (26, 26, 16),
        "tensorflow": (1, 26, 26, 16),
        "jax": (1, 16, 26, 26),
        "flax": (26, 26, 16),
        "onnx": (1, 16, 26, 26),
    }
    for outcome in found.outcomes.values():
        assert outcome.comparable_shape == (26, 26, 16)
        assert outcome.padding == ((0, 0), (0, 0))
    torch = found.outcomes["pytorch"]
    assert torch.code is not None
    assert "nn.Conv2d(3, 16, kernel_size=3)" in torch.code


def test_the_frameworks_asked_for_alone() -> None:
    request = layer("conv2d", [28, 28, 3], kernel_size=3)
    found = compare(request, ["keras", "pytorch", "keras"])
    assert tuple(found.outcomes) == ("keras", "pytorch")
    with pytest.raises(UnknownError) as refused:
        compare(request, ["keras", "torch"])
    assert (refused.value.code, refused.value.pointer) == ("unknown_framework", "/frameworks/1")


def test_names_of_frameworks_have_to_be_text() -> None:
    with pytest.raises(ShapeError) as refused:
        compare(layer("conv2d", [28, 28, 3], kernel_size=3), [["keras"]])  # type: ignore[list-item]
    assert (refused.value.code, refused.value.pointer) == ("wrong_type", "/frameworks/0")


@pytest.mark.parametrize(
    ("padding", "code"),
    [
        ({"a": 1}, "wrong_type"),
        ([1, [1, 2, 3]], "pads_wrong_length"),
        ([1, "2"], "wrong_type"),
        ([[1, 2]], None),
    ],
)
def test_odd_padding(padding: object, code: str | None) -> None:
    """What the textbook refuses may be an answer elsewhere, unless it is no padding at all."""
    request = layer("conv2d", [3, 3], kernel_size=9, padding=padding)
    if code is None:
        assert not compare(request).agree
        return
    with pytest.raises(ShapeError) as refused:
        compare(request)
    assert refused.value.code == code


def test_same_with_a_stride_in_pytorch() -> None:
    request = layer("conv2d", [1, 28, 28, 3], "keras", kernel_size=3, strides=2, filters=4)
    found = compare(request | {"padding": "same"})
    torch = found.outcomes["pytorch"]
    assert torch.values == {"out_channels": 4, "kernel_size": 3, "stride": 2, "padding": 1}
    assert torch.comparable_shape == (1, 14, 14, 4)
    assert torch.values_shift
    assert torch.padding == ((1, 1), (1, 1))
    assert torch.edit == "pad explicitly with F.pad(x, (0, 1, 0, 1)), then padding=0"
    assert "pads both sides alike" in torch.nearest
    assert found.edit == f"pytorch: {torch.edit}"
    shifted = [name for name, outcome in found.outcomes.items() if outcome.values_shift]
    assert shifted == ["pytorch"]


def test_pytorch_refuses_its_own_same_with_a_stride() -> None:
    request = layer("conv2d", [3, 9, 9], "pytorch", kernel_size=3, stride=2, out_channels=1)
    found = compare(request | {"padding": "same"})
    assert not found.agree
    problem = found.outcomes["pytorch"].problem
    assert problem is not None
    assert problem.code == "same_with_stride"
    assert found.outcomes["keras"].output_shape == (5, 5, 1)


def test_pixels_where_padding_can_only_be_named() -> None:
    request = layer("conv2d", [3, 9, 9], "pytorch", kernel_size=3, out_channels=1, padding=2)
    keras = compare(request).outcomes["keras"]
    assert not keras.available
    assert keras.problem is not None
    assert keras.problem.code == "not_in_framework"
    assert keras.edit == (
        'put keras.layers.ZeroPadding2D(((2, 2), (2, 2))) before it, then padding="valid"'
    )


@pytest.mark.parametrize(
    ("asked", "framework", "edit"),
    [
        (
            layer("avg_pool1d", [9, 1], kernel_size=3, stride=1, padding=1),
            "onnx",
            "count_include_pad=1",
        ),
        (
            layer("avg_pool1d", [1, 9, 1], "keras", pool_size=3, strides=1, padding="same"),
            "pytorch",
            "count_include_pad=False",
        ),
        (
            layer("avg_pool1d", [9, 1], kernel_size=3, stride=1, padding=1),
            "keras",
            'put keras.layers.ZeroPadding1D((1, 1)) before it, then padding="valid"',
        ),
        (layer("max_pool2d", [9, 9, 1], kernel_size=3), "flax", "give strides=3"),
        (
            layer("conv_transpose2d", [4, 4, 3], "keras", kernel_size=3, strides=2, filters=4)
            | {"padding": "same"},
            "pytorch",
            "padding=0, output_padding=0, then crop with F.pad(y, (0, -1, 0, -1))",
        ),
        (
            layer("conv_transpose2d", [3, 4, 4], "pytorch", kernel_size=3, stride=2, padding=1)
            | {"output_padding": 1, "out_channels": 4},
            "keras",
            'padding="valid", then keras.layers.Cropping2D(((1, 0), (1, 0)))',
        ),
        (
            layer("conv_transpose1d", [4, 3], kernel_size=3, stride=2, padding="same"),
            "jax",
            "transpose_kernel=True, or flip the kernel along its spatial axes",
        ),
        (
            layer("conv_transpose1d", [1, 3, 4], "jax", kernel_size=3, strides=2)
            | {"padding": "SAME", "out_channels": 1},
            "keras",
            "flip the kernel along its spatial axes, as jax does not",
        ),
        (
            layer("conv_transpose1d", [4, 1], kernel_size=2, stride=3),
            "pytorch",
            "padding=0, output_padding=1",
        ),
        (
            layer("conv_transpose1d", [4, 1], kernel_size=2, stride=3),
            "onnx",
            "pads=[0, 0], output_padding=[1], auto_pad left out",
        ),
        (
            layer("conv_transpose1d", [1, 4], "pytorch", kernel_size=2, stride=3, out_channels=1),
            "flax",
            "padding=[[1, 1]]",
        ),
        (
            layer("conv_transpose1d", [1, 4], "pytorch", kernel_size=2, stride=3, out_channels=1),
            "keras",
            'padding="valid", then keras.layers.Cropping1D((0, 1))',
        ),
        (layer("global_avg_pool2d", [9, 9, 3]), "pytorch", "flatten the output"),
        (layer("global_avg_pool2d", [1, 3, 9, 9], "onnx"), "keras", "keepdims=True"),
        (
            layer("flatten", [5, 5, 3]),
            "pytorch",
            "put the axes into the order (1, 2, 0) before flattening",
        ),
        (
            layer("conv1d", [9, 1], kernel_size=3, padding="causal"),
            "tensorflow",
            'pad explicitly with tf.pad(x, [[0, 0], [2, 0], [0, 0]]), then padding="VALID"',
        ),
        (
            layer("conv2d", [3, 9, 9], "pytorch", kernel_size=3, out_channels=1, padding=2)
            | {"padding_mode": "reflect"},
            "onnx",
            "pad with that mode before the layer",
        ),
    ],
)
def test_what_to_change(asked: dict[str, Any], framework: str, edit: str | None) -> None:
    assert compare(asked).outcomes[framework].edit == edit


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (
            layer("batch_norm2d", [1, 4, 5, 5], "pytorch", affine=False),
            {
                "keras": {"scale": False, "center": False},
                "flax": {"use_scale": False, "use_bias": False},
                "textbook": {"affine": False},
                "onnx": None,
            },
        ),
        (
            layer("batch_norm2d", [1, 5, 5, 4], "keras", scale=False),
            {"pytorch": None, "flax": {"use_scale": False, "use_bias": True}},
        ),
        (
            layer("zero_padding2d", [1, 4, 5, 5], "pytorch", padding=[1, 2, 3, 4]),
            {"keras": {"padding": [[3, 4], [1, 2]]}, "onnx": {"pads": [3, 1, 4, 2]}},
        ),
        (
            layer("zero_padding1d", [1, 5, 4], "keras", padding=[1, 2]),
            {"pytorch": {"padding": [1, 2]}, "textbook": {"padding": [[1, 2]]}},
        ),
        (
            layer("cropping1d", [5, 4], cropping=[[1, 2]]),
            {"pytorch": {"cropping": [1, 2]}, "keras": {"cropping": [1, 2]}},
        ),
        (
            layer("upsampling2d", [1, 2, 2, 1], "keras", size=2, interpolation="bilinear"),
            {
                "pytorch": {"scale_factor": 2, "mode": "bilinear"},
                "onnx": {"scales": [2, 2], "mode": "linear"},
            },
        ),
        (
            layer("upsampling2d", [1, 2, 2, 1], "keras", size=2, interpolation="bicubic"),
            {"onnx": {"scales": [2, 2], "mode": "cubic"}},
        ),
        (
            layer("upsampling2d", [1, 2, 2, 1], "keras", size=2, interpolation="lanczos3"),
            {"pytorch": None},
        ),
        (
            layer("upsampling2d", [1, 1, 4, 4], "pytorch", size=[6, 7]),
            {"keras": None, "textbook": None, "pytorch": {"size": [6, 7]}},
        ),
        (
            layer("linear", [1, 9], "pytorch", out_features=4, bias=False),
            {"keras": {"units": 4, "use_bias": False}, "flax": {"features": 4, "use_bias": False}},
        ),
        (
            layer("dropout", [1, 9], "pytorch", p=0.25),
            {"keras": {"rate": 0.25}, "onnx": {"ratio": 0.25}},
        ),
        (
            layer("softmax", [1, 4, 5, 5], "pytorch", dim=1),
            {"keras": {"axis": 3}, "onnx": {"axis": 1}},
        ),
        (
            layer("flatten", [1, 4, 5, 5], "pytorch", start_dim=2),
            {"keras": None, "textbook": {"start_dim": 2, "end_dim": 3}},
        ),
        (layer("adaptive_avg_pool1d", [9, 2], output_size=3), {"keras": {"output_size": 3}}),
        (
            layer("lp_pool1d", [1, 2, 9], "onnx", kernel_shape=3, p=3),
            {"pytorch": {"norm_type": 3, "kernel_size": 3}},
        ),
        (
            layer("lp_pool1d", [1, 2, 9], "onnx", kernel_shape=3, pads=[1, 1]),
            {"pytorch": None},
        ),
        (
            layer("conv2d", [9, 9, 3], "flax", kernel_size=3, features=2, padding="REFLECT"),
            {
                "pytorch": {"out_channels": 2, "kernel_size": 3, "padding": 1}
                | {"padding_mode": "reflect"},
                "onnx": None,
            },
        ),
        (
            layer("max_pool2d", [9, 9, 3], kernel_size=3, dilation=2),
            {"keras": None, "onnx": {"dilations": 2, "kernel_shape": 3, "auto_pad": "VALID"}},
        ),
        (
            layer("avg_pool1d", [9, 3], kernel_size=3, divisor_override=2),
            {"keras": None, "onnx": None},
        ),
        (
            layer("conv_transpose2d", [4, 4, 4], kernel_size=3, groups=2, filters=2),
            {
                "keras": None,
                "onnx": {"group": 2, "out_channels": 2, "bias": True}
                | {"kernel_shape": 3, "auto_pad": "VALID"},
            },
        ),
        (
            layer("conv_transpose1d", [1, 4, 3], "tensorflow", kernel_size=3, strides=2)
            | {"out_channels": 2, "padding": "SAME", "output_shape": [7]},
            {
                "pytorch": {"out_channels": 2, "bias": False, "kernel_size": 3, "stride": 2}
                | {"padding": 1},
                "onnx": {"out_channels": 2, "kernel_shape": 3, "strides": 2, "pads": [1, 1]},
            },
        ),
        (
            layer("conv_transpose1d", [1, 4, 3], "tensorflow", kernel_size=3, strides=2)
            | {"out_channels": 2, "padding": "SAME", "output_shape": [8]},
            {
                "onnx": {"out_channels": 2, "kernel_shape": 3, "strides": 2}
                | {"auto_pad": "SAME_UPPER"}
            },
        ),
        (
            layer("conv_transpose1d", [1, 3, 4], "onnx", kernel_shape=3, strides=2)
            | {"out_channels": 2, "output_shape": [8]},
            {
                "pytorch": {"out_channels": 2, "bias": False, "kernel_size": 3, "stride": 2}
                | {"padding": 1, "output_padding": 1},
            },
        ),
        (
            layer("conv_transpose1d", [1, 3, 4], "jax", kernel_size=3, strides=2)
            | {"out_channels": 2, "padding": [[2, 1]]},
            {
                "pytorch": None,
                "textbook": {"filters": 2, "bias": False, "kernel_size": 3, "stride": 2}
                | {"padding": [[0, 1]]},
            },
        ),
        (
            layer("conv_transpose1d", [3, 4], "pytorch", kernel_size=4, stride=2)
            | {"out_channels": 2, "output_padding": 1},
            {
                "jax": {"out_channels": 2, "kernel_size": 4, "strides": 2, "padding": [[3, 4]]},
                "keras": {"filters": 2, "kernel_size": 4, "strides": 2, "padding": "valid"}
                | {"output_padding": 1},
            },
        ),
        (
            layer("conv_transpose1d", [3, 4], "pytorch", kernel_size=4, stride=2, padding=1)
            | {"out_channels": 2},
            {
                "jax": {"out_channels": 2, "kernel_size": 4, "strides": 2, "padding": [[2, 2]]},
                "tensorflow": {"out_channels": 2, "kernel_size": 4, "strides": 2}
                | {"padding": "SAME", "output_shape": [8]},
                "keras": {"filters": 2, "kernel_size": 4, "strides": 2, "padding": "same"},
            },
        ),
        (
            layer("conv_transpose1d", [4, 3], kernel_size=4, stride=2, padding="same_lower"),
            {
                "keras": None,
                "jax": None,
                "onnx": {"out_channels": 1, "bias": True}
                | {"kernel_shape": 4, "strides": 2, "auto_pad": "SAME_LOWER"},
            },
        ),
    ],
)
def test_words_of_the_others(
    asked: dict[str, Any], words: dict[str, dict[str, Any] | None]
) -> None:
    outcomes = compare(asked).outcomes
    for framework, values in words.items():
        assert outcomes[framework].values == values, framework
        assert outcomes[framework].available is (values is not None)


def test_a_refused_layer_says_what_would_do() -> None:
    request = layer("max_pool2d", [5, 5, 1], kernel_size=3, stride=1, padding=2)
    torch = compare(request).outcomes["pytorch"]
    assert torch.edit == (
        'pad explicitly with F.pad(x, (2, 2, 2, 2), value=float("-inf")), then padding=0'
    )
    too_large = compare(layer("conv2d", [3, 3], kernel_size=4)).outcomes["pytorch"]
    assert too_large.edit is not None
    assert too_large.edit.startswith("kernel_size at most 3")


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (
            layer("conv2d", [1, 3, 9, 9], "onnx", kernel_shape=3, out_channels=1, dilations=2)
            | {"auto_pad": "SAME_UPPER"},
            "onnxruntime_same_dilation",
        ),
        (
            layer("max_pool2d", [1, 3, 9, 9], "onnx", kernel_shape=3, dilations=2)
            | {"auto_pad": "SAME_UPPER"},
            "onnxruntime_same_dilation",
        ),
        (layer("global_lp_pool2d", [1, 3, 9, 9], "onnx"), "onnxruntime_not_implemented"),
        (layer("max_pool2d", [3, 3, 1], kernel_size=5), "keras_jax_empty"),
    ],
)
def test_programs_that_do_something_else(asked: dict[str, Any], code: str) -> None:
    found = compare(asked)
    assert code in [reason.code for reason in found.reasons]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (layer("conv2d", [9, 9, 3]), "missing_parameter"),
        (layer("conv2d", [9, 9, 3], kernel_size="3"), "wrong_type"),
        (layer("conv2d", [9, 9, 3], kernel=3), "unknown_parameter"),
        (layer("conv9d", [9, 9, 3], kernel_size=3), "unknown_operation"),
        (layer("conv2d", [9], kernel_size=3), "input_rank_or_size"),
        (layer("conv2d", [9, 9, 3], kernel_size=3, padding="sme"), "bad_padding_value"),
        (
            layer("conv2d", [1, 3, 9, 9], "onnx", kernel_shape=3, out_channels=1, auto_pad="X"),
            "bad_auto_pad_value",
        ),
        (layer("conv2d", [9, 9, 3], kernel_size=3, padding=[1, 2, 3]), "pads_wrong_length"),
        (layer("add", [9, 9, 3]), "not_comparable"),
        (layer("linear", [9], out_features=0), "out_features_too_small"),
    ],
)
def test_requests_without_sense_are_refused(asked: dict[str, Any], code: str) -> None:
    with pytest.raises(ShapeError) as refused:
        compare(asked)
    assert refused.value.code == code


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    rank = draw(st.integers(1, 3))
    op = draw(st.sampled_from(["conv", "max_pool", "avg_pool"]))
    sizes = draw(st.lists(st.integers(6, 12), min_size=rank, max_size=rank))
    values = {
        "kernel_size": draw(st.integers(1, 4)),
        "stride": draw(st.integers(1, 3)),
        "dilation": draw(st.sampled_from([1, 1, 2])),
        "padding": draw(
            st.sampled_from(["valid", "same", "same_lower", "causal", "full"]) | st.integers(0, 1)
        ),
    }
    return layer(f"{op}{rank}d", [*sizes, 2], **values)


@settings(max_examples=200, deadline=None)
@given(requests())
def test_what_is_said_exactly_is_the_same_layer(asked: dict[str, Any]) -> None:
    """Unless something had to be said otherwise, all agree on the pixels of every window."""
    try:
        own = infer(
            read_layer(
                "textbook",
                asked["op"],
                asked["input_shape"],
                {k: v for k, v in asked.items() if k not in ("framework", "op", "input_shape")},
            )
        )
    except ShapeError:
        return
    for outcome in compare(asked).outcomes.values():
        if outcome.output_shape is None:
            assert outcome.problem is not None
            continue
        found = _inference(outcome, asked["op"])
        assert comparable(found, own.layer.layout) == outcome.comparable_shape
        windows = [
            (axis.output, axis.padding[0], axis.effective_kernel_size, axis.stride)
            for axis in found.axes
        ]
        wanted = [
            (axis.output, axis.padding[0], axis.effective_kernel_size, axis.stride)
            for axis in own.axes
        ]
        if not outcome.nearest:
            assert windows == wanted
        if outcome.comparable_shape == own.output_shape:
            codes = [shift.code for shift in outcome.shifts]
            assert ("padding_split" in codes) == (windows != wanted)
