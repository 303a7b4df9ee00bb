"""Models that Keras 3 wrote, read back: every layer as Keras says it is."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from service.integrations.imported import NetworkImportError
from service.integrations.keras_json import import_keras
from service.shapes.network import infer_network, read_network

FILES = sorted((Path(__file__).parents[1] / "oracle" / "keras").glob("*.json.gz"))


@pytest.fixture(params=FILES, ids=lambda path: path.name.removesuffix(".json.gz"))
def record(request: pytest.FixtureRequest) -> Any:
    return json.loads(gzip.decompress(request.param.read_bytes()))


def recorded(name: str) -> Any:
    path = next(path for path in FILES if path.name == f"{name}.json.gz")
    return json.loads(gzip.decompress(path.read_bytes()))


def test_every_layer_is_as_keras_says(record: Any) -> None:
    inference = infer_network(read_network(import_keras(record["model"]).document))
    found = {
        node.name: (list(layer.output_shape), layer.params)
        for node, layer in zip(inference.network.nodes, inference.layers, strict=True)
    }
    for name, (shape, params) in record["layers"].items():
        assert found[name][1] == params, name
        assert shape in (found[name][0], None), name


def test_the_total_is_keras_count_params() -> None:
    for name, params in (
        ("resnet50", 25_636_712),
        ("mobilenet", 4_253_864),
        ("vgg16", 138_357_544),
    ):
        record = recorded(name)
        assert record["params"] == params
        assert infer_network(read_network(import_keras(record["model"]).document)).params == params


def test_what_is_not_taken_over_as_it_was_is_noted() -> None:
    notes = " ".join(import_keras(recorded("everything")["model"]).notes)
    assert "(Rescaling) changes no shape" in notes
    assert "(Maximum) is taken over as add" in notes
    (shared,) = import_keras(recorded("shared")["model"]).notes
    assert "is shared" in shared


def test_shared_layers_are_used_again() -> None:
    document: Any = import_keras(recorded("shared")["model"]).document
    conv, again, third, add = document["layers"]
    name = conv["name"]
    assert [layer["name"] for layer in (again, third)] == [f"{name}:1", f"{name}:2"]
    inputs = [sorted(layer["inputs"]) for layer in (conv, again, third)]
    assert sorted(inputs) in ([[f"{name}:{call}"], ["input"], ["input"]] for call in (1, 2))
    assert len({*add["inputs"]}) == 2
    assert again["params"] == conv["params"]


def dense(**config: Any) -> dict[str, Any]:
    return {"class_name": "Dense", "config": {"name": "dense", "units": 3, **config}}


def test_keras_2_wrote_sizes_into_the_first_layer() -> None:
    model = {
        "class_name": "Sequential",
        "config": [
            {
                "class_name": "Conv2D",
                "config": {
                    "name": "conv",
                    "batch_input_shape": [None, 8, 8, 3],
                    "filters": 4,
                    "kernel_size": [3, 3],
                },
            },
            {"class_name": "BatchNormalization", "config": {"name": "bn", "axis": [3]}},
            {"class_name": "Flatten", "config": {"name": "flat"}},
            dense(),
        ],
    }
    layers = infer_network(read_network(import_keras(model).document)).layers
    assert [layer.output_shape for layer in layers] == [
        (1, 6, 6, 4),
        (1, 6, 6, 4),
        (1, 144),
        (1, 3),
    ]


def test_keras_2_wrote_calls_as_lists() -> None:
    model = {
        "class_name": "Model",
        "config": {
            "layers": [
                {
                    "class_name": "InputLayer",
                    "config": {"name": "in", "batch_input_shape": [None, 5]},
                    "inbound_nodes": [],
                },
                {**dense(), "inbound_nodes": [[["in", 0, 0, {}]]]},
                {
                    "class_name": "Add",
                    "config": {"name": "sum"},
                    "inbound_nodes": [[["dense", 0, 0, {}], ["dense", 0, 0, {}]]],
                },
            ]
        },
    }
    document: Any = import_keras(model).document
    assert document["layers"][1]["inputs"] == ["dense", "dense"]
    assert infer_network(read_network(document)).layers[-1].output_shape == (1, 3)


def test_open_sizes_can_be_given() -> None:
    model = recorded("line")["model"]
    model["config"]["layers"][0]["config"]["batch_shape"] = [None, None, 4]
    with pytest.raises(NetworkImportError) as caught:
        import_keras(model)
    assert caught.value.code == "open_sizes"
    document = import_keras(model, [2, 70, 4]).document
    assert infer_network(read_network(document)).layers[0].output_shape == (2, 70, 6)


INPUT = {"class_name": "InputLayer", "config": {"name": "in", "batch_shape": [None, 5]}}


def sequential(*layers: Any) -> dict[str, Any]:
    return {"class_name": "Sequential", "config": {"layers": list(layers)}}


@pytest.mark.parametrize(
    ("model", "code", "pointer"),
    [
        ([], "wrong_type", ""),
        ({}, "not_a_keras_model", "/class_name"),
        (sequential(), "empty_network", "/config/layers"),
        ({"class_name": "Sequential", "config": 3}, "empty_network", "/config/layers"),
        (sequential(*[INPUT] * 20_001), "too_many_layers", "/config/layers"),
        (sequential(3), "wrong_type", "/config/layers/0"),
        (sequential({"class_name": "Dense"}), "wrong_type", "/config/layers/0/config"),
        (
            sequential({"class_name": "Dense", "config": {}}),
            "wrong_type",
            "/config/layers/0/config/name",
        ),
        (sequential({"config": {"name": "a"}}), "wrong_type", "/config/layers/0/class_name"),
        (sequential(INPUT, INPUT), "several_inputs", "/config/layers/1"),
        (sequential(dense()), "open_sizes", "/config/layers/0/config/batch_shape"),
        (
            sequential(INPUT, {"class_name": "LSTM", "config": {"name": "a"}}),
            "unsupported_layer",
            "/config/layers/1/class_name",
        ),
        (
            sequential(INPUT, {**dense(), "inbound_nodes": 3}),
            "wrong_type",
            "/config/layers/1/inbound_nodes",
        ),
        *[
            (
                sequential(INPUT, {**dense(), "inbound_nodes": [node]}),
                "unsupported_call",
                "/config/layers/1/inbound_nodes/0",
            )
            for node in (
                3,
                [],
                [3],
                [["in"]],
                {},
                {"args": []},
                {"args": [3]},
                {"args": [{"config": 3}]},
            )
        ],
    ],
)
def test_what_is_no_model_is_refused(model: Any, code: str, pointer: str) -> None:
    with pytest.raises(NetworkImportError) as caught:
        import_keras(model)
    assert (caught.value.code, caught.value.pointer) == (code, pointer)
