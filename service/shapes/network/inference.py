"""From a network to its sizes and costs: every layer once, in order, in linear time."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Final, NamedTuple

from service.shapes.dialects import layouts, operations, read_layer
from service.shapes.errors import ParameterError, ShapeError, UnknownError
from service.shapes.infer import infer
from service.shapes.joins import JOINS, read_join
from service.shapes.network.errors import refuse_layer
from service.shapes.network.model import Network, Node, Recipe

if TYPE_CHECKING:
    from service.shapes.results import Inference

__all__ = ["BYTES", "NetworkInference", "infer_network"]

BYTES = 4
"""Bytes of one activation: a 32-bit floating-point number."""


@dataclass(frozen=True, slots=True)
class NetworkInference:
    """What the layers of a network make of its input, and what that takes in all.

    ``layers`` are in the order of the network's nodes. ``params`` and ``macs`` are the sums of
    theirs (see :class:`service.shapes.Inference` for what counts), ``buffers`` are numbers kept but
    not counted as parameters, such as PyTorch's running statistics, and ``activation_elements`` are
    the elements of the outputs of all layers.
    """

    network: Network
    layers: tuple[Inference, ...]
    params: int
    buffers: int
    macs: int
    activation_elements: int

    @property
    def flops(self) -> int:
        """Floating-point operations: a multiplication and an addition for each MAC."""
        return 2 * self.macs

    @property
    def activation_bytes(self) -> int:
        """Bytes of the outputs of all layers, with 4 bytes an element."""
        return BYTES * self.activation_elements


class _Tensor(NamedTuple):
    shape: tuple[int, ...]
    layout: str | None


class _Worked(NamedTuple):
    """A layer on a known input: what it makes of it, and what it adds to the sums."""

    inference: Inference
    output: _Tensor
    params: int
    buffers: int
    macs: int
    elements: int


def infer_network(network: Network) -> NetworkInference:
    """Infer every layer of ``network`` and add up what they cost.

    A layer that comes again with the same parameters on an input of the same shape is worked out
    once. Raises NetworkError, with the layer and its inputs named, for what no layer of the
    framework may be and for inputs that do not fit.
    """
    count = len(network.nodes) + 1
    walk = _Walk(network)
    carried = [0] * count  # the number of each node's output; the last is the network's input
    layers: list[Inference] = [None] * (count - 1)  # type: ignore[list-item]  # all are set below
    params = buffers = macs = elements = 0
    known: dict[int | tuple[int, ...], tuple[int, _Worked]] = {}
    for index, recipe, source in network.steps:
        key: int | tuple[int, ...]
        if source.__class__ is int:
            key = recipe * count + carried[source]
        else:
            key = (recipe, *[carried[one] for one in source])  # type: ignore[union-attr]
        found = known.get(key)
        if found is None:
            found = known[key] = walk.work_out(index, carried)
        carried[index], worked = found
        layers[index], _, more_params, more_buffers, more_macs, more_elements = worked
        params += more_params
        buffers += more_buffers
        macs += more_macs
        elements += more_elements
    return NetworkInference(network, tuple(layers), params, buffers, macs, elements)


class _Walk:
    """The tensors that have come up on the way through a network, numbered."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.tensors = [_Tensor(network.input_shape, network.layout)]
        self.numbers = {self.tensors[0]: 0}
        self.guess = _guess(network) if network.layout is None else None
        """The layout that layers are given that could be of any, where none was asked for."""

    def work_out(self, index: int, carried: list[int]) -> tuple[int, _Worked]:
        """Work out one layer, and number its output."""
        network, tensors, numbers = self.network, self.tensors, self.numbers
        node = network.nodes[index]
        incoming = tuple([tensors[carried[source]] for source in node.sources])
        key = (network.framework, self.guess, network.recipes[index], incoming)
        worked = _remembered.get(key)
        if worked is None:
            inference = self._infer(index, node, incoming)
            output = _Tensor(inference.output_shape, _output_layout(inference, incoming[0]))
            sums = inference.params, inference.buffers, inference.macs, prod(output.shape)
            worked = _Worked(inference, output, *sums)
            _remember(key, worked)
        number = numbers.get(worked.output)
        if number is None:
            number = numbers[worked.output] = len(tensors)
            tensors.append(worked.output)
        return number, worked

    def _infer(self, index: int, node: Node, incoming: tuple[_Tensor, ...]) -> Inference:
        try:
            return _infer(self.network.framework, node, incoming, self.guess)
        except ShapeError as error:
            edges = tuple(map(_edge, node.inputs, incoming))
            at_input = -1 in node.sources
            raise refuse_layer(error, index, node.name, node.op, edges, at_input=at_input) from None


_Key = tuple[str, str | None, Recipe, tuple[_Tensor, ...]]

_remembered: Final[dict[_Key, _Worked]] = {}
"""Layers worked out before, in this process; the same for every network and every caller."""

_MOST_REMEMBERED: Final = 2_000
_LONGEST_REMEMBERED: Final = 500


def _remember(key: _Key, worked: _Worked) -> None:
    """Keep a layer, unless its parameters are long; forget all when there are too many."""
    _, _, (_, params), incoming = key
    if isinstance(params, int) or len(params) > _LONGEST_REMEMBERED or len(incoming) > 2:
        return
    if len(_remembered) >= _MOST_REMEMBERED:
        _remembered.clear()
    _remembered[key] = worked


def _infer(
    framework: str, node: Node, incoming: tuple[_Tensor, ...], guess: str | None
) -> Inference:
    """Read one layer in the network's framework, and infer it."""
    first, op = incoming[0], node.op
    layout = first.layout
    if layout is None and guess is not None and len(guess) == len(first.shape):
        layout = None if op[-2:] in _RANKED else guess
    if op in JOINS:
        if "other_shapes" in node.params:  # what the engine calls that which the edges say here
            raise UnknownError(
                "unknown_parameter",
                f"{op} in a network has no parameter `other_shapes`.",
                pointer="/other_shapes",
                hint="list the layers that it joins in `inputs`",
            )
        shapes = [tensor.shape for tensor in incoming]
        return infer(read_join(framework, op, shapes, node.params, layout))
    if len(incoming) > 1:
        raise ParameterError(
            "wrong_number_of_inputs",
            f"{op[:64]} takes one input, not {len(incoming)}.",
            pointer="/inputs",
            hint=f"{' or '.join(JOINS[:2])} the inputs first",
        )
    if layout is not None and node.sources != (-1,) and layout not in layouts(framework, op):
        fitting = [letters for letters in layouts(framework, op) if len(letters) == len(layout)]
        if op == "linear" or not fitting:
            layout = None  # the last axis will do; and no layout of the asker's is to blame
    return infer(read_layer(framework, op, first.shape, node.params, layout))


_RANKED: Final = ("1d", "2d", "3d")


def _guess(network: Network) -> str | None:
    """Tell the layout of the input from the first layer that works along spatial axes."""
    known = operations(network.framework)
    for index in network.order:
        op = network.nodes[index].op
        if op[-2:] in _RANKED and op in known:
            fitting = [
                letters
                for letters in layouts(network.framework, op)
                if len(letters) == len(network.input_shape)
            ]
            return fitting[0] if fitting else None
    return None


def _output_layout(inference: Inference, incoming: _Tensor) -> str | None:
    """Name the axes of an output, unless nothing has told yet what those of the input are."""
    pointwise = inference.layer.rank == 0 and len(inference.output_shape) == len(incoming.shape)
    return incoming.layout if pointwise else inference.output_layout


def _edge(name: str, tensor: _Tensor) -> str:
    sizes = tensor.shape if len(tensor.shape) <= 8 else (*tensor.shape[:7], "…")
    return f"`{name[:64]}` {'×'.join(map(str, sizes)) or 'without sizes'}"
