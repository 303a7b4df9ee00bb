"""Quizzes over HTTP: what they ask, what an exam keeps to itself, and what they are worth."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from keys import KEYS
from quiz_service import Quiz
from service.api.context import EXTENSION
from service.quiz.templates import TEMPLATES, generate

ANN = "/v1/users/ann"
QUIZZES = f"{ANN}/quizzes"
TELLING = {"expected", "explanation", "derivation", "check", "seed", "mistake", "mistakes"}


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(quiz: Quiz) -> Clock:
    made = Clock()
    quiz.app.extensions[EXTENSION].clock = made
    return made


def begin(quiz: Quiz, **wish: Any) -> dict[str, Any]:
    response = quiz.post(QUIZZES, {"length": 4} | wish)
    assert response.status_code == 201, response.text
    body: dict[str, Any] = response.get_json()
    assert response.headers["Location"] == body["links"]["self"]
    return body


def key_of(quiz: Quiz, question: dict[str, Any]) -> Any:
    """The right answer, found out by other means than the engine's."""
    (row,) = (row for row in quiz.rows("questions") if UUID(str(row["id"])) == UUID(question["id"]))
    problem = generate(row["template"], row["seed"], row["difficulty"], row["template_version"])
    return KEYS[row["template"]](problem)


def written(key: Any) -> Any:
    return list(key) if isinstance(key, tuple) else key


def test_questions_are_spread_over_the_templates_and_differ(quiz: Quiz) -> None:
    made = begin(quiz, length=2 * len(TEMPLATES), seed=5)
    asked = [question["template"] for question in made["questions"]]
    assert all(asked.count(template) == 2 for template in TEMPLATES)
    assert len({question["prompt"] for question in made["questions"]}) >= len(asked) - 2
    assert (made["mode"], made["state"], made["answered"]) == ("practice", "open", 0)
    again = begin(quiz, length=2 * len(TEMPLATES), seed=5)
    prompts = [question["prompt"] for question in made["questions"]]
    assert [question["prompt"] for question in again["questions"]] == prompts
    named = begin(quiz, templates=["receptive-field"], length=3)
    assert {question["template"] for question in named["questions"]} == {"receptive-field"}


def test_practice_teaches_and_leads_on(quiz: Quiz) -> None:
    made = begin(quiz, seed=9)
    question = made["questions"][0]
    for number in range(4):
        answer = quiz.answer(question, written(key_of(quiz, question))).get_json()
        assert (answer["correct"], answer["score"]) == (True, 1)
        assert "explanation" in answer
        if number < 3:
            assert answer["next"]["id"] == made["questions"][number + 1]["id"]
            assert not TELLING & answer["next"].keys()
            question = answer["next"]
        else:
            assert answer["next"] is None
    finished = quiz.post(made["links"]["finish"]).get_json()
    assert (finished["state"], finished["score"], finished["answered"]) == ("finished", 1, 4)
    assert finished["seed"] == 9
    assert quiz.get(made["links"]["self"]).get_json() == finished


def test_an_exam_tells_nothing_before_its_end(quiz: Quiz, clock: Clock) -> None:
    made = begin(quiz, mode="exam", length=5, attempts=2, seed=3)
    keys = [written(key_of(quiz, question)) for question in made["questions"]]
    for number, question in enumerate(made["questions"][:4]):
        sent = keys[number] if number % 2 else (question.get("options") or [{"id": 1}])[0]["id"]
        if question["kind"] == "shape":
            sent = keys[number] if number % 2 else [1, 1, 1]
        answer = quiz.answer(question, sent).get_json()
        assert (answer["correct"], answer["score"], answer["attempts_left"]) == (None, None, 1)
        assert not TELLING & answer.keys()
    revealed = quiz.post(made["questions"][4]["links"]["reveal"])
    assert (revealed.status_code, revealed.get_json()["code"]) == (409, "sealed_by_exam")
    for path in (
        made["links"]["self"],
        *(question["links"]["self"] for question in made["questions"]),
        f"{ANN}/answers",
        f"{ANN}/progress",
    ):
        body = quiz.get(path).get_json()
        for one in [body, *body.get("questions", ()), *body.get("items", ())]:
            told = {name for name in TELLING & one.keys() if one[name] not in (None, [])}
            assert not told, path
            assert one.get("correct") in (None, 0), path
    assert quiz.rows("reviews") == []
    finished = quiz.post(made["links"]["finish"]).get_json()
    scores = [result["score"] for result in finished["results"]]
    assert [result["answered"] for result in finished["results"]] == [True] * 4 + [False]
    assert (scores[1], scores[3], scores[4]) == (1, 1, 0)
    assert finished["score"] == pytest.approx(sum(scores) / 5)
    for question, key in zip(finished["questions"], keys, strict=True):
        assert question["expected"] == key
    assert len(quiz.rows("reviews")) == 4
    clock.now += timedelta(days=3)
    assert quiz.post(made["links"]["finish"]).get_json() == finished
    late = quiz.answer(made["questions"][4], keys[4])
    assert (late.status_code, late.get_json()["code"]) == (409, "quiz_finished")


@pytest.mark.parametrize(("rule", "score"), [("best", 1), ("last", 0), ("first", 0)])
def test_which_attempt_counts(quiz: Quiz, rule: str, score: float) -> None:
    wish = {"templates": ["conv-output-size"], "length": 1, "attempts": 3}
    made = begin(quiz, mode="exam", score_rule=rule, **wish)
    question = made["questions"][0]
    key = key_of(quiz, question)
    for sent in (key + 1000, key, key + 2000):
        assert quiz.answer(question, sent).status_code == 201
    assert quiz.answer(question, key).get_json()["code"] == "question_closed"
    assert quiz.post(made["links"]["finish"]).get_json()["score"] == score


def test_partial_credit_is_by_size(quiz: Quiz) -> None:
    wish = {"templates": ["conv-output-shape"], "length": 1, "partial_credit": True}
    made = begin(quiz, **wish)
    question = made["questions"][0]
    height, width, _ = key_of(quiz, question)
    answer = quiz.answer(question, [height, width, 9999]).get_json()
    assert (answer["correct"], answer["score"]) == (False, pytest.approx(2 / 3))
    assert quiz.post(made["links"]["finish"]).get_json()["score"] == pytest.approx(2 / 3)


def test_time_runs_out(quiz: Quiz, clock: Clock) -> None:
    made = begin(quiz, time_limit_s=60, templates=["conv-output-size"], length=2)
    clock.now += timedelta(seconds=59)
    first, second = made["questions"]
    assert quiz.answer(first, key_of(quiz, first)).status_code == 201
    clock.now += timedelta(seconds=1)
    late = quiz.answer(second, key_of(quiz, second))
    assert (late.status_code, late.get_json()["code"]) == (409, "quiz_finished")
    assert quiz.get(made["links"]["self"]).get_json()["state"] == "closed"
    finished = quiz.post(made["links"]["finish"]).get_json()
    assert (finished["score"], finished["finished_at"]) == (0.5, made["closes_at"])


def test_a_review_asks_what_is_due_then_what_is_new(quiz: Quiz, clock: Clock) -> None:
    question = quiz.ask(template="conv-output-size")
    quiz.answer(question, key_of(quiz, question) + 1000)
    clock.now += timedelta(hours=1)
    made = begin(quiz, mode="review", deck="cnn", length=3)
    asked = [(one["template"], one.get("card")) for one in made["questions"]]
    assert asked == [
        ("conv-output-size", None),
        ("card", "/v1/cards/cnn-statistical-invariance"),
        ("card", "/v1/cards/cnn-convnets"),
    ]
    assert "expected" not in made["questions"][1]
    for card in made["questions"][1:]:
        quiz.post(card["links"]["reveal"])
        assert quiz.answer(card, "good").status_code == 201
    finished = quiz.post(made["links"]["finish"]).get_json()
    assert [result["score"] for result in finished["results"]] == [0, None, None]
    assert finished["score"] == 0


def test_what_a_quiz_can_not_be_made_of(lite: Quiz) -> None:
    for wish, pointer in (
        ({"length": 0}, "/length"),
        ({"deck": "rnn"}, "/deck"),
        ({"templates": ["conv"]}, "/templates/0"),
        ({"templates": []}, "/templates"),
        ({"time_limit_s": 1}, "/time_limit_s"),
        ({"mode": "test"}, "/mode"),
        ({"score": 1}, "/score"),
    ):
        refused = lite.post(QUIZZES, {"length": 3} | wish)
        assert refused.status_code == 422, wish
        assert refused.get_json()["errors"][0]["pointer"] == pointer
    assert lite.rows("quizzes") == []


def test_a_quiz_as_a_chat_shows_it(quiz: Quiz) -> None:
    made = begin(quiz, length=1, templates=["true-or-false"])
    text = quiz.get(f"{made['links']['self']}?format=text").text
    assert "1. True or false, and why?" in text
    assert "\na) " in text
    key = key_of(quiz, made["questions"][0])
    path = f"{made['questions'][0]['links']['answers']}?format=text"
    assert quiz.post(path, {"response": key}).text.startswith(f"Right: {key}) ")
    done = quiz.post(f"{made['links']['finish']}?format=text").text
    exam = begin(quiz, mode="exam", length=2, templates=["conv-output-size"])
    path = f"{exam['questions'][0]['links']['answers']}?format=text"
    recorded, prompt = quiz.post(path, {"response": 1}).text.split("\n\n")
    assert recorded == "Recorded; an exam tells more when it is finished."
    assert prompt.startswith(exam["questions"][1]["prompt"])
    assert done == "Finished: 1 of 1 answered, 100%.\n1. right\n"


def test_twelve_clients_finish_one_quiz(quiz: Quiz, at_once: Any) -> None:
    made = begin(quiz, mode="exam")
    question = made["questions"][0]
    quiz.answer(question, "x")
    path = made["links"]["finish"]
    bodies = at_once(12, lambda _i: quiz.another_client().post(path).get_json())
    assert all(body == bodies[0] for body in bodies)
    assert bodies[0]["state"] == "finished"


def test_another_question_comes_with_the_answer_if_it_is_wished_for(quiz: Quiz) -> None:
    question = quiz.ask(template="receptive-field", difficulty="hard")
    answer = quiz.answer(question, 1, "key-1", next=True)
    following = answer.get_json()["next"]
    assert (following["template"], following["difficulty"]) == ("receptive-field", "hard")
    assert quiz.get(following["links"]["self"]).get_json() == following
    again = quiz.answer(question, 1, "key-1", next=True)
    assert again.data == answer.data
    assert len(quiz.rows("questions")) == 2
    assert "next" not in quiz.answer(following, 1).get_json()
    card = quiz.ask(kind="card", card="cnn-stride-1-and-2")
    first = quiz.answer(card, "good", next=True).get_json()["next"]
    assert first["card"] == "/v1/cards/cnn-statistical-invariance"


def test_another_schools_quiz_is_not_there(make_quiz: Any) -> None:
    school, college = make_quiz("school"), make_quiz("college")
    made = begin(school)
    assert college.get(made["links"]["self"]).status_code == 404
    assert college.post(made["links"]["finish"]).status_code == 404
    assert school.post(made["links"]["finish"]).status_code == 200
