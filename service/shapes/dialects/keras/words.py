"""The words of Keras: what each of its layers takes, with its defaults."""

from __future__ import annotations

from typing import Final

from service.shapes.dialects.named import Words
from service.shapes.layer import MAX_SIZE
from service.shapes.parameters import REQUIRED, Parameter

__all__ = [
    "ACTIVATION",
    "ACTIVATIONS",
    "ADAPTIVE",
    "AVG_POOL",
    "BATCH_NORM",
    "BIAS",
    "CONV",
    "CONV_TRANSPOSE",
    "CONV_WORDS",
    "DATA_FORMAT",
    "DENSE",
    "DEPTHWISE",
    "DROPOUT",
    "FORMATS",
    "GLOBAL",
    "INTERPOLATIONS",
    "MAX_POOL",
    "POOL_WORDS",
    "RELU",
    "SEPARABLE",
    "axis",
    "cropping",
    "upsampling",
    "zero_padding",
]

CONV_WORDS: Final = Words("kernel_size", "strides", "dilation_rate")
POOL_WORDS: Final = Words("pool_size", "strides", "dilation_rate")

FORMATS: Final = ("channels_last", "channels_first")
INTERPOLATIONS: Final = ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")
ACTIVATIONS: Final = (
    "celu", "elu", "exponential", "gelu", "glu", "hard_shrink", "hard_sigmoid", "hard_silu",
    "hard_swish", "hard_tanh", "leaky_relu", "linear", "log_sigmoid", "log_softmax", "mish",
    "relu", "relu6", "selu", "sigmoid", "silu", "soft_shrink", "softmax", "softplus", "softsign",
    "sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus", "swish", "tanh", "tanh_shrink",
    "threshold",
)  # fmt: skip

DATA_FORMAT: Final = Parameter(
    "data_format",
    "choice",
    None,
    "Where the channels stand; what the layout says, or channels_last.",
    choices=FORMATS,
)
_FILTERS: Final = Parameter(
    "filters", "count", REQUIRED, "Number of filters: channels of the output."
)
_KERNEL: Final = Parameter("kernel_size", "sizes", REQUIRED, "Size of the kernel, in pixels.")
_STRIDES: Final = Parameter("strides", "sizes", 1, "Pixels that the kernel moves each step.")
_DILATION: Final = Parameter(
    "dilation_rate",
    "sizes",
    1,
    "Distance between neighbouring taps of the kernel; not together with strides above 1.",
)
_FREE_DILATION: Final = Parameter(
    "dilation_rate", "sizes", 1, "Distance between neighbouring taps of the kernel."
)
_DEPTH: Final = Parameter(
    "depth_multiplier", "count", 1, "Filters for each channel of the input by itself."
)
BIAS: Final = Parameter(
    "use_bias", "flag", default=True, help="Whether every filter adds a learned number."
)
ACTIVATION: Final = Parameter(
    "activation",
    "choice",
    None,
    "The function that is applied to the output; changes no shape.",
    choices=ACTIVATIONS,
)
_PADDING: Final = Parameter(
    "padding",
    "padding",
    "valid",
    "`valid` (none) or `same` (output is input / stride, rounded up).",
    choices=("valid", "same"),
    minimum=0,
)
_CONV_PADDING: Final = Parameter(
    "padding",
    "padding",
    "valid",
    "`valid` (none), `same` (output is input / stride, rounded up) or, for conv1d, `causal` (only "
    "before).",
    choices=("valid", "same", "causal"),
    minimum=0,
)

CONV: Final = (
    _FILTERS,
    _KERNEL,
    _STRIDES,
    _CONV_PADDING,
    DATA_FORMAT,
    _DILATION,
    Parameter(
        "groups",
        "count",
        1,
        "Groups of channels that do not see each other; must divide the channels and the filters.",
    ),
    ACTIVATION,
    BIAS,
)

CONV_TRANSPOSE: Final = (
    _FILTERS,
    _KERNEL,
    _STRIDES,
    _PADDING,
    Parameter(
        "output_padding",
        "sizes",
        None,
        "Pixels that the output has more at the end, fewer than strides. Left out, the output is "
        "input · stride, and with `valid` what the kernel reaches beyond that.",
        minimum=0,
    ),
    DATA_FORMAT,
    _DILATION,
    ACTIVATION,
    BIAS,
)

DEPTHWISE: Final = (
    _KERNEL,
    _STRIDES,
    _PADDING,
    _DEPTH,
    DATA_FORMAT,
    _FREE_DILATION,
    ACTIVATION,
    BIAS,
)

SEPARABLE: Final = (
    _FILTERS,
    _KERNEL,
    _STRIDES,
    _PADDING,
    DATA_FORMAT,
    _FREE_DILATION,
    _DEPTH,
    ACTIVATION,
    BIAS,
)

MAX_POOL: Final = (
    Parameter("pool_size", "sizes", 2, "Size of the window, in pixels."),
    Parameter(
        "strides", "sizes", None, "Pixels that the window moves each step; pool_size if left out."
    ),
    _PADDING,
    DATA_FORMAT,
)

AVG_POOL: Final = (
    Parameter("pool_size", "sizes", REQUIRED, "Size of the window, in pixels."),
    *MAX_POOL[1:],
)

ADAPTIVE: Final = (
    Parameter("output_size", "sizes", REQUIRED, "Size that the output shall have."),
    DATA_FORMAT,
)

GLOBAL: Final = (
    DATA_FORMAT,
    Parameter(
        "keepdims", "flag", default=False, help="Keep the pooled axes, with a single pixel each."
    ),
)


DENSE: Final = (
    Parameter("units", "count", REQUIRED, "Number of neurons: features of the output."),
    ACTIVATION,
    BIAS,
)

BATCH_NORM: Final = (
    Parameter(
        "axis",
        "count",
        None,
        "Index of the axis that is normalised; that of the channels if left out.",
        minimum=-MAX_SIZE,
    ),
    Parameter(
        "momentum", "number", 0.99, "Weight of the moving averages; changes no shape.", minimum=0
    ),
    Parameter("epsilon", "number", 0.001, "Added to the variance; changes no shape.", minimum=0),
    Parameter("center", "flag", default=True, help="Whether every channel learns an offset."),
    Parameter("scale", "flag", default=True, help="Whether every channel learns a factor."),
)

RELU: Final = (
    Parameter("max_value", "number", None, "Cut off above this; changes no shape.", minimum=0),
    Parameter(
        "negative_slope", "number", 0, "Slope below the threshold; changes no shape.", minimum=0
    ),
    Parameter("threshold", "number", 0, "Cut off below this; changes no shape.", minimum=0),
)

DROPOUT: Final = (
    Parameter("rate", "number", REQUIRED, "The share that is dropped while training.", minimum=0),
)


def axis(default: int, what: str) -> Parameter:
    """Declare the index of an axis; −1 is the last."""
    return Parameter("axis", "count", default, f"The axis {what}.", minimum=-MAX_SIZE)


def zero_padding(rank: int) -> tuple[Parameter, ...]:
    """What zero_padding1d to 3d take."""
    return (
        Parameter(
            "padding",
            "padding",
            1,
            f"Pixels added: a number for all sides{_EACH[rank]}.",
            minimum=0,
            pairs=rank > 1,
        ),
        DATA_FORMAT,
    )


def cropping(rank: int) -> tuple[Parameter, ...]:
    """What cropping1d to 3d take; Cropping1D has no data_format."""
    taken = Parameter(
        "cropping",
        "padding",
        0 if rank == 2 else 1,
        f"Pixels taken away: a number for all sides{_EACH[rank]}.",
        minimum=0,
        pairs=rank > 1,
    )
    return (taken,) if rank == 1 else (taken, DATA_FORMAT)


_EACH: Final = {
    1: " or the two numbers [before, after]",
    2: ", one for each axis, or a pair [before, after] for each axis",
    3: ", one for each axis, or a pair [before, after] for each axis",
}


def upsampling(rank: int) -> tuple[Parameter, ...]:
    """What upsampling1d to 3d take: of the three only UpSampling2D interpolates."""
    how = "How often each pixel is repeated."
    if rank == 1:
        return (Parameter("size", "count", 2, how),)
    size = Parameter("size", "sizes", 2, how)
    if rank == 3:
        return (size, DATA_FORMAT)
    return (
        size,
        DATA_FORMAT,
        Parameter(
            "interpolation",
            "choice",
            "nearest",
            "How the pixels between are made; changes no shape.",
            choices=INTERPOLATIONS,
        ),
    )
