"""Formulas in named sizes, against the engine on numbers."""

from __future__ import annotations

from math import floor
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from service.shapes import ShapeError, infer, read_layer
from service.shapes.symbolic.expression import (
    Formula,
    constant,
    divide,
    evaluate,
    latex,
    name,
    text,
)
from service.shapes.symbolic.report import describe_named, named_summary

H = name("H")


def put_in(told: object, values: dict[str, int]) -> object:
    """What Python makes of a formula as it is written."""
    if not isinstance(told, str):
        return told
    return eval(told.replace("/", "//"), {"floor": floor}, values)  # noqa: S307


formulas = st.recursive(
    st.sampled_from([H, name("W"), constant(3), constant(-2)]),
    lambda inner: st.one_of(
        st.tuples(inner, inner, st.integers(-3, 3)).map(lambda t: ("plus", *t)),
        st.tuples(inner, st.integers(1, 6)).map(lambda t: ("floor", *t)),
        st.tuples(inner, inner).map(lambda t: ("by", *t)),
    ),
    max_leaves=6,
)


def both(tree: Any, values: dict[str, int]) -> tuple[Formula, int]:
    """The simplified formula of a tree, and its value worked out with plain numbers."""
    if isinstance(tree, Formula):
        return tree, evaluate(tree, values)
    kind, first, second, *rest = tree
    formula, value = both(first, values)
    if kind == "floor":
        return divide(formula, second), value // second
    other, more = both(second, values)
    if kind == "plus":
        return formula.plus(other, rest[0]), value + rest[0] * more
    return formula.by(other), value * more


@given(formulas, st.integers(-50, 50), st.integers(-50, 50))
def test_simplifying_changes_no_value(tree: Any, height: int, width: int) -> None:
    values = {"H": height, "W": width}
    formula, value = both(tree, values)
    assert evaluate(formula, values) == value
    assert put_in(text(formula), values) == value


def test_nested_floors_become_one() -> None:
    once = divide(H.plus(constant(-1)), 2).plus(constant(1))
    twice = divide(once.plus(constant(-1)), 2).plus(constant(1))
    assert text(once) == "floor((H + 1)/2)"
    assert text(twice) == "floor((H + 3)/4)"
    assert latex(twice) == r"\left\lfloor \frac{H + 3}{4} \right\rfloor"


LAYERS = [
    ("textbook", "conv1d", ["H", 3], {"filters": 4}),
    ("textbook", "conv2d", ["H", "W", 3], {"filters": 4}),
    ("pytorch", "conv2d", ["N", 4, "H", "W"], {"out_channels": 8, "padding": 1, "groups": 2}),
    ("pytorch", "max_pool2d", ["N", 4, "H", "H"], {}),
    ("pytorch", "max_pool2d", [1, 4, "H", "W"], {"ceil_mode": True}),
    ("pytorch", "conv_transpose2d", ["N", 4, "H", "W"], {"out_channels": 8, "stride": 2}),
    ("keras", "conv2d", ["N", "H", "W", "C"], {"filters": 8, "padding": "same"}),
    ("keras", "depthwise_conv2d", ["N", "H", "W", "C"], {"padding": "same"}),
    ("keras", "separable_conv2d", ["N", "H", "W", "C"], {"filters": 8}),
    ("keras", "avg_pool2d", ["N", "H", "W", 3], {"pool_size": 2, "padding": "same"}),
    ("textbook", "max_pool3d", ["D", "H", "W", 3], {}),
    ("textbook", "flatten", ["H", "W", 3], None),
    ("textbook", "global_avg_pool2d", ["H", "W", "C"], None),
    ("textbook", "relu", ["H", "W", "C"], None),
]


@given(
    st.sampled_from(LAYERS),
    st.integers(1, 5),
    st.integers(1, 4),
    st.lists(st.integers(0, 300), min_size=5, max_size=5),
)
def test_formulas_come_to_the_numbers(
    layer: tuple[str, str, list[Any], dict[str, Any] | None],
    kernel: int,
    stride: int,
    sizes: list[int],
) -> None:
    framework, op, shape, given_values = layer
    values: dict[str, Any] = {}
    if given_values is not None:
        kernel_name = "pool_size" if op == "avg_pool2d" else "kernel_size"
        values = {kernel_name: kernel, **given_values}
        values.setdefault("strides" if framework == "keras" else "stride", stride)
    try:
        told = describe_named(framework, op, shape, values)
    except ShapeError as refused:
        # Where no formula holds, numbers are asked for; all else the engine refuses for them too.
        if refused.code != "name_needs_number":
            with pytest.raises(ShapeError):
                read_layer(framework, op, [60 if type(s) is str else s for s in shape], values)
        return
    words = sorted({size for size in shape if isinstance(size, str)})
    at = {word: sizes[index] + 1 for index, word in enumerate(words)}
    for condition in told["conditions"]:
        word, _, bound = condition.partition(" >= ")
        if bound:
            at[word] = max(at[word], int(bound))
        else:
            word, _, divisor = condition.partition(" is divisible by ")
            assume(at[word] % int(divisor) == 0)
    numbers = [at[size] if isinstance(size, str) else size for size in shape]
    found = infer(read_layer(framework, op, numbers, values))
    assert tuple(put_in(one, at) for one in told["output_shape"]) == found.output_shape
    for count in ("params", "weights", "biases", "macs", "flops", "positions"):
        assert put_in(told[count], at) == getattr(found, count)


def test_conditions_say_from_where_on() -> None:
    told = describe_named("textbook", "conv2d", ["H", "W", 3], {"kernel_size": [3, 5]})
    assert told["conditions"] == ["H >= 3", "W >= 5"]
    told = describe_named(
        "pytorch", "conv2d", [1, "C", 9, 9], {"out_channels": 8, "kernel_size": 3, "groups": 4}
    )
    assert told["conditions"] == ["C >= 4", "C is divisible by 4"]
    assert "[1, C, 9, 9] → [1, 8, 7, 7]" in named_summary(told)


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        (["H/2", "W", 3], "bad_size_name"),
        (["", "W", 3], "bad_size_name"),
        (["A" * 17, "W", 3], "bad_size_name"),
        (["a", "b", "c", "d", "e"], "too_many_names"),
        (["H", 2, 3], "kernel_larger_than_padded_input"),
    ],
)
def test_what_is_refused(shape: list[Any], code: str) -> None:
    with pytest.raises(ShapeError) as refused:
        describe_named("textbook", "conv2d", shape, {"kernel_size": 3})
    assert refused.value.code == code
    assert refused.value.pointer.startswith(("/input_shape", "/kernel_size"))
