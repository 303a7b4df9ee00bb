"""Colours by the role they play, for a light and a dark theme.

The hues are those of Okabe and Ito (2008), chosen so that people with any of the common colour
vision deficiencies tell them apart; they are darkened on the light theme and lightened on the dark
one until text has a contrast of 4.5:1 and every other mark 3:1 with what lies under it (WCAG 2.2,
1.4.3 and 1.4.11). Every drawing brings its own panel, so the page behind it does not matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    """What a colour is used for. A mark with a ``_tint`` may be filled with it."""

    PANEL = "panel"
    PANEL_EDGE = "panel_edge"
    INK = "ink"
    MUTED = "muted"
    GRID = "grid"
    CELL = "cell"
    PADDING = "padding"
    KERNEL = "kernel"
    KERNEL_TINT = "kernel_tint"
    OUTPUT = "output"
    OUTPUT_TINT = "output_tint"
    ACCENT = "accent"
    ACCENT_TINT = "accent_tint"
    RED = "red"
    RED_TINT = "red_tint"
    GREEN = "green"
    GREEN_TINT = "green_tint"
    BLUE = "blue"
    BLUE_TINT = "blue_tint"


Theme = Mapping[Role, str]

LIGHT: Theme = MappingProxyType(
    {
        Role.PANEL: "#ffffff",
        Role.PANEL_EDGE: "#c7d0d9",
        Role.INK: "#17212b",
        Role.MUTED: "#4a5a68",
        Role.GRID: "#687582",
        Role.CELL: "#ffffff",
        Role.PADDING: "#e6e2d9",
        Role.KERNEL: "#005a8e",
        Role.KERNEL_TINT: "#b9def7",
        Role.OUTPUT: "#93336f",
        Role.OUTPUT_TINT: "#f2cfe3",
        Role.ACCENT: "#a84300",
        Role.ACCENT_TINT: "#ffe3cd",
        Role.RED: "#ad4400",
        Role.RED_TINT: "#ffe6d6",
        Role.GREEN: "#006f50",
        Role.GREEN_TINT: "#d5f2e8",
        Role.BLUE: "#006aa6",
        Role.BLUE_TINT: "#d3eafa",
    }
)

DARK: Theme = MappingProxyType(
    {
        Role.PANEL: "#12181f",
        Role.PANEL_EDGE: "#3a4652",
        Role.INK: "#eef2f6",
        Role.MUTED: "#aab6c2",
        Role.GRID: "#7d8b99",
        Role.CELL: "#1a222b",
        Role.PADDING: "#33383a",
        Role.KERNEL: "#56b4e9",
        Role.KERNEL_TINT: "#0f3f60",
        Role.OUTPUT: "#e592c4",
        Role.OUTPUT_TINT: "#4a2340",
        Role.ACCENT: "#ff9a52",
        Role.ACCENT_TINT: "#542a0c",
        Role.RED: "#ff8f47",
        Role.RED_TINT: "#54290a",
        Role.GREEN: "#2fc79b",
        Role.GREEN_TINT: "#0b4234",
        Role.BLUE: "#56b4e9",
        Role.BLUE_TINT: "#123a52",
    }
)

THEMES: Mapping[str, Theme] = MappingProxyType({"light": LIGHT, "dark": DARK})

# Which marks lie on which grounds: the contrast test holds each of these pairs.
GROUNDS = (
    Role.PANEL,
    Role.CELL,
    Role.PADDING,
    Role.KERNEL_TINT,
    Role.OUTPUT_TINT,
    Role.ACCENT_TINT,
    Role.RED_TINT,
    Role.GREEN_TINT,
    Role.BLUE_TINT,
)
TEXTS = (Role.INK, Role.MUTED)
COLOURED_TEXTS = (
    (Role.KERNEL, Role.PANEL),
    (Role.KERNEL, Role.KERNEL_TINT),
    (Role.OUTPUT, Role.PANEL),
    (Role.OUTPUT, Role.OUTPUT_TINT),
    (Role.ACCENT, Role.PANEL),
    (Role.ACCENT, Role.ACCENT_TINT),
    (Role.RED, Role.RED_TINT),
    (Role.GREEN, Role.GREEN_TINT),
    (Role.BLUE, Role.BLUE_TINT),
)
MARKS = (Role.GRID, Role.KERNEL, Role.OUTPUT, Role.ACCENT, Role.RED, Role.GREEN, Role.BLUE)

# The colours that K maps take in turn, each a mark with its tint. Neighbours differ in hue; the
# maps are numbered as well, so colour is never the only sign.
SERIES = (
    (Role.KERNEL, Role.KERNEL_TINT),
    (Role.RED, Role.RED_TINT),
    (Role.GREEN, Role.GREEN_TINT),
    (Role.OUTPUT, Role.OUTPUT_TINT),
)


def series(index: int) -> tuple[Role, Role]:
    """The mark and the tint of the index-th of many like things, from 0."""
    return SERIES[index % len(SERIES)]
