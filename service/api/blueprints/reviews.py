"""``/v1/users/{user}/reviews``: what to look at next, and how well it was remembered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from service.api import examples
from service.api.blueprints.people import NO_PERSON, PERSON_ERRORS
from service.api.blueprints.templates import ABOUT, TAG
from service.api.cards import front
from service.api.context import now, reading, services, writing
from service.api.learners import only_for_others
from service.api.operation import Answer, Example, Reply, Resource
from service.api.people import ACTING, USER_PATH, address_of, known, known_or_new, named, tenant
from service.api.problems import Problem
from service.api.remembering import (
    deck_of,
    intervals,
    read_token,
    review_view,
    write_token,
)
from service.api.schemas.reviews import (
    DueQuery,
    DueSchema,
    ReviewRequest,
    ReviewSchema,
    UndoneSchema,
)
from service.quiz import scheduling
from service.store import Memory, NotFound, decks, memories, templates, users
from service.store.memories import CARD, TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from service.store.memories import Reviewed

__all__ = ["resource"]

resource = Resource("reviews", tag=TAG, about=ABOUT)

_DUE: Final = DueSchema()
_REVIEW: Final = ReviewSchema()
_UNDONE: Final = UndoneSchema()
_ANN: Final = {"user": examples.USER}


def _due_view(
    session: Session, user: str, row: Memory | None, card_id: str | None
) -> dict[str, Any]:
    """What is due, or the new card; what each rating would make of it."""
    moment, person = now(), users.find(session, tenant(), user)
    rules = scheduling.DEFAULT_SCHEDULE if person is None else memories.schedule_of(person)
    subject = row.subject if row is not None else f"{CARD}{card_id}"
    memory = memories.state(row)
    if row is None and person is not None:
        row = memories.get(session, person.id, subject)  # what is new again has a log already
    return {
        "review_token": write_token(user, 1 if row is None else row.events + 1, subject),
        **_thing(session, user, subject),
        "state": "new" if memory is None else memory.state,
        "due": None if memory is None else memory.due,
        "retrievability": None
        if memory is None
        else scheduling.retrievability(memory, moment, rules),
        "intervals": intervals(memory, moment, rules),
    }


def _thing(session: Session, user: str, subject: str) -> dict[str, Any]:
    if subject.startswith(CARD):
        row = decks.get_card(session, subject.removeprefix(CARD), tenant_id=tenant())
        return {"kind": "card", "card": front(row), "template": None}
    template = templates.find(session, subject.removeprefix(TEMPLATE), tenant_id=tenant())
    ask = f"{address_of(user)}/questions"
    shown = {"id": template.id, "title": template.title, "links": {"ask": ask}}
    return {"kind": "template", "card": None, "template": shown}


def _due_text(value: Mapping[str, Any]) -> str:
    lines = []
    if value["kind"] == "card":
        lines.append(value["card"]["front"])
        if value["card"]["figure"]:
            lines.append(f"picture: {value['card']['figure']['png']}")
        lines.append(f"the back: {value['card']['links']['answer']}?format=text")
    else:
        lines.append(f"{value['template']['title']} (a question: {value['template']['id']})")
    lines.append(
        "  ".join(f"{rating}: {one['text']}" for rating, one in value["intervals"].items())
    )
    return "\n".join(lines)


@resource.get(
    "/v1/users/{user}/reviews/next",
    id="getNextReview",
    summary="What to review next",
    access=ACTING,
    path=USER_PATH,
    query=DueQuery(),
    answers={
        200: Answer(
            "What has been due longest, else a card that is new.",
            _DUE,
            text=_due_text,
            example=lambda: _DUE.dump(examples.due()),
        ),
        204: Answer("Nothing is due, and nothing is new."),
    },
    errors=("not_found", "gone", *PERSON_ERRORS),
    examples=(
        Example("Of all decks", path=_ANN, status=200),
        Example("Of one deck", path=_ANN, query={"deck": "cnn"}, status=200),
        Example(
            "Of a deck that isn't there",
            path=_ANN,
            query={"deck": "rnn"},
            status=404,
            code="not_found",
        ),
    ),
)
def get_next_review(user: str, query: Mapping[str, Any]) -> Reply:
    """Show the card or template that has been due longest, and what each rating would lead to.

    If nothing is due, the next card that the person has never seen. Show the front, let them turn
    it over (`links.answer`), then send the rating with the token. A template that is due is best
    asked: POST /v1/users/{user}/questions; its answer counts as the review.
    """
    name = named(user)
    with reading() as session:
        deck = query["deck"]
        if deck is not None:
            decks.get(session, deck, tenant_id=tenant())
        person = users.find(session, tenant(), name)
        row = card = None
        if person is not None:
            row = memories.next_due(session, person.id, now=now(), deck_id=deck)
        if row is None:
            person_id = None if person is None else person.id
            card = memories.next_new(session, person_id, tenant_id=tenant(), deck_id=deck)
        if row is None and card is None:
            return Reply(status=204)
        return Reply(_due_view(session, name, row, card), status=200)


def _review_text(value: Mapping[str, Any]) -> str:
    return f"{value['rating']}: it comes back {value['due']:%Y-%m-%d %H:%M} UTC"


def _record(session: Session, user: str, body: Mapping[str, Any]) -> Reviewed:
    person = memories.lock(session, known_or_new(session, user).id)
    if body["review_token"] is not None:
        token = read_token(named(user), body["review_token"])
        subject, event = token.subject, token.event
    else:
        card = decks.get_card(session, body["card"], tenant_id=tenant()).card
        subject, event = f"{CARD}{card.id}", None
    known_already = memories.get(session, person.id, subject) is not None
    return memories.record(
        session,
        person,
        subject,
        body["rating"],
        now=now(),
        rng=services().rng,
        deck_id=None if known_already else deck_of(session, subject),
        reviewed_at=body["reviewed_at"],
        event=event,
        duration_ms=body["duration_ms"],
    )


@resource.post(
    "/v1/users/{user}/reviews",
    id="addReview",
    summary="Rate what was reviewed",
    access=ACTING,
    path=USER_PATH,
    request=ReviewRequest(),
    answers={
        201: Answer(
            "The review, and when it comes back.",
            _REVIEW,
            text=_review_text,
            example=lambda: _REVIEW.dump(examples.reviewed()),
        )
    },
    errors=(
        "not_found",
        "review_token_used",
        "review_out_of_order",
        "conflict",
        *PERSON_ERRORS,
    ),
    examples=(
        Example(
            "A card that was reviewed elsewhere",
            path=_ANN,
            body={
                "card": examples.CARD,
                "rating": "good",
                "reviewed_at": "2026-11-20T09:00:00Z",
            },
        ),
        Example(
            "Neither a token nor a card",
            path=_ANN,
            body={"rating": "good"},
            status=422,
            code="validation_failed",
        ),
        Example(
            "In the future",
            path=_ANN,
            body={
                "card": examples.CARD,
                "rating": "good",
                "reviewed_at": "2999-01-01T00:00:00Z",
            },
            status=422,
            code="review_out_of_order",
        ),
    ),
)
def add_review(user: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Record how well something was remembered: again, hard, good or easy.

    With a token from `/reviews/next`, which is used once. Or, for an LMS or an app that reviews by
    itself, with `card` and `reviewed_at`, in the order in which the reviews of a card were made.
    """
    if body["review_token"] is None:
        only_for_others("when it was reviewed")
    with writing() as session:
        done = _record(session, user, body)
        return review_view(done.review, done.memory)


def _undone_view(undone: Reviewed) -> dict[str, Any]:
    view = review_view(undone.review, undone.memory)
    return {**view, "undone": view["id"]}


def _undone_text(value: Mapping[str, Any]) -> str:
    what = value["card"] or value["template"]
    return f"Taken back: {value['rating']} for {what}."


@resource.post(
    "/v1/users/{user}/reviews/undo",
    id="undoReview",
    summary="Take back the last review",
    access=ACTING,
    path=USER_PATH,
    answers={
        200: Answer(
            "What was taken back, and the memory as it was before.",
            _UNDONE,
            text=_undone_text,
            example=lambda: _UNDONE.dump(
                {**examples.reviewed(), "undone": examples.reviewed()["id"]}
            ),
        )
    },
    errors=("not_found", "nothing_to_undo", *PERSON_ERRORS),
    examples=(NO_PERSON,),
)
def undo_review(user: str) -> dict[str, Any]:
    """Take back the person's last review; again, and it is the one before.

    Nothing is deleted: the log gets an entry that says so. Answers stay answered.
    """
    with writing() as session:
        person = memories.lock(session, known(session, user).id)
        try:
            undone = memories.undo(session, person, now=now(), rng=services().rng)
        except NotFound:
            raise Problem(
                "nothing_to_undo", "There is no review of this person that could be taken back."
            ) from None
        return _undone_view(undone)
