"""What leads to a size, and what a stack of layers sees, of numbers that somebody chose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from service.quiz.own.basis import Basis, Computed, worked_out
from service.quiz.own.numbers import Number
from service.quiz.own.sizes import KERNEL, STRIDE
from service.quiz.templates.backwards import (
    effective_kernel,
    kernel_from_shapes,
    same_padding,
    stride_from_shapes,
    strides_that_fit,
)
from service.quiz.templates.convolutions import infer_setting
from service.quiz.templates.receptive_field import Window, network, see_through

if TYPE_CHECKING:
    from service.quiz.own.basis import Values

__all__ = ["BASES"]

_MOST_SEEN: Final = 100_000
_SIZE: Final = Number("size", "Pixels of the input, along each side.", most=4096)
_PADDING: Final = Number("padding", "Pixels on each side.", least=0, default=0)
_DILATION: Final = Number("dilation", "Pixels from one weight to the next.", default=1)
_PARTS: Final = {"input": ("size", "size"), "kernel": ("kernel_size", "kernel_size")}


def _request(values: Values, **more: Any) -> dict[str, Any]:
    side = values["size"]
    names = ("kernel_size", "stride", "padding", "dilation")
    given = {name: values[name] for name in names if name in values}
    return {"op": "conv2d", "input_shape": [side, side], "filters": 1, **given, **more}


def _output(request: dict[str, Any]) -> int:
    """The size that the engine gives; raises ShapeError where it refuses the numbers."""
    return infer_setting(request).axes[0].output


def _same_padding(values: Values) -> Computed:
    request = _request(values, padding="same")
    side, each = _output(request), values["asked"] == "each"
    worked = same_padding(
        values["size"],
        values["kernel_size"],
        values["stride"],
        values["dilation"],
        2 if each else 1,
    )
    total = worked.steps[0].value
    return worked_out(
        worked,
        request,
        given={"output": f"{side}×{side}"},
        no_question='the two sides don\'t get the same: ask for both together (asked = "total")'
        if each and total % 2
        else "",
    )


def _kernel(values: Values) -> Computed:
    request = _request(values)
    side = _output(request)
    worked = kernel_from_shapes(values["size"], side, values["padding"], values["dilation"])
    return worked_out(worked, request, given={"output": f"{side}×{side}"})


def _stride(values: Values) -> Computed:
    request = _request(values)
    side = _output(request)
    width, kernel, padding = values["size"], values["kernel_size"], values["padding"]
    fitting = strides_that_fit(width, kernel, side, padding) if side > 1 else []
    if fitting != [values["stride"]]:
        several = f"the strides {', '.join(map(str, fitting[:5]))}" if fitting else "many strides"
        return Computed(values["stride"], (), request, no_question=f"{several} lead to {side}")
    worked = stride_from_shapes(width, kernel, side, padding)
    return worked_out(worked, request, given={"output": f"{side}×{side}"})


def _effective(values: Values) -> Computed:
    worked = effective_kernel(values["kernel_size"], values["dilation"])
    return worked_out(worked, _request({**values, "size": 2 * worked.key}))


def _field(values: Values) -> Computed:
    window = Window(values["kernel_size"], values["stride"], values["dilation"])
    stack = (window,) * values["layers"]
    worked = see_through(stack)
    return worked_out(
        worked,
        network(stack, max(512, 2 * worked.key)),
        path="/v1/networks",
        quantity="receptive_field",
        no_question="it sees more pixels than pictures have" if worked.key > _MOST_SEEN else "",
    )


BASES: Final = (
    Basis(
        "same-padding",
        "integer",
        (
            _SIZE,
            KERNEL,
            STRIDE,
            _DILATION,
            Number(
                "asked",
                "The padding of each side, or of both together.",
                None,
                words={"each": "on each side", "total": "in all, both sides together"},
                default="total",
            ),
        ),
        _same_padding,
        _PARTS,
    ),
    Basis(
        "kernel-from-shapes",
        "integer",
        (
            _SIZE,
            Number("kernel_size", "What is asked for; stride is 1.", secret=True),
            _PADDING,
            _DILATION,
        ),
        _kernel,
        {"input": ("size", "size")},
        given=("output",),
    ),
    Basis(
        "stride-from-shapes",
        "integer",
        (_SIZE, KERNEL, Number("stride", "What is asked for.", secret=True), _PADDING),
        _stride,
        _PARTS,
        given=("output",),
        least=1,
    ),
    Basis(
        "effective-kernel",
        "integer",
        (KERNEL, Number("dilation", "Pixels from one weight to the next.")),
        _effective,
        {"kernel": _PARTS["kernel"]},
    ),
    Basis(
        "receptive-field",
        "integer",
        (
            Number("layers", "Layers, all alike.", least=2, most=8),
            KERNEL,
            STRIDE,
            _DILATION,
        ),
        _field,
        {"kernel": _PARTS["kernel"]},
    ),
)
"""Questions that go back from an output."""
