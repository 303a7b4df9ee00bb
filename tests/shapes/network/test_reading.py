"""Reading networks: defaults, order, and every way in which a graph can be impossible."""

import pickle
from typing import Any

import pytest

from service.shapes import ShapeError
from service.shapes.network import (
    MAX_LAYERS,
    NetworkError,
    infer_network,
    read_network,
    receptive_fields,
)

RELU = {"op": "relu"}
CONV = {"op": "conv2d", "params": {"out_channels": 8, "kernel_size": 3}}


def read(*layers: Any, **more: Any) -> Any:
    document = {"framework": "pytorch", "input_shape": [1, 3, 32, 32], "layers": layers}
    return read_network({**document, **more})


def refused(*layers: Any, **more: Any) -> ShapeError:
    with pytest.raises(ShapeError) as caught:
        infer_network(read(*layers, **more))
    assert caught.value.detail.endswith(".")
    return caught.value


def told(error: ShapeError) -> tuple[str, str]:
    return error.code, error.pointer


def test_names_and_inputs_have_defaults() -> None:
    network = read(CONV, {"name": "act", "op": "relu"}, {**RELU, "inputs": None, "params": None})
    assert [(node.name, node.inputs, node.sources) for node in network.nodes] == [
        ("conv2d_1", ("input",), (-1,)),
        ("act", ("conv2d_1",), (0,)),
        ("relu_3", ("act",), (1,)),
    ]


def test_the_textbook_is_the_default() -> None:
    layer = {"op": "conv2d", "params": {"filters": 8, "kernel_size": 3, "padding": "same"}}
    network = read_network({"input_shape": [28, 28, 3], "layers": [layer, {"op": "flatten"}]})
    assert network.framework == "textbook"
    assert infer_network(network).layers[-1].output_shape == (28 * 28 * 8,)


def test_layers_may_be_listed_in_any_order() -> None:
    layers = [
        {"name": "c", "op": "add", "inputs": ["a", "b"]},
        {"name": "b", "op": "relu", "inputs": ["a"]},
        {"name": "a", **CONV, "inputs": ["input"]},
    ]
    network = read(*layers)
    assert network.order == (2, 1, 0)
    inference = infer_network(network)
    assert [layer.output_shape for layer in inference.layers] == [(1, 8, 30, 30)] * 3
    assert inference.params == 3 * 8 * 9 + 8


def test_a_layer_may_read_the_same_twice() -> None:
    layers = [{"name": "twice", "op": "add", "inputs": ["a", "a"]}, {"name": "a", **CONV}]
    layers[1]["inputs"] = ["input"]
    inference = infer_network(read(*layers))
    assert inference.layers[0].output_shape == (1, 8, 30, 30)


def test_like_layers_are_worked_out_once() -> None:
    inference = infer_network(read(RELU, RELU, RELU))
    assert len({id(layer) for layer in inference.layers}) == 1


@pytest.mark.parametrize(
    ("one", "other"), [(1, True), (1, 1.0), ([1, 2], [2, 1])], ids=["flag", "float", "order"]
)
def test_like_numbers_of_other_types_are_other_layers(one: object, other: object) -> None:
    network = read(
        {"op": "conv2d", "params": {"stride": one}}, {"op": "conv2d", "params": {"stride": other}}
    )
    assert len({*network.recipes}) == 2


@pytest.mark.parametrize(
    ("document", "code", "pointer"),
    [
        ([], "wrong_type", ""),
        ({"nodes": []}, "unknown_field", "/nodes"),
        ({"framework": "torch"}, "unknown_framework", "/framework"),
        ({"framework": 3}, "wrong_type", "/framework"),
        ({"input_shape": "32"}, "wrong_type", "/input_shape"),
        ({"input_shape": [1, "a"]}, "wrong_type", "/input_shape/1"),
        ({"input_shape": [1, -3]}, "input_rank_or_size", "/input_shape/1"),
        ({"layout": 3}, "wrong_type", "/layout"),
        ({"layers": {}}, "wrong_type", "/layers"),
        ({"layers": None}, "wrong_type", "/layers"),
        ({"layers": []}, "empty_network", "/layers"),
        ({"layers": ["relu"]}, "wrong_type", "/layers/0"),
        ({"layers": [{"op": 3}]}, "wrong_type", "/layers/0/op"),
        ({"layers": [{"name": "a"}]}, "wrong_type", "/layers/0/op"),
        ({"layers": [RELU, {**RELU, "name": 3}]}, "wrong_type", "/layers/1/name"),
        ({"layers": [{**RELU, "name": ""}]}, "unusable_name", "/layers/0/name"),
        ({"layers": [{**RELU, "name": "a" * 201}]}, "unusable_name", "/layers/0/name"),
        ({"layers": [{**RELU, "name": "a\nb"}]}, "unusable_name", "/layers/0/name"),
        ({"layers": [{**RELU, "name": "input"}]}, "duplicate_name", "/layers/0/name"),
        ({"layers": [{**RELU, "kernel/size": 3}]}, "unknown_field", "/layers/0/kernel~1size"),
        ({"layers": [{**RELU, "params": []}]}, "wrong_type", "/layers/0/params"),
        ({"layers": [{**RELU, "inputs": "a"}]}, "wrong_type", "/layers/0/inputs"),
        ({"layers": [{**RELU, "inputs": []}]}, "wrong_type", "/layers/0/inputs"),
        ({"layers": [{**RELU, "inputs": [3]}]}, "wrong_type", "/layers/0/inputs/0"),
    ],
)
def test_what_is_no_network_is_refused(document: Any, code: str, pointer: str) -> None:
    if isinstance(document, dict):
        document = {"input_shape": [1, 3, 8, 8], "layers": [RELU], **document}
    with pytest.raises(ShapeError) as caught:
        read_network(document)
    assert told(caught.value) == (code, pointer)
    assert caught.value.hint


def test_duplicate_names_say_whose() -> None:
    error = refused({"name": "a", **RELU}, {"name": "b", **RELU}, {"name": "a", **RELU})
    assert told(error) == ("duplicate_name", "/layers/2/name")
    assert "layer 1" in error.detail


def test_a_default_name_may_be_taken() -> None:
    assert told(refused({"name": "relu_2", **RELU}, RELU)) == ("duplicate_name", "/layers/1/name")


def test_unknown_inputs_name_the_nearest() -> None:
    error = refused({"name": "conv1", **CONV}, {**RELU, "inputs": ["conv1", "convl"]})
    assert told(error) == ("unknown_input", "/layers/1/inputs/1")
    assert "`relu_2` reads `convl`" in error.detail
    assert error.hint == "did you mean `conv1`?"
    assert "input" in refused({**RELU, "inputs": ["zzz"]}).hint
    many = [RELU] * 50
    assert len(refused(*many, {**RELU, "inputs": ["zzz"]}).hint) < 100


def test_cycles_are_named() -> None:
    error = refused(
        {"name": "start", **RELU},
        {"name": "a", "op": "add", "inputs": ["start", "c"]},
        {"name": "b", **RELU},
        {"name": "c", **RELU},
        {"name": "end", **RELU},
    )
    assert error.code == "cycle"
    assert "`a` → `b` → `c` → `a`" in error.detail or "`b` → `c` → `a` → `b`" in error.detail
    assert error.pointer in ("/layers/1/inputs", "/layers/2/inputs", "/layers/3/inputs")


def test_a_layer_that_reads_itself_is_a_cycle() -> None:
    error = refused({"name": "a", **RELU, "inputs": ["a"]})
    assert told(error) == ("cycle", "/layers/0/inputs")
    assert "`a` → `a`" in error.detail


def test_long_cycles_are_shortened() -> None:
    ring = [{"name": f"r{at}", **RELU, "inputs": [f"r{at - 1}"]} for at in range(1, 5000)]
    error = refused({"name": "r0", **RELU, "inputs": ["r4999"]}, *ring)
    assert error.code == "cycle"
    assert "more)" in error.detail
    assert len(error.detail) < 300


def test_a_refused_layer_keeps_its_code_and_names_its_edge() -> None:
    error = refused(
        CONV, {"name": "big", "op": "conv2d", "params": {**CONV["params"], "stride": 0}}
    )
    assert isinstance(error, NetworkError)
    assert told(error) == ("stride_not_positive", "/layers/1/params/stride")
    assert error.detail.startswith("Layer `big` (conv2d of `conv2d_1` 1×8×30×30): ")
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301  # our own bytes
    assert (type(copy), copy.code, copy.pointer) == (NetworkError, error.code, error.pointer)


@pytest.mark.parametrize(
    ("layers", "code", "pointer"),
    [
        ([{"op": "conv9d"}], "unknown_operation", "/layers/0/op"),
        ([{"op": "relu", "params": {"slope": 1}}], "unknown_parameter", "/layers/0/params/slope"),
        ([CONV, {"op": "flatten"}, CONV], "input_rank_or_size", "/layers/2/inputs"),
        (
            [{"op": "conv2d", "params": {"out_channels": 8, "kernel_size": [3, 99]}}],
            "kernel_larger_than_padded_input",
            "/layers/0/params/kernel_size/1",
        ),
        (
            [{"op": "conv2d", "params": {**CONV["params"], "in_channels": 4}}],
            "input_channels_mismatch",
            "/layers/0/params/in_channels",
        ),
        (
            [{"op": "relu", "inputs": ["input", "input"]}],
            "wrong_number_of_inputs",
            "/layers/0/inputs",
        ),
        ([{"op": "add"}], "wrong_number_of_inputs", "/layers/0/inputs"),
        (
            [{"op": "add", "params": {"other_shapes": [[1, 3, 32, 32]]}}],
            "unknown_parameter",
            "/layers/0/params/other_shapes",
        ),
    ],
)
def test_refusals_point_into_the_network(
    layers: list[dict[str, Any]], code: str, pointer: str
) -> None:
    assert told(refused(*layers)) == (code, pointer)


def test_a_mismatched_add_names_both_sides() -> None:
    error = refused(
        {"name": "conv", **CONV},
        {"name": "sum", "op": "add", "inputs": ["conv", "input"]},
    )
    assert error.code == "shapes_differ"
    assert error.pointer.startswith("/layers/1/inputs")
    assert "`conv` 1×8×30×30, `input` 1×3×32×32" in error.detail


def test_the_networks_own_input_is_pointed_at() -> None:
    assert told(refused(RELU, input_shape=[1, 3, 0, 32])) == (
        "input_rank_or_size",
        "/input_shape/2",
    )
    assert told(refused(CONV, input_shape=[3])) == ("input_rank_or_size", "/input_shape")
    assert told(refused(CONV, layout="NHWC")) == ("unknown_layout", "/layout")


def test_the_layout_of_pointwise_layers_comes_from_the_next_that_knows() -> None:
    """Three sizes are a picture or a sequence; the convolution says which."""
    conv = {"op": "conv1d", "params": {"out_channels": 4, "kernel_size": 3}}
    both = {"op": "concat", "inputs": ["relu_1", "input"]}
    inference = infer_network(read(RELU, both, conv, input_shape=[2, 5, 9]))
    assert [layer.output_shape for layer in inference.layers] == [(2, 5, 9), (2, 10, 9), (2, 4, 7)]


def test_linear_works_along_the_last_axis_of_anything() -> None:
    linear = {"op": "linear", "params": {"out_features": 5}}
    inference = infer_network(read(CONV, linear, layout="NCHW"))
    assert inference.layers[-1].output_shape == (1, 8, 30, 5)
    assert inference.layers[-1].params == 30 * 5 + 5


def test_a_layout_that_fits_nothing_after_it_is_named() -> None:
    conv = {"op": "conv2d", "params": {"filters": 2, "kernel_size": 3}}
    shape = {"framework": "textbook", "layout": "NLC", "input_shape": [1, 8, 3]}
    error = refused(RELU, conv, **shape)
    assert told(error) in [
        ("unknown_layout", "/layout"),
        ("input_rank_or_size", "/layers/1/inputs"),
    ]


def test_too_many_layers_are_refused() -> None:
    assert told(refused(*[RELU] * (MAX_LAYERS + 1))) == ("too_many_layers", "/layers")


def test_parameters_that_cannot_be_written_down_are_refused_like_others() -> None:
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    for value in (deep, 10**5000, {1, 2}, float("nan"), object()):
        error = refused({"op": "conv2d", "params": {"out_channels": 1, "kernel_size": value}})
        assert error.code in ("wrong_type", "number_too_large", "wrong_length")


def test_sizes_cannot_grow_without_end() -> None:
    grow = {
        "op": "conv_transpose2d",
        "params": {"out_channels": 1, "kernel_size": 1, "stride": 2**31 - 1},
    }
    error = refused(*[grow] * 10)
    assert error.code == "number_too_large"
    assert len(error.detail) < 300


def test_ten_thousand_layers_in_a_row_and_side_by_side() -> None:
    conv = {"op": "conv2d", "params": {"out_channels": 3, "kernel_size": 3, "padding": 1}}
    row = infer_network(read(*[conv, RELU] * 5000))
    field = receptive_fields(row)[-1]
    assert field is not None
    assert field.size == (10_001, 10_001)
    assert row.macs == 5000 * 3 * 3 * 9 * 32 * 32
    branches = [{"name": f"b{at}", **conv, "inputs": ["input"]} for at in range(900)]
    names = [branch["name"] for branch in branches]
    wide = infer_network(read(*branches, {"op": "concat", "inputs": names}))
    assert wide.layers[-1].output_shape == (1, 2700, 32, 32)


def test_a_layer_refused_once_is_refused_again() -> None:
    for _ in range(2):
        assert refused({"op": "conv2d", "params": {"out_channels": 0, "kernel_size": 1}}).code


def test_many_different_layers_are_forgotten_in_time() -> None:
    layers = [
        {"op": "conv2d", "params": {"out_channels": at, "kernel_size": 1}} for at in range(1, 2500)
    ]
    assert infer_network(read(*layers)).layers[-1].output_shape == (1, 2499, 32, 32)
