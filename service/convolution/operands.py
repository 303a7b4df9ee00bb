"""Input, weight and bias: checked against their layer, put in the order of the kernels."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from service.convolution.errors import OperandError
from service.convolution.geometry import Array, Geometry
from service.shapes import Layer

CHANNELS_LAST_WEIGHTS = frozenset({"keras", "tensorflow", "jax", "flax"})
"""Frameworks whose weights are (*kernel, in, out); the others have (out, in, *kernel)."""


@dataclass(frozen=True, slots=True)
class Operands:
    """The tensors of one convolution, ready for a kernel.

    ``data`` is ``(batch, channels, *spatial)``, ``weight`` ``(filters, channels / groups,
    *kernel)``, ``bias`` ``(filters,)`` or None, all of dtype ``compute``; ``result`` is the dtype
    of the output. Integers are computed in float64 where that is exact, because it is forty times
    faster.
    """

    data: Array
    weight: Array
    bias: Array | None
    compute: np.dtype[Any]
    result: np.dtype[Any]


@dataclass(frozen=True, slots=True)
class WeightSizes:
    """What the shape of a weight says about its layer; None where it has no such axis."""

    out_channels: int | None
    group_channels: int | None
    kernel_size: tuple[int, ...]


def weight_shape(layer: Layer) -> tuple[int, ...]:
    """Return the shape that a convolution's weight must have, in its framework's own order."""
    filters, per_group = layer.out_channels or 1, layer.in_channels // layer.groups
    if layer.framework in CHANNELS_LAST_WEIGHTS:
        return (*layer.kernel_size, per_group, filters)
    return (filters, per_group, *layer.kernel_size)


def read_weight_shape(framework: str, rank: int, shape: tuple[int, ...]) -> WeightSizes:
    """Read kernel size and channels from the shape of a convolution's weight.

    A weight with ``rank`` axes is the kernel alone. Raises OperandError ``weight_shape_mismatch``
    for any other number of axes than ``rank`` or ``rank + 2``.
    """
    if len(shape) == rank:
        return WeightSizes(None, None, shape)
    if len(shape) != rank + 2:
        raise OperandError(
            "weight_shape_mismatch",
            f"The weight has {len(shape)} axes; a {rank}-d convolution's has {rank + 2}.",
            pointer="/weight",
            hint=f"Give {_order(framework, rank)}, or one kernel alone with {rank} axes.",
        )
    if framework in CHANNELS_LAST_WEIGHTS:
        return WeightSizes(shape[-1], shape[-2], shape[:-2])
    return WeightSizes(shape[0], shape[1], shape[2:])


def read_input(layer: Layer, data: Array) -> Array:
    """View the input as ``(batch, channels, *spatial)``, keeping its dtype.

    The one channel of an input may be left out (28×28 for 28×28×1). Raises OperandError
    ``input_shape_mismatch`` or ``dtype_not_supported``.
    """
    _check_dtype(data, "input", "/input")
    letters = layer.layout
    if data.shape != layer.input_shape:
        squeezed = tuple(
            size for size, axis in zip(layer.input_shape, letters, strict=True) if axis != "C"
        )
        if layer.in_channels != 1 or data.shape != squeezed:
            raise OperandError(
                "input_shape_mismatch",
                f"The input is {_sizes(data.shape)}, "
                f"but the layer is for {_sizes(layer.input_shape)} ({letters}).",
                pointer="/input",
                hint=f"Give an input of {_sizes(layer.input_shape)}.",
            )
        letters = letters.replace("C", "")
    return _in_kernel_order(data, letters).reshape(layer.batch, layer.in_channels, *layer.spatial)


def read_output(layer: Layer, geometry: Geometry, output: Array) -> Array:
    """View an output in the layer's layout as ``(batch, filters, *output)``."""
    return _in_kernel_order(output, layer.layout).reshape(
        geometry.batch, geometry.filters, *geometry.output
    )


def write_output(layer: Layer, output: Array) -> Array:
    """Put ``(batch, filters, *output)`` in the layout of the layer, C-contiguous."""
    letters = layer.layout
    spatial = [axis for axis in letters if axis not in "NC"]
    kept = [axis for axis in ("N", "C") if axis in letters] + spatial
    if "N" not in letters:
        output = output[0]
    if "C" not in letters:
        output = output.reshape(output.shape[: -layer.rank - 1] + output.shape[-layer.rank :])
    return np.ascontiguousarray(output.transpose([kept.index(axis) for axis in letters]))


def read_operands(
    layer: Layer, geometry: Geometry, data: Array, weight: Array | None, bias: Array | None
) -> Operands:
    """Check the tensors of a convolution and choose the dtype it is computed in.

    Raises OperandError ``weight_missing``, ``weight_shape_mismatch``, ``bias_shape_mismatch``,
    ``input_shape_mismatch`` or ``dtype_not_supported``.
    """
    if weight is None:
        raise OperandError(
            "weight_missing",
            f"{layer.op} needs a weight.",
            pointer="/weight",
            hint=f"Give a weight of {_sizes(weight_shape(layer))} "
            f"({_order(layer.framework, layer.rank)}).",
        )
    data = read_input(layer, data)
    weight = _read_weight(layer, weight)
    if bias is not None:
        _check_dtype(bias, "bias", "/bias")
        if bias.shape != (geometry.filters,):
            raise OperandError(
                "bias_shape_mismatch",
                f"The bias is {_sizes(bias.shape)}, "
                f"but the layer has {geometry.filters} output channels.",
                pointer="/bias",
                hint=f"Give a list of {geometry.filters} numbers, one for each output channel.",
            )
    compute, result = _dtypes(data, weight, bias)
    return Operands(
        data.astype(compute, copy=False),
        weight.astype(compute, copy=False),
        None if bias is None else bias.astype(compute, copy=False),
        compute,
        result,
    )


def refuse_weights(layer: Layer, weight: Array | None, bias: Array | None) -> None:
    """Raise OperandError ``weight_not_wanted`` or ``bias_not_wanted`` for a pool given either."""
    for name, value in (("weight", weight), ("bias", bias)):
        if value is not None:
            raise OperandError(
                f"{name}_not_wanted",
                f"{layer.op} has no {name}: it only looks at its window.",
                pointer=f"/{name}",
                hint=f"Leave {name} out.",
            )


def _in_kernel_order(array: Array, letters: str) -> Array:
    spatial = [axis for axis, letter in enumerate(letters) if letter not in "NC"]
    return array.transpose([letters.index(axis) for axis in "NC" if axis in letters] + spatial)


def _read_weight(layer: Layer, weight: Array) -> Array:
    """View the weight as ``(filters, channels / groups, *kernel)``."""
    _check_dtype(weight, "weight", "/weight")
    wanted = weight_shape(layer)
    per_group, filters = layer.in_channels // layer.groups, layer.out_channels or 1
    if weight.shape == layer.kernel_size and per_group == filters == 1:
        return weight.reshape(1, 1, *layer.kernel_size)
    if weight.shape != wanted:
        raise OperandError(
            "weight_shape_mismatch",
            f"The weight is {_sizes(weight.shape)}, but this layer's is {_sizes(wanted)} "
            f"({_order(layer.framework, layer.rank)}).",
            pointer="/weight",
            hint=f"Give a weight of {_sizes(wanted)}: {filters} filters over {per_group} "
            f"channels each.",
        )
    if layer.framework in CHANNELS_LAST_WEIGHTS:
        return weight.transpose(layer.rank + 1, layer.rank, *range(layer.rank))
    return weight


def _dtypes(data: Array, weight: Array, bias: Array | None) -> tuple[np.dtype[Any], np.dtype[Any]]:
    """Choose (dtype to compute in, dtype of the result).

    For integers the largest possible sum is bounded beforehand: the largest |input| times the
    largest sum of |weight| of a filter, plus the largest |bias|. Below 2**52 every partial sum is
    exact in float64 (2**53 with a margin for the rounding of the bound itself), below 2**62 in
    int64; above, the result is float64 and rounded.
    """
    operands = [data, weight] if bias is None else [data, weight, bias]
    if any(operand.dtype.kind == "f" for operand in operands):
        dtype = np.result_type(*operands)
        return dtype, dtype
    double, whole = np.dtype(np.float64), np.dtype(np.int64)
    per_filter = np.abs(weight.astype(np.float64)).sum(axis=tuple(range(1, weight.ndim)))
    peak = float(np.abs(data.astype(np.float64)).max())
    bound = max(peak, 1.0) * max(float(per_filter.max()), 1.0)
    if bias is not None:
        bound += float(np.abs(bias.astype(np.float64)).max())
    if bound < 2.0**52:
        return double, whole
    if bound < 2.0**62:
        return whole, whole
    return double, double


def _check_dtype(array: Array, name: str, pointer: str) -> None:
    if array.dtype.kind not in "iu" and array.dtype not in (np.float32, np.float64):
        raise OperandError(
            "dtype_not_supported",
            f"The {name} is {array.dtype}.",
            pointer=pointer,
            hint="Give float32, float64 or integers.",
        )


def _order(framework: str, rank: int) -> str:
    kernel = "kernel size" if rank == 1 else "kernel sizes"
    if framework in CHANNELS_LAST_WEIGHTS:
        return f"{kernel}, input channels a group, output channels"
    return f"output channels, input channels a group, {kernel}"


def _sizes(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape)) or "a single number"
