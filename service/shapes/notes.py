"""What is legal about a layer but probably not what was meant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from service.shapes.dialects import layouts
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
    ``padding_uneven``      a named rule pads one side more than the other
    ``dilation_unused``     a kernel of one pixel has no gaps to widen
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
    if layer.rank == 1:  # a sequence of 3 steps with 64 channels is as likely as the reverse
        return
    meant = channels_slip(layer.layout, layer.input_shape, layouts(layer.framework, layer.op))
    if meant:
        yield Note(
            "layout_suspect",
            f"{'×'.join(map(str, layer.input_shape))} was read as {layer.layout}, that is with "
            f"{layer.in_channels} channels. {meant}",
        )


def _axis_notes(layer: Layer, axis: Axis) -> Iterator[Note]:
    """Note what is odd along one axis, without saying along which."""
    before, after = axis.padding
    if axis.unread:
        yield Note("input_unread", _unread(axis))
    outside = _windows_outside(axis)
    if outside:
        yield Note(
            "window_in_padding",
            f"{outside} of {axis.output} windows see nothing but padding.",
        )
    if before != after and layer.padding_rule in ("same", "same_lower"):
        yield Note(
            "padding_uneven",
            f"`{layer.padding_rule}` pads {before} before and {after} after. "
            "A framework that splits it otherwise gets the same shape with shifted numbers.",
        )
    if axis.dilation > 1 and axis.kernel_size == 1:
        yield Note(
            "dilation_unused",
            f"the kernel has one tap: dilation {axis.dilation} changes nothing.",
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
