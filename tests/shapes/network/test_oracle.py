"""Whole networks, layer by layer, against what PyTorch says of them."""

import json
from pathlib import Path
from typing import Any

import pytest

from service.shapes.catalogue import network
from service.shapes.network import (
    describe_network,
    infer_network,
    measured_at,
    read_network,
    receptive_fields,
)

NETWORKS = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "oracle" / "networks.jsonl")
    .read_text("utf-8")
    .splitlines()
]
each = pytest.mark.parametrize("line", NETWORKS, ids=lambda line: line["name"])


def document(line: dict[str, Any]) -> dict[str, Any]:
    """Write a line of the oracle as the network that it is about."""
    fields = ("name", "op", "inputs", "params")
    layers = [{field: layer[field] for field in fields} for layer in line["layers"]]
    return {
        "framework": "pytorch",
        "layout": line["layout"],
        "input_shape": line["input_shape"],
        "layers": layers,
    }


@each
def test_every_layer_and_the_totals_are_equal(line: dict[str, Any]) -> None:
    answer: Any = describe_network(infer_network(read_network(document(line))))
    for layer, expected in zip(answer["layers"], line["layers"], strict=True):
        wanted = {"buffers": 0, **expected["expected"]}
        assert {name: layer[name] for name in wanted} == wanted, layer["name"]
    assert {name: answer["total"][name] for name in line["total"]} == line["total"]
    assert answer["total"]["flops"] == 2 * line["total"]["macs"]
    assert answer["total"]["activation_bytes"] == 4 * line["total"]["activation_elements"]


@each
def test_the_catalogue_has_the_same_network(line: dict[str, Any]) -> None:
    listed, drawn = read_network(document(line)), read_network(network(line["name"]))
    assert [(node.name, node.op, node.inputs) for node in listed.nodes] == [
        (node.name, node.op, node.inputs) for node in drawn.nodes
    ]
    answer, same = describe_network(infer_network(listed)), describe_network(infer_network(drawn))
    assert answer == same


@pytest.mark.parametrize(
    "line", [line for line in NETWORKS if "receptive_field" in line], ids=lambda line: line["name"]
)
def test_the_receptive_field_is_equal(line: dict[str, Any]) -> None:
    """They were measured on real pixels, by what changes in the output."""
    inference = infer_network(read_network(document(line)))
    fields = receptive_fields(inference)
    expected = line["receptive_field"]
    names = [node.name for node in inference.network.nodes]
    for at in (names.index(expected["measured_at"]), measured_at(inference, fields)):
        assert at is not None
        field = fields[at]
        assert field is not None
        assert field.aligned
        assert field.size == field.span == (expected["size"],) * 2
        assert field.stride == (expected["stride"],) * 2
        assert field.padding == (expected["left_padding"],) * 2
