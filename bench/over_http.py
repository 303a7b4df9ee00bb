"""A convolution over HTTP: `convcards serve` beside FastAPI on uvicorn, one process each.

Run it with `python bench/over_http.py`. 3×32×32, 16 filters 3×3, padding 1, random float64 numbers
with all their digits, from two connections that are kept. The bench starts both servers on loopback
and speaks the least HTTP that will do, so that the servers do the work. FastAPI gets and gives
JSON; we do as JSON, as base64, and as .npy files in a form. FastAPI's route answers a plain dict,
as most are written; typed, with the answer's type declared, it is several times as fast. A ratio of
30 means thirty times the requests a second. Where FastAPI is not in this environment,
BENCH_PEER_PYTHON names a Python that has it.

Then 8 clients ask for heavy convolutions all the time, while one asks for a small shape: how long
that takes, beside how long it takes when nobody else asks.
"""

import base64
import io
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median, quantiles

import numpy as np

HERE = Path(__file__).parent
CONVCARDS = Path(sys.executable).with_name("convcards")
PEER_PYTHON = os.environ.get("BENCH_PEER_PYTHON", sys.executable)
ROUNDS = 5
SECONDS = 1.0
CONNECTIONS = 2
JSON = "application/json"
NPY = "application/x-npy"


class Connection:
    """One kept connection."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request: bytes) -> tuple[int, bytes]:
        """Status and body of the answer."""
        self._socket.sendall(request)
        got = bytearray()
        while (end := got.find(b"\r\n\r\n")) < 0:
            got += self._receive()
        head = bytes(got[:end]).lower()
        length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
        parts, missing = [bytes(got[end + 4 :])], end + 4 + length - len(got)
        while missing > 0:
            parts.append(self._receive())
            missing -= len(parts[-1])
        return int(head[9:12]), b"".join(parts)

    def _receive(self) -> bytes:
        piece = self._socket.recv(1 << 20)
        if not piece:
            raise ConnectionError("the server closed the connection")
        return piece


def request(path: str, body: bytes, kind: str = JSON, accept: str = JSON) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nAccept: {accept}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def form(layer: object, tensors: dict[str, np.ndarray]) -> tuple[bytes, str]:
    parts = [("layer", json.dumps(layer).encode())]
    for name, tensor in tensors.items():
        file = io.BytesIO()
        np.save(file, tensor)
        parts.append((name, file.getvalue()))
    body = b"".join(
        f'--bench\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode()
        + part
        + b"\r\n"
        for name, part in parts
    )
    return body + b"--bench--\r\n", "multipart/form-data; boundary=bench"


def packed(tensor: np.ndarray) -> dict[str, object]:
    data = base64.b64encode(tensor.tobytes()).decode()
    return {"shape": list(tensor.shape), "dtype": tensor.dtype.name, "data": data}


@contextmanager
def served(command: list[str], port: int, folder: str) -> Iterator[int]:
    environment = {**os.environ, "CONVCARDS_DATABASE_URL": f"sqlite:///{folder}/bench.sqlite3"}
    with (Path(folder) / f"{port}.log").open("wb") as log:
        server = subprocess.Popen(
            command, env=environment, cwd=HERE, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            for _ in range(600):
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    break
                except OSError:
                    time.sleep(0.1)
            yield port
        finally:
            server.terminate()
            server.wait(30)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def rate(port: int, raw: bytes, seconds: float = SECONDS) -> float:
    """Answers a second over all connections."""
    counts = [0] * CONNECTIONS
    connections = [Connection(port) for _ in counts]
    end = time.perf_counter() + seconds

    def work(index: int) -> None:
        while time.perf_counter() < end:
            status, _ = connections[index].ask(raw)
            if status != 200:
                raise RuntimeError(f"status {status}")
            counts[index] += 1

    start = time.perf_counter()
    threads = [threading.Thread(target=work, args=(index,)) for index in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - start)


def compare(ours: int, peer: int) -> None:
    rng = np.random.default_rng(2026)
    tensors = {
        "input": rng.standard_normal((3, 32, 32)),
        "weight": rng.standard_normal((16, 3, 3, 3)),
        "bias": rng.standard_normal(16),
    }
    lists = {name: tensor.tolist() for name, tensor in tensors.items()}
    layer = {"framework": "pytorch", "op": "conv2d", "padding": 1}
    path = "/v1/convolutions"
    words = {name: packed(tensor) for name, tensor in tensors.items()} | {"encoding": "base64"}
    ways = {
        "JSON": (request(path, json.dumps(layer | lists).encode()), 30),
        "JSON with base64": (request(path, json.dumps(layer | words).encode()), None),
        ".npy in a form, .npy back": (request(path, *form(layer, tensors), accept=NPY), 68),
    }
    sent = json.dumps({"padding": 1} | lists).encode()
    theirs, typed = request("/convolutions", sent), request("/convolutions/typed", sent)
    answer = np.array(json.loads(Connection(peer).ask(theirs)[1])["output"])
    for name, (raw, _) in ways.items():
        body = Connection(ours).ask(raw)[1]
        if raw is ways["JSON"][0]:
            made = np.array(json.loads(body)["output"])
        elif body.startswith(b"\x93NUMPY"):
            made = np.load(io.BytesIO(body))
        else:
            made = np.frombuffer(base64.b64decode(json.loads(body)["output"]["data"]))
        if not np.allclose(made.ravel(), answer.ravel()):
            raise SystemExit(f"{name}: the two give different numbers")
    print(
        f"{'POST a convolution, 3×32×32, 16 filters':<42}{'ours/s':>9}{'FastAPI/s':>11}{'ratio':>8}"
    )
    for name, (raw, goal) in ways.items():
        for other, against, aim in (("", theirs, goal), (", FastAPI typed", typed, None)):
            rate(ours, raw, 0.3)
            rate(peer, against, 0.3)
            runs = [(rate(ours, raw), rate(peer, against)) for _ in range(ROUNDS)]
            ratio = median(a / b for a, b in runs)
            note = f"   goal {aim}" if aim else ""
            a, b = median(a for a, _ in runs), median(b for _, b in runs)
            print(f"{name + other:<42}{a:>9.0f}{b:>11.1f}{ratio:>8.1f}{note}", flush=True)


def starve(ours: int) -> None:
    address = b"/v1/shapes/conv2d?input_shape=28x28x3&kernel_size=3"
    shape = b"GET " + address + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"
    heavy = {
        "framework": "pytorch",
        "op": "conv2d",
        "padding": 3,
        "input": np.random.default_rng(1).integers(0, 9, (3, 128, 128)).tolist(),
        "weight": np.random.default_rng(2).integers(0, 9, (32, 3, 7, 7)).tolist(),
    }
    raw = request("/v1/convolutions", json.dumps(heavy).encode(), accept=NPY)
    alone = timings(ours, shape, 2)
    statuses: dict[int, int] = {}
    stop = threading.Event()

    def load() -> None:
        connection = Connection(ours)
        while not stop.is_set():
            status, _ = connection.ask(raw)
            statuses[status] = statuses.get(status, 0) + 1
            if status == 503:
                time.sleep(0.1)

    clients = [threading.Thread(target=load) for _ in range(8)]
    for client in clients:
        client.start()
    beside = timings(ours, shape, 8)
    stop.set()
    for client in clients:
        client.join()
    print(f"\n{'GET a shape':<42}{'median':>9}{'p99':>11}")
    for name, times in (("alone", alone), ("beside 8 heavy clients", beside)):
        print(f"{name:<42}{median(times):>6.1f} ms{quantiles(times, n=100)[98]:>8.1f} ms")
    print(f"the heavy ones were answered {statuses}; goal: p99 ≤ 50 ms")


def timings(port: int, raw: bytes, seconds: float) -> list[float]:
    connection, times = Connection(port), []
    end = time.perf_counter() + seconds
    while (start := time.perf_counter()) < end:
        connection.ask(raw)
        times.append((time.perf_counter() - start) * 1e3)
        time.sleep(0.002)
    return times


def main() -> int:
    peer = [PEER_PYTHON, "-m", "uvicorn", "http_peer:app", "--log-level", "warning", "--port"]
    probe = [PEER_PYTHON, "-c", "import fastapi, uvicorn, numpy"]
    if subprocess.run(probe, check=False).returncode:
        print("FastAPI is not installed: `pip install --group bench`.", file=sys.stderr)
        return 1
    first, second = free_port(), free_port()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        stack.enter_context(served([str(CONVCARDS), "serve", "--port", str(first)], first, folder))
        stack.enter_context(served([*peer, str(second)], second, folder))
        compare(first, second)
        starve(first)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
