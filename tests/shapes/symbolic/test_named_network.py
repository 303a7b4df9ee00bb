"""Networks of the catalogue on named sizes, against the engine on numbers."""

from __future__ import annotations

from math import floor
from typing import Any

import pytest

from service.shapes.catalogue import network
from service.shapes.errors import ShapeError
from service.shapes.network import infer_network, read_network
from service.shapes.symbolic.network import describe_named_network, named_network_table


def put_in(told: object, values: dict[str, int]) -> object:
    if not isinstance(told, str):
        return told
    return eval(told.replace("/", "//"), {"floor": floor}, values)  # noqa: S307


@pytest.mark.parametrize(
    "known", ["alexnet", "vgg11", "resnet18", "squeezenet1_1", "unet", "dcgan_generator"]
)
def test_the_catalogue_in_names(known: str) -> None:
    document: dict[str, Any] = dict(network(known))
    channels = document["input_shape"][1]
    told = describe_named_network({**document, "input_shape": ["N", channels, "H", "W"]})
    for size in (193, 224, 301):
        at = {"N": 3, "H": size, "W": size + 6}
        shape = [3, channels, size, size + 6]
        found = infer_network(read_network({**document, "input_shape": shape}))
        for layer, right in zip(told["layers"], found.layers, strict=True):
            assert tuple(put_in(one, at) for one in layer["output_shape"]) == right.output_shape
            assert put_in(layer["params"], at) == right.params
            assert put_in(layer["macs"], at) == right.macs
        assert put_in(told["total"]["macs"], at) == found.macs
        assert put_in(told["total"]["activation_bytes"], at) == found.activation_bytes
    assert "for N >= 1, H >= " in named_network_table(told)


def test_unequal_formulas_name_the_layer_and_the_edge() -> None:
    layers = [
        {"name": "pool", "op": "max_pool2d", "params": {"kernel_size": 2}},
        {"name": "sum", "op": "add", "inputs": ["pool", "input"]},
    ]
    document = {"framework": "pytorch", "input_shape": [1, 3, "H", "W"], "layers": layers}
    with pytest.raises(ShapeError, match=r"`sum`.*`pool` 1×3×floor\(H/2\)"):
        describe_named_network(document)
