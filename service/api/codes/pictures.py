"""What a picture of a layer is refused for."""

from __future__ import annotations

from typing import Final

__all__ = ["TABLE"]

TABLE: Final[dict[str, dict[str, tuple[int, str, str]]]] = {
    "Pictures": {
        "film_too_long": (
            422,
            "More positions than a film has frames",
            (
                "A moving picture has at most 64 frames, one for each output position (of a "
                "transposed convolution, for each cell of its input). Draw one `step`."
            ),
        ),
        "op_not_drawn": (
            422,
            "Operation not drawn",
            (
                "There are pictures of what moves a window over its input, or a patch over its "
                "output: convolutions of every kind, transposed ones too, and pools of every kind."
            ),
        ),
        "out_of_range": (
            422,
            "Number out of range",
            "A number of a picture, such as its `step`, is not one that there is.",
        ),
        "picture_too_large": (
            422,
            "More cells than a picture has room for",
            "A picture has at most 24 cells along each axis, the padding included.",
        ),
        "rank_not_drawn": (
            422,
            "More axes than a picture has",
            "Layers with one or two spatial axes are drawn.",
        ),
    },
}
