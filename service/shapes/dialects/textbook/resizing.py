"""Padding, cropping and upsampling in the textbook's words, which are Keras' as well."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final, Literal

from service.shapes.dialects.checks import check_not_empty
from service.shapes.dialects.moves import (
    check_fill,
    check_left,
    moved_layer,
    refuse_corners,
    upsampled_layer,
)
from service.shapes.dialects.numbers import given_name, read_number
from service.shapes.dialects.operation import Operation, Values
from service.shapes.dialects.pads import read_pads
from service.shapes.dialects.reading import (
    PADDING_MODES,
    read_choice,
    read_flag,
    read_layout,
    read_sizes,
)
from service.shapes.dialects.refusals import refuse_missing, refuse_type
from service.shapes.dialects.textbook.words import LAYOUTS_BY_RANK
from service.shapes.layer import LAYOUTS, MAX_SIZE, PLAIN, Details, Layer, PaddingMode
from service.shapes.parameters import REQUIRED, Parameter

__all__ = ["operations"]

_PADDING: Final = Parameter(
    "padding",
    "padding",
    REQUIRED,
    "Pixels added: a number for both sides of every axis, one for each axis, or a pair "
    "[before, after] for each axis.",
    minimum=0,
    pairs=True,
)
_FILLED: Final = (
    Parameter(
        "padding_mode",
        "choice",
        "zeros",
        "What is put there: zeros (or `value`), or the input mirrored (`reflect`), its border "
        "repeated (`replicate`) or the opposite side (`circular`).",
        choices=PADDING_MODES,
    ),
    Parameter(
        "value",
        "number",
        0,
        "The constant that is put there in place of zeros; changes no shape.",
        minimum=-MAX_SIZE,
    ),
)
_CROPPING: Final = Parameter(
    "cropping",
    "padding",
    REQUIRED,
    "Pixels taken away: a number for both sides of every axis, one for each axis, or a pair "
    "[before, after] for each axis.",
    minimum=0,
    pairs=True,
)
_MODES: Final = ("nearest", "linear", "bilinear", "trilinear", "bicubic")
_UPSAMPLING: Final = (
    Parameter(
        "scale_factor",
        "sizes",
        None,
        "How many pixels each pixel becomes; required under this name or as `size`.",
    ),
    Parameter(
        "size",
        "sizes",
        None,
        "The same as `scale_factor`, as Keras has it.",
        alias_of="scale_factor",
    ),
    Parameter("mode", "choice", "nearest", "How new pixels are filled in.", choices=_MODES),
    Parameter(
        "align_corners",
        "flag",
        default=False,
        help="Whether the corner pixels of input and output lie on each other; changes no shape.",
    ),
)


def _read_moved(
    operation: Operation,
    shape: tuple[int, ...],
    values: Values,
    layout: str | None,
    *,
    kind: Literal["zero_padding", "cropping"],
) -> Layer:
    name: Literal["padding", "cropping"] = "padding" if kind == "zero_padding" else "cropping"
    letters = read_layout(operation, shape, layout)
    check_not_empty(shape, letters)
    value = values.get(name)
    if value is None:
        refuse_missing(name)
    if type(value) is not int and type(value) is not list and type(value) is not tuple:
        refuse_type(value, f"/{name}", "a number of pixels, one for each axis, or pairs of them")
    pads = read_pads(values, name, operation.rank)
    at = LAYOUTS[letters]
    sizes = shape[at.start : at.start + at.rank]
    check_left(sizes, pads, values, name)
    mode: PaddingMode = read_choice(values, "padding_mode", "zeros", PADDING_MODES)
    fill = read_number(values, "value", 0, -MAX_SIZE)
    check_fill(mode, fill, pads, sizes, values, "value")
    return moved_layer("textbook", operation.name, kind, letters, shape, pads, mode=mode, fill=fill)


def _read_upsampling(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    letters = read_layout(operation, shape, layout)
    check_not_empty(shape, letters)
    name = given_name(values, "scale_factor", "size")
    factors = read_sizes(values, name, operation.rank, None)
    mode = read_choice(values, "mode", "nearest", _MODES)
    start = LAYOUTS[letters].start
    outputs = tuple([i * f for i, f in zip(shape[start:], factors, strict=False)])
    corners = read_flag(values, "align_corners", default=False)
    if corners and mode == "nearest":
        refuse_corners(mode, "bilinear")
    details = Details(align_corners=True) if corners else PLAIN
    return upsampled_layer("textbook", operation.name, letters, shape, outputs, mode, details)


def operations() -> Iterator[Operation]:
    """Padding, cropping and upsampling, by rank within each kind."""
    for rank, layouts in LAYOUTS_BY_RANK.items():
        read = partial(_read_moved, kind="zero_padding")
        yield Operation(
            "textbook", f"zero_padding{rank}d", rank, (_PADDING, *_FILLED), layouts, read
        )
    for rank, layouts in LAYOUTS_BY_RANK.items():
        read = partial(_read_moved, kind="cropping")
        yield Operation("textbook", f"cropping{rank}d", rank, (_CROPPING,), layouts, read)
    for rank, layouts in LAYOUTS_BY_RANK.items():
        name = f"upsampling{rank}d"
        yield Operation("textbook", name, rank, _UPSAMPLING, layouts, _read_upsampling)
