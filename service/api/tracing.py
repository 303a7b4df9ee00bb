"""Spans for OpenTelemetry: one for each request, in it reading, computing, writing and SQL.

Only with CONVCARDS_TRACES_TO and the extra `otel`: else nothing of it is imported, and a request
costs one comparison. A `traceparent` that comes along (W3C Trace Context) is gone on with; the id
of the trace is in the request's log line. Names and attributes hold templates of addresses and SQL
without its values, nothing about a person. What is sampled is said by OTEL_TRACES_SAMPLER.
"""

from __future__ import annotations

import os
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from opentelemetry.sdk.trace import SpanProcessor
    from opentelemetry.trace import Span

__all__ = ["Request", "Tracing", "exporting_to"]

_HEADERS: Final = (("traceparent", "HTTP_TRACEPARENT"), ("tracestate", "HTTP_TRACESTATE"))


def exporting_to(address: str) -> SpanProcessor:
    """What sends spans to a collector: OTLP over HTTP, in batches, from a thread of its own."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    return BatchSpanProcessor(OTLPSpanExporter(endpoint=f"{address.rstrip('/')}/v1/traces"))


class Tracing:
    """The spans of one process, handed to ``processor`` as they end."""

    def __init__(self, processor: SpanProcessor) -> None:
        from opentelemetry import context, trace
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        release = version("convcards")
        about = {"service.version": release}
        if "OTEL_SERVICE_NAME" not in os.environ:
            about["service.name"] = "convcards"
        provider = TracerProvider(resource=Resource.create(about))
        provider.add_span_processor(processor)
        self._tracer = provider.get_tracer("convcards", release)
        self._propagator = TraceContextTextMapPropagator()
        self._context, self._trace = context, trace

    def begin(self, name: str, environ: Mapping[str, Any]) -> Request:
        """Begin the span of a request; it is the current one until its ``end`` is called."""
        carried = {name: environ[key] for name, key in _HEADERS if key in environ}
        span = self._tracer.start_span(
            name,
            context=self._propagator.extract(carried, context=self._context.Context()),
            kind=self._trace.SpanKind.SERVER,
        )
        token = self._context.attach(self._trace.set_span_in_context(span))
        return Request(span, lambda: self._context.detach(token))

    def span(self, name: str) -> AbstractContextManager[object]:
        """A span for a block, within the current one."""
        return self._tracer.start_as_current_span(name)

    def statement(self, dialect: str, sql: str) -> Callable[[], None]:
        """Begin the span of a SQL statement; what is returned ends it."""
        word = sql.split(maxsplit=1)[0].upper() if sql.strip() else "SQL"
        span = self._tracer.start_span(word, kind=self._trace.SpanKind.CLIENT)
        span.set_attributes({"db.system.name": dialect, "db.query.text": sql})
        return span.end


class Request:
    """The span of one request."""

    def __init__(self, span: Span, leave: Callable[[], None]) -> None:
        self._span = span
        self._leave = leave

    @property
    def trace_id(self) -> str:
        """The id of the trace, as logs and other services write it."""
        return f"{self._span.get_span_context().trace_id:032x}"

    def end(self, status: int, attributes: Mapping[str, str]) -> None:
        """Say how the request was answered, and end its span."""
        self._span.set_attributes({"http.response.status_code": status, **attributes})
        if status >= 500:
            from opentelemetry.trace import Status, StatusCode

            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()
        self._leave()
