"""Running a network: every layer once, in order, and no output longer than it is needed."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from service.convolution.engine import run
from service.convolution.errors import ConvolutionError, OperandError
from service.convolution.networks.initial import INITIALISATIONS, Initialisation, draw_weight
from service.convolution.networks.learned import activation_of, learned
from service.convolution.operands import check_dtype, sizes
from service.convolution.weights import WEIGHTED_KINDS
from service.shapes import read_layer
from service.shapes.dialects.refusals import suggestion
from service.shapes.joins import JOINS
from service.shapes.network import INPUT

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from service.convolution.geometry import Array
    from service.shapes import Inference
    from service.shapes.network import NetworkInference, Node

__all__ = ["LayerRun", "NetworkRun", "check_weight_names", "pointer_step"]
__all__ += ["run_network", "unknown_layer"]

_DRAWN: Final = ("weight", "pointwise_weight")
"""What is drawn from a seed. Biases and means are 0 before any learning, scales and variances 1."""


@dataclass(frozen=True, slots=True)
class LayerRun:
    """What one layer gave: its output, if it was to be kept, and what can be said of it.

    The three are floats, or None for an output without any number.
    """

    output: Array | None = field(repr=False)
    minimum: float | None
    maximum: float | None
    mean: float | None


@dataclass(frozen=True, slots=True)
class NetworkRun:
    """What the layers gave, in the order of the network's nodes, and where weights came from.

    ``drawn`` names the layers whose weights were drawn from the seed.
    """

    inference: NetworkInference
    layers: tuple[LayerRun, ...]
    drawn: tuple[str, ...]

    @property
    def ends(self) -> tuple[int, ...]:
        """Places of the layers that no other reads: the outputs of the network."""
        nodes = self.inference.network.nodes
        read = {source for node in nodes for source in node.sources}
        return tuple(index for index in range(len(nodes)) if index not in read)


def run_network(
    inference: NetworkInference,
    data: Array,
    weights: Mapping[str, Mapping[str, Array]] | None = None,
    *,
    seed: int | None = None,
    initialisation: Initialisation = INITIALISATIONS["he_uniform"],
    keep: Collection[str] | None = None,
) -> NetworkRun:
    """Run a network on an input of its ``input_shape``, as one that learns no more.

    ``weights`` are tensors by the names of their layers and by their own (`learned`); biases,
    means, scales and variances may be left out, a weight only with a ``seed``, from which it is
    drawn then: in float32 if the input is float32, else in float64. Dropout drops nothing, and
    normalisations use their mean and variance. ``keep`` names the layers whose outputs are wanted
    (None: all of them); others are let go once all layers that read them have run. Numbers keep
    their types as in `service.convolution.run`.

    Raises what that raises, with pointers into the network's JSON form (``/layers/3``,
    ``/weights/conv1/bias``, ``/input``) and the layer named, and OperandError ``unknown_layer``.
    `check_network_budget` is for the caller to ask first.
    """
    return _Run(inference, data, weights or {}, seed, initialisation).all(keep)


class _Run:
    def __init__(
        self,
        inference: NetworkInference,
        data: Array,
        weights: Mapping[str, Mapping[str, Array]],
        seed: int | None,
        rule: Initialisation,
    ) -> None:
        self.inference = inference
        self.nodes = inference.network.nodes
        self.weights = weights
        self.seed = seed
        self.rule = rule
        self.dtype = np.dtype(np.float32 if data.dtype == np.float32 else np.float64)
        self.drawn: list[str] = []
        check_dtype(data, "input", "/input")
        wanted = inference.network.input_shape
        if data.shape != wanted:
            raise OperandError(
                "input_shape_mismatch",
                f"The input is {sizes(data.shape)}, but the network is for {sizes(wanted)}.",
                pointer="/input",
                hint=f"Give an input of {sizes(wanted)}.",
            )
        self.outputs: dict[int, Array] = {-1: data}
        self.activations = list(map(activation_of, self.nodes, range(len(self.nodes))))
        check_weight_names(inference, weights)

    def all(self, keep: Collection[str] | None) -> NetworkRun:
        """Run every layer."""
        readers = [0] * len(self.nodes)
        for node in self.nodes:
            for source in {source for source in node.sources if source >= 0}:
                readers[source] += 1
        done: list[LayerRun] = [None] * len(self.nodes)  # type: ignore[list-item]  # set below
        for index in self.inference.network.order:
            node = self.nodes[index]
            output = self._run(index, node, self.inference.layers[index])
            kept = keep is None or node.name in keep
            done[index] = LayerRun(output if kept else None, *_told(output))
            if readers[index]:
                self.outputs[index] = output
            for source in {source for source in node.sources if source >= 0}:
                readers[source] -= 1
                if not readers[source]:
                    del self.outputs[source]
        return NetworkRun(self.inference, tuple(done), tuple(self.drawn))

    def _run(self, index: int, node: Node, inference: Inference) -> Array:
        layer = inference.layer
        first, *others = [self.outputs[source] for source in node.sources]
        tensors: dict[str, Any] = dict(self.weights.get(node.name, ()))
        if self.seed is not None and layer.kind in WEIGHTED_KINDS:
            missing = [name for name in _DRAWN if name in learned(layer) and name not in tensors]
            for name in missing:
                tensors[name] = draw_weight(
                    layer, name, self.seed, node.name, self.rule, self.dtype
                )
            self.drawn += [node.name] if missing else []
        if node.op in JOINS:
            tensors["others"] = tuple(others)
        try:
            output = run(layer, first, **tensors)
            activation = self.activations[index]
            if activation is not None:
                shape, letters = inference.output_shape, inference.output_layout
                output = run(read_layer(layer.framework, activation, shape, {}, letters), output)
        except ConvolutionError as error:
            raise _placed(error, index, node) from None
        return output


def check_weight_names(inference: NetworkInference, weights: Mapping[str, Collection[str]]) -> None:
    """Refuse names of layers that are not there, and of tensors that a layer does not have."""
    places = {node.name: index for index, node in enumerate(inference.network.nodes)}
    for name, tensors in weights.items():
        if name not in places:
            raise unknown_layer(name, list(places), f"/weights/{pointer_step(name)}")
        layer = inference.layers[places[name]].layer
        shapes = learned(layer)
        for tensor in tensors:
            if tensor not in shapes:
                raise _not_learned(name, layer.op, tensor, shapes)


def unknown_layer(name: str, known: Sequence[str], pointer: str) -> OperandError:
    """The error for a name that no layer of the network has."""
    return OperandError(
        "unknown_layer",
        f"The network has no layer `{name[:64]}`.",
        pointer=pointer,
        hint=suggestion(name, known, "its layers"),
    )


def _not_learned(
    name: str, op: str, tensor: str, shapes: Mapping[str, tuple[int, ...]]
) -> OperandError:
    has = ", ".join(f"{one} ({sizes(shape)})" for one, shape in shapes.items())
    return OperandError(
        "bias_not_wanted" if tensor == "bias" else "weight_not_wanted",
        f"Layer `{name[:64]}` ({op}) has no {tensor[:64]}.",
        pointer=f"/weights/{pointer_step(name)}/{pointer_step(tensor)}",
        hint=f"It has {has}." if has else "It has learned nothing: leave it out.",
    )


def _placed(error: ConvolutionError, index: int, node: Node) -> ConvolutionError:
    """Let the error of one layer name it, and point into the network."""
    tensor = error.pointer[1:]
    error.detail = f"Layer `{node.name[:64]}`: {error.detail}"
    if tensor in ("input", "others"):
        error.pointer = "/input" if node.inputs == (INPUT,) else f"/layers/{index}/inputs"
    elif tensor:
        error.pointer = f"/weights/{pointer_step(node.name)}/{tensor}"
    else:
        error.pointer = f"/layers/{index}"
    if error.code == "weight_missing":
        error.hint += " Or give a seed: weights that are missing are drawn from it."
    return error


def _told(output: Array) -> tuple[float | None, float | None, float | None]:
    if not output.size:
        return None, None, None
    with np.errstate(over="ignore"):
        mean = float(output.mean(dtype=np.float64))
    if not isfinite(mean):  # the sum is too large for a float64, the mean is not
        mean = float((output / output.size).sum())
    return float(output.min()), float(output.max()), mean


def pointer_step(name: str) -> str:
    """A name as a step of a JSON pointer."""
    return name.replace("~", "~0").replace("/", "~1")
