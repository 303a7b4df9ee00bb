"""Convolution as matrix products over lowered columns.

The windows of a block are copied to columns once (im2col) and multiplied with the weights of each
group. What the field calls convolution is cross-correlation: the kernel is not flipped.
"""

import numpy as np

from service.convolution.geometry import Array, Geometry


def correlate(data: Array, weight: Array, geometry: Geometry) -> Array:
    """Correlate the padded input with the weights.

    ``data`` is ``(batch, channels, *read)``, C-contiguous; ``weight`` is
    ``(filters, channels / groups, *kernel)`` of the same dtype. Returns
    ``(batch, filters, *output)``. A window is a strided view; only `Geometry.block_elements`
    elements of columns exist at a time.
    """
    batch, groups, filters = geometry.batch, geometry.groups, geometry.filters
    depth = geometry.group_channels * geometry.taps
    matrix = np.ascontiguousarray(weight).reshape(groups, filters // groups, depth)
    view = windows(data, geometry)
    result = np.empty((batch, groups, filters // groups, *geometry.output), dtype=data.dtype)
    row_axis = 3 + geometry.rank
    for samples, rows in geometry.blocks():
        index = (samples, *(slice(None),) * (row_axis - 1), rows)
        part = view[index]
        columns = part.reshape(part.shape[0], groups, depth, -1)
        target = result[samples, :, :, rows]
        np.copyto(target, np.matmul(matrix, columns).reshape(target.shape))
    return result.reshape(batch, filters, *geometry.output)


def windows(data: Array, geometry: Geometry) -> Array:
    """View ``(batch, channels, *read)`` as ``(batch, groups, channels/groups, *kernel, *output)``.

    No element is copied; ``data`` must be C-contiguous.
    """
    spatial = data.strides[2:]
    kernel = tuple(s * d for s, d in zip(spatial, geometry.dilation, strict=True))
    steps = tuple(s * step for s, step in zip(spatial, geometry.stride, strict=True))
    per_group = geometry.group_channels
    return np.ndarray(
        (geometry.batch, geometry.groups, per_group, *geometry.kernel, *geometry.output),
        dtype=data.dtype,
        buffer=data,
        strides=(data.strides[0], data.strides[1] * per_group, data.strides[1], *kernel, *steps),
    )
