"""ONNX files that others wrote, read back: every layer as ONNX's own shape inference has it."""

from pathlib import Path
from typing import Any

import pytest

from service.integrations.imported import NetworkImportError
from service.integrations.onnx_file import import_onnx
from service.shapes.network import infer_network, read_network

onnx = pytest.importorskip("onnx", reason="the package `onnx` is not installed")

from onnx import TensorProto, helper  # noqa: E402  # only where it is installed

LIGHT = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
PARAMS = {
    "bvlc_alexnet": 60_965_224,
    "densenet121": None,
    "inception_v1": 6_998_552,
    "inception_v2": None,
    "resnet50": 25_557_032,
    "squeezenet": 1_235_496,
    "vgg19": 143_667_240,
    "zfnet512": None,
}


@pytest.mark.parametrize(("name", "params"), PARAMS.items())
def test_real_files_are_read_as_onnx_infers_them(name: str, params: int | None) -> None:
    data = (LIGHT / f"light_{name}.onnx").read_bytes()
    model = onnx.shape_inference.infer_shapes(onnx.load_model_from_string(data))
    shapes = {
        value.name: tuple(dim.dim_value for dim in value.type.tensor_type.shape.dim)
        for value in (*model.graph.value_info, *model.graph.output)
    }
    inference = infer_network(read_network(import_onnx(data).document))
    assert len(inference.layers) > 20
    for node, layer in zip(inference.network.nodes, inference.layers, strict=True):
        if shapes.get(node.name) and 0 not in shapes[node.name]:
            assert layer.output_shape == shapes[node.name], node.name
    assert params is None or inference.params == params


def test_channel_shuffles_have_no_counterpart() -> None:
    with pytest.raises(NetworkImportError) as caught:
        import_onnx((LIGHT / "light_shufflenet.onnx").read_bytes())
    assert caught.value.code in ("unreadable_node", "unsupported_operator")
    assert caught.value.pointer.startswith("/graph/node/")


def file(*nodes: Any, shape: Any = (1, 3, 8, 8), weights: Any = None, inputs: int = 1) -> bytes:
    """Write an ONNX file with weights of the given shapes."""
    graph = helper.make_graph(
        nodes,
        "graph",
        [
            helper.make_tensor_value_info(f"x{at or ''}", TensorProto.FLOAT, shape)
            for at in range(inputs)
        ],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [
            helper.make_tensor(name, TensorProto.FLOAT, sizes, [0.0] * _product(sizes))
            for name, sizes in (weights or {}).items()
        ],
    )
    written: bytes = helper.make_model(graph).SerializeToString()
    return written


def _product(sizes: Any) -> int:
    count = 1
    for size in sizes:
        count *= size
    return count


def outputs(data: bytes, input_shape: Any = None) -> list[tuple[int, ...]]:
    document = import_onnx(data, input_shape).document
    return [layer.output_shape for layer in infer_network(read_network(document)).layers]


def node(op: str, inputs: str = "x", output: str = "y", **attributes: Any) -> Any:
    return helper.make_node(op, inputs.split(), [output], **attributes)


@pytest.mark.parametrize(
    ("op", "attributes", "weights", "expected"),
    [
        ("Conv", {"auto_pad": "SAME_LOWER", "strides": [2, 2]}, [4, 3, 3, 3], (1, 4, 4, 4)),
        ("Conv", {"pads": [0, 1, 2, 3], "dilations": [2, 1]}, [4, 3, 3, 3], (1, 4, 6, 10)),
        (
            "ConvTranspose",
            {"strides": [2, 2], "output_padding": [1, 1]},
            [3, 5, 3, 3],
            (1, 5, 18, 18),
        ),
    ],
)
def test_convolutions_with_their_attributes(
    op: str, attributes: dict[str, Any], weights: list[int], expected: tuple[int, ...]
) -> None:
    data = file(node(op, "x w", **attributes), weights={"w": weights})
    assert outputs(data) == [expected]


@pytest.mark.parametrize(
    ("op", "attributes", "expected"),
    [
        ("MaxPool", {"kernel_shape": [3, 3], "strides": [2, 2], "ceil_mode": 1}, (1, 3, 4, 4)),
        ("AveragePool", {"kernel_shape": [2, 2], "count_include_pad": 1}, (1, 3, 7, 7)),
        ("LpPool", {"kernel_shape": [2, 2], "p": 3}, (1, 3, 7, 7)),
        ("GlobalMaxPool", {}, (1, 3, 1, 1)),
        ("Flatten", {}, (1, 192)),
        ("Softmax", {"axis": 1}, (1, 3, 8, 8)),
        ("Tanh", {}, (1, 3, 8, 8)),
    ],
)
def test_other_operators(op: str, attributes: dict[str, Any], expected: tuple[int, ...]) -> None:
    assert outputs(file(node(op, **attributes))) == [expected]


def test_linear_layers_both_ways() -> None:
    nodes = [
        node("Flatten", output="f"),
        node("Gemm", "f a b", "g", transB=1),
        node("MatMul", "g c", "m"),
        node("Add", "m d", "y"),
    ]
    weights = {"a": [7, 192], "b": [7], "c": [7, 2], "d": [2]}
    imported = import_onnx(file(*nodes, weights=weights))
    inference = infer_network(read_network(imported.document))
    assert [layer.output_shape for layer in inference.layers][1:] == [(1, 7), (1, 2), (1, 2)]
    assert inference.params == 7 * 192 + 7 + 14
    assert "(Add) changes no shape" in imported.notes[0]


def test_open_sizes_can_be_given() -> None:
    data = file(node("Relu"), shape=("N", 3, "H", 8))
    with pytest.raises(NetworkImportError) as caught:
        import_onnx(data)
    assert caught.value.code == "open_sizes"
    assert outputs(data, [2, 3, 5, 8]) == [(2, 3, 5, 8)]
    assert outputs(file(node("Relu"), shape=("N", 3, 4, 8))) == [(1, 3, 4, 8)]


def test_names_that_cannot_be_used_are_replaced() -> None:
    nodes = [
        node("Relu", output="input"),
        node("Relu", "input", "a" * 300),
        node("Relu", "a" * 300),
    ]
    document: Any = import_onnx(file(*nodes)).document
    assert [layer["name"] for layer in document["layers"]] == ["relu_1", "relu_2", "y"]


def test_names_that_are_no_text_are_replaced() -> None:
    data = file(node("Relu", output="aaaa"), node("Relu", "aaaa")).replace(b"aaaa", b"a\xffaa")
    document: Any = import_onnx(data).document
    assert [layer["name"] for layer in document["layers"]] == ["relu_1", "y"]


def test_names_that_are_taken_are_changed() -> None:
    nodes = [
        node("Relu", output="relu_2"),
        node("Relu", "relu_2", "b" * 300),
        node("Sum", f"relu_2 {'b' * 300}"),
    ]
    document: Any = import_onnx(file(*nodes)).document
    assert [layer["name"] for layer in document["layers"]] == ["relu_2", "relu_2_", "y"]


def test_reshaped_weights_are_followed() -> None:
    target = helper.make_tensor("s", TensorProto.INT64, [2], [-1, 192])
    axes = helper.make_tensor("a", TensorProto.INT64, [1], [0])
    nodes = [
        helper.make_node("Constant", [], ["shape"], value=target),
        helper.make_node("Constant", [], ["axes"], value=axes),
        node("Unsqueeze", "w axes", "u"),
        node("Reshape", "u shape", "r"),
        node("Reshape", "x shape", "f"),
        node("Gemm", "f r", transB=1),
    ]
    assert outputs(file(*nodes, weights={"w": [4, 192]})) == [(1, 192), (1, 4)]


def test_constants_that_are_no_tensors_are_not_followed() -> None:
    nodes = [helper.make_node("Constant", [], ["k"], value_float=1.0), node("Mul", "x k")]
    with pytest.raises(NetworkImportError) as caught:
        import_onnx(file(*nodes))
    assert caught.value.code == "unsupported_operator"


def test_tensors_with_too_few_bytes_have_no_values() -> None:
    broken = helper.make_tensor("s", TensorProto.INT64, [2], [1, 192])
    broken.ClearField("int64_data")
    broken.raw_data = b"\0" * 4
    nodes = [helper.make_node("Constant", [], ["s"], value=broken), node("Reshape", "x s")]
    with pytest.raises(NetworkImportError) as caught:
        import_onnx(file(*nodes))
    assert caught.value.code == "unreadable_node"


def test_constants_are_followed() -> None:
    shape = helper.make_tensor("s", TensorProto.INT64, [4], [5, 3, 1, 1])
    nodes = [
        helper.make_node("Constant", [], ["shape"], value=shape),
        node("ConstantOfShape", "shape", "w"),
        node("Identity", "w", "same"),
        node("Conv", "x same"),
    ]
    assert outputs(file(*nodes)) == [(1, 5, 8, 8)]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\xff\xff\xff", "not_onnx"),
        (b"", "empty_network"),
        (file(), "empty_network"),
        (file(node("Relu"), inputs=2), "several_inputs"),
        (file(node("Relu"), inputs=0), "several_inputs"),
        (file(node("NonMaxSuppression")), "unsupported_operator"),
        (file(node("Conv", "x w")), "unreadable_node"),
        (file(node("Mul", "x x")), "unreadable_node"),
        (file(node("Flatten", axis=2)), "unreadable_node"),
        (file(node("ConvTranspose", "x w", output_shape=[1, 1, 9, 9])), "unreadable_node"),
        (file(node("Reshape", "x s")), "unreadable_node"),
        (file(node("Relu", "z")), "unknown_input"),
        (file(*[node("Relu")] * 20_001), "too_many_layers"),
    ],
)
def test_what_cannot_be_read_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(NetworkImportError) as caught:
        import_onnx(data)
    assert caught.value.code == code


def test_size_is_checked_before_anything_else() -> None:
    with pytest.raises(NetworkImportError) as caught:
        import_onnx(b"\xff" * 100, max_bytes=99)
    assert caught.value.code == "file_too_large"
