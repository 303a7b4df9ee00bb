"""The whole answer about a network: JSON, text and CSV."""

import csv
import io
import json
from typing import Any

import pytest

from service.shapes.catalogue import catalogue, network
from service.shapes.network import (
    csv_table,
    describe_network,
    infer_network,
    read_network,
    text_table,
)


def inferred(*layers: Any, shape: tuple[int, ...] = (1, 3, 32, 32)) -> Any:
    document = {"framework": "pytorch", "input_shape": shape, "layers": layers}
    return infer_network(read_network(document))


CONV = {"op": "conv2d", "params": {"out_channels": 8, "kernel_size": 3}}


def test_the_answer_has_the_fields_of_the_contract() -> None:
    answer: Any = describe_network(infer_network(read_network(network("lenet5"))))
    assert set(answer) >= {"layers", "total", "receptive_field", "warnings", "counters"}
    assert set(answer["total"]) >= {
        "params",
        "macs",
        "flops",
        "activation_elements",
        "activation_bytes",
    }
    assert set(answer["receptive_field"]) >= {"size", "stride", "padding", "layer", "aligned"}
    assert answer["layers"][0] == {
        "name": "C1",
        "op": "conv2d",
        "inputs": ["input"],
        "output_shape": [1, 6, 28, 28],
        "params": 156,
        "buffers": 0,
        "macs": 117_600,
        "receptive_field": {
            "size": 5,
            "stride": 1,
            "padding": 0,
            "axes": [
                {"axis": "height", "size": 5, "stride": 1, "padding": 0, "span": 5},
                {"axis": "width", "size": 5, "stride": 1, "padding": 0, "span": 5},
            ],
        },
    }
    assert answer["layers"][-1]["receptive_field"] is None
    assert answer["layout"] == "NCHW"
    assert "count 0" in answer["convention"]


@pytest.mark.parametrize("name", [entry.name for entry in catalogue()])
def test_the_answer_is_json(name: str) -> None:
    answer = describe_network(infer_network(read_network(network(name))))
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer


def test_a_network_without_spatial_layers_has_a_receptive_field_of_one_pixel() -> None:
    answer: Any = describe_network(inferred({"op": "relu"}))
    field = answer["receptive_field"]
    assert (field["size"], field["stride"], field["padding"], field["axes"]) == (1, 1, 0, [])


def test_a_network_that_sees_everything_at_once_has_none() -> None:
    inference = inferred({"op": "flatten"})
    answer: Any = describe_network(inference)
    assert answer["receptive_field"] is None
    assert "Receptive field at" not in text_table(inference)


def test_text_table_of_lenet() -> None:
    table = text_table(infer_network(read_network(network("lenet5")))).splitlines()
    assert table[0].split() == [
        "Layer",
        "Operation",
        "Output",
        "Params",
        "MACs",
        "Receptive",
        "field",
    ]
    assert table[2].split() == ["C1", "conv2d", "1×6×28×28", "156", "117,600", "5"]
    assert table[-5:] == [
        "Parameters: 61,706",
        "MACs: 416,520",
        "FLOPs (2 a MAC): 833,040",
        "Outputs of all layers: 14,722 elements, 57.5 KiB",
        "Receptive field at tanh7: 32, stride 4, padding 0",
    ]


def test_text_table_of_resnet_has_units() -> None:
    table = text_table(infer_network(read_network(network("resnet50"))))
    assert "Parameters: 25,557,032 (25.56 M)" in table
    assert "Buffers: 53,173" in table
    assert "MACs: 4,089,184,256 (4.09 G)" in table
    assert "143.3 MiB" in table
    assert "Receptive field at layer4.2.relu: 427, stride 32, padding 213" in table


def test_text_table_of_small_and_odd_things() -> None:
    wide = {
        "name": "w" * 60,
        "op": "conv2d",
        "params": {"out_channels": 1, "kernel_size": [1, 3], "padding": [0, 1]},
    }
    table = text_table(inferred(wide, {"op": "relu"}, shape=(1, 1, 4, 4)))
    assert "w" * 39 + "…" in table
    assert "1×3" in table
    assert "128 B" in table
    shifted = {
        "name": "sum",
        "op": "add",
        "inputs": ["left", "right"],
    }
    left = {"name": "left", **CONV, "inputs": ["input"]}
    crop = {
        "name": "crop",
        "op": "cropping2d",
        "inputs": ["input"],
        "params": {"cropping": [0, 2, 0, 2]},
    }
    right = {"name": "right", "op": "conv2d", "params": {"out_channels": 8, "kernel_size": 1}}
    table = text_table(inferred(left, crop, right, shifted))
    assert table.endswith("; paths are not aligned")


def test_csv_can_be_read_back() -> None:
    inference = infer_network(read_network(network("inception_3a")))
    rows = list(csv.DictReader(io.StringIO(csv_table(inference), newline="")))
    assert [row["layer"] for row in rows] == [node.name for node in inference.network.nodes]
    assert rows[0]["output_shape"] == "1x64x28x28"
    assert rows[-1]["inputs"].split() == ["1x1.relu", "3x3.relu", "5x5.relu", "pool_proj.relu"]
    assert sum(int(row["params"]) for row in rows) == inference.params
    assert sum(int(row["macs"]) for row in rows) == inference.macs


@pytest.mark.parametrize("name", ["=1+1", "+a", "-a", "@SUM(A1)", "%x", "|calc", '"', "a,b"])
def test_no_cell_is_a_formula(name: str) -> None:
    inference = inferred({"name": name, **CONV}, {"op": "relu"})
    rows = list(csv.reader(io.StringIO(csv_table(inference), newline="")))
    assert all(not cell.startswith(("=", "+", "-", "@", "%", "|")) for row in rows for cell in row)
    assert rows[1][0].removeprefix("'") == name
    assert rows[2][2].removeprefix("'") == name


def notes(inference: Any) -> list[tuple[str, str]]:
    answer: Any = describe_network(inference)
    return [(note["code"], note["detail"]) for note in answer["warnings"]]


def test_a_bias_before_a_batch_norm_is_noted() -> None:
    found = notes(inferred(CONV, {"op": "batch_norm2d"}, {"op": "relu"}))
    assert [code for code, _ in found] == ["bias_before_batch_norm"]
    assert found[0][1].startswith("`conv2d_1`: ")
    plain = {"op": "conv2d", "params": {**CONV["params"], "bias": False}}
    assert notes(inferred(plain, {"op": "batch_norm2d"})) == []


def test_several_outputs_are_noted() -> None:
    relu = {"op": "relu", "inputs": ["input"]}
    ((code, detail),) = notes(inferred(relu, relu, relu, relu, relu))
    assert code == "several_outputs"
    assert detail.startswith("`relu_1`, `relu_2`, `relu_3` and 2 more: ")


def test_warnings_of_layers_are_gathered() -> None:
    skip = {"op": "max_pool2d", "params": {"kernel_size": 1, "stride": 2}}
    codes = [code for code, _ in notes(inferred(skip, {"op": "relu"}, shape=(1, 3, 64, 64)))]
    assert codes == ["input_unread"]
