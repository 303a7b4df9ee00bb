"""Solutions, diagnoses and comparisons as JSON and as text."""

import json

from service.shapes import infer, read_layer
from service.shapes.comparison import compare, describe_comparison, summarise_comparison
from service.shapes.diagnosis_report import describe_diagnosis, summarise_diagnosis
from service.shapes.mistakes import diagnosis
from service.shapes.solver import describe_solutions, solve, summarise_solutions

CONV = infer(read_layer("textbook", "conv2d", [28, 28, 3], {"kernel_size": 5, "filters": 16}))


def test_solutions() -> None:
    found = solve("conv2d", [28, 28], [28, 28], ["kernel_size", "padding"], {})
    described = describe_solutions(found)
    assert json.loads(json.dumps(described)) == described
    assert described["count"] == len(described["solutions"]) == found.count
    assert described["why_none"] is None
    lines = summarise_solutions(found, most=2).splitlines()
    assert lines == [
        "kernel_size 3, padding 1",
        "kernel_size 1, padding 0",
        f"and {found.count - 2} more",
    ]
    assert summarise_solutions(solve("conv1d", [9], [9], ["padding"], {"kernel_size": 3})) == (
        "padding 1"
    )


def test_sizes_that_differ_are_written_with_a_cross() -> None:
    torch = solve("conv2d", [3, 8, 9], [1, 4, 9], ["stride"], {"kernel_size": 1}, "pytorch")
    assert summarise_solutions(torch) == "stride 2×1, out_channels 1"
    fixed = {"kernel_size": 3, "out_channels": 1}
    pairs = solve("conv2d", [1, 3, 9, 9], [1, 1, 9, 9], ["padding"], fixed, "jax")
    assert summarise_solutions(pairs) == "padding 1:1×1:1"


def test_why_there_are_none() -> None:
    found = solve("conv2d", [28, 28], [27, 27], ["padding"], {"kernel_size": 3})
    described = describe_solutions(found)
    assert described["nearest"][0] == {"values": {"padding": 0}, "output_shape": [26, 26]}
    lines = summarise_solutions(found).splitlines()
    assert lines[0] == found.why_none
    assert lines[1] == "padding 0 gives 26×26"


def test_a_diagnosis() -> None:
    wrong = diagnosis(CONV, (23, 23, 16))
    described = describe_diagnosis(wrong)
    assert json.loads(json.dumps(described)) == described
    assert described["expected"] == [24, 24, 16]
    assert described["mistakes"][0]["would_give"] == [23, 23, 16]
    lines = summarise_diagnosis(wrong).splitlines()
    assert lines[0] == "23×23×16 is not right: it is 24×24×16."
    assert lines[1].startswith("forgot_plus_one: ")
    assert summarise_diagnosis(diagnosis(CONV, 1216, "params")) == "1,216 is right."
    unknown = summarise_diagnosis(diagnosis(CONV, 7, "params"))
    assert unknown == "7 is not right: it is 1,216.\nNo known mistake gives that."


def test_a_comparison() -> None:
    request = {"framework": "keras", "op": "conv2d", "input_shape": [1, 28, 28, 3], "strides": 2}
    found = compare({**request, "kernel_size": 3, "filters": 4, "padding": "same"})
    described = describe_comparison(found)
    assert json.loads(json.dumps(described)) == described
    torch = described["frameworks"]["pytorch"]
    assert torch["output_shape"] == [1, 4, 14, 14]
    assert torch["layout"] == "NCHW"
    assert torch["values_shift"] is True
    assert [shift["code"] for shift in torch["shifts"]] == ["padding_split"]
    assert described["reasons"][0]["frameworks"] == ["pytorch"]
    lines = summarise_comparison(found).splitlines()
    assert "pytorch     1×4×14×14 (NCHW), other numbers" in lines
    assert "keras       1×14×14×4 (NHWC)" in lines
    assert "they do not agree" in lines
    assert lines[-1].startswith("edit: pytorch: ")


def test_a_comparison_with_refusals() -> None:
    found = compare({"op": "max_pool2d", "input_shape": [3, 3, 1], "kernel_size": 5})
    described = describe_comparison(found)
    assert json.loads(json.dumps(described)) == described
    assert described["frameworks"]["jax"]["available"] is False
    assert described["frameworks"]["keras"]["problem"]["code"] == (
        "output_would_be_zero_or_negative"
    )
    text = summarise_comparison(found)
    assert "jax         jax has no operation `max_pool2d`." in text
    assert "keras       refused: Along the height" in text
    assert "they agree" in summarise_comparison(compare({**CONV_REQUEST}))


CONV_REQUEST = {"op": "conv2d", "input_shape": [28, 28, 3], "kernel_size": 3}
