"""The whole answer about a network, as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from service.shapes.network.counters import counters
from service.shapes.network.notes import network_warnings
from service.shapes.network.receptive import ReceptiveField, measured_at, receptive_fields

if TYPE_CHECKING:
    from service.shapes.network.inference import NetworkInference
    from service.shapes.network.model import Node
    from service.shapes.results import Inference

__all__ = ["CONVENTION", "describe_network"]

CONVENTION: Final = (
    "MACs are the multiplications by weights of convolutions (of a transposed one: by input cells) "
    "and linear layers. Adding the bias, normalisation, activations, pooling, add and concat count "
    "0. FLOPs are twice the MACs. Activations are the outputs of all layers, 4 bytes an element."
)
"""What the numbers count, in words."""


def describe_network(inference: NetworkInference) -> dict[str, object]:
    """Put everything about a network into one dict of JSON types."""
    network = inference.network
    fields = receptive_fields(inference)
    at = measured_at(inference, fields)
    field = None if at is None else fields[at]
    return {
        "framework": network.framework,
        "layout": inference.layers[0].layer.layout if network.layout is None else network.layout,
        "input_shape": list(network.input_shape),
        "layers": list(map(_layer, network.nodes, inference.layers, fields)),
        "total": {
            "params": inference.params,
            "buffers": inference.buffers,
            "macs": inference.macs,
            "flops": inference.flops,
            "activation_elements": inference.activation_elements,
            "activation_bytes": inference.activation_bytes,
        },
        "receptive_field": None
        if at is None or field is None
        else {**_field(field), "layer": network.nodes[at].name, "aligned": field.aligned},
        "convention": CONVENTION,
        "counters": [count._asdict() for count in counters(inference)],
        "warnings": [note._asdict() for note in network_warnings(inference, fields)],
    }


def _layer(node: Node, inference: Inference, field: ReceptiveField | None) -> dict[str, object]:
    return {
        "name": node.name,
        "op": node.op,
        "inputs": list(node.inputs),
        "output_shape": list(inference.output_shape),
        "params": inference.params,
        "buffers": inference.buffers,
        "macs": inference.macs,
        "receptive_field": None if field is None else _field(field),
    }


def _field(field: ReceptiveField) -> dict[str, object]:
    """Write a receptive field: of the axis where it is largest, and of each axis."""
    if not field.axes:
        return {"size": 1, "stride": 1, "padding": 0, "axes": []}
    largest = max(range(len(field.axes)), key=field.size.__getitem__)
    return {
        "size": field.size[largest],
        "stride": field.stride[largest],
        "padding": field.padding[largest],
        "axes": [
            {"axis": axis, "size": size, "stride": stride, "padding": padding, "span": span}
            for axis, size, stride, padding, span in _by_axis(field)
        ],
    }


def _by_axis(
    field: ReceptiveField,
) -> Sequence[tuple[str, int, int | float, int, int]]:
    return list(zip(field.axes, field.size, field.stride, field.padding, field.span, strict=True))
