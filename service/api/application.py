"""Flask, set up as this service wants it."""

from __future__ import annotations

from flask import Flask, Response
from flask.sessions import SessionInterface

from service.api import envelope, later, logs, problems
from service.api.blueprints import RESOURCES
from service.api.context import EXTENSION, Services
from service.api.json import StrictJSON
from service.api.slashes import EncodedSlashes

__all__ = ["make_application"]


class _NoSessions(SessionInterface):
    """No cookies: whoever calls brings a key with each request."""

    def open_session(self, *_args: object) -> None:
        """Open none; Flask then makes an empty one that is never saved."""


class _Application(Flask):
    json_provider_class = StrictJSON
    session_interface = _NoSessions()

    def make_default_options_response(self) -> Response:
        """Answer OPTIONS with the methods that the address takes, in Allow."""
        response: Response = super().make_default_options_response()
        response.status_code = 204
        del response.headers["Content-Type"]
        return response


def make_application(services: Services) -> Flask:
    """An application with every resource, every error answered, no database opened."""
    settings = services.settings
    app = _Application("convcards", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = settings.max_body_bytes
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.extensions[EXTENSION] = services
    logs.configure(settings.log_format)
    if settings.traces_to:
        from service.api.tracing import Tracing, exporting_to

        services.tracing = Tracing(exporting_to(settings.traces_to))
    envelope.install(app, services)
    problems.install(app)
    for resource in RESOURCES:
        resource.register(app)
    later.install(app, (one for resource in RESOURCES for one in resource.operations))
    app.wsgi_app = EncodedSlashes(app.wsgi_app)  # type: ignore[method-assign]
    return app
