"""How long it takes to start, and what a worker adds to the memory of its master.

Run it with `python bench/start.py`. Whole processes in turn: an import beside `import fastapi`
(processor time of the import, which other work on the machine disturbs least); an application with
all its routes beside `bench/http_peer.py`, one route in FastAPI; the first answer of `convcards
serve` on a database that is there beside that of uvicorn with this application (seconds);
`convcards shape` beside a Python that does nothing. Bytecode is written before, as in an image.
Where FastAPI is not in this environment, BENCH_PEER_PYTHON names a Python that has it.

Then gunicorn with three workers that it forks from the loaded application: what each holds that no
other process shares, when it has just started, and after all three answered requests for shapes,
and for cards from the database.
"""

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

from alternate import Timing, heading, row

HERE = Path(__file__).parent
BIN = Path(sys.executable).parent
PEER_PYTHON = os.environ.get("BENCH_PEER_PYTHON", sys.executable)
RUNS = 9
WORKERS = 3
SHAPE = "/v1/shapes/conv2d?input_shape=28x28x3&kernel_size=5&filters=16"
CARDS = "/v1/decks/cnn/cards"
CREATED = "from service.app import create_app; create_app()"


def main() -> None:
    has_peer = subprocess.run([PEER_PYTHON, "-c", "import fastapi, uvicorn"], check=False)
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **{name: of for name, of in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
            "PYTHONPYCACHEPREFIX": f"{folder}/bytecode",
            "CONVCARDS_MODE": "local",
            "CONVCARDS_DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3",
        }
        run(environment, str(BIN / "convcards"), "migrate")
        run(environment, str(BIN / "convcards"), "deck", "load")
        print(heading("start", "ours", "theirs"))
        shape = [str(BIN / "convcards"), "shape", "conv2d", "28x28x3", "--kernel-size", "5"]
        compare(
            "convcards shape beside a Python that does nothing",
            lambda: seconds(environment, *shape, "--filters", "16"),
            lambda: seconds(environment, sys.executable, "-c", "pass"),
        )
        if has_peer.returncode == 0:
            beside_fastapi(environment)
        memory(environment)


def beside_fastapi(environment: dict[str, str]) -> None:
    compare(
        "import service.app beside import fastapi",
        lambda: importing(environment, sys.executable, "import service.app"),
        lambda: importing(environment, PEER_PYTHON, "import fastapi"),
        "goal 1.5",
    )
    compare(
        "create_app() with all routes beside one route in FastAPI",
        lambda: importing(environment, sys.executable, CREATED),
        lambda: importing(environment, PEER_PYTHON, "import http_peer"),
    )
    compare(
        "the first answer of convcards serve beside uvicorn's",
        lambda: first_answer(environment, SHAPE, str(BIN / "convcards"), "serve", "--port", "{}"),
        lambda: first_answer(
            environment, "/docs", PEER_PYTHON, "-m", "uvicorn", "http_peer:app", "--port", "{}"
        ),
    )


def compare(
    name: str, ours: Callable[[], float], theirs: Callable[[], float], goal: str = ""
) -> None:
    ours()  # bytecode is written, files are in memory
    theirs()
    pairs = [(ours(), theirs()) for _ in range(RUNS)]
    timing = Timing(
        median(first for first, _ in pairs),
        median(second for _, second in pairs),
        median(first / second for first, second in pairs),
    )
    print(row(name, timing, goal), flush=True)


def run(environment: dict[str, str], *command: str) -> str:
    done = subprocess.run(
        command, env=environment, cwd=HERE, check=True, capture_output=True, text=True
    )
    return done.stdout


def seconds(environment: dict[str, str], *command: str) -> float:
    start = time.perf_counter()
    run(environment, *command)
    return time.perf_counter() - start


def importing(environment: dict[str, str], python: str, statement: str) -> float:
    """Processor seconds that a statement takes in a new process."""
    timed = (
        f"import time; start = time.process_time(); {statement}\nprint(time.process_time() - start)"
    )
    return float(run(environment, python, "-c", timed).splitlines()[-1])


def first_answer(environment: dict[str, str], address: str, *command: str) -> float:
    """Seconds from starting a server to its first whole answer."""
    port = free_port()
    start = time.perf_counter()
    server = started(environment, *(part.format(port) for part in command))
    try:
        answered(port, address)
        return time.perf_counter() - start
    finally:
        server.terminate()
        server.wait(30)


def started(environment: dict[str, str], *command: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        env=environment,
        cwd=HERE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def answered(port: int, address: str) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            connection.request("GET", address)
            answer = connection.getresponse()
        except OSError:
            time.sleep(0.005)
            continue
        finally:
            connection.close()
        if answer.status != 200:
            raise AssertionError(f"{address}: {answer.status}")
        return
    raise AssertionError(f"nobody answers {address}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def memory(environment: dict[str, str]) -> None:
    port = free_port()
    server = started(
        {**environment, "CONVCARDS_PORT": str(port), "CONVCARDS_RATE_ANONYMOUS": "100000"},
        str(BIN / "gunicorn"),
        "--workers",
        str(WORKERS),
        "-c",
        str(HERE.parent / "gunicorn.conf.py"),
        "service.app:create_app()",
    )
    try:
        until = time.monotonic() + 120
        while len(children(server.pid)) < WORKERS and time.monotonic() < until:
            time.sleep(0.1)
        time.sleep(3)  # each has warmed up
        print(f"\n{'a worker adds, in MB':<62}{'median':>10}{'most':>11}")
        tell("just started", server.pid, "goal 8")
        for name, address in (("300 shapes", SHAPE), ("300 cards from the database", CARDS)):
            for number in range(300):
                answered(port, address.replace("28x28", f"{28 + number}x28"))
            tell(f"after {name}, spread over {WORKERS}", server.pid)
    finally:
        server.terminate()
        server.wait(30)


def tell(name: str, master: int, goal: str = "") -> None:
    own = [private(worker) for worker in children(master)]
    print(f"{name:<62}{median(own):>10.1f}{max(own):>11.1f}  {goal}")


def children(process: int) -> list[int]:
    return [int(it) for it in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def private(process: int) -> float:
    """Megabytes that no other process shares (unique set size)."""
    pages = Path(f"/proc/{process}/smaps_rollup").read_text()
    return sum(int(size) for size in re.findall(r"Private_\w+: +(\d+)", pages)) / 1024


if __name__ == "__main__":
    main()
