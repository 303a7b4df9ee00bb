"""What keeps schools apart, and what a key must have; tests/trust has every route and caller."""

from datetime import UTC, datetime
from typing import Any

import pytest

from quiz_service import Quiz
from service.quiz.cards import Card, Deck
from service.store import decks as stored

BATCH = ("POST", "/v1/answers/batch", None)
ASKING = ("POST", "/v1/users/{user}/questions", {})
OF_A_QUESTION = [
    ("GET", "/v1/questions/{question}", None),
    ("POST", "/v1/questions/{question}/answers", {"response": "7"}),
    ("POST", "/v1/questions/{question}/reveal", None),
]
WRITING = [
    ("POST", "/v1/decks", {"title": "Mine"}),
    ("PATCH", "/v1/decks/{deck}", {"title": "Mine"}),
    ("POST", "/v1/decks/{deck}/cards", {"front": "f", "back": "b"}),
    ("PATCH", "/v1/cards/{card}", {"back": "b"}),
    (
        "POST",
        "/v1/imports?dry_run=true",
        {"deck": {"slug": "new", "title": "N"}, "cards": [{"key": "a", "front": "f", "back": "b"}]},
    ),
    ("DELETE", "/v1/cards/{card}", None),
    ("DELETE", "/v1/decks/{deck}", None),
]


def send(quiz: Quiz, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str]:
    """The status and code of an answer."""
    sent = {} if body is None else {"json": body}
    options = {"method": method, "headers": {**quiz.headers, **headers}, **sent}
    response = quiz.client.open(path, **options)
    problem = response.mimetype == "application/problem+json"
    return response.status_code, response.get_json()["code"] if problem else ""


def test_who_may_write_decks(make_quiz: Any) -> None:
    every_other = ("cards:read", "quiz:take", "act:users", "reports:read", "users:erase")
    nobody, reader = make_quiz("school"), make_quiz("school", every_other)
    nobody.headers = {}
    writer = make_quiz("school", ("cards:write",))
    own = writer.post("/v1/decks", {"title": "Own"}).get_json()["id"]
    card = writer.post(f"/v1/decks/{own}/cards", {"front": "f", "back": "c"}).get_json()["id"]
    for method, path, body in WRITING:
        address = path.format(deck=own, card=card)
        assert send(nobody, method, address, body) == (401, "unauthenticated")
        assert send(reader, method, address, body) == (403, "missing_scope")
        if method != "POST":
            assert send(writer, method, address, body)[0] == 428
        assert send(writer, method, address, body, **{"If-Match": "*"})[0] < 300, path


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
    for wish, pointer in (({"deck": "own"}, "/deck"), ({"card": "own.a"}, "/card")):
        refused = college.post("/v1/users/ann/questions", wish).get_json()
        assert refused["errors"][0]["pointer"] == pointer
    for _ in range(20):
        assert college.ask("ann", kind="card")["card"] != "/v1/cards/own.a"


@pytest.mark.parametrize("user", ["me", "ann"])
def test_in_secured_mode_a_person_is_made_in_the_tenant_of_the_key(
    make_quiz: Any, user: str
) -> None:
    school = make_quiz("school")
    status, code = send(school, *ASKING[:1], f"/v1/users/{user}/questions", {})
    assert (status, code) == ((201, "") if user == "ann" else (403, "me_without_token"))
    assert [row["tenant_id"] for row in school.rows("users")] == ["school"] * (user == "ann")
