"""How wide a text is: advance widths read from the packaged fonts, without Pillow.

The drawings are laid out with DejaVu Sans, which is as wide as Verdana and wider than Helvetica or
Arial, so that a text which fits here fits in whatever font a viewer falls back to. The tables read
are ``cmap`` (format 4), ``hmtx``, ``hhea`` and ``head`` of the OpenType specification.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from struct import unpack_from
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from service.figures.model import Text

REGULAR, BOLD, MONO = "DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSansMono.ttf"
CAP_HEIGHT = 0.73
DESCENT = 0.24


def font_file(*, bold: bool = False, mono: bool = False) -> str:
    """The packaged font for a style; monospaced text has one weight."""
    if mono:
        return MONO
    return BOLD if bold else REGULAR


@cache
def font_bytes(name: str) -> bytes:
    """A packaged font file."""
    return resources.files("service.figures").joinpath("fonts", name).read_bytes()


@cache
def _advances(name: str) -> tuple[dict[int, float], float]:
    """Advance widths in ems by code point, and that of a glyph the font lacks."""
    data = font_bytes(name)
    (count,) = unpack_from(">H", data, 4)
    tables = {
        data[at : at + 4]: unpack_from(">I", data, at + 8)[0]
        for at in range(12, 12 + 16 * count, 16)
    }
    (em,) = unpack_from(">H", data, tables[b"head"] + 18)
    (metrics,) = unpack_from(">H", data, tables[b"hhea"] + 34)
    widths = [unpack_from(">H", data, tables[b"hmtx"] + 4 * i)[0] / em for i in range(metrics)]
    glyphs = _glyphs(data, tables[b"cmap"])
    return {point: widths[min(glyph, metrics - 1)] for point, glyph in glyphs.items()}, widths[0]


def _glyphs(data: bytes, cmap: int) -> dict[int, int]:
    """Glyph numbers by code point, from the format 4 subtable.

    Its ranges are all of the kind that adds a delta: the packaged fonts have no glyph index array.
    """
    (records,) = unpack_from(">H", data, cmap + 2)
    starts = {cmap + unpack_from(">I", data, cmap + 8 + 8 * i)[0] for i in range(records)}
    table = next(at for at in sorted(starts) if unpack_from(">H", data, at)[0] == 4)
    (twice,) = unpack_from(">H", data, table + 6)
    glyphs: dict[int, int] = {}
    for i in range(0, twice, 2):
        (end,) = unpack_from(">H", data, table + 14 + i)
        (start,) = unpack_from(">H", data, table + 16 + twice + i)
        (delta,) = unpack_from(">H", data, table + 16 + 2 * twice + i)
        glyphs.update((point, (point + delta) & 0xFFFF) for point in range(start, end + 1))
    return glyphs


def text_width(text: str, size: float, *, bold: bool = False, mono: bool = False) -> float:
    """The width of one line in pixels, when an em is ``size`` pixels high."""
    advances, missing = _advances(font_file(bold=bold, mono=mono))
    return size * sum(advances.get(ord(character), missing) for character in text)


def text_box(text: Text) -> tuple[float, float, float, float]:
    """(left, top, right, bottom) of a text where it stands."""
    width = text_width(text.text, text.size, bold=text.bold, mono=text.mono)
    left = text.x - width * {"start": 0.0, "middle": 0.5, "end": 1.0}[text.anchor]
    return left, text.y - CAP_HEIGHT * text.size, left + width, text.y + DESCENT * text.size


def fit(text: str, width: float, size: float, *, bold: bool = False, mono: bool = False) -> float:
    """The largest size up to ``size`` at which the text is no wider than ``width``."""
    natural = text_width(text, size, bold=bold, mono=mono)
    return size if natural <= width else size * width / natural


def wrap(text: str, width: float, size: float, *, mono: bool = False) -> list[str]:
    """Lines of whole words, each no wider than ``width`` (a longer word has a line of its own)."""
    lines: list[str] = []
    for word in text.split():
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(joined, size, mono=mono) <= width:
            lines[-1] = joined
        else:
            lines.append(word)
    return lines
