"""Part of `make torture`: what attacks cost, in seconds and megabytes, and what others notice.

`python tests/trust/run_attacks.py`; the short forms are test_attacks.py and test_nginx.py.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from attacks import HUGE, RAW, statuses, uploads
from memory import forget_peak, peak, resident
from nginx_server import INSTALLED, nginx
from running import GUNICORN, LISTENING, ROOT, Running, convcards, serving, sqlite, started
from slow_clients import SLOW, others, slow_clients

SECONDS = 20.0


def cost(title: str, server: Running, attacks: Mapping[str, Callable[[], object]]) -> None:
    """Print the slowest of the attacks, and the memory that all of them took."""
    before, slowest = resident(server), (0.0, "")
    forget_peak(server)
    for name, attack in attacks.items():
        begun = time.monotonic()
        attack()
        slowest = max(slowest, (time.monotonic() - begun, name))
    seconds, name = slowest
    grown = peak(server) - before
    say(f"{title}: {len(attacks)}, + {grown:.1f} MB at most; slowest {seconds:.3f} s ({name})")


def raw(server: Running) -> dict[str, Callable[[], object]]:
    return {name: lambda sent=sent: statuses(server, *sent) for name, sent in RAW.items()}


def files(server: Running) -> dict[str, Callable[[], object]]:
    return {
        name: lambda one=one: server.request(
            "POST", one.path, one.content, {"Content-Type": one.kind}
        )
        for name, one in uploads()
    }


def tensors(server: Running) -> dict[str, Callable[[], object]]:
    body = {"op": "conv2d", "weight": [[1]], "input": HUGE}
    return {f"no. {n}": lambda: server.request("POST", "/v1/convolutions", body) for n in range(20)}


def slow(title: str, server: Running) -> None:
    """Print what others notice of slow clients."""
    with slow_clients(server):
        time.sleep(1)
        noticed = others(server, SECONDS)
    if noticed.seconds:
        middle = f"median {median(noticed.seconds):.3f} s, worst {noticed.worst:.3f} s"
    else:
        middle = "nobody"
    answered = f"{len(noticed.seconds)} answered ({middle}), {len(noticed.errors)} errors"
    say(f"{SLOW} slow clients, {title}: others {answered}")


def say(text: str) -> None:
    """Print it, with how busy the machine is."""
    print(f"{text}; load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)  # noqa: T201 - what it is for


def main() -> None:
    """Attack `convcards serve`, then gunicorn with and without nginx."""
    with tempfile.TemporaryDirectory(prefix="convcards-attacks-") as name:
        folder = Path(name)
        with serving(folder) as server:
            for attack in files(server).values():
                attack()  # what is needed for the first time is loaded
            cost("bytes that are no HTTP", server, raw(server))
            cost("files that are not what they say", server, files(server))
            cost("tensors of 10 GB", server, tensors(server))
        settings = {
            "CONVCARDS_DATABASE_URL": sqlite(folder),
            "CONVCARDS_PORT": "0",
            "CONVCARDS_RATE_LIMITS": "off",
        }
        convcards("keys", "create", "--name", "attacks", **settings)
        with ExitStack() as stack:
            log = folder / "gunicorn.log"
            bare = stack.enter_context(
                started(GUNICORN, log, cwd=ROOT, ready=LISTENING, **settings)
            )
            if INSTALLED:
                slow("nginx before gunicorn", stack.enter_context(nginx(folder, bare)))
            slow("gunicorn alone", bare)


if __name__ == "__main__":
    main()
