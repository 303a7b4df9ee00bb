"""Answers for the store's tests, each written on its own."""

from typing import Any

from sqlalchemy.orm import Session

from service.store import Answer, Question, UnreadResponse, answers, recording


def append(session: Session, question: Question, **values: Any) -> Answer:
    """Answer a locked question; arguments as `answers.made`."""
    made = answers.made(question, **values)
    changes = recording.Changes(questions={question.id: question}, answers=[made])
    recording.write(session, changes)
    return made


def keep_unread(session: Session, question: Question, **values: Any) -> UnreadResponse:
    """Keep a response that could not be read; arguments as `answers.unread`."""
    unread = answers.unread(question, **values)
    recording.write(session, recording.Changes(unread=[unread]))
    return unread
