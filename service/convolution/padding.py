"""The input with its padding, cut to what the windows read."""

import numpy as np

from service.convolution.geometry import Array, Geometry


def padded(data: Array, geometry: Geometry, *, mode: str = "zeros", fill: float = 0) -> Array:
    """Return ``(batch, channels, *read)``, C-contiguous, from ``(batch, channels, *size)``.

    Mode "zeros" puts ``fill`` around the input (0, or the lowest value for a maximum). The others
    repeat the input: "replicate" its border, "reflect" mirrored about the border cell, "circular"
    from the opposite side. Negative padding cuts cells off. The result is the input itself where
    nothing is added or cut off.
    """
    if not geometry.needs_padding:
        return np.ascontiguousarray(data)
    if mode != "zeros":
        for axis, (size, read, (before, _)) in enumerate(
            zip(geometry.size, geometry.read, geometry.padding, strict=True)
        ):
            data = data.take(source_cells(mode, size, before, read), axis=2 + axis)
        return np.ascontiguousarray(data)
    result = np.full(data.shape[:2] + geometry.read, fill, dtype=data.dtype)
    inside, kept = [slice(None)] * 2, [slice(None)] * 2
    for size, read, (before, _) in zip(geometry.size, geometry.read, geometry.padding, strict=True):
        first, start = max(0, -before), max(0, before)
        count = max(0, min(size - first, read - start))
        inside.append(slice(start, start + count))
        kept.append(slice(first, first + count))
    result[tuple(inside)] = data[tuple(kept)]
    return result


def source_cells(mode: str, size: int, before: int, read: int) -> Array:
    """Which input cell each of the ``read`` cells of an axis copies, ``before`` of them padding.

    Padding wider than the input goes on in the same manner (numpy.pad does too); a framework that
    refuses so much is obeyed where the layer is read.
    """
    cells = np.arange(-before, read - before)
    if mode == "replicate":
        return np.clip(cells, 0, size - 1)
    if mode == "circular":
        return cells % size
    period = max(1, 2 * (size - 1))
    folded = cells % period
    return np.minimum(folded, period - folded) if size > 1 else np.zeros_like(cells)
