"""What is sent to break a server: bytes that are no HTTP, and files that are not what they say."""

import io
import json
import pickle
import socket
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple

from picture_files import BOMB, b64, chunk, jpeg_head, png
from running import PATIENCE, Running

HEAD = b"POST /v1/shapes HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
CHUNK = b"10000\r\n" + b" " * 65_536 + b"\r\n"
TERABYTES = b"Content-Length: 10995116277760\r\n"
RAW: dict[str, tuple[bytes, bytes]] = {
    "both lengths": (HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}", b""),
    "two lengths": (HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}", b""),
    "chunks without end": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", CHUNK),
    "a chunk without end": (
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n7fffffff\r\n",
        b" " * 65_536,
    ),
    "extensions without end": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x" * 65_536),
    "trailers without end": (
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n",
        b"A: b\r\n" * 9_000,
    ),
    "10 TB": (HEAD + TERABYTES + b"\r\n", b" " * 65_536),
    "10 TB, if it may": (HEAD + TERABYTES + b"Expect: 100-continue\r\n\r\n", b" " * 65_536),
    "10,000 fields": (HEAD + b"A: b\r\n" * 10_000 + b"\r\n", b""),
    "a field without end": (HEAD + b"A: ", b"x" * 65_536),
    "an address without end": (b"GET /", b"x" * 65_536),
    "a method without end": (b"", b"X" * 65_536),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500), b""),
    "HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9), b""),
    "zeros": (bytes(100_000), b""),
    "line feeds alone": (b"GET /livez HTTP/1.1\nHost: localhost\n\n", b""),
    "folded": (b"GET /livez HTTP/1.1\r\nHost: localhost\r\nA: b\r\n c\r\n\r\n", b""),
    "space before the colon": (b"GET /livez HTTP/1.1\r\nHost : localhost\r\n\r\n", b""),
    "another version": (b"GET /livez HTTP/9.9\r\nHost: localhost\r\n\r\n", b""),
    "a thousand at once": (b"GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n" * 1_000, b""),
}
"""By name: what is sent once, and what is sent on and on until the connection is closed."""

HUGE = {"shape": [50_000, 50_000], "dtype": "float32", "data": ""}
"""A tensor that declares 10 GB and sends nothing."""

MOST = 64 * 2**20
"""Bytes after which a server that still reads has failed."""


def statuses(server: Running, once: bytes, on_and_on: bytes) -> list[int]:
    """What is answered to these bytes until the connection is closed, which has to happen."""
    received, sent = b"", 0
    with socket.create_connection((server.host, server.port), timeout=PATIENCE) as peer:
        with suppress(OSError):  # it may be closed at any point
            peer.sendall(once)
            while on_and_on and sent < MOST:
                peer.sendall(on_and_on)
                sent += len(on_and_on)
            peer.shutdown(socket.SHUT_WR)
        assert sent < MOST, "it reads without end"
        with suppress(ConnectionError):
            while piece := peer.recv(65_536):
                received += piece
    lines = received.split(b"HTTP/1.1 ")[1:]
    return [int(line[:3]) for line in lines]


class Upload(NamedTuple):
    """A file, and where it is sent."""

    path: str
    kind: str
    content: bytes


class _Evil:
    def __reduce__(self) -> Any:
        return open, ("/tmp/convcards-was-here", "w")  # noqa: S108 - it must never be made


def _zipped(**files: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


def _npy(kind: str, shape: str, content: bytes = b"") -> bytes:
    head = f"{{'descr': {kind}, 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00\x76\x00" + head.encode() + content


def _form(npy: bytes) -> bytes:
    parts = ((b"layer", b'{"op": "conv2d", "weight": [[1]]}'), (b"input", npy))
    one = b'--b\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n'
    return b"".join(one % part for part in parts) + b"--b--\r\n"


def uploads() -> Iterator[tuple[str, Upload]]:
    """Bombs, slips and garbage, by name; none may be taken."""
    slip = _zipped(**{"../../../../tmp/convcards-was-here": b"x", "config.json": b"{}"})
    bombs = {
        "zeros": _zipped(**{"config.json": bytes(60_000_000)}),
        "a slip": slip,
        "many entries": _zipped(**{f"f{number}": b"" for number in range(2_000)}),
        "a pickle": pickle.dumps(_Evil()),
        "garbage": bytes(range(256)) * 3_000,
        "empty": b"",
    }
    places = {
        "a network": ("/v1/networks/import", "application/octet-stream"),
        "a network as JSON": ("/v1/networks/import", "application/json"),
        "a deck as TOML": ("/v1/imports", "application/toml"),
        "a deck as CSV": ("/v1/imports?deck=hostile", "text/csv"),
        "a form": ("/v1/convolutions", "multipart/form-data; boundary=b"),
    }
    for where, (path, kind) in places.items():
        for name, content in bombs.items():
            yield f"{name} as {where}", Upload(path, kind, content)
    arrays = {
        "a pickle in an array": _npy("'|O'", "(1,)", pickle.dumps(_Evil())),
        "10 GB in an array": _npy("'<f4'", "(50000, 50000)"),
        "code in a head": _npy("__import__('os')", "(1,)"),
        "zeros in an array": _zipped(**{"input.npy": bytes(60_000_000)}),
    }
    for name, npy in arrays.items():
        yield name, Upload("/v1/convolutions", places["a form"][1], _form(npy))
    pictures = {
        "a PNG of 10 GB": png(50_000, 50_000, chunk(b"IDAT", BOMB)),
        "a JPEG of 12 GB": jpeg_head(65_535, 65_535),
        "a PNG of half": png(600, 600, chunk(b"IDAT", BOMB[:100])),
        "a GIF": b"GIF89a" + bytes(100),
        "an SVG": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    }
    for name, raw in pictures.items():
        body = {"op": "conv2d", "weight": [[1]], "input": {"image": b64(raw)}}
        sent = json.dumps(body).encode()
        yield name, Upload("/v1/convolutions", "application/json", sent)
    toml = {
        "a key of 20,000 parts": b".".join([b"a"] * 20_000) + b" = 1",
        "lists in lists": b"a = " + b"[" * 100_000,
        "a long number": b"a = " + b"9" * 100_000,
    }
    for name, content in toml.items():
        yield name, Upload("/v1/imports", "application/toml", content)
    table = b"key," * 100_000
    yield "a table of 100,000 columns", Upload("/v1/imports?deck=hostile", "text/csv", table)
