"""Well-known filters by name: their kernels, what each does, and where it comes from.

Kernels are those of a cross-correlation, as layers compute it: rows go down, columns to the right,
and a kernel is laid over the picture as it stands. So ``sobel_x`` is positive where the picture
gets brighter to the right, ``sobel_y`` where it gets brighter downwards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import cos, pi, radians, sin
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

import numpy as np

from service.convolution.errors import OperandError

if TYPE_CHECKING:
    from service.convolution.geometry import Array

__all__ = ["FILTERS", "Filter", "FilterParameter", "filter_kernel"]

_LARGEST: Final = 31


@dataclass(frozen=True, slots=True)
class FilterParameter:
    """A number that a filter takes; ``odd`` ones are whole and odd."""

    name: str
    default: float
    minimum: float
    maximum: float
    about: str
    odd: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """A kernel with a name; ``source`` says who gave it, or where it is written down."""

    name: str
    about: str
    source: str
    make: Callable[..., Array]
    parameters: tuple[FilterParameter, ...] = ()

    def kernel(self, **values: float) -> Array:
        """The kernel with these parameters, the others by default; int64 if all are whole."""
        defaults = {parameter.name: parameter.default for parameter in self.parameters}
        made: Array = np.asarray(self.make(**(defaults | values)))
        whole = np.rint(made)
        return whole.astype(np.int64) if np.array_equal(made, whole) else made.astype(np.float64)


def filter_kernel(name: str, values: Mapping[str, float], pointer: str = "") -> Array:
    """The kernel of a filter, ``(rows, columns)``.

    ``pointer`` is where the object with name and parameters stands. Raises OperandError
    ``unknown_filter``, ``filter_parameter_unknown`` or ``filter_parameter_out_of_range``.
    """
    if name not in FILTERS:
        raise OperandError(
            "unknown_filter",
            f"There is no filter {name[:40]}.",
            pointer=f"{pointer}/filter",
            hint=f"One of {', '.join(FILTERS)}.",
        )
    chosen = FILTERS[name]
    known = {parameter.name: parameter for parameter in chosen.parameters}
    for given, value in values.items():
        if given not in known:
            takes = f"It takes {', '.join(known)}." if known else "It takes none."
            raise OperandError(
                "filter_parameter_unknown",
                f"{name} has no {given}.",
                pointer=f"{pointer}/{given}",
                hint=takes,
            )
        wanted = known[given]
        fits = wanted.minimum <= value <= wanted.maximum
        if not fits or (wanted.odd and value % 2 != 1):
            what = "an odd number" if wanted.odd else "a number"
            raise OperandError(
                "filter_parameter_out_of_range",
                f"This {given} is out of the range of {name}.",
                pointer=f"{pointer}/{given}",
                hint=f"Give {what} from {wanted.minimum:g} to {wanted.maximum:g}.",
            )
    return chosen.kernel(**values)


def _grid(size: float) -> tuple[Array, Array]:
    """Rows and columns of a square kernel, counted from its centre."""
    reach = int(size) // 2
    rows, columns = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    return rows, columns


def _identity(size: float = 3) -> Array:
    rows, columns = _grid(size)
    return np.where((rows == 0) & (columns == 0), 1, 0)


def _box(size: float) -> Array:
    return np.full((int(size), int(size)), 1 / int(size) ** 2)


def _gaussian(size: float, sigma: float) -> Array:
    rows, columns = _grid(size)
    bell = np.exp(-(rows**2 + columns**2) / (2 * sigma**2))
    return np.asarray(bell / bell.sum())


def _laplacian_of_gaussian(size: float, sigma: float) -> Array:
    rows, columns = _grid(size)
    squares = rows**2 + columns**2
    made = _gaussian(size, sigma) * (squares - 2 * sigma**2) / sigma**4
    return np.asarray(made - made.mean())


def _sharpen(amount: float) -> Array:
    return np.asarray(_identity() - amount * np.array(_LAPLACIAN))


def _unsharp(size: float, sigma: float, amount: float) -> Array:
    return np.asarray((1 + amount) * _identity(size) - amount * _gaussian(size, sigma))


def _motion_blur(size: float, angle: float) -> Array:
    """A line through the centre; each of ``size`` points along it falls on the nearest cell."""
    kernel, reach = np.zeros((int(size), int(size))), int(size) // 2
    right, up = cos(radians(angle)), sin(radians(angle))
    for step in range(-reach, reach + 1):
        kernel[reach - round(step * up), reach + round(step * right)] += 1 / int(size)
    return kernel


def _gabor(
    size: float, sigma: float, angle: float, wavelength: float, aspect: float, phase: float
) -> Array:
    rows, columns = _grid(size)
    turn = radians(angle)
    along = columns * cos(turn) + rows * sin(turn)
    across = rows * cos(turn) - columns * sin(turn)
    bell = np.exp(-(along**2 + (aspect * across) ** 2) / (2 * sigma**2))
    return np.asarray(bell * np.cos(2 * pi * along / wavelength + radians(phase)))


def _fixed(kernel: list[list[int]]) -> Callable[[], Array]:
    return lambda: np.array(kernel)


def _size(default: int) -> FilterParameter:
    return FilterParameter(
        "size", default, 1, _LARGEST, "Rows and columns of the kernel; odd.", odd=True
    )


def _sigma(default: float) -> FilterParameter:
    return FilterParameter("sigma", default, 0.1, 15, "Standard deviation of the bell, in pixels.")


def _amount() -> FilterParameter:
    return FilterParameter("amount", 1, 0, 10, "How much; 0 changes nothing.")


def _angle(about: str) -> FilterParameter:
    return FilterParameter("angle", 0, -360, 360, f"{about}, in degrees.")


_LAPLACIAN: Final = [[0, 1, 0], [1, -4, 1], [0, 1, 0]]
_GRADIENT: Final = "Positive where the picture gets brighter {way}: {kind} edges."
_RIGHT: Final = _GRADIENT.format(way="to the right", kind="vertical")
_DOWN: Final = _GRADIENT.format(way="downwards", kind="horizontal")
_SOBEL: Final = "I. Sobel and G. Feldman, talk at the Stanford AI Project, 1968."
_SCHARR: Final = "H. Scharr, Optimale Operatoren in der digitalen Bildverarbeitung, 2000."
_PREWITT: Final = "J. M. S. Prewitt, Object Enhancement and Extraction, 1970."
_ROBERTS: Final = "L. G. Roberts, Machine Perception of Three-Dimensional Solids, 1963."
_GONZALEZ: Final = "R. C. Gonzalez and R. E. Woods, Digital Image Processing, chapter 3."

_ALL: Final = (
    Filter("identity", "Changes nothing.", "The unit of convolution.", _identity, (_size(3),)),
    Filter(
        "box",
        "The mean of a square: blurs, and leaves squares as traces.",
        _GONZALEZ,
        _box,
        (_size(3),),
    ),
    Filter(
        "gaussian",
        "Blurs evenly in all directions; the weights add up to 1.",
        "The normal distribution, sampled at the pixels and scaled to a sum of 1.",
        _gaussian,
        (_size(5), _sigma(1)),
    ),
    Filter(
        "motion_blur",
        "The mean along a line: as if the camera had moved.",
        "A line of equal weights that add up to 1.",
        _motion_blur,
        (_size(9), _angle("Direction of the line, from the right, anticlockwise")),
    ),
    Filter(
        "sharpen",
        "Adds what a pixel differs by from its four neighbours.",
        f"The identity minus the Laplacian. {_GONZALEZ}",
        _sharpen,
        (_amount(),),
    ),
    Filter(
        "unsharp",
        "Adds what a pixel differs by from its blurred surroundings.",
        f"Unsharp masking: (1 + amount)·identity − amount·Gaussian. {_GONZALEZ}",
        _unsharp,
        (_size(5), _sigma(1), _amount()),
    ),
    Filter("sobel_x", _RIGHT, _SOBEL, _fixed([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])),
    Filter("sobel_y", _DOWN, _SOBEL, _fixed([[-1, -2, -1], [0, 0, 0], [1, 2, 1]])),
    Filter("scharr_x", _RIGHT, _SCHARR, _fixed([[-3, 0, 3], [-10, 0, 10], [-3, 0, 3]])),
    Filter("scharr_y", _DOWN, _SCHARR, _fixed([[-3, -10, -3], [0, 0, 0], [3, 10, 3]])),
    Filter("prewitt_x", _RIGHT, _PREWITT, _fixed([[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]])),
    Filter("prewitt_y", _DOWN, _PREWITT, _fixed([[-1, -1, -1], [0, 0, 0], [1, 1, 1]])),
    Filter(
        "roberts_1",
        "Positive where the picture gets darker down to the right: edges along one diagonal.",
        _ROBERTS,
        _fixed([[1, 0], [0, -1]]),
    ),
    Filter(
        "roberts_2",
        "Positive where the picture gets darker down to the left: edges along the other diagonal.",
        _ROBERTS,
        _fixed([[0, 1], [-1, 0]]),
    ),
    Filter(
        "laplacian",
        "What the four neighbours differ by: fine lines and both sides of edges.",
        f"The discrete Laplace operator. {_GONZALEZ}",
        _fixed(_LAPLACIAN),
    ),
    Filter(
        "laplacian_8",
        "The same with the diagonal neighbours.",
        f"The discrete Laplace operator on eight neighbours. {_GONZALEZ}",
        _fixed([[1, 1, 1], [1, -8, 1], [1, 1, 1]]),
    ),
    Filter(
        "laplacian_of_gaussian",
        "Blurs, then finds edges where the result crosses 0; also finds blobs of its own size.",
        "D. Marr and E. Hildreth, Theory of Edge Detection, 1980; shifted to a sum of 0.",
        _laplacian_of_gaussian,
        (_size(9), _sigma(1.4)),
    ),
    Filter(
        "outline",
        "Keeps what differs from all eight neighbours.",
        "The Laplacian on eight neighbours with its sign turned.",
        _fixed([[-1, -1, -1], [-1, 8, -1], [-1, -1, -1]]),
    ),
    Filter(
        "emboss",
        "Lights the picture from a corner, as if it were stamped in metal.",
        "A diagonal gradient on top of the picture; the weights add up to 1.",
        _fixed([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]]),
    ),
    Filter(
        "gabor",
        "Finds stripes of one width and direction, as cells of the visual cortex do.",
        "D. Gabor, Theory of Communication, 1946; in two dimensions J. G. Daugman, 1985.",
        _gabor,
        (
            _size(15),
            _sigma(3),
            _angle("Direction across the stripes, from the right, clockwise"),
            FilterParameter("wavelength", 6, 2, 62, "Width of a light and a dark stripe, pixels."),
            FilterParameter("aspect", 0.5, 0.1, 10, "How round it is: 1 is, less is longer."),
            FilterParameter("phase", 0, -360, 360, "Where the stripes begin, in degrees."),
        ),
    ),
)

FILTERS: Final[Mapping[str, Filter]] = MappingProxyType({one.name: one for one in _ALL})
"""Every filter by its name, blurring ones first."""
