"""Questions of one's own: written, changed and deleted by the tenant whose deck they are in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from service.api import examples
from service.api.auth import anonymous
from service.api.authored import (
    CHANGED,
    ERRORS,
    MADE,
    TAG,
    WRITING,
    change,
    made_up_id,
    versions,
    versions_page,
)
from service.api.blueprints.decks import DECK_PATH
from service.api.conditional import REVALIDATE, check_version, version_tag
from service.api.context import now, reading, writing
from service.api.fields import Identifier
from service.api.operation import Answer, Example, Reply, Resource
from service.api.pagination import page_of
from service.api.people import tenant
from service.api.problems import Problem
from service.api.schemas.authoring import (
    OwnQuestionChangeReader,
    OwnQuestionReader,
    OwnQuestionSchema,
    OwnQuestionVersionSchema,
)
from service.quiz.deck_reading import MAX_QUESTIONS, read_own_question
from service.quiz.kinds import DIFFICULTIES
from service.store import authoring, decks, templates

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.quiz.own.question import WrittenQuestion
    from service.store import TemplateVersion
    from service.store.templates import TemplateText

__all__ = ["resource"]

resource = Resource(
    "own_questions", tag="Decks and cards", about="What the decks hold, card by card."
)

_QUESTION: Final = OwnQuestionSchema()
_VERSIONS: Final = page_of("OwnQuestionVersionPage", OwnQuestionVersionSchema)
_PATH: Final = {
    "template": Identifier(
        description="The id of a question of one's own.", example=examples.OWN_QUESTION
    )
}
_OWN: Final = {"template": examples.OWN_QUESTION}
_NONE: Final = Example(
    "One that isn't there",
    path={"template": "kernels.none"},
    headers=TAG,
    status=404,
    code="not_found",
)


def _version_view(text: TemplateVersion) -> dict[str, Any]:
    levels = dict.fromkeys(DIFFICULTIES)
    return {**levels, **text.content, "version": text.version, "written_at": text.created_at}


def _view(found: TemplateText) -> dict[str, Any]:
    row = found.row
    address = f"/v1/templates/{row.id}"
    links = {
        "self": address,
        "versions": f"{address}/versions",
        "deck": f"/v1/decks/{row.deck_id}",
    }
    about = {"id": row.id, "deck": row.deck_id, "key": row.key, "links": links}
    return _version_view(found.text) | about


def _text(value: Mapping[str, Any]) -> str:
    return f"{value['id']}, version {value['version']}: {value['title']}\n{value['prompt']}"


def _answer(description: str, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(
        description,
        _QUESTION,
        example=lambda: _QUESTION.dump(_view(examples.own_question())),
        text=_text,
        headers=headers or {},
    )


def _read(deck: str, key: str | None, content: Mapping[str, Any]) -> WrittenQuestion:
    """Read a question before its deck is locked: looking at its numbers takes a while."""
    with reading() as session:
        found = decks.get(session, deck, tenant_id=tenant())
        cards = decks.card_keys(session, found.id)
    given = {name: value for name, value in content.items() if value is not None}
    return read_own_question(given, deck, key, made_up_id(""), cards)


@resource.post(
    "/v1/decks/{deck}/templates",
    id="addOwnQuestion",
    summary="Add a question of one's own",
    access=WRITING,
    path=DECK_PATH,
    request=OwnQuestionReader(),
    answers={201: _answer("The question as it is written.", MADE)},
    errors=("deck_full", *ERRORS),
    examples=(
        Example("Our camera", path={"deck": examples.OWN_DECK}, body=examples.NEW_QUESTION),
        Example(
            "Numbers that lead nowhere",
            path={"deck": examples.OWN_DECK},
            body=examples.NEW_QUESTION | {"numbers": {"height": 3, "kernel_size": 7}},
            status=422,
            code="validation_failed",
        ),
    ),
)
def add_own_question(deck: str, body: Mapping[str, Any]) -> Reply:
    """Add a question with numbers and words of one's own at the end of a deck.

    A template computes its answer. It is looked at whether its numbers can be asked: if hardly any
    draw of them can, the question is refused. `id` is then what it is asked by, as `template`.
    """
    question = _read(deck, None, body)
    with writing() as session:
        found = authoring.lock(session, deck, tenant_id=tenant())
        if decks.TEMPLATES.count(session, found.id) >= MAX_QUESTIONS:
            raise Problem("deck_full", f"The deck {deck} has {MAX_QUESTIONS} questions already.")
        view = _view(authoring.add_template(session, found, question, now=now()))
    return Reply(view, headers={"Location": view["links"]["self"]}, version=view["version"])


@resource.get(
    "/v1/templates/{template}",
    id="getOwnQuestion",
    summary="A question of one's own as it is written",
    access=anonymous("cards:read"),
    path=_PATH,
    answers={200: _answer("The question.")},
    errors=("not_found", "gone", "service_unavailable"),
    cache=REVALIDATE,
    examples=(
        Example("That of a deck", path=_OWN),
        Example(
            "A template of the service, which nobody wrote",
            path={"template": "conv-macs"},
            status=404,
            code="not_found",
        ),
    ),
)
def get_own_question(template: str) -> Reply:
    """Show what a question of a deck is made of: its template, numbers and wording."""
    with reading() as session:
        found = templates.current(session, template, tenant_id=tenant())
        return Reply(_view(found), version=found.row.version)


@change(
    resource,
    "PATCH",
    "/v1/templates/{template}",
    id="changeOwnQuestion",
    summary="Change a question of one's own",
    path=_PATH,
    request=OwnQuestionChangeReader(),
    answers={200: _answer("The question as it is now.", CHANGED)},
    examples=(
        Example("Other filters", path=_OWN, headers=TAG, body={"title": "Our new camera"}),
        Example(
            "Without If-Match",
            path=_OWN,
            body={"title": "Our camera"},
            status=428,
            code="precondition_required",
        ),
    ),
)
def change_own_question(
    template: str, headers: Mapping[str, Any], body: Mapping[str, Any]
) -> Reply:
    """Change the parts of a question that are given, if nobody changed it meanwhile.

    Each change is a new version. Whoever was asked it before is graded by what they were asked.
    """
    with reading() as session:
        old = templates.current(session, template, tenant_id=tenant())
    content = {**old.text.content, **body}
    if "template" in body and "template_version" not in body:
        del content["template_version"]
    check_version(headers, old.row.version)
    question = _read(old.row.deck_id, old.row.key, content)
    read_at = {"If-Match": version_tag(old.row.version)}
    with writing() as session:
        deck, row = authoring.lock_template(session, template, tenant_id=tenant())
        check_version(read_at, row.row.version)
        found = authoring.change_template(session, deck, row, question, now=now())
        return Reply(_view(found), version=found.row.version)


@change(
    resource,
    "DELETE",
    "/v1/templates/{template}",
    id="deleteOwnQuestion",
    summary="Delete a question of one's own",
    path=_PATH,
    answers={204: Answer("It is gone.")},
    examples=(_NONE,),
)
def delete_own_question(template: str, headers: Mapping[str, Any]) -> Reply:
    """Delete a question: it is 410 `gone` from then on and is asked no more.

    Who was asked it can still answer; answers, reviews and versions are kept.
    """
    with writing() as session:
        deck, found = authoring.lock_template(session, template, tenant_id=tenant())
        check_version(headers, found.row.version)
        authoring.delete_template(session, deck, found.row, now=now())
    return Reply()


@versions(
    resource,
    "/v1/templates/{template}/versions",
    id="listOwnQuestionVersions",
    summary="What a question of one's own has been",
    path=_PATH,
    schema=_VERSIONS,
    example=lambda: _version_view(examples.own_question().text),
    examples=(Example("Those of one", path=_OWN), _NONE),
)
def list_own_question_versions(template: str, query: Mapping[str, Any]) -> dict[str, Any]:
    """List what a question was at each version, deleted ones included."""
    with reading() as session:
        found = templates.get(session, template, tenant_id=tenant()).row
        return versions_page(session, decks.TEMPLATES, found.id, query, _version_view)
