"""``/v1/keys`` and ``/v1/audit``: keys over HTTP, and what was done with them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from service.api.audited import record
from service.api.auth import needs
from service.api.context import caller, now, reading, services, writing
from service.api.fields import Text
from service.api.operation import Answer, Example, Reply, Resource
from service.api.pagination import PageQuery, newest_page, page_of, read_cursor, show_page
from service.api.people import ensure_tenant, tenant
from service.api.problems import Fault, Problem
from service.api.schemas.access import AuditEventSchema, KeyRequest, KeySchema, MadeKeySchema
from service.store import audit, keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from service.store import ApiKey, AuditEvent

__all__ = ["resource"]

resource = Resource(
    "keys", tag="Keys", about="API keys over HTTP, for a key with keys:admin, and the audit log."
)

ADMIN: Final = needs("keys:admin")

_MADE: Final = MadeKeySchema()
_KEYS: Final = page_of("KeyPage", KeySchema)
_EVENTS: Final = page_of("AuditPage", AuditEventSchema)
_ID: Final = "0R3kz81mYc02HqBd"
_SHOWN: Final = {
    "id": _ID,
    "name": "reports",
    "scopes": ["reports:read"],
    "state": "valid",
    "created_at": "2026-11-23T12:00:00.000Z",
    "expires_at": "2027-11-23T12:00:00.000Z",
    "revoked_at": None,
    "last_used_at": None,
}
_EVENT: Final = {
    "id": "019aaf0d-5e6f-7a63-9000-2c9c3b3f2d74",
    "at": "2026-11-23T12:00:00.000Z",
    "actor": "key:7Hq0WmD2kRb81xZa",
    "action": "key.created",
    "subject": f"key:{_ID}",
    "details": {"name": "reports", "scopes": ["reports:read"]},
    "request_id": "4f1c2a9be07d6358",
}


def _view(key: ApiKey) -> dict[str, Any]:
    moment = now()
    names = ("id", "name", "scopes", "created_at", "expires_at", "revoked_at", "last_used_at")
    return {name: getattr(key, name) for name in names} | {"state": keys.state(key, now=moment)}


@resource.get(
    "/v1/keys",
    id="listKeys",
    summary="The keys of the tenant",
    access=ADMIN,
    query=PageQuery(),
    answers={
        200: Answer(
            "A page of keys, by id.", _KEYS, example={"items": [_SHOWN], "next_cursor": None}
        )
    },
    errors=("bad_cursor", "service_unavailable"),
    examples=(Example("All of them"),),
)
def list_keys(query: Mapping[str, Any]) -> dict[str, Any]:
    """Every key of the caller's tenant, revoked ones too, without their secrets."""
    listing = f"keys/{tenant()}"
    place = read_cursor(listing, query["cursor"], (str,))
    with reading() as session:
        page = keys.of_tenant(
            session, tenant(), limit=query["limit"], after=place[0] if place else None
        )
    return show_page(listing, page, _view)


@resource.post(
    "/v1/keys",
    id="createKey",
    summary="Make a key",
    access=ADMIN,
    request=KeyRequest(),
    answers={
        201: Answer(
            "The key, and its text, which is shown only now.",
            _MADE,
            example=_SHOWN | {"key": f"cck_{_ID}_<secret>_<checksum>"},
        )
    },
    errors=("service_unavailable",),
    examples=(
        Example(
            "For reports, until a day",
            body={
                "name": "reports",
                "scopes": ["reports:read"],
                "expires_at": "2999-11-23T12:00:00Z",
            },
        ),
        Example(
            "A scope that isn't there",
            body={"name": "reports", "scopes": ["report:read"]},
            status=422,
            code="validation_failed",
        ),
    ),
)
def create_key(body: Mapping[str, Any]) -> dict[str, Any]:
    """Make a key of the caller's tenant, with no scope that the caller's own key lacks."""
    beyond = sorted(set(body["scopes"]) - caller().scopes)
    if beyond:
        raise Problem(
            "missing_scope", f"A key gives no more than it has: yours lacks {', '.join(beyond)}."
        )
    ends = body["expires_at"]
    if ends is not None and ends <= now():
        fault = Fault("/expires_at", "It lies in the past.", "null for a key that never ends")
        raise Problem("validation_failed", "expires_at: It lies in the past.", faults=[fault])
    with writing() as session:
        ensure_tenant(session)
        key, text = keys.create(
            session,
            tenant(),
            name=body["name"],
            scopes=body["scopes"],
            expires_at=ends,
            now=now(),
            rng=services().rng,
        )
        record(session, "key.created", f"key:{key.id}", name=key.name, scopes=key.scopes)
        return _view(key) | {"key": text}


@resource.operation(
    "DELETE",
    "/v1/keys/{key}",
    id="revokeKey",
    summary="Revoke a key",
    access=ADMIN,
    path={"key": Text(64, description="The key's id.", example=_ID)},
    answers={204: Answer("The key opens nothing any more, and neither do tokens made with it.")},
    errors=("not_found", "service_unavailable"),
    examples=(Example("A key that isn't there", path={"key": _ID}, status=404, code="not_found"),),
)
def revoke_key(key: str) -> Reply:
    """Close a key for ever; closing it again changes nothing."""
    with writing() as session:
        keys.revoke(session, tenant(), key, now=now())
        record(session, "key.revoked", f"key:{key}")
    return Reply()


def _event(event: AuditEvent) -> dict[str, Any]:
    names = ("at", "actor", "action", "subject", "details", "request_id")
    return {"id": str(event.id)} | {name: getattr(event, name) for name in names}


@resource.get(
    "/v1/audit",
    id="listAuditEvents",
    summary="What was done with keys",
    access=ADMIN,
    query=PageQuery(),
    answers={
        200: Answer(
            "A page of events, newest first.",
            _EVENTS,
            example={"items": [_EVENT], "next_cursor": None},
        )
    },
    errors=("bad_cursor", "service_unavailable"),
    examples=(Example("The newest"),),
)
def list_audit_events(query: Mapping[str, Any]) -> dict[str, Any]:
    """What keys and operators did in the tenant: keys made, people exported and erased.

    Nothing in it is ever changed, nothing is deleted before its time, and nothing tells who a
    person is.
    """
    with reading() as session:
        newest = partial(audit.newest, session, tenant())
        return newest_page(f"audit/{tenant()}", query, newest, _event)
