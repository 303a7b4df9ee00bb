"""Who may do what: every route of the quiz, for each kind of caller."""

from datetime import UTC, datetime
from typing import Any

import pytest

from quiz_service import Quiz
from service.api.blueprints import (
    answers,
    cards,
    decks,
    people,
    progress,
    questions,
    quizzes,
    reports,
    reviews,
    templates,
)
from service.quiz.cards import Card, Deck
from service.store import decks as stored

PUBLIC = {
    ("GET", "/v1/decks"),
    ("GET", "/v1/decks/cnn"),
    ("GET", "/v1/decks/cnn/cards"),
    ("GET", "/v1/cards/cnn-pyramid"),
    ("GET", "/v1/cards/cnn-pyramid/answer"),
    ("GET", "/v1/cards/cnn-pyramid/figure.svg"),
    ("GET", "/v1/cards/cnn-pyramid/figure.png"),
    ("GET", "/v1/templates"),
}
ASKING = ("POST", "/v1/users/{user}/questions", {})
OF_A_QUESTION = [
    ("GET", "/v1/questions/{question}", None),
    ("POST", "/v1/questions/{question}/answers", {"response": "7"}),
    ("POST", "/v1/questions/{question}/reveal", None),
]
BATCH = ("POST", "/v1/answers/batch", {"items": [{"response": "7"}]})
NEXT = ("GET", "/v1/users/{user}/reviews/next", None)
RATING = {"card": "cnn-pyramid", "rating": "good", "reviewed_at": "2026-11-22T12:00:00Z"}
QUIZ = ("POST", "/v1/users/{user}/quizzes", {"length": 2})
OF_A_QUIZ = [("GET", "/v1/quizzes/{quiz}", None), ("POST", "/v1/quizzes/{quiz}/finish", None)]
MAKING = [
    ASKING,
    QUIZ,
    ("POST", "/v1/users/{user}/reviews", RATING),
    ("PATCH", "/v1/users/{user}", {"timezone": "UTC"}),
]
OF_A_PERSON = [
    ("GET", "/v1/users/{user}", None),
    ("POST", "/v1/users/{user}/reviews/undo", None),
    ("GET", "/v1/users/{user}/answers", None),
    ("GET", "/v1/users/{user}/progress", None),
    ("GET", "/v1/users/{user}/progress.svg", None),
    ("GET", "/v1/users/{user}/export", None),
    ("DELETE", "/v1/users/{user}", None),
]
REPORTS = [("GET", "/v1/decks/cnn/report"), ("GET", "/v1/decks/cnn/report.svg")]
READING = ("/answers", "/progress", "/progress.svg")
"""What a teacher may read of a person."""


def send(quiz: Quiz, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str]:
    """The status and code of an answer."""
    sent = {} if body is None else {"json": body}
    options = {"method": method, "headers": {**quiz.headers, **headers}, **sent}
    response = quiz.client.open(path, **options)
    problem = response.mimetype == "application/problem+json"
    return response.status_code, response.get_json()["code"] if problem else ""


def test_no_route_is_missing_here() -> None:
    rooms = (answers, cards, decks, people, progress, questions, quizzes, reports, reviews)
    rooms += (templates,)
    declared = {(one.method, one.route) for room in rooms for one in room.resource.operations}
    named = {
        (method, route)
        for method, route, *_ in [NEXT, BATCH, *MAKING, *OF_A_QUESTION, *OF_A_QUIZ, *OF_A_PERSON]
    }
    filled = {
        (method, route.format(deck="cnn", card="cnn-pyramid")) for method, route in declared - named
    }
    assert filled == PUBLIC | {*REPORTS}
    assert named <= declared


def test_who_may_do_what(make_quiz: Any) -> None:
    school = make_quiz("school")
    question = school.ask("ann", template="conv-output-size")["id"]
    exam = school.post("/v1/users/ann/quizzes", {"length": 2}).get_json()["id"]
    nobody = make_quiz("school")
    nobody.headers = {}
    callers = {
        "nobody": nobody,
        "cards only": make_quiz("school", ("cards:read",)),
        "no acting": make_quiz("school", ("quiz:take",)),
        "no quiz": make_quiz("school", ("act:users",)),
        "teacher": make_quiz("school", ("reports:read",)),
        "another school": make_quiz("college"),
        "wrong key": make_quiz("school"),
    }
    callers["wrong key"].headers = {"Authorization": school.headers["Authorization"][:-1] + "~"}
    refusals = {
        "nobody": (401, "unauthenticated"),
        "cards only": (403, "missing_scope"),
        "no acting": (403, "missing_scope"),
        "no quiz": (403, "missing_scope"),
        "teacher": (403, "missing_scope"),
        "wrong key": (401, "unauthenticated"),
    }
    for name, quiz in callers.items():
        for method, path in PUBLIC:
            expected = refusals["wrong key"] if name == "wrong key" else (200, "")
            assert send(quiz, method, path) == expected, (name, path)
        assert send(quiz, *BATCH) == refusals.get(name, (200, "")), name
        for method, path in REPORTS:
            expected = (200, "") if name == "teacher" else refusals.get(name, (200, ""))
            assert send(quiz, method, path) == expected, (name, path)
        for method, path, body in [*OF_A_QUESTION, *OF_A_QUIZ, *OF_A_PERSON, NEXT, *MAKING]:
            address = path.format(user="ann", question=question, quiz=exam)
            expected = refusals.get(name, (404, "not_found"))
            if name == "teacher" and path.endswith(READING) and method == "GET":
                expected = (200, "")
            if name == "another school" and (method, path, body) in (NEXT, *MAKING):
                expected = (201 if method == "POST" else 200, "")  # its own ann
            assert send(quiz, method, address, body) == expected, (name, method, path)
    people_rows = school.rows("users")
    assert [row["external_id"] for row in people_rows] == ["ann", "ann"]
    assert {row["tenant_id"] for row in people_rows} == {"school", "college"}
    for method, path, body in [*MAKING, *OF_A_QUESTION, *OF_A_QUIZ, *OF_A_PERSON]:
        address = path.format(user="ann", question=question, quiz=exam)
        status, _ = send(school, method, address, body)
        assert status < 300, path
    assert [row["tenant_id"] for row in school.rows("users")] == ["college"]


def test_who_may_not_act_is_told_so_before_anything_is_read(make_quiz: Any) -> None:
    for scope, lacking in (("quiz:take", "act:users"), ("act:users", "quiz:take")):
        quiz = make_quiz("school", (scope,))
        for method, path, _ in [*OF_A_QUESTION, ASKING, BATCH]:
            address = path.format(user="%00", question="x")
            refused = quiz.client.open(address, method=method, headers=quiz.headers, data=b"{")
            assert refused.status_code == 403
            assert refused.get_json()["detail"].endswith(f"it lacks the scope {lacking}.")


def test_another_school_can_use_the_same_key_and_change_nothing(make_quiz: Any) -> None:
    school, college = make_quiz("school"), make_quiz("college")
    question = school.ask("ann", template="conv-output-size")
    before = school.dump()
    refused = college.answer(question, "7", "key-1")
    assert (refused.status_code, refused.get_json()["code"]) == (404, "not_found")
    after = school.dump()
    for table in ("answers", "idempotency_keys", "unread_responses", "questions", "users"):
        assert after[table] == before[table]
    assert school.answer(question, "7", "key-1").status_code == 201


def test_a_deck_of_its_own_is_asked_by_its_school_only(make_quiz: Any) -> None:
    school, college = make_quiz("school"), make_quiz("college")
    deck = Deck("own", "Own", "Own", (Card("a", "front", "back"),))
    with school.database.write() as session:
        stored.load(session, deck, now=datetime.now(UTC), tenant_id="school")
    question = school.ask("ann", deck="own")
    assert question["prompt"] == "front"
    assert school.answer(question, "good").get_json()["expected"] == "back"
    for wish, pointer in (({"deck": "own"}, "/deck"), ({"card": "own-a"}, "/card")):
        refused = college.post("/v1/users/ann/questions", wish).get_json()
        assert refused["errors"][0]["pointer"] == pointer
    for _ in range(20):
        assert college.ask("ann", kind="card")["card"] != "/v1/cards/own-a"


@pytest.mark.parametrize("user", ["me", "ann"])
def test_in_secured_mode_a_person_is_made_in_the_tenant_of_the_key(
    make_quiz: Any, user: str
) -> None:
    school = make_quiz("school")
    status, code = send(school, *ASKING[:1], f"/v1/users/{user}/questions", {})
    assert (status, code) == ((201, "") if user == "ann" else (403, "me_without_token"))
    assert [row["tenant_id"] for row in school.rows("users")] == ["school"] * (user == "ann")
