"""A network as a graph of layers: named, ordered, and nothing more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

__all__ = ["INPUT", "MAX_LAYERS", "Network", "Node", "Recipe"]

Recipe = tuple[str, bytes | int]
"""An operation and its parameters in a form that can be looked up."""

INPUT: Final = "input"
"""The name under which layers read the network's own input."""

MAX_LAYERS: Final = 20_000
"""The most layers that a network may have."""


@dataclass(frozen=True, slots=True)
class Node:
    """One layer of a network: its name, its operation, whom it reads, and its parameters.

    ``sources`` are the places of ``inputs`` in the network's list of nodes; −1 is the network's
    own input.
    """

    name: str
    op: str
    inputs: tuple[str, ...]
    params: Mapping[str, object]
    sources: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Network:
    """A network whose names are unique, whose inputs exist, and which has no cycle.

    ``nodes`` are in the order in which they were given, ``order`` lists their places so that each
    comes after all that it reads. ``recipes`` has a key for each layer: two with the same key have
    the same operation and the same parameters, so that on the same input they are the same layer.
    ``steps`` is for walking through: place, number of the recipe, and the place that is read, or
    all of them where there are several.
    """

    framework: str
    layout: str | None
    input_shape: tuple[int, ...]
    nodes: tuple[Node, ...]
    order: tuple[int, ...]
    recipes: tuple[Recipe, ...]
    steps: tuple[tuple[int, int, int | tuple[int, ...]], ...]
