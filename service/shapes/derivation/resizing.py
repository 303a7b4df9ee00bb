"""Pools that choose their windows by the output, and layers that only move pixels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from service.shapes.derivation.sliding import axis_numbers
from service.shapes.formulas import Step, step

if TYPE_CHECKING:
    from service.shapes.layer import Layer
    from service.shapes.results import Axis

__all__ = ["chosen", "cropped", "padded", "upsampled"]


def chosen(layer: Layer, axis: Axis) -> Iterator[Step]:
    """Derive the windows of an adaptive or a global pool from the output that is asked for."""
    numbers = axis_numbers(axis)
    if layer.kind.startswith("global"):
        left = "" if layer.keepdims else " Then the axis is dropped."
        yield step(axis.axis, "k", "The window is the whole input.", "<i>", numbers)
        yield step(axis.axis, "o", f"One window, one number.{left}", "1", numbers)
        return
    numbers["asked"] = axis.output
    yield step(
        axis.axis,
        "o",
        "As asked for: window j goes from ⌊j · input / output⌋ to before ⌈(j + 1) · input / "
        "output⌉ (PyTorch).",
        "<asked>",
        numbers,
    )
    if not axis.output:
        return
    if axis.input % axis.output == 0:
        yield step(
            axis.axis,
            "k",
            "The input divides into windows of one size that do not overlap.",
            "<i> / <o>",
            numbers,
        )
        return
    more = axis.kernel_size - axis.input // axis.output
    yield step(
        axis.axis,
        "k",
        "The largest window; windows differ in size and overlap, as the input does not divide.",
        f"⌊<i> / <o>⌋ + {more}",
        numbers,
    )


def padded(_: Layer, axis: Axis) -> Iterator[Step]:
    """Derive what padding adds."""
    before, after = axis.padding
    added = "2·<p>" if before == after else "<b> + <a>"
    rule = "Padding is added on both sides."
    yield step(axis.axis, "o", rule, f"<i> + {added}", axis_numbers(axis))


def cropped(layer: Layer, axis: Axis) -> Iterator[Step]:
    """Derive what cropping takes away."""
    before, after = axis.padding
    numbers = axis_numbers(axis)
    if layer.kind == "cropping":
        away = "2·<x>" if before == after else "<x> − <y>"
        numbers |= {"x": before, "y": after}
        yield step(axis.axis, "o", "Cropping takes pixels away.", f"<i> − {away}", numbers)
        return
    numbers |= {"asked": axis.output, "x": before, "y": after, "z": before + after}
    yield step(axis.axis, "o", "As large as the other input.", "<asked>", numbers)
    yield step(axis.axis, "z", "What is too much is taken away.", "<i> − <o>", numbers)
    yield step(axis.axis, "x", "Half of it, rounded down, on this side.", "⌊<z> / 2⌋", numbers)
    yield step(axis.axis, "y", "The rest on the other side.", "<z> − <x>", numbers)


def upsampled(_: Layer, axis: Axis) -> Iterator[Step]:
    """Derive the enlarged size."""
    numbers = axis_numbers(axis) | {"r": axis.stride, "asked": axis.output}
    if axis.output == axis.input * axis.stride:
        rule = "Every pixel becomes as many as the factor says."
        yield step(axis.axis, "o", rule, "<i>·<r>", numbers)
    else:
        rule = "As asked for, or input times factor, rounded down (PyTorch)."
        yield step(axis.axis, "o", rule, "<asked>", numbers)
