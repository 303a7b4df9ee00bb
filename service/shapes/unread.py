"""How many input positions no window ever reads: exact, and in logarithmic time."""

from __future__ import annotations

from math import gcd

__all__ = ["unread_positions", "unscattered_positions"]


def unread_positions(
    size: int, kernel_size: int, stride: int, dilation: int, before: int, output: int
) -> int:
    """Count the positions 0 ≤ p < ``size`` that no window reads along one axis.

    Window j of ``output`` reads the positions j·stride − ``before`` + t·dilation for
    0 ≤ t < ``kernel_size``; whatever of that lies in the padding is no input (``before`` is
    negative where the input is cropped). Positions go unread behind the last window, and between
    the taps where stride or dilation leave gaps.
    """
    if output < 1:
        return size
    if kernel_size == 1:
        dilation = 1
    unbroken = stride <= kernel_size if dilation == 1 else stride == 1 and output >= dilation
    if unbroken:
        end = (output - 1) * stride + dilation * (kernel_size - 1) + 1 - before
        return size - max(min(end, size) - max(-before, 0), 0)
    common = gcd(stride, dilation)
    stride, dilation = stride // common, dilation // common
    if output < dilation and kernel_size >= stride:
        # Windows and taps play the same part in j·stride + t·dilation.
        stride, output, dilation, kernel_size = dilation, kernel_size, stride, output
    below = [
        _values_below(-(-x // common), stride, output, dilation, kernel_size)
        for x in (before, before + size)
    ]
    return size - (below[1] - below[0])


def unscattered_positions(
    size: int, kernel_size: int, stride: int, dilation: int, before: int, output: int
) -> int:
    """Count the inputs 0 ≤ j < ``size`` of a transposed convolution that no output depends on.

    Input j adds to the outputs j·stride − ``before`` + t·dilation for 0 ≤ t < ``kernel_size``;
    whatever of that does not lie in 0 ≤ p < ``output`` is cut off.
    """
    if output < 1:
        return size
    if kernel_size > 1 and dilation > output:
        # Tap t alone serves the inputs ⌈(before − t·dilation)/stride⌉ ≤ j, up to `output` later.
        return size - (
            _clamped_sum(before + output, stride, dilation, 0, kernel_size, size)
            - _clamped_sum(before, stride, dilation, 0, kernel_size, size)
        )
    first = -((dilation * (kernel_size - 1) - before) // stride)
    end = -(-(before + output) // stride)
    return size - max(min(end, size) - max(first, 0), 0)


def _values_below(x: int, stride: int, windows: int, dilation: int, taps: int) -> int:
    """Count the distinct values j·stride + t·dilation < x with j < windows and t < taps.

    stride and dilation have no common divisor, and either windows ≥ dilation or taps < stride.
    Then the taps t = r, r + stride, r + 2·stride, ... give one unbroken run of values for each
    r < stride, namely w·stride + r·dilation with 0 ≤ w < dilation·((taps − 1 − r) // stride)
    + windows, and no value belongs to two of the runs.
    """
    classes = min(taps, stride)
    repeats = (taps - 1) // stride
    longer = min((taps - 1) % stride + 1, classes)
    return _clamped_sum(
        x, stride, dilation, 0, longer, dilation * repeats + windows
    ) + _clamped_sum(x, stride, dilation, longer, classes, dilation * (repeats - 1) + windows)


def _clamped_sum(x: int, stride: int, dilation: int, first: int, last: int, most: int) -> int:
    """Sum min(max(⌈(x − dilation·r)/stride⌉, 0), most) over first ≤ r < last."""
    full = min(max(-((stride * (most - 1) - x) // dilation), first), last)
    some = min(max(-(-x // dilation), full), last)
    smallest = x - dilation * (some - 1) + stride - 1
    return most * (full - first) + _floor_sum(some - full, stride, dilation, smallest)


def _floor_sum(n: int, m: int, a: int, b: int) -> int:
    """Sum ⌊(a·u + b)/m⌋ over 0 ≤ u < n, for a, b ≥ 0, the way Euclid finds a divisor."""
    total = 0
    while n > 0:
        total += (n - 1) * n // 2 * (a // m) + n * (b // m)
        a, b = a % m, b % m
        highest = a * n + b
        if highest < m:
            break
        n, b = divmod(highest, m)
        m, a = a, m
    return total
