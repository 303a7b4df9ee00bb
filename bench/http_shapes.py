"""POST /v1/shapes in process beside a route that answers the same bytes each time.

Run it with `python bench/http_shapes.py`. Both go through the whole application (WSGI, routing,
request id, headers), so the ratio is what reading, computing and writing a shape adds: `fresh`
bodies were never seen before, a `repeated` one was. A batch is compared with single requests.
"""

import io
import json
from itertools import count
from typing import Any

from alternate import Timing, alternate, heading

from service.app import create_app
from service.config import Settings

RUNS = 400
ITEMS = 2_000


def main() -> None:
    app = create_app(Settings(mode="local", database_url="sqlite:///bench-unused.db"))
    numbers = count()

    def call(method: str, path: str, body: bytes = b"") -> bytes:
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "8000",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "localhost:8000",
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
        }
        statuses = []
        answer = b"".join(app(environ, lambda status, _headers: statuses.append(status)))
        if not statuses[0].startswith("200"):
            raise AssertionError(answer)
        return answer

    def layer() -> dict[str, Any]:
        side = 32 + next(numbers)
        shape = [side, side, 3]
        return {"op": "conv2d", "input_shape": shape, "kernel_size": 3, "filters": 16}

    def ping() -> None:
        call("GET", "/livez")

    same = json.dumps(layer()).encode()
    items = [layer() for _ in range(ITEMS)]
    batch = json.dumps({"items": items}).encode()
    singles = [json.dumps(item).encode() for item in items]
    print(heading("in process", "ours", "theirs"))
    for name, ours, theirs, runs, goal in (
        (
            "fresh shape beside a ping",
            lambda: call("POST", "/v1/shapes", json.dumps(layer()).encode()),
            ping,
            RUNS,
            "goal 2.5",
        ),
        (
            "repeated shape beside a ping",
            lambda: call("POST", "/v1/shapes", same),
            ping,
            RUNS,
            "goal 1.1",
        ),
        (
            f"a batch of {ITEMS:,} beside as many requests",
            lambda: call("POST", "/v1/shapes/batch", batch),
            lambda: [call("POST", "/v1/shapes", one) for one in singles],
            5,
            "",
        ),
    ):
        print(_row(name, alternate(ours, theirs, runs), goal))


def _row(name: str, timing: Timing, goal: str) -> str:
    times = f"{timing.ours * 1e6:>8.0f} µs{timing.theirs * 1e6:>9.0f} µs"
    return f"{name:<62}{times}{timing.ratio:>9.2f}  {goal}"


if __name__ == "__main__":
    main()
