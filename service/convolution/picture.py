"""Pictures as numbers, and numbers as pictures. Pillow decodes and writes; it is imported late."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from service.convolution.budget import DEFAULT_BUDGET
from service.convolution.errors import OverBudget, TensorError
from service.convolution.picture_file import PictureFile, look_through
from service.packed import read_base64

if TYPE_CHECKING:
    from PIL.Image import Image

    from service.convolution.geometry import Array

__all__ = ["GREY", "RGB", "UNIT", "WHOLE", "Picture", "read_picture", "to_greys", "write_png"]

GREY: Final = "grey"
RGB: Final = "rgb"
WHOLE: Final = "0..255"
UNIT: Final = "0..1"


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as ``(height, width, channels)`` and what was done to make it that.

    ``values`` says what its numbers are: "0..255" as int64, or "0..1" as float32.
    """

    pixels: Array
    channels: str
    values: str
    notes: tuple[str, ...]


def read_picture(
    data: str,
    *,
    channels: str | None = None,
    values: str = WHOLE,
    pointer: str = "",
    max_elements: int = DEFAULT_BUDGET.max_input,
) -> Picture:
    """Read base64 of a PNG or JPEG file as numbers.

    ``channels`` is "grey" or "rgb"; None takes what the file has. Colours become grey by
    0.299·R + 0.587·G + 0.114·B (ITU-R BT.601); transparency is laid over white; 16-bit values keep
    their upper eight bits; Exif's orientation is followed.

    Raises TensorError ``base64_unreadable`` and what `look_through` does, ``picture_unreadable``
    for a file that can't be decoded, and OverBudget by the size that it declares.
    """
    try:
        raw = read_base64(data)
    except ValueError:
        raise TensorError(
            "base64_unreadable",
            "This is not base64.",
            pointer=pointer,
            hint="Use A-Z a-z 0-9 + / with the padding (=), without line breaks or data: before.",
        ) from None
    file = look_through(raw, pointer)
    wanted = channels or (GREY if file.channels == 1 else RGB)
    asked = file.width * file.height * (3 if wanted == RGB else 1)
    if asked > max_elements:
        raise OverBudget(
            "picture",
            f"numbers for a picture of {file.width}×{file.height}",
            asked,
            max_elements,
            pointer=pointer,
            hint="Send a smaller picture.",
        )
    pixels = _decode(file, wanted, pointer)
    if values == UNIT:
        pixels = (pixels / 255).astype(np.float32)
    return Picture(pixels, wanted, values, tuple(_notes(file, wanted)))


def _decode(file: PictureFile, wanted: str, pointer: str) -> Array:
    from PIL import Image

    try:
        image = Image.open(BytesIO(file.lean), formats=(file.format,))
        if image.size != (file.width, file.height):
            raise ValueError("another size than declared")
        image.load()
        upright = _upright(_plain(image), file.orientation)
        pixels = np.asarray(upright.convert("L" if wanted == GREY else "RGB"), dtype=np.int64)
    except Exception:  # whatever a decoder stumbles over is a file that is damaged
        raise TensorError(
            "picture_unreadable",
            f"This {file.format} can't be decoded: it is damaged or cut off.",
            pointer=pointer,
            hint="Save it again and send the whole file.",
        ) from None
    return pixels.reshape(*pixels.shape[:2], -1)


def _plain(image: Image) -> Image:
    """The image in eight bits, transparency laid over white."""
    from PIL import Image as Pillow

    if image.mode.startswith("I"):
        return Pillow.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.has_transparency_data:
        over = image.convert("RGBA")
        under = Pillow.new("RGBA", over.size, "white")
        return Pillow.alpha_composite(under, over).convert("RGB")
    return image


def _upright(image: Image, orientation: int) -> Image:
    from PIL.Image import Transpose

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    return image.transpose(turns[orientation]) if orientation in turns else image


def _notes(file: PictureFile, wanted: str) -> list[str]:
    notes = []
    if file.channels == 3 and wanted == GREY:
        notes.append("Colours became grey: 0.299 R + 0.587 G + 0.114 B.")
    if file.channels == 1 and wanted == RGB:
        notes.append("The grey stands in all three channels.")
    if file.has_alpha:
        notes.append("Transparency was laid over white.")
    if file.bits == 16:
        notes.append("Of 16 bits the upper 8 were kept.")
    if file.orientation != 1:
        notes.append("The picture was turned upright as its Exif data says.")
    return notes


def to_greys(output: Array, values: str, *, signed: bool) -> tuple[np.ndarray[Any, Any], str]:
    """Numbers as greys 0..255 (uint8) of the same shape, and in words how.

    ``signed`` is for filters whose weights add up to 0: no change is a middle grey, and the
    largest change of either sign is black or white. Otherwise values are those of a picture.
    """
    if signed:
        peak = float(np.abs(output.astype(np.float64)).max(initial=0)) or 1.0
        greys = 128 + output.astype(np.float64) * (127 / peak)
        words = f"0 is grey 128, -{peak:.6g} is 1 and {peak:.6g} is 255; linear between."
    elif values == UNIT:
        greys = output.astype(np.float64) * 255
        words = "0 is black and 1 is white; what is below or above is cut to them."
    else:
        greys = output.astype(np.float64)
        words = "0 is black and 255 is white; what is below or above is cut to them."
    return np.clip(np.rint(greys), 0, 255).astype(np.uint8), words


def write_png(greys: np.ndarray[Any, Any]) -> bytes:
    """Greys of shape ``(height, width)`` or ``(height, width, 3)``, uint8, as a PNG file."""
    from PIL import Image

    buffer = BytesIO()
    Image.fromarray(np.ascontiguousarray(greys)).save(buffer, "PNG")
    return buffer.getvalue()
