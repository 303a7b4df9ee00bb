"""What makes two layers give other numbers for the same input and the same weights."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, NamedTuple

from service.shapes.layer import LAYOUTS

if TYPE_CHECKING:
    from service.shapes.infer import Inference

__all__ = ["Shift", "comparable", "shifts"]


class Shift(NamedTuple):
    """Why numbers differ at equal shapes: a code and a sentence."""

    code: str
    detail: str


def comparable(inference: Inference, letters: str) -> tuple[int, ...]:
    """Put the sizes of an output into the order of ``letters``, a batch or channel of 1 left out.

    Axes that a layer has dropped are missing.
    """
    layer = inference.layer
    own = inference.output_layout
    if own is None or len(own) != len(inference.output_shape):
        return inference.output_shape
    one = LAYOUTS[layer.layout].rank == 1
    sizes = dict(zip(own.replace("W", "L") if one else own, inference.output_shape, strict=True))
    order = letters.replace("W", "L") if LAYOUTS[letters].rank == 1 else letters
    known = [sizes.pop(letter) for letter in order if letter in sizes]
    return (*known, *(size for size in sizes.values() if size != 1))


def shifts(one: Inference, other: Inference) -> tuple[Shift, ...]:
    """List why ``other`` gives other numbers than ``one``, both of the same shape."""
    kind = one.layer.kind
    if kind == "flatten":
        return _order(one, other)
    if kind == "conv_transpose":
        return (*_crops(one, other), *_flips(one, other))
    if kind in ("conv", "depthwise", "separable", "max_pool", "avg_pool", "lp_pool"):
        found = [*_splits(one, other)]
        if kind == "avg_pool" and not found:
            found += _divisors(one, other)
        return tuple(found)
    if kind == "upsampling":
        return _corners(one, other)
    return ()


def _splits(one: Inference, other: Inference) -> list[Shift]:
    """Find axes along which the windows start elsewhere."""
    for axis, twin in zip(one.axes, other.axes, strict=True):
        if axis.padding[0] != twin.padding[0] and axis.output:
            return [
                Shift(
                    "padding_split",
                    f"Along the {axis.axis} {one.layer.framework} pads {_pair(axis.padding)} and "
                    f"{other.layer.framework} {_pair(twin.padding)}: the windows start elsewhere, "
                    "so all numbers differ.",
                )
            ]
    return []


def _divisors(one: Inference, other: Inference) -> list[Shift]:
    first, second = one.layer, other.layer
    if first.count_include_pad == second.count_include_pad or not _touches(one):
        return []
    with_it, without = (first, second) if first.count_include_pad else (second, first)
    return [
        Shift(
            "average_divisor",
            f"{with_it.framework} counts the zeros of the padding in the average, "
            f"{without.framework} does not: the numbers along the border differ.",
        )
    ]


def _touches(inference: Inference) -> bool:
    """Whether any window reaches into the padding."""
    return any(
        axis.padding[0] > 0
        or (axis.output - 1) * axis.stride + axis.effective_kernel_size - axis.padding[0]
        > axis.input
        for axis in inference.axes
    )


def _order(one: Inference, other: Inference) -> tuple[Shift, ...]:
    """Find out whether channels are flattened first or last; other numbers stand side by side."""
    first, second = one.layer, other.layer
    pixels = prod(first.input_shape) // (first.in_channels * first.batch)
    if first.channels_last == second.channels_last or 1 in (first.in_channels, pixels):
        return ()
    return (
        Shift(
            "flatten_order",
            f"{first.framework} flattens {first.layout} and {second.framework} {second.layout}: "
            "the same numbers, in another order.",
        ),
    )


def _crops(one: Inference, other: Inference) -> list[Shift]:
    for axis, twin in zip(one.axes, other.axes, strict=True):
        if axis.padding[0] != twin.padding[0] and axis.output:
            return [
                Shift(
                    "crop_split",
                    f"Along the {axis.axis} {one.layer.framework} takes {axis.padding[0]} pixels "
                    f"away before, {other.layer.framework} {twin.padding[0]}: all numbers are "
                    f"shifted by {abs(axis.padding[0] - twin.padding[0])}.",
                )
            ]
    return []


def _flips(one: Inference, other: Inference) -> list[Shift]:
    unflipped = [inference.layer.framework in ("jax", "flax") for inference in (one, other)]
    if unflipped[0] == unflipped[1] or all(axis.kernel_size == 1 for axis in one.axes):
        return []
    first, second = one.layer.framework, other.layer.framework
    name, flipping = (first, second) if unflipped[0] else (second, first)
    return [
        Shift(
            "kernel_not_flipped",
            f"{name} does not flip the kernel of a transposed convolution unless it is told to "
            f"(transpose_kernel), {flipping} does: the same weights give other numbers.",
        )
    ]


def _corners(one: Inference, other: Inference) -> tuple[Shift, ...]:
    aligned = [found.layer.details.align_corners for found in (one, other)]
    if aligned[0] == aligned[1] or one.layer.spatial == one.layer.output_size:
        return ()
    first, second = one.layer.framework, other.layer.framework
    name, by_area = (first, second) if aligned[0] else (second, first)
    return (
        Shift(
            "align_corners",
            f"{name} lays the corner pixels of input and output on each other (align_corners), "
            f"{by_area} takes pixels as areas: the numbers between differ.",
        ),
    )


def _pair(padding: tuple[int, int]) -> str:
    return f"({padding[0]}, {padding[1]})"
