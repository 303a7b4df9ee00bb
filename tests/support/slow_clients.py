"""Clients who take their time, and what everybody else notices of them."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field

from running import Running

SLOW = 80
HEAD = (
    b"POST /v1/shapes HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b"Content-Length: 100000\r\n"
)
BODY = HEAD + b"\r\n{"
LARGE = b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
"""More than the buffers between two sockets hold, and read a byte at a time."""
SHAPE = {"op": "conv2d", "input_shape": [28, 28, 3], "kernel_size": 5}
BEAT = 0.5
"""Seconds between two bytes of a slow client."""


@dataclass
class Noticed:
    """What others were answered meanwhile, and the seconds that each of them took."""

    seconds: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def worst(self) -> float:
        """The longest that one of them waited."""
        return max(self.seconds)


@contextmanager
def slow_clients(server: Running, count: int = SLOW) -> Iterator[None]:
    """As many as that, a third of each kind, while the block runs.

    Some send the head of a request byte by byte, some the body, some take the answer so.
    """
    stop = threading.Event()
    with ExitStack() as stack:
        peers = [
            (number % 3, stack.enter_context(_connected(server, small=number % 3 == 2)))
            for number in range(count)
        ]
        for kind, peer in peers:
            peer.sendall((HEAD[:-2], BODY, LARGE)[kind])
        beating = threading.Thread(target=_go_on, args=(peers, stop))
        beating.start()
        try:
            yield
        finally:
            stop.set()
            beating.join()


def _connected(server: Running, *, small: bool) -> socket.socket:
    peer = socket.socket()
    if small:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    peer.settimeout(10)
    peer.connect((server.host, server.port))
    return peer


def _go_on(peers: list[tuple[int, socket.socket]], stop: threading.Event) -> None:
    """One byte from or to each, again and again; who was thrown out stays away."""
    while not stop.wait(BEAT):
        for kind, peer in peers:
            with suppress(OSError):
                peer.settimeout(0.001)
                peer.recv(1) if kind == 2 else peer.sendall(b"x")


def others(server: Running, seconds: float, clients: int = 4) -> Noticed:
    """What people notice who send cheap requests for so many seconds, each on new connections."""
    noticed, end = Noticed(), time.monotonic() + seconds

    def ask() -> None:
        while time.monotonic() < end:
            begun = time.monotonic()
            try:
                status = server.request("POST", "/v1/shapes", SHAPE)[0]
            except OSError as error:
                noticed.errors.append(repr(error))
            else:
                noticed.seconds.append(time.monotonic() - begun)
                if status != 200:
                    noticed.errors.append(str(status))
            time.sleep(0.02)

    threads = [threading.Thread(target=ask) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return noticed
