"""The documented examples of the quiz, sent: each answers as it says."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from contract_client import OPERATIONS
from quiz_service import Quiz
from service.api import examples
from service.api.operation import Operation
from service.store import tenants

QUIZ = (
    "keys",
    "tokens",
    "answers",
    "authoring",
    "cards",
    "deck_files",
    "decks",
    "people",
    "questions",
    "quizzes",
    "reviews",
    "templates",
)
SENT = [
    (name, number)
    for name, operation in OPERATIONS.items()
    if name.split(".")[0] in QUIZ
    for number in range(len(operation.examples))
]
OF_THE_MOMENT = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}|\d{4}-\d\d-\d\dT[\d:.]+Z|http://localhost"
)
INVENTED = (
    "keys.createKey",
    "keys.listKeys",
    "keys.listAuditEvents",
    "tokens.makeToken",
    "answers.answerQuestions",
    "people.getProgress",
    "people.listAnswers",
    "people.changeUser",
    "decks.listCards",
    "authoring.changeDeck",
    "authoring.changeCard",
    "deck_files.exportDeck",
    "deck_files.importDeck",
    "quizzes.startQuiz",
    "reviews.getNextReview",
    "reviews.addReview",
    "review_log.listReviews",
)


@pytest.fixture
def begun(lite: Quiz, request: pytest.FixtureRequest) -> Quiz:
    """A service where the person of the examples has been asked their question.

    Where decks are changed, it has the deck of the examples and its card.
    """
    question = examples.asked().question
    operation = request.getfixturevalue("name")
    own_questions = operation.startswith("own_questions.")
    if own_questions or (operation.startswith("authoring.") and operation != "authoring.makeDeck"):
        own = {name: getattr(examples.own_deck(), name) for name in ("id", "title", "description")}
        assert lite.post("/v1/decks", own).status_code == 201
        if operation not in ("authoring.addCard", "authoring.changeDeck"):
            assert lite.post(f"/v1/decks/{own['id']}/cards", examples.NEW_CARD).status_code == 201
        if own_questions and operation != "own_questions.addOwnQuestion":
            made = lite.post(f"/v1/decks/{own['id']}/templates", examples.NEW_QUESTION)
            assert made.status_code == 201
    with lite.database.write() as session:
        tenants.ensure(session, "local", name="local", now=question.issued_at)
        ann = examples.person()
        ann.tenant_id = "local"
        session.add(ann)
        session.flush()
        session.add(question)
    return lite


def timeless(value: Any) -> Any:
    """The same without ids and moments."""
    if isinstance(value, dict):
        return {name: timeless(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [timeless(inner) for inner in value]
    return OF_THE_MOMENT.sub("…", value) if isinstance(value, str) else value


def documented(operation: Operation) -> Any:
    """The example answer of an operation."""
    answer = next(iter(operation.answers.values()))
    example = answer.example
    return example() if isinstance(example, Callable) else example  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "number"), SENT)
def test_an_example(begun: Quiz, name: str, number: int) -> None:
    operation = OPERATIONS[name]
    example = operation.examples[number]
    sent = {} if example.body is None else {"json": example.body}
    response = begun.client.open(
        operation.route.format(**example.path),
        method=operation.method,
        query_string=dict(example.query),
        headers=dict(example.headers),
        **sent,
    )
    assert response.status_code == (example.status or next(iter(operation.answers)))
    if example.code:
        assert response.get_json()["code"] == example.code
    elif number == 0 and response.mimetype == "application/json" and name not in INVENTED:
        assert timeless(response.get_json()) == timeless(documented(operation))
