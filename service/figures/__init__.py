"""Pictures of convolutions: one drawing model, written as SVG or PNG."""

from service.figures.errors import FigureError
from service.figures.model import Drawing
from service.figures.network import draw_network
from service.figures.palette import DARK, LIGHT, THEMES
from service.figures.png import png
from service.figures.registry import FIGURES, figure
from service.figures.svg import svg
from service.figures.window import draw_window

__all__ = [
    "DARK",
    "FIGURES",
    "LIGHT",
    "THEMES",
    "Drawing",
    "FigureError",
    "draw_network",
    "draw_window",
    "figure",
    "png",
    "svg",
]
