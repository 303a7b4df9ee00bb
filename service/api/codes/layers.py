"""Layers that the shape engine refuses; the same codes for every framework that refuses them."""

from __future__ import annotations

from typing import Final

__all__ = ["TABLE"]

TABLE: Final[dict[str, dict[str, tuple[int, str, str]]]] = {
    "Layers: names": {
        "unknown_framework": (
            422,
            "No such framework",
            ("`framework` is none of those that the service speaks. GET /v1/shapes lists them."),
        ),
        "unknown_operation": (
            422,
            "No such operation",
            ("The framework has no operation of this name. GET /v1/shapes lists what each has."),
        ),
        "unknown_parameter": (
            422,
            "No such parameter",
            (
                "The operation has no parameter of this name in this framework. GET /v1/shapes "
                "lists those it has; names differ between frameworks."
            ),
        ),
        "unknown_quantity": (
            422,
            "No such quantity",
            (
                "What an answer is about is the output shape, an axis, or a count of the layer; "
                "the hint lists what there is."
            ),
        ),
        "unknown_layout": (
            422,
            "No such layout",
            (
                "`layout` is the letters of the axes, such as HWC or NCHW. The operation does "
                "not take this one; the hint lists those it takes."
            ),
        ),
        "bad_size_name": (
            422,
            "Not a name of a size",
            (
                "A size of an input is a whole number, or a name such as H: a letter, then "
                "letters, digits and underscores, at most 16 in all."
            ),
        ),
        "too_many_names": (
            422,
            "Too many names of sizes",
            "An input may have up to four different names among its sizes.",
        ),
        "name_needs_number": (
            422,
            "A number is needed here",
            (
                "A name stands for a size where no one formula gives the answer, or in a request "
                "that computes with numbers alone. POST /v1/shapes and /v1/networks take "
                "names as sizes."
            ),
        ),
        "missing_parameter": (
            422,
            "A parameter is missing",
            ("The operation can't be computed without this parameter: it has no default."),
        ),
        "given_twice": (
            422,
            "Given under two names",
            (
                "Two names of one parameter (filters and out_channels) were both given. Give "
                "one of them."
            ),
        ),
        "bad_padding_value": (
            422,
            "No such padding",
            ("As a word, padding must be one that the framework knows; the hint lists them."),
        ),
        "bad_padding_mode_value": (
            422,
            "No such padding mode",
            ("`padding_mode` says what the padding is filled with; the hint lists what there is."),
        ),
    },
    "Layers: single values": {
        "wrong_type": (
            422,
            "Wrong type",
            (
                "A value is of another JSON type than this place takes, or a text in an address "
                "can't be read as one."
            ),
        ),
        "wrong_length": (
            422,
            "Wrong number of values",
            (
                "A list has another number of entries than the layer has axes. Give one number "
                "for all axes, or one for each."
            ),
        ),
        "pads_wrong_length": (
            422,
            "Wrong number of paddings",
            (
                "Padding has another number of entries than the layer has axes. Give one "
                "number, one for each axis, or a pair [before, after] for each."
            ),
        ),
        "number_too_large": (
            422,
            "Number too large",
            (
                "No size or parameter may be larger than 2,147,483,647, and whole numbers in a "
                "tensor lie within ±2**53."
            ),
        ),
        "kernel_not_positive": (
            422,
            "Kernel not positive",
            ("A kernel spans at least one pixel along each axis."),
        ),
        "stride_not_positive": (
            422,
            "Stride not positive",
            ("A kernel moves at least one pixel each step: stride is 1 or more."),
        ),
        "dilation_not_positive": (
            422,
            "Dilation not positive",
            (
                "Neighbouring taps of a kernel lie at least 1 apart: dilation is 1 or more, and "
                "1 leaves no gaps."
            ),
        ),
        "padding_negative": (
            422,
            "Padding negative",
            ("Padding adds pixels around the input; it can't take any away. Zero is none."),
        ),
        "filters_not_positive": (
            422,
            "No filters",
            ("A convolution has at least one filter (out_channels)."),
        ),
        "channels_not_positive": (
            422,
            "No channels",
            ("A layer is made for at least one input channel."),
        ),
        "groups_not_positive": (
            422,
            "No groups",
            ("Channels form at least one group; 1 is the ordinary convolution."),
        ),
        "divisor_zero": (
            422,
            "Division by zero",
            ("`divisor_override` divides the sum of each window and can't be 0."),
        ),
    },
    "Layers: on this input": {
        "input_rank_or_size": (
            422,
            "Input of another rank, or empty",
            (
                "The input has another number of axes than the layer (and its layout) takes, or "
                "an axis of size 0."
            ),
        ),
        "kernel_larger_than_padded_input": (
            422,
            "Kernel larger than the padded input",
            (
                "The effective kernel, d(k − 1) + 1, spans more than the input with its "
                "padding: there is not one position for it. Use a smaller kernel or dilation, "
                "or more padding."
            ),
        ),
        "pool_window_larger_than_padded_input": (
            422,
            "Window larger than the padded input",
            (
                "The pooling window spans more than the input with its padding. Use a smaller "
                "window, or more padding where it is allowed."
            ),
        ),
        "output_would_be_zero_or_negative": (
            422,
            "No output is left",
            (
                "By the formula the output has a size of 0 or less along some axis. Use a "
                "smaller kernel or dilation, or more padding."
            ),
        ),
        "input_channels_mismatch": (
            422,
            "Input has other channels",
            (
                "The layer was declared for another number of input channels than the input "
                "has. Often the layout is the other one: channels first or last."
            ),
        ),
        "channels_not_divisible_by_groups": (
            422,
            "Channels don't divide into groups",
            ("Input channels and filters must both be divisible by groups."),
        ),
        "same_with_stride": (
            422,
            "Same padding with a stride",
            (
                "PyTorch knows padding 'same' for stride 1 only. The textbook dialect, "
                "TensorFlow and Keras define it for every stride."
            ),
        ),
        "pool_padding_more_than_half_kernel": (
            422,
            "Pool padding above half the window",
            (
                "PyTorch takes at most half the window as padding of a pool, so that no window "
                "lies wholly in the padding."
            ),
        ),
        "pool_padding_too_large": (
            422,
            "Pool padding too large",
            (
                "A window that lies wholly in the padding has no maximum and no average: "
                "padding must be smaller than the effective window."
            ),
        ),
        "padding_too_large": (
            422,
            "More padding than the input can give",
            (
                "Mirrored and wrapped padding take their pixels from the input: at most i − 1 "
                "(reflect) or i (circular) on each side."
            ),
        ),
    },
}
