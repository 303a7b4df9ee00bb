"""Figures by kind: known names, and nothing but a FigureError for whatever parameters come."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import service.figures
from service.figures import FIGURES, Drawing, FigureError, figure, png, svg

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 40)
    | st.sampled_from([2**31, 10**400, "same", "valid", "conv2d", "max_pool1d", "", "\x00", "HWC"])
    | st.floats(allow_nan=True, allow_infinity=True),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=8,
)
NAMES = (
    *("input", "weight", "bias", "position", "input_shape", "layers", "classes", "op", "layout"),
    *("framework", "step", "kernel_size", "filters", "stride", "padding", "dilation", "groups"),
    *("ceil_mode", "padding_mode", "count_include_pad", "other"),
)


@given(st.sampled_from(sorted(FIGURES)), st.dictionaries(st.sampled_from(NAMES), JSON, max_size=4))
def test_parameters_give_a_picture_or_a_figure_error(
    kind: str, parameters: dict[str, object]
) -> None:
    drawing, refused = None, None
    try:
        drawing = figure(kind, parameters)
    except FigureError as error:
        refused = error
    if refused:
        assert refused.code.replace("_", "").isalpha()
        assert refused.detail
        assert refused.pointer == "" or refused.pointer.startswith("/")
    else:
        assert isinstance(drawing, Drawing)
        assert svg(drawing).encode()


def test_the_kinds_that_decks_name() -> None:
    assert set(FIGURES) == {"patch", "rgb-to-k-maps", "pyramid", "window"}
    for kind in ("patch", "rgb-to-k-maps", "pyramid"):
        assert png(figure(kind), 1)[:8] == b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize("kind", ["piramid", "", "\x00", "PATCH"])
def test_an_unknown_kind_is_refused_with_the_nearest(kind: str) -> None:
    with pytest.raises(FigureError) as caught:
        figure(kind)
    assert (caught.value.code, caught.value.pointer) == ("unknown_figure", "/kind")
    assert ("pyramid" in caught.value.hint) or kind != "piramid"


def test_a_missing_parameter_is_named() -> None:
    with pytest.raises(FigureError) as caught:
        figure("window", {"kernel_size": 3})
    assert (caught.value.code, caught.value.pointer) == ("missing_parameter", "/input_shape")


def test_the_public_surface() -> None:
    assert set(service.figures.__all__) == {
        *("Drawing", "FigureError", "FIGURES", "figure", "draw_network", "draw_window"),
        *("Numbers", "MAX_FRAMES", "animated_svg", "film", "gif", "level", "unfit"),
        *(
            "MAX_MAPS",
            "Maps",
            "draw_input",
            "draw_maps",
            "Column",
            "Row",
            "draw_columns",
            "draw_rows",
        ),
        *("svg", "png", "LIGHT", "DARK", "THEMES"),
    }
    for name in service.figures.__all__:
        assert getattr(service.figures, name) is not None
