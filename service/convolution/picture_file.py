"""PNG and JPEG files, looked through before anything decodes them.

What a file declares (format, width, height, channels) is read here from its bytes, and what is not
needed to decode it is left out: texts, profiles, thumbnails, everything that a decoder would have
to unpack besides the picture. Formats: PNG, W3C Recommendation 2003; JPEG, ITU-T T.81; the
orientation, Exif 2.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from service.convolution.errors import TensorError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["PictureFile", "look_through"]

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_JPEG: Final = b"\xff\xd8\xff"
_KEPT_CHUNKS: Final = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
_PNG_CHANNELS: Final = {0: 1, 2: 3, 3: 3, 4: 1, 6: 3}
_ALPHA: Final = (4, 6)
_DEPTHS: Final = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}

_FRAMES: Final = (0xC0, 0xC1, 0xC2)  # Huffman-coded, the only ones that decoders take
_OTHER_FRAMES: Final = frozenset({*range(0xC3, 0xD0)} - {0xC4, 0xC8, 0xCC})
_LEFT_OUT: Final = (*range(0xE0, 0xEE), 0xEF, 0xFE)  # application data and comments, save Adobe's
_SCAN: Final = 0xDA
_SCANS: Final = 32
"""Scans of a progressive JPEG; each costs a pass over the picture, however short it is."""


@dataclass(frozen=True, slots=True)
class PictureFile:
    """What a file declares, and the part of it that is needed to decode it.

    ``channels`` is 1 or 3, without alpha; ``bits`` are those of one value; ``orientation`` is
    Exif's, 1 for upright.
    """

    format: str
    width: int
    height: int
    channels: int
    bits: int
    has_alpha: bool
    orientation: int
    lean: bytes


def look_through(raw: bytes, pointer: str = "") -> PictureFile:
    """Read what a PNG or JPEG file declares; nothing is decoded.

    Raises TensorError ``picture_unreadable`` for what is neither, or is cut off, and
    ``picture_not_supported`` for animations, CMYK and rare kinds of JPEG.
    """
    try:
        if raw.startswith(_PNG):
            return _png(raw, pointer)
        if raw.startswith(_JPEG):
            return _jpeg(raw, pointer)
    except IndexError:
        raise _unreadable("It is cut off.", pointer) from None
    raise _unreadable("It is neither PNG nor JPEG.", pointer)


def _png(raw: bytes, pointer: str) -> PictureFile:
    kept, orientation, header, alpha = [_PNG], 1, b"", False
    for kind, content, whole in _chunks(raw):
        if not header and kind != b"IHDR":
            raise _unreadable("It does not begin with its header.", pointer)
        if kind == b"IHDR":
            if header or len(content) != 13:
                raise _unreadable("Its header is not one.", pointer)
            header = content
        elif kind == b"acTL":
            raise _unsupported("It is animated.", "Send one frame.", pointer)
        elif kind == b"eXIf":
            orientation = _orientation(content)
        alpha = alpha or kind == b"tRNS"
        if kind in _KEPT_CHUNKS:
            kept.append(whole)
        if kind == b"IEND":
            break
    else:
        raise IndexError
    width, height = int.from_bytes(header[:4]), int.from_bytes(header[4:8])
    bits, colour = header[8], header[9]
    if not width or not height or bits not in _DEPTHS.get(colour, ()):
        raise _unreadable("Its header declares no picture.", pointer)
    return PictureFile(
        "PNG",
        width,
        height,
        _PNG_CHANNELS[colour],
        bits,
        alpha or colour in _ALPHA,
        orientation,
        b"".join(kept),
    )


def _chunks(raw: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Kind, content and whole of each chunk that is there to its end."""
    place = len(_PNG)
    while place + 12 <= len(raw):
        end = place + 12 + int.from_bytes(raw[place : place + 4])
        if end > len(raw):
            return
        whole = raw[place:end]
        yield whole[4:8], whole[8:-4], whole
        place = end


def _jpeg(raw: bytes, pointer: str) -> PictureFile:
    kept, orientation, frame = [raw[:2]], 1, b""
    place = 2
    for marker, segment, end in _segments(raw, pointer):
        if marker in _FRAMES and not frame:
            frame = segment
        elif marker in _FRAMES or marker in _OTHER_FRAMES:
            raise _unsupported("It is a rare kind of JPEG.", "Save it as baseline JPEG.", pointer)
        elif marker == 0xE1 and segment[2:8] == b"Exif\0\0":
            orientation = _orientation(segment[8:])
        if marker not in _LEFT_OUT:
            kept.append(b"\xff" + bytes([marker]) + segment)
        place = end
    if raw.count(b"\xff\xda", place) > _SCANS:
        raise _unsupported(f"It has more than {_SCANS} scans.", "Save it again.", pointer)
    width, height, channels = _frame(frame, pointer)
    lean = b"".join([*kept, raw[place:]])
    return PictureFile(
        "JPEG", width, height, channels, 8, has_alpha=False, orientation=orientation, lean=lean
    )


def _segments(raw: bytes, pointer: str) -> Iterator[tuple[int, bytes, int]]:
    """Marker, content and end of each segment before the first scan."""
    place = 2
    while True:
        marker, start = _marker(raw, place, pointer)
        if marker == _SCAN:
            return
        length = int.from_bytes(_exactly(raw, start, 2))
        place = start + length
        yield marker, _exactly(raw, start, length), place


def _frame(frame: bytes, pointer: str) -> tuple[int, int, int]:
    """Width, height and channels of a frame."""
    if len(frame) < 8:
        raise _unreadable("It has no frame before its first scan.", pointer)
    bits, channels = frame[2], frame[7]
    height, width = int.from_bytes(frame[3:5]), int.from_bytes(frame[5:7])
    if bits != 8 or channels not in (1, 3):
        raise _unsupported(
            f"It has {channels} channels of {bits} bits.", "Save it as grey or RGB.", pointer
        )
    if not width or not height:
        raise _unreadable("Its frame declares no picture.", pointer)
    return width, height, channels


def _marker(raw: bytes, place: int, pointer: str) -> tuple[int, int]:
    """The next marker, and where its segment begins."""
    if raw[place] != 0xFF:
        raise _unreadable("It has no marker where one belongs.", pointer)
    while raw[place] == 0xFF:
        place += 1
    return raw[place], place + 1


def _exactly(raw: bytes, place: int, length: int) -> bytes:
    if length < 2 or place + length > len(raw):
        raise IndexError
    return raw[place : place + length]


def _orientation(exif: bytes) -> int:
    """Exif's orientation, 1 to 8; 1 where there is none, or what it says can't be read."""
    order: Literal["little", "big"]
    if exif[:4] == b"II*\0":
        order = "little"
    elif exif[:4] == b"MM\0*":
        order = "big"
    else:
        return 1

    def number(place: int, size: int) -> int:
        return int.from_bytes(exif[place : place + size], order)

    directory = number(4, 4)
    for entry in range(min(number(directory, 2), 64)):
        place = directory + 2 + 12 * entry
        if number(place, 2) == 0x0112:
            found = number(place + 8, 2)
            return found if 1 <= found <= 8 else 1
    return 1


def _unreadable(detail: str, pointer: str) -> TensorError:
    return TensorError(
        "picture_unreadable", detail, pointer=pointer, hint="Send a whole PNG or JPEG file."
    )


def _unsupported(detail: str, hint: str, pointer: str) -> TensorError:
    return TensorError("picture_not_supported", detail, pointer=pointer, hint=hint)
