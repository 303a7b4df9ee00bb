"""ONNX's operators on whole tensors: Gemm, Pad of any axis, and Col2Im."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from math import prod
from typing import Final

from service.shapes.dialects.moves import check_fill
from service.shapes.dialects.named import check_sizes
from service.shapes.dialects.networks import plain_layer
from service.shapes.dialects.numbers import read_number
from service.shapes.dialects.onnx.reading import read_bit, read_pads
from service.shapes.dialects.onnx.words import FILLED, FILLS
from service.shapes.dialects.operation import Operation, Values
from service.shapes.dialects.reading import (
    read_choice,
    read_flag,
    read_layout,
    read_required_count,
    read_sizes,
)
from service.shapes.dialects.refusals import refuse_missing
from service.shapes.errors import MisfitError, ParameterError
from service.shapes.infer import output_size
from service.shapes.layer import AXIS_NAMES, MAX_SIZE, Details, Layer, make_layer
from service.shapes.parameters import REQUIRED, Parameter

__all__ = ["operations"]

_GEMM: Final = (
    Parameter("out_features", "count", REQUIRED, "Number of columns of the output."),
    Parameter("alpha", "number", 1, "Factor of the product.", minimum=-MAX_SIZE),
    Parameter("beta", "number", 1, "Factor of the input C (the bias).", minimum=-MAX_SIZE),
    Parameter("transA", "count", 0, "1 transposes the input.", minimum=0),
    Parameter("transB", "count", 0, "1 transposes the weight.", minimum=0),
    Parameter("bias", "flag", default=False, help="Whether the operator has the input C."),
)
_PAD: Final = (
    Parameter(
        "pads",
        "sides",
        REQUIRED,
        "Numbers added before every axis, then after every one; negative ones crop.",
        minimum=-MAX_SIZE,
    ),
    Parameter(
        "axes", "sizes", None, "The axes that `pads` lists; all if left out.", minimum=-MAX_SIZE
    ),
    *FILLED,
)
_COL2IM: Final = (
    Parameter("image_shape", "sizes", REQUIRED, "Sizes of the image along its spatial axes."),
    Parameter("block_shape", "sizes", REQUIRED, "Sizes of the block that each column holds."),
    Parameter("dilations", "sizes", 1, "Distance between neighbouring pixels of a block."),
    Parameter(
        "pads",
        "sides",
        0,
        "Pixels around the image that blocks reach into: before every axis, then after every one.",
        minimum=0,
    ),
    Parameter("strides", "sizes", 1, "Distance between neighbouring blocks."),
)


def _read_gemm(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    """Read a Gemm: alpha·A·B + beta·C, where A is the input, B the weight and C the bias."""
    letters = read_layout(operation, shape, layout)
    check_sizes(shape, letters)
    return plain_layer(
        operation,
        "linear",
        letters,
        shape,
        out_channels=read_required_count(values, "out_features"),
        bias=read_flag(values, "bias", default=False),
        details=Details(
            alpha=read_number(values, "alpha", 1, -MAX_SIZE),
            beta=read_number(values, "beta", 1, -MAX_SIZE),
            transpose_input=read_bit(values, "transA"),
            transpose_weight=read_bit(values, "transB"),
        ),
    )


def _read_pad(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    """Read a Pad of any axes; a negative axis counts from the last."""
    letters = read_layout(operation, shape, layout)
    check_sizes(shape, letters)
    axes = _read_axes(values, len(shape))
    listed = read_pads(values, len(axes), least=-MAX_SIZE)
    if listed is None:
        refuse_missing("pads")
    by_axis = dict(zip(axes, listed, strict=True))
    pads = tuple([by_axis.get(axis, (0, 0)) for axis in range(len(shape))])
    for axis, (size, sides) in enumerate(zip(shape, pads, strict=True)):
        if size + sum(sides) < 1:
            raise MisfitError(
                "output_would_be_zero_or_negative",
                f"Of {size} numbers along axis {axis}, {-sum(sides)} would be taken away.",
                pointer="/pads",
                hint=f"at most {size - 1} on both sides together",
            )
    mode = FILLS[read_choice(values, "mode", "constant", tuple(FILLS))]
    fill = read_number(values, "constant_value", 0, -MAX_SIZE)
    check_fill(mode, fill, pads, shape, values, "constant_value", around=True)
    return make_layer(
        "onnx",
        operation.name,
        "pad",
        0,
        letters,
        shape,
        (),
        (),
        (),
        pads,
        padding_mode=mode,
        details=Details(fill=fill),
    )


def _read_axes(values: Values, length: int) -> tuple[int, ...]:
    given = values.get("axes")
    if given is None:
        return tuple(range(length))
    listed = read_sizes(values, "axes", len(given) if type(given) is list else 1, None, -MAX_SIZE)
    axes = tuple([axis + length if axis < 0 else axis for axis in listed])
    for index, axis in enumerate(axes):
        if not 0 <= axis < length or axis in axes[:index]:
            raise MisfitError(
                "axis_out_of_range",
                f"Axis {listed[index]} is none of the {length} of the input, or named twice.",
                pointer=f"/axes/{index}" if type(given) is list else "/axes",
                hint=f"each from {-length} to {length - 1}, once",
            )
    return axes


def _read_col2im(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> Layer:
    """Read a Col2Im: columns of blocks, put back where they come from; overlaps add up."""
    letters = read_layout(operation, shape, layout)
    check_sizes(shape, letters)
    image = values.get("image_shape")
    rank = len(image) if type(image) is list or type(image) is tuple else 1
    if rank not in AXIS_NAMES or not rank:
        raise ParameterError(
            "wrong_length",
            f"An image here has 1, 2 or 3 spatial axes, not {rank}.",
            pointer="/image_shape",
            hint="for example [28, 28]",
        )
    sizes = read_sizes(values, "image_shape", rank, None, spread=False)
    block = read_sizes(values, "block_shape", rank, None, spread=False)
    stride = read_sizes(values, "strides", rank, (1,) * rank, spread=False)
    dilation = read_sizes(values, "dilations", rank, (1,) * rank, spread=False)
    pads = read_pads(values, rank) or ((0, 0),) * rank
    counts = [
        max(output_size(size, d * (k - 1) + 1, s, before, after), 0)
        for size, k, s, d, (before, after) in zip(sizes, block, stride, dilation, pads, strict=True)
    ]
    _, depth, columns = shape
    if depth % prod(block):
        raise MisfitError(
            "blocks_do_not_fit",
            f"Columns of {depth} numbers hold no whole blocks of {prod(block)}.",
            pointer="/block_shape",
            hint=f"a block_shape whose product divides {depth}",
        )
    if columns != prod(counts):
        raise MisfitError(
            "blocks_do_not_fit",
            f"An image of {'×'.join(map(str, sizes))} has {prod(counts)} such blocks, but there "
            f"are {columns} columns.",
            pointer="/image_shape",
            hint=f"an input of {prod(counts)} columns, or another image_shape",
        )
    return make_layer(
        "onnx",
        operation.name,
        "col2im",
        0,
        letters,
        shape,
        block,
        stride,
        dilation,
        pads,
        out_channels=depth // prod(block),
        output_size=sizes,
    )


def operations() -> Iterator[Operation]:
    """Gemm, Pad and Col2Im."""
    make = partial(Operation, "onnx")
    yield make("gemm", 0, _GEMM, ("NC",), _read_gemm)
    yield make("pad", 0, _PAD, ("NC", "NCHW", "NCL", "NCDHW", "C"), _read_pad)
    yield make("col2im", 0, _COL2IM, ("NCL",), _read_col2im)
