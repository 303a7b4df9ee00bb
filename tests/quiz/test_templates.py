from __future__ import annotations

import hashlib
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from service.quiz.draw import MAX_SEED
from service.quiz.errors import UnknownTemplateError
from service.quiz.kinds import DIFFICULTIES
from service.quiz.reading import read_integer, read_shape
from service.quiz.templates import (
    TEMPLATES,
    Problem,
    describe_template,
    find_template,
    generate,
    read_difficulty,
)
from service.shapes.mistakes import mistakes, wrong_sizes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.quiz.cards import Deck
    from service.quiz.kinds import Difficulty

SEEDS = 10_000  # a template, a third of them for each difficulty
EVERY = tuple(product(TEMPLATES, DIFFICULTIES))


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


@pytest.mark.parametrize("template", TEMPLATES)
def test_hard_questions_differ_along_height_and_width(template: str):
    for seed in range(300):
        problem = generate(template, seed, "hard")
        height, width = _counted(problem.request)
        assert height != width
        assert problem.request["input_shape"][0] != problem.request["input_shape"][1]
        assert problem.request["dilation"] != 1


@pytest.mark.parametrize("template", TEMPLATES)
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


PINNED: dict[tuple[str, int, int, str], tuple[str, object]] = {
    ("conv-output-shape", 1, 0, "easy"): (
        (
            "A convolution with 64 filters of 9×9 reads an input of 73×73×8 (height × width × "
            "channels): stride 1, no padding (“valid”). What is the shape of its output?"
        ),
        (65, 65, 64),
    ),
    ("conv-output-shape", 1, 20_261_123, "medium"): (
        (
            "A convolution with 32 filters of 9×9 reads an input of 39×39×16 (height × width "
            "× channels): stride 1, padding 3 on each side. What is the shape of its output?"
        ),
        (37, 37, 32),
    ),
    ("conv-output-shape", 1, MAX_SEED, "hard"): (
        (
            "A convolution with 32 filters of 5×3 reads an input of 86×85×1 (height × width × "
            "channels): stride 2×1, no padding (“valid”), dilation 1×4 (pairs are height × "
            "width). What is the shape of its output?"
        ),
        (41, 77, 32),
    ),
    ("conv-output-size", 1, 0, "easy"): (
        (
            "A filter of 7×7 slides over an image of 70×70 (height × width): stride 1, no "
            "padding (“valid”). What is the height of the output?"
        ),
        64,
    ),
    ("conv-output-size", 1, 20_261_123, "medium"): (
        (
            "A filter of 9×9 slides over an image of 111×111 (height × width): stride 3, no "
            "padding (“valid”). What is the width of the output?"
        ),
        35,
    ),
    ("conv-output-size", 1, MAX_SEED, "hard"): (
        (
            "A filter of 5×9 slides over an image of 98×77 (height × width): stride 1, "
            "padding 3×6 on each side, dilation 3 (pairs are height × width). What is the "
            "height of the output?"
        ),
        92,
    ),
}
DIGESTS = {
    ("conv-output-shape", 1, "easy"): (
        "930aecbf622b62e750e59eb9b391dbacd3081bf210a41d27fc5c3635471e2ab2"
    ),
    ("conv-output-shape", 1, "medium"): (
        "91e4e9a1ccf3e801fb6b5829a7ee8dfc159423d66f1761ad8ceba03ee343672e"
    ),
    ("conv-output-shape", 1, "hard"): (
        "211a9dbc42478cbd70dc732673890a94dfbe472f5d0860234348e9e750ea18e4"
    ),
    ("conv-output-size", 1, "easy"): (
        "dccf7f8e45c97d46016eb09ed565ea002b5c8b306832af03ce05c985861768d3"
    ),
    ("conv-output-size", 1, "medium"): (
        "644b1a5ca28b92f4ff88e3a494e61b865fea465c8ad872c187a69862fd83ea17"
    ),
    ("conv-output-size", 1, "hard"): (
        "ac5736601ab5b3b2886ff6e72a3c9d00195e2b272dc871ddc37e476ebfc47a6d"
    ),
}


@pytest.mark.parametrize("pinned", PINNED)
def test_issued_questions_never_change(pinned: tuple[str, int, int, str]):
    template, version, seed, difficulty = pinned
    problem = generate(template, seed, difficulty, version)
    assert (problem.prompt, problem.key) == PINNED[pinned]


@pytest.mark.parametrize("pinned", DIGESTS)
def test_hundreds_of_issued_questions_never_change(pinned: tuple[str, int, str]):
    template, version, difficulty = pinned
    digest = hashlib.sha256()
    for seed in range(500):
        problem = generate(template, seed, difficulty, version)
        digest.update(f"{problem.prompt} {problem.key}\n".encode())
    assert digest.hexdigest() == DIGESTS[pinned]


def test_every_version_is_pinned():
    assert {template for template, *_ in PINNED} == set(TEMPLATES)
    assert {(t.id, t.version, d) for t in TEMPLATES.values() for d in DIFFICULTIES} <= set(DIGESTS)


def test_a_problem_says_what_it_was_made_from():
    problem = generate("conv-output-size", 5, "hard")
    assert (problem.template, problem.version, problem.seed) == ("conv-output-size", 1, 5)
    assert (problem.difficulty, problem.kind, problem.layout) == ("hard", "integer", "")
    assert problem.layer is problem.inference.layer
    assert problem.layer.op == problem.request["op"] == "conv2d"
    assert generate("conv-output-size", 5, "hard") == problem
    assert generate("conv-output-size", 5, "easy") != problem


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_hint_can_be_followed(template: str):
    problem = generate(template, 3)
    example = problem.response_hint.split("for example ")[1].split(",")[0].rstrip(".")
    if problem.kind == "shape":
        assert read_shape(example, problem.layout)
    else:
        assert read_integer(example)


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("seed", [-1, MAX_SEED + 1])
def test_a_seed_is_from_0_to_2_to_the_53(template: str, seed: int):
    with pytest.raises(ValueError, match="a seed is"):
        generate(template, seed)
    assert generate(template, MAX_SEED)


@pytest.mark.parametrize(
    ("arguments", "field", "hint"),
    [
        (("conv-output-shapes", 1), "template", "did you mean `conv-output-shape`?"),
        (("x" * 100_000, 1), "template", "one of: conv-output-shape, conv-output-size"),
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
    assert (refused.value.field, refused.value.hint) == (field, hint)


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


def test_templates_belong_to_cards_and_topics_that_there_are(deck: Deck):
    ids = {deck.card_id(card) for card in deck.cards}
    topics = {topic for card in deck.cards for topic in card.topics}
    for name, template in TEMPLATES.items():
        assert name == template.id
        assert set(template.cards) <= ids
        assert set(template.topics) <= topics
