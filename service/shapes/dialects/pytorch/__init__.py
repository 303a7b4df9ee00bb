"""The dialect of PyTorch: torch.nn's names, defaults and layouts, and what torch refuses.

Held against torch 2.13. Three things differ on purpose: unlike torch's, avg_pool3d and lp_pool3d
compare their window with the padded input, as all other pools do; negative padding of a
convolution, which torch takes as cropping where padding_mode is `reflect` or `circular`, is refused
everywhere; and so is a transposed convolution without output, which some of torch's engines make.
"""

from __future__ import annotations

from typing import Final

from service.shapes.dialects import joined, networks
from service.shapes.dialects.operation import by_name
from service.shapes.dialects.pytorch import convolutions, pools, resizing

__all__ = ["OPERATIONS"]

OPERATIONS: Final = by_name(
    (
        *convolutions.operations(),
        *pools.operations(),
        *resizing.operations(),
        *networks.operations("pytorch"),
        *joined.operations("pytorch"),
    )
)
"""What the dialect offers, by name."""
