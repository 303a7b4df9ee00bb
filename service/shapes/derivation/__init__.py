"""How each number came about: every rule with its name and where it comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from service.shapes.derivation.costs import cost_steps, depth_steps
from service.shapes.derivation.elementwise import whole_steps
from service.shapes.derivation.resizing import chosen, cropped, padded, upsampled
from service.shapes.derivation.sliding import slid
from service.shapes.derivation.transposed import transposed

if TYPE_CHECKING:
    from service.shapes.formulas import Step
    from service.shapes.layer import Layer
    from service.shapes.results import Axis, Inference

__all__ = ["derive"]


def derive(inference: Inference) -> tuple[Step, ...]:
    """Derive every number of ``inference`` step by step: axis after axis, then depth and cost."""
    layer = inference.layer
    steps: list[Step] = []
    along = _ALONG_AXES.get(layer.kind, slid)
    for axis in inference.axes:
        steps += along(layer, axis)
    if layer.has_channels and inference.axes:
        steps += depth_steps(layer)
    steps += whole_steps(inference)
    steps += cost_steps(inference)
    return tuple(steps)


_ALONG_AXES: Final[dict[str, Callable[[Layer, Axis], Iterator[Step]]]] = {
    "conv_transpose": transposed,
    "adaptive_avg_pool": chosen,
    "adaptive_max_pool": chosen,
    "global_avg_pool": chosen,
    "global_max_pool": chosen,
    "global_lp_pool": chosen,
    "zero_padding": padded,
    "cropping": cropped,
    "center_crop_like": cropped,
    "upsampling": upsampled,
}
"""How each kind goes along an axis; a window slides in all others that have axes."""
