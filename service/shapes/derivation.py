"""How each number came about: every rule with its name and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from service.shapes.formulas import Step, step

if TYPE_CHECKING:
    from service.shapes.infer import Axis, Inference
    from service.shapes.layer import Layer

__all__ = ["derive"]


def derive(inference: Inference) -> tuple[Step, ...]:
    """Derive every number of ``inference`` step by step: axis after axis, then depth and cost."""
    layer = inference.layer
    steps: list[Step] = []
    for axis in inference.axes:
        steps += _axis_steps(layer, axis)
    if layer.has_channels:
        steps.append(_depth(layer))
    steps += _cost_steps(inference)
    return tuple(steps)


def _axis_steps(layer: Layer, axis: Axis) -> Iterator[Step]:
    """Derive the effective kernel, the padding and the output along one axis."""
    before, after = axis.padding
    numbers = {
        "i": axis.input,
        "o": axis.output,
        "k": axis.kernel_size,
        "e": axis.effective_kernel_size,
        "s": axis.stride,
        "d": axis.dilation,
        "b": before,
        "a": after,
        "t": before + after,
    }
    kernel = "<k>"
    if axis.effective_kernel_size != axis.kernel_size:
        kernel = "<e>"
        yield step(
            axis.axis,
            "e",
            "A dilated kernel spans the gaps between its taps.",
            "<d>·(<k> − 1) + 1",
            numbers,
        )
    if layer.padding_rule in ("same", "same_lower"):
        yield from _same(layer, axis.axis, kernel, numbers)
        return
    if layer.padding_rule == "full":
        numbers["p"] = before
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
    numbers["p"] = before
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


def _depth(layer: Layer) -> Step:
    if layer.out_channels is None:
        return step(
            "channels",
            "channels",
            "Every channel is pooled by itself: the depth stays.",
            "<c>",
            {"c": layer.in_channels, "channels": layer.in_channels},
        )
    return step(
        "channels",
        "channels",
        "Every filter makes one feature map: the depth is the number of filters.",
        "<f>",
        {"f": layer.out_channels, "channels": layer.out_channels},
    )


def _cost_steps(inference: Inference) -> Iterator[Step]:
    """Derive the weights, parameters and multiply-accumulates of the whole layer."""
    layer = inference.layer
    if layer.out_channels is None:
        nothing = {"params": 0, "macs": 0}
        yield step(None, "params", "A pool learns nothing.", "0", nothing)
        yield step(None, "macs", "Comparing and averaging count 0.", "0", nothing)
        return
    numbers = {
        "c": layer.in_channels,
        "g": layer.groups,
        "f": layer.out_channels,
        "batch": layer.batch,
        "weights": inference.weights,
        "biases": inference.biases,
        "params": inference.params,
        "macs": inference.macs,
    }
    for axis in inference.axes:
        numbers[f"k_{axis.axis}"] = axis.kernel_size
        numbers[f"o_{axis.axis}"] = axis.output
    kernel = "·".join(f"<k_{axis.axis}>" for axis in inference.axes)
    positions = "·".join(f"<o_{axis.axis}>" for axis in inference.axes)
    depth = "<c>" if layer.groups == 1 else "(<c> / <g>)"
    yield step(
        None,
        "weights",
        "Every filter has one weight for each pixel of its patch, in each channel that it sees.",
        f"{depth}·<f>·{kernel}",
        numbers,
    )
    yield step(
        None,
        "params",
        "One bias for each filter." if layer.bias else "No biases.",
        "<weights> + <biases>",
        numbers,
    )
    batch = "<batch>·" if layer.batch != 1 else ""
    yield step(
        None,
        "macs",
        "Every weight is used once at every position; adding a bias counts 0. FLOPs: twice it.",
        f"{batch}{positions}·<weights>",
        numbers,
    )
