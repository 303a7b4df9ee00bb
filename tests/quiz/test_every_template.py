"""What holds of every template: ten thousand questions that are sound, and that never change."""

import hashlib
import json
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from keys import KEYS
from service.quiz.cards import Deck
from service.quiz.draw import MAX_SEED
from service.quiz.grading import grade, in_words
from service.quiz.kinds import DIFFICULTIES, Difficulty
from service.quiz.reading import read_choice, read_integer, read_shape
from service.quiz.templates import TEMPLATES, Problem, generate
from service.quiz.templates.base import WrongAnswer
from service.shapes.mistakes import mistakes

pytestmark = pytest.mark.no_cover  # thousands of rounds through lines that others measure

SEEDS = 10_000  # a template, a third of them for each difficulty
EVERY = tuple(product(TEMPLATES, DIFFICULTIES))
PINS: dict[str, str] = json.loads((Path(__file__).parent / "data" / "pins.json").read_text())
"""SHA-256 over the first 500 questions of each template, version and difficulty."""


def wrong_answers(problem: Problem) -> tuple[WrongAnswer, ...]:
    """Every named mistake of a question with the answer that it gives."""
    if problem.wrong or problem.inference is None:
        return problem.wrong
    found = mistakes(problem.inference, problem.quantity)
    return tuple(WrongAnswer(*one) for one in found)


@pytest.mark.parametrize(("template", "difficulty"), EVERY)
def test_ten_thousand_questions_are_sound(template: str, difficulty: Difficulty) -> None:
    right: Callable[[Problem], Any] = KEYS[template]
    for seed in range(DIFFICULTIES.index(difficulty), SEEDS, len(DIFFICULTIES)):
        problem = generate(template, seed, difficulty)
        assert problem.key == right(problem), problem.prompt
        given = [wrong.would_give for wrong in wrong_answers(problem)]
        assert problem.key not in given, problem.prompt
        assert len(set(given)) == len(given) >= 1, problem.prompt
        if problem.kind == "choice":
            check_options(problem)
        else:
            check_size(problem)


def check_options(problem: Problem) -> None:
    """Two to four wrong options, each from a mistake with a name, and one right one."""
    texts = [option.text for option in problem.options]
    assert len(set(texts)) == len(texts) in (2, 3, 4, 5), problem.prompt
    named = {wrong.would_give: wrong for wrong in problem.wrong}
    assert {option.id for option in problem.options} == {problem.key, *named}
    assert all(wrong.code and wrong.explanation for wrong in problem.wrong)


def check_size(problem: Problem) -> None:
    numbers = problem.key if isinstance(problem.key, tuple) else (problem.key,)
    assert all(isinstance(number, int) for number in numbers)
    assert in_words(problem, problem.key) not in problem.prompt or problem.kind == "integer"


@pytest.mark.parametrize(("template", "difficulty"), EVERY)
def test_every_mistake_is_named_and_every_answer_explained(
    template: str, difficulty: Difficulty
) -> None:
    for seed in range(150):
        problem = generate(template, seed, difficulty)
        graded = grade(problem, problem.key)
        assert graded.correct, problem.prompt
        assert graded.explanation.startswith("Right: ")
        if problem.kind != "choice":  # an option is its own reason
            assert len(graded.explanation) > len(f"Right: {in_words(problem, problem.key)}.")
        for wrong in wrong_answers(problem):
            graded = grade(problem, wrong.would_give)
            assert (graded.correct, graded.score) == (False, 0)
            assert graded.mistake == wrong, problem.prompt
            assert wrong.explanation in graded.explanation


@pytest.mark.parametrize(("template", "difficulty"), EVERY)
def test_order_of_options_tells_nothing(template: str, difficulty: Difficulty) -> None:
    if generate(template, 0, difficulty).kind == "choice":
        problems = [generate(template, seed, difficulty) for seed in range(400)]
        last = max(len(problem.options) for problem in problems)
        for letter in "abcde"[:last]:
            share = sum(problem.key == letter for problem in problems) / len(problems)
            assert 0.6 / last < share < 1.6 / last


@pytest.mark.parametrize(("template", "difficulty"), EVERY)
def test_every_question_that_is_issued_is_pinned(template: str, difficulty: Difficulty) -> None:
    assert f"{template}/{TEMPLATES[template].version}/{difficulty}" in PINS


def digest(template: str, version: int, difficulty: Difficulty) -> str:
    made = hashlib.sha256()
    for seed in range(500):
        problem = generate(template, seed, difficulty, version)
        options = [f" {option.id}) {option.text}" for option in problem.options]
        made.update(f"{problem.prompt}{''.join(options)} {problem.key}\n".encode())
    return made.hexdigest()


@pytest.mark.parametrize("pin", PINS)
def test_issued_questions_never_change(pin: str) -> None:
    template, version, difficulty = pin.split("/")
    assert digest(template, int(version), difficulty) == PINS[pin]  # type: ignore[arg-type]


@pytest.mark.parametrize("template", TEMPLATES)
def test_the_hint_can_be_followed(template: str) -> None:
    problem = generate(template, 3)
    if problem.kind == "choice":
        letter = problem.response_hint.rstrip(".")[-1]
        assert read_choice(letter, problem.options) == letter
        return
    example = problem.response_hint.split("for example ")[1].split(",")[0].rstrip(".")
    if problem.kind == "shape":
        assert read_shape(example, problem.layout)
    else:
        assert read_integer(example)


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("seed", [-1, MAX_SEED + 1])
def test_a_seed_is_from_0_to_2_to_the_53(template: str, seed: int) -> None:
    with pytest.raises(ValueError, match="a seed is"):
        generate(template, seed)
    assert generate(template, MAX_SEED)


def test_templates_belong_to_cards_and_topics_that_there_are(deck: Deck) -> None:
    ids = {deck.card_id(card) for card in deck.cards}
    topics = {topic for card in deck.cards for topic in card.topics}
    for name, template in TEMPLATES.items():
        assert name == template.id
        assert set(template.cards) <= ids
        assert set(template.topics) <= topics
    claimed = {deck.card_id(card) for card in deck.cards if card.claims}
    assert claimed <= {card for template in TEMPLATES.values() for card in template.cards}
    for template, seed, difficulty in product(TEMPLATES, range(20), DIFFICULTIES):
        card = generate(template, seed, difficulty).card
        assert card is None or card in TEMPLATES[template].cards
