"""Where the frameworks really disagree: what each of them gave, and what the comparison says.

The data are the frameworks' own answers; which layer was meant is written here in words that a
framework has.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from service.shapes.comparison import Comparison, compare

LINES = {
    line["id"]: line
    for line in map(
        json.loads,
        (Path(__file__).parents[2] / "oracle" / "disagreements.jsonl")
        .read_text("utf-8")
        .splitlines(),
    )
}


def torch(op: str, shape: list[int], **values: Any) -> dict[str, Any]:
    return {"framework": "pytorch", "op": op, "input_shape": shape, **values}


SAME_POOL = {"framework": "keras", "op": "max_pool2d", "input_shape": [1, 6, 6, 1], "pool_size": 3}
REQUESTS: dict[str, list[dict[str, Any]]] = {
    "ceil-window-in-right-pad": [
        torch("max_pool2d", [1, 1, 5, 5], kernel_size=2, stride=2, padding=1, ceil_mode=True)
    ],
    "ceil-opset": [
        torch("avg_pool2d", [1, 1, 4, 4], kernel_size=3, stride=2, padding=1, ceil_mode=True)
        | {"count_include_pad": True}
    ],
    "avgpool-pad-default": [
        torch("avg_pool2d", [1, 1, 4, 4], kernel_size=3, stride=1, padding=1),
        {"op": "avg_pool2d", "input_shape": [4, 4, 1], "kernel_size": 3, "stride": 1}
        | {"padding": "same"},
    ],
    "kernel-one-larger": [
        torch("conv2d", [1, 1, 3, 3], kernel_size=4, stride=1, padding=0, out_channels=1)
    ],
    "pool-larger-ceil": [
        torch("max_pool2d", [1, 1, 4, 4], kernel_size=5, stride=3, padding=0, ceil_mode=True)
    ],
    "pool-larger": [torch("max_pool2d", [1, 1, 3, 3], kernel_size=5, stride=1)],
    "same-kernel-smaller-than-stride": [
        {"framework": "onnx", "op": "max_pool2d", "input_shape": [1, 1, 6, 6], "strides": [2, 2]}
        | {"kernel_shape": [1, 1], "auto_pad": "SAME_UPPER"}
    ],
    "transpose-stride-over-kernel": [
        torch("conv_transpose2d", [1, 1, 4, 4], kernel_size=2, stride=3, padding=0, out_channels=1),
        {"op": "conv_transpose2d", "input_shape": [4, 4, 1], "kernel_size": 2, "stride": 3},
    ],
    "transpose-same-output-padding": [
        {"framework": "onnx", "op": "conv_transpose2d", "input_shape": [1, 1, 4, 4]}
        | {"kernel_shape": [4, 4], "strides": [2, 2], "auto_pad": "SAME_UPPER"}
        | {"output_padding": [1, 1], "out_channels": 1}
    ],
    "negative-padding": [
        torch("conv2d", [1, 1, 7, 7], kernel_size=3, padding=[-1, -1], out_channels=1),
        {"framework": "jax", "op": "conv2d", "input_shape": [1, 1, 7, 7], "kernel_size": 3}
        | {"padding": [[-1, -1], [-1, -1]], "out_channels": 1},
    ],
    "pool-pad-over-half": [
        torch("max_pool2d", [1, 1, 5, 5], kernel_size=3, stride=1, padding=2),
        {"framework": "onnx", "op": "max_pool2d", "input_shape": [1, 1, 5, 5], "strides": 1}
        | {"kernel_shape": 3, "pads": [2, 2, 2, 2]},
    ],
    "avgpool3d-check": [torch("avg_pool3d", [1, 1, 2, 2, 2], kernel_size=3, stride=1, padding=1)],
    "groups-compute-output-shape": [
        {"framework": "keras", "op": "conv2d", "input_shape": [1, 9, 9, 5], "kernel_size": 3}
        | {"filters": 4, "groups": 2}
    ],
    "causal": [
        {"framework": "keras", "op": "conv1d", "input_shape": [1, 5, 1], "kernel_size": 3}
        | {"filters": 1, "padding": "causal"},
        {"op": "conv1d", "input_shape": [5], "kernel_size": 3, "padding": "causal"},
    ],
    "batchnorm-params": [torch("batch_norm2d", [1, 64, 8, 8])],
    "separable-bias": [
        {"framework": "keras", "op": "separable_conv2d", "input_shape": [1, 9, 9, 8]}
        | {"kernel_size": 3, "filters": 16},
        torch("separable_conv2d", [1, 8, 9, 9], kernel_size=3, out_channels=16),
    ],
    "tf-pool-stride-over-window": [torch("max_pool2d", [1, 1, 7, 7], kernel_size=2, stride=3)],
    "convolution-or-correlation": [torch("conv2d", [1, 1, 3, 3], kernel_size=3, out_channels=1)],
    "same-stride2-odd-control": [
        torch("conv2d", [1, 1, 5, 5], kernel_size=3, stride=2, padding=1, out_channels=1),
        {"framework": "keras", "op": "conv2d", "input_shape": [1, 5, 5, 1], "kernel_size": 3}
        | {"strides": 2, "padding": "same", "filters": 1},
    ],
    "maxpool-same-k3s2": [
        torch("max_pool2d", [1, 1, 6, 6], kernel_size=3, stride=2, padding=1),
        {**SAME_POOL, "strides": 2, "padding": "same"},
    ],
    "upsample-bilinear": [
        torch("upsampling2d", [1, 1, 2, 2], scale_factor=2, mode="bilinear"),
        {"framework": "keras", "op": "upsampling2d", "input_shape": [1, 2, 2, 1], "size": 2}
        | {"interpolation": "bilinear"},
    ],
    "adaptive-avg-uneven": [torch("adaptive_avg_pool1d", [1, 1, 5], output_size=3)],
}
CASES = [(name, request) for name, requests in REQUESTS.items() for request in requests]

NAMES = {
    "torch": "pytorch",
    "torch 3d": "pytorch",
    "torch parameters()": "pytorch",
    "torch depthwise+pointwise": "pytorch",
    "onnxruntime": "onnx",
    "onnxruntime 3d": "onnx",
    "keras[torch]": "keras",
    "keras[tensorflow]": "keras",
    "keras[torch] call": "keras",
    "keras[tensorflow] call": "keras",
    "keras[torch] count_params()": "keras",
    "keras[tensorflow] count_params()": "keras",
    "keras[torch] AdaptiveAveragePooling1D": "keras",
    "keras[tensorflow] AdaptiveAveragePooling1D": "keras",
    "tensorflow": "tensorflow",
    "tf.nn.pool": "tensorflow",
    "jax": "jax",
    "flax": "flax",
}
"""The programs that were run, by the framework whose rules they follow."""

SAID_OTHERWISE = {
    # tf.nn.max_pool2d was run; tf.nn.pool is what the dialect follows
    ("same-kernel-smaller-than-stride", "tensorflow"): "tensorflow_max_pool",
    # memory that nobody has written to is no answer
    ("kernel-one-larger", "tensorflow"): "tensorflow_uninitialised",
    # programs that refuse what their framework's rules allow
    ("same-kernel-smaller-than-stride", "onnxruntime"): "onnxruntime_same_negative",
    ("avgpool3d-check", "torch 3d"): "torch_avg_pool3d",
}
"""What programs do in spite of the rules: told as a quirk."""


def channels_first(shape: tuple[int, ...], layout: str) -> list[int]:
    sizes = dict(zip(layout, shape, strict=True))
    spatial = [sizes[letter] for letter in "DHWL" if letter in sizes]
    return [sizes.get("N", 1), sizes.get("C", 1), *spatial]


@pytest.mark.parametrize(("name", "asked"), CASES)
def test_every_framework_answers_as_it_did(name: str, asked: dict[str, Any]) -> None:
    comparison = compare(asked)
    for program, result in LINES[name]["results"].items():
        if program not in NAMES:
            continue
        outcome = comparison.outcomes[NAMES[program]]
        quirk = SAID_OTHERWISE.get((name, program))
        if quirk is not None:
            assert quirk in [found.code for found in outcome.quirks], program
        elif "error" in result:
            assert outcome.available
            assert outcome.problem is not None, program
        elif "value" in result:
            assert outcome.params == result["value"], program
        else:
            assert outcome.output_shape is not None, program
            assert outcome.layout is not None
            shape = channels_first(outcome.output_shape, outcome.layout)
            assert shape == result["output_shape"], program


@pytest.mark.parametrize(("name", "asked"), CASES)
def test_numbers_shift_where_they_did(name: str, asked: dict[str, Any]) -> None:
    """Compare the outputs of the programs with those of the request's own framework."""
    comparison = compare(asked)
    results = LINES[name]["results"]
    own = {NAMES[program]: result for program, result in results.items() if program in NAMES}
    first = own.get(comparison.framework, {})
    if "output" not in first:
        return
    for framework, result in own.items():
        outcome = comparison.outcomes[framework]
        exact = framework == "onnx" and "auto_pad" not in (outcome.values or {})
        if "output" not in result or outcome.output_shape is None:
            continue
        if result["output_shape"] == first["output_shape"] and not (exact and "same" in name):
            assert outcome.values_shift == (result["output"] != first["output"]), framework


KINDS_THAT_AGREE = {
    # all refuse the layer; it is Keras' compute_output_shape that does not
    "groups-compute-output-shape": "keras_shape_unchecked",
    # the frameworks agree with one another, and not with what else was computed
    "ceil-window-in-right-pad": "ceil_window_dropped",
    "convolution-or-correlation": "correlation",
    "upsample-bilinear": "align_corners",
    "adaptive-avg-uneven": "adaptive_uneven",
}


@pytest.mark.parametrize(("name", "asked"), CASES)
def test_disagreements_have_a_reason(name: str, asked: dict[str, Any]) -> None:
    comparison = compare(asked)
    codes = [reason.code for reason in (*comparison.reasons, *comparison.notes)]
    if LINES[name]["kind"] == "agree_control":
        assert comparison.agree
        assert comparison.edit is None
    elif name in KINDS_THAT_AGREE:
        assert comparison.agree
        assert KINDS_THAT_AGREE[name] in codes
    else:
        assert not comparison.agree
        assert any(reason.disagrees for reason in comparison.reasons)
    for reason in (*comparison.reasons, *comparison.notes):
        assert reason.detail.endswith((".", ").")), reason
        assert reason.frameworks


REASONS = {
    "avgpool-pad-default": ["average_divisor"],
    "kernel-one-larger": ["kernel_larger_than_padded_input", "empty_output"],
    "pool-larger": ["output_would_be_zero_or_negative", "empty_output"],
    "transpose-stride-over-kernel": ["transposed_size"],
    "transpose-same-output-padding": ["transposed_size"],
    "negative-padding": ["padding_negative"],
    "pool-pad-over-half": ["pool_padding_more_than_half_kernel"],
    "causal": ["padding_differs"],
    "batchnorm-params": ["statistics_counted"],
    "separable-bias": ["separable_biases"],
    "tf-pool-stride-over-window": ["stride_over_window"],
    "maxpool-same-k3s2": ["padding_split"],
}


@pytest.mark.parametrize("name", REASONS)
def test_the_reasons_are_the_real_ones(name: str) -> None:
    for request in REQUESTS[name]:
        codes = [reason.code for reason in compare(request).reasons]
        assert set(REASONS[name]) <= set(codes)


def test_every_line_was_asked() -> None:
    assert set(REQUESTS) == set(LINES)


def test_the_formula_without_the_rule_is_named() -> None:
    found: Comparison = compare(REQUESTS["ceil-window-in-right-pad"][0])
    (reason,) = found.reasons
    assert reason.detail.startswith("Rounding up alone would give 4 along the height")


def test_aligned_corners_give_other_numbers_than_half_pixels() -> None:
    """The line's values: align_corners=True is one of the programs, Keras another."""
    line = LINES["upsample-bilinear"]["results"]
    assert line["torch align_corners=True"]["output"] != line["keras[torch]"]["output"]
    asked = REQUESTS["upsample-bilinear"][0]
    found = compare({**asked, "align_corners": True})
    assert found.agree is False
    assert [shift.code for shift in found.outcomes["keras"].shifts] == ["align_corners"]
    assert "align_corners" in [reason.code for reason in found.reasons if reason.disagrees]
    assert compare(asked).agree is True
