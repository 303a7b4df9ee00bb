"""Whole networks on numbers: weights that never change, limits, and what is refused."""

from math import sqrt
from typing import Any

import numpy as np
import pytest

from service.convolution import OperandError, OverBudget, run
from service.convolution.networks import (
    INITIALISATIONS,
    NetworkBudget,
    check_network_budget,
    learned,
    place_filters,
    run_network,
)
from service.convolution.networks.draw import fill_uniform, stream_key, words
from service.convolution.networks.initial import draw_weight
from service.shapes import Layer, read_layer
from service.shapes.catalogue import catalogue, entry
from service.shapes.network import NetworkInference, infer_network, read_network

HE, GLOROT, LECUN = INITIALISATIONS.values()
RNG = np.random.default_rng(5)
CONV = {"name": "conv", "op": "conv2d", "params": {"out_channels": 4, "kernel_size": 3}}


def network(*layers: dict[str, Any], shape: Any = (1, 2, 6, 5), **frame: Any) -> NetworkInference:
    document = {"framework": "pytorch", "input_shape": list(shape), "layers": list(layers)}
    return infer_network(read_network({**document, **frame}))


def known(name: str, *spatial: int) -> NetworkInference:
    document: dict[str, Any] = entry(name).document()
    document["input_shape"][2:] = spatial
    return infer_network(read_network(document))


def test_numbers_are_those_of_splitmix64() -> None:
    # What the reference implementation prints for this seed.
    expected = [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]
    assert words(1234567, 0, 5).tolist() == expected
    assert words(1234567, 3, 2).tolist() == expected[3:]


def test_a_long_stream_is_the_same_as_its_parts() -> None:
    key = stream_key("7/conv/weight")
    numbers = np.empty(100_000)
    fill_uniform(numbers, key, 0.5)
    at = [0, 32_767, 32_768, 65_536, 99_999]
    expected = [((int(words(key, one, 1)[0]) >> 11) / 2**52 - 1) / 2 for one in at]
    assert numbers[at].tolist() == expected
    assert -0.5 <= numbers.min() < -0.4999
    assert 0.4999 < numbers.max() < 0.5
    assert abs(numbers.mean()) < 0.003
    assert abs(numbers.std() - 1 / sqrt(12)) < 0.003


EIGHT = {"out_channels": 8, "kernel_size": 3}
MAPS = (1, 6, 9, 9)


@pytest.mark.parametrize(
    ("op", "shape", "params", "tensor", "fan_in", "fan_out"),
    [
        ("conv2d", MAPS, EIGHT, "weight", 54, 72),
        ("conv2d", MAPS, {**EIGHT, "groups": 2}, "weight", 27, 36),
        ("conv_transpose2d", MAPS, EIGHT, "weight", 54, 72),
        ("depthwise_conv2d", MAPS, {"kernel_size": 5}, "weight", 25, 25),
        ("separable_conv2d", MAPS, EIGHT, "pointwise_weight", 6, 8),
        ("linear", (1, 100), {"out_features": 20}, "weight", 100, 20),
    ],
)
def test_initialisations_have_their_limits(
    op: str, shape: tuple[int, ...], params: dict[str, Any], tensor: str, fan_in: int, fan_out: int
) -> None:
    layer = read_layer("pytorch", op, shape, params)
    for rule, limit in (
        (HE, sqrt(6 / fan_in)),
        (GLOROT, sqrt(6 / (fan_in + fan_out))),
        (LECUN, sqrt(3 / fan_in)),
    ):
        drawn = abs(draw_weight(layer, tensor, 1, "one", rule, np.dtype(np.float64)))
        assert drawn.shape == learned(layer)[tensor]
        assert 0.85 * limit < drawn.max() <= limit


def test_a_seed_gives_the_same_network_for_ever() -> None:
    (layer,) = network(CONV).layers
    drawn = draw_weight(layer.layer, "weight", 7, "conv", HE, np.dtype(np.float32))
    assert drawn.dtype == np.float32
    assert drawn.ravel()[:3].tolist() == pytest.approx(
        [
            ((int(word) >> 11) / 2**52 - 1) * sqrt(6 / 18)
            for word in words(stream_key("7/conv/weight"), 0, 3)
        ],
        rel=1e-7,
    )


def test_a_seed_gives_the_same_network_in_every_framework() -> None:
    deep = {"name": "deep", "op": "depthwise_conv2d", "params": {"kernel_size": 2}}
    up = {"name": "up", "op": "conv_transpose2d", "params": {"out_channels": 3, "kernel_size": 2}}
    last = {"name": "fc", "op": "linear", "params": {"out_features": 3}}
    rest = {"op": "global_avg_pool2d"}, {"op": "flatten"}
    ours = {
        "conv": {"filters": 4, "kernel_size": [3, 3]},
        "up": {"filters": 3, "kernel_size": 2},
        "fc": {"units": 3},
    }
    keras = [
        {**one, "params": ours.get(str(one["name"]), one["params"])}
        for one in (CONV, deep, up, last)
    ]
    first = network(CONV, deep, up, *rest, last)
    other = network(*keras[:3], *rest, keras[3], framework="keras", shape=(1, 6, 5, 2))
    data = RNG.standard_normal((1, 2, 6, 5))
    here = run_network(first, data, seed=3).layers
    there = run_network(other, np.moveaxis(data, 1, -1).copy(), seed=3).layers
    for index in range(3):
        turned = np.moveaxis(np.asarray(there[index].output), -1, 1)
        np.testing.assert_allclose(here[index].output, turned, rtol=1e-12)
    np.testing.assert_allclose(here[-1].output, there[-1].output, rtol=1e-12)


def test_a_layer_keeps_its_weights_whatever_stands_beside_it() -> None:
    data = RNG.standard_normal((1, 2, 6, 5)).astype(np.float32)
    alone = run_network(network(CONV), data, seed=1)
    beside = run_network(network({"op": "dropout"}, CONV, {"op": "relu"}), data, seed=1)
    assert alone.drawn == beside.drawn == ("conv",)
    np.testing.assert_allclose(alone.layers[0].output, beside.layers[1].output, rtol=1e-4)
    other = run_network(network(CONV), data, seed=2)
    assert not np.allclose(np.asarray(alone.layers[0].output), np.asarray(other.layers[0].output))


def test_layers_may_be_listed_in_any_order_and_are_let_go_unless_kept() -> None:
    inference = network(
        {"name": "sum", "op": "add", "inputs": ["a", "b", "input"]},
        {"name": "a", "op": "relu", "inputs": ["b"]},
        {"name": "b", "op": "tanh", "inputs": ["input"]},
    )
    data = RNG.standard_normal((1, 2, 6, 5))
    result = run_network(inference, data, keep={"sum"})
    expected = np.maximum(np.tanh(data), 0) + np.tanh(data) + data
    np.testing.assert_allclose(result.layers[0].output, expected, rtol=1e-12)
    assert result.layers[0].mean == pytest.approx(expected.mean())
    assert (result.layers[0].minimum, result.layers[0].maximum) == pytest.approx(
        (expected.min(), expected.max())
    )
    assert [layer.output is None for layer in result.layers] == [False, True, True]
    assert result.ends == (0,)


@pytest.mark.parametrize("framework", ["textbook", "keras"])
def test_filters_by_name_stand_for_weights(framework: str) -> None:
    kernels = [np.arange(9.0).reshape(3, 3), np.eye(3)]
    layer = read_layer(framework, "conv2d", (1, 5, 5, 2), {"filters": 2, "kernel_size": 3}, "NHWC")
    data = RNG.standard_normal((1, 5, 5, 2))
    output = run(layer, data, place_filters(layer, kernels, ""))
    for index, kernel in enumerate(kernels):
        single = read_layer("textbook", "conv2d", (5, 5, 1), {"filters": 1, "kernel_size": 3})
        channels = [run(single, data[0, :, :, one], kernel) for one in (0, 1)]
        np.testing.assert_allclose(output[0, :, :, index], sum(channels)[:, :, 0], rtol=1e-12)


def test_the_whole_network_is_bounded_before_anything_is_allocated() -> None:
    for one in catalogue():
        inference = infer_network(read_network(one.document()))
        asked = inference.macs + inference.params + inference.activation_elements
        if asked > 500_000_000:
            with pytest.raises(OverBudget):
                check_network_budget(inference)
    for name, size in (("lenet5", 32), ("resnet18", 64), ("mobilenet_v2", 128)):
        assert check_network_budget(known(name, size, size)).macs < 200_000_000
    inference = network(*({**CONV, "name": str(one), "inputs": ["input"]} for one in range(3)))
    cost = check_network_budget(inference)
    assert (cost.macs, cost.weight, cost.output) == (3 * 864, 3 * 76, 3 * 48)
    for limits, quantity in (
        ({"max_layers": 2}, "layers"),
        ({"max_macs": 2591}, "macs"),
        ({"max_params": 227}, "weight"),
        ({"max_activations": 143}, "output"),
    ):
        with pytest.raises(OverBudget) as refused:
            check_network_budget(inference, NetworkBudget(**limits))
        assert refused.value.quantity == quantity
        assert refused.value.asked == refused.value.limit + 1


LAYERS = (
    CONV,
    {"name": "bn/~", "op": "batch_norm2d"},
    {"name": "relu", "op": "relu"},
)


ONES = np.ones((4, 2, 3, 3))
REFUSED: list[tuple[dict[str, Any], str, str, str]] = [
    ({"convo": {}}, "unknown_layer", "convo", "did you mean `conv`?"),
    ({"relu": {"weight": 1}}, "weight_not_wanted", "relu/weight", "learned nothing"),
    ({"bn/~": {"gamma": 1}}, "weight_not_wanted", "bn~1~0/gamma", "weight (4), bias"),
    ({}, "weight_missing", "conv/weight", "Or give a seed"),
    ({"conv": {"weight": ONES[:1]}}, "weight_shape_mismatch", "conv/weight", "4×2×3×3"),
    (
        {"conv": {"weight": ONES, "bias": np.ones(3)}},
        "bias_shape_mismatch",
        "conv/bias",
        "list of 4",
    ),
    (
        {"conv": {"weight": ONES}, "bn/~": {"variance": np.full(4, -1.0)}},
        "negative_variance",
        "bn~1~0/variance",
        "squared",
    ),
]


@pytest.mark.parametrize(("weights", "code", "pointer", "words"), REFUSED)
def test_what_does_not_fit_is_pointed_at(
    weights: dict[str, Any], code: str, pointer: str, words: str
) -> None:
    with pytest.raises(OperandError) as refused:
        run_network(network(*LAYERS), np.full((1, 2, 6, 5), 9.0), weights)
    assert (refused.value.code, refused.value.pointer) == (code, f"/weights/{pointer}")
    assert words in refused.value.hint


def test_the_layer_whose_numbers_run_away_is_named() -> None:
    with pytest.raises(OperandError) as refused:
        run_network(
            network(*LAYERS), np.full((1, 2, 6, 5), 9.0), {"conv": {"weight": ONES * 1e308}}
        )
    assert (refused.value.code, refused.value.pointer) == ("not_finite", "/layers/0")
    assert "`conv`" in refused.value.detail


def test_an_input_of_another_shape_is_refused() -> None:
    with pytest.raises(OperandError) as refused:
        run_network(network(*LAYERS), np.ones((1, 2, 5, 6)), seed=1)
    assert (refused.value.code, refused.value.pointer) == ("input_shape_mismatch", "/input")


def test_an_activation_that_is_not_computed_is_refused_and_not_left_out() -> None:
    layer = {"op": "linear", "params": {"units": 2, "activation": "gelu"}}
    with pytest.raises(OperandError) as refused:
        run_network(network(layer, shape=(1, 3), framework="keras"), np.ones((1, 3)), seed=1)
    assert refused.value.code == "op_not_supported"
    assert refused.value.pointer == "/layers/0/params/activation"


def test_filters_by_name_are_for_two_dimensions_and_their_own_size() -> None:
    def refused(layer: Layer, *kernels: np.ndarray[Any, Any]) -> str:
        with pytest.raises(OperandError) as error:
            place_filters(layer, kernels, "/weights/one/weight")
        return error.value.code

    flat = read_layer("textbook", "conv1d", (9, 2), {"filters": 2, "kernel_size": 3})
    square = read_layer("textbook", "conv2d", (9, 9, 2), {"filters": 2, "kernel_size": 3})
    assert refused(flat, np.eye(3)) == "filter_not_2d"
    assert refused(square, np.eye(3), np.eye(3), np.eye(3)) == "weight_shape_mismatch"
    assert refused(square, np.eye(5)) == "weight_shape_mismatch"
