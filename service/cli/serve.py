"""`convcards serve`: everything on this machine, from an empty folder to a first answer."""

from __future__ import annotations

import argparse
import errno
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from gunicorn import util
from gunicorn.app.base import Application

from service import startup
from service.cli import deck
from service.cli.options import Options
from service.config import FROM_FILE, PREFIX, Settings
from service.failure import UNAVAILABLE, UNCONFIGURED, Failure
from service.resources import gunicorn_config_file

if TYPE_CHECKING:
    from gunicorn.arbiter import Arbiter

__all__ = ["run"]

BACKLOG = 2048


def run(arguments: Sequence[str]) -> int:
    """Serve until Ctrl-C or SIGTERM; the process exits with 0 then."""
    settings = _local_settings(_read(arguments).port)
    with _listen(settings) as listener:
        port: int = listener.getsockname()[1]
        _export(settings, port)
        startup.prepare(settings)
        with startup.connected(settings) as database:
            deck.load_seed(database)
            banner = _banner(settings.host, port, database.address)
        server = _Server(listener, banner)
    server.run()
    return 0


def _read(arguments: Sequence[str]) -> argparse.Namespace:
    options = Options(
        "serve",
        "Serve on this machine only: the database is made and migrated, the deck loaded, and no\n"
        "API key is needed. Ctrl-C stops. Other settings are CONVCARDS_* variables; to serve\n"
        "others than this machine see docs/containers.md.",
        ["serve", "serve --port 9000"],
    )
    options.add_argument(
        "--port",
        type=int,
        metavar="N",
        help="port to listen on, 0 for any free one (default: CONVCARDS_PORT, or 8000)",
    )
    given = options.read(arguments)
    if given.port is not None and not 0 <= given.port <= 65_535:
        options.error("--port takes 0 to 65535")
    return given


def _local_settings(port: int | None) -> Settings:
    if os.environ.get(f"{PREFIX}MODE") not in (None, "", "local"):
        raise Failure(
            "serve is for this machine only, without keys, so CONVCARDS_MODE can't be secured; "
            "docs/containers.md says how to serve others",
            UNCONFIGURED,
        )
    chosen = {f"{PREFIX}MODE": "local"} | ({} if port is None else {f"{PREFIX}PORT": str(port)})
    return startup.read_settings({**os.environ, **chosen})


def _listen(settings: Settings) -> socket.socket:
    """Take the port at once, so that a second server fails before it touches anything."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise Failure(_port_trouble(settings.port, error), UNAVAILABLE) from None
    return listener


def _port_trouble(port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        other = f"convcards serve --port {port + 1}"
        return f"port {port} is taken, perhaps by another convcards; another one: {other}"
    return f"port {port} can't be used: {error.strerror}"


def _export(settings: Settings, port: int) -> None:
    """Hand what was decided here to gunicorn.conf.py and the application."""
    for name, value in (("MODE", settings.mode), ("HOST", settings.host), ("PORT", str(port))):
        os.environ.pop(PREFIX + name + FROM_FILE, None)
        os.environ[PREFIX + name] = value


def _banner(host: str, port: int, database: str) -> str:
    base = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    query = "input_shape=28x28x3&kernel_size=5&filters=16&padding=same&format=text"
    return (
        f"ConvCards {version('convcards')} is ready on {base} (Ctrl-C stops it)\n\n"
        f"  curl '{base}/v1/shapes/conv2d?{query}'\n\n"
        f"  {base}/docs has every request, to be tried in a browser\n"
        f"  data: {database}\n"
    )


class _Server(Application):
    """gunicorn in this process, set by gunicorn.conf.py, on a socket that listens already."""

    def __init__(self, listener: socket.socket, banner: str) -> None:
        self._bind = f"fd://{listener.detach()}"
        self._banner = banner
        super().__init__()

    def load_config(self) -> None:
        """Read gunicorn.conf.py; arguments and variables of gunicorn's own are not looked at."""
        self.load_config_from_file(str(gunicorn_config_file()))
        self.cfg.set("bind", self._bind)
        self.cfg.set("default_proc_name", "convcards")
        self.cfg.set("when_ready", self._say_ready)
        self.cfg.set("on_exit", partial(_say_stopped, self.cfg.on_exit))

    def load(self) -> Any:
        """Make the application that gunicorn.conf.py names."""
        return util.import_app(self.cfg.wsgi_app)

    def _say_ready(self, arbiter: Arbiter) -> None:
        _say(self._banner)
        if sys.stdin is not None and sys.stdin.isatty():
            # A closed terminal ends what was started in it; without one HUP means reload.
            signal.signal(signal.SIGHUP, lambda *_: arbiter.SIG_QUEUE.put_nowait(signal.SIGTERM))


def _say_stopped(and_then: Callable[[Arbiter], None], arbiter: Arbiter) -> None:
    _say("Stopped.")
    and_then(arbiter)


def _say(text: str) -> None:
    with suppress(OSError):  # nobody may be listening any more
        print(text, flush=True)
