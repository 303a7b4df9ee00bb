"""``/v1/users/{user}``: who a person is, what they answered, and forgetting them."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from service.api import examples
from service.api.audited import record
from service.api.auth import needs
from service.api.context import caller, now, reading, services, writing
from service.api.later import tell
from service.api.operation import Answer, Example, Reply, Resource
from service.api.pagination import PageQuery, newest_page, page_of
from service.api.people import ACTING, USER_PATH, address_of, known, known_or_new
from service.api.schemas.people import ExportSchema, PastAnswerSchema
from service.api.schemas.reviews import PersonRequest, PersonSchema
from service.store import answers, audit, memories, personal, users
from service.store.answers import Entry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.store import User

__all__ = ["ABOUT", "NO_PERSON", "PERSON_ERRORS", "TAG", "resource"]

TAG: Final = "People"
ABOUT: Final = (
    "What a person answered and how they are doing. `{user}` is your own id for the person."
)
resource = Resource("people", tag=TAG, about=ABOUT)

_ANN: Final = {"user": examples.USER}
NO_PERSON: Final = Example(
    "Nobody that was ever asked", path={"user": "nobody"}, status=404, code="not_found"
)
PERSON_ERRORS: Final = ("bad_user_id", "me_without_token", "service_unavailable")
"""What naming a person can end in."""

_ERRORS: Final = ("not_found", *PERSON_ERRORS)


def _past(entry: Entry) -> dict[str, Any]:
    answer, question, sealed = entry
    return {
        "id": str(answer.id),
        "question": f"/v1/questions/{question.id}",
        "template": question.template,
        "kind": question.kind,
        "difficulty": question.difficulty,
        "card": f"/v1/cards/{question.card_id}" if question.card_id else None,
        "attempt": answer.attempt,
        "response": answer.response,
        "read": answer.read,
        "correct": None if sealed else answer.correct,
        "score": None if sealed else answer.score,
        "mistake": None if sealed else answer.mistake,
        "rating": answer.rating,
        "duration_ms": answer.duration_ms,
        "answered_at": answer.answered_at,
    }


def _verdict(item: Mapping[str, Any]) -> str:
    if item["rating"]:
        return str(item["rating"])
    if item["correct"] is None:
        return "not told yet"
    if item["correct"]:
        return "right"
    return f"wrong ({item['mistake']})" if item["mistake"] else "wrong"


def _answers_text(value: Mapping[str, Any]) -> str:
    lines = [
        f"{item['answered_at']:%Y-%m-%d %H:%M} {item['template']}: {_verdict(item)}"
        for item in value["items"]
    ]
    return "\n".join(lines) or "No answers yet."


_PAGE: Final = page_of("AnswerPage", PastAnswerSchema)
_PERSON: Final = PersonSchema()
_EXPORT: Final = ExportSchema()


@resource.get(
    "/v1/users/{user}/answers",
    id="listAnswers",
    summary="What a person answered",
    access=needs("reports:read", learner=True),
    path=USER_PATH,
    query=PageQuery(),
    answers={
        200: Answer(
            "A page of answers, newest first.",
            _PAGE,
            example=lambda: _PAGE.dump(
                {
                    "items": [_past(Entry(examples.answer_given(), examples.asked().question))],
                    "next_cursor": None,
                }
            ),
            text=_answers_text,
        )
    },
    errors=("bad_cursor", *_ERRORS),
    examples=(Example("The newest", path=_ANN), NO_PERSON),
)
def list_answers(user: str, query: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that a person answered, newest first, as typed and as read."""
    with reading() as session:
        person = known(session, user)
        newest = partial(answers.newest, session, person.id)
        return newest_page(f"answers/{person.id}", query, newest, _past)


def _person_view(person: User) -> dict[str, Any]:
    """A person and their schedule, as plain data."""
    address = address_of(person.external_id)
    parts = {"reviews": "reviews/next", "answers": "answers", "progress": "progress"}
    return {
        "user": person.external_id,
        **asdict(memories.schedule_of(person)),
        "created_at": person.created_at,
        "links": {"self": address, **{name: f"{address}/{end}" for name, end in parts.items()}},
    }


def _person_text(value: Mapping[str, Any]) -> str:
    return (
        f"{value['user']}: days begin at {value['day_start_hour']}:00 {value['timezone']}, "
        f"desired retention {value['desired_retention']:.0%}"
    )


_SHOWN: Final = Answer(
    "The person, and how they are scheduled.",
    _PERSON,
    example=lambda: _PERSON.dump(_person_view(examples.person())),
    text=_person_text,
)


@resource.get(
    "/v1/users/{user}",
    id="getUser",
    summary="A person's settings",
    access=ACTING,
    path=USER_PATH,
    answers={200: _SHOWN},
    errors=_ERRORS,
    examples=(Example("How Ann is scheduled", path=_ANN), NO_PERSON),
)
def get_user(user: str) -> dict[str, Any]:
    """Show how a person is scheduled: where their days are, and how much they want to keep."""
    with reading() as session:
        return _person_view(known(session, user))


@resource.operation(
    "PATCH",
    "/v1/users/{user}",
    id="changeUser",
    summary="Change a person's settings",
    access=ACTING,
    path=USER_PATH,
    request=PersonRequest(),
    answers={200: _SHOWN},
    errors=PERSON_ERRORS,
    examples=(
        Example(
            "Days in Berlin, and much to be kept",
            path=_ANN,
            body={"timezone": "Europe/Berlin", "desired_retention": 0.95},
        ),
        Example(
            "A town that has no zone of its own",
            path=_ANN,
            body={"timezone": "Europe/Hamburg"},
            status=422,
            code="validation_failed",
        ),
    ),
)
def change_user(user: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Change a person's schedule; the person is made on first use.

    It holds from the next review on: what was counted already stays as it is.
    """
    with writing() as session:
        person = memories.lock(session, known_or_new(session, user).id)
        memories.set_schedule(person, **body)
        return _person_view(person)


@resource.get(
    "/v1/users/{user}/export",
    id="exportUser",
    summary="Everything about a person",
    access=needs("reports:read", "act:users", learner=True),
    path=USER_PATH,
    answers={
        200: Answer(
            "Every row that is about them, by table.",
            _EXPORT,
            dump=lambda plain: plain,
            example={"users": [{"external_id": examples.USER, "timezone": "Europe/Berlin"}]},
            headers={"Content-Disposition": "A file name to keep it under."},
        )
    },
    later=True,
    errors=_ERRORS,
    examples=(NO_PERSON,),
)
def export_user(user: str) -> Reply:
    """Hand over all that is kept about a person: settings, questions, answers, reviews.

    What would tell the key of a question that still counts is null.
    """
    with reading() as session:
        person = known(session, user)
        about = personal.export(session, person.id, tell=tell)
    if caller().learner is None:
        with writing() as session:
            record(session, "person.exported", audit.pseudonym(person.id))
    headers = {"Content-Disposition": 'attachment; filename="convcards-person.json"'}
    return Reply(about, headers=headers)


@resource.operation(
    "DELETE",
    "/v1/users/{user}",
    id="eraseUser",
    summary="Forget a person",
    access=needs("users:erase"),
    path=USER_PATH,
    answers={204: Answer("The person, and everything that hung on them, is gone.")},
    later=True,
    errors=_ERRORS,
    examples=(NO_PERSON,),
)
def erase_user(user: str) -> Reply:
    """Erase a person: their id, their questions, answers and everything else about them.

    What stays is how many answers were right or wrong, by template and card, for reports.

    It can't be undone. Used again, the same `{user}` is somebody new.
    """
    with writing() as session:
        person = known(session, user)
        users.erase(session, person.id, now=now(), tell=tell)
        record(session, "person.erased", audit.pseudonym(person.id))
    services().database.scrub()
    return Reply()
