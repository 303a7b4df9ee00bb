"""The dialect of ONNX: attributes of its operators, opset 22.

Held against onnxruntime 1.32 and, where that lacks or miscounts what the specification has (SAME
with dilation, SAME with a stride larger than the kernel, GlobalLpPool), against ONNX's own shape
inference.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from service.shapes.dialects.onnx import network, tensors
from service.shapes.dialects.onnx.convolutions import read_conv, read_conv_transpose
from service.shapes.dialects.onnx.pools import read_global_pool, read_pool
from service.shapes.dialects.onnx.words import (
    AVG_POOL,
    CONV,
    CONV_TRANSPOSE,
    LAYOUTS_BY_RANK,
    LP_POOL,
    MAX_POOL,
    P,
)
from service.shapes.dialects.operation import Operation, by_name

__all__ = ["OPERATIONS"]


def _operations() -> Iterator[Operation]:
    for rank, layouts in LAYOUTS_BY_RANK.items():
        for name, parameters, reader in (
            ("conv", CONV, read_conv),
            ("conv_transpose", CONV_TRANSPOSE, read_conv_transpose),
            ("max_pool", MAX_POOL, partial(read_pool, kind="max_pool")),
            ("avg_pool", AVG_POOL, partial(read_pool, kind="avg_pool")),
            ("lp_pool", LP_POOL, partial(read_pool, kind="lp_pool")),
            ("global_max_pool", (), partial(read_global_pool, kind="global_max_pool")),
            ("global_avg_pool", (), partial(read_global_pool, kind="global_avg_pool")),
            ("global_lp_pool", (P,), partial(read_global_pool, kind="global_lp_pool")),
        ):
            yield Operation("onnx", f"{name}{rank}d", rank, parameters, layouts, reader)


OPERATIONS: Final = by_name((*_operations(), *network.operations(), *tensors.operations()))
"""What the dialect offers, by name."""
