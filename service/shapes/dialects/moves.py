"""Layers that move pixels: padding, cropping, upsampling, in any dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NoReturn

from service.shapes.dialects.checks import axis_pointer
from service.shapes.errors import MisfitError, ParameterError
from service.shapes.layer import (
    AXIS_NAMES,
    LAYOUTS,
    MAX_SIZE,
    PLAIN,
    Details,
    Layer,
    PaddingMode,
    make_layer,
)

if TYPE_CHECKING:
    from service.shapes.dialects.operation import Values
    from service.shapes.padding import Pads

__all__ = ["check_fill", "check_left", "check_upsampled", "moved_layer"]
__all__ += ["refuse_corners", "upsampled_layer"]


def check_left(
    sizes: tuple[int, ...],
    pads: Pads,
    values: Values,
    name: Literal["padding", "cropping"],
    *,
    least: int = 1,
) -> None:
    """Refuse to leave less than ``least`` pixels.

    Padding takes away where it is negative, before it adds on the other side (PyTorch).
    """
    for axis, (size, (before, after)) in enumerate(zip(sizes, pads, strict=True)):
        removed = before + after
        if name == "padding":
            removed = -min(before, 0) - min(after, 0)
        if size - removed >= least:
            continue
        raise MisfitError(
            "output_would_be_zero_or_negative",
            f"Of {size} pixels along the {AXIS_NAMES[len(sizes)][axis]}, {removed} would be taken "
            "away.",
            pointer=axis_pointer(values, name, axis) if len(sizes) == 1 else f"/{name}",
            hint=f"at most {size - least} pixels on both sides together"
            + (f", or an input of at least {removed + least}" if removed < MAX_SIZE else ""),
        )


def check_fill(
    mode: PaddingMode,
    fill: float,
    pads: Pads,
    sizes: tuple[int, ...],
    values: Values,
    name: Literal["value", "constant_value"],
    *,
    around: bool = False,
) -> None:
    """Refuse a constant that no mode asks for, and to repeat more pixels than there are.

    What negative padding takes away cannot be repeated (PyTorch, onnxruntime). A mirror does not
    repeat the border, so it gives i − 1 pixels; a wrap gives i, or goes ``around`` several times
    (ONNX); a border gives any number.
    """
    if mode == "zeros":
        return
    if fill:
        raise ParameterError(
            "fill_without_constant",
            f"`{name}` fills what is constant; padding by {mode} takes its numbers from the input.",
            pointer=f"/{name}",
            hint=f"leave {name} out, or pad with a constant",
        )
    names = [f"the {name}" for name in AXIS_NAMES.get(len(sizes), ())]
    names = names or [f"axis {axis}" for axis in range(len(sizes))]
    for axis, (size, sides) in enumerate(zip(sizes, pads, strict=True)):
        left = size + min(sides[0], 0) + min(sides[1], 0)
        most = MAX_SIZE
        if mode == "reflect" or (mode == "circular" and not around):
            most = left - 1 if mode == "reflect" else left
        if left < 1 or max(sides) > most:
            raise MisfitError(
                "padding_too_large",
                f"Padding {max(sides)} along {names[axis]} needs more pixels "
                f"than {mode} padding can take from the {max(left, 0)} that are left of {size}.",
                pointer="/pads" if "pads" in values else "/padding",
                hint=f"at most {most} on either side" if most > 0 else "pad with a constant",
            )


def check_upsampled(sizes: tuple[int, ...], outputs: tuple[int, ...], values: Values) -> None:
    """Refuse a factor so small that no pixel is left."""
    for axis, (size, output) in enumerate(zip(sizes, outputs, strict=True)):
        if output < 1:
            raise MisfitError(
                "output_would_be_zero_or_negative",
                f"Nothing is left of {size} pixels along the {AXIS_NAMES[len(sizes)][axis]}.",
                pointer=axis_pointer(values, "scale_factor", axis),
                hint=f"scale_factor at least {1 / size:.6g}",
            )


def refuse_corners(mode: str, other: str) -> NoReturn:
    """Refuse to align the corners of what is not interpolated."""
    raise ParameterError(
        "align_corners_without_interpolation",
        f"Mode `{mode}` mixes no pixels, so there are no corners to align.",
        pointer="/align_corners",
        hint=f"mode `{other}`, or leave align_corners out",
    )


def moved_layer(
    framework: str,
    op: str,
    kind: Literal["zero_padding", "cropping", "center_crop_like"],
    letters: str,
    shape: tuple[int, ...],
    pads: Pads,
    other_shapes: tuple[tuple[int, ...], ...] = (),
    *,
    mode: PaddingMode = "zeros",
    fill: float = 0.0,
) -> Layer:
    """Make a layer that adds or takes away the pixels of ``pads``.

    What is added repeats the input as ``mode`` says, or is ``fill``.
    """
    rank = LAYOUTS[letters].rank
    ones = (1,) * rank
    return make_layer(
        framework,
        op,
        kind,
        rank,
        letters,
        shape,
        ones,
        ones,
        ones,
        pads,
        padding_mode=mode,
        other_shapes=other_shapes,
        details=Details(fill=fill) if fill else PLAIN,
    )


def upsampled_layer(
    framework: str,
    op: str,
    letters: str,
    shape: tuple[int, ...],
    output_size: tuple[int, ...],
    interpolation: str,
    details: Details = PLAIN,
) -> Layer:
    """Make an upsampling to ``output_size``; its stride is the factor, rounded down but never 0."""
    at = LAYOUTS[letters]
    sizes = shape[at.start : at.start + at.rank]
    ones = (1,) * at.rank
    return make_layer(
        framework,
        op,
        "upsampling",
        at.rank,
        letters,
        shape,
        ones,
        tuple([max(o // i, 1) for i, o in zip(sizes, output_size, strict=True)]),
        ones,
        ((0, 0),) * at.rank,
        output_size=output_size,
        interpolation=interpolation,
        details=details,
    )
