"""Issued questions as answers: what they ask, and what is right once that may be shown.

The store keeps how a question was made, never its key: template, version, seed, difficulty, or the
card and its version. :func:`made_again` makes it from that, as often as it is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from service.api.cards import figure_links
from service.api.curl import curl
from service.api.people import tenant
from service.api.pictured import picture_links
from service.quiz.grading import derivation, in_words
from service.quiz.reading import rating_hint
from service.quiz.templates import Problem as Exercise
from service.quiz.templates import find_template, make
from service.store import NotFound, Question, decks, templates

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy.orm import Session

    from service.quiz.templates import Template
    from service.shapes import Step
    from service.store import Quiz
    from service.store.decks import CardText

__all__ = [
    "Asked",
    "all_made_again",
    "asked_view",
    "made_again",
    "question_text",
    "read_on",
    "solution",
]


@dataclass(frozen=True, slots=True)
class Asked:
    """An issued question and what it is about: a template's problem, or a card."""

    question: Question
    about: Exercise | CardText


_RECALL: Final = {
    False: "Recall it, then reveal the back.",
    True: "Recall it: type it, or reveal the back. Then rate yourself.",
}
"""What to do with a card, by whether it has a rubric."""


def made_again(session: Session, question: Question) -> Asked:
    """The question as it was when it was issued."""
    return all_made_again(session, [question])[0]


def all_made_again(session: Session, asked: Sequence[Question]) -> list[Asked]:
    """The same for many, in their order, with one look at the decks for all that is theirs."""
    cards = {
        (question.card_id, question.card_version)
        for question in asked
        if question.card_id is not None and question.card_version is not None
    }
    texts = decks.get_versions(session, cards, tenant_id=tenant()) if cards else {}
    made_of = {(question.template, question.template_version) for question in asked}
    own = templates.get_versions(session, made_of, tenant_id=tenant())
    return [Asked(question, _about(question, texts, own)) for question in asked]


def _about(
    question: Question,
    texts: Mapping[tuple[str, int], CardText],
    own: Mapping[tuple[str, int], Template],
) -> Exercise | CardText:
    if question.card_id is None or question.card_version is None:
        version = question.template, question.template_version
        template = own.get(version) or find_template(*version)
        return make(template, question.seed, question.difficulty)
    found = texts.get((question.card_id, question.card_version))
    if found is None:
        raise NotFound("card", question.card_id)
    return found


def asked_view(asked: Asked, base: str, quiz: Quiz | None = None) -> dict[str, Any]:
    """The question for whoever is to answer it; with the answer once it earns no credit.

    In an exam that is not before the end of all of it.
    """
    question, about = asked.question, asked.about
    address = f"/v1/questions/{question.id}"
    view: dict[str, Any] = {
        "id": str(question.id),
        "template": question.template,
        "kind": question.kind,
        "difficulty": question.difficulty,
        "state": question.state,
        "attempts_left": question.attempts_left,
        "asked_at": question.issued_at,
        "links": {
            "self": address,
            "answers": f"{address}/answers",
            "reveal": f"{address}/reveal",
        },
    }
    if isinstance(about, Exercise):
        view |= {
            "prompt": about.prompt,
            "response_hint": about.response_hint,
            "figure": picture_links(about, told=False),
        }
        if about.options:
            view["options"] = [option._asdict() for option in about.options]
    else:
        content = about.text.content
        view |= {
            "prompt": content["front"],
            "response_hint": f"{_RECALL['rubric' in content]} {rating_hint()}",
            "figure": figure_links(about.card.id, content),
            "card": f"/v1/cards/{about.card.id}",
        }
    if quiz is not None:
        view["quiz"] = f"/v1/quizzes/{quiz.id}"
    sealed = quiz is not None and quiz.is_sealed
    if sealed or (question.state == "open" and (quiz is None or quiz.finished_at is None)):
        return view
    return view | {"seed": question.seed} | solution(asked, base)


def solution(asked: Asked, base: str, steps: Sequence[Step] | None = None) -> dict[str, Any]:
    """What is right, why, how to compute it, and which card to read.

    ``steps`` are the derivation, if it has been made already.
    """
    about = asked.about
    if not isinstance(about, Exercise):
        back = about.text.content["back"]
        return {"expected": back, "explanation": back, "card": f"/v1/cards/{about.card.id}"}
    card = about.card or find_template(about.template, about.version).cards[0]
    view: dict[str, Any] = {
        "expected": about.key,
        "explanation": " ".join(
            filter(None, [f"It is {in_words(about, about.key)}.", about.reason])
        ),
        "derivation": [step._asdict() for step in steps or derivation(about)],
        "card": f"/v1/cards/{card}",
        "figure": picture_links(about, told=True),
    }
    if about.request is not None:
        request = {"method": "POST", "path": about.path, "body": dict(about.request)}
        view["check"] = {"request": request, "curl": curl(base, request)}
    return view


def question_text(view: Mapping[str, Any]) -> str:
    """A question for terminals and chats."""
    lines = [view["prompt"]]
    if view["figure"]:
        lines.append(f"picture: {view['figure']['png']}")
    lines += [f"{option['id']}) {option['text']}" for option in view.get("options", ())]
    if "expected" in view:
        lines += [view["explanation"], *_steps(view), read_on(view)]
    if view["attempts_left"]:
        body = '{"response": "..."}'
        lines += [view["response_hint"], f"POST {view['links']['answers']} {body}"]
    return "\n".join(lines)


def _steps(view: Mapping[str, Any]) -> Iterator[str]:
    for step in view.get("derivation", ()):
        terms = [step["formula"], step["substitution"], str(step["value"])]
        what = f"{step['axis']}, {step['quantity'].replace('_', ' ')}"
        yield f"  {what}: {' = '.join(dict.fromkeys(terms))}"


def read_on(view: Mapping[str, Any]) -> str:
    """Where the card is that explains it."""
    return f"read: {view['card']}/answer?format=text"
