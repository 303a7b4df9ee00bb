"""What a layer gave on real numbers, and how that is written: JSON, text, a ``.npy`` file."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from service.api.drawn import grid_png, still_png
from service.api.json import dumps_arrays
from service.api.negotiation import PNG
from service.convolution import (
    WHOLE,
    Picture,
    TracePoint,
    to_greys,
    write_npy,
    write_png,
    write_point,
)
from service.packed import write_packed
from service.shapes import infer

if TYPE_CHECKING:
    from service.api.schemas.convolutions import Job
    from service.shapes import Layer

    Array = np.ndarray[Any, np.dtype[Any]]

__all__ = ["NPY", "PNG", "Result", "as_json", "as_npy", "as_png", "as_text", "plain"]

NPY: Final = "application/x-npy"

_SHOWN: Final = 24  # rows, columns and maps that the text shows


@dataclass(frozen=True, slots=True)
class Result:
    """What a convolution gave."""

    job: Job
    output: Array
    macs: int
    points: list[TracePoint] | None
    indices: Array | None = None
    signed: bool = False
    """Whether the weights add up to 0, so that an even grey gives 0."""

    @property
    def layer(self) -> Layer:
        """What was asked for."""
        return self.job.layer

    @property
    def picture(self) -> Picture | None:
        """What the input was, if it was a picture."""
        return self.job.picture

    def greys(self) -> tuple[Array, str]:
        """The output as greys, and in words how; only for a picture."""
        values = self.picture.values if self.picture else WHOLE
        return to_greys(self.output, values, signed=self.signed)


def plain(result: Result) -> dict[str, Any]:
    """The answer as plain data, with the output (and the indices) as arrays."""
    write = write_packed if result.job.encoding == "base64" else _array
    members: dict[str, Any] = {
        "op": result.layer.op,
        "framework": result.layer.framework,
        "layout": infer(result.layer).output_layout,
        "output_shape": list(result.output.shape),
        "output": write(result.output),
        "macs": result.macs,
    }
    if result.indices is not None:
        members["indices"] = write(result.indices)
    if result.points is not None:
        members["trace"] = [_plain_point(point) for point in result.points]
    if result.picture is not None:
        members["picture"] = _plain_picture(result, result.picture)
    if result.job.notes:
        members["warnings"] = [{"code": code, "detail": said} for code, said in result.job.notes]
    return members


def _plain_picture(result: Result, picture: Picture) -> dict[str, Any]:
    height, width, _ = picture.pixels.shape
    return {
        "width": width,
        "height": height,
        "channels": picture.channels,
        "values": picture.values,
        "notes": list(picture.notes),
        "mapping": result.greys()[1],
    }


def _array(array: Array) -> Any:
    """The array itself, for the JSON writer to write as nested lists."""
    return array


def _plain_point(point: TracePoint) -> dict[str, Any]:
    """One traced output, without what its kind of layer does not have."""
    return {name: value for name, value in asdict(point).items() if value is not None}


def as_text(result: Result) -> str:
    """The output as grids of numbers, one for each map, and what was traced as sums."""
    letters, shape = infer(result.layer).output_layout, result.output.shape
    named = f" ({letters})" if letters else ""
    lines = [f"{result.layer.op}: {'×'.join(map(str, shape))}{named}"]
    lines += _grids(result.output, letters)
    if result.indices is not None:
        lines += ["indices of the maxima", *_grids(result.indices, letters)]
    if max(shape, default=0) > _SHOWN:
        lines.append(f"(only the first {_SHOWN} of each axis are shown)")
    for point in result.points or ():
        lines += write_point(point)
    return "\n".join([*lines, *[said for _, said in result.job.notes]])


def _grids(array: Array, letters: str | None) -> list[str]:
    """Rows of numbers, the last two spatial axes of each map as a grid."""
    if not array.size:
        return []
    spatial = [axis for axis, letter in enumerate(letters or "") if letter not in "NC"]
    spatial = spatial or list(range(array.ndim))[-1:]
    others = [axis for axis in range(array.ndim) if axis not in spatial]
    grids = array.transpose(others + spatial)
    maps = grids.reshape(-1, *grids.shape[-min(2, len(spatial)) :])
    lines = []
    for number, grid in enumerate(maps[:_SHOWN]):
        if len(maps) > 1:
            lines.append(f"map {number}")
        rows = np.atleast_2d(grid)[:_SHOWN, :_SHOWN].tolist()
        texts = [[f"{value:.6g}" for value in row] for row in rows]
        width = max(len(text) for row in texts for text in row)
        lines += [" ".join(text.rjust(width) for text in row) for row in texts]
    return lines


def as_json(result: Result) -> bytes:
    """The answer as JSON."""
    return dumps_arrays(plain(result))


def as_npy(result: Result) -> bytes:
    """The output alone, as a ``.npy`` file."""
    return write_npy(result.output)


def as_png(result: Result) -> bytes:
    """The output of a picture as a picture (as a grid of maps where it has not 1 or 3); of numbers,
    the window over them."""
    if result.picture is None:
        return still_png(result)
    letters = infer(result.layer).output_layout or ""
    if not {"H", "W"} <= set(letters) or 0 in result.output.shape:
        return grid_png(result)
    greys = result.greys()[0]
    order = [letters.index(letter) for letter in "NHWC" if letter in letters]
    ordered = greys.transpose(order)[0] if "N" in letters else greys.transpose(order)
    maps = ordered.shape[-1] if "C" in letters else 1
    if maps not in (1, 3):
        return grid_png(result)
    return write_png(ordered if maps == 3 else ordered.reshape(ordered.shape[:2]))
