"""Guessing that the axes of a shape were given in another order than they were read."""

from __future__ import annotations

from collections.abc import Sequence

from service.shapes.layer import LAYOUTS

__all__ = ["channels_slip"]


def channels_slip(layout: str, shape: Sequence[int], layouts: Sequence[str]) -> str:
    """Say how a shape should be given if its channels seem to stand at the other end; else "".

    A picture has 1, 3 or 4 channels. Where the spatial axis at the far end has such a size, while
    all others and the one read as channels look like sizes, one was likely taken for the other:
    3×28×28 read as HWC, or 28×28×3 as CHW. ``layouts`` are those that the caller may choose from.
    """
    at = LAYOUTS[layout]
    if at.channel is None or not at.rank:
        return ""
    last = at.start + at.rank - 1
    far = at.start if at.channel > last else last
    others = [size for axis, size in enumerate(shape) if axis not in (far, at.batch)]
    if shape[far] not in (1, 3, 4) or min(others) < 8:
        return ""
    spatial = layout.strip("NC")
    batch = "" if at.batch is None else "N"
    other = f"{batch}C{spatial}" if at.channel > last else f"{batch}{spatial}C"
    if other in layouts:
        return f"If {shape[far]} is the number of channels, give layout {other}."
    sizes = list(shape)
    sizes.insert(at.channel, sizes.pop(far))
    return f"If {shape[far]} is the number of channels, give {'x'.join(map(str, sizes))}."
