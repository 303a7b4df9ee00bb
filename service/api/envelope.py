"""What every request has: an id, a check in local mode, security headers, one line in the log."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any, Final

from flask import Flask, Response, g, request

from service.api import limits, logs
from service.api.auth import check_local

if TYPE_CHECKING:
    from service.api.context import Services

__all__ = ["GUARDS", "PAGE_POLICY", "UNCOUNTED", "install"]

UNCOUNTED: Final = "convcards.uncounted"
"""In the environment of a request of the server's own, which is not counted."""

_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")

_POLICY: Final = "default-src 'none'; frame-ancestors 'none'"
PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy of pages: everything from this service, nothing inline."""

_HEADERS: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
)
_SHARING: Final = "Cross-Origin-Resource-Policy"

GUARDS: Final = (*_HEADERS, (_SHARING, "same-origin"), ("Content-Security-Policy", _POLICY))
"""What guards every answer that is neither a page nor a picture."""

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def _named() -> tuple[str, str]:
    """What a request is called in logs and spans: method and template of the address."""
    rule = request.url_rule
    return request.method if request.method in _METHODS else "-", rule.rule if rule else "-"


def install(app: Flask, services: Services) -> None:
    """Put every request of ``app`` into this envelope."""
    rng, settings = services.rng, services.settings

    def open_request() -> None:
        g.started = time.perf_counter()
        given = request.environ.get("HTTP_X_REQUEST_ID", "")
        g.request_id = given if _REQUEST_ID.fullmatch(given) else f"{rng.getrandbits(64):016x}"
        if services.tracing is not None and UNCOUNTED not in request.environ:
            g.traced = services.tracing.begin(" ".join(_named()), request.environ)
        if settings.mode == "local":
            check_local(request.environ, settings)

    def close_request(response: Response) -> Response:
        headers = response.headers
        state = g._get_current_object()
        headers.add("X-Request-Id", state.request_id)
        for name, value in _HEADERS:
            headers.add(name, value)
        # An LMS shows pictures by their address; nothing else is for other sites' pages.
        is_picture = (response.mimetype or "").startswith("image/")
        headers.add(_SHARING, "cross-origin" if is_picture else "same-origin")
        for name, value in limits.headers().items():
            headers.add(name, value)
        is_page = response.mimetype == "text/html"
        headers.add("Content-Security-Policy", PAGE_POLICY if is_page else _POLICY)
        _tell(services, response.status_code, state)
        return response

    app.before_request(open_request)
    app.after_request(close_request)


def _tell(services: Services, status: int, state: Any) -> None:
    """Count, log and trace what a request came to; ``state`` is what Flask calls ``g``."""
    method, route = _named()
    seconds = time.perf_counter() - state.started
    fields = {
        "method": method,
        "route": route,
        "status": status,
        "duration_ms": round(seconds * 1000, 2),
        "request_id": state.request_id,
    }
    code = state.get("refused")
    if code is not None:
        fields["code"] = code
    if UNCOUNTED not in request.environ:
        services.metrics.answered(request.endpoint, status, seconds)
        if code is not None:
            services.metrics.refused(code)
    traced = state.pop("traced", None)
    if traced is not None:
        fields["trace_id"] = traced.trace_id
        about = {"http.request.method": method, "http.route": route}
        traced.end(status, about | {"convcards.request_id": state.request_id})
    logs.access(**fields)
