"""Asking: what fits a wish, what a seed makes, and that no answer leaves before its time."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from contract_client import OPERATIONS
from own_deck import begin
from quiz_service import Quiz
from service.api import examples
from service.quiz.cards import Card, Deck
from service.quiz.templates import TEMPLATES
from service.store import decks

SECRETS = {"expected", "explanation", "derivation", "check", "seed", "mistake", "mistakes"}
NOBODY = "019aaf0d-0000-7000-8000-000000000000"


def load(quiz: Quiz, slug: str, *keys: str) -> None:
    """Load a deck that no template practises."""
    cards = tuple(Card(key, f"{key}?", f"{key}!") for key in keys)
    with quiz.database.write() as session:
        decks.load(session, Deck(slug, slug, slug, cards), now=datetime.now(UTC))


def test_templates(lite: Quiz) -> None:
    items = {item["id"]: item for item in lite.get("/v1/templates").get_json()["items"]}
    kinds = {name: item["kind"] for name, item in items.items()}
    assert (
        kinds.items()
        >= {
            "conv-output-shape": "shape",
            "conv-output-size": "integer",
            "true-or-false": "choice",
            "card": "card",
        }.items()
    )
    for item in items.values():
        assert all(lite.get(f"/v1/cards/{card}").status_code == 200 for card in item["cards"])
    text = lite.get("/v1/templates?format=text").text
    assert "conv-output-size (integer): " in text


def test_a_question_and_where_it_is(quiz: Quiz) -> None:
    response = quiz.post("/v1/users/ann/questions", {"template": "conv-output-shape", "seed": 7})
    question = response.get_json()
    assert response.status_code == 201
    assert response.headers["Location"] == question["links"]["self"]
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f-]{16}", question["id"])
    assert (question["kind"], question["state"]) == ("shape", "open")
    assert question["attempts_left"] == 1
    assert not SECRETS & question.keys()
    assert quiz.get(question["links"]["self"]).get_json() == question
    assert quiz.get(f"/v1/questions/{question['id'].upper()}").get_json() == question


def test_the_same_seed_makes_the_same_question(quiz: Quiz) -> None:
    for template in ("conv-output-shape", "conv-output-size"):
        for difficulty in ("easy", "medium", "hard"):
            wish = {"template": template, "difficulty": difficulty, "seed": 2**53 - 1}
            one, two = quiz.ask("ann", **wish), quiz.ask("bob", **wish)
            assert one["prompt"] == two["prompt"]
            assert one["id"] != two["id"]
            assert one["difficulty"] == difficulty
    prompts = {quiz.ask("ann", template="conv-output-size")["prompt"] for _ in range(20)}
    assert len(prompts) > 15  # without a seed: another one each time


def test_without_a_template_one_that_can_be_graded(quiz: Quiz) -> None:
    asked = [quiz.ask(seed=seed) for seed in range(80)]
    graded = {"shape", "integer", "choice"}
    assert {question["kind"] for question in asked} == graded
    assert all(quiz.ask(kind="integer")["kind"] == "integer" for _ in range(5))
    assert {quiz.ask(deck="cnn", seed=seed)["kind"] for seed in range(80)} == graded
    assert quiz.ask(seed=11)["prompt"] == quiz.ask("bob", seed=11)["prompt"]


def test_card_questions(quiz: Quiz, written: dict[str, Any]) -> None:
    fronts = {f"/v1/cards/cnn-{card['key']}": card["front"] for card in written["cards"]}
    backs = {f"/v1/cards/cnn-{card['key']}": card["back"] for card in written["cards"]}
    seen = set()
    for seed in range(60):
        wish = [{"kind": "card"}, {"template": "card"}, {"kind": "card", "deck": "cnn"}][seed % 3]
        question = quiz.ask(**wish, seed=seed)
        assert (question["kind"], question["template"]) == ("card", "card")
        assert question["prompt"] == fronts[question["card"]]
        assert json.dumps(backs[question["card"]])[1:-1] not in json.dumps(question)
        assert not SECRETS & question.keys()
        assert "again, hard, good or easy" in question["response_hint"]
        seen.add(question["card"])
    assert len(seen) >= 15
    drawn = quiz.ask(card="cnn-pyramid")
    assert quiz.get(drawn["figure"]["svg"]).status_code == 200
    assert quiz.ask(card="cnn-pyramid", kind="card", deck="cnn", template="card")["prompt"]


def test_a_deck_that_nothing_can_grade_gives_its_cards(quiz: Quiz) -> None:
    load(quiz, "mine", "a", "b")
    load(quiz, "empty")
    assert {quiz.ask(deck="mine")["prompt"] for _ in range(20)} == {"a?", "b?"}
    assert {quiz.ask(kind="card")["card"].split("-")[0] for _ in range(40)} >= {
        "/v1/cards/mine",
        "/v1/cards/cnn",
    }
    refused = quiz.post("/v1/users/ann/questions", {"deck": "empty"}).get_json()
    assert (refused["code"], refused["errors"][0]["pointer"]) == ("no_question_fits", "/deck")


def test_without_any_deck_there_is_no_card_to_ask(lite: Quiz) -> None:
    load(lite, "cnn")  # retires all of its cards
    refused = lite.post("/v1/users/ann/questions", {"kind": "card"}).get_json()
    assert refused["code"] == "no_question_fits"
    assert lite.ask()["kind"] != "card"


@pytest.mark.parametrize(
    ("wish", "pointer"),
    [
        ({"template": "conv-output-size", "kind": "shape"}, "/kind"),
        ({"template": "conv-output-size", "kind": "card"}, "/kind"),
        ({"template": "card", "kind": "shape"}, "/kind"),
        ({"template": "conv-output-size", "card": "cnn-convnets"}, "/card"),
        ({"kind": "shape", "card": "cnn-convnets"}, "/card"),
        ({"kind": "shape", "deck": "mine"}, "/deck"),
        ({"template": "conv-output-shape", "deck": "mine"}, "/deck"),
    ],
)
def test_what_does_not_go_together(lite: Quiz, wish: dict[str, str], pointer: str) -> None:
    load(lite, "mine", "a")
    refused = lite.post("/v1/users/ann/questions", wish)
    body = refused.get_json()
    assert (refused.status_code, body["code"]) == (422, "no_question_fits")
    assert body["errors"][0]["pointer"] == pointer
    assert body["errors"][0]["hint"]
    assert all(value in body["detail"] for value in wish.values())
    assert lite.rows("questions") == []


@pytest.mark.parametrize(
    ("wish", "pointer"),
    [
        ({"template": "conv-output"}, "/template"),
        ({"template": "conv-output-shape@1"}, "/template"),
        ({"template": 7}, "/template"),
        ({"deck": "none"}, "/deck"),
        ({"deck": "a/b"}, "/deck"),
        ({"card": "none"}, "/card"),
        ({"card": "mine-a", "deck": "cnn"}, "/card"),
        ({"kind": "choices"}, "/kind"),
        ({"difficulty": "impossible"}, "/difficulty"),
        ({"difficulty": None}, "/difficulty"),
        ({"seed": -1}, "/seed"),
        ({"seed": 2**53}, "/seed"),
        ({"seed": 10**400}, "/seed"),
        ({"seed": 1.5}, "/seed"),
        ({"seed": "7"}, "/seed"),
        ({"seed": True}, "/seed"),
        # What the service decides is nobody else's to set.
        ({"id": NOBODY}, "/id"),
        ({"user_id": NOBODY}, "/user_id"),
        ({"tenant_id": "school"}, "/tenant_id"),
        ({"state": "answered"}, "/state"),
        ({"attempts_allowed": 99}, "/attempts_allowed"),
        ({"attempts_left": 99}, "/attempts_left"),
        ({"key": [1, 1, 1]}, "/key"),
        ({"template_version": 1}, "/template_version"),
        ({"engine_version": "0"}, "/engine_version"),
        ({"issued_at": "2020-01-01T00:00:00Z"}, "/issued_at"),
        ({"prompt": "1 + 1"}, "/prompt"),
    ],
)
def test_a_wish_that_is_none(lite: Quiz, wish: dict[str, Any], pointer: str) -> None:
    load(lite, "mine", "a")
    refused = lite.post("/v1/users/ann/questions", wish)
    body = refused.get_json()
    assert (refused.status_code, body["code"]) == (422, "validation_failed")
    assert [fault["pointer"] for fault in body["errors"]] == [pointer]
    assert lite.rows("questions") == lite.rows("users") == []


@pytest.mark.parametrize("body", [[], "x", 7, None, [{}]])
def test_a_wish_is_an_object(lite: Quiz, body: Any) -> None:
    sent = {"data": json.dumps(body), "content_type": "application/json"}
    response = lite.client.post("/v1/users/ann/questions", **sent)
    assert response.get_json()["code"] == "validation_failed"


@pytest.mark.parametrize(
    "question",
    [NOBODY, "x", "1", "%00", "%F0%9F%98%80", NOBODY.replace("-", ""), f"{{{NOBODY}}}", "0" * 5000],
)
def test_a_question_that_is_not_there(lite: Quiz, question: str) -> None:
    address = f"/v1/questions/{question}"
    answers = (
        lite.get(address),
        lite.post(f"{address}/reveal"),
        lite.post(f"{address}/answers", {"response": "1"}),
    )
    assert [response.get_json()["code"] for response in answers] == ["not_found"] * 3


def numbers(text: str) -> set[str]:
    """The numbers in a text, ids and figures' coordinates included."""
    return set(re.findall(r"\d+", text))


def everything_readable(quiz: Quiz, question: str, user: str) -> dict[str, str]:
    """All that can be read with GET, as JSON and as text, by address."""
    found = {}
    for operation in OPERATIONS.values():
        if operation.method != "GET":
            continue
        names = {"question": question, "user": user, "quiz": NOBODY, "job": NOBODY}
        shown = [dict(example.path) for example in operation.examples if not example.code]
        for path in [{**one, **names} for one in shown] or [names]:
            address = operation.route.format(**path)
            query = "?input_shape=9x9&kernel_size=3" if operation.id == "getShape" else ""
            for accept in ("application/json", "text/plain", "*/*"):
                response = quiz.get(address + query, Accept=accept)
                parts = [value for name, value in response.headers if name != "Content-Length"]
                parts.append(response.data.decode(errors="replace"))
                found[f"{accept} {address}"] = "\n".join(parts)
    return found


@pytest.mark.parametrize("template", ["conv-output-shape", "conv-output-size", "kernels.camera"])
def test_the_key_is_nowhere_before_its_time(lite: Quiz, template: str) -> None:
    """The key is found by its number, of three digits, which no other body holds by chance."""
    lite.ask("zoe", template="card")
    maker: Any = TEMPLATES.get(template)
    if maker is None:
        begin(lite)
        assert lite.post("/v1/decks/kernels/templates", examples.NEW_QUESTION).status_code == 201
        maker = examples.own_question().made()
    public = set().union(*map(numbers, everything_readable(lite, NOBODY, "zoe").values()))
    for seed in range(10_000):
        problem = maker.generate(seed, "hard")
        sizes = problem.key if isinstance(problem.key, tuple) else (problem.key,)
        key = str(sizes[0])
        if len(key) == 3 and key not in public | numbers(problem.prompt):
            break
    question = lite.ask("zoe", template=template, seed=seed, difficulty="hard")
    unread = lite.answer(question, "no idea")
    assert unread.get_json()["code"] == "unreadable_response"
    before = everything_readable(lite, question["id"], "zoe")
    bodies = {**before, "asked": json.dumps(question), "unread": unread.text}
    ids = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b[0-9a-f]{16,}\b|\.\d{3}Z")
    leaks = [place for place, body in bodies.items() if key in numbers(ids.sub("", body))]
    assert leaks == []
    for body in (question, lite.get(question["links"]["self"]).get_json()):
        assert not SECRETS & body.keys()
    shown = lite.post(question["links"]["reveal"]).get_json()
    assert key in numbers(json.dumps(shown["expected"]))  # the hunt does find it where it is
    after = everything_readable(lite, question["id"], "zoe")
    found = {place for place, body in after.items() if key in numbers(ids.sub("", body))}
    address = question["links"]["self"]
    assert found == {f"{accept} {address}" for accept in ("application/json", "text/plain", "*/*")}


def test_questions_as_text(lite: Quiz) -> None:
    question = lite.post(
        "/v1/users/ann/questions", {"template": "conv-output-size", "seed": 7}, Accept="text/plain"
    )
    assert question.mimetype == "text/plain"
    lines = question.text.splitlines()
    assert lines[0].endswith("of the output?")
    assert lines[1] == "Write one whole number, for example 12."
    assert lines[2].startswith("POST /v1/questions/")
    address = question.headers["Location"]
    text = lite.post(f"{address}/reveal?format=text").text
    assert re.search(r"^It is \d+\.$", text, re.MULTILINE)
    assert "⌊" in text
    assert "POST" not in text
    assert lite.get(f"{address}?format=text").text == text


def test_a_card_question_as_text(lite: Quiz, written: dict[str, Any]) -> None:
    card = written["cards"][14]
    question = lite.ask(card="cnn-pyramid")
    front = lite.get(f"{question['links']['self']}?format=text").text
    assert front.startswith(f"{card['front']}\npicture: /v1/cards/cnn-pyramid/figure.png\n")
    assert card["back"] not in front
    back = lite.post(f"{question['links']['reveal']}?format=text").text
    assert card["back"].strip() in back
    assert '/answers {"response": "..."}' in back


def test_a_picture_shows_nothing_of_the_output_until_it_is_answered(lite: Quiz) -> None:
    drawn = 0
    for seed in range(40):
        question = lite.ask(template="conv-output-size", difficulty="easy", seed=seed)
        figure = question["figure"]
        if figure is None:
            continue
        drawn += 1
        shown = lite.get(figure["svg"])
        assert shown.status_code == lite.get(figure["png"]).status_code == 200
        assert "output" not in shown.text
        assert "never read" not in shown.text
        answered = lite.answer(question, "1").get_json()
        assert "output" in lite.get(answered["figure"]["svg"]).text
        assert lite.get(question["links"]["self"]).get_json()["figure"] == answered["figure"]
        text = lite.get(f"{question['links']['self']}?format=text").text
        assert f"\npicture: {answered['figure']['png']}\n" in text
        if drawn == 3:
            break
    assert drawn == 3
