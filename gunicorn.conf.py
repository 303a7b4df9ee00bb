"""The one place of server settings: for `convcards serve` and for `gunicorn -c gunicorn.conf.py`.

What an operator may change comes from CONVCARDS_* (docs/settings.md lists them); the rest is
fixed here, each with its reason where it is no matter of taste.
"""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from service.loading import uncollected

with uncollected():
    from service import server, startup, upkeep
    from service.api import metrics_files

server.give_memory_back()

with server.or_exit():
    settings = startup.read_settings(os.environ)

wsgi_app = "service.app:create_app()"
bind = server.address(settings)

worker_class = server.Worker
workers = server.workers(settings)
threads = 32
# A fork of the loaded application starts at once and shares its memory.
preload_app = True
# Workers share one socket. With a socket each (SO_REUSEPORT), a worker that stops resets the
# connections queued on its own: 25 of 18,848 requests failed over 6 reloads, against none.
reuse_port = False
# Unneeded, and it would write below the home folder.
control_socket_disable = True
# Heartbeats of workers go to memory, never to a disk that may stall.
memory = Path("/dev/shm")  # noqa: S108 - gunicorn makes its own private files in it
worker_tmp_dir = str(memory) if os.access(memory, os.W_OK) else None

timeout = 60
graceful_timeout = 30
# Longer than the proxy keeps idle connections (deploy/nginx.conf), so that the proxy closes first.
keepalive = 75
# Workers are replaced now and then, not all at once: a slow leak never adds up.
max_requests = 100_000
max_requests_jitter = 20_000

limit_request_line = 8190
limit_request_fields = 64
limit_request_field_size = 8190
forwarded_allow_ips = ",".join(settings.trusted_proxies)

logger_class = server.Log
# `convcards serve` says itself what there is to say.
loglevel = "warning" if settings.mode == "local" else "info"
accesslog = None


def on_starting(arbiter: Any) -> None:
    """Refuse to start on a database of another revision, or in secured mode without any key."""
    with server.or_exit():
        startup.check(settings)
    if (without := startup.keep_partitions(settings)) is not None:
        arbiter.log.warning(without)
    if not metrics_files.prepare():
        arbiter.log.warning("nothing can be written to memory: /metrics tells of one process alone")
    if workers > 1 and settings.limits_rates and not settings.rate_limit_storage:
        arbiter.log.info(
            "each of %d processes counts requests for itself; CONVCARDS_RATE_LIMIT_STORAGE names "
            "a Valkey for all of them",
            workers,
        )
    server.warm(arbiter.app.wsgi())


def on_reload(arbiter: Any) -> None:
    """Warm the application that was loaded anew; the workers of the old one still answer."""
    server.warm(arbiter.app.wsgi())


def pre_fork(_arbiter: object, _worker: object) -> None:
    """Lose no signal to stop while a worker starts, and let it share what is loaded."""
    server.hold_signals()
    server.share_memory()


def post_worker_init(_worker: object) -> None:
    """Let each worker do its share of what is not done for a request."""
    if settings.prune_minutes:
        upkeep.start(settings, every=timedelta(minutes=settings.prune_minutes))


def child_exit(_arbiter: object, worker: Any) -> None:
    """Keep what a worker has counted."""
    metrics_files.bury(worker.pid)


def on_exit(_arbiter: object) -> None:
    """Leave nothing in memory."""
    metrics_files.remove()
