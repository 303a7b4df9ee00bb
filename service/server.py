"""What gunicorn needs of this service: one way of logging, refusals as problems, how many workers.

gunicorn.conf.py is made of these, so they hold for `convcards serve` and for gunicorn by itself.
"""

from __future__ import annotations

import ctypes
import gc
import logging
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from io import BytesIO
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final
from wsgiref.util import setup_testing_defaults

from gunicorn import util
from gunicorn.glogging import Logger
from gunicorn.http import errors as http
from gunicorn.workers.gthread import ThreadWorker

from service.api import logs, metrics_files
from service.api.context import EXTENSION
from service.api.envelope import GUARDS, UNCOUNTED
from service.api.json import dumps
from service.api.problems import PROBLEM_JSON, Problem, problem_body
from service.failure import Failure
from service.startup import read_settings
from service.store import tables

if TYPE_CHECKING:
    from types import FrameType

    from gunicorn.config import Config

    from service.config import Settings

__all__ = ["Log", "Worker", "address", "give_memory_back", "hold_signals", "or_exit"]
__all__ += ["share_memory", "warm", "workers"]


M_TRIM_THRESHOLD: Final = -1  # as malloc.h has them
M_MMAP_THRESHOLD: Final = -3
M_ARENA_MAX: Final = -8

PR_SET_PDEATHSIG: Final = 1  # as sys/prctl.h has it

STOPS: Final = (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)
HASTE: Final = 2
LONGEST: Final = 60.0
"""Seconds that a client may take from the first byte of a request to the last of its answer."""

SWITCH: Final = 0.001
"""Seconds a thread keeps the interpreter from others; Python's 5 ms add up over a cheap request."""


def hold_signals() -> None:
    """Keep a signal to stop from the worker about to be forked until it can heed it.

    Else it would land in the parent's handler inside the child, and the parent would wait for the
    whole of graceful_timeout. The parent itself goes on at once.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)


os.register_at_fork(after_in_parent=partial(signal.pthread_sigmask, signal.SIG_UNBLOCK, STOPS))


@contextmanager
def or_exit() -> Iterator[None]:
    """Let a :class:`Failure` of the block end the process with its line and status."""
    try:
        yield
    except Failure as failure:
        print(f"convcards: {failure}", file=sys.stderr, flush=True)  # noqa: T201 - the last word
        sys.exit(failure.status)


def address(settings: Settings) -> str:
    """Where to listen, as gunicorn writes it."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"{host}:{settings.port}"


def workers(settings: Settings) -> int:
    """How many processes serve: one on SQLite, which one writes fastest, else one for each core."""
    if settings.database_url.startswith("sqlite"):
        return 1
    return settings.workers or min(8, max(2, os.cpu_count() or 2))


def give_memory_back() -> None:
    """Let glibc keep little of what was freed; elsewhere nothing is done.

    By itself it gives each thread a heap of its own and keeps large blocks for later: after 3,000
    mixed requests 32 threads held 306 MB. With two heaps, and blocks of a megabyte or more straight
    from the system and back to it, they hold 98.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return
    for option, value in ((M_ARENA_MAX, 2), (M_MMAP_THRESHOLD, 2**20), (M_TRIM_THRESHOLD, 2**22)):
        mallopt(option, value)


def share_memory() -> None:
    """Make ready what each worker would make for itself, and have them go on sharing all there is.

    The collector's first full round would write to every object, and so copy it into each worker.
    """
    tables.configure()
    gc.freeze()


_LAYER: Final = b"""
    {"framework": "pytorch", "op": "conv2d", "input_shape": [3, 28, 28], "kernel_size": 3,
     "out_channels": 8}"""
_TOO_LARGE: Final = b"""
    {"op": "conv2d", "weight": [[1]],
     "input": {"shape": [50000, 50000], "dtype": "float32", "data": ""}}"""
WARMING: Final = (
    ("GET", "/v1/shapes/conv2d?input_shape=28x28x3&kernel_size=5&filters=16&format=text", b""),
    ("POST", "/v1/shapes", _LAYER),
    ("POST", "/v1/convolutions", _TOO_LARGE),
)
"""Requests that need no database, and no leave unless shapes are closed; the last is refused."""


def warm(application: Callable[..., Iterable[bytes]]) -> None:
    """Answer requests of our own before the first one comes: much is made when it is first needed.

    The master does so before it forks, so that its workers share what was made. No database is
    reached, nothing is counted, and no line is left in the log.
    """
    logging.disable(logging.INFO)
    for method, address, body in WARMING:
        path, _, query = address.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "REMOTE_ADDR": "127.0.0.2",  # nobody calls from there: it uses up no one's limit
            "HTTP_HOST": "localhost",
            "wsgi.input": BytesIO(body),
            UNCOUNTED: True,
        }
        setup_testing_defaults(environ)
        with suppress(Exception):  # what is wrong shows with the first request of someone else
            list(application(environ, lambda *_: None))
    services = getattr(application, "extensions", {}).get(EXTENSION)
    if services is not None:  # an application of ours
        _ = services.metrics  # made now, it is shared by those that are forked
    logging.disable(logging.NOTSET)


class Log(Logger):
    """gunicorn's own events in the service's one form of log line."""

    def setup(self, cfg: Config) -> None:
        """Write to stderr as CONVCARDS_LOG_FORMAT says."""
        super().setup(cfg)
        form = read_settings(os.environ).log_format
        for handler in self.error_log.handlers:
            handler.setFormatter(logs.formatter(form, sys.stderr))


class Worker(ThreadWorker):
    """A threaded worker that answers what gunicorn itself refuses with a problem document.

    And one that closes the connection where an answer says so: gunicorn would drop that header.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._ends: dict[Any, float] = {}

    def handle(self, conn: Any) -> Any:
        """Serve a request, which has to be over in :data:`LONGEST` seconds."""
        self._ends[conn] = time.monotonic() + LONGEST
        try:
            return super().handle(conn)
        finally:
            del self._ends[conn]

    def notify(self) -> None:
        """Show that this worker lives, and cut off who sends or reads too slowly.

        Else they would keep their threads for as long as they like. Without a proxy before it
        that many of them can still keep others waiting, but not for ever.
        """
        super().notify()
        now = time.monotonic()
        for conn, end in tuple(self._ends.items()):
            if end < now:
                with suppress(OSError):
                    conn.sock.shutdown(socket.SHUT_RDWR)

    def load_wsgi(self) -> None:
        """Load the application, and heed its ``Connection: close``."""
        super().load_wsgi()
        sys.setswitchinterval(SWITCH)
        warm(self.wsgi)
        metrics_files.enlist()
        self.wsgi = _closing(self.wsgi)

    def init_signals(self) -> None:
        """Take over from the parent's handlers, and let in what was held back meanwhile."""
        super().init_signals()
        _stop_with_parent()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)

    def is_parent_alive(self) -> bool:
        """Whether there is a master; without one this worker is in the way of the next, and stops.

        gunicorn would go on answering kept connections for the whole of graceful_timeout.
        """
        if super().is_parent_alive():
            return True
        self.alive = False
        self.cfg.set("graceful_timeout", HASTE)
        return False

    def set_accept_enabled(self, enabled: bool | None) -> None:
        """Take in connections or not; a worker that stops takes those that wait, and lets go.

        gunicorn would keep the port until its last answer, and then reset whoever had come
        meanwhile: nobody takes them in, and a new master can't have the port.
        """
        super().set_accept_enabled(enabled)
        if enabled or self.alive:
            return
        for listener in self.sockets:
            for _ in range(self.cfg.backlog):
                if not select.select([listener], [], [], 0)[0]:
                    break
                self.accept(listener)
            listener.close()

    def handle_quit(self, sig: int, frame: FrameType | None) -> None:
        """Stop soon: what runs has :data:`HASTE` seconds to end.

        gunicorn's own handler takes the thread pool's lock, and hangs where it came in between.
        """
        self.cfg.set("graceful_timeout", HASTE)
        self.handle_exit(sig, frame)

    def run(self) -> None:
        """Serve until told to stop, and leave those behind who did not end in time.

        From then on no signal is wanted: the interpreter gives up its handlers before it ends.
        """
        super().run()
        signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
        if self.nr_conns:
            os._exit(0)  # the interpreter would wait for their threads

    def handle_error(
        self,
        req: object,  # noqa: ARG002 - gunicorn's signature
        client: socket.socket,
        addr: object,  # noqa: ARG002
        exc: BaseException,
    ) -> None:
        """Answer a request that never reached the application, and have the connection closed."""
        code, status_line, detail = _refusal(exc)
        request_id = token_hex(8)
        fault = exc if code == "internal_error" else None
        self.log.error_log.log(
            logging.ERROR if fault else logging.INFO,
            "refused by the server",
            exc_info=fault,
            extra={"code": code, "request_id": request_id},
        )
        body = (dumps(problem_body(Problem(code, detail), request_id)) + "\n").encode()
        head = (
            f"HTTP/1.1 {status_line}\r\n"
            "Connection: close\r\n"
            f"Content-Type: {PROBLEM_JSON}\r\n"
            f"Content-Length: {len(body)}\r\n"
            "Cache-Control: no-store\r\n"
            f"X-Request-Id: {request_id}\r\n"
            + "".join(f"{name}: {value}\r\n" for name, value in GUARDS)
            + "\r\n"
        )
        try:
            util.write_nonblock(client, head.encode() + body)
        except OSError:
            self.log.debug("the peer has gone")


def _stop_with_parent() -> None:
    """Have the kernel send SIGTERM when the master dies; elsewhere gunicorn looks once a second."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _closing(application: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    def answer(environ: object, start_response: Any) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            if ("Connection", "close") in headers:
                start_response.__self__.force_close()
            return start_response(status, headers, *more)

        return application(environ, start)

    return answer


def _refusal(error: BaseException) -> tuple[str, str, str]:
    """The code, the status line and the detail for what went wrong below the application."""
    match error:
        case http.LimitRequestLine():
            return "uri_too_long", "414 URI Too Long", "The address is longer than 8190 bytes."
        case http.LimitRequestHeaders():
            detail = "There are more than 64 header fields, or one has more than 8190 bytes."
            return "headers_too_large", "431 Request Header Fields Too Large", detail
        case http.ParseException():
            return "bad_request", "400 Bad Request", "The request can't be read as HTTP."
    detail = "Something went wrong here. It is logged under this request id; please report it."
    return "internal_error", "500 Internal Server Error", detail
