"""ONNX's attributes: defaults, both ways to pad, and what onnxruntime refuses."""

import random
from typing import Any

import pytest

from service.shapes import ShapeError, infer, layouts, read_layer

SHAPES = {1: [1, 2, 9], 2: [1, 2, 9, 8], 3: [1, 2, 9, 8, 7]}


def output(op: str, shape: list[int], **values: object) -> list[int]:
    return list(infer(read_layer("onnx", op, shape, values)).output_shape)


def refusal(op: str, shape: list[int], **values: object) -> ShapeError:
    with pytest.raises(ShapeError) as caught:
        read_layer("onnx", op, shape, values)
    return caught.value


def conv(shape: list[int] = SHAPES[2], **values: object) -> list[int]:
    return output(
        f"conv{len(shape) - 2}d", shape, **{"kernel_shape": 3, "out_channels": 4} | values
    )


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_defaults(rank: int) -> None:
    shape = SHAPES[rank]
    layer = read_layer("onnx", f"conv{rank}d", shape, {"kernel_shape": 3, "out_channels": 4})
    assert (layer.stride, layer.dilation, layer.groups, layer.bias) == (
        (1,) * rank,
        (1,) * rank,
        1,
        False,
    )
    for op in ("max_pool", "avg_pool", "lp_pool"):
        pool = read_layer("onnx", f"{op}{rank}d", shape, {"kernel_shape": [2] * rank})
        assert (pool.kind, pool.stride, pool.ceil_mode) == (op, (1,) * rank, False)
        assert (pool.count_include_pad, pool.norm_p) == (False, 2)
    assert output(f"global_lp_pool{rank}d", shape, p=1) == [1, 2] + [1] * rank
    assert layouts("onnx", f"conv{rank}d") == ({1: "NCL", 2: "NCHW", 3: "NCDHW"}[rank],)


def test_pads_list_what_is_before_then_what_is_after() -> None:
    layer = read_layer(
        "onnx", "conv2d", SHAPES[2], {"kernel_shape": 3, "out_channels": 1, "pads": [1, 2, 3, 4]}
    )
    assert layer.padding == ((1, 3), (2, 4))
    assert conv(pads=1) == conv(pads=[1, 1, 1, 1]) == [1, 4, 9, 8]


@pytest.mark.parametrize(
    ("rule", "pads"),
    [("SAME_UPPER", ((0, 1), (3, 3))), ("SAME_LOWER", ((1, 0), (3, 3))), ("VALID", ((0, 0),) * 2)],
)
def test_padding_by_rule_minds_the_dilation(rule: str, pads: object) -> None:
    values = {"kernel_shape": [2, 4], "dilations": [1, 2], "auto_pad": rule}
    for op in ("conv2d", "max_pool2d", "avg_pool2d", "lp_pool2d"):
        more = {"out_channels": 1} if op == "conv2d" else {}
        assert read_layer("onnx", op, SHAPES[2], values | more).padding == pads


@pytest.mark.parametrize(
    ("values", "code", "pointer"),
    [
        ({"pads": [1]}, "pads_wrong_length", "/pads"),
        ({"pads": [1, 1, 1]}, "pads_wrong_length", "/pads"),
        ({"pads": [0, 0, -1, 0]}, "padding_negative", "/pads/2"),
        ({"pads": -1}, "padding_negative", "/pads"),
        ({"pads": "1"}, "wrong_type", "/pads"),
        ({"pads": [0, 0, 0, 1.5]}, "wrong_type", "/pads/3"),
        ({"pads": [0] * 4, "auto_pad": "VALID"}, "pads_with_auto_pad", "/pads"),
        ({"auto_pad": "SAME"}, "bad_auto_pad_value", "/auto_pad"),
        ({"kernel_shape": [3]}, "wrong_length", "/kernel_shape"),
        ({"kernel_shape": [3, 0]}, "kernel_not_positive", "/kernel_shape/1"),
        ({"kernel_shape": None}, "missing_parameter", "/kernel_shape"),
        ({"out_channels": None}, "missing_parameter", "/out_channels"),
        ({"strides": 0}, "stride_not_positive", "/strides"),
        ({"dilations": [1, 0]}, "dilation_not_positive", "/dilations/1"),
        ({"group": 0}, "groups_not_positive", "/group"),
        ({"group": 2, "out_channels": 3}, "channels_not_divisible_by_groups", "/group"),
        ({"in_channels": 3}, "input_channels_mismatch", "/in_channels"),
        ({"padding": 1}, "unknown_parameter", "/padding"),
        ({"kernel_shape": [3, 9]}, "output_would_be_zero_or_negative", "/kernel_shape/1"),
        ({"kernel_shape": 9}, "output_would_be_zero_or_negative", "/kernel_shape"),
    ],
)
def test_what_a_conv_refuses(values: dict[str, Any], code: str, pointer: str) -> None:
    error = refusal("conv2d", SHAPES[2], **{"kernel_shape": 3, "out_channels": 4} | values)
    assert (error.code, error.pointer) == (code, pointer)
    assert error.hint


def test_a_window_that_does_not_fit_names_what_would() -> None:
    error = refusal("conv1d", [1, 2, 5], kernel_shape=4, dilations=2, out_channels=1, pads=[1, 0])
    assert error.detail == (
        "Along the length the kernel spans 7 pixels (4 taps 2 apart), but the padded input has "
        "only 6 (5 + padding 1 + 0)."
    )
    assert error.hint == (
        "kernel_shape at most 3, or dilations at most 1, or auto_pad `SAME_UPPER`, "
        "or an input of at least 6"
    )
    assert conv([1, 2, 6], kernel_shape=4, dilations=2, pads=[1, 0]) == [1, 4, 1]
    assert conv([1, 2, 5], kernel_shape=3, dilations=2, pads=[1, 0]) == [1, 4, 2]
    assert conv([1, 2, 5], kernel_shape=4, dilations=1, pads=[1, 0]) == [1, 4, 3]


def test_sizes_are_at_least_one_but_for_the_batch() -> None:
    assert conv([0, 2, 9]) == [0, 4, 7]
    for shape in ([1, 0, 9], [1, 2, 0]):
        error = refusal("conv1d", shape, kernel_shape=3, out_channels=4)
        assert (error.code, error.pointer[:13]) == ("input_rank_or_size", "/input_shape/")
    assert refusal("conv1d", [2, 9], kernel_shape=3, out_channels=1).code == "input_rank_or_size"


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "ceil_mode", "expected"),
    [
        (3, 4, 1, 0, 0),
        (3, 4, 2, 0, 1),
        (3, 5, 2, 0, 0),
        (3, 6, 2, 0, 0),
        (3, 6, 2, 1, 0),
        (3, 6, 3, 1, 1),
        (3, 7, 3, 1, 1),
        (3, 8, 3, 1, 0),
        (3, 7, 5, 0, 1),
        (3, 7, 5, 1, 1),
        (3, 4, 1, 1, 0),
        (3, 7, 2, 1, None),
        (3, 5, 1, 1, None),
        (3, 9, 3, 0, None),
    ],
)
def test_a_pools_window_larger_than_its_input(
    size: int, kernel: int, stride: int, ceil_mode: int, expected: int | None
) -> None:
    """The answers of ONNX's shape inference, which divides towards zero.

    onnxruntime 1.32 refuses the negative ones; where rounding up leaves one window, it drops that
    window and makes an empty tensor.
    """
    values = {"kernel_shape": kernel, "strides": stride, "ceil_mode": ceil_mode}
    for op in ("max_pool1d", "avg_pool1d", "lp_pool1d"):
        if expected is None:
            assert refusal(op, [1, 2, size], **values).code == "output_would_be_zero_or_negative"
        else:
            assert output(op, [1, 2, size], **values) == [1, 2, expected]


def test_a_pools_pads_are_smaller_than_its_window_dilated_or_not() -> None:
    for pads, pointer in (([3, 0], "/pads/0"), ([0, 3], "/pads/1"), (3, "/pads")):
        error = refusal("max_pool1d", [1, 2, 9], kernel_shape=3, pads=pads, dilations=2)
        assert (error.code, error.pointer) == ("pool_padding_too_large", pointer)
        assert error.hint == "pads at most 2"
    assert output("max_pool1d", [1, 2, 9], kernel_shape=3, pads=[2, 2]) == [1, 2, 11]
    for rule in ("VALID", "SAME_UPPER"):
        ignored = {"kernel_shape": 3, "auto_pad": rule, "pads": [1, 2]}
        assert output("avg_pool1d", [1, 2, 9], **ignored)[2] == {"VALID": 7}.get(rule, 9)


@pytest.mark.parametrize("name", ["ceil_mode", "count_include_pad"])
def test_flags_are_zero_or_one(name: str) -> None:
    for value, expected in ((0, False), (1, True), (True, True), (None, False)):
        layer = read_layer("onnx", "avg_pool1d", SHAPES[1], {"kernel_shape": 2, name: value})
        assert getattr(layer, name) is expected
    for wrong, code in ((2, f"bad_{name}_value"), (-1, f"bad_{name}_value"), ("1", "wrong_type")):
        error = refusal("avg_pool1d", SHAPES[1], kernel_shape=2, **{name: wrong})
        assert (error.code, error.pointer) == (code, f"/{name}")


def transposed(size: int = 4, **values: object) -> list[object]:
    values = {"kernel_shape": 3, "out_channels": 1} | values
    layer = read_layer("onnx", "conv_transpose1d", [1, 2, size], values)
    return [infer(layer).output_shape[2], layer.padding[0], layer.output_padding[0]]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, [6, (0, 0), 0]),
        ({"strides": 2}, [9, (0, 0), 0]),
        ({"strides": 2, "pads": [1, 0], "output_padding": 1}, [9, (1, 0), 1]),
        ({"strides": 2, "auto_pad": "VALID"}, [9, (0, 0), 0]),
        ({"strides": 2, "auto_pad": "SAME_UPPER"}, [8, (0, 1), 0]),
        ({"strides": 2, "auto_pad": "SAME_LOWER"}, [8, (1, 0), 0]),
        ({"strides": 4, "auto_pad": "SAME_UPPER"}, [15, (0, 0), 0]),
        ({"strides": 4, "auto_pad": "SAME_UPPER", "output_padding": 1}, [16, (0, 0), 1]),
        ({"strides": 4, "auto_pad": "SAME_LOWER", "output_padding": 3}, [16, (1, 1), 3]),
        ({"strides": 2, "output_shape": 8}, [8, (1, 0), 0]),
        ({"strides": 2, "output_shape": [8], "auto_pad": "SAME_UPPER"}, [8, (0, 1), 0]),
        ({"strides": 2, "output_shape": [8], "auto_pad": "SAME_LOWER"}, [8, (1, 0), 0]),
        ({"strides": 2, "output_shape": [10], "pads": [1, 1]}, [10, (0, 0), 1]),
        ({"strides": 2, "output_shape": 2}, [2, (4, 3), 0]),
    ],
)
def test_where_a_transposed_convolution_is_cropped(
    values: dict[str, Any], expected: list[object]
) -> None:
    assert transposed(**values) == expected


@pytest.mark.parametrize(
    ("values", "code", "pointer"),
    [
        ({"output_padding": 1}, "output_padding_too_large", "/output_padding"),
        ({"strides": 2, "output_padding": [2]}, "output_padding_too_large", "/output_padding/0"),
        ({"dilations": 3, "output_padding": [2]}, "output_padding_too_large", "/output_padding/0"),
        ({"output_padding": [-1]}, "output_padding_negative", "/output_padding/0"),
        ({"pads": [3, 3]}, "output_would_be_zero_or_negative", "/pads/0"),
        ({"pads": [0, 6]}, "output_would_be_zero_or_negative", "/pads/1"),
        ({"strides": 2, "output_shape": [11]}, "output_shape_too_large", "/output_shape/0"),
        ({"strides": 2, "output_shape": 11}, "output_shape_too_large", "/output_shape"),
        ({"output_shape": [0]}, "output_size_not_positive", "/output_shape/0"),
        ({"output_shape": [1, 1, 6]}, "wrong_length", "/output_shape"),
        ({"pads": [0, 0], "auto_pad": "SAME_UPPER"}, "pads_with_auto_pad", "/pads"),
        ({"group": 2, "in_channels": 3}, "input_channels_mismatch", "/in_channels"),
        ({"group": 3, "in_channels": 3}, "channels_not_divisible_by_groups", "/group"),
    ],
)
def test_what_a_transposed_convolution_refuses(
    values: dict[str, Any], code: str, pointer: str
) -> None:
    values = {"kernel_shape": 3, "out_channels": 6} | values
    error = refusal("conv_transpose1d", [1, 2, 4], **values)
    assert (error.code, error.pointer) == (code, pointer)
    assert error.hint


def test_what_stands_between_convolutions() -> None:
    assert output("linear", [2, 5], out_features=3) == [2, 3]
    norm = infer(read_layer("onnx", "batch_norm2d", [2, 3, 5, 5], {}))
    assert (norm.params, norm.buffers) == (6, 6)
    assert output("flatten", [2, 3, 5, 5]) == [2, 75]
    assert refusal("flatten", [2, 3, 5, 5], axis=2).code == "axis_out_of_range"
    for op in ("relu", "relu6", "tanh", "sigmoid", "softmax", "dropout"):
        assert output(op, [2, 3, 5, 5]) == [2, 3, 5, 5]
    assert read_layer("onnx", "softmax", [2, 3], {"axis": -2}).axes == (0,)
    assert read_layer("onnx", "dropout", [2, 3], {"ratio": 0.1}).rate == 0.1
    assert output("add", [2, 3], other_shapes=[[2, 3]]) == [2, 3]
    assert output("concat", [2, 3], other_shapes=[[2, 4]], axis=1) == [2, 7]
    assert refusal("concat", [2, 3], other_shapes=[[2, 4]]).pointer == "/axis"


def test_what_moves_pixels() -> None:
    assert output("zero_padding2d", [1, 2, 5, 6], pads=[1, 0, 2, -3]) == [1, 2, 8, 3]
    assert refusal("zero_padding1d", [1, 2, 5], pads=[-2, -3]).pointer == "/pads"
    assert refusal("zero_padding1d", [1, 2, 5]).code == "missing_parameter"
    assert output("upsampling2d", [1, 2, 5, 6], scales=[2, 1.5], mode="linear") == [1, 2, 10, 9]
    assert refusal("upsampling1d", [1, 2, 5], scales=0.1).hint == "scales at least 0.2"


def test_onnxruntime_says_the_same() -> None:
    """Random layers, legal and not; SAME with dilation is left out, which onnxruntime lacks."""
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    source = random.Random(7)  # noqa: S311 - no secret
    checked = 0
    for _ in range(400):
        op, shape, values = random_layer(source)
        try:
            layer = read_layer("onnx", op, shape, values)
            ours: list[int] | None = list(infer(layer).output_shape)
        except ShapeError:
            ours = None
        assert ours == run(onnx, op, shape, values), (op, shape, values)
        checked += ours is not None
    assert checked > 150


OPERATORS = {
    "conv": "Conv",
    "conv_transpose": "ConvTranspose",
    "max_pool": "MaxPool",
    "avg_pool": "AveragePool",
    "lp_pool": "LpPool",
}


def random_layer(source: random.Random) -> tuple[str, list[int], dict[str, Any]]:
    rank = source.randint(1, 3)
    op = f"{source.choice(list(OPERATORS))}{rank}d"

    def each(low: int, high: int) -> list[int]:
        return [source.randint(low, high) for _ in range(rank)]

    values: dict[str, Any] = {"kernel_shape": each(1, 5), "strides": each(1, 4)}
    values["auto_pad"] = source.choice(["NOTSET", "SAME_UPPER", "SAME_LOWER", "VALID"])
    if values["auto_pad"] in ("NOTSET", "VALID"):
        values["dilations"] = each(1, 3)
    if values["auto_pad"] == "NOTSET":
        values["pads"] = each(-1 if source.random() < 0.1 else 0, 3) + each(0, 3)
    if "conv" in op:
        values |= {"out_channels": 2, "bias": True}
    else:
        values["ceil_mode"] = source.randint(0, 1)
        if values["auto_pad"].startswith("SAME"):
            values["strides"] = [min(3, kernel) for kernel in values["kernel_shape"]]
    if op.startswith("conv_transpose") and source.random() < 0.5:
        values["output_padding"] = each(0, 2)
    if op.startswith("conv_transpose") and source.random() < 0.3:
        values["output_shape"] = each(1, 20)
    return op, [1, 2, *each(1, 9)], values


def run(onnx: Any, op: str, shape: list[int], values: dict[str, Any]) -> list[int] | None:
    """The shape that onnxruntime gives, or None if it refuses."""
    import numpy as np
    import onnxruntime

    attributes = {**values}
    names, arrays = ["x"], []
    if attributes.pop("bias", False):
        attributes.pop("out_channels")
        names, arrays = ["x", "w", "b"], [np.ones((2, 2, *values["kernel_shape"])), np.ones(2)]
    node = onnx.helper.make_node(OPERATORS[op[:-2]], names, ["y"], **attributes)
    tensor = onnx.helper.make_tensor_value_info
    weights = [
        onnx.numpy_helper.from_array(array.astype(np.float32), name)
        for array, name in zip(arrays, names[1:], strict=True)
    ]
    graph = onnx.helper.make_graph(
        [node], "g", [tensor("x", 1, shape)], [tensor("y", 1, None)], weights
    )
    model = onnx.helper.make_model(
        graph, opset_imports=[onnx.helper.make_opsetid("", 22)], ir_version=10
    )
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), options)
        return list(session.run(None, {"x": np.ones(shape, np.float32)})[0].shape)
    except Exception:
        return None
