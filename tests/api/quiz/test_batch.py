"""Many answers in one request: each as if it were alone, and all of it safe to send again."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event

import prompts
from quiz_service import Quiz

AtOnce = Callable[[int, Callable[[int], Any]], list[Any]]
NOWHERE = "019aaf0d-0000-7000-8000-000000000000"
OF_THE_MOMENT = ("id", "question", "answered_at", "request_id", "type")


def right(question: dict[str, Any]) -> Any:
    """The right answer to a question, worked out from its prompt."""
    return prompts.read(question["prompt"]).answer()


def send(quiz: Quiz, items: list[Any], **headers: str) -> Any:
    """What a batch is answered."""
    return quiz.post("/v1/answers/batch", {"items": items}, **headers)


def plain(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in OF_THE_MOMENT}


def course(quiz: Quiz, user: str) -> list[tuple[dict[str, Any], Any]]:
    """Questions of one person, each with what is answered to it, in order."""
    size = quiz.ask(user, template="conv-output-size", seed=3, attempts=2)
    shape = quiz.ask(user, template="conv-output-shape", seed=4)
    card = quiz.ask(user, card="cnn-pyramid")
    return [
        (size, "no idea"),
        (size, right(size) + 1),
        (shape, right(shape)),
        (size, str(right(size))),
        (size, right(size)),
        (quiz.ask(user, template="conv-output-size", seed=5), "0"),
        (card, "again"),
        (quiz.ask(user, card="cnn-pyramid"), "easy"),
        ({"id": NOWHERE, "links": {"answers": f"/v1/questions/{NOWHERE}/answers"}}, "1"),
        (shape, {"no": "answer"}),
    ]


def test_a_batch_is_answered_as_its_items_alone(quiz: Quiz) -> None:
    alone = []
    for question, response in course(quiz, "ann"):
        sent = quiz.answer(question, response, duration_ms=7)
        alone.append((sent.status_code, plain(sent.get_json())))
    items = [
        {"question": question["id"], "response": response, "duration_ms": 7}
        for question, response in course(quiz, "bob")
    ]
    items.insert(4, "no item")  # type: ignore[arg-type]
    response = send(quiz, items)
    together = response.get_json()["items"]
    refused = together.pop(4)
    assert (response.status_code, refused["status"]) == (200, 422)
    assert refused["problem"]["code"] == "validation_failed"
    assert [
        (item["status"], plain(item["answer" if item["status"] == 201 else "problem"]))
        for item in together
    ] == alone
    assert [item["status"] for item in together] == [
        422,
        201,
        201,
        201,
        409,
        201,
        201,
        201,
        404,
        422,
    ]

    ann, bob = sorted(quiz.rows("users"), key=lambda row: row["external_id"])
    for table, members in (
        ("memories", ("subject", "deck_id", "events", "state", "step", "stability", "difficulty")),
        ("reviews", ("subject", "event", "rating", "day", "schedule", "duration_ms")),
        ("answers", ("attempt", "response", "read", "correct", "score", "mistake", "rating")),
        ("unread_responses", ("response", "reason")),
    ):
        rows = sorted(quiz.rows(table), key=lambda row: str(row.get("id", row.get("subject"))))
        of_ann, of_bob = (
            [[row[name] for name in members] for row in rows if row["user_id"] == person["id"]]
            for person in (ann, bob)
        )
        assert of_ann == of_bob, table
        assert of_ann


def test_a_batch_can_be_sent_again(quiz: Quiz) -> None:
    items = [
        {"question": question["id"], "response": response, "idempotency_key": f"{user}-{place}"}
        for user in ("ann", "bob")
        for place, (question, response) in enumerate(course(quiz, user)[:8])
    ]
    first = send(quiz, items)
    after = quiz.dump()
    told = [item for item in first.get_json()["items"] if item["status"] != 409]
    again = [item for item in send(quiz, items[::-1]).get_json()["items"] if item["status"] != 409]
    assert again == told[::-1]
    assert quiz.dump() == after
    by_itself = quiz.post(
        f"/v1/questions/{items[1]['question']}/answers",
        {"response": items[1]["response"]},
        **{"Idempotency-Key": "ann-1"},
    )
    assert by_itself.headers["Idempotent-Replayed"] == "true"
    assert by_itself.get_json() == first.get_json()["items"][1]["answer"]
    other = {**items[1], "response": "-1"}
    (refused,) = send(quiz, [other]).get_json()["items"]
    assert (refused["status"], refused["problem"]["code"]) == (422, "idempotency_key_reused")
    assert quiz.dump() == after


def test_a_batch_under_one_key_is_carried_out_once(quiz: Quiz) -> None:
    items = [
        {"question": question["id"], "response": response}
        for user in ("ann", "bob")
        for question, response in course(quiz, user)
    ]
    key = {"Idempotency-Key": "k" * 255}
    first = send(quiz, items, **key)
    after = quiz.dump()
    again = send(quiz, items, **key)
    assert (again.status_code, again.data) == (200, first.data)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    refused = send(quiz, items[:-1], **key)
    assert (refused.status_code, refused.get_json()["code"]) == (422, "idempotency_key_reused")
    assert quiz.dump() == after


def test_a_batch_reaches_only_its_tenant_and_tells_nothing_of_an_exam(make_quiz: Any) -> None:
    school, college = make_quiz("school"), make_quiz("college")
    theirs = college.ask("ann", template="conv-output-size")
    exam = school.post("/v1/users/ann/quizzes", {"length": 2, "mode": "exam"}).get_json()
    asked = [theirs, *exam["questions"]]
    items = [{"question": question["id"], "response": "1"} for question in asked]
    foreign, *sealed = send(school, items, **{"Idempotency-Key": "k"}).get_json()["items"]
    assert (foreign["status"], foreign["problem"]["code"]) == (404, "not_found")
    for item in sealed:
        if item["status"] == 201:
            assert (item["answer"]["correct"], item["answer"]["score"]) == (None, None)
            assert not {"expected", "explanation", "mistake"} & item["answer"].keys()
    assert school.rows("memories") == []
    school.post(f"{exam['links']['finish']}")
    late = send(school, items[1:]).get_json()["items"]
    assert {item["problem"]["code"] for item in late} == {"quiz_finished"}


@pytest.mark.parametrize("key", ["", " ", "k" * 256, "ключ", 7])
def test_a_bad_key_of_an_item(lite: Quiz, key: Any) -> None:
    question = lite.ask(template="conv-output-size")
    item = {"question": question["id"], "response": "7"}
    bad, good = send(lite, [{**item, "idempotency_key": key}, item]).get_json()["items"]
    assert bad["problem"]["errors"][0]["pointer"] == "/idempotency_key"
    assert (bad["status"], good["status"]) == (422, 201)


def test_a_batch_as_text(lite: Quiz) -> None:
    question = lite.ask(template="conv-output-size", seed=7)
    item = {"question": question["id"], "response": right(question)}
    text = lite.post("/v1/answers/batch?format=text", {"items": [item, item]}).text
    assert text.startswith("1. Right: ")
    assert text.endswith("\n2. the question is answered: it takes no more answers\n")


def test_the_number_of_statements_does_not_grow_with_the_items(quiz: Quiz) -> None:
    def statements(number: int) -> int:
        asked = [
            quiz.ask(f"user-{number}-{place}", template="conv-output-size")
            for place in range(number)
        ]
        items = [
            {"question": one["id"], "response": "7", "idempotency_key": str(place)}
            for place, one in enumerate(asked)
        ]
        seen = []
        engine = quiz.database._engines.write

        def count(*_arguments: object) -> None:
            seen.append(1)

        event.listen(engine, "before_cursor_execute", count)
        try:
            assert {item["status"] for item in send(quiz, items).get_json()["items"]} == {201}
        finally:
            event.remove(engine, "before_cursor_execute", count)
        return len(seen)

    assert statements(12) == statements(1)


def test_many_at_once_answer_each_question_once(quiz: Quiz, at_once: AtOnce) -> None:
    asked = [quiz.ask(f"user-{place}", template="conv-output-size") for place in range(8)]
    asked += [quiz.ask("user-0", template="conv-output-size") for _ in range(4)]
    items = [{"question": question["id"], "response": "7"} for question in asked]
    twins = [quiz.another_client() for _ in range(12)]

    def act(index: int) -> list[tuple[int, int]]:
        turned = [*enumerate(items)][:: 1 if index % 2 else -1]
        response = send(twins[index], [item for _, item in turned])
        assert response.status_code == 200, response.text
        found = [item["status"] for item in response.get_json()["items"]]
        return [(place, status) for (place, _), status in zip(turned, found, strict=True)]

    counts = Counter(pair for pairs in at_once(12, act) for pair in pairs)
    assert counts == {(place, 201): 1 for place in range(12)} | {
        (place, 409): 11 for place in range(12)
    }
    assert len(quiz.rows("answers")) == len(quiz.rows("reviews")) == 12


def test_many_at_once_with_one_key_have_one_effect(quiz: Quiz, at_once: AtOnce) -> None:
    asked = [quiz.ask(f"user-{place % 3}", template="conv-output-size") for place in range(6)]
    items = [{"question": question["id"], "response": "7"} for question in asked]
    twins = [quiz.another_client() for _ in range(12)]
    responses = at_once(12, lambda n: send(twins[n], items, **{"Idempotency-Key": "one"}))
    assert {response.status_code for response in responses} == {200}
    assert len({response.data for response in responses}) == 1
    assert sum("Idempotent-Replayed" not in response.headers for response in responses) == 1
    assert len(quiz.rows("answers")) == 6
