"""Pictures of convolutions: one drawing model, written as SVG, PNG or GIF."""

from service.figures.errors import FigureError
from service.figures.feature_maps import MAX_MAPS, Maps, draw_maps
from service.figures.film import MAX_FRAMES, animated_svg, film, gif, level
from service.figures.model import Drawing
from service.figures.network import draw_network
from service.figures.palette import DARK, LIGHT, THEMES
from service.figures.plots import Column, Row, draw_columns, draw_rows
from service.figures.png import png
from service.figures.registry import FIGURES, figure
from service.figures.scene import Numbers
from service.figures.svg import svg
from service.figures.window import draw_input, draw_window, unfit

__all__ = [
    "DARK",
    "FIGURES",
    "LIGHT",
    "MAX_FRAMES",
    "MAX_MAPS",
    "THEMES",
    "Column",
    "Drawing",
    "FigureError",
    "Maps",
    "Numbers",
    "Row",
    "animated_svg",
    "draw_columns",
    "draw_input",
    "draw_maps",
    "draw_network",
    "draw_rows",
    "draw_window",
    "figure",
    "film",
    "gif",
    "level",
    "png",
    "svg",
    "unfit",
]
