"""What a network gave on real numbers, and how that is written: JSON, text, pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from service.api.heavy import take_turn
from service.api.json import dumps_arrays
from service.api.mapped import maps_of_picture, maps_of_tensor
from service.convolution.networks import run_table
from service.figures import draw_maps, png, svg
from service.packed import write_packed
from service.shapes.network import INPUT

if TYPE_CHECKING:
    import numpy as np

    from service.api.schemas.network_runs import RunJob
    from service.api.schemas.tensors import Notes
    from service.convolution.networks import NetworkRun
    from service.figures import Drawing

    Array = np.ndarray[Any, np.dtype[Any]]

T = TypeVar("T")

__all__ = ["Ran", "as_json", "as_png", "as_svg", "as_text", "plain"]

_QUIET: Final = ("activation", "batch_norm", "dropout", "flatten")
"""Kinds whose maps look like those before them: left out of a picture with no room for all."""

_ROOM: Final = 23  # sections of a picture beside the input


@dataclass(frozen=True, slots=True)
class Ran:
    """What was asked, what came out, and what there is to say about it."""

    job: RunJob
    result: NetworkRun
    returned: frozenset[str]
    """Layers whose feature maps JSON has; a picture shows all that were kept."""
    warnings: Notes


def plain(ran: Ran) -> dict[str, Any]:
    """The answer as plain data, with the feature maps as arrays."""
    job, result = ran.job, ran.result
    inference = result.inference
    network = inference.network
    write = write_packed if job.encoding == "base64" else _array
    layers = []
    for node, one, done in zip(network.nodes, inference.layers, result.layers, strict=True):
        layer: dict[str, Any] = {
            "name": node.name,
            "op": node.op,
            "inputs": list(node.inputs),
            "output_shape": list(one.output_shape),
            "layout": one.output_layout,
            "params": one.params,
            "macs": one.macs,
            "minimum": done.minimum,
            "maximum": done.maximum,
            "mean": done.mean,
        }
        if done.output is not None and node.name in ran.returned:
            layer["output"] = write(done.output)
        layers.append(layer)
    members: dict[str, Any] = {
        "framework": network.framework,
        "layout": inference.layers[0].layer.layout if network.layout is None else network.layout,
        "input_shape": list(network.input_shape),
        "seed": job.seed if result.drawn else None,
        "initialisation": job.initialisation if result.drawn else None,
        "drawn": list(result.drawn),
        "layers": layers,
        "outputs": [network.nodes[index].name for index in result.ends],
        "total": {
            "params": inference.params,
            "macs": inference.macs,
            "activation_elements": inference.activation_elements,
        },
    }
    if job.picture is not None:
        height, width, _ = job.picture.pixels.shape
        members["picture"] = {
            "width": width,
            "height": height,
            "channels": job.picture.channels,
            "values": job.picture.values,
            "notes": list(job.picture.notes),
        }
    return members | {"warnings": [{"code": code, "detail": said} for code, said in ran.warnings]}


def _array(array: Array) -> Any:
    """The array itself, for the JSON writer to write as nested lists."""
    return array


def as_json(ran: Ran) -> bytes:
    """The answer as JSON."""
    return dumps_arrays(plain(ran))


def as_text(ran: Ran) -> str:
    """A table of the layers with the range of their numbers."""
    return "\n".join([run_table(ran.result), *[said for _, said in ran.warnings]])


def as_svg(ran: Ran) -> str:
    """The input, and the maps of each layer that is returned, below one another."""
    return svg(_drawing(ran))


def as_png(ran: Ran) -> bytes:
    """The same as PNG."""
    return png(_drawing(ran))


def _drawing(ran: Ran) -> Drawing:
    take_turn()
    inference, job = ran.result.inference, ran.job
    network = inference.network
    done = list(zip(network.nodes, inference.layers, ran.result.layers, strict=True))
    shown = [one for one in done if one[2].output is not None and one[2].output.size]
    title = "Feature maps, layer by layer"
    if len(shown) > _ROOM and job.wanted is None:
        shown = _chosen([one for one in shown if one[1].layer.kind not in _QUIET])
        title = f"Feature maps of {len(shown)} of {len(done)} layers"
    first = inference.layers[next(i for i, node in enumerate(network.nodes) if -1 in node.sources)]
    sections = [maps_of_picture(INPUT, job.picture)] if job.picture is not None else []
    if not sections:
        data = job.input.reshape(first.layer.input_shape)  # a single channel may be left out
        sections.append(maps_of_tensor(INPUT, data, first.layer.layout))
    sections += [
        maps_of_tensor(f"{node.name}: {node.op}", layer.output, one.output_layout)
        for node, one, layer in shown
        if layer.output is not None
    ]
    return draw_maps(sections, title)


def _chosen(layers: list[T]) -> list[T]:
    """As many as there is room for, evenly from the first to the last."""
    if len(layers) <= _ROOM:
        return layers
    return [layers[round(index * (len(layers) - 1) / (_ROOM - 1))] for index in range(_ROOM)]
