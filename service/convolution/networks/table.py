"""What a network gave, as a table for terminals and chats."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from service.shapes.network import draw_table, shortened

if TYPE_CHECKING:
    from service.convolution.networks.running import LayerRun, NetworkRun

__all__ = ["run_table"]

_HEADINGS: Final = ("Layer", "Operation", "Output", "Params", "MACs", "Min", "Max", "Mean")
_SHOWN: Final = 12
"""The longest output whose numbers are written below the table."""


def run_table(result: NetworkRun) -> str:
    """A line for each layer with the range of its numbers; short outputs of the network below."""
    inference = result.inference
    nodes = inference.network.nodes
    rows = [
        (
            shortened(node.name),
            node.op,
            "×".join(map(str, layer.output_shape)),
            f"{layer.params:,}",
            f"{layer.macs:,}",
            *_range(done),
        )
        for node, layer, done in zip(nodes, inference.layers, result.layers, strict=True)
    ]
    lines = draw_table(_HEADINGS, rows)
    for index in result.ends:
        output = result.layers[index].output
        if output is not None and output.size <= _SHOWN:
            numbers = " ".join(map(_number, output.ravel().tolist()))
            lines.append(f"{shortened(nodes[index].name)}: {numbers}")
    return "\n".join(lines)


def _range(done: LayerRun) -> tuple[str, ...]:
    return tuple(
        "" if value is None else _number(value) for value in (done.minimum, done.maximum, done.mean)
    )


def _number(value: float) -> str:
    return f"{value + 0:.5g}"
