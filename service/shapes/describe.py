"""The whole answer about a layer, as plain data and as a few lines of text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from service.shapes.derivation import derive
from service.shapes.notes import warnings
from service.shapes.snippets import code

if TYPE_CHECKING:
    from service.shapes.formulas import Step
    from service.shapes.infer import Inference

__all__ = ["describe", "summary"]


def describe(inference: Inference) -> dict[str, object]:
    """Put everything about a layer into one dict of JSON types."""
    layer = inference.layer
    return {
        "op": layer.op,
        "framework": layer.framework,
        "layout": layer.layout,
        "input_shape": list(layer.input_shape),
        "output_shape": list(inference.output_shape),
        "axes": [{**axis._asdict(), "padding": list(axis.padding)} for axis in inference.axes],
        "derivation": [line._asdict() for line in derive(inference)],
        "params": inference.params,
        "weights": inference.weights,
        "biases": inference.biases,
        "macs": inference.macs,
        "flops": inference.flops,
        "neurons_per_patch": inference.neurons_per_patch,
        "positions": inference.positions,
        "receptive_field": list(inference.receptive_field),
        "code": code(layer, inference),
        "warnings": [note._asdict() for note in warnings(inference)],
    }


def summary(inference: Inference) -> str:
    """Say the same in a few lines that a terminal or a chat can show."""
    layer = inference.layer
    shapes = f"{_shape(layer.input_shape)} → {_shape(inference.output_shape)}"
    lines = [f"{layer.op} ({layer.framework}, {layer.layout}): {shapes}"]
    lines += _axis_lines(derive(inference))
    lines += _cost_lines(inference)
    lines += [f"note: {note.detail}" for note in warnings(inference)]
    return "\n".join(lines)


def _cost_lines(inference: Inference) -> Iterator[str]:
    """Say what is learned and what that costs."""
    if not inference.params:
        pools = inference.layer.kind.endswith("pool")
        windows = f"{_count(inference.positions, 'window')} a channel, " if pools else ""
        yield f"{windows}nothing to learn"
        return
    learned = [_count(inference.weights, "weight"), _count(inference.biases, "bias", "biases")]
    if inference.layer.frozen:
        learned.append(f"{inference.layer.frozen:,} not learned")
    yield f"{_count(inference.params, 'parameter')}: {', '.join(learned)}"
    if inference.neurons_per_patch is not None:
        yield f"{inference.macs:,} MACs, {inference.flops:,} FLOPs"
        yield ", ".join(
            [
                _count(inference.positions, "position"),
                f"{_count(inference.neurons_per_patch, 'neuron')} a patch",
            ]
        )


def _axis_lines(steps: Iterable[Step]) -> Iterator[str]:
    """Write the steps of the spatial axes, once for axes whose steps are alike."""
    by_axis: dict[str, list[str]] = {}
    whole: list[str] = []
    for step in steps:
        if step.axis is None or step.axis == "channels":
            if step.quantity == "output":
                whole.append(f"output = {step.formula} = {step.substitution} = {step.value}")
        else:
            name = step.quantity.replace("_", " ")
            by_axis.setdefault(step.axis, []).append(
                f"{name} = {step.formula} = {step.substitution} = {step.value}"
            )
    alike: dict[tuple[str, ...], list[str]] = {}
    for axis, lines in by_axis.items():
        alike.setdefault(tuple(lines), []).append(axis)
    for shared, axes in alike.items():
        yield f"{', '.join(axes)}:"
        yield from (f"  {line}" for line in shared)
    if not by_axis:
        yield from whole


def _shape(sizes: Iterable[int]) -> str:
    return "×".join(map(str, sizes))


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
