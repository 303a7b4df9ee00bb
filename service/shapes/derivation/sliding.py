"""Windows that slide over the padded input: what spans how much, and how often it fits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from service.shapes.formulas import Step, step

if TYPE_CHECKING:
    from service.shapes.layer import Layer
    from service.shapes.results import Axis

__all__ = ["axis_numbers", "effective_kernel", "slid"]


def axis_numbers(axis: Axis) -> dict[str, int]:
    """Collect what is known along an axis, under the symbols of the formulas."""
    before, after = axis.padding
    return {
        "i": axis.input,
        "o": axis.output,
        "k": axis.kernel_size,
        "e": axis.effective_kernel_size,
        "s": axis.stride,
        "d": axis.dilation,
        "p": before,
        "b": before,
        "a": after,
        "t": before + after,
    }


def effective_kernel(axis: Axis, numbers: dict[str, int]) -> Step:
    """Derive what a dilated kernel spans."""
    return step(
        axis.axis,
        "e",
        "A dilated kernel spans the gaps between its taps.",
        "<d>·(<k> − 1) + 1",
        numbers,
    )


def slid(layer: Layer, axis: Axis) -> Iterator[Step]:
    """Derive the effective kernel, the padding and the output along one axis."""
    before, after = axis.padding
    numbers = axis_numbers(axis)
    kernel = "<k>"
    if axis.effective_kernel_size != axis.kernel_size:
        kernel = "<e>"
        yield effective_kernel(axis, numbers)
    if layer.padding_rule in ("same", "same_lower"):
        yield from _same(layer, axis.axis, kernel, numbers)
        return
    if layer.padding_rule == "full":
        yield step(
            axis.axis,
            "p",
            "full padding, on each side: every window that touches the input counts.",
            f"{kernel} − 1",
            numbers,
        )
    elif layer.padding_rule == "causal":
        yield step(
            axis.axis,
            "b",
            "causal padding, all of it before: no output sees what comes later (Keras).",
            f"{kernel} − 1",
            numbers,
        )
    added = "" if not before + after else " + 2·<p>" if before == after else " + <b> + <a>"
    room = f"(<i>{added} − {kernel})"
    if not layer.ceil_mode:
        yield step(axis.axis, "o", _OUTPUT_RULES[bool(added)], f"⌊{room} / <s>⌋ + 1", numbers)
        return
    yield from _rounded_up(axis, room, numbers)


_OUTPUT_RULES: Final = {
    False: "valid padding, that is none: the kernel never leaves the input.",
    True: "The kernel moves over the input and its padding, and every full step is an output.",
}


def _rounded_up(axis: Axis, room: str, numbers: dict[str, int]) -> Iterator[Step]:
    """Derive the output under ceil_mode: rounded up, less a window that starts too late."""
    before, after = axis.padding
    over = axis.input + before + after - axis.effective_kernel_size
    numbers["n"] = -(-over // axis.stride) + 1
    yield step(
        axis.axis,
        "n",
        "ceil_mode rounds up: the last window may hang over the end.",
        f"⌈{room} / <s>⌉ + 1",
        numbers,
    )
    start = "(<i> + <b>)" if before else "<i>"
    yield step(
        axis.axis,
        "o",
        "But it must start inside the input or the padding before it (PyTorch, ONNX).",
        f"min(<n>, ⌈{start} / <s>⌉)",
        numbers,
    )


def _same(layer: Layer, axis: str, kernel: str, numbers: dict[str, int]) -> Iterator[Step]:
    """Derive the output of `same` padding, then how much padding that takes on which side."""
    if layer.framework == "pytorch":
        yield step(axis, "t", "PyTorch's same padding, in all.", "<d>·(<k> − 1)", numbers)
    else:
        yield step(
            axis,
            "o",
            "same padding: input by stride, rounded up (TensorFlow, Keras, JAX, ONNX).",
            "⌈<i> / <s>⌉",
            numbers,
        )
        yield step(
            axis,
            "t",
            "What must be added for that many windows, in all.",
            f"max(0, (<o> − 1)·<s> + {kernel} − <i>)",
            numbers,
        )
    first, second = ("a", "b") if layer.padding_rule == "same_lower" else ("b", "a")
    yield step(axis, first, "Half of it, rounded down, on this side.", "⌊<t> / 2⌋", numbers)
    yield step(axis, second, "The rest on the other side.", f"<t> − <{first}>", numbers)
    if layer.framework == "pytorch":
        yield step(axis, "o", _OUTPUT_RULES[True], f"⌊(<i> + <t> − {kernel}) / <s>⌋ + 1", numbers)
