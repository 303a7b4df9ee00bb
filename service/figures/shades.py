"""Numbers as colours: greys from the least to the greatest, or two hues around 0.

Blue and vermilion of Okabe and Ito (2008) with white between them, which people with any of the
common colour vision deficiencies tell apart; both get darker the farther a number is from 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from service.figures.parts import short

if TYPE_CHECKING:
    Array = np.ndarray[Any, np.dtype[Any]]

__all__ = ["STEPS", "Colours", "Shades", "shades"]

Colours = Literal["auto", "grey", "signed", "rgb"]

STEPS: Final = 64
"""So many steps of colour from end to end: more than an eye tells apart side by side."""

_BELOW: Final = (0, 114, 178)
_ABOVE: Final = (213, 94, 0)
_WHITE: Final = (255, 255, 255)
NOT_FINITE: Final = (204, 121, 167)
"""The colour of what is no finite number."""


@dataclass(frozen=True, slots=True)
class Shades:
    """How the numbers of some maps become colours: by ``low`` and ``high``, "grey", "signed" or
    "rgb"."""

    colours: Colours
    low: float
    high: float

    def paint(self, values: Array) -> Array:
        """The colours of ``(height, width)`` numbers, or ``(3, height, width)`` for "rgb"."""
        steps = np.rint(self._share(values) * STEPS) / STEPS
        if self.colours == "rgb":
            pixels = np.moveaxis(np.nan_to_num(steps), 0, -1) * 255
        elif self.colours == "signed":
            pixels = _TABLE[np.rint(np.nan_to_num(steps, nan=0.5) * STEPS).astype(int)]
        else:
            pixels = np.repeat(np.nan_to_num(steps)[..., None], 3, axis=-1) * 255
        painted: Array = np.rint(pixels).astype(np.uint8)
        missing = ~np.isfinite(values)
        painted[missing.any(axis=0) if self.colours == "rgb" else missing] = NOT_FINITE
        return painted

    def _share(self, values: Array) -> Array:
        """Where each number lies between low, 0, and high, 1."""
        # Halves, as the difference of two large numbers may be too large for a float.
        span = self.high / 2 - self.low / 2
        if not span:
            return np.where(np.isfinite(values), 0.5, np.nan)
        halves = np.asarray(values, np.float64) / 2 - self.low / 2
        share: Array = np.clip(np.where(np.isfinite(values), halves, np.nan) / span, 0, 1)
        return share

    def words(self, least: float, greatest: float) -> str:
        """What the colours mean, for numbers from ``least`` to ``greatest``."""
        if self.colours == "signed":
            peak = short(self.high)
            return (
                f"values from {short(least)} to {short(greatest)}: white is 0, blue is below 0, "
                f"orange above, darkest at −{peak} and {peak}"
            )
        if self.low == self.high:
            return f"every value is {short(least)}"
        if self.colours == "rgb":
            return f"a colour picture, {short(self.low)} to {short(self.high)} in each channel"
        ends = f"black is {short(self.low)}, white is {short(self.high)}"
        if (least, greatest) == (self.low, self.high):
            return ends
        return f"values from {short(least)} to {short(greatest)}: {ends}"


def shades(
    values: Array, colours: Colours = "auto", span: tuple[float, float] | None = None
) -> Shades:
    """Choose how numbers become colours.

    "auto" is "signed" where some are below 0, otherwise "grey". ``span`` gives the ends of a grey
    or "rgb" scale (0 and 255 for a picture); without it they are the least and the greatest number.
    """
    least, greatest = ends(values)
    if colours == "auto":
        colours = "signed" if least < 0 and span is None else "grey"
    if colours == "signed":
        peak = max(-least, greatest) or 1.0
        return Shades(colours, -peak, peak)
    low, high = span or (least, greatest)
    return Shades(colours, low, high)


def ends(values: Array) -> tuple[float, float]:
    """The least and the greatest finite number; 0 and 0 where there is none."""
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)


def _table() -> Array:
    """The colours of the signed scale, from the strongest below 0 to the strongest above."""
    half = np.linspace(0, 1, STEPS // 2 + 1)[:, None]
    below = np.array(_BELOW) * (1 - half) + np.array(_WHITE) * half
    above = np.array(_WHITE) * (1 - half) + np.array(_ABOVE) * half
    return np.concatenate([below, above[1:]])


_TABLE: Final = _table()
