"""Answering: what it is worth, that it counts once, and that it is kept as it came."""

import json
import shlex
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

import prompts
from quiz_service import Quiz
from service.quiz.cards import Card, Deck
from service.store import decks, questions

AtOnce = Callable[[int, Callable[[int], Any]], list[Any]]
BUSY = 503


def right(question: dict[str, Any]) -> Any:
    """The right answer to a question, worked out from its prompt."""
    return prompts.read(question["prompt"]).answer()


def wrong(question: dict[str, Any]) -> Any:
    """A wrong one."""
    answer = right(question)
    return [size + 40 for size in answer] if isinstance(answer, list) else answer + 40


def written(answer: Any) -> str:
    """An answer as people write it."""
    return "x".join(map(str, answer)) if isinstance(answer, list) else str(answer)


@pytest.mark.parametrize("template", ["conv-output-shape", "conv-output-size"])
@pytest.mark.parametrize("difficulty", ["easy", "medium", "hard"])
def test_grades_agree_with_counting_windows(lite: Quiz, template: str, difficulty: str) -> None:
    for seed in range(25):
        wish = {"template": template, "difficulty": difficulty, "seed": seed}
        question = lite.ask(**wish)
        answer = right(question)
        first = lite.answer(question, answer if seed % 2 else written(answer)).get_json()
        assert (first["correct"], first["score"]) == (True, 1), question["prompt"]
        assert first["expected"] == first["read"] == answer
        assert (first["mistake"], first["mistakes"], first["attempts_left"]) == (None, [], 0)
        again = lite.ask(**wish)
        second = lite.answer(again, wrong(again)).get_json()
        assert (second["correct"], second["score"]) == (False, 0), question["prompt"]
        assert second["expected"] == answer
        assert f"it is {written(answer).replace('x', '×')}" in second["explanation"]


def test_an_answer_teaches(quiz: Quiz) -> None:
    question = quiz.ask(template="conv-output-size", difficulty="easy", seed=7)
    answer = right(question)
    response = quiz.answer(question, str(answer - 1), duration_ms=9000)
    body = response.get_json()
    assert response.status_code == 201
    assert body["mistake"]["code"] == "forgot_plus_one"
    assert body["mistakes"] == [body["mistake"]]
    assert body["mistake"]["explanation"] in body["explanation"]
    assert [step["value"] for step in body["derivation"]][-1] == answer
    assert quiz.get(body["card"]).status_code == 200
    assert quiz.get(f"{body['card']}/answer").status_code == 200
    request = body["check"]["request"]
    computed = quiz.post(request["path"], request["body"]).get_json()
    axis = "height" if "height of" in question["prompt"] else "width"
    assert {one["axis"]: one["output"] for one in computed["axes"]}[axis] == answer
    assert json.loads(shlex.split(body["check"]["curl"])[-1]) == request["body"]
    kept = quiz.get(question["links"]["self"]).get_json()
    assert (kept["state"], kept["seed"], kept["attempts_left"]) == ("answered", 7, 0)
    for name in ("expected", "derivation", "card", "check"):
        assert kept[name] == body[name]
    row = quiz.rows("answers")[0]
    assert (row["response"], row["read"]) == (str(answer - 1), answer - 1)
    assert (row["mistake"], row["duration_ms"]) == ("forgot_plus_one", 9000)


def test_nothing_of_the_key_is_stored_with_the_question(quiz: Quiz) -> None:
    question = quiz.ask(template="conv-output-shape", seed=7)
    row = quiz.rows("questions")[0]
    assert right(question)[0] not in row.values()
    assert set(row) == {
        "id", "user_id", "kind", "template", "template_version", "engine_version", "seed",
        "difficulty", "card_id", "card_version", "attempts_allowed", "attempts_used", "state",
        "issued_at", "closed_at", "quiz_id", "position", "partial_credit",
    }  # fmt: skip
    assert (row["template"], row["template_version"], row["seed"]) == ("conv-output-shape", 1, 7)


@pytest.mark.parametrize(
    "write",
    [
        lambda h, w, c: f"{h} × {w} × {c}",
        lambda h, w, c: f"({h}, {w}, {c})",
        lambda h, w, c: f"c={c} h={h} w={w}",
        lambda h, w, c: [float(h), w, c],
        lambda h, w, c: f"torch.Size([{h}, {w}, {c}])",
    ],
)
def test_ways_to_write_a_shape(lite: Quiz, write: Callable[..., Any]) -> None:
    question = lite.ask(template="conv-output-shape")
    assert lite.answer(question, write(*right(question))).get_json()["correct"] is True


def test_channels_first_where_last_was_asked(lite: Quiz) -> None:
    question = lite.ask(template="conv-output-shape", seed=1)
    height, width, channels = right(question)
    body = lite.answer(question, [channels, height, width]).get_json()
    assert (body["correct"], body["mistake"]["code"]) == (False, "axis_order")


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        ("no idea", "not_a_number"),
        ("", "not_a_number"),
        ("28-3+1", "not_a_number"),
        ("1x2", "len"),
        ([], "len"),
        ([1, 2, 3, 4], "len"),
        (7, "len"),
        ("1.5x2x3", "non_integer"),
        ([1.5, 2, 3], "non_integer"),
        ("h=1 h=2 w=3", "duplicate_axis"),
        ("q=1 h=2 w=3", "axes"),
        ("1" * 65, "too_long"),
        ("\u202e1x2x3\u2066 hm", "not_a_number"),
        ("😀" * 1000, "too_long"),
    ],
)
def test_what_cant_be_read_is_kept_and_costs_nothing(
    quiz: Quiz, response: Any, reason: str
) -> None:
    question = quiz.ask(template="conv-output-shape")
    refused = quiz.answer(question, response)
    body = refused.get_json()
    assert (refused.status_code, body["code"]) == (422, "unreadable_response")
    assert (body["reason"], body["attempts_left"]) == (reason, 1)
    assert body["errors"][0]["pointer"] == "/response"
    assert "12x10x4" in body["errors"][0]["hint"]
    (kept,) = quiz.rows("unread_responses")
    text = response if isinstance(response, str) else json.dumps(response, separators=(",", ":"))
    assert (kept["response"], kept["reason"]) == (text, reason)
    assert quiz.rows("answers") == []
    assert quiz.get(question["links"]["self"]).get_json() == question
    assert quiz.answer(question, right(question)).get_json()["correct"] is True


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/response"),
        ({"response": None}, "/response"),
        ({"response": True}, "/response"),
        ({"response": {"h": 1}}, "/response"),
        ({"response": "x" * 1001}, "/response"),
        ({"response": "a\u0000b"}, "/response"),
        ({"response": [1] * 17}, "/response"),
        ({"response": 10**400}, "/response"),
        ({"response": [1, "2"]}, "/response/1"),
        ({"response": "1", "duration_ms": -1}, "/duration_ms"),
        ({"response": "1", "duration_ms": 86_400_001}, "/duration_ms"),
        ({"response": "1", "duration_ms": 0.5}, "/duration_ms"),
        ({"response": "1", "correct": True}, "/correct"),
        ({"response": "1", "score": 1}, "/score"),
        ({"response": "1", "attempt": 1}, "/attempt"),
        ({"response": "1", "answered_at": "2020-01-01T00:00:00Z"}, "/answered_at"),
        ({"response": "1", "user_id": "x"}, "/user_id"),
        ({"response": "1", "rating": "easy"}, "/rating"),
        ({"response": "1", "mistake": None}, "/mistake"),
    ],
)
def test_an_answer_that_is_none(lite: Quiz, body: dict[str, Any], pointer: str) -> None:
    question = lite.ask(template="conv-output-size")
    refused = lite.post(question["links"]["answers"], body).get_json()
    assert refused["code"] == "validation_failed"
    assert [fault["pointer"] for fault in refused["errors"]] == [pointer]
    assert lite.rows("answers") == lite.rows("unread_responses") == []


def test_a_closed_question_takes_nothing_more(quiz: Quiz) -> None:
    for close in (
        lambda question: quiz.answer(question, wrong(question)),
        lambda question: quiz.post(question["links"]["reveal"]),
    ):
        question = quiz.ask(template="conv-output-size")
        close(question)
        before = quiz.dump()
        for response in (right(question), "no idea"):
            for key in (None, "k"):
                refused = quiz.answer(question, response, key)
                assert (refused.status_code, refused.get_json()["code"]) == (409, "question_closed")
        assert quiz.dump() == before


def test_revealing(quiz: Quiz) -> None:
    question = quiz.ask(template="conv-output-shape")
    shown = quiz.post(question["links"]["reveal"]).get_json()
    assert (shown["state"], shown["attempts_left"]) == ("revealed", 0)
    assert shown["expected"] == right(question)
    assert quiz.post(question["links"]["reveal"]).get_json() == shown
    assert quiz.get(question["links"]["self"]).get_json() == shown
    answered = quiz.ask(template="conv-output-shape")
    quiz.answer(answered, right(answered))
    kept = quiz.post(answered["links"]["reveal"]).get_json()
    assert kept["state"] == "answered"


@pytest.mark.parametrize("reveal_first", [True, False])
def test_a_card_is_rated_by_the_learner(
    quiz: Quiz, written: dict[str, Any], reveal_first: bool
) -> None:
    back = written["cards"][3]["back"].strip()
    for rating in ("again", "hard", "good", "easy", " Good "):
        question = quiz.ask(card="cnn-valid-padding")
        if reveal_first:
            shown = quiz.post(question["links"]["reveal"]).get_json()
            assert (shown["expected"], shown["state"]) == (back, "revealed")
            assert shown["attempts_left"] == 1
        unread = quiz.answer(question, "perfect").get_json()
        left = 1 if reveal_first else 2  # a card with a rubric takes a typed answer, too
        assert (unread["reason"], unread["attempts_left"]) == ("rating", left)
        body = quiz.answer(question, rating).get_json()
        assert body["rating"] == rating.strip().lower()
        assert (body["correct"], body["score"], body["read"]) == (None, None, None)
        assert (body["expected"], body["card"]) == (back, "/v1/cards/cnn-valid-padding")
        assert quiz.answer(question, rating).get_json()["code"] == "question_closed"


def test_a_card_is_asked_as_it_stood(quiz: Quiz) -> None:
    def load(back: str) -> None:
        deck = Deck("mine", "Mine", "Mine", (Card("a", "front", back),))
        with quiz.database.write() as session:
            decks.load(session, deck, now=datetime.now(UTC))

    load("old")
    question = quiz.ask(card="mine-a")
    load("new")
    assert quiz.answer(question, "good").get_json()["expected"] == "old"
    assert quiz.answer(quiz.ask(card="mine-a"), "good").get_json()["expected"] == "new"


def test_with_attempts_left_nothing_is_given_away(lite: Quiz) -> None:
    first = lite.ask(template="conv-output-size", difficulty="easy", seed=7)
    with lite.database.write() as session:
        stored = questions.get(session, UUID(first["id"]), tenant_id="local")
        stored.attempts_allowed = 3
    address = first["links"]["answers"]
    for left in (2, 1):
        body = lite.answer(first, right(first) - 1).get_json()
        assert (body["correct"], body["attempts_left"]) == (False, left)
        assert not {"expected", "explanation", "derivation", "mistake", "check"} & body.keys()
        assert "expected" not in lite.get(first["links"]["self"]).get_json()
    with lite.database.write() as session:
        stored = questions.get(session, UUID(first["id"]), tenant_id="local")
        stored.attempts_allowed = 4
    text = lite.post(f"{address}?format=text", {"response": "1"}).text
    assert text == "Not right. Try again.\n"
    body = lite.answer(first, right(first)).get_json()
    assert (body["correct"], body["attempt"], body["attempts_left"]) == (True, 4, 0)
    assert body["expected"] == right(first)


def test_answers_as_text(lite: Quiz, written: dict[str, Any]) -> None:
    question = lite.ask(template="conv-output-size", difficulty="easy", seed=7)
    answer = right(question)
    text = lite.post(f"{question['links']['answers']}?format=text", {"response": "50"}).text
    assert text.startswith(f"Not 50: it is {answer}. ")
    assert text.endswith("\nread: /v1/cards/cnn-output-formula/answer?format=text\n")
    card = lite.ask(card="cnn-valid-padding")
    text = lite.post(card["links"]["answers"], {"response": "hard"}, Accept="text/plain").text
    assert text.startswith(f"Rated hard.\n{written['cards'][3]['back'].strip()}\n")


def test_several_mistakes_as_text(lite: Quiz) -> None:
    for seed in range(200):
        question = lite.ask(template="conv-output-shape", difficulty="medium", seed=seed)
        height, width, channels = right(question)
        body = {"response": [height - 1, width, channels * 2]}
        response = lite.post(question["links"]["answers"], body, **{"Idempotency-Key": str(seed)})
        several = response.get_json()["mistakes"]
        if len(several) > 1:
            break
    assert response.get_json()["mistake"] is None
    address = f"{question['links']['answers']}?format=text"
    text = lite.post(address, body, **{"Idempotency-Key": str(seed)}).text
    assert "\nWhat may have happened:\n" in text
    assert all(f"\n  {one['explanation']}" in text for one in several)


# Idempotency


def test_a_replay_has_the_same_bytes(quiz: Quiz) -> None:
    question = quiz.ask(template="conv-output-shape", seed=5)
    first = quiz.answer(question, "1x1x1", "key-1", duration_ms=17)
    after = quiz.dump()
    for _ in range(3):
        again = quiz.answer(question, "1x1x1", "key-1", duration_ms=17)
        assert (again.status_code, again.data) == (201, first.data)
        assert again.headers["Idempotent-Replayed"] == "true"
        assert again.mimetype == first.mimetype
    assert "Idempotent-Replayed" not in first.headers
    assert quiz.dump() == after
    address = f"{question['links']['answers']}?format=text"
    body = {"response": "1x1x1", "duration_ms": 17}
    texts = {quiz.post(address, body, **{"Idempotency-Key": "key-1"}).text for _ in range(2)}
    assert len(texts) == 1
    assert quiz.dump() == after


def test_the_refusal_of_what_cant_be_read_is_replayed_too(quiz: Quiz) -> None:
    question = quiz.ask(template="conv-output-shape")
    first = quiz.answer(question, "no idea", "key-1")
    again = quiz.answer(question, "no idea", "key-1")
    assert (again.status_code, again.data) == (422, first.data)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.mimetype == first.mimetype == "application/problem+json"
    assert len(quiz.rows("unread_responses")) == 1
    assert quiz.answer(question, right(question), "key-2").status_code == 201
    assert quiz.answer(question, "no idea", "key-1").data == first.data


def test_a_key_stands_for_one_request(quiz: Quiz) -> None:
    question, other = quiz.ask(template="conv-output-size"), quiz.ask(template="conv-output-size")
    assert quiz.answer(question, "7", "key-1").status_code == 201
    before = quiz.dump()
    for refused in (
        quiz.answer(question, "8", "key-1"),
        quiz.answer(question, 7, "key-1"),
        quiz.answer(question, "7", "key-1", duration_ms=1),
        quiz.answer(other, "7", "key-1"),
    ):
        body = refused.get_json()
        assert (refused.status_code, body["code"]) == (422, "idempotency_key_reused")
    assert quiz.dump() == before


def test_a_key_is_a_persons_own(quiz: Quiz) -> None:
    for user in ("ann", "bob"):
        question = quiz.ask(user, template="conv-output-size")
        response = quiz.answer(question, "7", "key-1")
        assert response.status_code == 201
        assert "Idempotent-Replayed" not in response.headers
    assert len(quiz.rows("answers")) == 2


@pytest.mark.parametrize("key", ["", " ", "a b", "k" * 256, "ключ", "\x7f", "a\tb", "é"])
def test_a_bad_key(lite: Quiz, key: str) -> None:
    question = lite.ask(template="conv-output-size")
    address, environ = question["links"]["answers"], {"HTTP_IDEMPOTENCY_KEY": key}
    if not key.isascii():
        environ = {"HTTP_IDEMPOTENCY_KEY": key.encode().decode("latin-1")}
    refused = lite.client.post(address, json={"response": "7"}, environ_overrides=environ)
    body = refused.get_json()
    assert (refused.status_code, body["code"]) == (400, "bad_idempotency_key")
    assert body["errors"][0]["pointer"] == "Idempotency-Key"
    assert lite.rows("answers") == []


@pytest.mark.parametrize("key", ["!", "~" * 255, '"quoted"', "6a4dd1a5-7b4e-4f0a"])
def test_a_good_key(quiz: Quiz, key: str) -> None:
    question = quiz.ask(template="conv-output-size")
    first = quiz.answer(question, "7", key)
    assert first.status_code == 201
    assert quiz.answer(question, "7", key).data == first.data


# Many at once


def test_24_at_once_with_one_key_have_one_effect(quiz: Quiz, at_once: AtOnce) -> None:
    question = quiz.ask(template="conv-output-size")
    twins = [quiz.another_client() for _ in range(24)]
    responses = at_once(24, lambda n: twins[n].answer(question, "7", "one-key"))
    done = [response for response in responses if response.status_code == 201]
    assert {response.status_code for response in responses} <= {201, 409, BUSY}
    assert len({response.data for response in done}) == 1
    assert sum("Idempotent-Replayed" not in response.headers for response in done) == 1
    assert len(quiz.rows("answers")) == len(quiz.rows("idempotency_keys")) == 1
    assert quiz.rows("questions")[0]["attempts_used"] == 1
    assert quiz.answer(question, "7", "one-key").data == done[0].data


def test_24_at_once_that_cant_be_read_are_kept_once(quiz: Quiz, at_once: AtOnce) -> None:
    question = quiz.ask(template="conv-output-size")
    twins = [quiz.another_client() for _ in range(24)]
    responses = at_once(24, lambda n: twins[n].answer(question, "no idea", "one-key"))
    done = [response for response in responses if response.status_code == 422]
    assert {response.status_code for response in responses} <= {422, 409, BUSY}
    assert len({response.data for response in done}) == 1
    assert len(quiz.rows("unread_responses")) == 1


def test_12_clients_and_one_attempt(quiz: Quiz, at_once: AtOnce) -> None:
    twins = [quiz.another_client() for _ in range(12)]
    for round_number in range(20):
        question = quiz.ask(template="conv-output-size")

        def answer(n: int, question: dict[str, Any] = question) -> int:
            return twins[n].answer(question, n).status_code

        statuses = Counter(at_once(12, answer))
        assert statuses[201] == 1, statuses
        assert statuses.keys() <= {201, 409, BUSY}
        assert len(quiz.rows("answers")) == round_number + 1


def test_answering_and_revealing_at_once(quiz: Quiz, at_once: AtOnce) -> None:
    twins = [quiz.another_client() for _ in range(8)]
    for _ in range(10):
        question = quiz.ask(template="conv-output-size")

        def act(n: int, question: dict[str, Any] = question) -> int:
            if n % 2:
                return twins[n].post(question["links"]["reveal"]).status_code
            return twins[n].answer(question, n).status_code

        statuses = at_once(8, act)
        state = quiz.get(question["links"]["self"]).get_json()["state"]
        answered = statuses[::2].count(201)
        assert answered == (1 if state == "answered" else 0), (state, statuses)
        assert set(statuses[1::2]) <= {200, BUSY}


def test_a_person_made_by_many_at_once_is_one(quiz: Quiz, at_once: AtOnce) -> None:
    twins = [quiz.another_client() for _ in range(12)]
    asked = at_once(12, lambda n: twins[n].ask("new", template="conv-output-size"))
    assert len({question["id"] for question in asked}) == 12
    assert [row["external_id"] for row in quiz.rows("users")] == ["new"]


def test_a_choice_is_answered_by_letter_or_text(quiz: Quiz) -> None:
    for seed in range(4):
        question = quiz.ask(template="true-or-false", seed=seed)
        assert [option["id"] for option in question["options"]] == list("abcd")
        assert "expected" not in question
        unread = quiz.answer(question, "e").get_json()
        assert (unread["reason"], unread["attempts_left"]) == ("not_an_option", 1)
        revealed = quiz.post(quiz.ask(template="true-or-false", seed=seed)["links"]["reveal"])
        key = revealed.get_json()["expected"]
        chosen = next(one for one in question["options"] if (one["id"] == key) == bool(seed % 2))
        sent = f"({chosen['id'].upper()})" if seed < 2 else chosen["text"].upper()
        graded = quiz.answer(question, sent).get_json()
        assert (graded["correct"], graded["read"]) == (bool(seed % 2), chosen["id"])
        assert graded["expected"] == key
        assert bool(graded["mistake"]) == (not graded["correct"])
    text = quiz.get(f"{question['links']['self']}?format=text").text
    assert f"\n{key}) " in text
