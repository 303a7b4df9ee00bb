"""Questions of one's own over HTTP: written, asked, graded by what they were, and nobody else's."""

import re
from typing import Any

import pytest

from own_deck import CARD, SCHOOL, begin, send
from prompts import positions
from quiz_service import Quiz

CAMERA: dict[str, Any] = {
    "key": "camera",
    "title": "Our camera",
    "template": "conv-output-size",
    "prompt": "Our camera, {input}; kernel {kernel}, stride {stride}. How high?",
    "cards": ["edge"],
    "topics": ["cameras"],
    "numbers": {"height": 480, "width": 640, "kernel_size": [5, 7, 9], "stride": [2, 3]},
}
CHOICE = CAMERA | {"key": "pick", "kind": "choice", "difficulty": "hard"}
HERE = "/v1/templates/kernels.camera"


def write(quiz: Quiz, *questions: dict[str, Any]) -> None:
    """A deck with one card and these questions, or that of the camera."""
    begin(quiz)
    for one in questions or (CAMERA,):
        made = quiz.post("/v1/decks/kernels/templates", one)
        assert made.status_code == 201, made.text


def high(question: dict[str, Any]) -> int:
    """The right answer to a question on the camera, counted window by window."""
    found = re.fullmatch(
        r"Our camera, 480×640; kernel (\d)×\1, stride (\d)\. How high\?", question["prompt"]
    )
    assert found, question["prompt"]
    return positions(480, int(found[1]), int(found[2]), 0, 1)


def test_a_question_is_written_asked_and_graded(quiz: Quiz) -> None:
    begin(quiz)
    made = quiz.post("/v1/decks/kernels/templates", CAMERA)
    assert (made.status_code, made.headers["Location"], made.headers["ETag"]) == (201, HERE, '"v1"')
    body = made.get_json()
    assert {name: body[name] for name in CAMERA} == CAMERA
    assert (body["id"], body["deck"], body["kind"], body["version"]) == (
        *("kernels.camera", "kernels", "integer", 1),
    )
    assert quiz.get(HERE).get_json() == body
    listed = {one["id"]: one for one in quiz.get("/v1/templates?deck=kernels").get_json()["items"]}
    assert listed["kernels.camera"]["deck"] == "kernels"
    assert listed["kernels.camera"]["cards"] == ["kernels.edge"]
    assert [one["name"] for one in listed["conv-output-size"]["numbers"]][:2] == ["height", "width"]
    assert "kernels.camera" not in quiz.get("/v1/templates").text
    for wish in ({"template": "kernels.camera"}, {"deck": "kernels"}):
        question = quiz.ask("ann", **wish)
        assert (question["template"], question["kind"]) == ("kernels.camera", "integer")
        assert not {"expected", "seed", "derivation"} & question.keys()
        wrong = quiz.answer(question, high(question) - 1, next=True).get_json()
        assert (wrong["correct"], wrong["mistake"]["code"]) == (False, "forgot_plus_one")
        assert wrong["expected"] == high(question)
        assert wrong["card"] == "/v1/cards/kernels.edge"
        following = wrong["next"]
        assert following["template"] == "kernels.camera"
        right = quiz.answer(following, str(high(following))).get_json()
        assert (right["correct"], right["score"]) == (True, 1)
    again = [quiz.ask("ben", template="kernels.camera", seed=7)["prompt"] for _ in range(2)]
    assert again[0] == again[1]


def test_who_was_asked_is_graded_by_what_they_were_asked(quiz: Quiz) -> None:
    write(quiz)
    old = quiz.ask("ann", template="kernels.camera", seed=3)
    change = {"prompt": "{input}, {stride}: how high?", "numbers": {"height": 99, "kernel_size": 5}}
    changed = send(quiz, "PATCH", HERE, change, '"v1"')
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"v2"')
    assert send(quiz, "PATCH", HERE, change).status_code == 428
    stale = send(quiz, "PATCH", HERE, {"title": "x"}, '"v1"')
    assert (stale.status_code, stale.get_json()["version"]) == (412, 2)
    new = quiz.ask("ann", template="kernels.camera", seed=3)
    assert new["prompt"] == "99×99, 1: how high?"
    assert quiz.get(old["links"]["self"]).get_json()["prompt"] == old["prompt"]
    assert quiz.answer(old, high(old)).get_json()["correct"]
    assert quiz.answer(new, 95).get_json()["correct"]
    versions = quiz.get(f"{HERE}/versions").get_json()["items"]
    assert [(one["version"], one["prompt"]) for one in versions] == [
        (2, change["prompt"]),
        (1, CAMERA["prompt"]),
    ]
    assert [row["template_version"] for row in quiz.rows("questions")] == [1, 2]


@pytest.mark.parametrize("tag", ['"v1"', "*"])
def test_of_changes_at_once_none_is_lost(quiz: Quiz, at_once: Any, tag: str) -> None:
    write(quiz)
    changes = ({"title": "One"}, {"topics": ["two"]}, {"cards": None})

    def change(index: int) -> int:
        status: int = send(quiz.another_client(), "PATCH", HERE, changes[index], tag).status_code
        return status

    statuses = at_once(3, change)
    assert set(statuses) <= {200, 412}
    found = quiz.get(HERE).get_json()
    assert found["version"] == 1 + statuses.count(200)
    kept = (found["title"] == "One", found["topics"] == ["two"], found["cards"] == [])
    assert kept == tuple(status == 200 for status in statuses)


def test_a_deleted_question_ends_what_it_was_part_of(quiz: Quiz) -> None:
    write(quiz)
    open_one, answered = (quiz.ask("ann", template="kernels.camera") for _ in range(2))
    quiz.answer(answered, 1)
    assert send(quiz, "DELETE", HERE, tag='"v1"').status_code == 204
    assert quiz.get(HERE).get_json()["code"] == "gone"
    assert send(quiz, "PATCH", HERE, {"title": "x"}, "*").status_code == 410
    assert len(quiz.get(f"{HERE}/versions").get_json()["items"]) == 1
    for path, wish in (
        ("questions", {"template": "kernels.camera"}),
        ("quizzes", {"templates": ["conv-macs", "kernels.camera"], "length": 2}),
    ):
        refused = quiz.post(f"/v1/users/ann/{path}", wish).get_json()
        assert refused["code"] == "validation_failed"
        assert refused["errors"][0]["pointer"] in ("/template", "/templates/1")
    assert quiz.get("/v1/users/ann/reviews/next?deck=kernels").get_json()["kind"] == "card"
    closed = quiz.answer(open_one, high(open_one), next=True).get_json()
    assert closed["correct"]
    assert "next" not in closed
    again = quiz.post("/v1/decks/kernels/templates", CAMERA)
    assert (again.status_code, again.get_json()["code"]) == (409, "conflict")


def test_quizzes_reviews_progress_and_reports_have_them(quiz: Quiz) -> None:
    write(quiz, CAMERA, CHOICE)
    made = quiz.post(
        "/v1/users/ann/quizzes", {"deck": "kernels", "length": 4, "mode": "exam", "seed": 1}
    ).get_json()
    asked = made["questions"]
    assert sorted({one["template"] for one in asked}) == ["kernels.camera", "kernels.pick"]
    assert {(one["template"], one["difficulty"]) for one in asked} == {
        ("kernels.camera", "medium"),
        ("kernels.pick", "hard"),
    }
    for one in asked:
        sealed = quiz.answer(one, "b" if one["kind"] == "choice" else high(one)).get_json()
        assert not {"expected", "mistake"} & sealed.keys()
        assert sealed["correct"] is None
    done = quiz.post(made["links"]["finish"]).get_json()
    picked = [one for one in done["questions"] if one["kind"] == "choice"]
    for one in picked:
        texts = {option["id"]: option["text"] for option in one["options"]}
        assert texts[one["expected"]] == str(high(one))
        assert len(set(texts.values())) == len(texts) == 4
    for row in quiz.rows("memories"):
        assert (row["deck_id"], row["subject"][:17]) == ("kernels", "template:kernels.")
    due = quiz.get("/v1/users/ann/reviews/next?deck=kernels").get_json()
    assert due["kind"] in ("template", "card")
    progress = quiz.get("/v1/users/ann/progress").get_json()
    assert {one["name"] for one in progress["templates"]} == {"kernels.camera", "kernels.pick"}
    assert [one["name"] for one in progress["topics"]] == ["cameras"]
    report = quiz.get("/v1/decks/kernels/report").get_json()
    items = {one["id"]: one for one in report["templates"]}
    assert (items["kernels.camera"]["right"], items["kernels.camera"]["title"]) == (2, "Our camera")
    assert items["kernels.pick"]["options"]["questions"] == 2
    mixed = {"templates": ["kernels.pick", "conv-macs"], "length": 2}
    asked = quiz.post("/v1/users/ann/quizzes", mixed).get_json()["questions"]
    assert {one["template"] for one in asked} == {"kernels.pick", "conv-macs"}


def test_another_tenant_knows_nothing_of_them(make_quiz: Any) -> None:
    school, college = (make_quiz(name, SCHOOL) for name in ("school", "college"))
    write(school)
    for method, path, body in (
        ("GET", HERE, None),
        ("GET", f"{HERE}/versions", None),
        ("PATCH", HERE, {"title": "Ours"}),
        ("DELETE", HERE, None),
        ("GET", "/v1/templates?deck=kernels", None),
        ("POST", "/v1/decks/kernels/templates", CAMERA | {"key": "other"}),
    ):
        assert send(college, method, path, body, "*").status_code == 404, (method, path)
    missing = {"template": "kernels.none"}
    other = {"template": "kernels.camera"}
    told = [college.post("/v1/users/ann/questions", one).get_json() for one in (missing, other)]
    assert told[0]["errors"] == told[1]["errors"]
    named = college.post("/v1/users/ann/quizzes", {"templates": ["kernels.camera"], "length": 1})
    assert named.get_json()["errors"][0]["pointer"] == "/templates/0"


@pytest.mark.parametrize("kind", ["json", "toml"])
def test_what_goes_out_comes_in_as_the_same(quiz: Quiz, kind: str) -> None:
    write(quiz, CAMERA, CHOICE | {"hard": {"stride": [2, 3]}, "prompt": CAMERA["prompt"] + "\n{{?"})
    tables = ("templates", "template_versions", "cards")
    before = {name: quiz.rows(name) for name in tables}
    data = quiz.get(f"/v1/decks/kernels/export?format={kind}").data
    media = {"json": "application/json", "toml": "application/toml"}[kind]

    def take(query: str, sent: bytes = data) -> Any:
        path = f"/v1/imports?format={kind}{query}"
        return quiz.client.post(path, data=sent, content_type=media).get_json()

    assert take("")["questions"]["unchanged"] == 2
    assert {name: quiz.rows(name) for name in tables} == before
    copied = take("&deck=other")["questions"]
    assert copied["created"] == ["other.camera", "other.pick"]
    assert quiz.ask("ann", deck="other", kind="integer")["template"] == "other.camera"
    copy = quiz.post("/v1/decks", {"id": "third", "copy_of": "kernels"})
    assert copy.status_code == 201
    assert quiz.get("/v1/templates/third.pick").get_json()["prompt"].endswith("{{?")
    changed = take("&dry_run=true", data.replace(b"Our camera, ", b"My camera, ", 1))
    assert changed["questions"]["changed"] == ["kernels.camera"]
    assert {name: len(quiz.rows(name)) for name in tables} == {
        name: 3 * len(rows) for name, rows in before.items() if name != "cards"
    } | {"cards": len(before["cards"]) + 2}
    long = take(f"&deck={'d' * 60}")
    assert "63 are allowed" in long["errors"][0]["detail"]


def test_csv_says_that_it_leaves_them_out(quiz: Quiz) -> None:
    write(quiz)
    out = quiz.get("/v1/decks/kernels/export?format=csv")
    assert out.headers["Left-Out"] == "1 questions"
    table = out.data + b"blur,What blurs?,A box.\r\n"
    path = "/v1/imports?deck=kernels"
    taken = quiz.client.post(path, data=table, content_type="text/csv").get_json()
    assert (taken["created"], taken["questions"]["unchanged"]) == (["kernels.blur"], 1)
    without = table.replace(b"edge,What is an edge?", b"other,What is it?")
    taken = quiz.client.post(path, data=without, content_type="text/csv").get_json()
    assert (taken["removed"], taken["questions"]["changed"]) == (
        ["kernels.edge"],
        ["kernels.camera"],
    )
    assert quiz.get(HERE).get_json()["cards"] == []


def test_a_card_that_goes_explains_nothing_any_more(quiz: Quiz) -> None:
    write(quiz)
    assert send(quiz, "DELETE", f"/v1/cards/kernels.{CARD['key']}", tag="*").status_code == 204
    found = quiz.get(HERE).get_json()
    assert (found["version"], found["cards"]) == (2, [])
    question = quiz.ask("ann", template="kernels.camera")
    assert quiz.answer(question, 1).get_json()["card"].startswith("/v1/cards/cnn-")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"numbers": {"height": 3, "kernel_size": 7}, "prompt": "?"}, "/numbers"),
        ({"numbers": CAMERA["numbers"] | {"strid": 2}}, "/numbers/strid"),
        ({"numbers": CAMERA["numbers"] | {"stride": 0}}, "/numbers/stride"),
        ({"template": "errata"}, "/template"),
        ({"prompt": "{kernel} {stride} {colour}"}, "/prompt"),
        ({"cards": ["blur"]}, "/cards"),
        ({"kind": "shape"}, "/kind"),
        ({"owner": "me"}, "/owner"),
    ],
)
def test_what_is_wrong_is_told_where_it_stands(
    lite: Quiz, change: dict[str, Any], pointer: str
) -> None:
    write(lite)
    for response in (
        lite.post("/v1/decks/kernels/templates", CAMERA | {"key": "new"} | change),
        send(lite, "PATCH", HERE, change, "*"),
    ):
        refused = response.get_json()
        assert (response.status_code, refused["code"]) == (422, "validation_failed")
        assert refused["errors"][0]["pointer"] == pointer
        assert all(error["hint"] for error in refused["errors"])
    assert lite.get(HERE).get_json()["version"] == 1


def test_everyones_deck_takes_none(lite: Quiz) -> None:
    refused = lite.post("/v1/decks/cnn/templates", CAMERA | {"cards": []})
    assert (refused.status_code, refused.get_json()["code"]) == (403, "shared_deck")
