"""Reading what the layers of Keras have in common: where the channels stand, how it is padded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from service.shapes.dialects.keras.words import ACTIVATIONS, FORMATS
from service.shapes.dialects.reading import read_choice, read_layout
from service.shapes.errors import ParameterError

if TYPE_CHECKING:
    from service.shapes.dialects.operation import Operation, Values

__all__ = ["LAYOUTS_BY_RANK", "NONE", "ONES", "read_activation", "read_letters"]

ONES: Final = {1: (1,), 2: (1, 1), 3: (1, 1, 1)}
NONE: Final = {rank: ((0, 0),) * rank for rank in ONES}
"""No padding, by rank."""

LAYOUTS_BY_RANK: Final = {
    1: ("NLC", "NCL", "NWC", "NCW", "LC", "CL", "WC", "CW"),
    2: ("NHWC", "NCHW", "HWC", "CHW"),
    3: ("NDHWC", "NCDHW", "DHWC", "CDHW"),
}
"""With a batch, as tensors have it, and without, as ``keras.Input(shape=...)`` takes it."""


def read_letters(
    operation: Operation, shape: tuple[int, ...], values: Values, layout: str | None
) -> str:
    """Choose the layout by ``data_format`` and the number of sizes, or check the one asked for."""
    data_format = values.get("data_format")
    if data_format is None:
        return read_layout(operation, shape, layout)
    last = read_choice(values, "data_format", "channels_last", FORMATS) == "channels_last"
    if layout is None:
        for letters in operation.layouts:
            if len(letters) == len(shape) and letters.endswith("C") is last:
                return letters
    letters = read_layout(operation, shape, layout)
    if letters.endswith("C") is not last:
        raise ParameterError(
            "layout_conflict",
            f"The layout {letters} has not its channels where `{data_format}` puts them.",
            pointer="/data_format",
            hint=f"data_format `{FORMATS[last]}`, or another layout",
        )
    return letters


def read_activation(values: Values) -> None:
    """Check the name of the function that a layer applies to its output."""
    read_choice(values, "activation", "linear", ACTIVATIONS)
