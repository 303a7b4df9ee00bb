"""What an ONNX graph says besides its layers: attributes, sizes, and the shapes of constants."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto, TensorProto, ValueInfoProto

__all__ = ["Constants", "attributes", "sizes_of"]

_MOST_VALUES: Final = 64
"""Numbers in a constant whose values are looked at: shapes, axes and the like."""

_LONGEST: Final = 10_000
"""Characters of a text, or numbers of a list, in an attribute that is looked at."""

_MOST_AXES: Final = 16
"""Axes of a constant whose sizes are looked at; weights have five at most."""


class Constants:
    """The constants of a graph: the shapes of all, and the values of short lists of integers."""

    def __init__(self, graph: GraphProto) -> None:
        self.shapes: dict[str, list[int]] = {}
        self.tensors: dict[str, TensorProto] = {}
        for tensor in graph.initializer:
            self._add(tensor.name, tensor)

    def __contains__(self, name: str) -> bool:
        return name in self.shapes

    def take(self, node: NodeProto) -> bool:
        """Take a node that makes a constant, and say whether it did."""
        if not node.output or any(name and name not in self.shapes for name in node.input):
            return False
        made = node.output[0]
        if node.op_type == "Constant":
            value = next((one.t for one in node.attribute if one.name == "value"), None)
            if value is not None:
                self._add(made, value)
            return value is not None
        shape = self._made(node) if node.input else None
        if shape is None or len(shape) > _MOST_AXES:
            return False
        self.shapes[made] = shape
        return True

    def values(self, name: str) -> list[int]:
        """Return the numbers in a short list of integers; raises KeyError for anything else."""
        from onnx import TensorProto, numpy_helper

        tensor = self.tensors[name]
        whole = tensor.data_type in (TensorProto.INT64, TensorProto.INT32)
        inside = tensor.data_location != TensorProto.EXTERNAL  # other files are never opened
        short = len(tensor.dims) <= 1 and 0 <= prod(tensor.dims) <= _MOST_VALUES
        if not (whole and inside and short):
            raise KeyError(name)
        try:
            return [int(one) for one in numpy_helper.to_array(tensor).ravel()]
        except ValueError:  # fewer bytes than its shape needs
            raise KeyError(name) from None

    def _made(self, node: NodeProto) -> list[int] | None:
        """Work out the shape of what a node makes of constants; None where that isn't known."""
        first = node.input[0]
        match node.op_type:
            case "ConstantOfShape":
                return self.values(first)
            case "Unsqueeze":
                axes = attributes(node).get("axes") or self.values(node.input[1])
                shape = [*self.shapes[first]]
                for axis in sorted(axes):
                    shape.insert(axis, 1)
                return shape
            case "Reshape":
                target = self.values(node.input[1])
                whole, given = prod(self.shapes[first]), prod([size for size in target if size > 0])
                return [size if size > 0 else whole // given for size in target]
            case "Identity":
                return self.shapes[first]
        return None

    def _add(self, name: str, tensor: TensorProto) -> None:
        if len(tensor.dims) <= _MOST_AXES:
            self.shapes[name] = [*tensor.dims]
            self.tensors[name] = tensor


def attributes(node: NodeProto) -> dict[str, Any]:
    """Return the numbers, texts and lists of them in the attributes of a node, by name."""
    from onnx import AttributeProto, helper

    plain = (
        *(AttributeProto.INT, AttributeProto.FLOAT, AttributeProto.STRING),
        *(AttributeProto.INTS, AttributeProto.FLOATS),
    )
    found: dict[str, Any] = {}
    for attribute in node.attribute:
        if attribute.type not in plain:
            continue
        value = helper.get_attribute_value(attribute)
        if isinstance(value, Sequence) and len(value) > _LONGEST:
            continue
        found[attribute.name] = (
            value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        )
    return found


def sizes_of(value: ValueInfoProto) -> list[int | None]:
    """Return the sizes of a tensor; None where they are open."""
    dims = value.type.tensor_type.shape.dim
    return [dim.dim_value if dim.dim_value > 0 else None for dim in dims]
