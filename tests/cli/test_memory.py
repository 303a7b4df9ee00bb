"""A server's memory does not grow, whatever is sent to it, and by however many at once.

The short form; `REQUESTS=10000 pytest tests/cli/test_memory.py` is the long one.
"""

import json
import os
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from memory import READABLE, resident
from picture_files import BOMB, b64, chunk, jpeg_head, png
from running import serving

REQUESTS = int(os.environ.get("REQUESTS", "600"))
WARM = 300
CLIENTS = 6
LAYER = {"op": "conv2d", "input": [[1]], "weight": [[1]]}
RNG = np.random.default_rng(0)
HUGE = {"shape": [50_000] * 2, "dtype": "float32", "data": ""}
HEADER = "{'descr': '<f4', 'fortran_order': False, 'shape': (50000, 50000), }".ljust(70).encode()
JSON = "application/json"


class Sent(NamedTuple):
    """A request, and what it is answered if it has its turn."""

    body: bytes
    status: int
    kind: str = JSON
    path: str = "/v1/convolutions"
    accept: str = JSON


def layer(status: int, accept: str = JSON, **members: Any) -> Sent:
    return Sent(json.dumps({**LAYER, **members}).encode(), status, accept=accept)


def network(status: int, accept: str = JSON, **members: Any) -> Sent:
    return Sent(json.dumps(members).encode(), status, path="/v1/networks/run", accept=accept)


def form(npy: bytes, status: int) -> Sent:
    parts = ((b"layer", b'{"op": "conv2d", "weight": [[1]]}'), (b"input", npy))
    head = b'--b\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n'
    body = b"".join(head % part for part in parts) + b"--b--\r\n"
    return Sent(body, status, "multipart/form-data; boundary=b")


def picture(raw: bytes) -> dict[str, str]:
    return {"image": b64(raw)}


def packed(*shape: int) -> dict[str, Any]:
    numbers = RNG.standard_normal(shape, np.float32)
    return {"shape": shape, "dtype": "float32", "data": b64(numbers.tobytes())}


def zipped() -> bytes:
    """What numpy.savez_compressed makes of 60 MB of zeros: 60 kB."""
    file = BytesIO()
    np.savez_compressed(file, np.zeros(60_000_000, np.uint8))
    return file.getvalue()


SMALL_NET = [
    {"name": "conv", "op": "conv2d", "params": {"filters": 8, "kernel_size": 3}},
    {"op": "relu"},
    {"op": "max_pool2d", "params": {"kernel_size": 2}},
    {"op": "flatten"},
    {"op": "linear", "params": {"out_features": 10}},
]
FIXED = [
    layer(422, input=HUGE),
    layer(422, padding=50_000),
    layer(422, weight=HUGE),
    layer(422, input=picture(png(60_000, 60_000, colour=2))),
    layer(422, input=picture(jpeg_head(65_535, 65_535))),
    layer(200, input=picture(png(7, 5, chunk(b"zTXt", b"C\0\0" + BOMB), chunk(b"IDAT", BOMB)))),
    layer(200, input=picture(png(600, 600, chunk(b"IDAT", zlib.compress(bytes(601 * 600)))))),
    form(b"\x93NUMPY\x01\x00\x46\x00" + HEADER, 422),
    form(zipped(), 422),
    network(422, input=HUGE, layers=SMALL_NET),
    network(422, network="vgg16", input=[[[[0]]]], input_shape=[1, 3, 224, 224]),
    network(422, input=[[1]], layers=[{"op": "upsampling2d", "params": {"size": 50_000}}]),
    network(200, network="lenet5", input=packed(1, 1, 32, 32)),
    network(200, "image/png", input=packed(12, 12, 1), layers=SMALL_NET),
    network(200, network="resnet18", input=packed(1, 3, 32, 32)),
    layer(200, "image/gif", input=[[1, 2, 3], [4, 5, 6]], weight=[[1, -1]]),
    layer(200, op="max_pool1d", weight=None, kernel_size=2, input=packed(50_000)),
    layer(
        200, framework="pytorch", input=packed(64, 56, 56), weight=packed(64, 64, 3, 3), padding=1
    ),
    Sent(b"[" * 100_000, 400),
]


def mixed(count: int) -> Iterator[Sent]:
    """The fixed ones in turn, and between them layers whose sizes hardly come twice."""
    for number in range(count):
        if number % 3:
            height, width, kernel = 8 + number % 53, 8 + number % 37, 1 + number % 5
            channels = 1 + number % 7
            yield layer(
                200,
                framework="pytorch",
                input=packed(channels, height, width),
                weight=packed(3, channels, kernel, kernel),
                encoding="base64",
            )
        else:
            yield FIXED[number // 3 % len(FIXED)]


@pytest.mark.skipif(not READABLE, reason="reads memory as Linux shows it")
def test_memory_does_not_grow(tmp_path: Path) -> None:
    with serving(tmp_path) as server, ThreadPoolExecutor(CLIENTS) as clients:

        def send(sent: Sent) -> int:
            headers = {"Content-Type": sent.kind, "Accept": sent.accept}
            status, _, answer = server.request("POST", sent.path, sent.body, headers)
            assert status in (sent.status, 503), (sent.path, sent.body[:200], answer[:300])
            return status

        list(clients.map(send, mixed(WARM)))
        before = resident(server)
        statuses = list(clients.map(send, mixed(REQUESTS)))
        after = resident(server)
    grown = f"{before:.0f} MB before {REQUESTS} requests, {after:.0f} MB after"
    print(f"{grown}; {statuses.count(503)} busy")  # noqa: T201 - for the long form
    assert statuses.count(503) < REQUESTS / 2
    assert after - before < 20
    assert after < 200
