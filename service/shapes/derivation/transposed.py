"""Transposed convolutions: every input becomes a patch of the output, and the edges are cut."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from service.shapes.derivation.sliding import axis_numbers, effective_kernel
from service.shapes.formulas import Step, step
from service.shapes.layer import AXIS_NAMES

if TYPE_CHECKING:
    from service.shapes.layer import Layer
    from service.shapes.results import Axis

__all__ = ["transposed"]


def transposed(layer: Layer, axis: Axis) -> Iterator[Step]:
    """Derive the output along one axis and what is cut off, or what is added, to get there."""
    numbers = axis_numbers(axis)
    at = AXIS_NAMES[layer.rank].index(axis.axis)
    numbers["u"] = layer.output_padding[at] if layer.output_padding else 0
    kernel = "<k>"
    if axis.effective_kernel_size != axis.kernel_size:
        kernel = "<e>"
        yield effective_kernel(axis, numbers)
    patches = f"(<i> − 1)·<s> + {kernel}"
    longer = max(axis.effective_kernel_size - axis.stride, 0)
    before, after = axis.padding
    balanced = abs(before - after) <= 1 and not (numbers["u"] and numbers["t"])
    if (
        layer.padding_rule in ("same", "same_lower")
        and balanced
        and axis.output == (axis.input * axis.stride)
    ):
        yield step(
            axis.axis,
            "o",
            "same padding: input times stride (TensorFlow, Keras, JAX, ONNX).",
            "<i>·<s>",
            numbers,
        )
        yield from _cut(axis, patches, numbers)
    elif layer.padding_rule == "valid" and axis.output == axis.input * axis.stride + longer:
        yield step(
            axis.axis,
            "o",
            "valid padding: input times stride, and what the kernel is longer (Keras, JAX).",
            f"<i>·<s> + max({kernel} − <s>, 0)",
            numbers,
        )
    else:
        less = "" if not any(axis.padding) else " − 2·<p>" if before == after else " − <b> − <a>"
        more = " + <u>" if numbers["u"] else ""
        yield step(
            axis.axis,
            "o",
            "Every input pixel becomes a patch as large as the kernel, one stride after the other; "
            "padding is cut off (PyTorch, ONNX).",
            patches + less + more,
            numbers,
        )


def _cut(axis: Axis, patches: str, numbers: dict[str, int]) -> Iterator[Step]:
    """Derive what `same` cuts off on which side, or what it adds at the end."""
    if numbers["u"]:
        yield step(
            axis.axis, "u", "What the patches leave out is added.", f"<o> − ({patches})", numbers
        )
        return
    yield step(
        axis.axis, "t", "What the patches are too much is cut off.", f"{patches} − <o>", numbers
    )
    before, after = axis.padding
    first, second = ("a", "b") if before > after else ("b", "a")
    yield step(axis.axis, first, "Half of it, rounded down, on this side.", "⌊<t> / 2⌋", numbers)
    yield step(axis.axis, second, "The rest on the other side.", f"<t> − <{first}>", numbers)
