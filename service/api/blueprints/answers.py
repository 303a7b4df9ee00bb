"""Answering questions: one, or many at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from marshmallow import ValidationError

from service.api import examples
from service.api.answering import answer, answer_all
from service.api.asked import question_text, read_on
from service.api.auth import needs
from service.api.blueprints.questions import ERRORS, ISSUED, NO_QUESTION, QUESTION_PATH
from service.api.blueprints.templates import ABOUT, TAG
from service.api.graded import answer_view
from service.api.idempotency import IDEMPOTENCY_KEY, IdempotencyKey
from service.api.operation import Answer, Example, Reply, Resource
from service.api.outcomes import REPLAYED, Answered, Wanted, outcome_view
from service.api.people import IN_EXAM
from service.api.schemas.batches import BatchReader
from service.api.schemas.questions import (
    MOST_ANSWERS,
    AnswerRequest,
    AnswerSchema,
    AnswersSchema,
    BatchAnswerRequest,
)
from service.store import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["resource"]

resource = Resource("answers", tag=TAG, about=ABOUT)

_ANSWER: Final = AnswerSchema()
_KEY: Final = "6a4dd1a5-7b4e-4f0a-9f43-5ea38b7cf3f4"
_KEY_HEADER: Final = {
    IDEMPOTENCY_KEY: IdempotencyKey(
        description="A name for this one request, best a random UUID: sent again with the same "
        "body, it gets the same answer and nothing happens twice.",
        example=_KEY,
    )
}


def _example_answer() -> Any:
    given, worth = examples.answer_given(), examples.graded()
    return _ANSWER.dump(answer_view(given, examples.asked("answered"), worth, examples.BASE))


def _answer_text(plain: Mapping[str, Any]) -> str:
    """What came of an answer, for terminals and chats; then what is asked next."""
    lines = list(_outcome(plain))
    if plain.get("next"):
        lines += ["", question_text(plain["next"])]
    return "\n".join(lines)


def _outcome(plain: Mapping[str, Any]) -> Iterator[str]:
    if "explanation" not in plain:
        sealed = plain["correct"] is None
        yield (
            "Recorded; an exam tells more when it is finished."
            if sealed
            else ("Not right. Try again.")
        )
        return
    if "rubric" in plain:
        yield from _rubric_lines(plain["rubric"])
    if plain["rating"]:
        yield f"Rated {plain['rating']}."
    yield plain["explanation"]
    several = plain.get("mistakes", ())
    if len(several) > 1:
        yield "What may have happened:"
        yield from (f"  {one['explanation']}" for one in several)
    yield read_on(plain)


def _rubric_lines(report: Mapping[str, Any]) -> Iterator[str]:
    yield "Provisional, and no grade:"
    yield from (f"  found: {one['name']} ({one['words']})" for one in report["found"])
    yield from (f"  missing: {name}" for name in report["missing"])
    yield from (f"  wrong: {one['name']} ({one['words']})" for one in report["forbidden"])


@resource.post(
    "/v1/questions/{question}/answers",
    id="answerQuestion",
    summary="Answer a question",
    access=IN_EXAM,
    path=QUESTION_PATH,
    headers=_KEY_HEADER,
    request=AnswerRequest(),
    answers={
        201: Answer(
            "What the answer is worth, and why.",
            _ANSWER,
            dump=lambda plain: plain,
            example=_example_answer,
            text=_answer_text,
            headers={"Idempotent-Replayed": "`true` if the same answer was given before."},
        )
    },
    errors=(
        "bad_idempotency_key",
        "idempotency_key_reused",
        "idempotency_key_in_progress",
        "unreadable_response",
        "question_closed",
        "quiz_finished",
        "conflict",
        *ERRORS,
    ),
    examples=(
        Example(
            "One short",
            path=ISSUED,
            body={"response": examples.RESPONSE, "duration_ms": 9000},
            headers={IDEMPOTENCY_KEY: _KEY},
        ),
        replace(NO_QUESTION, body={"response": examples.RESPONSE}),
    ),
)
def answer_question(question: UUID, headers: Mapping[str, Any], body: Mapping[str, Any]) -> Reply:
    """Answer a question, as people write: `13x13x16`, `13 × 13 × 16`, `[13, 13, 16]`, `h=13 w=13`.

    A response that can't be read is 422 `unreadable_response`, with `reason`, and uses no attempt.
    A card is answered with a rating; if it has a rubric, first with what is recalled, in one's own
    words: `rubric` then names the concepts found and missing, provisionally and without a grade.
    A right answer or the last attempt closes the question; another is 409 `question_closed`.
    """
    plain, replayed = answer(Wanted(question, body, headers[IDEMPOTENCY_KEY]))
    return Reply(plain, headers=REPLAYED if replayed else {})


_ITEM: Final = BatchAnswerRequest()
_BATCH: Final = {
    "items": [
        {
            "question": examples.QUESTION,
            "response": examples.RESPONSE,
            "duration_ms": 9000,
            "idempotency_key": _KEY,
        },
        {"question": NO_QUESTION.path["question"], "response": examples.RESPONSE},
    ]
}


def _read_item(item: Any) -> Wanted | Exception:
    try:
        body = _ITEM.load(item)
    except ValidationError as error:
        return error
    return Wanted(body.pop("question"), body, body.pop("idempotency_key"))


def _example_batch() -> object:
    missing = NotFound("question", NO_QUESTION.path["question"])
    first, second = Answered(_example_answer()), outcome_view(missing, "4f1c2a9be07d6358")
    return {"items": [outcome_view(first), second]}


def _batch_text(plain: Mapping[str, Any]) -> str:
    lines = []
    for number, item in enumerate(plain["items"], 1):
        problem = item.get("problem")
        said = problem["detail"] if problem else "\n   ".join(_outcome(item["answer"]))
        lines.append(f"{number}. {said}")
    return "\n".join(lines)


@resource.post(
    "/v1/answers/batch",
    id="answerQuestions",
    summary="Answers to many questions at once",
    access=needs("quiz:take", "act:users"),
    headers=_KEY_HEADER,
    request=BatchReader(MOST_ANSWERS, _ITEM),
    answers={
        200: Answer(
            "What comes of each answer, in their order.",
            AnswersSchema(),
            dump=lambda plain: plain,
            example=_example_batch,
            text=_batch_text,
            headers={"Idempotent-Replayed": "`true` if the same batch was answered before."},
        )
    },
    errors=(
        "bad_idempotency_key",
        "idempotency_key_reused",
        "idempotency_key_in_progress",
        "conflict",
        "service_unavailable",
    ),
    examples=(
        Example("One that is there, one that isn't", body=_BATCH),
        Example("Nothing", body={"items": []}, status=422, code="validation_failed"),
    ),
)
def answer_questions(headers: Mapping[str, Any], body: list[Any]) -> Reply:
    """Answer up to 500 questions, of as many people of your tenant as you like, in one transaction.

    Each item is answered as it would be alone, in the order of the items: `status`, `answer` and
    `problem` are what `POST /v1/questions/{question}/answers` answers, and a bad item spoils no
    other. Send an `idempotency_key` with each, or an Idempotency-Key with the whole, and the batch
    can be sent again after any failure: what was carried out before is answered the same.
    """
    items, replayed = answer_all(
        [_read_item(item) for item in body], headers[IDEMPOTENCY_KEY], body
    )
    return Reply({"items": items}, headers=REPLAYED if replayed else {})
