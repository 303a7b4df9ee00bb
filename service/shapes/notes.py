"""What is legal about a layer but probably not what was meant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from service.shapes.dialects import layouts
from service.shapes.layer import LAYOUTS
from service.shapes.slips import channels_slip

if TYPE_CHECKING:
    from service.shapes.infer import Axis, Inference
    from service.shapes.layer import Layer

__all__ = ["Note", "warnings"]


class Note(NamedTuple):
    """A warning: a stable snake_case ``code`` and a sentence or two."""

    code: str
    detail: str


def warnings(inference: Inference) -> tuple[Note, ...]:
    """List what is legal about a layer but probably not meant.

    ``layout_suspect``      a size was probably meant as the number of channels
    ``input_unread``        pixels that no window reads
    ``window_in_padding``   windows that see no input at all
    ``padding_uneven``      a named rule pads (or cuts off) one side more than the other
    ``dilation_unused``     a kernel of one pixel has no gaps to widen
    ``checkerboard``        a transposed convolution whose patches overlap unevenly
    ``windows_uneven``      an adaptive pool whose windows differ in size
    ``output_larger_than_input``  an adaptive pool with more windows than pixels
    """
    along: dict[Note, list[str]] = {}
    for axis in inference.axes:
        for note in _axis_notes(inference.layer, axis):
            along.setdefault(note, []).append(f"the {axis.axis}")
    return (
        *_layout_notes(inference.layer),
        *(Note(note.code, f"Along {_and(axes)}, {note.detail}") for note, axes in along.items()),
    )


def _and(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _layout_notes(layer: Layer) -> Iterator[Note]:
    if layer.kind in _ANY_ORDER or LAYOUTS[layer.layout].rank == 1:
        return  # a sequence of 3 steps with 64 channels is as likely as the reverse
    meant = channels_slip(layer.layout, layer.input_shape, layouts(layer.framework, layer.op))
    if meant:
        yield Note(
            "layout_suspect",
            f"{'×'.join(map(str, layer.input_shape))} was read as {layer.layout}, that is with "
            f"{layer.in_channels} channels. {meant}",
        )


def _axis_notes(layer: Layer, axis: Axis) -> Iterator[Note]:
    """Note what is odd along one axis, without saying along which."""
    if layer.kind == "conv_transpose":
        yield from _transposed_notes(axis)
    elif layer.kind in _SLIDING:
        yield from _window_notes(axis)
    elif layer.kind.startswith("adaptive") and axis.output:
        yield from _adaptive_notes(axis)
    before, after = axis.padding
    if before != after and layer.padding_rule in ("same", "same_lower"):
        does = "cuts off" if layer.kind == "conv_transpose" else "pads"
        yield Note(
            "padding_uneven",
            f"`{layer.padding_rule}` {does} {before} before and {after} after. "
            "A framework that splits it otherwise gets the same shape with shifted numbers.",
        )
    if axis.dilation > 1 and axis.kernel_size == 1:
        yield Note(
            "dilation_unused",
            f"the kernel has one tap: dilation {axis.dilation} changes nothing.",
        )


def _window_notes(axis: Axis) -> Iterator[Note]:
    if axis.unread:
        yield Note("input_unread", _unread(axis))
    outside = _windows_outside(axis)
    if outside:
        detail = f"{outside} of {axis.output} windows see nothing but padding."
        yield Note("window_in_padding", detail)


def _transposed_notes(axis: Axis) -> Iterator[Note]:
    if axis.unread:
        yield Note("input_unread", _cut_off(axis))
    if axis.effective_kernel_size % axis.stride and axis.effective_kernel_size > axis.stride:
        yield Note("checkerboard", _uneven_overlap(axis))


def _adaptive_notes(axis: Axis) -> Iterator[Note]:
    if axis.output > axis.input:
        detail = f"{axis.output} windows are cut from {axis.input} pixels: some see the same."
        yield Note("output_larger_than_input", detail)
    elif axis.input % axis.output:
        detail = f"{axis.input} pixels do not divide into {axis.output} windows of one size."
        yield Note("windows_uneven", detail)


_SLIDING: Final = frozenset(("conv", "depthwise", "separable", "max_pool", "avg_pool", "lp_pool"))


_ANY_ORDER: Final = frozenset(("linear", "flatten", "activation", "dropout", "add", "concat"))
"""Kinds that do not care which axis the channels are."""


def _cut_off(axis: Axis) -> str:
    verb = "does" if axis.unread == 1 else "do"
    return (
        f"{axis.unread} of {axis.input} input pixels {verb} not count: padding cuts off all that "
        "they add to."
    )


def _uneven_overlap(axis: Axis) -> str:
    return (
        f"the kernel spans {axis.effective_kernel_size} pixels, no multiple of stride "
        f"{axis.stride}: neighbouring outputs add up unlike numbers of inputs."
    )


def _unread(axis: Axis) -> str:
    before, _ = axis.padding
    end = (axis.output - 1) * axis.stride - before + axis.effective_kernel_size
    if axis.unread == axis.input - end == 1:
        return f"the last of {axis.input} pixels is never read."
    if axis.unread == axis.input - end:
        return f"the last {axis.unread} of {axis.input} pixels are never read."
    verb = "is" if axis.unread == 1 else "are"
    why = (
        f"stride {axis.stride} steps over them"
        if axis.dilation == 1
        else f"stride {axis.stride} and dilation {axis.dilation} leave gaps"
    )
    return f"{axis.unread} of {axis.input} pixels {verb} never read: {why}."


def _windows_outside(axis: Axis) -> int:
    """Count the windows that end before the input or begin after it."""
    before, _ = axis.padding
    early = -((axis.effective_kernel_size - 1 - before) // axis.stride)
    late = axis.output + (-(axis.input + before) // axis.stride)
    return min(max(early, 0) + max(late, 0), axis.output)
