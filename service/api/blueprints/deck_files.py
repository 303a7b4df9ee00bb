"""Decks as files: handed out, and taken in again."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from service.api import examples
from service.api.auth import anonymous
from service.api.authored import WRITING
from service.api.blueprints.decks import DECK_PATH
from service.api.conditional import REVALIDATE
from service.api.context import now, reading, writing
from service.api.later import tell
from service.api.operation import Answer, Body, Example, Reply, Resource
from service.api.people import ensure_tenant, tenant
from service.api.problems import Fault, Problem
from service.api.schemas.deck_files import (
    ExportQuery,
    ImportedDeckSchema,
    ImportQuery,
    ImportReader,
    Upload,
)
from service.integrations.deck_formats import MEDIA_TYPES, plain, read, write
from service.quiz.deck_file import MAX_BYTES
from service.quiz.deck_reading import MAX_CARDS, MAX_QUESTIONS, check_ids, read_deck
from service.store import SharedDeck, decks
from service.store.wordings import Changes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from service.quiz.cards import Deck

__all__ = ["resource"]

resource = Resource("deck_files", tag="Decks and cards", about="What the decks hold, card by card.")

_IMPORTED: Final = ImportedDeckSchema()
_FILE: Final = plain(examples.written_deck())
_TABLE: Final = "front,back\r\nWhat is a kernel?,A small filter.\r\n"


def _body(kind: str | None, about: str, example: str) -> Body:
    def read_upload(raw: bytes, _: Mapping[str, str]) -> Upload:
        return Upload(kind, raw)

    return Body(read_upload, {"type": "string", "description": about}, ("One card", example))


@resource.get(
    "/v1/decks/{deck}/export",
    id="exportDeck",
    summary="A deck as a file",
    access=anonymous("cards:read"),
    path=DECK_PATH,
    query=ExportQuery(),
    answers={
        200: Answer(
            "The whole deck, to be imported again, here or elsewhere.",
            media=dict.fromkeys(MEDIA_TYPES.values()),
            headers={
                "Content-Disposition": "A file name to keep it under.",
                "Left-Out": "Of CSV: how many questions the deck has, which are not in it.",
            },
        )
    },
    later=True,
    errors=("not_found", "gone", "service_unavailable"),
    cache=REVALIDATE,
    examples=(
        Example("As JSON", path={"deck": "cnn"}),
        Example("For a spreadsheet", path={"deck": "cnn"}, query={"format": "csv"}),
        Example("As a deck file", path={"deck": "cnn"}, query={"format": "toml"}),
    ),
)
def export_deck(deck: str, query: Mapping[str, Any]) -> Reply:
    """Hand out a deck as JSON, as CSV or as TOML, the form of deck files.

    POST /v1/imports takes each of them; what comes back unchanged changes nothing. In CSV no cell
    begins as a formula does: an apostrophe stands before it, and is taken away again. CSV holds
    cards alone: the header `Left-Out` says how many questions the deck has besides.
    """
    kind = query["format"]
    with reading() as session:
        whole = decks.whole(session, decks.get(session, deck, tenant_id=tenant()))
    headers = {"Content-Disposition": f'attachment; filename="{deck}.{kind}"'}
    if kind == "csv" and whole.questions:
        headers["Left-Out"] = f"{len(whole.questions)} questions"
    return Reply(write(whole, kind).encode(), media_type=MEDIA_TYPES[kind], headers=headers)


class _Undo(Exception):  # noqa: N818 - it is how a dry run ends
    """Ends a transaction that was only to show what would come of it."""

    def __init__(self, outcome: dict[str, Any]) -> None:
        super().__init__()
        self.outcome = outcome


def _kind(upload: Upload, wanted: str | None) -> str:
    """The format of an upload: what ``format`` says, else its media type."""
    kind = wanted or upload.kind
    if kind is None or (upload.kind == "json") != (kind == "json"):
        detail = "The body's media type does not say which format it has, or not the same."
        hint = "format=csv with text/csv, format=toml with application/toml, or JSON"
        raise Problem("validation_failed", detail, faults=[Fault("/format", detail, hint)])
    return kind


def _read(content: Any, kind: str) -> Deck | None:
    """The deck that a file is by itself; None for a table, which says of itself only the cards.

    A large file takes its time: nobody who writes may wait for it, so no transaction is open yet.
    """
    if kind == "csv":
        return None
    return read_deck(content) if kind == "json" else read(content, kind, "")


def _read_table(session: Session, content: bytes, target: str | None) -> Deck:
    """The deck that is under this id, with the cards of a table."""
    if target is None:
        detail = "A table of cards doesn't say which deck it is."
        hint = "deck=kernels, the id of a deck, which may be new"
        raise Problem("validation_failed", detail, faults=[Fault("/deck", detail, hint)])
    stored = decks.lock(session, target)
    own = stored is not None and stored.tenant_id == tenant()
    known = decks.whole(session, stored) if stored is not None and own else None
    return read(content, "csv", target, known)


def _load(session: Session, deck: Deck, *, keep_missing: bool) -> dict[str, Any]:
    stored = decks.lock(session, deck.slug)
    if stored is not None and stored.tenant_id is None:
        raise SharedDeck(deck.slug)
    loaded = decks.load(
        session, deck, now=now(), tenant_id=tenant(), keep_missing=keep_missing, tell=tell
    )
    count = decks.CARDS.count(session, deck.slug)
    asked = decks.TEMPLATES.count(session, deck.slug)
    if count > MAX_CARDS or asked > MAX_QUESTIONS:
        many = f"{count:,} cards and {asked:,} questions"
        raise Problem("deck_full", f"The deck {deck.slug} would have {many}.")
    return {
        "deck": deck.slug,
        "deck_created": loaded.made,
        "deck_changed": loaded.renamed,
        **_changes_view(loaded, count),
        "questions": _changes_view(loaded.questions, asked),
        "links": {"deck": f"/v1/decks/{deck.slug}"},
    }


def _changes_view(changes: Changes, count: int) -> dict[str, Any]:
    """What came of the cards or the questions of a deck, which are ``count`` now."""
    touched = {*changes.added, *changes.changed, *changes.returned}
    return {
        "created": changes.added,
        "changed": changes.changed,
        "moved": changes.moved,
        "restored": changes.returned,
        "removed": changes.retired,
        "unchanged": count - len(touched),
    }


@resource.post(
    "/v1/imports",
    id="importDeck",
    summary="A deck from a file",
    access=WRITING,
    request=ImportReader(),
    bodies={
        "text/csv": _body("csv", "A line for each card, under a line of headings.", _TABLE),
        "application/toml": _body("toml", "A deck file.", write(examples.written_deck(), "toml")),
        "text/plain": _body(None, "CSV or TOML, as `format` says.", _TABLE),
        "application/octet-stream": _body(None, "CSV or TOML, as `format` says.", _TABLE),
    },
    query=ImportQuery(),
    answers={
        200: Answer(
            "What was done, or with `dry_run` would be.",
            _IMPORTED,
            example=lambda: _IMPORTED.dump(
                {
                    "deck": examples.OWN_DECK,
                    "dry_run": False,
                    "deck_created": True,
                    "deck_changed": False,
                    **_changes_view(Changes(added=[examples.OWN_CARD]), 1),
                    "questions": _changes_view(Changes(), 0),
                    "links": {"deck": f"/v1/decks/{examples.OWN_DECK}"},
                }
            ),
        )
    },
    later=True,
    errors=("shared_deck", "deck_full", "conflict", "service_unavailable"),
    max_body=MAX_BYTES,
    examples=(
        Example("What it would do", body=_FILE, query={"dry_run": "true"}),
        Example("A deck of one card", body=_FILE),
        Example(
            "A deck without cards",
            body={"deck": {"slug": "kernels", "title": "Kernels"}, "cards": []},
            status=422,
            code="validation_failed",
        ),
        Example(
            "Everyone's deck",
            body=_FILE,
            query={"deck": "cnn"},
            status=403,
            code="shared_deck",
        ),
    ),
)
def import_deck(body: Upload, query: Mapping[str, Any]) -> dict[str, Any]:
    """Make a deck say what a file says: all of it, or with a fault anywhere nothing at all.

    A card is known by its `key` in the deck (in CSV without one, by its front): it keeps its id and
    everybody's history, and a new text is its next version. So do questions of one's own, of which
    CSV knows nothing and changes none. What the file doesn't have is deleted, unless
    `keep_missing`; what was deleted comes back, and so does a deleted deck.
    The same file again changes nothing. With `dry_run` nothing is done.
    """
    dry_run, target = query["dry_run"], query["deck"]
    file = _read(body.content, _kind(body, query["format"]))
    try:
        with writing() as session:
            ensure_tenant(session)
            deck = file or _read_table(session, body.content, target)
            if target is not None:
                deck = replace(deck, slug=target)
                check_ids(deck)
            outcome = _load(session, deck, keep_missing=query["keep_missing"])
            if dry_run:
                raise _Undo(outcome)
    except _Undo as undone:
        outcome = undone.outcome
    return {**outcome, "dry_run": dry_run}
