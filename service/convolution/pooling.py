"""Pooling: both the maximum and the sum of a box fall apart into one pass per axis."""

import numpy as np

from service.convolution.errors import OperandError
from service.convolution.geometry import Array, Geometry
from service.convolution.padding import padded
from service.shapes import AXIS_NAMES


def max_pool(data: Array, geometry: Geometry) -> Array:
    """Take the largest cell of each window; ``(batch, channels, *output)`` of the same dtype.

    Padding is never the maximum. Raises OperandError ``empty_window`` where a window lies in the
    padding alone.
    """
    refuse_empty_windows(geometry)
    fill = -np.inf if data.dtype.kind == "f" else np.iinfo(data.dtype).min
    return _reduce(np.maximum, padded(data, geometry, fill=fill), geometry)


def avg_pool(
    data: Array, geometry: Geometry, *, count_include_pad: bool, divisor_override: int | None
) -> Array:
    """Take the mean of each window; ``(batch, channels, *output)`` of float32 or float64.

    The divisor is `divisors`. Integers are summed exactly as long as the sums fit 64 bits, then
    divided in float64. Raises OperandError ``empty_window`` where a divisor would be 0.
    """
    if not count_include_pad and divisor_override is None:
        refuse_empty_windows(geometry)
    total = _reduce(np.add, padded(summable(data, geometry.taps), geometry), geometry)
    dtype = np.dtype(np.float64) if total.dtype.kind != "f" else total.dtype
    divisor = divisors(
        geometry, count_include_pad=count_include_pad, divisor_override=divisor_override
    )
    mean: Array = np.true_divide(total, divisor.astype(dtype), dtype=dtype)
    return mean


def divisors(geometry: Geometry, *, count_include_pad: bool, divisor_override: int | None) -> Array:
    """What each window's sum is divided by; shape ``output``, int64.

    With ``count_include_pad`` the cells in the input or its padding, otherwise those in the input;
    never what ``ceil_mode`` hangs over the end. ``divisor_override`` replaces both.
    """
    if divisor_override is not None:
        return np.full(geometry.output, divisor_override, dtype=np.int64)
    result = np.ones((), dtype=np.int64)
    for axis in range(geometry.rank):
        cells = (
            geometry.cells_of_padded(axis) if count_include_pad else geometry.cells_of_input(axis)
        )
        result = result[..., np.newaxis] * cells
    return result


def summable(data: Array, cells: int) -> Array:
    """Integers in a dtype that the sum of so many cells fits; floats as they are."""
    if data.dtype.kind == "f":
        return data
    peak = max(abs(int(data.max())), abs(int(data.min())))
    return data.astype(np.int64 if peak * cells < 2**62 else np.float64)


def box_sums(data: Array, geometry: Geometry) -> Array:
    """Add up the cells of each window of a padded input; ``(batch, channels, *output)``."""
    return _reduce(np.add, data, geometry)


def refuse_empty_windows(geometry: Geometry) -> None:
    """Raise OperandError ``empty_window`` if some window holds no cell of the input."""
    for axis in range(geometry.rank):
        empty = np.flatnonzero(geometry.cells_of_input(axis) == 0)
        if empty.size:
            raise OperandError(
                "empty_window",
                f"Window {int(empty[0])} along the {AXIS_NAMES[geometry.rank][axis]} lies in the "
                "padding alone, so it has neither a maximum nor a mean.",
                pointer="/padding",
                hint="Use less padding; half the kernel size is always right.",
            )


def _reduce(ufunc: np.ufunc, data: Array, geometry: Geometry) -> Array:
    """Combine the cells of each window with ``ufunc``, one axis after the other.

    Loops in Python over the fewer of window cells and outputs of an axis.
    """
    for axis in range(geometry.rank):
        output, kernel = geometry.output[axis], geometry.kernel[axis]
        step, dilation = geometry.stride[axis], geometry.dilation[axis]
        lead = (slice(None),) * (2 + axis)
        if output < kernel:
            reach = (kernel - 1) * dilation + 1
            parts = [
                ufunc.reduce(data[(*lead, slice(o * step, o * step + reach, dilation))], 2 + axis)
                for o in range(output)
            ]
            data = np.stack(parts, axis=2 + axis)
            continue
        reach = (output - 1) * step + 1
        result = data[(*lead, slice(0, reach, step))].copy()
        for tap in range(1, kernel):
            start = tap * dilation
            ufunc(result, data[(*lead, slice(start, start + reach, step))], out=result)
        data = result
    return data
