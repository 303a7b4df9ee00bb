"""People: who they are, what they answered, how they are doing, and that they can be forgotten."""

import random
from typing import Any
from urllib.parse import quote
from uuid import UUID

import pytest
from werkzeug.test import EnvironBuilder

import prompts
from quiz_service import Quiz
from service.api.slashes import EncodedSlashes

IDS = {
    "slash": "staff/ann",
    "slashes": "https://orcid.org/0000-0002-1825-0097",
    "only a slash": "/",
    "space": "Ann Onymous",
    "emoji": "😀🎓",
    "at": "@ann:matrix.org",
    "percent": "100%",
    "percent 2F": "a%2Fb",
    "plus": "a+b",
    "question mark": "who?&a=b#c",
    "dots": "..x",
    "quotes": "'\"; DROP TABLE users; --",
    "markup": "<script>alert(1)</script>",
    "right to left": "\u202eann\u202c",
    "invisible": "a\u200bnn",
    "composed": "é",
    "decomposed": "e\u0301",
    "capital": "ANN",
    "200 characters": "x" * 200,
    "200 emoji": "😀" * 200,
    "a route": "ann/questions",
    "like me": "ME",
    "backslash": "a\\b",
    "null": "null",
    "number": "0",
}


def answer(quiz: Quiz, user: str, *, correct: bool, **wish: Any) -> dict[str, Any]:
    """Ask a question and have it answered."""
    question = quiz.ask(user, **{"template": "conv-output-size", **wish})
    right = prompts.read(question["prompt"]).answer()
    assert isinstance(right, int)
    body: dict[str, Any] = quiz.answer(question, right if correct else right + 10**6).get_json()
    return body


def history(quiz: Quiz, user: str, limit: int) -> list[list[dict[str, Any]]]:
    """All pages of a person's answers."""
    found, cursor = [], ""
    while cursor is not None:
        address = f"/v1/users/{quote(user, safe='')}/answers?limit={limit}"
        body = quiz.get(f"{address}{cursor and f'&cursor={cursor}'}").get_json()
        found.append(body["items"])
        cursor = body["next_cursor"]
    return found


# Names


def test_any_id_is_itself_and_nobody_else(quiz: Quiz) -> None:
    for user in IDS.values():
        answer(quiz, user, correct=True)
    assert sorted(row["external_id"] for row in quiz.rows("users")) == sorted(IDS.values())
    for user in IDS.values():
        assert [len(page) for page in history(quiz, user, 50)] == [1], user
        assert quiz.get(f"/v1/users/{quote(user, safe='')}/progress").get_json()["asked"] == 1
    for user in IDS.values():
        assert quiz.client.delete(f"/v1/users/{quote(user, safe='')}").status_code == 204, user
    assert quiz.rows("users") == []


@pytest.mark.parametrize(
    "user",
    [
        "x" * 201,
        "😀" * 201,
        "%00",
        "a%00b",
        "a%0Ab",
        "a%0D%0ASet-Cookie:%20x",
        "%7F",
        "%C2%85",
        "%E2%80%A8",
        "%ff",
        "a%FFb",
        "%C3",
        "%ED%A0%80",
        "%EE%80%80",
        "%2F%EE%80%80",
    ],
)
def test_an_id_that_cant_be_one(lite: Quiz, user: str) -> None:
    for refused in (
        lite.post(f"/v1/users/{user}/questions", {}),
        lite.get(f"/v1/users/{user}/answers"),
        lite.get(f"/v1/users/{user}/progress"),
        lite.client.delete(f"/v1/users/{user}"),
    ):
        body = refused.get_json()
        assert (refused.status_code, body["code"]) == (422, "bad_user_id")
        assert body["errors"][0]["pointer"] == "/user"
    assert lite.rows("users") == []


@pytest.mark.parametrize("user", ["", "a/b", "%2e%2e/x"])
def test_an_address_of_nobody(lite: Quiz, user: str) -> None:
    assert lite.post(f"/v1/users/{user}/questions", {}).get_json()["code"] == "not_found"


def test_me_needs_a_token_that_says_who_that_is(lite: Quiz) -> None:
    for refused in (
        lite.post("/v1/users/me/questions", {}),
        lite.post("/v1/users/%6De/questions", {}),
        lite.get("/v1/users/me/answers"),
        lite.get("/v1/users/me/progress"),
        lite.client.delete("/v1/users/me"),
    ):
        assert (refused.status_code, refused.get_json()["code"]) == (403, "me_without_token")


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/a%2Fb/c", "/a\ue000b/c"),
        ("/a%2fb", "/a\ue000b"),
        ("/a%252Fb", "/a%2Fb"),
        ("/a/b?x=%2F", "/a/b"),
        ("/%2F?y", "/\ue000"),
        ("/a%EE%80%80b", "/a\ufffdb"),
        ("/a%EE%80%80b%2F", "/a\ufffdb\ue000"),
        ("/%C3%A9%2F%20", "/é\ue000 "),
        ("/plain", "/plain"),
    ],
)
def test_slashes_inside_names(target: str, path: str) -> None:
    seen = []

    def inner(environ: dict[str, Any], _start: object) -> list[bytes]:
        seen.append(environ["PATH_INFO"].encode("latin-1").decode(errors="replace"))
        return []

    environ = EnvironBuilder(path=target).get_environ()
    EncodedSlashes(inner)(environ, None)
    assert seen == [path]


@pytest.mark.parametrize("change", [{"SCRIPT_NAME": "/prefix"}, {"RAW_URI": "http://x/a%2Fb"}])
def test_addresses_of_another_form_are_left_alone(change: dict[str, str]) -> None:
    environ = {"PATH_INFO": "/a/b", "RAW_URI": "/a%2Fb", **change}
    EncodedSlashes(lambda _environ, _start: [])(environ, None)
    assert environ["PATH_INFO"] == "/a/b"


# What they did


@pytest.mark.parametrize("limit", [1, 2, 3, 6, 7, 8, 200])
def test_a_history_is_complete_and_newest_first(quiz: Quiz, limit: int) -> None:
    given = [answer(quiz, "ann", correct=bool(number % 3)) for number in range(7)]
    answer(quiz, "bob", correct=True)
    found = history(quiz, "ann", limit)
    assert all(len(page) == limit for page in found[:-1])
    items = [item for page in found for item in page]
    assert [item["id"] for item in items] == [body["id"] for body in reversed(given)]
    for item, body in zip(items, reversed(given), strict=True):
        for name in ("question", "attempt", "response", "read", "correct", "score", "rating"):
            assert item[name] == body[name]
        assert item["answered_at"] == body["answered_at"]
        assert (item["template"], item["kind"]) == ("conv-output-size", "integer")


def test_a_page_is_stable_while_answers_come(quiz: Quiz) -> None:
    given = [answer(quiz, "ann", correct=True)["id"] for _ in range(5)]
    first = quiz.get("/v1/users/ann/answers?limit=2").get_json()
    for _ in range(3):
        answer(quiz, "ann", correct=True)
    rest = quiz.get(f"/v1/users/ann/answers?cursor={first['next_cursor']}").get_json()
    assert [item["id"] for page in (first, rest) for item in page["items"]] == given[::-1]


def test_a_cursor_is_of_one_persons_history(quiz: Quiz) -> None:
    for user in ("ann", "bob"):
        for _ in range(3):
            answer(quiz, user, correct=True)
    cursor = quiz.get("/v1/users/ann/answers?limit=1").get_json()["next_cursor"]
    assert quiz.get(f"/v1/users/ann/answers?cursor={cursor}").status_code == 200
    refused = quiz.get(f"/v1/users/bob/answers?cursor={cursor}")
    assert refused.get_json()["code"] == "bad_cursor"


def test_ratings_and_what_cant_be_read_in_a_history(quiz: Quiz) -> None:
    question = quiz.ask(card="cnn-strides")
    quiz.answer(question, "hmm")
    quiz.answer(question, "hard", duration_ms=5)
    (item,) = history(quiz, "ann", 50)[0]
    assert (item["rating"], item["correct"], item["score"]) == ("hard", None, None)
    assert (item["card"], item["duration_ms"]) == ("/v1/cards/cnn-strides", 5)


def test_progress_counts_everything(quiz: Quiz) -> None:
    rng = random.Random(3)  # noqa: S311
    marks = [rng.random() < 0.5 for _ in range(20)]
    for correct in marks:
        answer(quiz, "ann", correct=correct)
    codes = []
    for seed in range(6):
        question = quiz.ask(template="conv-output-shape", difficulty="easy", seed=seed)
        right = prompts.read(question["prompt"]).answer()
        assert isinstance(right, list)
        sent = [right[0] - 1, right[1] - 1, right[2]]
        mistake = quiz.answer(question, sent).get_json()["mistake"]
        codes += [mistake["code"]] if mistake else []
    quiz.ask(template="conv-output-shape")
    for rating in ("good", "good", "again"):
        quiz.answer(quiz.ask(card="cnn-strides"), rating)
    answer(quiz, "bob", correct=True)
    body = quiz.get("/v1/users/ann/progress").get_json()
    assert (body["asked"], body["answered"], body["correct"]) == (30, 29, sum(marks))
    tallies = {tally["name"]: tally for tally in body["templates"]}
    assert tallies["conv-output-size"]["correct"] == sum(marks)
    assert tallies["conv-output-shape"] == {
        "name": "conv-output-shape",
        "asked": 7,
        "answered": 6,
        "answers": 6,
        "correct": 0,
        "ratings": {},
    }
    (card,) = body["cards"]
    assert (card["name"], card["ratings"]) == ("cnn-strides", {"again": 1, "good": 2})
    assert codes.count("forgot_plus_one") > 0
    counted = {mistake["code"]: mistake["count"] for mistake in body["mistakes"]}
    assert counted == {code: codes.count(code) for code in codes}
    text = quiz.get("/v1/users/ann/progress?format=text").text
    assert text.startswith(f"30 asked, 29 answered, {sum(marks)} right\n")
    assert "\ncnn-strides: again 1×, good 2×\n" in text
    assert f"forgot_plus_one {codes.count('forgot_plus_one')}×" in text


def test_a_history_as_text(lite: Quiz) -> None:
    lite.ask()
    assert lite.get("/v1/users/ann/answers?format=text").text == "No answers yet.\n"
    assert lite.get("/v1/users/ann/progress?format=text").text.startswith("1 asked, 0 answered")
    question = lite.ask(template="conv-output-size", difficulty="easy", seed=7)
    lite.answer(question, "50")
    answer(lite, "ann", correct=False)
    answer(lite, "ann", correct=True)
    lite.answer(lite.ask(card="cnn-strides"), "easy")
    lines = lite.get("/v1/users/ann/answers", Accept="text/plain").text.splitlines()
    assert [line.partition(": ")[2] for line in lines] == [
        "easy",
        "right",
        "wrong",
        "wrong (forgot_plus_one)",
    ]
    assert all(line.startswith("2026-11-23 12:00 ") for line in lines)


def test_somebody_who_was_never_asked(quiz: Quiz) -> None:
    for path in ("/v1/users/nobody/answers", "/v1/users/nobody/progress"):
        assert quiz.get(path).get_json()["code"] == "not_found"
    assert quiz.client.delete("/v1/users/nobody").get_json()["code"] == "not_found"
    assert quiz.rows("users") == []


# Forgetting


def test_an_erasure_leaves_nothing(quiz: Quiz) -> None:
    user = "Ann Example <ann@example.org>"
    bob = answer(quiz, "bob", correct=True)
    before = quiz.dump()
    traces: set[str] = {user}
    for number in range(3):
        question = quiz.ask(user, template="conv-output-shape")
        quiz.answer(question, f"private words {number}", f"unread-{number}")
        traces |= {question["id"], quiz.answer(question, "9x9x9", f"key-{number}").get_json()["id"]}
    quiz.answer(quiz.ask(user, card="cnn-strides"), "good")
    (person,) = (row["id"] for row in quiz.rows("users") if row["external_id"] == user)
    traces |= {str(person), "private words", "unread-", "key-"}
    hexes = {UUID(trace).hex for trace in traces if trace.count("-") == 4}
    address = f"/v1/users/{quote(user, safe='')}"
    assert quiz.client.delete(address).status_code == 204
    after = quiz.dump()
    assert after | {"erased_answers": [], "audit_events": []} == before
    assert [event["action"] for event in after["audit_events"]] == ["person.erased"]
    assert sum(row["answers"] for row in after["erased_answers"]) == 4
    text = repr(after)
    assert not [trace for trace in traces | hexes if trace in text]
    assert quiz.client.delete(address).status_code == 404
    for trace in traces - {user}:
        if trace.count("-") == 4:
            assert quiz.get(f"/v1/questions/{trace}").status_code == 404
    assert history(quiz, "bob", 50)[0][0]["id"] == bob["id"]
    quiz.ask(user)
    assert quiz.get(f"{address}/progress").get_json()["answered"] == 0


def test_erasing_while_somebody_answers(quiz: Quiz, at_once: Any) -> None:
    twins = [quiz.another_client() for _ in range(6)]
    for _ in range(8):
        question = quiz.ask("ann", template="conv-output-size")

        def act(n: int, question: dict[str, Any] = question) -> int:
            if n == 0:
                return twins[0].client.delete("/v1/users/ann").status_code
            return twins[n].answer(question, n, f"key-{n}").status_code

        statuses = at_once(6, act)
        assert statuses[0] == 204
        assert set(statuses[1:]) <= {201, 404, 409, 503}
        left = quiz.dump()
        for table in ("users", "questions", "answers", "unread_responses", "idempotency_keys"):
            assert left[table] == [], table
