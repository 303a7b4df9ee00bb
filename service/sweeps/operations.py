"""What can be swept: per framework and operation the columns that it takes and what it refuses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from service.shapes import AXIS_NAMES, FRAMEWORKS, UnknownError
from service.shapes.dialects.refusals import refuse_type, suggestion

__all__ = ["CODES", "NUMBER", "OPERATIONS", "Check", "Swept", "find"]

CODES: Final = (
    "ok",
    "input_rank_or_size",
    "number_too_large",
    "filters_not_positive",
    "groups_not_positive",
    "channels_not_divisible_by_groups",
    "kernel_not_positive",
    "stride_not_positive",
    "dilation_not_positive",
    "padding_negative",
    "output_padding_negative",
    "output_padding_too_large",
    "same_with_stride",
    "pool_padding_too_large",
    "pool_padding_more_than_half_kernel",
    "kernel_larger_than_padded_input",
    "pool_window_larger_than_padded_input",
    "output_would_be_zero_or_negative",
    "result_too_large",
)
"""The codes of rows by their numbers: 0 is a layer that there is, the others name why there is
none, in the words of :class:`service.shapes.ShapeError`. ``result_too_large`` is the sweep's own: a
number that was asked for does not fit 64 bits. New codes are added at the end."""

NUMBER: Final = {code: number for number, code in enumerate(CODES)}
"""The numbers of the codes."""

Kind = Literal["conv", "conv_transpose", "max_pool", "avg_pool"]
Check = Literal[
    "sizes",
    "not_empty",
    "filters",
    "groups",
    "kernel_size",
    "stride",
    "dilation",
    "padding",
    "output_padding",
    "room_for_output_padding",
    "same_with_stride",
    "pool_padding",
    "half_kernel",
]


@dataclass(frozen=True, slots=True)
class Swept:
    """One operation of one framework, as a sweep needs it.

    ``columns`` are the columns and flags that it takes, beside ``input``, ``channels`` and
    ``batch``, which all take. ``rules`` are the words that padding may be. ``checks`` are what its
    dialect refuses, in its order; then what does not fit is refused as ``misfit``, and after that
    come the checks in ``late``.
    """

    framework: str
    op: str
    kind: Kind
    rank: int
    columns: tuple[str, ...]
    required: tuple[str, ...]
    rules: tuple[str, ...]
    checks: tuple[Check, ...]
    misfit: str
    late: tuple[Check, ...] = ()

    @property
    def axis_names(self) -> tuple[str, ...]:
        """Names of the spatial axes, as in :data:`service.shapes.AXIS_NAMES`."""
        return AXIS_NAMES[self.rank]

    @property
    def pools(self) -> bool:
        """Whether it has no weights."""
        return self.kind not in ("conv", "conv_transpose")

    @property
    def channels_last(self) -> bool:
        """Whether the sizes of the input are checked with the channels last."""
        return self.framework == "textbook"


_PADS: Final = ("padding", "padding_before", "padding_after")
_WINDOW: Final = ("kernel_size", "stride", "dilation")
_WEIGHTS: Final = ("groups", "bias")
_RULES: Final = ("valid", "same", "same_lower", "full", "causal")
_MISFIT: Final = "kernel_larger_than_padded_input"
_EMPTY: Final = "output_would_be_zero_or_negative"


def _textbook(rank: int) -> tuple[Swept, ...]:
    filters = ("filters", "out_channels")
    weighed: tuple[Check, ...] = (
        "sizes",
        "not_empty",
        "filters",
        "groups",
        "kernel_size",
        "stride",
        "dilation",
    )
    kernel = ("kernel_size",)
    return (
        Swept(
            framework="textbook",
            op=f"conv{rank}d",
            kind="conv",
            rank=rank,
            columns=(*filters, *_WINDOW, *_PADS, *_WEIGHTS),
            required=kernel,
            rules=_RULES,
            checks=(*weighed, "padding"),
            misfit=_MISFIT,
        ),
        Swept(
            framework="textbook",
            op=f"conv_transpose{rank}d",
            kind="conv_transpose",
            rank=rank,
            columns=(*filters, *_WINDOW, *_PADS, "output_padding", *_WEIGHTS),
            required=kernel,
            rules=_RULES[:3],
            checks=(*weighed, "output_padding", "room_for_output_padding", "padding"),
            misfit=_EMPTY,
        ),
        *(
            Swept(
                framework="textbook",
                op=f"{kind}{rank}d",
                kind=kind,
                rank=rank,
                columns=(*_WINDOW, *_PADS, "ceil_mode"),
                required=kernel,
                rules=_RULES,
                checks=(
                    "sizes",
                    "not_empty",
                    "kernel_size",
                    "stride",
                    "dilation",
                    "padding",
                    "pool_padding",
                ),
                misfit=_MISFIT,
            )
            for kind in _POOLS
        ),
    )


def _pytorch(rank: int) -> tuple[Swept, ...]:
    required = ("kernel_size", "out_channels")
    weighed: tuple[Check, ...] = ("sizes", "filters", "groups", "kernel_size")
    return (
        Swept(
            framework="pytorch",
            op=f"conv{rank}d",
            kind="conv",
            rank=rank,
            columns=("out_channels", *_WINDOW, "padding", *_WEIGHTS),
            required=required,
            rules=_RULES[:2],
            checks=(*weighed, "padding", "same_with_stride", "stride", "dilation"),
            misfit=_MISFIT,
            late=("not_empty",),
        ),
        Swept(
            framework="pytorch",
            op=f"conv_transpose{rank}d",
            kind="conv_transpose",
            rank=rank,
            columns=("out_channels", *_WINDOW, "padding", "output_padding", *_WEIGHTS),
            required=required,
            rules=(),
            checks=(
                *weighed,
                "stride",
                "padding",
                "output_padding",
                "dilation",
                "room_for_output_padding",
                "not_empty",
            ),
            misfit=_EMPTY,
        ),
        *(
            Swept(
                framework="pytorch",
                op=f"{kind}{rank}d",
                kind=kind,
                rank=rank,
                columns=(*_WINDOW[: 3 if kind == "max_pool" else 2], "padding", "ceil_mode"),
                required=required[:1],
                rules=(),
                checks=(
                    "sizes",
                    "kernel_size",
                    "stride",
                    "padding",
                    "dilation",
                    "not_empty",
                    "half_kernel",
                ),
                misfit="pool_window_larger_than_padded_input"
                if (kind, rank) == ("avg_pool", 3)
                else _EMPTY,
            )
            for kind in _POOLS
        ),
    )


_POOLS: Final[tuple[Literal["max_pool", "avg_pool"], ...]] = ("max_pool", "avg_pool")

OPERATIONS: Final = {
    framework: {
        swept.op: swept
        for rank in (1, 2, 3)
        for swept in (_textbook if framework == "textbook" else _pytorch)(rank)
    }
    for framework in ("textbook", "pytorch")
}
"""What can be swept, by framework and operation."""


def find(framework: object, op: object) -> Swept:
    """Find an operation, or raise ShapeError: wrong_type, unknown_framework, unknown_operation."""
    if type(framework) is not str:
        refuse_type(framework, "/framework", f"one of {', '.join(OPERATIONS)}")
    if framework not in OPERATIONS:
        known = framework in FRAMEWORKS
        raise UnknownError(
            "unknown_framework",
            f"There are no sweeps in {framework}."
            if known
            else f"There is no framework `{framework[:64]}`.",
            pointer="/framework",
            hint=f"sweeps are in {' and '.join(OPERATIONS)}",
        )
    if type(op) is not str:
        refuse_type(op, "/op", "the name of an operation, such as conv2d")
    if op not in OPERATIONS[framework]:
        raise UnknownError(
            "unknown_operation",
            f"{framework} has no sweeps of `{op[:64]}`.",
            pointer="/op",
            hint=suggestion(op, tuple(OPERATIONS[framework]), "operations"),
        )
    return OPERATIONS[framework][op]
