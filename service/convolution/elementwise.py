"""What stands between the convolutions of a network: sums of features, functions, joins.

Nothing here knows of windows: inputs and outputs are in the layer's own layout.
"""

import numpy as np

from service.convolution.errors import OperandError
from service.convolution.geometry import Array
from service.convolution.operands import (
    Tensors,
    check_dtype,
    float_dtypes,
    read_plain,
    read_vector,
    read_weight,
    refuse_weights,
    sizes,
    whole_dtypes,
)
from service.shapes import LAYOUTS, Layer

__all__ = ["activate", "add", "concatenate", "flatten", "linear", "normalise"]
__all__ += ["pass_through"]


def linear(layer: Layer, tensors: Tensors) -> Array:
    """Every output is a weighted sum of all features, which are the last axis.

    ONNX's Gemm takes the bias in any shape that fits the output, and both with a factor.
    """
    weight = read_weight(layer, tensors.weight)
    data = read_plain(layer, tensors.data)
    details = layer.details
    if details.transpose_input:
        data = data.T
    bias = _read_bias(layer, tensors.bias, (*data.shape[:-1], layer.out_channels or 1))
    if (details.alpha, details.beta) != (1, 1):
        data = as_float(data)
    compute, result = float_dtypes(data, weight, bias) or whole_dtypes(
        data, [(np.abs(weight.astype(np.float64)).sum(axis=1), bias)]
    )
    weight = weight.astype(compute, copy=False)
    output: Array = np.matmul(data.astype(compute, copy=False), weight.T)
    if details.alpha != 1:
        output *= compute.type(details.alpha)
    if bias is not None:
        bias = bias.astype(compute)
        output += bias if details.beta == 1 else bias * compute.type(details.beta)
    return output.astype(result, copy=False)


def _read_bias(layer: Layer, bias: Array | None, output: tuple[int, ...]) -> Array | None:
    if bias is None or layer.op != "gemm":
        return read_vector(bias, "bias", output[-1], "output")
    check_dtype(bias, "bias", "/bias")
    fits = bias.ndim <= 2 and all(
        size in (1, whole) for size, whole in zip(bias.shape[::-1], output[::-1], strict=False)
    )
    if not fits:
        raise OperandError(
            "bias_shape_mismatch",
            f"The bias is {sizes(bias.shape)}, which cannot be spread over {sizes(output)}.",
            pointer="/bias",
            hint=f"Give {output[-1]} numbers, {sizes(output)} of them, or 1 in place of either.",
        )
    return bias


def flatten(layer: Layer, tensors: Tensors) -> Array:
    """Merge axes into one, their numbers in the order in which they stand."""
    refuse_weights(layer, tensors)
    data, (first, last) = read_plain(layer, tensors.data), layer.axes
    merged = data.reshape(*data.shape[:first], -1, *data.shape[last + 1 :])
    return np.ascontiguousarray(merged)


def normalise(layer: Layer, tensors: Tensors) -> Array:
    """Batch normalisation as a trained network does it, with its moving mean and variance.

    (x − mean)/√(variance + ε)·scale + bias; mean 0, variance 1, scale 1 and bias 0 if left out.
    """
    data: Array = as_float(read_plain(layer, tensors.data))
    channel = LAYOUTS[layer.layout].channel
    shape = [1] * data.ndim
    if channel is not None:
        shape[channel] = layer.in_channels
    vectors = {
        name: read_vector(getattr(tensors, name), name, layer.in_channels, "channel")
        for name in ("mean", "variance", "weight", "bias")
    }
    mean, variance, scale, bias = (
        None if vector is None else vector.astype(data.dtype).reshape(shape)
        for vector in vectors.values()
    )
    data = data.copy() if mean is None else data - mean
    factor = np.asarray(1 + layer.details.epsilon, dtype=data.dtype)
    if variance is not None:
        if (variance < 0).any():
            raise OperandError(
                "negative_variance",
                "A variance is below 0.",
                pointer="/variance",
                hint="Give the mean of the squared distances to the mean.",
            )
        factor = variance + data.dtype.type(layer.details.epsilon)
    factor = 1 / np.sqrt(factor)
    data *= factor if scale is None else factor * scale
    if bias is not None:
        data += bias
    return data


def activate(layer: Layer, tensors: Tensors) -> Array:
    """Apply a function to every number (softmax: to all numbers along its axis)."""
    refuse_weights(layer, tensors)
    data = read_plain(layer, tensors.data)
    name = layer.op
    if name in ("relu", "relu6", "leaky_relu"):
        return _rectify(layer, data)
    data = as_float(data)
    result: Array
    if name == "tanh":
        result = np.tanh(data)
    elif name == "sigmoid":
        small = np.exp(-np.abs(data))  # never overflows
        result = np.where(data >= 0, 1 / (1 + small), small / (1 + small))
    else:
        (axis,) = layer.axes
        result = np.exp(data - data.max(axis=axis, keepdims=True))
        result /= result.sum(axis=axis, keepdims=True)
    return result


def _rectify(layer: Layer, data: Array) -> Array:
    details = layer.details
    ceiling = 6.0 if layer.op == "relu6" else details.ceiling
    if details.slope or details.threshold or (ceiling is not None and ceiling % 1):
        data = as_float(data)
    dtype = data.dtype.type
    output: Array
    if not details.slope and not details.threshold:
        output = np.maximum(data, dtype(0))
    else:
        threshold = dtype(details.threshold)
        below = dtype(details.slope) * (data - threshold)
        output = np.where(data > threshold, data, below)
    return output if ceiling is None else np.minimum(output, dtype(ceiling), out=output)


def pass_through(layer: Layer, tensors: Tensors) -> Array:
    """Dropout once trained: nothing is dropped."""
    refuse_weights(layer, tensors)
    return read_plain(layer, tensors.data).copy()


def add(layer: Layer, tensors: Tensors) -> Array:
    """Add inputs of one shape cell by cell."""
    total, *others = _read_joined(layer, tensors)
    for other in others:
        total = total + other
    return total


def concatenate(layer: Layer, tensors: Tensors) -> Array:
    """Put inputs one behind the other along an axis."""
    return np.concatenate(_read_joined(layer, tensors), axis=layer.axes[0])


def _read_joined(layer: Layer, tensors: Tensors) -> list[Array]:
    refuse_weights(layer, tensors)
    found = tuple(other.shape for other in tensors.others)
    if found != layer.other_shapes:
        raise OperandError(
            "input_shape_mismatch",
            f"Besides its input the layer joins {_list(layer.other_shapes)}, not {_list(found)}.",
            pointer="/others",
            hint=f"Give tensors of {_list(layer.other_shapes)}.",
        )
    for other in tensors.others:
        check_dtype(other, "other input", "/others")
    return [read_plain(layer, tensors.data), *tensors.others]


def _list(shapes: tuple[tuple[int, ...], ...]) -> str:
    return ", ".join(map(sizes, shapes)) or "nothing"


def as_float(data: Array) -> Array:
    """Turn integers into float64, keep floats."""
    return data if data.dtype.kind == "f" else data.astype(np.float64)
