"""The layer as every room of ConvCards knows it: resolved, checked, free of any dialect."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, make_dataclass
from dataclasses import field as dataclass_field
from typing import Any, Final, Literal, NamedTuple, cast

__all__ = [
    "AXIS_NAMES",
    "LAYOUTS",
    "LETTER_NAMES",
    "MAX_SIZE",
    "PLAIN",
    "Details",
    "Kind",
    "Layer",
    "Layout",
    "make_layer",
]

Kind = Literal[
    "conv",
    "conv_transpose",
    "depthwise",
    "separable",
    "max_pool",
    "avg_pool",
    "lp_pool",
    "adaptive_avg_pool",
    "adaptive_max_pool",
    "global_avg_pool",
    "global_max_pool",
    "global_lp_pool",
    "zero_padding",
    "pad",
    "col2im",
    "cropping",
    "upsampling",
    "linear",
    "flatten",
    "batch_norm",
    "activation",
    "dropout",
    "add",
    "concat",
    "center_crop_like",
]
PaddingRule = Literal["explicit", "valid", "same", "same_lower", "full", "causal"]
PaddingMode = Literal["zeros", "reflect", "replicate", "circular"]

MAX_SIZE: Final = 2**31 - 1
"""The largest number that a size or a parameter may have."""

AXIS_NAMES: Final[dict[int, tuple[str, ...]]] = {
    0: (),
    1: ("length",),
    2: ("height", "width"),
    3: ("depth", "height", "width"),
}
"""Names of the spatial axes by rank, in the order in which shapes list them."""

LETTER_NAMES: Final[dict[str, str]] = {
    "N": "batch",
    "C": "channels",
    "D": "depth",
    "H": "height",
    "W": "width",
    "L": "length",
}
"""What the letters of a layout stand for."""


class Layout(NamedTuple):
    """Where the axes of a tensor stand: the letters, and what follows from them."""

    letters: str
    rank: int
    start: int
    """Index of the first spatial axis; the others follow it."""
    channel: int | None
    """Index of the channel axis, or None where the tensor has none (a grey 28×28)."""
    batch: int | None
    """Index of the batch axis (always 0), or None."""


def _layouts() -> dict[str, Layout]:
    table = {
        "C": Layout("C", rank=0, start=1, channel=0, batch=None),
        "NC": Layout("NC", rank=0, start=2, channel=1, batch=0),
    }
    for rank, spatial in ((1, "L"), (1, "W"), (2, "HW"), (3, "DHW")):
        for letters in (spatial, spatial + "C", "C" + spatial, f"N{spatial}C", f"NC{spatial}"):
            found = re.search("C", letters)
            table[letters] = Layout(
                letters=letters,
                rank=rank,
                start=letters.index(spatial),
                channel=found.start() if found else None,
                batch=0 if letters[0] == "N" else None,
            )
    return table


LAYOUTS: Final[dict[str, Layout]] = _layouts()
"""Every layout there is, by its letters: HW, HWC, CHW, NHWC, NCHW, L, LC, NCL, NDHWC, ... and what
is left of them without spatial axes, NC and C."""


@dataclass(frozen=True, slots=True)
class Details:
    """What a layer is told that changes the numbers it gives, but neither sizes nor cost.

    ``flip_kernel`` turns every kernel around, which makes a cross-correlation the convolution of
    mathematics. ``transpose_kernel`` reads the weight of a transposed convolution as that of the
    convolution it undoes (lax.conv_transpose). ``return_indices`` asks a maximum where it was
    found, and ``column_major`` counts those places column by column. ``overhang`` is how much of
    the padding after each axis is what a window hangs over it. ``fill`` is what a padding
    of constant values puts around the input. ``align_corners``, and ``factors`` where they
    are not the ratio of the sizes, say where the pixels of an upsampling come from. ``epsilon`` is
    what a normalisation adds to the variance. ``alpha`` and ``beta`` are factors of a matrix
    product and of its bias; ``transpose_input`` and ``transpose_weight`` turn its matrices. An
    activation of x is ``slope`` times (x − ``threshold``) up to ``threshold``, and at most
    ``ceiling``.
    """

    flip_kernel: bool = False
    transpose_kernel: bool = False
    return_indices: bool = False
    column_major: bool = False
    overhang: tuple[int, ...] = ()
    fill: float = 0.0
    align_corners: bool = False
    factors: tuple[float, ...] = ()
    epsilon: float = 1e-5
    alpha: float = 1.0
    beta: float = 1.0
    transpose_input: bool = False
    transpose_weight: bool = False
    slope: float = 0.0
    threshold: float = 0.0
    ceiling: float | None = None


PLAIN: Final = Details()
"""Nothing was said that is not the default."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer on one input, with every default filled in and the padding resolved.

    Dialects build it (:func:`service.shapes.read_layer`) and refuse what they must; everything
    else may rely on its fields fitting together. ``rank`` is how many spatial axes the layer works
    along: 0 where it knows of none (linear, flatten, batch_norm, activation, dropout, joins).
    Tuples have one entry per such axis, in the order of :attr:`axis_names`; the ``padding`` of
    "pad" has one per axis of the input, and the tuples of "col2im" one per axis of the image.

    ``padding`` holds (before, after) in pixels: what a layer adds to its input, what cropping takes
    away from it, and what a transposed convolution takes away from its output (where it is
    negative, adds to it). ``stride`` is the factor of an upsampling. Of adaptive and global pools
    ``kernel_size`` is the largest window and ``stride`` the smallest distance of two, at least 1.

    ``out_channels`` is None where the channels of the input are kept. ``output_padding`` are the
    pixels that a transposed convolution has more at the end, one number per axis. ``output_size``
    is what adaptive and global pools and upsamplings have been asked for, one number per axis.
    Depthwise layers have ``groups`` = their input channels and ``out_channels`` =
    ``depth_multiplier`` times that; separable ones put ``out_channels`` filters of one pixel behind
    such a layer, which has biases of its own only if ``depthwise_bias``. Where not ``keepdims``,
    the axes that a global pool reduces are dropped.

    ``axes`` are the indices of the axes that flatten merges (from first to last), that a softmax or
    a batch normalisation normalises and that a concatenation joins. ``norm_p`` is the p of an Lp
    norm. A normalisation has ``scale`` (one weight a channel) and ``bias``, and besides them
    ``frozen`` numbers that it does not learn but counts as parameters, and ``buffers`` that it does
    not count. ``rate`` is the share that dropout drops. Joins have ``other_shapes``: what comes in
    beside the ``input_shape``. ``details`` change numbers alone.
    """

    framework: str
    op: str
    kind: Kind
    rank: int
    layout: str
    input_shape: tuple[int, ...]
    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: tuple[tuple[int, int], ...]
    padding_rule: PaddingRule = "explicit"
    padding_mode: PaddingMode = "zeros"
    out_channels: int | None = None
    groups: int = 1
    bias: bool = False
    ceil_mode: bool = False
    count_include_pad: bool = False
    divisor_override: int | None = None
    output_padding: tuple[int, ...] = ()
    output_size: tuple[int, ...] = ()
    depth_multiplier: int = 1
    depthwise_bias: bool = False
    keepdims: bool = True
    norm_p: float = 2
    interpolation: str = "nearest"
    axes: tuple[int, ...] = ()
    scale: bool = False
    frozen: int = 0
    buffers: int = 0
    rate: float = 0.5
    other_shapes: tuple[tuple[int, ...], ...] = ()
    details: Details = PLAIN

    @property
    def axis_names(self) -> tuple[str, ...]:
        """Names of the spatial axes: ("height", "width") for a 2-d layer."""
        return AXIS_NAMES[self.rank]

    @property
    def spatial(self) -> tuple[int, ...]:
        """Input sizes along the spatial axes."""
        start = LAYOUTS[self.layout].start
        return self.input_shape[start : start + self.rank]

    @property
    def in_channels(self) -> int:
        """Channels of the input; 1 where its layout has no channel axis."""
        channel = LAYOUTS[self.layout].channel
        return 1 if channel is None else self.input_shape[channel]

    @property
    def batch(self) -> int:
        """Inputs in the batch; 1 where the layout has no batch axis."""
        return 1 if LAYOUTS[self.layout].batch is None else self.input_shape[0]

    @property
    def has_channels(self) -> bool:
        """Whether the layout has a channel axis."""
        return LAYOUTS[self.layout].channel is not None

    @property
    def channels_last(self) -> bool:
        """Whether the channel axis is the last one (False where there is none)."""
        return self.layout.endswith("C")

    @property
    def effective_kernel_size(self) -> tuple[int, ...]:
        """What the dilated kernel spans: d(k − 1) + 1 along each axis."""
        return tuple(d * (k - 1) + 1 for k, d in zip(self.kernel_size, self.dilation, strict=True))


_Draft = cast(
    "type[Layer]",
    make_dataclass(
        "_Draft",
        [(f.name, f.type, dataclass_field(default=f.default)) for f in fields(Layer)],
        slots=True,
    ),
)
_set = object.__setattr__


def make_layer(
    framework: str,
    op: str,
    kind: Kind,
    rank: int,
    layout: str,
    input_shape: tuple[int, ...],
    kernel_size: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
    padding: tuple[tuple[int, int], ...],
    padding_rule: PaddingRule = "explicit",
    padding_mode: PaddingMode = "zeros",
    out_channels: int | None = None,
    groups: int = 1,
    bias: bool = False,
    ceil_mode: bool = False,
    count_include_pad: bool = False,
    divisor_override: int | None = None,
    **others: Any,
) -> Layer:
    """Make a :class:`Layer`, four times as fast as calling it.

    A frozen dataclass sets each field by a call of object.__setattr__, which for this many fields
    takes longer than all of the arithmetic. A twin that is not frozen is filled in and then turned
    into a Layer. ``others`` are the fields of less common kinds.
    """
    layer = _Draft(
        framework,
        op,
        kind,
        rank,
        layout,
        input_shape,
        kernel_size,
        stride,
        dilation,
        padding,
        padding_rule,
        padding_mode,
        out_channels,
        groups,
        bias,
        ceil_mode,
        count_include_pad,
        divisor_override,
        **others,
    )
    _set(layer, "__class__", Layer)
    return layer
