"""The solver against brute force: everything that a framework takes is tried, one by one."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from service.shapes import ShapeError, infer, layouts, operations, parameters, read_layer
from service.shapes.solver import solve

KERNELS, STRIDES, PADS, DILATIONS, MORE = (
    range(1, 32),
    range(1, 17),
    range(16),
    range(1, 9),
    range(16),
)
WORDS = {
    "textbook": ("kernel_size", "stride", "padding", "dilation", "output_padding", "filters"),
    "pytorch": ("kernel_size", "stride", "padding", "dilation", "output_padding", "out_channels"),
    "keras": ("kernel_size", "strides", "padding", "dilation_rate", "output_padding", "filters"),
    "tensorflow": ("kernel_size", "strides", "padding", "dilations", None, "out_channels"),
    "jax": ("kernel_size", "strides", "padding", "dilations", None, "out_channels"),
    "flax": ("kernel_size", "strides", "padding", "kernel_dilation", None, "features"),
    "onnx": ("kernel_shape", "strides", "pads", "dilations", "output_padding", "out_channels"),
}


def paddings(framework: str, op: str, rank: int) -> list[dict[str, Any]]:
    """Every padding that stands the same on both sides of every axis, or that has a name."""
    if framework == "onnx":
        numbers = [{"pads": [p] * 2 * rank} for p in PADS]
        return [*numbers, {"auto_pad": "SAME_UPPER"}, {"auto_pad": "VALID"}]
    if framework == "keras":
        return [{"padding": "valid"}, {"padding": "same"}]
    if framework in ("tensorflow", "jax", "flax"):
        widened = framework != "tensorflow" and op.startswith("conv_transpose")
        sides = range(-15, 8 * 30 + 1) if widened else PADS
        pairs = [{"padding": [[p, p]] * rank} for p in sides]
        return [{"padding": "VALID"}, {"padding": "SAME"}, *pairs]
    (parameter,) = (p for p in parameters(framework, op) if p.name == "padding")
    named = [{"padding": rule} for rule in ("valid", "same") if rule in parameter.choices]
    return [*({"padding": p} for p in PADS), *named]


def effect(framework: str, op: str, shape: Any, values: Any, layout: str) -> Any:
    """What a layer does to pixels, and the shape that it gives; None where it is refused."""
    try:
        layer = read_layer(framework, op, shape, values, layout)
    except ShapeError:
        return None
    does = (layer.kernel_size, layer.stride, layer.dilation, layer.padding, layer.output_padding)
    return does, infer(layer).output_shape


@st.composite
def problems(draw: st.DrawFn) -> Any:
    framework = draw(st.sampled_from(sorted(WORDS)))
    kinds = ("conv", "conv_transpose", "max_pool", "avg_pool")
    rank = draw(st.integers(1, 2))
    names = [f"{k}{rank}d" for k in kinds if f"{k}{rank}d" in operations(framework)]
    op = draw(st.sampled_from(names))
    kernel, stride, padding, dilation, more, filters = WORDS[framework]
    if framework == "keras" and "pool" in op:
        kernel = "pool_size"
    declared = {parameter.name for parameter in parameters(framework, op)}
    choices = {
        kernel: list(KERNELS),
        stride: list(STRIDES),
        dilation: list(DILATIONS),
        more: list(MORE),
    }
    choices = {name: values for name, values in choices.items() if name in declared}
    able = [*choices, padding]
    unknown = draw(st.lists(st.sampled_from(able), min_size=1, max_size=2, unique=True))
    rest: dict[str, Any] = {
        name: draw(st.sampled_from(values[:5]))
        for name, values in choices.items()
        if name not in unknown and (name in (kernel, stride) or draw(st.booleans()))
    }
    if padding not in unknown and draw(st.booleans()):
        rest |= draw(st.sampled_from(paddings(framework, op, rank)))
    if "pool" in op and "ceil_mode" in declared and draw(st.booleans()):
        rest["ceil_mode"] = 1 if framework == "onnx" else True
    if "conv" in op:
        rest[filters] = 2
    letters = next(k for k in layouts(framework, op) if len(k) == rank + 2)
    size, target = draw(st.integers(1, 14)), draw(st.integers(1, 30))
    sizes = {"N": 1, "C": 2}
    return (
        framework,
        op,
        letters,
        [sizes.get(letter, size) for letter in letters],
        [sizes.get(letter, target) for letter in letters],
        unknown,
        rest,
        {name: choices[name] for name in unknown if name in choices},
        paddings(framework, op, rank) if padding in unknown else [{}],
    )


@settings(max_examples=150, deadline=None)
@given(problems())
def test_complete_and_sound(problem: Any) -> None:
    framework, op, letters, shape, target, unknown, fixed, choices, pads = problem
    note(f"{problem[:-2]}")
    found = solve(op, shape, target, unknown, fixed, framework, letters, limit=10**6)
    assert found.count == len(found.solutions)
    assert (found.why_none is None) == bool(found.solutions)
    asked = dict(fixed)
    if framework == "tensorflow" and op.startswith("conv_transpose"):
        asked["output_shape"] = target[1:-1]
    reached = set()
    for values in found.solutions:
        answer = effect(framework, op, shape, {**asked, **values}, letters)
        assert answer is not None
        assert list(answer[1]) == target
        # two names may mean the same; and ONNX pads for windows that hang over
        twins = framework in ("keras", "tensorflow") or (framework == "onnx" and "pool" in op)
        assert twins or answer[0] not in reached, "the same layer twice"
        reached.add(answer[0])
    possible = set()
    for numbers in product(*choices.values()):
        for padding in pads:
            values = {**asked, **dict(zip(choices, numbers, strict=True)), **padding}
            answer = effect(framework, op, shape, values, letters)
            counted = framework in ("tensorflow", "jax", "flax") and padding
            crops = counted and isinstance(padding["padding"], list) and not in_bounds(answer)
            if answer is not None and list(answer[1]) == target and not crops:
                possible.add(answer[0])
    assert possible == reached


def in_bounds(answer: Any) -> bool:
    """Whether padding is what the solver tries: 0 to 15, or a rule's."""
    return answer is None or all(min(pads) >= 0 and max(pads) <= 15 for pads in answer[0][3])


@pytest.mark.parametrize(
    ("shape", "target"), [([9, 12], [4, 4]), ([7, 7], [3, 7]), ([8, 5], [8, 2]), ([6, 9], [3, 3])]
)
@pytest.mark.parametrize("unknown", [["stride"], ["kernel_size"], ["stride", "padding"]])
def test_values_differ_between_axes_where_they_must(
    shape: list[int], target: list[int], unknown: list[str]
) -> None:
    fixed = {name: 2 for name in ("kernel_size", "stride") if name not in unknown}
    domains = {"stride": STRIDES, "kernel_size": KERNELS, "padding": PADS}
    alike, differing = set(), set()
    for values in product(*(product(domains[name], repeat=2) for name in unknown)):
        asked = {name: list(value) for name, value in zip(unknown, values, strict=True)}
        try:
            layer = read_layer("textbook", "conv2d", shape, {**fixed, **asked})
        except ShapeError:
            continue
        if list(infer(layer).output_shape) == target:
            found = alike if all(first == second for first, second in values) else differing
            found.add(values)
    solutions = solve("conv2d", shape, target, unknown, fixed, limit=10**6)
    written = {
        tuple(
            (value, value) if isinstance(value, int) else tuple(value)
            for value in (solution[name] for name in unknown)
        )
        for solution in solutions.solutions
        if solution.get("padding") != "same"
    }
    assert written == (alike or differing)
