"""What is found out about a layer: plain numbers, axis by axis and in all."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from service.shapes.layer import LAYOUTS

if TYPE_CHECKING:
    from service.shapes.layer import Layer

__all__ = ["Axis", "Inference"]


class Axis(NamedTuple):
    """What happens along one spatial axis; every number is in pixels.

    ``effective_kernel_size`` is what the dilated kernel spans, ``padding`` is (before, after), as
    in :class:`service.shapes.layer.Layer`, and ``unread`` counts the input positions that nothing
    of the output depends on.
    """

    axis: str
    input: int
    kernel_size: int
    effective_kernel_size: int
    stride: int
    dilation: int
    padding: tuple[int, int]
    output: int
    unread: int


class Inference(NamedTuple):
    """What a layer makes of its input, and what that takes.

    ``params`` are the weights, the biases and what is counted with them though nothing learns it
    (:attr:`service.shapes.layer.Layer.frozen`). ``macs`` counts the multiplications by weights for
    the whole batch (0 for whatever has no weights, and for normalisations; adding the bias counts
    nothing) and ``flops`` is twice that. ``neurons_per_patch`` is how many neurons look at one
    patch: the number of filters, hence None where there are none. ``positions`` is how many patches
    there are: output positions, or input positions where a transposed convolution turns each of
    them into a patch. ``receptive_field`` is what one output value spans of this layer's input.
    """

    layer: Layer
    output_shape: tuple[int, ...]
    axes: tuple[Axis, ...]
    params: int
    weights: int
    biases: int
    macs: int
    flops: int
    neurons_per_patch: int | None
    positions: int
    receptive_field: tuple[int, ...]

    @property
    def buffers(self) -> int:
        """Numbers that the layer keeps but that count as no parameters."""
        return self.layer.buffers

    @property
    def output_layout(self) -> str | None:
        """Letters of the output's axes, or None where flattening leaves axes without a name."""
        layer = self.layer
        letters = layer.layout
        if layer.kind == "flatten":
            return _flattened(letters, *layer.axes)
        if layer.kind == "col2im":
            return {1: "NCL", 2: "NCHW", 3: "NCDHW"}[len(layer.output_size)]
        if layer.keepdims or not layer.kind.startswith("global"):
            return letters
        return "NC" if LAYOUTS[letters].batch is not None else "C"


def _flattened(letters: str, first: int, last: int) -> str | None:
    merged = letters[first : last + 1]
    name = "C" if "C" in merged else "L"
    left = letters[:first] + (merged if len(merged) == 1 else name) + letters[last + 1 :]
    return left if left in LAYOUTS else None
