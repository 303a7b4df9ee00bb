"""Layers whose windows follow from the output: adaptive and global pools."""

from __future__ import annotations

from service.shapes.layer import LAYOUTS, PLAIN, Details, Kind, Layer, make_layer
from service.shapes.resizing import adaptive_window

__all__ = ["chosen_layer"]


def chosen_layer(
    framework: str,
    op: str,
    kind: Kind,
    letters: str,
    shape: tuple[int, ...],
    output_size: tuple[int, ...],
    *,
    keepdims: bool = True,
    norm_p: float = 2,
    details: Details = PLAIN,
) -> Layer:
    """Make a pool that gives ``output_size``, one number per axis (all 1: a global pool)."""
    at = LAYOUTS[letters]
    windows = [
        adaptive_window(size, output)
        for size, output in zip(shape[at.start : at.start + at.rank], output_size, strict=True)
    ]
    return make_layer(
        framework,
        op,
        kind,
        at.rank,
        letters,
        shape,
        tuple([window for window, _ in windows]),
        tuple([stride for _, stride in windows]),
        (1,) * at.rank,
        ((0, 0),) * at.rank,
        output_size=output_size,
        keepdims=keepdims,
        norm_p=norm_p,
        details=details,
    )
