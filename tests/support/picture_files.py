"""PNG and JPEG files byte by byte, the hostile ones that no library writes."""

import base64
import struct
import zlib


def b64(raw: bytes) -> str:
    """The bytes as base64."""
    return base64.b64encode(raw).decode()


def chunk(kind: bytes, content: bytes) -> bytes:
    """One chunk of a PNG."""
    summed = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + summed


def png(width: int, height: int, *chunks: bytes, bits: int = 8, colour: int = 0) -> bytes:
    """A PNG of these chunks, whatever they hold."""
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunks) + chunk(b"IEND", b"")


def jpeg_head(
    width: int, height: int, channels: int = 3, bits: int = 8, marker: int = 0xC0
) -> bytes:
    """A JPEG that ends where its first scan begins."""
    frame = struct.pack(">BHHB", bits, height, width, channels) + b"\x01\x11\x00" * channels
    segment = struct.pack(">H", len(frame) + 2) + frame
    return b"\xff\xd8\xff" + bytes([marker]) + segment + b"\xff\xda\x00\x02"


BOMB = zlib.compress(bytes(60_000_000), 9)
"""60 MB of zeros in 58 kB."""
