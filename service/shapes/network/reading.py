"""Reading a network from its JSON form, and putting its layers in order."""

from __future__ import annotations

import marshal
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NoReturn

from service.shapes.dialects import operations
from service.shapes.dialects.reading import read_shape
from service.shapes.dialects.refusals import refuse_type, suggestion
from service.shapes.errors import UnknownError
from service.shapes.network.errors import NetworkError
from service.shapes.network.model import INPUT, MAX_LAYERS, Network, Node, Recipe

__all__ = ["read_network"]

_FIELDS: Final = ("framework", "layout", "input_shape", "layers")
_LAYER_FIELDS: Final = ("name", "op", "inputs", "params")
_LONGEST_NAME: Final = 200
_SHOWN: Final = 8
"""Layers of a cycle that a message names."""


def read_network(document: Mapping[str, object]) -> Network:
    """Read a network from its JSON form.

    ::

        {"framework": "pytorch", "input_shape": [1, 3, 32, 32], "layers": [
            {"name": "conv1", "op": "conv2d", "params": {"out_channels": 8, "kernel_size": 3}},
            {"name": "relu1", "op": "relu"},
            {"name": "sum", "op": "add", "inputs": ["conv1", "relu1"]}]}

    ``inputs`` default to the layer before (to "input", the network's own input, for the first), and
    a layer may read one that is listed after it. ``name`` defaults to the operation and the place.
    Whether the layers fit one another is the question of :func:`infer_network`. Raises ShapeError:
    NetworkError for an impossible graph, others for values of the wrong form.
    """
    _check_object(document, "", _FIELDS)
    framework = document.get("framework")
    if framework is None:
        framework = "textbook"
    operations(framework)  # type: ignore[arg-type]  # refuses whatever is no framework
    layout = document.get("layout")
    if layout is not None and type(layout) is not str:
        refuse_type(layout, "/layout", "letters such as NCHW")
    shape = read_shape(document.get("input_shape"))  # type: ignore[arg-type]  # the same
    layers = document.get("layers")
    if not isinstance(layers, list | tuple):
        refuse_type(layers, "/layers", "a list of layers")
    if not layers:
        raise NetworkError(
            "empty_network",
            "The network has no layers.",
            pointer="/layers",
            hint='give at least one, such as {"op": "relu"}',
        )
    if len(layers) > MAX_LAYERS:
        raise NetworkError(
            "too_many_layers",
            f"The network has {len(layers)} layers.",
            pointer="/layers",
            hint=f"at most {MAX_LAYERS}",
        )
    nodes = _nodes(layers)
    order = _order(nodes)
    recipes = tuple(map(_recipe, nodes, range(len(nodes))))
    steps = tuple(_steps(nodes, order, recipes))
    return Network(str(framework), layout, shape, nodes, order, recipes, steps)


def _nodes(layers: Sequence[object]) -> tuple[Node, ...]:
    places: dict[str, int] = {INPUT: -1}
    for index, layer in enumerate(layers):
        _read_name(layer, index, places)
    names = list(places)
    return tuple([_node(layer, index, names, places) for index, layer in enumerate(layers)])


def _read_name(layer: object, index: int, places: dict[str, int]) -> None:
    """Check one layer's form, and enter its name into ``places``."""
    pointer = f"/layers/{index}"
    values = _check_object(layer, pointer, _LAYER_FIELDS)
    op = values.get("op")
    if type(op) is not str:
        refuse_type(op, f"{pointer}/op", "the name of an operation, such as conv2d")
    name = values.get("name")
    if name is None:
        name = f"{op[:64]}_{index + 1}"
    elif type(name) is not str:
        refuse_type(name, f"{pointer}/name", "a name such as conv1")
    if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
        raise NetworkError(
            "unusable_name",
            f"Layer {index + 1} has a name of {len(name)} characters.",
            pointer=f"{pointer}/name",
            hint=f"1 to {_LONGEST_NAME} printable characters",
        )
    if name in places:
        other = places[name]
        whose = "the network's own input" if other < 0 else f"layer {other + 1}"
        raise NetworkError(
            "duplicate_name",
            f"Layer {index + 1} is called `{name[:64]}`, as {whose} is.",
            pointer=f"{pointer}/name",
            hint="a name of its own for each layer",
        )
    places[name] = index


def _node(layer: object, index: int, names: list[str], places: dict[str, int]) -> Node:
    values: Mapping[str, object] = layer  # type: ignore[assignment]  # checked with the name
    pointer = f"/layers/{index}"
    params = values.get("params")
    if params is None:
        params = {}
    elif not isinstance(params, Mapping):
        refuse_type(params, f"{pointer}/params", "an object of parameters")
    inputs = values.get("inputs")
    if inputs is None:
        return Node(names[index + 1], str(values["op"]), (names[index],), params, (index - 1,))
    if not isinstance(inputs, list | tuple) or not inputs:
        refuse_type(inputs, f"{pointer}/inputs", "a list of at least one name")
    sources = []
    for place, source in enumerate(inputs):
        if type(source) is not str:
            refuse_type(source, f"{pointer}/inputs/{place}", "the name of a layer")
        if source not in places:
            _refuse_input(source, names, index, f"{pointer}/inputs/{place}")
        sources.append(places[source])
    return Node(names[index + 1], str(values["op"]), tuple(inputs), params, tuple(sources))


def _refuse_input(source: str, names: list[str], index: int, pointer: str) -> NoReturn:
    raise NetworkError(
        "unknown_input",
        f"Layer `{names[index + 1][:64]}` reads `{source[:64]}`, but there is no such layer.",
        pointer=pointer,
        hint=suggestion(source, names[:200], "the first layers")
        if len(names) < _SHOWN
        else suggestion(source, names[:200], "there are").split(", ")[0],
    )


def _order(nodes: tuple[Node, ...]) -> tuple[int, ...]:
    """Order the nodes so that each follows all that it reads (Kahn), or name a cycle."""
    if all(max(node.sources) < index for index, node in enumerate(nodes)):
        return tuple(range(len(nodes)))
    readers: list[list[int]] = [[] for _ in nodes]
    waiting = []
    for index, node in enumerate(nodes):
        sources = {source for source in node.sources if source >= 0}
        waiting.append(len(sources))
        for source in sources:
            readers[source].append(index)
    order = [index for index, count in enumerate(waiting) if not count]
    for done in order:  # grows while it is walked
        for reader in readers[done]:
            waiting[reader] -= 1
            if not waiting[reader]:
                order.append(reader)
    if len(order) < len(nodes):
        _refuse_cycle(nodes, waiting)
    return tuple(order)


def _refuse_cycle(nodes: tuple[Node, ...], waiting: list[int]) -> NoReturn:
    """Walk backwards from a node that never became ready until one comes again."""
    at = next(index for index, count in enumerate(waiting) if count)
    seen: dict[int, int] = {}
    walk: list[int] = []
    while at not in seen:
        seen[at] = len(walk)
        walk.append(at)
        at = next(source for source in nodes[at].sources if source >= 0 and waiting[source])
    cycle = [*walk[seen[at] :], at][::-1]
    names = [f"`{nodes[index].name[:64]}`" for index in cycle]
    if len(names) > _SHOWN:
        names[_SHOWN // 2 : -_SHOWN // 2] = [f"… ({len(names) - _SHOWN} more)"]
    raise NetworkError(
        "cycle",
        f"The layers read each other in a circle: {' → '.join(names)}.",
        pointer=f"/layers/{cycle[-1]}/inputs",
        hint="a layer may read only what does not depend on it",
    )


def _recipe(node: Node, index: int) -> Recipe:
    """Make a key that is equal only for the same operation with the same JSON as parameters.

    In these bytes 1, 1.0 and true are three things, as they are in JSON.
    """
    try:
        return node.op, marshal.dumps(node.params, 2)  # type: ignore[arg-type]  # what it cannot take it refuses
    except ValueError:  # too deep, or made of something that no JSON is made of
        return node.op, index


def _steps(
    nodes: tuple[Node, ...], order: tuple[int, ...], recipes: tuple[Recipe, ...]
) -> Iterator[tuple[int, int, int | tuple[int, ...]]]:
    numbers: dict[Recipe, int] = {}
    for index in order:
        sources = nodes[index].sources
        number = numbers.setdefault(recipes[index], len(numbers))
        yield index, number, sources[0] if len(sources) == 1 else sources


def _check_object(value: object, pointer: str, fields: tuple[str, ...]) -> Mapping[str, object]:
    """Refuse what is no JSON object, and the first field that it should not have."""
    if not isinstance(value, Mapping):
        refuse_type(value, pointer, f"an object with {', '.join(fields)}")
    for field in value:
        if field not in fields:
            name = str(field)[:64]
            raise UnknownError(
                "unknown_field",
                f"`{name}` is no field of a {'layer' if pointer else 'network'}.",
                pointer=f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}",
                hint=suggestion(name, fields, "its fields"),
            )
    return value
