"""Pooling: the maximum, the sum or the mean of the cells of each window."""

from functools import lru_cache
from typing import Any, Final

import numpy as np

from service.convolution.errors import OperandError
from service.convolution.geometry import Array, Geometry
from service.convolution.plans import MAX_PLANS, Cache
from service.convolution.plans.boxes import Boxes
from service.shapes import AXIS_NAMES


def max_pool(data: Array, geometry: Geometry) -> Array:
    """Take the largest cell of each window; ``(batch, channels, *output)`` of the same dtype.

    Padding is never the maximum. Raises OperandError ``empty_window`` where a window lies in the
    padding alone.
    """
    refuse_empty_windows(geometry)
    return _boxes(np.maximum, geometry, data.dtype)(data)


def avg_pool(
    data: Array, geometry: Geometry, *, count_include_pad: bool, divisor_override: int | None
) -> Array:
    """Take the mean of each window; ``(batch, channels, *output)`` of float32 or float64.

    The divisor is `divisors`. Integers are summed exactly as long as the sums fit 64 bits, then
    divided in float64. Raises OperandError ``empty_window`` where a divisor would be 0.
    """
    if not count_include_pad and divisor_override is None:
        refuse_empty_windows(geometry)
    total = box_sums(summable(data, geometry.taps), geometry)
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
    """Add up the cells of each window; ``(batch, channels, *output)``. Padding adds nothing."""
    return _boxes(np.add, geometry, data.dtype)(data)


def refuse_empty_windows(geometry: Geometry) -> None:
    """Raise OperandError ``empty_window`` if some window holds no cell of the input."""
    empty = _empty_window(geometry)
    if empty is not None:
        axis, window = empty
        raise OperandError(
            "empty_window",
            f"Window {window} along the {AXIS_NAMES[geometry.rank][axis]} lies in the "
            "padding alone, so it has neither a maximum nor a mean.",
            pointer="/padding",
            hint="Use less padding; half the kernel size is always right.",
        )


@lru_cache(maxsize=MAX_PLANS)
def _empty_window(geometry: Geometry) -> tuple[int, int] | None:
    """Axis and number of the first window without a cell of the input."""
    for axis in range(geometry.rank):
        empty = np.flatnonzero(geometry.cells_of_input(axis) == 0)
        if empty.size:
            return axis, int(empty[0])
    return None


_BOXES: Final[Cache[tuple[np.ufunc, Geometry, np.dtype[Any]], Boxes]] = Cache()


def _boxes(ufunc: np.ufunc, geometry: Geometry, dtype: np.dtype[Any]) -> Boxes:
    """The plan of a pool; made when it is asked for the first time."""
    key = ufunc, geometry, dtype
    boxes = _BOXES.get(key)
    if boxes is None:
        fill: float = 0
        if ufunc is np.maximum:
            fill = -np.inf if dtype.kind == "f" else np.iinfo(dtype).min
        boxes = Boxes(ufunc, fill, geometry, dtype)
        _BOXES.put(key, boxes)
    return boxes
