"""Questions of one's own: sound whatever their numbers, the same for ever, faults told."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from own_questions import counted, made_up, wording
from service.quiz.deck_reading import read_deck
from service.quiz.errors import DeckError
from service.quiz.grading import grade, in_words
from service.quiz.kinds import DIFFICULTIES
from service.quiz.own.bases import BASES
from service.quiz.own.making import OwnTemplate, own_template
from service.quiz.templates import TEMPLATES, Problem
from service.shapes.mistakes import mistakes

DEFINITIONS = 25  # a template, of which some can't be asked
SEEDS = 6
PINS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "data" / "own_pins.json").read_text()
)
"""Definitions of each template, version and kind, with SHA-256 over their first 60 questions."""

CAMERA: dict[str, Any] = {
    "key": "camera",
    "title": "Our camera",
    "template": "conv-output-shape",
    "prompt": "{filters} kernels of {kernel} on {input}, stride {stride}: what comes out?",
    "numbers": {
        "height": 480,
        "width": 640,
        "channels": 3,
        "filters": [8, 16, 32],
        "kernel_size": {"from": 3, "to": 7, "step": 2},
        "stride": 2,
    },
}


def read(*questions: Any, slug: str = "own") -> list[OwnTemplate]:
    """The templates of a deck with one card and these questions."""
    cards = [{"key": "a", "front": "f", "back": "b"}]
    content = {"deck": {"slug": slug, "title": "Own"}, "cards": cards, "questions": [*questions]}
    deck = read_deck(content)
    return [own_template(slug, one.key, one.content()) for one in deck.questions]


def refused(*questions: Any, slug: str = "own") -> tuple[str, ...]:
    with pytest.raises(DeckError) as error:
        read(*questions, slug=slug)
    return error.value.problems


@pytest.mark.no_cover  # hundreds of rounds through lines that others measure
@pytest.mark.parametrize("template", BASES)
def test_whatever_numbers_are_taken_the_questions_are_sound(template: str) -> None:
    taken = 0
    for number in range(DEFINITIONS):
        try:
            (own,) = read(made_up(template, number))
        except DeckError:
            continue
        taken += 1
        for seed in range(SEEDS):
            _check(template, own.generate(seed, DIFFICULTIES[seed % 3]))
    assert taken >= DEFINITIONS // 5


def _check(template: str, problem: Problem) -> None:
    """The key is what counting gives; mistakes show, and none gives the key."""
    right, wrong = counted(template, problem), problem.wrong
    if not wrong:
        assert problem.inference is not None
        wrong = mistakes(problem.inference, problem.quantity)  # type: ignore[assignment]
    given = {one.would_give for one in wrong}
    assert problem.key not in given
    assert len(given) >= BASES[template].least
    if problem.kind == "choice":
        (text,) = (one.text for one in problem.options if one.id == problem.key)
        assert text == ("×".join(map(str, right)) if isinstance(right, tuple) else str(right))
        assert len({one.text for one in problem.options}) == len(problem.options) >= 3
        assert {one.id for one in problem.options} == given | {problem.key}
        for one in wrong:
            assert grade(problem, one.would_give).mistake == one
    else:
        assert problem.key == right, problem.prompt
    assert grade(problem, in_words(problem, problem.key).split(")")[0]).correct


@pytest.mark.parametrize("pin", PINS, ids=lambda pin: f"{pin['template']}-{pin['kind']}")
def test_issued_questions_never_change(pin: dict[str, Any]) -> None:
    (own,) = read({name: value for name, value in pin.items() if name != "sha256"})
    made = hashlib.sha256()
    for seed in range(60):
        problem = own.generate(seed, DIFFICULTIES[seed % 3])
        options = [f" {option.id}) {option.text}" for option in problem.options]
        made.update(f"{problem.prompt}{''.join(options)} {problem.key}\n".encode())
    assert made.hexdigest() == pin["sha256"]


def test_every_version_is_pinned() -> None:
    wanted = {(one.template, one.version, one.kind) for one in BASES.values()}
    wanted |= {(one.template, one.version, "choice") for one in BASES.values()}
    found = {(pin["template"], pin["template_version"], pin["kind"]) for pin in PINS}
    assert wanted <= found


def test_the_camera() -> None:
    (own,) = read(CAMERA | {"cards": ["a"], "hard": {"stride": [3, 4]}})
    assert (own.id, own.kind, own.cards) == ("own.camera", "shape", ("own.a",))
    assert own.topics == TEMPLATES["conv-output-shape"].topics
    for seed in range(40):
        problem = own.generate(seed)
        assert " on 480×640×3, stride 2: " in problem.prompt
        assert (problem.template, problem.card) == ("own.camera", "own.a")
        assert problem == own.generate(seed)
        assert "stride 2" not in own.generate(seed, "hard").prompt
    # Not 3: there “same” padding and rounding up would be mistakes that give one shape.
    assert len({own.generate(seed).prompt for seed in range(40)}) == len([8, 16, 32]) * len([5, 7])
    again = own_template("own", "camera", json.loads(own.content), 2)
    assert any(own.generate(seed).prompt != again.generate(seed).prompt for seed in range(5))


def test_of_one_difficulty_alone() -> None:
    (own,) = read(CAMERA | {"difficulty": "hard"})
    assert [own.generate(1, one) for one in DIFFICULTIES] == [own.generate(1, "hard")] * 3


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"template": "conv-output-shap"}, "is no template: is it “conv-output-shape”?"),
        ({"template": "which-filter"}, "“which-filter” makes its numbers by itself: build on conv"),
        ({"template_version": 7}, "template conv-output-shape has the version 1"),
        ({"kind": "integer"}, "kind must be shape or choice"),
        ({"difficulty": "harder"}, "difficulty must be easy, medium or hard"),
        ({"title": None}, "questions 1 (camera): title is missing"),
        ({"tell": 1}, "unknown “tell”"),
        ({"cards": ["b"]}, "the deck has no card “b”"),
        ({"numbers": {"hight": 3}}, "has no number “hight”: is it “height”?"),
        ({"numbers": {"colour": 3}}, "has no number “colour”: it has height, width, channels"),
        ({"numbers": {"height": 0}}, "height: 0 is none of its values: it is a whole number from"),
        ({"numbers": {"height": True}}, "height: true is none of its values"),
        ({"numbers": {"height": 28.5}}, "height: 28.5 is none of its values"),
        ({"numbers": {"padding": "sme"}}, 'padding: "sme" is none of its values'),
        ({"numbers": {"height": []}}, "height: a list of choices has 1 to 100, this one has 0"),
        ({"numbers": {"height": [3, 3]}}, "height: 3 stands twice among the choices"),
        ({"numbers": {"height": {"from": 9}}}, "height: a range has a from and a to; write { from"),
        ({"numbers": {"height": {"from": 9, "to": 3}}}, "from 9 to 3 there is nothing"),
        ({"numbers": {"height": {"from": 1, "to": 9, "by": 1}}}, "a range has no “by”; write {"),
        ({"numbers": {"height": {"from": 1, "to": 9, "step": 0}}}, "step is no whole number above"),
        ({"numbers": {"height": {"from": 0, "to": 9}}}, "from = 0 lies outside: it is a whole"),
        ({"easy": {"bias": True}}, "easy: conv-output-shape has no number “bias”: it has"),
        ({"difficulty": "hard", "easy": {}}, "easy is never asked: difficulty is hard"),
        ({"prompt": "{filters} {kernels} {input}"}, "there is no {kernels}: is it {kernel}?"),
        ({"prompt": "{filters} {kernel} {what}"}, "there is no {what}: there is {input}, {kernel}"),
        ({"prompt": "{filters} {kernel} {"}, "character 20 is a brace without a name"),
        ({"prompt": "{input}: filters?"}, "filters is drawn, but not told: put in {filters}"),
        ({"prompt": "{filters}?"}, "kernel_size is drawn, but not told: put in {kernel_size} or"),
        ({"hard": {"stride": 3}, "prompt": "{filters} {kernel}"}, "stride is drawn, but not told"),
        ({"key": "k" * 61}, "the deck's id and the key have 64 characters; 63 are allowed"),
        ({"key": "Camera"}, "key “Camera” must be at most 64 small letters"),
    ],
)
def test_what_is_wrong_is_told(change: dict[str, Any], problem: str) -> None:
    numbers = CAMERA["numbers"] | change.get("numbers", {})
    definition = {**CAMERA, **change, "numbers": numbers}
    found = refused({name: value for name, value in definition.items() if value is not None})
    assert any(problem in one for one in found), found
    assert all("questions 1" in one for one in found)


@pytest.mark.parametrize(
    ("template", "numbers", "problem"),
    [
        (  # nothing fits
            "conv-output-size",
            {"height": {"from": 2, "to": 4}, "kernel_size": [7, 9]},
            "of 6 draws 6 can't be asked, most of all as ",
        ),
        (  # a kernel of 3 stands at 0, 4 and 8, or with padding of 1 at −1, 3 and 7
            "conv-output-size",
            {"height": 11, "kernel_size": 3, "padding": 1, "stride": 4},
            "these numbers can't be asked: forgot_padding gives the right answer",
        ),
        (
            "pool-output-size",
            {"height": 8, "kernel_size": 2, "padding": 3, "stride": 2},
            "these numbers can't be asked: ",
        ),
        (  # 3 + 4 + 5 and so on are many strides
            "stride-from-shapes",
            {"size": 10, "kernel_size": 9, "stride": {"from": 2, "to": 9}},
            "of 8 draws 8 can't be asked, most of all as many strides lead to 1",
        ),
        ("same-padding", {"size": 9, "kernel_size": 4, "asked": "each"}, "ask for both together"),
        ("conv-macs", {"height": 99_999, "kernel_size": 3}, "the answer would be "),
        ("effective-kernel", {"kernel_size": 3}, "dilation is missing: Pixels from one weight"),
        ("receptive-field", {"kernel_size": 9, "layers": 8, "stride": 9}, "than pictures have"),
    ],
)
def test_numbers_that_lead_nowhere(template: str, numbers: dict[str, Any], problem: str) -> None:
    numbers = dict(numbers)
    if template == "conv-macs":
        numbers |= {"channels": 65_536, "filters": 65_536}
    definition = {"key": "x", "title": "X", "template": template, "numbers": numbers}
    found = refused(definition | {"prompt": wording(template)})
    assert any(problem in one for one in found), found


def test_what_is_asked_for_is_not_told() -> None:
    stride = {"key": "s", "title": "S", "template": "stride-from-shapes"}
    numbers = {"size": 29, "kernel_size": 3, "stride": [2, 4]}
    found = refused(stride | {"numbers": numbers, "prompt": "{stride}"})
    assert "{stride} is what is asked for: the wording can't tell it" in found[0]
    assert any("it doesn't tell the output: put in {output}" in one for one in found)
    always = refused(stride | {"numbers": numbers | {"stride": 2}, "prompt": "29 to {output}"})
    assert "stride is what is asked for: give a list or a range" in always[0]
    (own,) = read(stride | {"numbers": numbers, "prompt": "29 to {output}, kernel 3: stride?"})
    assert {own.generate(seed).key for seed in range(20)} == {2, 4}


def test_the_manual_has_every_number() -> None:
    """A row of the table in docs/authoring.md for each template."""
    page = (Path(__file__).parents[2] / "docs" / "authoring.md").read_text()
    rows = [line.strip("|").split("|") for line in page.splitlines() if line.startswith("| `")]
    table = {
        row[0].strip(" `"): [re.findall("`([a-z_]+)`", cell) for cell in row[1:]] for row in rows
    }
    assert table == {
        name: [[one.name for one in basis.numbers], [*basis.parts, *basis.given]]
        for name, basis in BASES.items()
    }


def test_a_key_is_taken_once_in_its_deck() -> None:
    (found,) = refused(CAMERA, CAMERA)
    assert found == "questions 2 (camera): the key is taken by questions 1"
