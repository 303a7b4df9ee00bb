"""Pictures of every kind to hold the same rules against, and readers of SVG."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree

import numpy as np
import pytest

from service.figures import Column, Drawing, Maps, Row, draw_columns, draw_maps, draw_rows, figure

SVG = "{http://www.w3.org/2000/svg}"
EDGES = [[(3 * row + 5 * column) % 7 - 2 for column in range(12)] for row in range(12)]
LENET = [
    {"kernel_size": 5, "filters": 6, "padding": 2},
    {"op": "max_pool2d", "kernel_size": 2},
    {"kernel_size": 5, "filters": 16},
    {"op": "avg_pool2d", "kernel_size": 2, "stride": [2, 1]},
    {"kernel_size": [5, 3], "filters": 120},
]

PICTURES: dict[str, tuple[str, dict[str, object]]] = {
    "patch": ("patch", {}),
    "patch-padded": ("patch", {"padding": 1, "stride": 2, "position": [2, 0], "bias": -2}),
    "patch-dilated": ("patch", {"dilation": 2, "position": [1, 1], "bias": 0.5}),
    "patch-large": (
        "patch",
        {"input": EDGES, "weight": [row[:5] for row in EDGES[:5]], "position": [7, 7]},
    ),
    "patch-tiny": (
        "patch",
        {"input": [[5]], "weight": [[1, 2]], "padding": [[0, 0], [1, 0]], "position": [0, 0]},
    ),
    "patch-reflect": ("patch", {"padding": 1, "padding_mode": "reflect", "position": [0, 5]}),
    "maps": ("rgb-to-k-maps", {}),
    "maps-one": ("rgb-to-k-maps", {"filters": 1, "kernel_size": 32}),
    "maps-many": ("rgb-to-k-maps", {"filters": 20, "kernel_size": 8, "stride": 2, "padding": 1}),
    "maps-wide": (
        "rgb-to-k-maps",
        {"input_shape": [20, 1000, 3], "filters": 1_000_000_000, "padding": "same"},
    ),
    "pyramid": ("pyramid", {}),
    "pyramid-lenet": ("pyramid", {"input_shape": [28, 28, 1], "layers": LENET, "classes": 3}),
    "pyramid-bare": (
        "pyramid",
        {"input_shape": [9, 7, 3], "layers": [{"kernel_size": 1, "filters": 2}], "classes": None},
    ),
    "window": ("window", {"input_shape": [5, 5], "kernel_size": 3, "padding": 1, "step": 7}),
    "window-strided": (
        "window",
        {"input_shape": [12, 14, 3], "kernel_size": 3, "stride": 3, "dilation": 2, "step": 5},
    ),
    "window-ceil": (
        "window",
        {
            "op": "max_pool1d",
            "input_shape": [12, 2],
            "kernel_size": 3,
            "padding": 1,
            "ceil_mode": True,
            "step": 4,
        },
    ),
    "window-largest": (
        "window",
        {
            "op": "conv2d",
            "framework": "pytorch",
            "layout": "CHW",
            "input_shape": [3, 22, 20],
            "kernel_size": [5, 3],
            "padding": [1, 2],
            "out_channels": 8,
            "step": 130,
        },
    ),
    "window-mean": (
        "window",
        {"op": "avg_pool2d", "input_shape": [9, 9], "kernel_size": 2, "stride": 4, "padding": 1},
    ),
    "window-1d": ("window", {"op": "conv1d", "input_shape": [24], "kernel_size": 1, "stride": 5}),
}


ROWS, COLUMNS = np.mgrid[:24, :32]
WAVES = np.stack([np.sin(COLUMNS / (1 + at)) * at + ROWS for at in range(6)]) - 12
MAPS = [
    Maps("picture", np.stack([COLUMNS * 8, ROWS * 10, ROWS + COLUMNS]), "rgb", (0, 255)),
    Maps("waves", WAVES),
    Maps("seventy", np.arange(70 * 9).reshape(70, 3, 3)),
    Maps("scores", np.array([[[3.0]], [[-1.5]]]), names=("a", "a name that is far too long")),
    Maps("a row that is not finite", np.array([[[1.0, np.nan, np.inf, 2.0]]])),
]


ROWS_OF_SHARES = [
    Row("young", 0.84, "84 %, 21 of 25; foreseen 91 %", (0.65, 0.94), 0.91),
    Row("a name that is much too long to be written beside its bar", 1.0, "all", (0.0, 1.0), 1.0),
    Row("nothing", None, "0 of 0"),
]
DAYS = [Column(f"{day + 1} Nov", (day % 5, 3000 * (day == 7))) for day in range(30)]
TOLD = "What is drawn here, in as many words as it takes."
OTHERS: dict[str, Callable[[], Drawing]] = {
    "maps": lambda: draw_maps(MAPS, "Maps of five outputs"),
    "columns": lambda: draw_columns("What was done", TOLD, DAYS, ("answers", "reviews"), "By day."),
    "columns-empty": lambda: draw_columns("What is due", TOLD, [Column("1", (0,))], ("due",), "."),
    "rows": lambda: draw_rows("Many mistakes", TOLD, [Row("a", 3, "3×"), Row("b", 1, "1×")], "x"),
    "rows-shares": lambda: draw_rows("What was recalled", TOLD, ROWS_OF_SHARES, "x", shares=True),
    "rows-empty": lambda: draw_rows("No mistakes yet", TOLD, [], "None yet."),
}


@pytest.fixture(params=[*PICTURES, *OTHERS])
def drawing(request: pytest.FixtureRequest) -> Drawing:
    """Each picture in turn."""
    if request.param in OTHERS:
        return OTHERS[request.param]()
    kind, parameters = PICTURES[request.param]
    return figure(kind, parameters)


def _part(svg: str, name: str) -> list[str]:
    root = ElementTree.fromstring(svg)  # noqa: S314 - written by the code under test
    groups = [group for group in root.iter(f"{SVG}g") if group.get("data-part") == name]
    return [text.text or "" for group in groups for text in group.iter(f"{SVG}text")]


@pytest.fixture(scope="session")
def texts() -> Callable[[str, str], list[str]]:
    """The texts in the part of an SVG that has this name."""
    return _part


@pytest.fixture(scope="session")
def numbers() -> Callable[[str, str], list[float]]:
    """The numbers in the part of an SVG that has this name, in reading order."""
    return lambda svg, name: [
        float(text.removeprefix("×").replace("−", "-")) for text in _part(svg, name)
    ]
