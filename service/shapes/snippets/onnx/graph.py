"""Writing an ONNX graph in ONNX's own text format, and the arrays that it is fed with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service.shapes.infer import Inference
    from service.shapes.layer import Layer
    from service.shapes.padding import Pads

__all__ = ["Graph", "flat", "shape_text"]

Sizes = tuple[int, ...]


@dataclass
class Graph:
    """A graph under way: ``last`` is the name of the tensor that comes next.

    ``shape`` is that of the input, with a batch and with the channels first. ``weights`` maps the
    names of what is fed besides to a shape and the code that makes it.
    """

    inference: Inference
    shape: Sizes
    last: str = "x"
    nodes: list[str] = field(default_factory=list)
    weights: dict[str, tuple[Sizes, str]] = field(default_factory=dict)

    @property
    def layer(self) -> Layer:
        """The layer that is written."""
        return self.inference.layer

    def add(self, op: str, *inputs: str, **attributes: object) -> str:
        """Append a node and return the name of its output, from which the next one starts."""
        name = f"h{len(self.nodes) + 1}"
        given = ", ".join(f"{key} = {_text(value)}" for key, value in attributes.items())
        self.nodes.append(f"{name} = {op} {f'<{given}> ' if given else ''}({', '.join(inputs)})")
        self.last = name
        return name

    def constant(self, name: str, value: object) -> str:
        """Append a constant: a whole number, another number, or a list of whole numbers."""
        kind = {int: "value_int: int", float: "value_float: float"}.get(
            type(value), "value_ints: ints"
        )
        self.nodes.append(f"{name} = Constant <{kind} = {_text(value)}> ()")
        return name

    def random(self, name: str, shape: Sizes) -> str:
        """Feed random numbers under ``name``."""
        return self.feed(name, shape, f"rng.standard_normal({shape})")

    def feed(self, name: str, shape: Sizes, code: str) -> str:
        """Feed an array under ``name``."""
        self.weights[name] = (shape, code)
        return name

    def pad(self, pads: Pads, mode: str = "constant", value: float = 0.0) -> None:
        """Pad the spatial axes, or all if there are as many; negative numbers crop."""
        skipped = len(self.shape) - len(pads)
        amounts = self.constant(f"pads{len(self.nodes)}", [0] * skipped + flat(pads, skipped))
        more = [self.constant("edge", value)] if value else []
        self.add("Pad", self.last, amounts, *more, mode=mode)


def flat(pads: Pads, skipped: int = 0) -> list[int]:
    """Write padding as ONNX has it: what is before every axis, then what is after every axis."""
    return [before for before, _ in pads] + [0] * skipped + [after for _, after in pads]


def _text(value: object) -> str:
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(str, value))}]"
    return str(value)


def shape_text(shape: Sequence[int]) -> str:
    """Write a tensor type."""
    return f"float[{', '.join(map(str, shape))}]"
