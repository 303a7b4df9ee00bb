"""Running one layer on numbers."""

from collections.abc import Callable
from typing import Any

import numpy as np

from service.convolution.correlate import correlate
from service.convolution.errors import OperandError
from service.convolution.geometry import Array, Geometry, check_supported, geometry_of
from service.convolution.operands import read_input, read_operands, refuse_weights, write_output
from service.convolution.padding import padded
from service.convolution.pooling import avg_pool, max_pool
from service.shapes import Layer, infer

Kernel = Callable[[Layer, Geometry, Array, Array | None, Array | None], Array]


def run(layer: Layer, data: Array, weight: Array | None = None, bias: Array | None = None) -> Array:
    """Run a layer on an input and return its output.

    ``data`` has the shape ``layer.input_shape`` (a single channel may be left out), ``weight`` the
    framework's own order (out, in / groups, \\*kernel; or the kernel alone for one filter on one
    channel), ``bias`` one number for each output channel; a bias is added when it is given. The
    output has the layer's layout.

    float32 and float64 are kept. A convolution of integers gives int64 as long as no sum can leave
    64 bits, else float64; a maximum keeps any dtype; a mean of integers is float64.

    Raises OperandError for tensors that do not fit, for a window in the padding alone
    (``empty_window``) and for an output that is not finite (``not_finite``). A kernel larger than
    its input, where a framework allows it, gives an axis of size 0. ``check_budget`` is for the
    caller to ask first.
    """
    check_supported(layer)
    kernel = KERNELS[layer.kind]
    inference = infer(layer)
    geometry = geometry_of(inference)
    if 0 in geometry.output:
        return np.zeros(inference.output_shape, dtype=read_input(layer, data).dtype)
    with np.errstate(all="ignore"):
        output = kernel(layer, geometry, data, weight, bias)
    if output.dtype.kind == "f" and not np.isfinite(output).all():
        raise _not_finite(output.dtype, input=data, weight=weight, bias=bias)
    return write_output(layer, output)


def _convolve(
    layer: Layer, geometry: Geometry, data: Array, weight: Array | None, bias: Array | None
) -> Array:
    operands = read_operands(layer, geometry, data, weight, bias)
    source = padded(operands.data, geometry, mode=layer.padding_mode)
    output = correlate(source, operands.weight, geometry)
    if operands.bias is not None:
        output += operands.bias.reshape(-1, *(1,) * geometry.rank)
    return output.astype(operands.result, copy=False)


def _max_pool(
    layer: Layer, geometry: Geometry, data: Array, weight: Array | None, bias: Array | None
) -> Array:
    refuse_weights(layer, weight, bias)
    return max_pool(read_input(layer, data), geometry)


def _avg_pool(
    layer: Layer, geometry: Geometry, data: Array, weight: Array | None, bias: Array | None
) -> Array:
    refuse_weights(layer, weight, bias)
    return avg_pool(
        read_input(layer, data),
        geometry,
        count_include_pad=layer.count_include_pad,
        divisor_override=layer.divisor_override,
    )


def _not_finite(dtype: np.dtype[Any], **operands: Array | None) -> OperandError:
    """Say where an infinity or NaN comes from: an operand, or the sums themselves."""
    for name, operand in operands.items():
        if operand is not None and not np.isfinite(operand).all():
            return OperandError(
                "not_finite",
                f"The {name} holds a number that is not finite.",
                pointer=f"/{name}",
                hint="Use finite numbers.",
            )
    return OperandError(
        "not_finite",
        f"The output is not finite: some sum leaves the range of {dtype}.",
        hint="Use smaller numbers.",
    )


KERNELS: dict[str, Kernel] = {"conv": _convolve, "max_pool": _max_pool, "avg_pool": _avg_pool}
