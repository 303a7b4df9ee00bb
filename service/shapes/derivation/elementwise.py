"""Layers without spatial axes of their own: what becomes of the sizes that they change."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from service.shapes.formulas import Step, step

if TYPE_CHECKING:
    from service.shapes.results import Inference

__all__ = ["whole_steps"]

_SHOWN: Final = 8
"""As many inputs of a concatenation are shown one by one."""


def whole_steps(inference: Inference) -> Iterator[Step]:
    """Derive the one size that a linear layer, flatten or concat changes."""
    layer = inference.layer
    if layer.kind == "linear":
        neurons = layer.out_channels or 1
        rule = "Every neuron looks at all features and gives one number."
        yield step(None, "neurons", rule, "<n_neurons>", {"neurons": neurons, "n_neurons": neurons})
    elif layer.kind == "flatten":
        first, last = layer.axes
        letters = layer.layout[first : last + 1]
        numbers = dict(zip(letters, layer.input_shape[first : last + 1], strict=True))
        yield step(
            None,
            "merged",
            "Flattening puts all numbers of these axes in one row.",
            "·".join(f"<{letter}>" for letter in letters),
            {**numbers, "merged": inference.output_shape[first]},
        )
    elif layer.kind == "concat":
        yield _concatenated(inference)


def _concatenated(inference: Inference) -> Step:
    layer = inference.layer
    (axis,) = layer.axes
    sizes = [layer.input_shape[axis], *(shape[axis] for shape in layer.other_shapes)]
    if len(sizes) <= _SHOWN:
        numbers = {f"x{index}": size for index, size in enumerate(sizes)}
    else:
        numbers = {"first": sizes[0], "others": sum(sizes[1:])}
    return step(
        "channels" if layer.layout[axis] == "C" else None,
        "total",
        "One behind the other: the sizes along this axis are added, all others must be equal.",
        " + ".join(f"<{name}>" for name in numbers),
        {**numbers, "total": sum(sizes)},
    )
