"""A server's memory does not grow, whatever is sent to it.

The short form; `REQUESTS=10000 pytest tests/cli/test_memory.py` is the long one.
"""

import json
import os
import zlib
from pathlib import Path

import numpy as np
import pytest

from picture_files import BOMB, b64, chunk, jpeg_head, png
from running import Running, serving

REQUESTS = int(os.environ.get("REQUESTS", "600"))
WARM = 300
LAYER = {"op": "conv2d", "input": [[1]], "weight": [[1]]}
RNG = np.random.default_rng(0)
HEADER = "{'descr': '<f4', 'fortran_order': False, 'shape': (50000, 50000), }".ljust(70).encode()
FORM = (
    b'--b\r\nContent-Disposition: form-data; name="layer"\r\n\r\n{"op": "conv2d", "weight": [[1]]}'
    b'\r\n--b\r\nContent-Disposition: form-data; name="input"\r\n\r\n\x93NUMPY\x01\x00\x46\x00'
    + HEADER
    + b"\r\n--b--\r\n"
)


def picture(raw: bytes) -> bytes:
    return json.dumps({**LAYER, "input": {"image": b64(raw)}}).encode()


MIXED: list[tuple[bytes, str, int]] = [
    (
        json.dumps(
            {**LAYER, "input": {"shape": [50_000] * 2, "dtype": "float32", "data": ""}}
        ).encode(),
        "application/json",
        422,
    ),
    (FORM, "multipart/form-data; boundary=b", 422),
    (picture(png(60_000, 60_000, colour=2)), "application/json", 422),
    (picture(jpeg_head(65_535, 65_535)), "application/json", 422),
    (json.dumps({**LAYER, "padding": 50_000}).encode(), "application/json", 422),
    (
        picture(png(7, 5, chunk(b"zTXt", b"C\0\0" + BOMB), chunk(b"IDAT", BOMB))),
        "application/json",
        200,
    ),
    (
        picture(png(600, 600, chunk(b"IDAT", zlib.compress(bytes(601 * 600))))),
        "application/json",
        200,
    ),
    (
        json.dumps(
            {"op": "max_pool1d", "kernel_size": 2, "input": RNG.standard_normal(50_000).tolist()}
        ).encode(),
        "application/json",
        200,
    ),
    (
        json.dumps(
            {
                "op": "conv2d",
                "framework": "pytorch",
                "input": RNG.standard_normal((3, 32, 32)).tolist(),
                "weight": RNG.standard_normal((16, 3, 3, 3)).tolist(),
            }
        ).encode(),
        "application/json",
        200,
    ),
    (b"[" * 100_000, "application/json", 400),
]


def resident(server: Running) -> int:
    """Megabytes that the server and its worker hold."""
    tree = [server.process.pid]
    for pid in tree:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        tree += map(int, children)
    pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in tree[1:])
    return pages * os.sysconf("SC_PAGE_SIZE") // 2**20


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads memory as Linux shows it")
def test_memory_does_not_grow(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        before = 0
        for number in range(WARM + REQUESTS):
            if number == WARM:
                before = resident(server)
            body, kind, expected = MIXED[number % len(MIXED)]
            status, _, answer = server.request(
                "POST", "/v1/convolutions", body, {"Content-Type": kind}
            )
            assert status == expected, answer[:300]
        after = resident(server)
    assert after - before < 20
    assert after < 200
