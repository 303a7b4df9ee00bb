"""What befalls a service: its processes killed, stopped, reloaded, its database taken away."""

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress

from kept_service import Service
from postgresql_server import PostgresServer

Fault = Callable[[Service], None]


def reload(service: Service) -> None:
    os.kill(service.master, signal.SIGHUP)


def kill_worker(service: Service) -> None:
    os.kill(random.choice(service.workers()), signal.SIGKILL)  # noqa: S311


def kill_master(service: Service) -> None:
    os.kill(service.master, signal.SIGKILL)


def kill_tree(service: Service) -> None:
    os.killpg(service.master, signal.SIGKILL)


def stop_and_go_on(service: Service) -> None:
    """As a machine that sleeps for half a second, which counts."""
    tree = [service.master, *service.workers()]
    for number in (signal.SIGSTOP, signal.SIGCONT):
        for pid in tree:
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        if number == signal.SIGSTOP:
            time.sleep(0.5)


def terminate(service: Service) -> None:
    os.kill(service.master, signal.SIGTERM)


RELOAD = "HUP"

OF_THE_SERVICE: dict[str, Fault] = {
    RELOAD: reload,
    "kill -9 of a worker": kill_worker,
    "kill -9 of the master": kill_master,
    "kill -9 of the tree": kill_tree,
    "STOP, then CONT": stop_and_go_on,
    "TERM": terminate,
}
"""The reload comes first: what it costs shows best while nobody gets over something else."""

ENDING = frozenset({"kill -9 of the master", "kill -9 of the tree", "TERM"})
"""Those that end the master, so that it is started again."""


def of_the_database(server: PostgresServer) -> dict[str, Fault]:
    """Faults of PostgreSQL itself; its own start counts."""

    def kill(_service: Service) -> None:
        server.stop("KILL")
        server.start()

    def restart(_service: Service) -> None:
        server.stop("INT")
        server.start()

    def cut(_service: Service) -> None:
        server.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'convcards'"
        )

    return {
        "PostgreSQL killed": kill,
        "PostgreSQL restarted": restart,
        "connections cut": cut,
    }
