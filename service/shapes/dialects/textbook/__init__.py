"""The dialect of the deck and of textbooks: PyTorch's names and a learner's, channels last.

It takes what any framework takes: every padding rule with every stride and dilation, one number,
one per axis or a pair per axis, in any layout. What it refuses can't be computed, with two
exceptions: a pool's padding must be smaller than its effective kernel (onnxruntime's rule), since
a window that lies wholly in the padding has no maximum and no average; and the output padding of
a transposed convolution must be smaller than its stride or its dilation (PyTorch's rule).
"""

from __future__ import annotations

from typing import Final

from service.shapes.dialects import joined, networks
from service.shapes.dialects.operation import by_name
from service.shapes.dialects.textbook import convolutions, pools, resizing, transposed

__all__ = ["OPERATIONS"]

OPERATIONS: Final = by_name(
    (
        *convolutions.operations(),
        *transposed.operations(),
        *pools.operations(),
        *resizing.operations(),
        *networks.operations("textbook"),
        *joined.operations("textbook"),
    )
)
"""What the dialect offers, by name."""
