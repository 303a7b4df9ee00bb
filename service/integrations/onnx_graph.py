"""What an ONNX graph says besides its layers: attributes, sizes, and the shapes of constants."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto, TensorProto, ValueInfoProto

__all__ = ["Constants", "attributes", "sizes_of"]

_MOST_VALUES: Final = 64
"""Numbers in a constant whose values are looked at: shapes, axes and the like."""


class Constants:
    """The constants of a graph: the shapes of all, and the values of short lists of integers."""

    def __init__(self, graph: GraphProto) -> None:
        self.shapes: dict[str, list[int]] = {}
        self.values: dict[str, list[int]] = {}
        for tensor in graph.initializer:
            self._add(tensor.name, tensor)

    def __contains__(self, name: str) -> bool:
        return name in self.shapes

    def take(self, node: NodeProto) -> bool:
        """Take a node that makes a constant, and say whether it did."""
        if not node.output or any(name and name not in self.shapes for name in node.input):
            return False
        made = node.output[0]
        match node.op_type:
            case "Constant":
                value = attributes(node).get("value")
                if value is None or not hasattr(value, "dims"):
                    return False
                self._add(made, value)
            case "ConstantOfShape" if node.input and node.input[0] in self.values:
                self.shapes[made] = self.values[node.input[0]]
            case "Unsqueeze" if node.input:
                axes = attributes(node).get("axes") or self.values.get((*node.input, "")[1], [])
                shape = [*self.shapes[node.input[0]]]
                for axis in sorted(axes):
                    shape.insert(axis, 1)
                self.shapes[made] = shape
            case "Reshape" if len(node.input) > 1 and node.input[1] in self.values:
                whole = prod(self.shapes[node.input[0]])
                target = self.values[node.input[1]]
                given = prod([size for size in target if size > 0])
                self.shapes[made] = [size if size > 0 else whole // given for size in target]
            case "Identity" if node.input:
                self.shapes[made] = self.shapes[node.input[0]]
            case _:
                return False
        return True

    def _add(self, name: str, tensor: TensorProto) -> None:
        from onnx import TensorProto, numpy_helper

        self.shapes[name] = [*tensor.dims]
        whole = tensor.data_type in (TensorProto.INT64, TensorProto.INT32)
        inside = tensor.data_location != TensorProto.EXTERNAL  # other files are never opened
        short = len(tensor.dims) <= 1 and 0 <= prod(tensor.dims) <= _MOST_VALUES
        if whole and inside and short:
            try:
                self.values[name] = [int(one) for one in numpy_helper.to_array(tensor).ravel()]
            except ValueError:  # fewer bytes than its shape needs
                return


def attributes(node: NodeProto) -> dict[str, Any]:
    """Return the attributes of a node by name, texts decoded."""
    from onnx import helper

    found: dict[str, Any] = {}
    for attribute in node.attribute:
        value = helper.get_attribute_value(attribute)
        found[attribute.name] = (
            value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        )
    return found


def sizes_of(value: ValueInfoProto) -> list[int | None]:
    """Return the sizes of a tensor; None where they are open."""
    dims = value.type.tensor_type.shape.dim
    return [dim.dim_value if dim.dim_value > 0 else None for dim in dims]
