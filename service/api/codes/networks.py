"""Networks that the engine refuses, and questions about layers that have no answer."""

from __future__ import annotations

from typing import Final

__all__ = ["TABLE"]

TABLE: Final[dict[str, dict[str, tuple[int, str, str]]]] = {
    "Networks": {
        "empty_network": (
            422,
            "No layers",
            ("A network has at least one layer; `layers` lists them."),
        ),
        "too_many_layers": (
            422,
            "Too many layers",
            ("The network has more layers than one request may ask for; the hint says how many."),
        ),
        "unusable_name": (
            422,
            "Unusable name",
            ("The name of a layer has 1 to 200 printable characters."),
        ),
        "duplicate_name": (
            422,
            "Name used twice",
            (
                "Layers are told apart by their names, so no two have the same; `input` is the "
                "network's own input."
            ),
        ),
        "unknown_input": (
            422,
            "No such layer to read",
            (
                "`inputs` names layers of the same network, or `input`, the network's own input. "
                "The hint names what was probably meant."
            ),
        ),
        "unknown_layer": (
            422,
            "No such layer",
            (
                "`weights` and `return` of a run name layers of its network. The hint names what "
                "was probably meant."
            ),
        ),
        "cycle": (
            422,
            "Layers in a circle",
            (
                "Some layers read each other in a circle, so none of them can be worked out "
                "first. The detail names the circle; break it at one place."
            ),
        ),
        "wrong_number_of_inputs": (
            422,
            "Wrong number of inputs",
            (
                "`add`, `concat` and `center_crop_like` join several layers; every other "
                "operation reads one. Join the inputs first."
            ),
        ),
        "unknown_field": (
            422,
            "No such field",
            (
                "A network has `framework`, `layout`, `input_shape` and `layers`, a layer has "
                "`name`, `op`, `inputs` and `params`: its own parameters stand inside `params`."
            ),
        ),
        "unknown_network": (
            422,
            "No such network",
            ("The catalogue has no network of this name; GET /v1/networks lists those it has."),
        ),
    },
    "Files of networks": {
        "file_too_large": (
            422,
            "File too large",
            "The file has more bytes than are read. Export the model without its weights.",
        ),
        "not_onnx": (
            422,
            "No ONNX file",
            (
                "The bytes are no ONNX model, or are cut off. Send the file as it is, "
                "with the header Content-Type: application/octet-stream."
            ),
        ),
        "not_a_keras_model": (
            422,
            "No Keras model",
            (
                "The JSON is no Sequential or functional model: send what `model.to_json()` "
                "writes, as it is. A network in this service's own words goes to POST /v1/networks."
            ),
        ),
        "several_inputs": (
            422,
            "Not one input",
            "The model has no input or several; a network here has one.",
        ),
        "open_sizes": (
            422,
            "Sizes left open",
            (
                "The file does not say how large its input is. Say it in the query, batch and "
                "channels included: `?input_shape=1x3x224x224`."
            ),
        ),
        "unsupported_operator": (
            422,
            "Operator that isn't read",
            "No operation here stands for this operator of ONNX; the hint lists those that do.",
        ),
        "unsupported_layer": (
            422,
            "Layer that isn't read",
            "No operation here stands for this layer of Keras; the hint lists those that do.",
        ),
        "unsupported_call": (
            422,
            "Call that isn't read",
            "The layer is called with something that is no output of another layer.",
        ),
        "unreadable_node": (
            422,
            "Node that can't be read",
            (
                "The node lacks inputs or attributes, its weights are of no use, or it does "
                "something that no operation here does."
            ),
        ),
    },
    "Solutions, diagnoses and comparisons": {
        "not_solvable": (
            422,
            "Nothing to solve for",
            (
                "Only windows can be solved for (kernel size, stride, padding, dilation, output "
                "padding), and only in operations that slide one. The hint lists them."
            ),
        ),
        "output_rank_or_size": (
            422,
            "Output of another rank",
            ("`output_shape` has one size for each axis that the layer's output has."),
        ),
        "len": (
            422,
            "Wrong number of sizes",
            ("The answer has another number of sizes than what it answers."),
        ),
        "not_comparable": (
            422,
            "The same everywhere",
            ("The operation has no parameters and no padding in which frameworks could differ."),
        ),
        "not_in_framework": (
            422,
            "Not in this framework",
            (
                "The framework has no words for this layer. Its `problem` says what is missing, "
                "and `edit` what does the same, if anything does."
            ),
        ),
    },
}
