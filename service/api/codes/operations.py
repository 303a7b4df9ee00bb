"""Layers of further operations and frameworks that the shape engine refuses."""

from __future__ import annotations

from typing import Final

__all__ = ["TABLE"]

_RANGES: Final = {
    "eps": "A normalization adds a small number that is not negative before it divides.",
    "epsilon": "A normalization adds a small number that is not negative before it divides.",
    "max_value": "A ReLU that is cut off above is cut off at a number that is not negative.",
    "momentum": "Momentum is the share of a running mean that is kept or taken: from 0 to 1.",
    "negative_slope": "The slope of a ReLU below zero is a number within the hint's bounds.",
    "norm_type": "The p of an Lp norm is within the bounds that the hint names.",
    "p": "Within the bounds of the hint: the share of values dropped lies between 0 and 1.",
    "rate": "The share of values that a dropout drops lies between 0 and 1.",
    "ratio": "The share of values that a dropout drops lies between 0 and 1.",
    "scale_factor": "An output is larger than its input by a factor of at least the hint's bound.",
    "scales": "An output is larger than its input by a factor of at least the hint's bound.",
    "threshold": "The threshold of a ReLU is a number that is not negative.",
}
_TOO_SMALL: Final = {
    "channel_multiplier": "Every channel has at least one filter.",
    "divisor_override": "A sum is divided by a number within ±2,147,483,647.",
    "in_features": "A linear layer reads at least one number.",
    "num_features": "A normalization is made for at least one channel.",
    "out_features": "A linear layer has at least one neuron.",
    "p": "The p of an Lp norm is at least 1.",
    "scale_factor": "Every pixel is there at least once: the factor is 1 or more.",
}
_WORDS: Final = {
    "activation": "The framework has no activation function of this name.",
    "auto_pad": "`auto_pad` says how ONNX pads: NOTSET, SAME_UPPER, SAME_LOWER or VALID.",
    "ceil_mode": "ONNX writes flags as numbers: 0 or 1.",
    "count_include_pad": "ONNX writes flags as numbers: 0 or 1.",
    "data_format": "`data_format` says where the channels stand: channels_last or channels_first.",
    "interpolation": "Keras knows no interpolation of this name; the hint lists what it knows.",
    "mode": "New pixels are made in none of the modes of this name; the hint lists what there is.",
    "encoding": "The columns of a sweep are written in none of the encodings of this name.",
    "storage_order": "0 counts indices row by row, 1 column by column.",
}

TABLE: Final[dict[str, dict[str, tuple[int, str, str]]]] = {
    "Layers: further values": {
        **{
            f"bad_{name}_value": (422, f"No such {name.replace('_', ' ')}", explanation)
            for name, explanation in _WORDS.items()
        },
        **{
            f"{name}_out_of_range": (422, f"{name} out of range", explanation)
            for name, explanation in _RANGES.items()
        },
        **{
            f"{name}_too_small": (422, f"{name} too small", explanation)
            for name, explanation in _TOO_SMALL.items()
        },
        "depth_multiplier_not_positive": (
            422,
            "No filters for a channel",
            "A depthwise convolution has at least one filter for every channel.",
        ),
        "output_padding_negative": (
            422,
            "Output padding negative",
            "Output padding adds pixels at the end of a transposed convolution's output.",
        ),
        "output_size_not_positive": (
            422,
            "No output asked for",
            "The output that an adaptive pool or an upsampling is to have is at least one pixel.",
        ),
        "cropping_negative": (
            422,
            "Cropping negative",
            "Cropping takes pixels away; padding is the layer that adds some.",
        ),
        "size_not_positive": (
            422,
            "Factor not positive",
            "Upsampling repeats every pixel at least once: its factor is 1 or more.",
        ),
        "units_not_positive": (
            422,
            "No neurons",
            "A linear (dense) layer has at least one neuron.",
        ),
    },
    "Layers: values together": {
        "causal_not_allowed": (
            422,
            "Causal padding is for sequences",
            (
                "Causal padding keeps an output from seeing later steps. Only one axis has later "
                "steps, so Keras offers it for conv1d alone."
            ),
        ),
        "pads_with_auto_pad": (
            422,
            "Padding said twice",
            "In ONNX either `pads` gives the numbers or `auto_pad` the rule. Leave one out.",
        ),
        "layout_conflict": (
            422,
            "Layout and data format disagree",
            (
                "`layout` and `data_format` (or `axis`) put the channels in different places. Give "
                "one of them, or both alike."
            ),
        ),
        "stride_with_dilation": (
            422,
            "Stride with dilation",
            "This framework takes a stride above 1 or a dilation above 1, not both together.",
        ),
        "stride_over_window": (
            422,
            "Stride above the window",
            (
                "With a stride larger than the window TensorFlow's devices disagree, so it is "
                "refused here."
            ),
        ),
        "output_padding_too_large": (
            422,
            "Output padding too large",
            (
                "Output padding chooses between the outputs that one stride maps to the same "
                "input, so it is smaller than the stride (or, in PyTorch, the dilation)."
            ),
        ),
        "output_shape_mismatch": (
            422,
            "No such output",
            (
                "No convolution with these strides and this padding leads from the asked output "
                "back to the input."
            ),
        ),
        "output_shape_too_large": (
            422,
            "Output out of reach",
            (
                "The patches of the transposed convolution, and what the stride leaves room for, "
                "end before the asked size."
            ),
        ),
        "align_corners_without_interpolation": (
            422,
            "No corners to align",
            "`align_corners` says how pixels are mixed; the nearest mode mixes none.",
        ),
        "blocks_do_not_fit": (
            422,
            "Columns that are no blocks of this image",
            (
                "Each column holds one block of every channel, and there is one column for each "
                "place where a block fits into the padded image."
            ),
        ),
        "fill_without_constant": (
            422,
            "Nothing constant to fill",
            (
                "A constant fills padding of mode `constant` (`zeros` in the textbook); the other "
                "modes take their numbers from the input."
            ),
        ),
        "axis_out_of_range": (
            422,
            "No such axis",
            "Axes are counted from 0, or from the end with −1; the input has fewer than that.",
        ),
        "axes_out_of_order": (
            422,
            "Axes in the wrong order",
            "Flattening joins neighbouring axes: it starts at or before the axis where it ends.",
        ),
        "shapes_differ": (
            422,
            "Inputs don't fit together",
            (
                "Adding takes inputs of equal shapes; concatenating takes inputs that differ along "
                "the joined axis alone; cropping takes one that fits around the other."
            ),
        ),
    },
    "Sweeps": {
        "columns_of_unequal_length": (
            422,
            "Columns of unequal length",
            "All columns of a sweep have as many rows as each other; one number stands for all.",
        ),
        "range_without_step": (
            422,
            "Range without a step",
            "A range of a sweep goes from one number to another in steps of at least 1.",
        ),
        "too_many_rows": (422, "Too many rows", "Cut the sweep into several."),
        "unknown_result": (
            422,
            "No such result",
            "A sweep has no result of this name; the hint names the nearest.",
        ),
    },
    "Files of networks": {
        "file_too_large": (413, "File too large", "The file has more bytes than are read."),
        "not_a_keras_model": (
            422,
            "No Keras model",
            "A Sequential or functional model is read, as `model.to_json()` writes it.",
        ),
        "not_onnx": (422, "No ONNX file", "The bytes are no ONNX model that can be read."),
        "open_sizes": (
            422,
            "Sizes left open",
            "The file leaves sizes of its input open. Give an `input_shape`.",
        ),
        "several_inputs": (
            422,
            "Several inputs",
            "A network has one input here; the file has another number.",
        ),
        "unreadable_node": (
            422,
            "Node that can't be read",
            "A node of the graph has inputs or attributes that have no counterpart here.",
        ),
        "unsupported_call": (
            422,
            "Call that can't be read",
            "A layer reads something that is no output of a layer.",
        ),
        "unsupported_layer": (
            422,
            "Layer that can't be read",
            "No operation here stands for this layer of Keras; the hint lists those read.",
        ),
        "unsupported_operator": (
            422,
            "Operator that can't be read",
            "No operation here stands for this operator of ONNX; the hint lists those read.",
        ),
    },
}
