"""Reviews over HTTP: what comes next, what a rating does, and that each is made once."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import prompts
from quiz_service import Quiz
from service.api.context import EXTENSION
from service.quiz.kinds import RATINGS

ANN = "/v1/users/ann"
NEXT = f"{ANN}/reviews/next"
REVIEWS = f"{ANN}/reviews"
ORACLE = Path(__file__).parents[2] / "oracle"


class Clock:
    """A clock that the test sets."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(quiz: Quiz) -> Clock:
    made = Clock(datetime(2026, 11, 23, 12, tzinfo=UTC))
    quiz.app.extensions[EXTENSION].clock = made
    return made


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (ORACLE / name).read_text().splitlines()]


def rate(quiz: Quiz, rating: str, deck: str | None = None, **more: Any) -> dict[str, Any]:
    """Review what is next."""
    shown = quiz.get(f"{NEXT}?deck={deck}" if deck else NEXT)
    assert shown.status_code == 200, shown.text
    token = shown.get_json()["review_token"]
    made = quiz.post(REVIEWS, {"review_token": token, "rating": rating, **more})
    assert made.status_code == 201, made.text
    body: dict[str, Any] = made.get_json()
    return body


def test_a_new_person_goes_through_the_deck_in_its_order(quiz: Quiz, clock: Clock) -> None:
    fronts = quiz.get("/v1/decks/cnn/cards?limit=50").get_json()["items"]
    for card in fronts:
        shown = quiz.get(f"{NEXT}?deck=cnn").get_json()
        assert (shown["kind"], shown["state"], shown["template"]) == ("card", "new", None)
        assert shown["card"] == card
        waits = [shown["intervals"][rating]["seconds"] for rating in RATINGS]
        assert waits == [60, 330, 600, 8 * 86_400]
        made = rate(quiz, "easy")
        assert made["card"] == card["links"]["self"]
        assert made["state"] == "review"
        assert made["stability"] == pytest.approx(8.2956)
        assert moment(made["due"]) == clock.now + timedelta(days=8)
        clock.now += timedelta(minutes=1)
    done = quiz.get(NEXT)
    assert (done.status_code, done.data) == (204, b"")
    clock.now = datetime(2026, 12, 1, 4, tzinfo=UTC)  # the eighth day has begun
    assert quiz.get(NEXT).get_json()["card"] == fronts[0]
    assert "again: 10 min" in quiz.get(f"{NEXT}?format=text").text


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("history", lines("anki.jsonl")[::4], ids=lambda one: one["id"])
def test_histories_of_an_anki_collection(quiz: Quiz, history: dict[str, Any]) -> None:
    quiz.client.patch(
        ANN,
        json={"timezone": history["tz"], "day_start_hour": history["rollover_hour"]},
    )
    card, last = "cnn-pyramid", None
    for number, at in zip(history["ratings"], history["reviewed_at"], strict=True):
        body = {"card": card, "rating": RATINGS[number - 1], "reviewed_at": at}
        response = quiz.post(REVIEWS, body)
        assert response.status_code == 201, response.text
        last = response.get_json()
    assert last is not None
    assert last["stability"] == pytest.approx(history["stability"], rel=1e-3)
    assert last["difficulty"] == pytest.approx(history["difficulty"], abs=1e-3)


@pytest.mark.parametrize("history", lines("fsrs.jsonl")[::5], ids=lambda one: one["id"])
def test_histories_of_py_fsrs(quiz: Quiz, clock: Clock, history: dict[str, Any]) -> None:
    settings = history["scheduler"]
    changed = quiz.client.patch(
        ANN,
        json={
            "learner_days": False,
            "desired_retention": settings["desired_retention"],
            "learning_steps": [step / 60 for step in settings["learning_steps"]],
            "relearning_steps": [step / 60 for step in settings["relearning_steps"]],
            "maximum_interval": settings["maximum_interval"],
        },
    )
    assert changed.status_code == 200, changed.text
    for step in history["reviews"]:
        clock.now = moment(step["reviewed_at"])
        shown = quiz.get(f"{NEXT}?deck=cnn").get_json()
        if shown["state"] != "new" and "cnn-statistical" not in shown["card"]["id"]:
            pytest.fail("another card came in between")
        body = {"card": "cnn-statistical-invariance", "rating": RATINGS[step["rating"] - 1]}
        made = quiz.post(REVIEWS, body | {"reviewed_at": step["reviewed_at"]}).get_json()
        assert made["stability"] == pytest.approx(step["stability"], rel=1e-6)
        assert made["difficulty"] == pytest.approx(step["difficulty"], rel=1e-6)
        assert abs(moment(made["due"]) - moment(step["due"])) < timedelta(seconds=1)


@pytest.mark.usefixtures("clock")
def test_a_token_is_used_once_and_is_nobody_elses(quiz: Quiz) -> None:
    token = quiz.get(NEXT).get_json()["review_token"]
    body = {"review_token": token, "rating": "good"}
    assert quiz.post(REVIEWS, body).status_code == 201
    again = quiz.post(REVIEWS, body)
    assert (again.status_code, again.get_json()["code"]) == (409, "review_token_used")
    for wrong in (token, "x", token + "A", "🎓", "=" * 9):
        refused = quiz.post("/v1/users/bob/reviews", {"review_token": wrong, "rating": "good"})
        assert refused.status_code == 422, wrong
        assert refused.get_json()["errors"][0]["pointer"] == "/review_token"
    assert len(quiz.rows("reviews")) == 1


@pytest.mark.usefixtures("clock")
def test_twelve_clients_with_one_token(quiz: Quiz, at_once: Any) -> None:
    for _ in range(4):
        token = quiz.get(NEXT).get_json()["review_token"]
        body = {"review_token": token, "rating": "easy"}
        statuses = at_once(
            12, lambda _i, body=body: quiz.another_client().post(REVIEWS, body).status_code
        )
        assert sorted(statuses) == [201] + [409] * 11


@pytest.mark.usefixtures("clock")
def test_reviews_made_elsewhere_keep_their_order(quiz: Quiz) -> None:
    body = {"card": "cnn-pyramid", "rating": "good"}
    for at, status in (
        ("2026-11-20T09:00:00Z", 201),
        ("2026-11-20T08:59:59Z", 422),
        ("2026-11-23T12:00:01Z", 422),
        ("2026-11-23T12:00:00Z", 201),
    ):
        response = quiz.post(REVIEWS, body | {"reviewed_at": at})
        assert response.status_code == status, at
        if status == 422:
            assert response.get_json()["code"] == "review_out_of_order"
    assert quiz.post(REVIEWS, body).get_json()["code"] == "validation_failed"
    assert quiz.post(REVIEWS, {**body, "review_token": "x"}).status_code == 422


def test_what_is_taken_back_is_as_it_was(quiz: Quiz, clock: Clock) -> None:
    first = quiz.get(NEXT).get_json()
    rate(quiz, "again")
    clock.now += timedelta(minutes=2)
    rate(quiz, "good")
    undo = f"{REVIEWS}/undo"
    one = quiz.post(undo).get_json()
    assert (one["rating"], one["state"]) == ("good", "learning")
    two = quiz.post(undo).get_json()
    assert (two["rating"], two["state"], two["due"]) == ("again", None, None)
    nothing = quiz.post(undo)
    assert (nothing.status_code, nothing.get_json()["code"]) == (409, "nothing_to_undo")
    again = quiz.get(NEXT).get_json()
    assert again["card"] == first["card"]
    assert again["review_token"] != first["review_token"]
    used = quiz.post(REVIEWS, {"review_token": first["review_token"], "rating": "good"})
    assert used.status_code == 409
    assert rate(quiz, "good")["card"] == first["card"]["links"]["self"]


def test_an_answer_is_a_review_of_its_template(quiz: Quiz, clock: Clock) -> None:
    for right, state in ((False, "learning"), (True, "learning"), (True, "review")):
        question = quiz.ask(template="conv-output-size", difficulty="easy")
        key = prompts.read(question["prompt"]).answer()
        quiz.answer(question, key if right else key + 40)
        (row,) = quiz.rows("memories")
        assert (row["subject"], row["deck_id"]) == ("template:conv-output-size", "cnn")
        assert row["state"] == state
        clock.now += timedelta(minutes=30)
    clock.now += timedelta(days=60)
    shown = quiz.get(NEXT).get_json()
    assert shown["template"]["id"] == "conv-output-size"
    assert shown["template"]["links"]["ask"] == f"{ANN}/questions"
    assert quiz.get(f"{NEXT}?deck=cnn").get_json()["kind"] == "template"
    given_up = quiz.ask(template="conv-output-size")
    quiz.post(given_up["links"]["reveal"])
    assert quiz.rows("memories")[0]["state"] == "relearning"
    assert [row["rating"] for row in quiz.rows("reviews")] == ["again", "good", "good", "again"]


def test_a_history_is_what_was_sent(quiz: Quiz, clock: Clock) -> None:
    """Each rating once, the last recorded first, over pages; beside what the answers said."""
    sent = []
    for number, rating in enumerate([*RATINGS, "good"]):
        made = rate(quiz, rating, duration_ms=number)
        sent.append((made["id"], rating, number, made["card"], None, False))
        clock.now += timedelta(days=1)
    elsewhere = {"card": "cnn-pyramid", "rating": "hard", "reviewed_at": "2026-11-20T09:00:00Z"}
    made = quiz.post(REVIEWS, elsewhere).get_json()
    sent.append((made["id"], "hard", None, "/v1/cards/cnn-pyramid", None, False))
    clock.now += timedelta(minutes=1)
    undone = rate(quiz, "easy")
    clock.now += timedelta(minutes=1)
    assert quiz.post(f"{REVIEWS}/undo").status_code == 200
    sent.append((undone["id"], "easy", None, undone["card"], None, True))
    clock.now += timedelta(minutes=1)
    question = quiz.ask(template="conv-output-size", difficulty="easy")
    answered = quiz.answer(question, prompts.read(question["prompt"]).answer()).get_json()
    shown, cursor = list[dict[str, Any]](), ""
    while cursor is not None:
        body = quiz.get(f"{REVIEWS}?limit=3{cursor and f'&cursor={cursor}'}").get_json()
        shown, cursor = shown + body["items"], body["next_cursor"]
    newest, *others = shown
    assert (newest["template"], newest["answer"]) == ("conv-output-size", answered["id"])
    assert newest["rating"] == "good"
    members = ("id", "rating", "duration_ms", "card", "answer", "undone")
    assert [tuple(one[name] for name in members) for one in reversed(others)] == sent
    synced = next(one for one in others if one["id"] == made["id"])
    assert synced["reviewed_at"].startswith("2026-11-20T09:00:00")
    assert synced["recorded_at"].startswith("2026-11-28T12:00:00")
    lines = quiz.get(f"{REVIEWS}?format=text").text.splitlines()
    assert len(lines) == len(shown)
    assert sum(line.endswith("(taken back)") for line in lines) == 1
    assert quiz.get("/v1/users/bob/reviews").status_code == 404


@pytest.mark.usefixtures("clock")
def test_a_card_that_is_asked_is_reviewed_too(quiz: Quiz) -> None:
    question = quiz.ask(kind="card", card="cnn-pyramid")
    quiz.post(question["links"]["reveal"])
    quiz.answer(question, "easy")
    (row,) = quiz.rows("memories")
    assert (row["subject"], row["state"]) == ("card:cnn-pyramid", "review")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"timezone": "Mars/Olympus"}, "/timezone"),
        ({"timezone": "../etc/passwd"}, "/timezone"),
        ({"day_start_hour": 24}, "/day_start_hour"),
        ({"desired_retention": 0.5}, "/desired_retention"),
        ({"learning_steps": [0]}, "/learning_steps/0"),
        ({"external_id": "bob"}, "/external_id"),
        ({"maximum_interval": 0}, "/maximum_interval"),
    ],
)
def test_settings_that_nobody_can_have(lite: Quiz, change: dict[str, Any], pointer: str) -> None:
    response = lite.client.patch(ANN, json=change)
    assert response.status_code == 422
    assert [fault["pointer"] for fault in response.get_json()["errors"]] == [pointer]
    assert lite.rows("users") == []


@pytest.mark.usefixtures("clock")
def test_settings_are_kept_and_shown(quiz: Quiz) -> None:
    quiz.client.patch(ANN, json={"timezone": "Asia/Tokyo", "desired_retention": 0.8})
    quiz.client.patch(ANN, json={"day_start_hour": 0})
    shown = quiz.get(ANN).get_json()
    assert (shown["timezone"], shown["day_start_hour"]) == ("Asia/Tokyo", 0)
    assert (shown["desired_retention"], shown["learning_steps"]) == (0.8, [1, 10])
    made = rate(quiz, "easy")
    assert moment(made["due_from"]).hour == 15  # midnight in Tokyo
