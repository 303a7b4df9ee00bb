"""Questions: asking one, looking at it again, giving it up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from service.api import examples
from service.api.asked import asked_view, made_again, question_text
from service.api.blueprints.templates import ABOUT, TAG
from service.api.choosing import SEED_BITS, choose, issue
from service.api.context import now, reading, services, writing
from service.api.curl import base_address
from service.api.operation import Answer, Example, Reply, Resource
from service.api.people import ACTING, IN_EXAM, USER_PATH, known_or_new, named, tenant
from service.api.problems import Problem
from service.api.remembering import remember
from service.api.schemas.questions import (
    QuestionRequest,
    QuestionSchema,
    UuidField,
)
from service.store import questions, quizzes

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ERRORS", "ISSUED", "NO_QUESTION", "QUESTION_PATH", "resource"]

resource = Resource("questions", tag=TAG, about=ABOUT)

_ANN: Final = {"user": examples.USER}


QUESTION_PATH: Final = {
    "question": UuidField(description="The question's id.", example=examples.QUESTION)
}
ISSUED: Final = {"question": examples.QUESTION}
NO_QUESTION: Final = Example(
    "A question that isn't there, or is someone else's",
    path={"question": "019aaf0d-0000-7000-8000-000000000000"},
    status=404,
    code="not_found",
)
_QUESTION: Final = QuestionSchema()


def _example(state: str) -> object:
    return _QUESTION.dump(asked_view(examples.asked(state), examples.BASE))


@resource.post(
    "/v1/users/{user}/questions",
    id="askQuestion",
    summary="Ask a person a question",
    access=ACTING,
    path=USER_PATH,
    request=QuestionRequest(),
    answers={
        201: Answer(
            "The question, without anything that gives its answer away.",
            _QUESTION,
            example=lambda: _example("open"),
            text=question_text,
            headers={"Location": "The address of the question."},
        )
    },
    errors=(
        "bad_user_id",
        "me_without_token",
        "no_question_fits",
        "conflict",
        "service_unavailable",
    ),
    examples=(
        Example(
            "One axis, easy",
            path=_ANN,
            body=examples.WISH,
        ),
        Example("Anything that can be graded", path=_ANN, body={}),
        Example("A card to recall", path=_ANN, body={"kind": "card", "deck": "cnn"}),
        Example(
            "A template that isn't there",
            path=_ANN,
            body={"template": "conv-output"},
            status=422,
            code="validation_failed",
        ),
        Example(
            "Nothing has both",
            path=_ANN,
            body={"template": "conv-output-size", "kind": "shape"},
            status=422,
            code="no_question_fits",
        ),
    ),
)
def ask_question(user: str, body: Mapping[str, Any]) -> Reply:
    """Make a question and ask a person it; the person is made on first use.

    `{user}` is your own id for the person, inside your tenant. Without `template` one is chosen
    among those that fit. A question of `kind` card shows a card's front: reveal its back, then
    answer with again, hard, good or easy.
    """
    named(user)
    seed = services().rng.getrandbits(SEED_BITS) if body["seed"] is None else body["seed"]
    with reading() as session:
        chosen = choose(session, body, seed)
    with writing() as session:
        person = known_or_new(session, user)
        question = issue(
            session,
            person.id,
            chosen,
            seed,
            body["difficulty"],
            attempts_allowed=body["attempts"],
            partial_credit=body["partial_credit"],
        )
        view = asked_view(made_again(session, question), base_address())
    return Reply(view, headers={"Location": view["links"]["self"]})


ERRORS: Final = ("not_found", "service_unavailable")


@resource.get(
    "/v1/questions/{question}",
    id="getQuestion",
    summary="A question, with its answer once that may be shown",
    access=IN_EXAM,
    path=QUESTION_PATH,
    answers={
        200: Answer(
            "The question.", _QUESTION, example=lambda: _example("open"), text=question_text
        )
    },
    errors=ERRORS,
    examples=(Example("As it was asked", path=ISSUED), NO_QUESTION),
)
def get_question(question: UUID) -> dict[str, Any]:
    """A question as it was asked; `expected` and what explains it only once it is closed."""
    with reading() as session:
        found = questions.get(session, question, tenant_id=tenant())
        quiz = quizzes.of_question(session, found)
        return asked_view(made_again(session, found), base_address(), quiz)


@resource.post(
    "/v1/questions/{question}/reveal",
    id="revealQuestion",
    summary="Show the answer, for no credit",
    access=IN_EXAM,
    path=QUESTION_PATH,
    answers={
        200: Answer(
            "The question with its answer.",
            _QUESTION,
            example=lambda: _example("revealed"),
            text=question_text,
        )
    },
    errors=("sealed_by_exam", *ERRORS),
    examples=(Example("Give up", path=ISSUED), NO_QUESTION),
)
def reveal_question(question: UUID) -> dict[str, Any]:
    """Give up on a question: its answer is shown, and it takes none any more.

    A card is not given up: its back is shown, and it waits for the rating. Revealing again, or
    what was answered already, shows the same and changes nothing.
    """
    with writing() as session:
        found = questions.lock(session, question, tenant_id=tenant())
        quiz = quizzes.of_question(session, found)
        if quiz is not None and quiz.is_sealed:
            raise Problem("sealed_by_exam", "Nothing of an exam is shown before it is finished.")
        given_up = found.state == "open" and not found.attempts_used and found.kind != "card"
        questions.mark_revealed(session, found, now=now())
        if given_up:
            remember(session, found, "again")
        return asked_view(made_again(session, found), base_address(), quiz)
