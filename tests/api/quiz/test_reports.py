"""Reports of decks over HTTP: what teachers see, in all forms, and who may see it."""

import csv
import io
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

import prompts
from quiz_service import Quiz
from service.api import recent
from service.api.context import EXTENSION
from service.api.reports import ENOUGH
from service.quiz.templates import generate

ADDRESS = "/v1/decks/cnn/report"


def answer(quiz: Quiz, user: str, template: str, *, correct: bool) -> None:
    question = quiz.ask(user, template=template, difficulty="easy")
    right = prompts.read(question["prompt"]).answer()
    if isinstance(right, list):
        sent: Any = right if correct else [right[0] + 1, *right[1:]]
    else:
        sent = right if correct else right + 10**6
    assert quiz.answer(question, sent, duration_ms=5100).get_json()["correct"] == correct


@pytest.fixture(scope="module")
def marks() -> list[tuple[bool, bool]]:
    """What one more person than is enough make of two questions."""
    return [(number % 3 > 0, number % 4 > 0) for number in range(ENOUGH + 1)]


def test_a_report(lite: Quiz, marks: list[tuple[bool, bool]]) -> None:
    for number, (first, second) in enumerate(marks):
        answer(lite, f"secret name {number}", "conv-output-size", correct=first)
        answer(lite, f"secret name {number}", "conv-output-shape", correct=second)
    lite.answer(lite.ask("secret name 0", card="cnn-strides"), "again")
    lite.answer(lite.ask("secret name 1", card="cnn-strides"), "good")
    body = lite.get(ADDRESS).get_json()
    many = len(marks)
    assert (body["deck"], body["people"], body["answers"]) == ("cnn", many, 2 * many + 2)
    by_id = {one["id"]: one for one in body["templates"]}
    expected = np.corrcoef(np.array(marks, dtype=float).T)[0, 1]
    for at, name in enumerate(("conv-output-size", "conv-output-shape")):
        right = sum(mark[at] for mark in marks)
        one = by_id[name]
        assert (one["people"], one["answers"], one["right"]) == (many, many, right)
        assert one["share_right"] == pytest.approx(right / many)
        assert one["discrimination"] == pytest.approx(expected)
        assert one["interval"][0] < one["share_right"] < one["interval"][1]
        assert (one["median_ms"], one["options"]) == (5125, None)
    shares = [one["share_right"] for one in body["templates"]]
    assert shares[:2] == sorted(shares[:2])
    assert set(shares[2:]) == {None}
    card = body["cards"][0]
    assert (card["id"], card["answers"], card["share_recalled"]) == ("cnn-strides", 2, 0.5)

    table = lite.get(f"{ADDRESS}?format=csv")
    assert table.headers["Content-Disposition"].startswith("attachment;")
    rows = list(csv.DictReader(io.StringIO(table.text, newline="")))
    assert len(rows) == len({(row["about"], row["name"], row["of"]) for row in rows})
    (row,) = (row for row in rows if row["name"] == "conv-output-shape")
    assert float(row["discrimination"]) == by_id["conv-output-shape"]["discrimination"]
    mistakes = {row["name"]: row["count"] for row in rows if row["about"] == "mistake"}
    assert mistakes == {
        mistake["code"]: str(mistake["count"])
        for one in body["templates"]
        for mistake in one["mistakes"]
    }
    text = lite.get(f"{ADDRESS}?format=text").text
    assert f": answers: {2 * many + 2}, people: {many}\n" in text
    assert "\ncnn-strides: 50 % recalled, 1 of 2\n" in f"{text}\n"
    for plot in ("questions", "cards", "mistakes", "distractors"):
        drawn = lite.get(f"{ADDRESS}.svg?plot={plot}").text
        ElementTree.fromstring(drawn)  # noqa: S314 - written by the code under test
        text += drawn
    assert "secret" not in text + table.text + repr(body)


def test_too_few_people_for_discrimination(lite: Quiz, marks: list[tuple[bool, bool]]) -> None:
    for number, (first, second) in enumerate(marks[: ENOUGH - 1]):
        answer(lite, f"{number}", "conv-output-size", correct=first)
        answer(lite, f"{number}", "conv-output-shape", correct=second)
    for one in lite.get(ADDRESS).get_json()["templates"]:
        assert one["discrimination"] is None
        assert one["discrimination_people"] in (0, ENOUGH - 1)


def test_distractors_that_nobody_picks(lite: Quiz) -> None:
    """Seeds are known, and so are the options of each question; one code is picked, once."""
    offered: dict[str, int] = {}
    picked = None
    for seed in range(8):
        problem = generate("which-filter", seed, "hard")
        for wrong in problem.wrong:
            offered[wrong.code] = offered.get(wrong.code, 0) + 1
        question = lite.ask(template="which-filter", seed=seed, difficulty="hard")
        sent = problem.key
        if picked is None:
            picked, sent = problem.wrong[0].code, problem.wrong[0].would_give
        lite.answer(question, sent)
    body = lite.get(ADDRESS).get_json()
    (options,) = (one["options"] for one in body["templates"] if one["options"])
    assert options["questions"] == 8
    assert {one["code"]: one["offered"] for one in options["distractors"]} == offered
    assert [one["code"] for one in options["distractors"] if one["picked"]] == [picked]
    assert set(options["never_picked"]) == set(offered) - {picked}
    drawn = lite.get(f"{ADDRESS}.svg?plot=distractors&theme=dark").text
    assert f"{picked}: 1 of {offered[str(picked)]}, which-filter" in drawn
    text = lite.get(f"{ADDRESS}?format=text").text
    assert "\nnever picked in 8 of which-filter: " in text


def test_a_deck_that_nobody_tried_and_one_that_is_not_there(lite: Quiz) -> None:
    body = lite.get(ADDRESS).get_json()
    assert (body["people"], body["answers"], body["erased_answers"]) == (0, 0, 0)
    assert {one["share_right"] for one in body["templates"]} == {None}
    assert "nothing yet" in lite.get(ADDRESS, Accept="image/svg+xml").text
    assert lite.get("/v1/decks/none/report").get_json()["code"] == "not_found"


def test_erased_people_stay_in_the_totals(lite: Quiz) -> None:
    answer(lite, "ann", "conv-output-size", correct=True)
    assert lite.client.delete("/v1/users/ann").status_code == 204
    body = lite.get(ADDRESS).get_json()
    assert (body["people"], body["answers"], body["erased_answers"]) == (0, 1, 1)
    (one,) = (one for one in body["templates"] if one["answers"])
    assert (one["right"], one["first_answers"], one["share_right"]) == (1, 0, None)
    text = lite.get(f"{ADDRESS}?format=text").text
    assert "conv-output-size: 1 of 1 right, all of people who were erased" in text


def test_a_tenant_sees_its_own_people(make_quiz: Any) -> None:
    school, other = make_quiz("school"), make_quiz("other")
    answer(school, "ann", "conv-output-size", correct=True)
    assert school.get(ADDRESS).get_json()["people"] == 1
    assert other.get(ADDRESS).get_json()["people"] == 0
    pupil = make_quiz("school", ("quiz:take", "act:users", "cards:read"))
    for path in (ADDRESS, f"{ADDRESS}.svg"):
        assert pupil.get(path).get_json()["code"] == "missing_scope"


def test_a_slow_report_is_told_again_until_the_deck_changes(
    lite: Quiz, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recent, "LONG", 0.0)  # as if it had taken long
    monkeypatch.setattr(recent, "TIMES", 10**9)
    answer(lite, "ann", "conv-output-size", correct=True)
    first = lite.get(ADDRESS).get_json()
    answer(lite, "bob", "conv-output-size", correct=True)
    assert lite.get(ADDRESS).get_json() == first
    assert first["people"] == 1
    lite.app.extensions[EXTENSION].recent_reports = recent.Recent()
    assert lite.get(ADDRESS).get_json()["people"] == 2
