"""Joining several tensors in a network: the shape that comes out, or which edge does not fit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from service.shapes.dialects import read_layer
from service.shapes.errors import ParameterError, ShapeError

if TYPE_CHECKING:
    from service.shapes.layer import Layer

__all__ = ["JOINS", "read_join"]

JOINS: Final = ("add", "concat", "center_crop_like")
"""The operations that take several inputs."""


def read_join(
    framework: str,
    op: str,
    shapes: Sequence[Sequence[int]],
    values: Mapping[str, object],
    layout: str | None = None,
) -> Layer:
    """Read a layer of several inputs, whose ``shapes`` stand in the order of its edges.

    ``infer`` gives its output as for any other layer. Raises ShapeError as ``read_layer`` does; an
    input that is at fault is pointed at as ``/inputs/0``, ``/inputs/1``, ...
    """
    if not shapes:
        raise ParameterError(
            "wrong_number_of_inputs",
            f"{op} joins inputs, and there are none.",
            pointer="/inputs",
            hint="at least 2 inputs",
        )
    first, *others = shapes
    try:
        return read_layer(framework, op, first, {**values, "other_shapes": others}, layout)
    except ShapeError as error:
        error.pointer = _edge(error.pointer)
        raise


def _edge(pointer: str) -> str:
    """Translate a pointer into one layer's request to one at the edges of a network's layer."""
    _, name, *rest = [*pointer.split("/"), ""]
    if name == "input_shape":
        return "/inputs/0"
    if name == "other_shapes":
        return f"/inputs/{int(rest[0]) + 1}" if rest[0] else "/inputs"
    return pointer
