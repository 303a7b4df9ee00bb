"""The pictures of the pages are what the service draws."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from running import ROOT
from sample_reports import learner, school
from service.api import plots, reports
from service.figures import DARK, LIGHT, animated_svg, figure, film, svg
from service.quiz.illustrations import illustration
from service.shapes import infer, read_layer

if TYPE_CHECKING:
    from collections.abc import Callable

    from service.figures.palette import Theme


def moving(op: str, shape: list[int], theme: Theme = LIGHT, **values: Any) -> str:
    return animated_svg(film(infer(read_layer("textbook", op, shape, values))), theme)


IMAGES: Final[dict[str, Callable[[], str]]] = {
    "one-patch": lambda: svg(figure("patch", {})),
    "stride-2": lambda: moving("conv2d", [7, 7], kernel_size=3, stride=2, padding=1),
    "transposed": lambda: moving("conv_transpose2d", [3, 3], kernel_size=3, stride=2, padding=1),
    "adaptive": lambda: moving("adaptive_avg_pool2d", [7, 5], DARK, output_size=[3, 2]),
    "equivariance": lambda: svg(illustration("equivariance").drawing),
    "edges": lambda: svg(illustration("edges").drawing),
    "progress-forecast": lambda: svg(plots.PLOTS["forecast"](learner())),
    "progress-days": lambda: svg(plots.PLOTS["days"](learner()), DARK),
    "progress-retention": lambda: svg(plots.PLOTS["retention"](learner())),
    "report-questions": lambda: svg(reports.PLOTS["questions"](school())),
}


MEASURED: Final = ("growth",)
"""What bench/ draws from the times that it took."""


@pytest.mark.parametrize("name", IMAGES)
def test_a_picture_is_drawn_by_the_service(name: str) -> None:
    committed = (ROOT / "docs" / "images" / f"{name}.svg").read_text()
    assert committed == IMAGES[name]()


def test_every_picture_is_drawn_by_the_service() -> None:
    found = {path.stem for path in (ROOT / "docs" / "images").glob("*.svg")}
    assert found == {*IMAGES, *MEASURED}
