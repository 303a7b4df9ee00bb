"""Reading a figure's parameters: plain JSON values in, checked ones out."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

from service.convolution import ConvolutionError
from service.figures.errors import FigureError
from service.shapes import Inference, Layer, ShapeError, infer, read_layer

SLIDING = ("conv", "depthwise", "separable", "max_pool", "avg_pool", "lp_pool")
"""The kinds of layers whose window slides over their input in equal steps."""
DRAWN = (
    *SLIDING,
    "conv_transpose",
    "adaptive_avg_pool",
    "adaptive_max_pool",
    "global_avg_pool",
    "global_max_pool",
    "global_lp_pool",
)
"""The kinds of layers that there are pictures of, step by step."""

_EACH_ALONE = "it changes each number by itself"
_JOINED = "it puts whole tensors together"
_MOVED = "it adds cells around its input, or takes them away"
WHY: Mapping[str, str] = MappingProxyType(
    {
        "linear": "each output is a sum over the whole input",
        "flatten": "it puts the numbers of its input in one row",
        "batch_norm": _EACH_ALONE,
        "activation": _EACH_ALONE,
        "dropout": _EACH_ALONE,
        "add": _JOINED,
        "concat": _JOINED,
        "center_crop_like": _MOVED,
        "cropping": _MOVED,
        "zero_padding": _MOVED,
        "pad": _MOVED,
        "upsampling": "it copies or mixes neighbouring cells",
        "col2im": "it lays columns of numbers back as patches",
    }
)
"""Why the other kinds have no window to draw."""


@contextmanager
def engine_errors(prefix: str = "") -> Iterator[None]:
    """Turn what an engine refuses into a FigureError whose pointer starts with ``prefix``."""
    try:
        yield
    except (ShapeError, ConvolutionError) as error:
        pointer = prefix + error.pointer
        raise FigureError(error.code, error.detail, pointer, error.hint) from error


def whole(value: object, pointer: str, low: int, high: int) -> int:
    """A whole number from low to high."""
    if type(value) is not int:
        raise FigureError(
            "wrong_type", "A whole number is wanted here.", pointer, f"from {low} to {high}"
        )
    if not low <= value <= high:
        raise FigureError(
            "out_of_range", f"{value} is outside {low} to {high}.", pointer, f"from {low} to {high}"
        )
    return value


def real(value: object, pointer: str) -> float:
    """A finite number of at most six digits before the decimal point; an integer stays one."""
    if type(value) is not int and type(value) is not float:
        raise FigureError("wrong_type", "A number is wanted here.", pointer, "For example 0.5.")
    if not abs(value) < 1e6:
        raise FigureError(
            "out_of_range", "The number is too large to draw.", pointer, "Below a million."
        )
    return value


def sizes(value: object, pointer: str) -> tuple[int, ...]:
    """A list of whole numbers that the shape engine is to judge."""
    if not isinstance(value, list | tuple) or not value or len(value) > 5:
        raise FigureError(
            "wrong_type", "A shape is a list of one to five whole numbers.", pointer, "[32, 32, 3]"
        )
    for index, size in enumerate(value):
        if type(size) is not int:
            place = f"{pointer}/{index}"
            raise FigureError("wrong_type", "A size is a whole number.", place, "[32, 32, 3]")
    return tuple(value)


def word(value: object, pointer: str) -> str:
    """A text that names something."""
    if not isinstance(value, str):
        raise FigureError("wrong_type", "A name is wanted here.", pointer, "Give a text.")
    return value


def inferred(
    op: str,
    input_shape: tuple[int, ...],
    values: Mapping[str, Any],
    *,
    framework: str = "textbook",
    layout: str | None = None,
    prefix: str = "",
    kinds: Container[str] = SLIDING,
) -> Inference:
    """The layer of these parameters on this input, and what the shape engine makes of it.

    Raises FigureError too for a layer of no kind that is drawn.
    """
    with engine_errors(prefix):
        layer: Layer = read_layer(framework, op, input_shape, values, layout)
        inference = infer(layer)
    if layer.kind not in kinds:
        raise not_drawn(layer, prefix)
    return inference


def not_drawn(layer: Layer, prefix: str = "") -> FigureError:
    """What is said of a layer of another kind than is drawn."""
    if layer.kind in DRAWN:
        detail = f"This picture is of windows that slide in equal steps, and {layer.op} has none."
    else:
        detail = f"{layer.op} has no window that is drawn step by step: {WHY[layer.kind]}."
    return FigureError(
        "op_not_drawn",
        detail,
        f"{prefix}/op",
        "Draw a convolution (depthwise and separable too) or a pool; a picture of the kernel over "
        "its input also shows transposed convolutions, adaptive and global pools.",
    )
