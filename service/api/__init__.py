"""The HTTP API: the only room that knows Flask and marshmallow.

A request goes through :mod:`~service.api.envelope` (id, log line, headers) and
:mod:`~service.api.dispatch` (checking by the declared :mod:`~service.api.operation`) to a view in
:mod:`~service.api.blueprints`, and out again as JSON, text or a problem
(:mod:`~service.api.problems`).
"""
