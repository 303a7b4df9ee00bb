"""Padding that is named instead of counted: how much a rule puts before and after an axis."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

__all__ = ["RULES", "Pads", "crop", "pad"]

Padding = tuple[int, int]
Pads = tuple[Padding, ...]


def valid(_size: int, _reach: int, _stride: int) -> Padding:
    """Pad nothing: the kernel never leaves the input."""
    return 0, 0


def same(size: int, reach: int, stride: int) -> Padding:
    """Pad so that the output has ⌈i/s⌉ pixels, an odd pixel of padding going behind.

    total = max(0, (⌈i/s⌉ − 1)s + k_e − i) as TensorFlow, Keras, JAX and ONNX (SAME_UPPER) have it;
    at stride 1 that is PyTorch's 'same' too.
    """
    total = (-(-size // stride) - 1) * stride + reach - size
    if total <= 0:
        return 0, 0
    return total // 2, total - total // 2


def same_lower(size: int, reach: int, stride: int) -> Padding:
    """Pad like :func:`same`, an odd pixel going before (ONNX SAME_LOWER)."""
    after, before = same(size, reach, stride)
    return before, after


def full(_size: int, reach: int, _stride: int) -> Padding:
    """Pad k_e − 1 on both sides: every window that touches the input counts."""
    return reach - 1, reach - 1


def causal(_size: int, reach: int, _stride: int) -> Padding:
    """Pad d(k − 1) before and nothing after: no output sees what comes later (Keras, 1-d)."""
    return reach - 1, 0


RULES: Final[dict[str, Callable[[int, int, int], Padding]]] = {
    "valid": valid,
    "same": same,
    "same_lower": same_lower,
    "full": full,
    "causal": causal,
}
"""The rules by name; each takes the input size, the effective kernel size and the stride."""


def pad(
    rule: str,
    sizes: Iterable[int],
    kernel_size: Iterable[int],
    stride: Iterable[int],
    dilation: Iterable[int],
) -> Pads:
    """Resolve a named rule into (before, after) for every axis."""
    reaches = map(reach, kernel_size, dilation)
    return tuple(map(RULES[rule], sizes, reaches, stride))


def reach(kernel_size: int, dilation: int) -> int:
    """Return what a dilated kernel spans: d(k − 1) + 1."""
    return dilation * (kernel_size - 1) + 1


def crop(
    size: int, reach: int, stride: int, output: int, *, lower: bool = False
) -> tuple[Padding, int]:
    """Resolve the ``output`` that a transposed convolution must have into (before, after) and more.

    Every input becomes a patch; together they span (i − 1)s + k_e. What that is too much is taken
    from both sides, an odd pixel from the end (TensorFlow, Keras, JAX, ONNX) or, with ``lower``,
    from the start; what it is too little is added at the end.
    """
    over = (size - 1) * stride + reach - output
    if over <= 0:
        return (0, 0), -over
    less, more = over // 2, over - over // 2
    return ((more, less) if lower else (less, more)), 0
