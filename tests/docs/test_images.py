"""The pictures of the pages are what the service draws."""

from running import ROOT
from service.figures import animated_svg, figure, film, svg
from service.shapes import infer, read_layer


def test_the_picture_of_the_readme_is_drawn_by_the_service() -> None:
    committed = (ROOT / "docs" / "images" / "one-patch.svg").read_text()
    assert committed == svg(figure("patch", {}))


def test_the_moving_picture_is_drawn_by_the_service() -> None:
    committed = (ROOT / "docs" / "images" / "stride-2.svg").read_text()
    layer = read_layer("textbook", "conv2d", [7, 7], {"kernel_size": 3, "stride": 2, "padding": 1})
    assert committed == animated_svg(film(infer(layer)))
