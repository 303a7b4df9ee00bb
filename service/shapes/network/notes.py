"""What is legal about a network but probably not what was meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from service.shapes.notes import Note, warnings

if TYPE_CHECKING:
    from service.shapes.network.inference import NetworkInference
    from service.shapes.network.receptive import ReceptiveField

__all__ = ["network_warnings"]

_NAMED: Final = 3
"""Layers that one warning names before it only counts the others."""


def network_warnings(
    inference: NetworkInference, fields: Sequence[ReceptiveField | None]
) -> tuple[Note, ...]:
    """List what is legal but probably not meant, with the layers it concerns.

    ``paths_not_aligned``        paths meet that look at different places of the input
    ``bias_before_batch_norm``   a bias that the next layer takes away again
    ``several_outputs``          more than one layer that no other reads

    and the warnings of the layers themselves (:func:`service.shapes.warnings`).
    """
    found: dict[Note, list[str]] = {}
    for note, name in (*_layer_notes(inference), *_graph_notes(inference, fields)):
        found.setdefault(note, []).append(name)
    return (
        *[Note(note.code, f"{_names(names)}: {note.detail}") for note, names in found.items()],
        *_whole_notes(inference),
    )


def _layer_notes(inference: NetworkInference) -> Iterator[tuple[Note, str]]:
    """Yield the warnings of the layers; layers that are alike are looked at once."""
    done: dict[int, tuple[Note, ...]] = {}
    for node, layer in zip(inference.network.nodes, inference.layers, strict=True):
        if id(layer) not in done:
            done[id(layer)] = warnings(layer)
        for note in done[id(layer)]:
            yield note, node.name


def _graph_notes(
    inference: NetworkInference, fields: Sequence[ReceptiveField | None]
) -> Iterator[tuple[Note, str]]:
    nodes, layers = inference.network.nodes, inference.layers
    for node, layer, field in zip(nodes, layers, fields, strict=True):
        sources = [source for source in node.sources if source >= 0]
        if layer.layer.kind == "batch_norm" and any(
            layers[source].layer.bias and layers[source].macs for source in sources
        ):
            yield _BIAS, nodes[sources[0]].name
        if field is None or field.aligned:
            continue
        before = [fields[source] for source in sources]
        if all(other is None or other.aligned for other in before):
            yield _UNALIGNED, node.name


def _whole_notes(inference: NetworkInference) -> Iterator[Note]:
    nodes = inference.network.nodes
    read = {source for node in nodes for source in node.sources}
    ends = [node.name for index, node in enumerate(nodes) if index not in read]
    if len(ends) > 1:
        yield Note("several_outputs", f"{_names(ends)}: no layer reads them; each is an output.")


_BIAS: Final = Note(
    "bias_before_batch_norm",
    "the batch normalisation behind it takes the bias away again; bias=False saves it.",
)
_UNALIGNED: Final = Note(
    "paths_not_aligned",
    "its inputs look at different places of the network's input, or at different strides.",
)


def _names(names: list[str]) -> str:
    shown = ", ".join(f"`{name[:64]}`" for name in names[:_NAMED])
    return shown if len(names) <= _NAMED else f"{shown} and {len(names) - _NAMED} more"
