"""Derivations, by working them out as a reader would."""

import re
from math import ceil, floor

import pytest
from hypothesis import given

from random_kinds import KINDS
from random_layers import LAYERS
from service.shapes import Inference, Layer, Step, derive, infer, read_layer

_LATEX = {
    r"\left\lfloor": "⌊",
    r"\right\rfloor": "⌋",
    r"\left\lceil": "⌈",
    r"\right\rceil": "⌉",
    r"\cdot": "·",
    r"\max": "max",
    r"\min": "min",
}
_SIGNS = {"⌊": "floor(", "⌋": ")", "⌈": "ceil(", "⌉": ")", "·": "*", "−": "-"}


def work_out(substitution: str) -> float:
    """Evaluate a line of arithmetic: numbers, + − · /, parentheses, ⌊⌋, ⌈⌉, max and min."""
    for sign, python in _SIGNS.items():
        substitution = substitution.replace(sign, python)
    assert re.fullmatch(r"(?:floor|ceil|max|min|[-0-9+*/(), ])+", substitution)
    scope = {"__builtins__": {}, "floor": floor, "ceil": ceil, "max": max, "min": min}
    return eval(substitution, scope)  # noqa: S307 - only the signs that were just matched


def plain(latex: str) -> str:
    """Turn the LaTeX of an expression in numbers back into plain arithmetic."""
    latex = re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"((\1) / (\2))", latex)
    for command, sign in _LATEX.items():
        latex = latex.replace(command, sign)
    return latex


@given(LAYERS | KINDS)
def test_every_substitution_has_its_value(layer: Layer) -> None:
    for step in derive(infer(layer)):
        assert work_out(step.substitution) == step.value
        assert "<" not in step.formula + step.substitution + step.latex


@given(LAYERS | KINDS)
def test_the_latex_says_the_same(layer: Layer) -> None:
    for step in derive(infer(layer)):
        *_, numbers, value = step.latex.split(" = ")
        assert value == str(step.value)
        if any(letter.isalpha() for letter in plain(numbers).replace("max", "").replace("min", "")):
            numbers = value  # nothing to put in: the number of filters is the depth
        assert work_out(plain(numbers)) == step.value
        assert step.latex.count("{") == step.latex.count("}")


@given(LAYERS | KINDS)
def test_formula_and_substitution_have_the_same_form(layer: Layer) -> None:
    for step in derive(infer(layer)):
        words = re.sub(r"[a-z]+(?: [a-z]+)*(?=[^a-z(]|$)", "#", step.formula)
        numbers = re.sub(r"\d+", "#", step.substitution)
        assert re.sub(r"\d+", "#", words) == numbers


@given(LAYERS | KINDS)
def test_it_derives_what_was_inferred(layer: Layer) -> None:
    inference = infer(layer)
    values = {(step.axis, step.quantity): step.value for step in derive(inference)}
    for axis in inference.axes:
        assert values[axis.axis, "output"] == axis.output
        for quantity, pixels in zip(("before", "after"), axis.padding, strict=True):
            assert values.get((axis.axis, f"padding_{quantity}"), pixels) == pixels
        reach = values.get((axis.axis, "effective_kernel_size"), axis.kernel_size)
        assert reach == axis.effective_kernel_size
    depth = layer.out_channels or layer.in_channels
    if inference.axes:
        assert values.get(("channels", "output")) == (depth if layer.has_channels else None)
    assert values.get((None, "weights"), 0) == inference.weights
    assert values[None, "params"] == inference.params
    assert values[None, "macs"] == inference.macs


def steps(framework: str, op: str, shape: list[int], **values: object) -> dict[str, Step]:
    """Derive a layer; return the steps of its last axis and of the whole by quantity."""
    inference: Inference = infer(read_layer(framework, op, shape, values))
    last = inference.axes[-1].axis if inference.axes else None
    return {s.quantity: s for s in derive(inference) if s.axis in (last, None)}


def test_same_padding_shows_its_total_and_its_split() -> None:
    shown = steps("textbook", "conv2d", [28, 28, 3], kernel_size=5, padding="same", stride=2)
    assert shown["output"].formula == "⌈input / stride⌉"
    assert shown["output"].substitution == "⌈28 / 2⌉"
    assert shown["output"].latex == (
        r"W_{\text{out}} = \left\lceil \frac{W}{S} \right\rceil"
        r" = \left\lceil \frac{28}{2} \right\rceil = 14"
    )
    assert shown["padding"].substitution == "max(0, (14 − 1)·2 + 5 − 28)"
    assert [shown[f"padding_{side}"].substitution for side in ("before", "after")] == [
        "⌊3 / 2⌋",
        "3 − 1",
    ]
    assert "TensorFlow" in shown["output"].rule


def test_same_lower_puts_the_larger_half_first() -> None:
    shown = steps("textbook", "conv1d", [28], kernel_size=5, padding="same_lower", stride=2)
    assert (shown["padding_before"].value, shown["padding_after"].value) == (2, 1)
    assert shown["padding_before"].formula == "total padding − padding after"


def test_pytorch_counts_same_padding_from_the_kernel() -> None:
    shown = steps(
        "pytorch", "conv1d", [1, 9], kernel_size=4, padding="same", dilation=3, out_channels=1
    )
    assert shown["effective_kernel_size"].substitution == "3·(4 − 1) + 1"
    assert shown["padding"].substitution == "3·(4 − 1)"
    assert shown["output"].substitution == "⌊(9 + 9 − 10) / 1⌋ + 1"


def test_ceil_mode_shows_the_window_that_starts_too_late() -> None:
    shown = steps("pytorch", "max_pool1d", [1, 5], kernel_size=2, padding=1, ceil_mode=True)
    assert shown["windows"].substitution == "⌈(5 + 2·1 − 2) / 2⌉ + 1"
    assert (shown["windows"].value, shown["output"].value) == (4, 3)
    assert shown["output"].substitution == "min(4, ⌈(5 + 1) / 2⌉)"
    assert shown["params"].rule == "A pool learns nothing."


@pytest.mark.parametrize(
    ("padding", "substitution"),
    [
        ("valid", "⌊(28 − 3) / 1⌋ + 1"),
        (2, "⌊(28 + 2·2 − 3) / 1⌋ + 1"),
        ([[0, 1]], "⌊(28 + 0 + 1 − 3) / 1⌋ + 1"),
        ("full", "⌊(28 + 2·2 − 3) / 1⌋ + 1"),
        ("causal", "⌊(28 + 2 + 0 − 3) / 1⌋ + 1"),
    ],
)
def test_padding_enters_as_it_was_given(padding: object, substitution: str) -> None:
    shown = steps("textbook", "conv1d", [28], kernel_size=3, padding=padding)
    assert shown["output"].substitution == substitution


def test_the_cost_names_batch_and_groups_only_where_there_are_any() -> None:
    plain_cost = steps("textbook", "conv1d", [9, 4], kernel_size=3, filters=8, bias=False)
    assert plain_cost["weights"].substitution == "4·8·3"
    assert plain_cost["params"].substitution == "96 + 0"
    assert plain_cost["macs"].substitution == "7·96"
    grouped = steps("textbook", "conv1d", [2, 9, 4], kernel_size=3, filters=8, groups=2)
    assert grouped["weights"].substitution == "(4 / 2)·8·3"
    assert grouped["macs"].formula == "batch·output length·weights"
    assert grouped["macs"].substitution == "2·7·48"


def test_a_transposed_convolution_shows_what_is_cut_off() -> None:
    shown = steps(
        "textbook", "conv_transpose2d", [14, 14, 8], kernel_size=3, stride=2, padding="same"
    )
    assert shown["output"].substitution == "14·2"
    assert shown["padding"].substitution == "(14 − 1)·2 + 3 − 28"
    assert (shown["padding_before"].value, shown["padding_after"].value) == (0, 1)
    assert shown["macs"].formula == "input height·input width·weights"
    assert "Keras" in shown["output"].rule


def test_a_transposed_convolution_in_numbers() -> None:
    shown = steps(
        "pytorch",
        "conv_transpose1d",
        [1, 14],
        out_channels=1,
        kernel_size=3,
        stride=2,
        padding=1,
        output_padding=1,
        dilation=2,
    )
    assert shown["effective_kernel_size"].value == 5
    assert shown["output"].formula == (
        "(input − 1)·stride + effective kernel − 2·padding + output padding"
    )
    assert shown["output"].latex == (
        r"L_{\text{out}} = (L - 1) \cdot S + F_d - 2 \cdot P + P_{\text{output}}"
        r" = (14 - 1) \cdot 2 + 5 - 2 \cdot 1 + 1 = 30"
    )


def test_a_named_rule_may_add_pixels() -> None:
    same = steps("textbook", "conv_transpose1d", [5], kernel_size=2, stride=4, padding="same")
    assert same["output_padding"].substitution == "20 − ((5 − 1)·4 + 2)"
    valid = steps("textbook", "conv_transpose1d", [5], kernel_size=2, stride=4)
    assert valid["output"].substitution == "5·4 + max(2 − 4, 0)"


def test_both_parts_of_a_separable_convolution() -> None:
    keras = steps("textbook", "separable_conv2d", [9, 9, 8], kernel_size=3, filters=16)
    assert keras["weights"].substitution == "8·3·3 + 8·16"
    assert (keras["params"].value, keras["params"].rule) == (
        216,
        "One bias for each filter of the second part (Keras).",
    )
    torch = steps("pytorch", "separable_conv2d", [8, 9, 9], kernel_size=3, out_channels=16)
    assert (torch["params"].substitution, torch["params"].value) == ("200 + 24", 224)


def test_the_largest_adaptive_window() -> None:
    even = steps("textbook", "adaptive_avg_pool1d", [12, 3], output_size=6)
    assert (even["kernel_size"].formula, even["kernel_size"].value) == ("input / output", 2)
    uneven = steps("textbook", "adaptive_avg_pool1d", [13, 3], output_size=5)
    assert (uneven["kernel_size"].substitution, uneven["kernel_size"].value) == ("⌊13 / 5⌋ + 2", 4)


def test_negative_numbers_stand_in_parentheses() -> None:
    shown = steps("pytorch", "zero_padding1d", [1, 9], padding=[-2, 3])
    assert shown["output"].substitution == "9 + (-2) + 3"


def test_a_size_that_is_asked_for() -> None:
    assert steps("pytorch", "upsampling1d", [1, 1, 7], size=10)["output"].formula == "asked"
    nothing = steps("pytorch", "adaptive_avg_pool1d", [1, 7], output_size=0)
    assert (nothing["output"].value, "kernel_size" in nothing) == (0, False)


def test_keras_counts_what_nothing_learns() -> None:
    shown = steps("keras", "batch_norm2d", [2, 4, 4, 8])["params"]
    assert (shown.substitution, shown.value) == ("8 + 8 + 16", 32)
    assert "Keras" in shown.rule
