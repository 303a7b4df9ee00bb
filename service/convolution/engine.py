"""Running one layer on numbers."""

from collections.abc import Callable
from typing import Any, Final

import numpy as np

from service.convolution import elementwise
from service.convolution.blocks import put_back
from service.convolution.channelwise import separate
from service.convolution.correlate import correlate
from service.convolution.errors import OperandError
from service.convolution.geometry import Array, Geometry
from service.convolution.interpolation import upsample
from service.convolution.moving import crop, pad, pad_axes
from service.convolution.norms import lp_pool
from service.convolution.operands import (
    Tensors,
    read_input,
    read_operands,
    refuse_weights,
    write_output,
)
from service.convolution.pooling import avg_pool, max_pool, refuse_empty_windows
from service.convolution.prepared import is_finite, prepared
from service.convolution.transposed import scatter
from service.convolution.windows import adaptive_mean, maxima, windows_of
from service.shapes import Layer

__all__ = ["FUNCTIONS", "KERNELS", "indices", "run"]

Kernel = Callable[[Layer, Geometry, Tensors], Array]


def run(
    layer: Layer,
    data: Array,
    weight: Array | None = None,
    bias: Array | None = None,
    **others: Any,
) -> Array:
    """Run a layer on an input and return its output.

    ``data`` has the shape ``layer.input_shape`` (a single channel may be left out), ``weight`` the
    framework's own order (`weight_shape`; or the kernel alone for one filter on one channel),
    ``bias`` one number for each output channel; a bias is added when it is given. ``others`` are
    ``pointwise_weight`` and ``depthwise_bias`` of separable convolutions, ``mean`` and
    ``variance`` of normalisations (whose scale is the weight), and ``others``, the further inputs
    of a join. The output has the layer's layout.

    float32 and float64 are kept. Weighted sums of integers give int64 as long as no sum can leave
    64 bits, else float64; a maximum and whatever only moves numbers keep any dtype; means, norms
    and mixtures of integers are float64.

    Raises OperandError for tensors that do not fit, for a window in the padding alone
    (``empty_window``) and for an output that is not finite (``not_finite``). A kernel larger than
    its input, where a framework allows it, gives an axis of size 0. ``check_budget`` is for the
    caller to ask first.
    """
    convolution = prepared(layer).convolution
    if convolution is not None and not others:
        convolved = convolution.run(data, weight, bias)
        if convolved is not None:
            return convolved
    tensors = Tensors(data, weight, bias, **others)
    with np.errstate(all="ignore"):
        output = _compute(layer, tensors)
    if output.dtype.kind == "f" and not is_finite(output):
        raise _not_finite(layer, output.dtype, tensors)
    return output


def _compute(layer: Layer, tensors: Tensors) -> Array:
    if layer.kind in FUNCTIONS:
        return FUNCTIONS[layer.kind](layer, tensors)
    known = prepared(layer)
    geometry = known.geometry
    if 0 in geometry.output:
        return np.zeros(known.inference.output_shape, dtype=read_input(layer, tensors.data).dtype)
    return write_output(layer, KERNELS[layer.kind](layer, geometry, tensors))


def indices(layer: Layer, data: Array) -> Array:
    """Where each maximum of a max pool was found; int64, of the output's shape.

    Counted row by row in the input's own channel, as PyTorch does, or in ONNX over the whole
    input; with ``column_major`` the spatial axes are counted the other way round. Of equal
    maxima the first row by row counts. Raises OperandError as `run` does.
    """
    refuse_weights(layer, Tensors(data))
    known = prepared(layer)
    geometry = known.geometry
    cells = read_input(layer, data)
    if 0 in geometry.output:
        return np.zeros(known.inference.output_shape, dtype=np.int64)
    if not layer.kind.startswith("adaptive"):
        refuse_empty_windows(geometry)
    _, places = maxima(cells, windows_of(layer, geometry))
    if layer.details.column_major:
        steps = np.cumprod((1, *geometry.size[:-1]))
        where = np.unravel_index(places, geometry.size)
        places = sum(at * step for at, step in zip(where, steps, strict=True))
    if layer.framework == "onnx":
        planes = np.arange(geometry.batch * geometry.channels) * int(np.prod(geometry.size))
        places = places + planes.reshape(geometry.batch, -1, *(1,) * geometry.rank)
    return write_output(layer, places)


def _convolve(layer: Layer, geometry: Geometry, tensors: Tensors) -> Array:
    operands = read_operands(layer, geometry, tensors)
    if layer.kind == "conv_transpose":
        output = scatter(operands.data, operands.weight, geometry)
    else:
        output = correlate(operands.data, operands.weight, geometry, mode=layer.padding_mode)
    if operands.bias is not None:
        output += operands.bias.reshape(-1, *(1,) * geometry.rank)
    return output.astype(operands.result, copy=False)


def _max_pool(layer: Layer, geometry: Geometry, tensors: Tensors) -> Array:
    refuse_weights(layer, tensors)
    return max_pool(read_input(layer, tensors.data), geometry)


def _avg_pool(layer: Layer, geometry: Geometry, tensors: Tensors) -> Array:
    refuse_weights(layer, tensors)
    return avg_pool(
        read_input(layer, tensors.data),
        geometry,
        count_include_pad=layer.count_include_pad,
        divisor_override=layer.divisor_override,
    )


def _lp_pool(layer: Layer, geometry: Geometry, tensors: Tensors) -> Array:
    refuse_weights(layer, tensors)
    return lp_pool(layer, read_input(layer, tensors.data), geometry)


def _adaptive_max(layer: Layer, geometry: Geometry, tensors: Tensors) -> Array:
    refuse_weights(layer, tensors)
    return maxima(read_input(layer, tensors.data), windows_of(layer, geometry))[0]


def _adaptive_avg(layer: Layer, geometry: Geometry, tensors: Tensors) -> Array:
    refuse_weights(layer, tensors)
    return adaptive_mean(read_input(layer, tensors.data), windows_of(layer, geometry))


def _pad(layer: Layer, geometry: Geometry, tensors: Tensors) -> Array:
    refuse_weights(layer, tensors)
    return pad(layer, read_input(layer, tensors.data), geometry)


def _crop(layer: Layer, geometry: Geometry, tensors: Tensors) -> Array:
    refuse_weights(layer, tensors)
    return crop(read_input(layer, tensors.data), geometry)


def _upsample(layer: Layer, geometry: Geometry, tensors: Tensors) -> Array:
    refuse_weights(layer, tensors)
    return upsample(layer, read_input(layer, tensors.data), geometry)


def _not_finite(layer: Layer, dtype: np.dtype[Any], tensors: Tensors) -> OperandError:
    """Say where an infinity or NaN comes from: an operand, or the sums themselves."""
    for name, operand in (
        ("input", tensors.data),
        ("weight", tensors.weight),
        ("bias", tensors.bias),
    ):
        if operand is not None and not is_finite(operand):
            return OperandError(
                "not_finite",
                f"The {name} holds a number that is not finite.",
                pointer=f"/{name}",
                hint="Use finite numbers.",
            )
    if layer.kind.endswith("lp_pool") and layer.framework == "pytorch":
        return OperandError(
            "not_finite",
            "The output is not finite: PyTorch adds up xᵖ, not |x|ᵖ, so a sum may be negative and "
            "have no root.",
            hint="Use an even norm_type, numbers from 0 up, or the framework `textbook`.",
        )
    return OperandError(
        "not_finite",
        f"The output is not finite: some sum leaves the range of {dtype}.",
        hint="Use smaller numbers.",
    )


KERNELS: Final[dict[str, Kernel]] = {
    "conv": _convolve,
    "conv_transpose": _convolve,
    "depthwise": _convolve,
    "separable": separate,
    "max_pool": _max_pool,
    "avg_pool": _avg_pool,
    "lp_pool": _lp_pool,
    "adaptive_max_pool": _adaptive_max,
    "adaptive_avg_pool": _adaptive_avg,
    "global_max_pool": _max_pool,
    "global_avg_pool": _avg_pool,
    "global_lp_pool": _lp_pool,
    "zero_padding": _pad,
    "cropping": _crop,
    "center_crop_like": _crop,
    "upsampling": _upsample,
}
"""What works along spatial axes, on ``(batch, channels, *spatial)``."""

FUNCTIONS: Final[dict[str, Callable[[Layer, Tensors], Array]]] = {
    "linear": elementwise.linear,
    "flatten": elementwise.flatten,
    "batch_norm": elementwise.normalise,
    "pad": pad_axes,
    "col2im": put_back,
    "activation": elementwise.activate,
    "dropout": elementwise.pass_through,
    "add": elementwise.add,
    "concat": elementwise.concatenate,
}
"""What knows of no spatial axes, in the layer's own layout."""
