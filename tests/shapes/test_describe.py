import json

from hypothesis import given

from random_kinds import KINDS
from random_layers import LAYERS
from service.shapes import Layer, code, derive, describe, infer, read_layer, summary

FIELDS = [
    "op",
    "framework",
    "layout",
    "input_shape",
    "output_shape",
    "axes",
    "derivation",
    "params",
    "weights",
    "biases",
    "macs",
    "flops",
    "neurons_per_patch",
    "positions",
    "receptive_field",
    "code",
    "warnings",
]


@given(LAYERS | KINDS)
def test_it_is_json_with_the_promised_fields(layer: Layer) -> None:
    inference = infer(layer)
    described = describe(inference)
    assert list(described) == FIELDS
    assert json.loads(json.dumps(described, allow_nan=False)) == described
    assert described["output_shape"] == list(inference.output_shape)
    assert described["code"] == code(layer)
    assert len(described["derivation"]) == len(derive(inference))


def test_the_parts_of_one_answer() -> None:
    layer = read_layer(
        "textbook", "conv2d", [28, 28, 3], {"kernel_size": 3, "filters": 8, "stride": 2}
    )
    described = describe(infer(layer))
    assert described["axes"][0] == {
        "axis": "height",
        "input": 28,
        "kernel_size": 3,
        "effective_kernel_size": 3,
        "stride": 2,
        "dilation": 1,
        "padding": [0, 0],
        "output": 13,
        "unread": 1,
    }
    assert set(described["derivation"][0]) == {
        "axis",
        "quantity",
        "rule",
        "formula",
        "substitution",
        "value",
        "latex",
    }
    assert described["warnings"] == [
        {
            "code": "input_unread",
            "detail": "Along the height and the width, the last of 28 pixels is never read.",
        }
    ]
    assert {name: described[name] for name in FIELDS[7:15]} == {
        "params": 224,
        "weights": 216,
        "biases": 8,
        "macs": 36_504,
        "flops": 73_008,
        "neurons_per_patch": 8,
        "positions": 169,
        "receptive_field": [3, 3],
    }


def test_the_summary_of_a_convolution() -> None:
    layer = read_layer(
        "textbook", "conv2d", [28, 28, 3], {"kernel_size": 3, "filters": 16, "padding": 1}
    )
    formula = "⌊(input + 2·padding − kernel) / stride⌋ + 1 = ⌊(28 + 2·1 − 3) / 1⌋ + 1"
    assert summary(infer(layer)) == "\n".join(
        [
            "conv2d (textbook, HWC): 28×28×3 → 28×28×16",
            "height, width:",
            f"  output = {formula} = 28",
            "448 parameters: 432 weights, 16 biases",
            "338,688 MACs, 677,376 FLOPs",
            "784 positions, 16 neurons a patch",
        ]
    )


def test_the_summary_of_a_pool_with_a_warning() -> None:
    layer = read_layer("pytorch", "max_pool2d", [3, 28, 5], {"kernel_size": [3, 1], "stride": 2})
    assert summary(infer(layer)) == "\n".join(
        [
            "max_pool2d (pytorch, CHW): 3×28×5 → 3×13×3",
            "height:",
            "  output = ⌊(input − kernel) / stride⌋ + 1 = ⌊(28 − 3) / 2⌋ + 1 = 13",
            "width:",
            "  output = ⌊(input − kernel) / stride⌋ + 1 = ⌊(5 − 1) / 2⌋ + 1 = 3",
            "39 windows a channel, nothing to learn",
            "note: Along the height, the last of 28 pixels is never read.",
            "note: Along the width, 2 of 5 pixels are never read: stride 2 steps over them.",
        ]
    )


def test_one_of_a_thing_is_singular() -> None:
    layer = read_layer("textbook", "conv1d", [3], {"kernel_size": 3, "bias": True})
    lines = summary(infer(layer)).splitlines()
    assert lines[-3] == "4 parameters: 3 weights, 1 bias"
    assert lines[-1] == "1 position, 1 neuron a patch"


def shown(framework: str, op: str, shape: list[int], **values: object) -> list[str]:
    return summary(infer(read_layer(framework, op, shape, values))).splitlines()


def test_a_layer_without_axes_shows_the_size_that_it_changes() -> None:
    assert shown("textbook", "flatten", [5, 5, 16]) == [
        "flatten (textbook, HWC): 5×5×16 → 400",
        "output = height·width·channels = 5·5·16 = 400",
        "nothing to learn",
    ]
    assert shown("textbook", "linear", [4], units=2) == [
        "linear (textbook, C): 4 → 2",
        "output = neurons = 2 = 2",
        "10 parameters: 8 weights, 2 biases",
        "8 MACs, 16 FLOPs",
        "1 position, 2 neurons a patch",
    ]


def test_a_normalisation_learns_without_multiplying() -> None:
    assert shown("pytorch", "batch_norm2d", [1, 4, 5, 5])[1:] == [
        "8 parameters: 4 weights, 4 biases"
    ]


def test_a_join_shows_its_sum() -> None:
    lines = shown("textbook", "concat", [5, 5, 1], other_shapes=[[5, 5, 3], [5, 5, 4]])
    assert lines[1] == "output = input one + input two + input three = 1 + 3 + 4 = 8"
    many = shown("textbook", "concat", [5, 5, 1], other_shapes=[[5, 5, 3]] * 9)
    assert many[1] == "output = first + others = 1 + 27 = 28"
