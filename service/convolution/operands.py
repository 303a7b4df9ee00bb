"""Input, weight and bias: checked against their layer, put in the order of the kernels."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from service.convolution.errors import OperandError
from service.convolution.geometry import Array, Geometry
from service.convolution.weights import kernel_order, shape_in_words, weight_shape
from service.shapes import Layer


@dataclass(frozen=True, slots=True)
class Tensors:
    """What a layer is run on: its input, and whatever it has learned.

    ``pointwise_weight`` and ``depthwise_bias`` belong to separable convolutions, ``mean`` and
    ``variance`` to normalisations (whose scale is the ``weight``), ``others`` to joins.
    """

    data: Array
    weight: Array | None = None
    bias: Array | None = None
    pointwise_weight: Array | None = None
    depthwise_bias: Array | None = None
    mean: Array | None = None
    variance: Array | None = None
    others: tuple[Array, ...] = ()


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


def read_input(layer: Layer, data: Array) -> Array:
    """View the input as ``(batch, channels, *spatial)``, keeping its dtype.

    The one channel of an input may be left out (28×28 for 28×28×1). Raises OperandError
    ``input_shape_mismatch`` or ``dtype_not_supported``.
    """
    check_dtype(data, "input", "/input")
    letters = layer.layout
    if data.shape != layer.input_shape:
        squeezed = tuple(
            size for size, axis in zip(layer.input_shape, letters, strict=True) if axis != "C"
        )
        if layer.in_channels != 1 or data.shape != squeezed:
            raise OperandError(
                "input_shape_mismatch",
                f"The input is {sizes(data.shape)}, "
                f"but the layer is for {sizes(layer.input_shape)} ({letters}).",
                pointer="/input",
                hint=f"Give an input of {sizes(layer.input_shape)}.",
            )
        letters = letters.replace("C", "")
    return _in_kernel_order(data, letters).reshape(layer.batch, layer.in_channels, *layer.spatial)


def read_plain(layer: Layer, data: Array) -> Array:
    """Check an input that stays in the layer's layout."""
    check_dtype(data, "input", "/input")
    if data.shape != layer.input_shape:
        raise OperandError(
            "input_shape_mismatch",
            f"The input is {sizes(data.shape)}, but the layer is for {sizes(layer.input_shape)}.",
            pointer="/input",
            hint=f"Give an input of {sizes(layer.input_shape)}.",
        )
    return data


def read_output(layer: Layer, geometry: Geometry, output: Array) -> Array:
    """View an output in the layer's layout as ``(batch, filters, *output)``."""
    if output.ndim < len(layer.layout):  # a global pool that keeps no axes
        return output.reshape(geometry.batch, geometry.filters, *geometry.output)
    return _in_kernel_order(output, layer.layout).reshape(
        geometry.batch, geometry.filters, *geometry.output
    )


def write_output(layer: Layer, output: Array) -> Array:
    """Put ``(batch, filters, *output)`` in the layout of the layer, C-contiguous.

    Of a global pool that keeps no axes, the spatial ones are dropped.
    """
    letters = layer.layout
    if layer.kind.startswith("global") and not layer.keepdims:
        output = output.reshape(output.shape[:2])
        output = output if "N" in letters else output[0]
        return np.ascontiguousarray(output)
    spatial = [axis for axis in letters if axis not in "NC"]
    kept = [axis for axis in ("N", "C") if axis in letters] + spatial
    if "N" not in letters:
        output = output[0]
    if "C" not in letters:
        output = output.reshape(output.shape[: -layer.rank - 1] + output.shape[-layer.rank :])
    return np.ascontiguousarray(output.transpose([kept.index(axis) for axis in letters]))


def read_operands(layer: Layer, geometry: Geometry, tensors: Tensors) -> Operands:
    """Check the tensors of a convolution and choose the dtype it is computed in.

    Raises OperandError ``weight_missing``, ``weight_shape_mismatch``, ``bias_shape_mismatch``,
    ``input_shape_mismatch`` or ``dtype_not_supported``.
    """
    weight = read_weight(layer, tensors.weight)
    data = read_input(layer, tensors.data)
    bias = read_vector(tensors.bias, "bias", geometry.filters, "output channel")
    compute, result = float_dtypes(data, weight, bias) or whole_dtypes(
        data, [(reach_of(layer, weight), bias)]
    )
    return Operands(
        data.astype(compute, copy=False),
        weight.astype(compute, copy=False),
        None if bias is None else bias.astype(compute, copy=False),
        compute,
        result,
    )


def read_weight(layer: Layer, weight: Array | None) -> Array:
    """View the weight of a layer in the order of the kernels."""
    wanted = weight_shape(layer)
    if weight is None:
        raise OperandError(
            "weight_missing",
            f"{layer.op} needs a weight.",
            pointer="/weight",
            hint=f"Give a weight of {sizes(wanted)} ({shape_in_words(layer)}).",
        )
    check_dtype(weight, "weight", "/weight")
    if weight.shape == layer.kernel_size and prod(wanted) == prod(weight.shape):
        weight = weight.reshape(wanted)
    if weight.shape != wanted:
        raise OperandError(
            "weight_shape_mismatch",
            f"The weight is {sizes(weight.shape)}, but this layer's is {sizes(wanted)} "
            f"({shape_in_words(layer)}).",
            pointer="/weight",
            hint=f"Give a weight of {sizes(wanted)}.",
        )
    return kernel_order(layer, weight)


def read_vector(vector: Array | None, name: str, length: int, each: str) -> Array | None:
    """Check one number for each channel, such as a bias; None where there is none."""
    if vector is None:
        return None
    check_dtype(vector, name, f"/{name}")
    if vector.shape != (length,):
        raise OperandError(
            "bias_shape_mismatch",
            f"The {name} is {sizes(vector.shape)}, but the layer has {length} {each}s.",
            pointer=f"/{name}",
            hint=f"Give a list of {length} numbers, one for each {each}.",
        )
    return vector


def reach_of(layer: Layer, weight: Array) -> Array:
    """The largest sum of |weight| that meets in one output, for each filter."""
    size: Array = np.abs(weight.astype(np.float64))
    if layer.kind == "conv_transpose":
        size = size.reshape(layer.groups, -1, *size.shape[1:]).swapaxes(1, 2)
        size = size.reshape(-1, *size.shape[2:])
    total: Array = size.sum(axis=tuple(range(1, size.ndim)))
    return total


def refuse_weights(layer: Layer, tensors: Tensors) -> None:
    """Raise OperandError ``weight_not_wanted`` or ``bias_not_wanted`` where there can be none."""
    for name in ("weight", "bias"):
        if getattr(tensors, name) is not None:
            raise OperandError(
                f"{name}_not_wanted",
                f"{layer.op} has no {name}: it has learned nothing.",
                pointer=f"/{name}",
                hint=f"Leave {name} out.",
            )


def _in_kernel_order(array: Array, letters: str) -> Array:
    spatial = [axis for axis, letter in enumerate(letters) if letter not in "NC"]
    return array.transpose([letters.index(axis) for axis in "NC" if axis in letters] + spatial)


def float_dtypes(*operands: Array | None) -> tuple[np.dtype[Any], np.dtype[Any]] | None:
    """The dtype to compute in and that of the result, where any operand is of floats."""
    given = [operand for operand in operands if operand is not None]
    if not any(operand.dtype.kind == "f" for operand in given):
        return None
    dtype = np.result_type(*given)
    return dtype, dtype


def whole_dtypes(
    data: Array, sums: Sequence[tuple[Array, Array | None]]
) -> tuple[np.dtype[Any], np.dtype[Any]]:
    """The dtype to compute weighted sums of integers in, one after the other, and their result's.

    ``sums`` holds for each what it multiplies its input by at most (`reach_of` each filter), and
    its bias. They bound the largest possible sum: below 2**52 every partial sum is exact in
    float64 (2**53 with a margin for the rounding of the bound itself), below 2**62 in int64;
    above, the result is float64 and rounded.
    """
    double, whole = np.dtype(np.float64), np.dtype(np.int64)
    bound = float(np.abs(data.astype(np.float64)).max())
    for reach, bias in sums:
        bound = max(bound, 1.0) * max(float(reach.max()), 1.0)
        if bias is not None:
            bound += float(np.abs(bias.astype(np.float64)).max())
    if bound < 2.0**52:
        return double, whole
    if bound < 2.0**62:
        return whole, whole
    return double, double


def check_dtype(array: Array, name: str, pointer: str) -> None:
    """Raise OperandError ``dtype_not_supported`` for what is no array of plain numbers."""
    if array.dtype.kind not in "iu" and array.dtype not in (np.float32, np.float64):
        raise OperandError(
            "dtype_not_supported",
            f"The {name} is {array.dtype}.",
            pointer=pointer,
            hint="Give float32, float64 or integers.",
        )


def sizes(shape: tuple[int, ...]) -> str:
    """Write a shape: 3×3."""
    return "×".join(map(str, shape)) or "a single number"
