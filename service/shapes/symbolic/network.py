"""Whole networks on inputs whose sizes have names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from service.shapes.errors import MisfitError
from service.shapes.network import infer_network, read_network
from service.shapes.network.report import CONVENTION
from service.shapes.symbolic.expression import Formula, text
from service.shapes.symbolic.run import Numbers, conditions_of, work_out

__all__ = ["describe_named_network", "named_network_table"]

_TOTALS: Final = ("params", "buffers", "macs", "flops", "activation_elements", "activation_bytes")
_COUNTS: Final = ("params", "buffers", "macs")
_MOST_LAYERS: Final = 500
"""Each layer is worked out a few hundred times."""


def describe_named_network(document: Mapping[str, Any]) -> dict[str, Any]:
    """Put every layer and the sums into one dict of JSON types, with formulas as text.

    Raises ShapeError as ``read_network`` and ``infer_network`` do, and for too many layers.
    """
    shape = document["input_shape"]
    plain = [1 if isinstance(size, str) else size for size in shape]
    network = read_network({**document, "input_shape": plain})
    if len(network.nodes) > _MOST_LAYERS:
        raise MisfitError(
            "name_needs_number",
            f"Networks of more than {_MOST_LAYERS} layers take no names as sizes.",
            pointer="/input_shape",
            hint="give numbers",
        )
    lengths: list[int] = []
    layouts: list[str] = []

    def work(sizes: list[int]) -> Numbers:
        found = infer_network(replace(network, input_shape=tuple(sizes)))
        lengths[:] = [len(layer.output_shape) for layer in found.layers]
        layouts[:] = [found.layers[0].layer.layout]
        numbers = [getattr(found, total) for total in _TOTALS]
        for layer in found.layers:
            numbers += [layer.params, layer.buffers, layer.macs, *layer.output_shape]
        return tuple(numbers)

    formulas, bounds = work_out(work, shape)
    written = iter([_written(formula) for formula in formulas])
    totals = {total: next(written) for total in _TOTALS}
    layers = [
        {
            "name": node.name,
            "op": node.op,
            "inputs": list(node.inputs),
            **{count: next(written) for count in _COUNTS},
            "output_shape": [next(written) for _ in range(length)],
        }
        for node, length in zip(network.nodes, lengths, strict=True)
    ]
    return {
        "framework": network.framework,
        "layout": layouts[0] if network.layout is None else network.layout,
        "input_shape": list(shape),
        "layers": layers,
        "total": totals,
        "conditions": conditions_of(bounds),
        "convention": CONVENTION,
    }


def named_network_table(described: Mapping[str, Any]) -> str:
    """Say the same with a line for each layer."""
    lines = [
        f"{layer['name']} ({layer['op']}): [{', '.join(map(str, layer['output_shape']))}], "
        f"{layer['params']} parameters"
        for layer in described["layers"]
    ]
    total = described["total"]
    lines.append(f"in all: {total['params']} parameters, {total['macs']} MACs")
    return "\n".join([*lines, f"for {', '.join(described['conditions'])}"])


def _written(formula: Formula) -> int | str:
    return text(formula) if formula.number is None else formula.number
