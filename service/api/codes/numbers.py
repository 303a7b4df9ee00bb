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
            ("Convolutions run on float32, float64 and whole numbers."),
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
            "A pool has no weight",
            ("Pools only look at their window. Leave `weight` out."),
        ),
        "bias_shape_mismatch": (
            422,
            "Bias of another shape",
            ("The bias has one number for each filter."),
        ),
        "bias_not_wanted": (
            422,
            "A pool has no bias",
            ("Pools add nothing. Leave `bias` out."),
        ),
        "op_not_supported": (
            422,
            "No numbers for this operation yet",
            ("The operation has a shape (POST /v1/shapes), but its numbers are not computed yet."),
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
                "The work or the memory that the sizes declare is above the limit. `quantity` "
                "says of what, `limit` and `asked` how much. Nothing was computed."
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
