"""``/v1/quizzes``: several questions, asked together and scored together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from service.api import examples
from service.api.asked import question_text
from service.api.blueprints.people import PERSON_ERRORS
from service.api.blueprints.templates import ABOUT, TAG
from service.api.choosing import SEED_BITS
from service.api.context import reading, services, writing
from service.api.curl import base_address
from service.api.learners import only_for_others
from service.api.operation import Answer, Example, Reply, Resource
from service.api.people import ACTING, IN_EXAM, USER_PATH, known_or_new, named, tenant
from service.api.quizzing import finish, quiz_view, start
from service.api.schemas.questions import UuidField
from service.api.schemas.quizzes import QuizRequest, QuizSchema
from service.store import memories, quizzes

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["resource"]

resource = Resource("quizzes", tag=TAG, about=ABOUT)

_QUIZ: Final = QuizSchema()
_ANN: Final = {"user": examples.USER}
_PATH: Final = {"quiz": UuidField(description="The quiz's id.", example=examples.QUIZ)}
_NO_QUIZ: Final = Example(
    "A quiz that isn't there, or is someone else's",
    path={"quiz": "019aaf0d-0000-7000-8000-000000000000"},
    status=404,
    code="not_found",
)
_ERRORS: Final = ("not_found", "service_unavailable")


def _quiz_text(view: Mapping[str, Any]) -> str:
    if view["state"] == "finished":
        score = "no score" if view["score"] is None else f"{view['score']:.0%}"
        lines = [f"Finished: {view['answered']} of {view['length']} answered, {score}."]
        marks = {None: "rated", 0: "wrong", 1: "right"}
        for number, result in enumerate(view["results"], 1):
            worth = marks.get(result["score"], f"{result['score']}")
            lines.append(f"{number}. {worth if result['answered'] else 'not answered'}")
        return "\n".join(lines)
    lines = [f"{view['mode']}: {view['answered']} of {view['length']} answered."]
    for number, question in enumerate(view["questions"], 1):
        if question["attempts_left"]:
            lines += [f"{number}. {question_text(question)}"]
            break
    else:
        lines.append(f"POST {view['links']['finish']}")
    return "\n".join(lines)


@resource.post(
    "/v1/users/{user}/quizzes",
    id="startQuiz",
    summary="Ask a person several questions",
    access=ACTING,
    path=USER_PATH,
    request=QuizRequest(),
    answers={
        201: Answer(
            "The quiz with its questions.",
            _QUIZ,
            example=lambda: _QUIZ.dump(examples.quiz()),
            text=_quiz_text,
            headers={"Location": "The address of the quiz."},
        )
    },
    errors=("no_question_fits", "conflict", *PERSON_ERRORS),
    examples=(
        Example("Three questions to practise with", path=_ANN, body={"length": 3}),
        Example(
            "An exam of ten minutes",
            path=_ANN,
            body={
                "length": 5,
                "mode": "exam",
                "templates": ["conv-output-shape", "conv-parameters"],
                "time_limit_s": 600,
            },
        ),
        Example(
            "What is due of a deck", path=_ANN, body={"length": 5, "mode": "review", "deck": "cnn"}
        ),
        Example(
            "Longer than a quiz may be",
            path=_ANN,
            body={"length": 500},
            status=422,
            code="validation_failed",
        ),
    ),
)
def start_quiz(user: str, body: Mapping[str, Any]) -> Reply:
    """Make a quiz: its questions are asked at once, and are answered one by one.

    In mode `exam` nothing is told of what is right before it is finished; in mode `review` it asks
    what is due. An answer brings the `next` question along.
    """
    named(user)
    if body["mode"] == "exam" and body["seed"] is not None:
        only_for_others("the seed of an exam")
    seed = services().rng.getrandbits(SEED_BITS) if body["seed"] is None else body["seed"]
    with writing() as session:
        person = memories.lock(session, known_or_new(session, user).id)
        view = quiz_view(session, start(session, person, body, seed), base_address())
    return Reply(view, headers={"Location": view["links"]["self"]})


@resource.get(
    "/v1/quizzes/{quiz}",
    id="getQuiz",
    summary="A quiz, and how it stands",
    access=IN_EXAM,
    path=_PATH,
    answers={
        200: Answer(
            "The quiz.", _QUIZ, example=lambda: _QUIZ.dump(examples.quiz()), text=_quiz_text
        )
    },
    errors=_ERRORS,
    examples=(_NO_QUIZ,),
)
def get_quiz(quiz: UUID) -> dict[str, Any]:
    """Show a quiz with its questions; what is right of an exam only once it is finished."""
    with reading() as session:
        return quiz_view(session, quizzes.get(session, quiz, tenant_id=tenant()), base_address())


@resource.post(
    "/v1/quizzes/{quiz}/finish",
    id="finishQuiz",
    summary="Hand in a quiz",
    access=IN_EXAM,
    path=_PATH,
    answers={
        200: Answer(
            "The quiz with its score.",
            _QUIZ,
            example=lambda: _QUIZ.dump(examples.quiz()),
            text=_quiz_text,
        )
    },
    errors=_ERRORS,
    examples=(_NO_QUIZ,),
)
def finish_quiz(quiz: UUID) -> dict[str, Any]:
    """Finish a quiz and score it: the mean over its questions, by its `score_rule`.

    What was not answered is worth 0; cards are rated and left out. Finishing again answers the
    same and changes nothing.
    """
    with writing() as session:
        found = quizzes.lock(session, quiz, tenant_id=tenant())
        finish(session, found)
        return quiz_view(session, found, base_address())
