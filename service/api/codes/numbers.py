"""Tensors and convolutions that the convolution engine refuses."""

from __future__ import annotations

from typing import Final

__all__ = ["TABLE"]

TABLE: Final[dict[str, dict[str, tuple[int, str, str]]]] = {
    "Tensors": {
        "ragged_tensor": (
            422,
            "Lists of unequal length",
            (
                "Nested lists are a tensor only if all lists of one depth are equally long. The "
                "pointer names the first that is not."
            ),
        ),
        "empty_tensor": (
            422,
            "An axis without entries",
            ("Every axis of a tensor has at least one entry."),
        ),
        "tensor_too_deep": (
            422,
            "Too many axes",
            ("A tensor here has at most five axes: batch, channels and three spatial ones."),
        ),
        "not_finite": (
            422,
            "Not finite",
            ("A number is not finite, or a sum leaves the range of its type. Use smaller numbers."),
        ),
        "dtype_not_supported": (
            422,
            "Type of numbers not supported",
            (
                "Convolutions run on float32, float64 and whole numbers; float16 is computed as "
                "float32, and truth values count as 0 and 1."
            ),
        ),
        "base64_unreadable": (
            422,
            "Not base64",
            (
                "The text is not base64: A-Z a-z 0-9 + / in groups of four, with padding (=) and "
                "without line breaks."
            ),
        ),
        "npy_unreadable": (
            422,
            "Not a .npy file",
            (
                "A part of the form is not a .npy file as numpy.save writes it (version 1 to "
                "3, one array of numbers). Nothing in it is ever unpickled or evaluated. Write "
                "it with numpy.save; the detail says what was found."
            ),
        ),
        "tensor_size_mismatch": (
            422,
            "More or fewer bytes than declared",
            (
                "Shape and type declare how many bytes a tensor has; these are more or fewer, so "
                "something was cut off or does not belong there."
            ),
        ),
    },
    "Pictures and filters": {
        "picture_unreadable": (
            422,
            "Not a picture",
            (
                "The bytes are neither PNG nor JPEG, or the file is damaged or cut off. Send the "
                "whole file as base64, without `data:` before it."
            ),
        ),
        "picture_not_supported": (
            422,
            "A kind of picture that is not taken",
            (
                "Animated PNGs, CMYK and 12-bit JPEGs, and JPEGs of more than 32 scans are not "
                "taken. Save it again as grey or RGB."
            ),
        ),
        "picture_not_2d": (
            422,
            "A picture has two dimensions",
            (
                "Pictures are for operations with rows and columns and a layout with them; grey "
                "ones for a layout without channels."
            ),
        ),
        "no_picture": (
            422,
            "The output is no picture",
            "An output without a single number can't be drawn. Ask for JSON or a .npy file.",
        ),
        "filter_not_2d": (
            422,
            "Filters by name have two dimensions",
            ("A filter by its name can be the weight of conv2d and depthwise_conv2d."),
        ),
        "unknown_filter": (
            422,
            "No filter of this name",
            ("GET /v1/filters lists the filters by name, with their kernels."),
        ),
        "filter_parameter_unknown": (
            422,
            "The filter has no such parameter",
            ("GET /v1/filters lists what each filter takes."),
        ),
        "filter_parameter_out_of_range": (
            422,
            "A parameter of the filter is out of range",
            ("The hint gives the bounds; sizes are odd, so that a kernel has a centre."),
        ),
    },
    "Convolutions": {
        "input_shape_mismatch": (
            422,
            "Input of another shape",
            ("The input does not have the shape that the layer was read for."),
        ),
        "weight_missing": (
            422,
            "A weight is needed",
            ("A convolution needs the numbers of its filters in `weight`."),
        ),
        "weight_shape_mismatch": (
            422,
            "Weight of another shape",
            (
                "The weight must have the framework's own order (output channels, input "
                "channels a group, kernel) and fit the layer; the hint names the shape."
            ),
        ),
        "weight_not_wanted": (
            422,
            "There is no weight",
            (
                "Pools, activations and what only moves pixels have learned nothing. Leave it out. "
                "In a network the hint names what the layer has learned."
            ),
        ),
        "bias_shape_mismatch": (
            422,
            "Bias of another shape",
            (
                "A bias has one number for each filter, and so have the mean and the variance of "
                "a normalisation for each channel."
            ),
        ),
        "bias_not_wanted": (
            422,
            "There is no bias",
            (
                "Pools, activations and what only moves pixels add nothing. Leave `bias` out. In a "
                "network the layer may be declared without one: declare it, or leave it out."
            ),
        ),
        "op_not_supported": (
            422,
            "Not by itself",
            (
                "The operation has a shape (POST /v1/shapes), but joins several inputs: it runs as "
                "a layer of a network. Or it has numbers, but no windows that could be traced."
            ),
        ),
        "fill_not_whole": (
            422,
            "Integers cannot be filled with this",
            (
                "An input of whole numbers stays one, so what it is padded with must be a whole "
                "number of its type. Write the input with a decimal point otherwise."
            ),
        ),
        "negative_variance": (
            422,
            "A variance below 0",
            ("A variance is a mean of squares, and its root is divided by."),
        ),
        "empty_window": (
            422,
            "A window without input",
            ("Some window lies wholly in the padding, so there is no maximum or average of it."),
        ),
        "over_budget": (
            422,
            "More than one request may ask for",
            (
                "The work or the memory that the sizes declare is above the limit. Nothing was "
                "computed. Ask for less: `quantity` says of what, `limit` and `asked` how "
                "much."
            ),
        ),
        "positions_unreadable": (
            422,
            "Positions can't be read",
            (
                '`trace.positions` is "all" or a list of positions with one whole number per '
                "spatial axis: [row, column] in 2-d."
            ),
        ),
        "position_outside_output": (
            422,
            "No such position",
            ("A traced position lies outside the output; the hint gives its bounds."),
        ),
        "channel_outside_output": (
            422,
            "No such channel",
            ("The traced channel is none of the output's; counting starts at 0."),
        ),
        "sample_outside_batch": (
            422,
            "No such sample",
            ("The traced sample is none of the batch's; counting starts at 0."),
        ),
    },
}
