"""Spans: what a request does, within the trace that it came with, and nothing about anybody."""

import gzip
import io
import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from quiz_service import Quiz
from service import startup
from service.api import logs
from service.api.context import EXTENSION
from service.app import create_app
from service.config import Settings
from service.failure import Failure

sdk = pytest.importorskip("opentelemetry.sdk.trace.export", reason="the extra otel is missing")
memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
COMES = {"traceparent": f"00-{TRACE}-{PARENT}-01"}


@pytest.fixture
def exporter() -> Any:
    return memory.InMemorySpanExporter()


@pytest.fixture
def service(database_url: str, exporter: Any) -> Iterator[Quiz]:
    """The service, with its spans kept in ``exporter``."""
    from service.api.tracing import Tracing

    app = create_app(Settings(mode="local", database_url=database_url))
    app.extensions[EXTENSION].tracing = Tracing(sdk.SimpleSpanProcessor(exporter))
    yield Quiz(app)
    app.extensions[EXTENSION].close()


def spans(exporter: Any) -> dict[str, Any]:
    """What ended, by name; the last of each."""
    return {span.name: span for span in exporter.get_finished_spans()}


def test_a_request_is_one_span_with_its_parts_in_it(service: Quiz, exporter: Any) -> None:
    log = io.StringIO()
    logs.configure("json", log)
    body = {"op": "conv2d", "input_shape": [28, 28, 3], "kernel_size": 5, "filters": 16}
    response = service.post("/v1/shapes", body, **COMES)
    found = spans(exporter)
    whole = found["POST /v1/shapes"]
    assert f"{whole.context.trace_id:032x}" == TRACE
    assert f"{whole.parent.span_id:016x}" == PARENT
    assert whole.attributes["http.response.status_code"] == 200
    assert whole.attributes["http.route"] == "/v1/shapes"
    for name in ("read", "compute", "write"):
        assert found[name].parent.span_id == whole.context.span_id
    line = json.loads(log.getvalue())
    assert line["trace_id"] == TRACE
    assert line["request_id"] == response.headers["X-Request-Id"]
    assert whole.attributes["convcards.request_id"] == line["request_id"]


def test_sql_is_told_without_its_values(service: Quiz, exporter: Any) -> None:
    question = service.ask("ann-with-a-name", kind="integer")
    exporter.clear()
    assert service.answer(question, "4711", key="a-key-of-hers").status_code == 201
    found = exporter.get_finished_spans()
    (whole,) = [span for span in found if span.parent is None]
    assert whole.name == "POST /v1/questions/<question>/answers"
    statements = [span for span in found if "db.query.text" in span.attributes]
    assert {span.name for span in statements} >= {"SELECT"}
    compute = spans(exporter)["compute"]
    assert {span.parent.span_id for span in statements} == {compute.context.span_id}
    told = " ".join(f"{span.name} {dict(span.attributes)}" for span in found)
    for secret in ("ann-with-a-name", "4711", "a-key-of-hers", question["id"]):
        assert secret not in told


def test_refusals_and_what_cannot_be_read_end_their_spans(service: Quiz, exporter: Any) -> None:
    for path, headers, status in (
        ("/nowhere", {"traceparent": "no trace at all"}, 404),
        ("/v1/cards/none", {}, 404),
    ):
        exporter.clear()
        assert service.get(path, **headers).status_code == status
        (whole,) = [span for span in exporter.get_finished_spans() if span.parent is None]
        assert whole.attributes["http.response.status_code"] == status
    assert whole.status.is_ok or whole.status.status_code.name == "UNSET"


def test_without_the_setting_nothing_is_loaded(client: Any, monkeypatch: Any) -> None:
    for name in [name for name in sys.modules if name.split(".")[0] == "opentelemetry"]:
        monkeypatch.delitem(sys.modules, name)
    assert client.get("/livez", headers=COMES).status_code == 200
    assert not any(name.split(".")[0] == "opentelemetry" for name in sys.modules)


def test_without_the_extra_it_does_not_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "opentelemetry.sdk", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(Failure, match=r"pip install 'convcards\[otel\]'"):
        startup.read_settings({"CONVCARDS_TRACES_TO": "http://127.0.0.1:4318"})


def test_spans_reach_a_collector() -> None:
    from service.api.tracing import Tracing, exporting_to

    got: list[tuple[str, bytes]] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        processor = exporting_to(f"http://127.0.0.1:{server.server_port}/")
        Tracing(processor).begin("GET /livez", {}).end(200, {"http.route": "/livez"})
        processor.force_flush()
        processor.shutdown()
        server.shutdown()
    ((path, sent),) = got
    assert path == "/v1/traces"
    sent = gzip.decompress(sent) if sent[:2] == b"\x1f\x8b" else sent
    assert b"GET /livez" in sent
    assert b"convcards" in sent
