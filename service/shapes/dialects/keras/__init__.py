"""The dialect of Keras 3: the names, defaults and layouts of ``keras.layers``, and its refusals."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Final

from service.shapes.dialects.keras import network, reshaping, windows, words
from service.shapes.dialects.keras.reading import LAYOUTS_BY_RANK
from service.shapes.dialects.operation import Operation, by_name

if TYPE_CHECKING:
    from service.shapes.dialects.operation import Reader
    from service.shapes.parameters import Parameter

__all__ = ["OPERATIONS"]


def _operations() -> Iterator[Operation]:
    for rank in (1, 2, 3):
        for stem, parameters, read in _of_rank(rank):
            layouts = LAYOUTS_BY_RANK[rank]
            if rank == 1 and stem in ("cropping", "upsampling"):
                layouts = tuple(letters for letters in layouts if letters.endswith("C"))
            yield Operation("keras", f"{stem}{rank}d", rank, parameters, layouts, read)
    yield from network.operations()


def _of_rank(rank: int) -> Iterator[tuple[str, tuple[Parameter, ...], Reader]]:
    yield "conv", words.CONV, windows.read_conv
    yield "conv_transpose", words.CONV_TRANSPOSE, windows.read_conv_transpose
    if rank < 3:
        yield "depthwise_conv", words.DEPTHWISE, windows.read_depthwise
        yield "separable_conv", words.SEPARABLE, windows.read_separable
    yield "max_pool", words.MAX_POOL, partial(windows.read_pool, kind="max_pool")
    yield "avg_pool", words.AVG_POOL, partial(windows.read_pool, kind="avg_pool")
    yield (
        "adaptive_avg_pool",
        words.ADAPTIVE,
        partial(reshaping.read_adaptive, kind="adaptive_avg_pool"),
    )
    yield (
        "adaptive_max_pool",
        words.ADAPTIVE,
        partial(reshaping.read_adaptive, kind="adaptive_max_pool"),
    )
    yield "global_avg_pool", words.GLOBAL, partial(reshaping.read_global, kind="global_avg_pool")
    yield "global_max_pool", words.GLOBAL, partial(reshaping.read_global, kind="global_max_pool")
    yield "zero_padding", words.zero_padding(rank), reshaping.read_zero_padding
    yield "cropping", words.cropping(rank), reshaping.read_cropping
    yield "upsampling", words.upsampling(rank), reshaping.read_upsampling


OPERATIONS: Final = by_name(_operations())
"""What the dialect offers, by name."""
