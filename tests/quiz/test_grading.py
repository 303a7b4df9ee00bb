from __future__ import annotations

import pytest

from service.quiz.errors import UnreadableResponseError
from service.quiz.grading import grade, grade_card, in_words
from service.quiz.templates import Problem, generate


@pytest.fixture(scope="module")
def shape() -> Problem:
    """32 filters of 9×9 on 39×39×16, stride 1, padding 3: 37×37×32."""
    return generate("conv-output-shape", 20_261_123)


@pytest.fixture(scope="module")
def size() -> Problem:
    """A filter of 9×9 on 111×111, stride 3, valid: 35 wide."""
    return generate("conv-output-size", 20_261_123)


@pytest.mark.parametrize("response", ["37x37x32", [37, 37, 32], "C=32, H=37, W=37"])
def test_a_right_shape(shape: Problem, response: object):
    graded = grade(shape, response)
    assert (graded.correct, graded.score) == (True, 1)
    assert graded.read == graded.expected == (37, 37, 32)
    assert (graded.mistake, graded.mistakes, graded.rating) == (None, (), None)
    assert graded.explanation == (
        "Right: 37×37×32. Height and width: ⌊(39 + 2·3 − 9) / 1⌋ + 1 = 37. Channels: 32."
    )
    assert [(step.axis, step.value) for step in graded.derivation] == [
        ("height", 37),
        ("width", 37),
        ("channels", 32),
    ]


def test_a_wrong_shape_names_the_mistake_and_shows_the_sum(shape: Problem):
    graded = grade(shape, "31×31×32")
    assert (graded.correct, graded.score) == (False, 0)
    assert (graded.read, graded.expected) == ((31, 31, 32), (37, 37, 32))
    assert graded.mistake is not None
    assert graded.mistake.code == "forgot_padding"
    assert graded.mistakes == (graded.mistake,)
    assert graded.explanation == (
        "Not 31×31×32: it is 37×37×32. The padding was left out: ⌊(39 − 9)/1⌋ + 1 = 31. "
        "The window slides over the input and 6 pixels of padding: 39 + 6 − 9. "
        "Height and width: ⌊(39 + 2·3 − 9) / 1⌋ + 1 = 37. Channels: 32."
    )


def test_channels_first_is_wrong_and_named(shape: Problem):
    graded = grade(shape, "32x37x37")
    assert graded.correct is False
    assert graded.mistake is not None
    assert graded.mistake.code == "axis_order"


def test_two_mistakes_at_once_are_listed_but_none_is_the_one(shape: Problem):
    graded = grade(shape, "36x36x16")
    assert graded.mistake is None
    assert [mistake.code for mistake in graded.mistakes] == ["forgot_plus_one", "kept_input_depth"]
    assert graded.explanation.startswith("Not 36×36×16: it is 37×37×32. Height and width:")


def test_a_number_from_nowhere_names_no_mistake(shape: Problem, size: Problem):
    for problem, response in ((shape, "1x2x3"), (size, "-5")):
        graded = grade(problem, response)
        assert (graded.correct, graded.mistake, graded.mistakes) == (False, None, ())


def test_one_axis(size: Problem):
    right = grade(size, "35 px")
    assert (right.correct, right.score, right.read) == (True, 1, 35)
    assert right.explanation == "Right: 35. Width: ⌊(111 − 9) / 3⌋ + 1 = 35."
    wrong = grade(size, 103)
    assert (wrong.correct, wrong.read, wrong.expected) == (False, 103, 35)
    assert wrong.mistake is not None
    assert wrong.mistake.code == "ignored_stride"
    assert {step.axis for step in wrong.derivation} == {"width"}


@pytest.mark.parametrize(
    ("response", "reason"),
    [("37x37", "len"), ("37.5x37x32", "non_integer"), (None, "not_a_number")],
)
def test_what_cannot_be_read_is_not_graded(shape: Problem, response: object, reason: str):
    with pytest.raises(UnreadableResponseError) as refused:
        grade(shape, response)
    assert refused.value.reason == reason
    assert refused.value.hint == shape.response_hint


def test_a_shape_is_no_size(size: Problem):
    with pytest.raises(UnreadableResponseError) as refused:
        grade(size, "35x35")
    assert refused.value.hint == size.response_hint


def test_a_card_is_rated_and_never_graded():
    graded = grade_card("No padding.", "Good")
    assert (graded.correct, graded.score, graded.read, graded.expected) == (None, None, None, None)
    assert (graded.rating, graded.explanation) == ("good", "No padding.")
    with pytest.raises(UnreadableResponseError):
        grade_card("No padding.", "no padding")


def test_answers_in_words(size: Problem, shape: Problem):
    assert in_words(size, 35) == "35"
    assert in_words(shape, (37, 37, 32)) == "37×37×32"
    choice = generate("true-or-false", 1)
    text = next(option.text for option in choice.options if option.id == choice.key)
    assert in_words(choice, choice.key) == f"{choice.key}) {text.removesuffix('.')}"


def test_partial_credit_is_the_share_of_sizes_that_are_right(shape: Problem):
    for response, score in (("37x37x32", 1), ("37x37x31", 2 / 3), ("1x37x1", 1 / 3), ("1x1x1", 0)):
        graded = grade(shape, response, partial_credit=True)
        assert (graded.score, graded.correct) == (pytest.approx(score), score == 1)
        assert grade(shape, response).score == int(score == 1)
