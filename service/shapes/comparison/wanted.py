"""What a request asks for, in neutral words, whatever the framework whose words it was made in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from service.shapes.dialects import layouts, parameters, read_layer
from service.shapes.dialects.reading import read_shape, read_sizes
from service.shapes.errors import ParameterError, ShapeError, UnknownError
from service.shapes.infer import Inference, infer
from service.shapes.layer import LAYOUTS
from service.shapes.wording import MALFORMED, given, own_parameter, read_padding

__all__ = ["SLIDING", "TRANSPOSED", "WINDOWS", "Wanted", "read_wanted"]

SLIDING: Final = (
    "conv",
    "depthwise_conv",
    "separable_conv",
    "max_pool",
    "avg_pool",
    "lp_pool",
)
TRANSPOSED: Final = "conv_transpose"
WINDOWS: Final = (*SLIDING, TRANSPOSED)
_JOINS: Final = ("add", "concat", "center_crop_like")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request, read as far as it can be read without the framework's consent.

    ``sizes`` are those of the input by the letters of its axes (L for the one axis of a sequence).
    ``values`` are as given. For layers with a window ``kernel_size``, ``stride`` (None if left to
    the framework), ``dilation``, ``padding`` (a rule, or pixels) and ``more`` (output padding, None
    if not given) are read; for others they are empty. ``source`` is what the framework itself makes
    of the request, or why it refuses.
    """

    framework: str
    op: str
    layout: str
    rank: int
    sizes: Mapping[str, int]
    values: Mapping[str, Any]
    kernel_size: tuple[int, ...]
    stride: tuple[int, ...] | None
    dilation: tuple[int, ...]
    padding: str | tuple[tuple[int, int], ...]
    more: tuple[int, ...] | None
    source: Inference | ShapeError

    @property
    def kind(self) -> str:
        """The operation without its number of dimensions."""
        return self.op[:-2] if self.op.endswith("d") and self.op[-2:-1].isdigit() else self.op

    @property
    def reaches(self) -> tuple[int, ...]:
        """Effective kernel sizes."""
        return tuple(d * (k - 1) + 1 for k, d in zip(self.kernel_size, self.dilation, strict=True))

    @property
    def spatial(self) -> tuple[int, ...]:
        """Input sizes along the spatial axes."""
        return tuple(size for letter, size in self.sizes.items() if letter not in "NC")

    @property
    def answer(self) -> Inference | None:
        """What the framework of the request makes of it, unless it refuses."""
        return None if isinstance(self.source, ShapeError) else self.source


def read_wanted(request: Mapping[str, Any]) -> Wanted:
    """Read a request as POST /v1/shapes takes it.

    Raises:
        ShapeError: it makes no sense in any framework, or it has no window and is refused by its
            own. Other refusals are an answer.
    """
    values = {name: value for name, value in request.items() if value is not None}
    framework, op = values.pop("framework", "textbook"), values.pop("op", None)
    layout, input_shape = values.pop("layout", None), values.pop("input_shape", None)
    declared = {parameter.name for parameter in parameters(framework, op)}
    if op in _JOINS:
        raise ParameterError(
            "not_comparable", f"{op} is the same everywhere.", pointer="/op", hint="another layer"
        )
    source: Inference | ShapeError
    try:
        source = infer(read_layer(framework, op, input_shape, values, layout))
        letters = source.layer.layout
        shape = source.layer.input_shape
    except ShapeError as error:
        window = op[:-2] in WINDOWS
        if isinstance(error, UnknownError) or error.code in MALFORMED or not window:
            raise
        source, shape = error, read_shape(input_shape)
        found = [k for k in layouts(framework, op) if len(k) == len(shape)]
        if not found or not declared >= values.keys():
            raise
        letters = layout or found[0]
    rank = LAYOUTS[letters].rank
    sizes = dict(zip(letters.replace("W", "L") if rank == 1 else letters, shape, strict=True))
    if op[:-2] not in WINDOWS:
        return Wanted(framework, op, letters, rank, sizes, values, (), None, (), (), None, source)
    kernel, stride, dilation = (
        _sizes(framework, op, word, rank, values) for word in ("kernel_size", "stride", "dilation")
    )
    kernel, dilation = kernel or (1,) * rank, dilation or (1,) * rank
    reaches = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    padding = _padding(framework, op, values, reaches)
    more = _sizes(framework, op, "output_padding", rank, values, least=0)
    if "output_shape" in values and isinstance(source, Inference):
        padding, more = _asked(source, padding)
    return Wanted(
        framework,
        op,
        letters,
        rank,
        sizes,
        values,
        kernel,
        stride,
        dilation,
        padding,
        more,
        source,
    )


def _asked(
    source: Inference, padding: str | tuple[tuple[int, int], ...]
) -> tuple[str | tuple[tuple[int, int], ...], tuple[int, ...] | None]:
    """Say by padding what was said by the size of a transposed convolution's output."""
    named = all(
        axis.output
        == axis.input * axis.stride
        + (max(axis.effective_kernel_size - axis.stride, 0) if padding == "valid" else 0)
        for axis in source.axes
    )
    if named and padding in ("same", "valid"):
        return padding, None
    more = source.layer.output_padding
    return source.layer.padding, more if any(more) else None


def _sizes(
    framework: str, op: str, word: str, rank: int, values: Mapping[str, Any], *, least: int = 1
) -> tuple[int, ...] | None:
    """Read what was given; a default counts only where all frameworks have the same or none."""
    known = given(values, word)
    if known is not None:
        return read_sizes(values, known[0], rank, None, least)
    parameter = own_parameter(framework, op, word)
    if word == "kernel_size" and parameter is not None and type(parameter.default) is int:
        return (parameter.default,) * rank
    return None


def _padding(
    framework: str, op: str, values: Mapping[str, Any], reaches: list[int]
) -> str | tuple[tuple[int, int], ...]:
    padding = read_padding(framework, op, values, reaches)
    if padding is None:
        parameter = own_parameter(framework, op, "padding")
        if framework != "onnx" and parameter is not None:
            padding = read_padding(framework, op, {"padding": parameter.default}, reaches)
    return "valid" if padding is None else padding
