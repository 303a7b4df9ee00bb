"""The pictures of the pages are what the service draws."""

from running import ROOT
from service.figures import figure, svg


def test_the_picture_of_the_readme_is_drawn_by_the_service() -> None:
    committed = (ROOT / "docs" / "images" / "one-patch.svg").read_text()
    assert committed == svg(figure("patch", {}))
