from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from service.quiz.errors import UnknownTemplateError
from service.quiz.kinds import DIFFICULTIES
from service.quiz.templates import (
    Problem,
    describe_template,
    find_template,
    generate,
    read_difficulty,
)
from service.shapes.mistakes import mistakes, wrong_sizes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.quiz.kinds import Difficulty

SEEDS = 10_000  # a template, a third of them for each difficulty
CONVOLUTIONS = ("conv-output-shape", "conv-output-size")
EVERY = tuple(product(CONVOLUTIONS, DIFFICULTIES))


def _each(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value, value]


def _counted(request: Mapping[str, Any]) -> tuple[int, ...]:
    """Height and width of the output, by setting the filter down wherever it fits."""
    sizes = []
    settings = zip(
        request["input_shape"],
        *(_each(request[name]) for name in ("kernel_size", "stride", "padding", "dilation")),
        strict=False,
    )
    for size, kernel_size, stride, padding, dilation in settings:
        if padding == "same":
            sizes.append(len(range(0, size, stride)))  # one window for each pixel stepped on
            continue
        border = 0 if padding == "valid" else padding
        taps = range(0, kernel_size * dilation, dilation)
        starts = range(-border, size + border, stride)
        sizes.append(sum(start + taps[-1] < size + border for start in starts))
    return tuple(sizes)


def _asked(problem: Problem, counted: tuple[int, ...]) -> int | tuple[int, ...]:
    height, width = counted
    if problem.quantity == "output_shape":
        return height, width, problem.request["filters"]
    return {"height": height, "width": width}[problem.quantity]


@pytest.mark.no_cover  # thousands of rounds through lines that others measure
@pytest.mark.parametrize(("template", "difficulty"), EVERY)
def test_ten_thousand_seeds_have_the_right_key_and_tell_every_mistake_apart(
    template: str, difficulty: Difficulty
):
    prompts = set()
    for seed in range(DIFFICULTIES.index(difficulty), SEEDS, len(DIFFICULTIES)):
        problem = generate(template, seed, difficulty)
        counted = _counted(problem.request)
        assert problem.key == _asked(problem, counted), problem.prompt
        assert min(counted) >= 3
        prompts.add(problem.prompt)
        for axis in problem.inference.axes:
            wrong = wrong_sizes(problem.layer, axis).values()
            assert axis.output not in wrong
            assert len(set(wrong)) == len(wrong), problem.prompt
        if seed % 5 == 0:
            _check_mistakes(problem)
            _check_prompt(problem)
    assert len(prompts) > SEEDS / 15


def _check_mistakes(problem: Problem) -> None:
    wrong = mistakes(problem.inference, problem.quantity)
    given = [mistake.would_give for mistake in wrong]
    assert problem.key not in given
    assert len(set(given)) == len(given) >= 4, problem.prompt
    codes = {mistake.code for mistake in wrong}
    request = problem.request
    if request["padding"] != "same":
        assert "forgot_plus_one" in codes
    if problem.kind == "shape":
        assert {"axis_order", "kept_input_depth"} <= codes
        if request["stride"] != 1:
            assert "ignored_stride" in codes


def _check_prompt(problem: Problem) -> None:
    """Every number that the key depends on is in the prompt, and the key is not asked away."""
    for name in ("input_shape", "kernel_size", "stride", "padding", "dilation", "filters"):
        for value in _each(problem.request.get(name, "convolution")):
            if (name, value) not in (("dilation", 1), ("filters", "convolution")):
                assert str(value) in problem.prompt
    key = "×".join(map(str, problem.key)) if isinstance(problem.key, tuple) else None
    assert key is None or key not in problem.prompt


@pytest.mark.parametrize("template", CONVOLUTIONS)
def test_hard_questions_differ_along_height_and_width(template: str):
    for seed in range(300):
        problem = generate(template, seed, "hard")
        height, width = _counted(problem.request)
        assert height != width
        assert problem.request["input_shape"][0] != problem.request["input_shape"][1]
        assert problem.request["dilation"] != 1


@pytest.mark.parametrize("template", CONVOLUTIONS)
def test_medium_questions_have_every_padding_and_stride(template: str):
    met = set()
    for seed in range(400):
        request = generate(template, seed).request
        padding = request["padding"]
        met.add((padding if isinstance(padding, str) else "explicit", request["stride"]))
    assert met == {*product(("explicit", "same", "valid"), (2, 3)), ("explicit", 1)}


def test_both_axes_are_asked_for():
    asked = {generate("conv-output-size", seed, "hard").quantity for seed in range(30)}
    assert asked == {"height", "width"}


def test_a_problem_says_what_it_was_made_from():
    problem = generate("conv-output-size", 5, "hard")
    assert (problem.template, problem.version, problem.seed) == ("conv-output-size", 1, 5)
    assert (problem.difficulty, problem.kind, problem.layout) == ("hard", "integer", "")
    assert problem.layer is problem.inference.layer
    assert problem.layer.op == problem.request["op"] == "conv2d"
    assert generate("conv-output-size", 5, "hard") == problem
    assert generate("conv-output-size", 5, "easy") != problem


@pytest.mark.parametrize(
    ("arguments", "field", "hint"),
    [
        (("conv-output-shapes", 1), "template", "did you mean `conv-output-shape`?"),
        (("x" * 100_000, 1), "template", "one of: conv-cell, conv-macs, "),
        (("conv-output-shape", 1, "medium", 2), "version", "versions: 1"),
        (("conv-output-shape", 1, "medium", 0), "version", "versions: 1"),
        (("conv-output-shape", 1, "brutal"), "difficulty", "one of: easy, medium, hard"),
    ],
)
def test_what_there_is_not_is_named_with_what_there_is(
    arguments: tuple[Any, ...], field: str, hint: str
):
    with pytest.raises(UnknownTemplateError) as refused:
        generate(*arguments)
    assert refused.value.field == field
    assert refused.value.hint.startswith(hint)


def test_descriptions_for_lists():
    assert describe_template(find_template("conv-output-size", 1)) == {
        "id": "conv-output-size",
        "version": 1,
        "title": "Output size along one axis",
        "kind": "integer",
        "parameters": [
            {"name": "difficulty", "choices": ["easy", "medium", "hard"], "default": "medium"}
        ],
        "topics": ["output size", "padding", "stride"],
        "cards": [
            "cnn-output-formula",
            "cnn-valid-padding",
            "cnn-stride-and-padding",
            "cnn-strides",
            "cnn-stride-1-and-2",
        ],
    }
    assert read_difficulty("hard") == "hard"
