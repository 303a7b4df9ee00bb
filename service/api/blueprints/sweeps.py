"""``/v1/shapes/sweep``: a million layers in one request, as columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from service.api.auth import anonymous
from service.api.codes import operations
from service.api.heavy import take_turn
from service.api.later import tell
from service.api.operation import Answer, Example, Resource
from service.api.schemas.sweeps import SweepReader, SweepSchema
from service.sweeps import SweepRequest, write_sweep

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["resource"]

resource = Resource(
    "sweeps",
    tag="Shapes",
    about="What a layer makes of the sizes of its input: output shape, how it comes about, "
    "parameters and multiply-accumulates. Pure arithmetic: the same request, the same answer.",
)

_READER: Final = SweepReader()
_MANY_ROWS: Final = 50_000
_MAX_BODY: Final = 64 * 2**20  # a million rows in five lists of long numbers
_SHOWN: Final = 20
_KERNELS: Final = {
    "op": "conv2d",
    "input": 224,
    "channels": 3,
    "kernel_size": [3, 5, 7, 300],
    "stride": 2,
    "padding": 1,
    "filters": 64,
}


def _run(body: SweepRequest) -> dict[str, Any]:
    if body.longest > _MANY_ROWS:
        take_turn()
    return write_sweep(body.run(tell), body.encoding)


def _text(value: Mapping[str, Any]) -> str:
    """The first rows as a table, then what was refused."""
    lines = [f"{value['op']} ({value['framework']}): {value['rows']:,} rows"]
    columns = {name: column for name, column in value["results"].items() if type(column) is list}
    if columns:
        lines.append("  ".join(columns))
        lines += _table(columns, value["code"][:_SHOWN], value["codes"])
        if value["rows"] > _SHOWN:
            lines.append(f"... {value['rows'] - _SHOWN:,} more")
    lines += [f"refused, {code}: {count:,}" for code, count in value["refused"].items()]
    return "\n".join(lines)


def _table(
    columns: Mapping[str, list[int | None]], codes: list[int], names: list[str]
) -> Iterator[str]:
    for row, code in enumerate(codes):
        if code:
            yield names[code]
        else:
            yield "  ".join(f"{column[row]:>{len(name)}}" for name, column in columns.items())


@resource.post(
    "/v1/shapes/sweep",
    id="sweepShapes",
    summary="A million layers at once, as columns",
    access=anonymous("compute"),
    request=_READER,
    max_body=_MAX_BODY,
    later=True,
    answers={
        200: Answer(
            "Columns with the outputs of all rows.",
            SweepSchema(),
            dump=lambda plain: plain,
            example=lambda: _run(_READER.load(_KERNELS)),
            text=_text,
        )
    },
    errors=(
        *operations.TABLE["Sweeps"],
        "base64_unreadable",
        "bad_encoding_value",
        "bad_padding_value",
        "given_twice",
        "busy",
        "dtype_not_supported",
        "missing_parameter",
        "number_too_large",
        "unknown_field",
        "unknown_framework",
        "unknown_operation",
        "unknown_parameter",
        "wrong_type",
    ),
    examples=(
        Example("Four kernels, one of them too large", body=_KERNELS),
        Example(
            "Every kernel with every stride",
            body={
                "framework": "pytorch",
                "op": "max_pool1d",
                "input": {"start": 8, "stop": 12},
                "kernel_size": [2, 3],
                "stride": [1, 2],
                "grid": True,
                "results": ["output"],
            },
        ),
        Example(
            "Columns of unequal length",
            body={"op": "conv1d", "input": [8, 9, 10], "kernel_size": [2, 3], "filters": 1},
            status=422,
            code="columns_of_unequal_length",
        ),
    ),
)
def sweep_shapes(body: SweepRequest) -> dict[str, Any]:
    """Compute one layer for each row of some columns, up to a million rows.

    A column is a number for all rows, a list, a range {start, stop, step}, or base64; with `grid`
    every entry of a column meets every entry of the others. Rows that are no layer are refused by
    a code each, and spoil no other. What comes out is what `POST /v1/shapes` answers for each.
    """
    return _run(body)
