"""What a network gave on real numbers, and how that is written: JSON, text, pictures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from service.api.heavy import take_turn
from service.api.json import dumps_arrays
from service.convolution.networks import run_table
from service.figures import Maps, draw_maps, png, svg
from service.packed import write_packed
from service.shapes.network import INPUT

if TYPE_CHECKING:
    from service.api.schemas.network_runs import RunJob
    from service.api.schemas.tensors import Notes
    from service.convolution.networks import NetworkRun
    from service.figures import Drawing

    Array = np.ndarray[Any, np.dtype[Any]]

__all__ = ["Ran", "as_json", "as_png", "as_svg", "as_text", "plain"]

_QUIET: Final = ("activation", "batch_norm", "dropout", "flatten")
"""Kinds whose maps look like those before them: left out of a picture with no room for all."""

_ROOM: Final = 23  # sections of a picture beside the input


@dataclass(frozen=True, slots=True)
class Ran:
    """What was asked, what came out, and what there is to say about it."""

    job: RunJob
    result: NetworkRun
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
        if done.output is not None:
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
    return dumps_arrays(plain(ran)) + b"\n"


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
    if len(shown) > _ROOM and job.wanted is None:
        shown = [one for one in shown if one[1].layer.kind not in _QUIET]
    first = inference.layers[next(i for i, node in enumerate(network.nodes) if -1 in node.sources)]
    sections = [_picture(job)] if job.picture is not None else []
    if not sections:
        data = job.input.reshape(first.layer.input_shape)  # a single channel may be left out
        sections.append(_maps(INPUT, data, first.layer.layout))
    sections += [
        _maps(f"{node.name}: {node.op}", layer.output, one.output_layout)
        for node, one, layer in shown
        if layer.output is not None
    ]
    return draw_maps(sections, "Feature maps, layer by layer")


def _picture(job: RunJob) -> Maps:
    picture = job.picture
    assert picture is not None  # noqa: S101 - for the reader of types; it is asked only then
    pixels = picture.pixels.transpose(2, 0, 1)
    span = (0.0, 255.0) if picture.values == "0..255" else (0.0, 1.0)
    return Maps(INPUT, pixels, "rgb" if len(pixels) == 3 else "grey", span)


def _maps(name: str, output: Array, letters: str | None) -> Maps:
    """The maps of the first sample as (channels, height, width).

    One spatial axis is one row; of three, the middle of the first is shown. What has no axes that
    pixels lie along is a single row of its numbers.
    """
    title = f"{name}, {'×'.join(map(str, output.shape))}"
    if letters is None or len(letters) != output.ndim:
        letters = "C"
        output = output.reshape(-1)
    if letters.startswith("N"):
        title += f", the first of {len(output)}" if len(output) > 1 else ""
        output, letters = output[0], letters[1:]
    if letters.startswith("D") or letters[:2] == "CD":
        axis = letters.index("D")
        output = output.take(output.shape[axis] // 2, axis=axis)
        letters = letters.replace("D", "")
        title += ", the middle slice"
    if letters == "C":
        return Maps(title, output.reshape(1, 1, -1))
    if "C" not in letters:
        output, letters = output[np.newaxis], f"C{letters}"
    maps = np.moveaxis(output, letters.index("C"), 0)
    return Maps(title, maps.reshape(len(maps), -1, maps.shape[-1]))
