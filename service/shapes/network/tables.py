"""A network as a table: as text for terminals and chats, and as CSV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from service.shapes.network.receptive import ReceptiveField, measured_at, receptive_fields
from service.spreadsheet import csv_text

if TYPE_CHECKING:
    from service.shapes.network.inference import NetworkInference

__all__ = ["csv_table", "draw_table", "shortened", "text_table"]

_HEADINGS: Final = ("Layer", "Operation", "Output", "Params", "MACs", "Receptive field")
_COLUMNS: Final = ("layer", "op", "inputs", "output_shape", "params", "macs", "receptive_field")
_WIDEST: Final = 40


def text_table(inference: NetworkInference) -> str:
    """Draw a table of all layers, and the totals beneath it."""
    fields = receptive_fields(inference)
    rows = [
        (
            shortened(node.name),
            node.op,
            "×".join(map(str, layer.output_shape)),
            _amount(layer.params),
            _amount(layer.macs),
            _sizes(field),
        )
        for node, layer, field in zip(
            inference.network.nodes, inference.layers, fields, strict=True
        )
    ]
    return "\n".join([*draw_table(_HEADINGS, rows), *_totals(inference, fields)])


def draw_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Write the lines of a table whose first three columns are words, the others numbers."""
    widths = [max(map(len, column)) for column in zip(headings, *rows, strict=True)]
    rule = "─" * (sum(widths) + 2 * (len(widths) - 1))
    return [_line(headings, widths), rule, *[_line(row, widths) for row in rows], rule]


def csv_table(inference: NetworkInference) -> str:
    """Write a line of comma-separated values for each layer, under a line of headings."""
    return csv_text(
        _COLUMNS,
        (
            (
                node.name,
                node.op,
                " ".join(node.inputs),
                "x".join(map(str, layer.output_shape)),
                layer.params,
                layer.macs,
                _sizes(field, "x"),
            )
            for node, layer, field in zip(
                inference.network.nodes, inference.layers, receptive_fields(inference), strict=True
            )
        ),
    )


def _totals(inference: NetworkInference, fields: Sequence[ReceptiveField | None]) -> Iterator[str]:
    yield f"Parameters: {_amount(inference.params)}{_unit(inference.params)}"
    if inference.buffers:
        yield f"Buffers: {_amount(inference.buffers)}"
    yield f"MACs: {_amount(inference.macs)}{_unit(inference.macs)}"
    yield f"FLOPs (2 a MAC): {_amount(inference.flops)}{_unit(inference.flops)}"
    size = _bytes(inference.activation_bytes)
    yield f"Outputs of all layers: {_amount(inference.activation_elements)} elements, {size}"
    at = measured_at(inference, fields)
    field = None if at is None else fields[at]
    if at is None or field is None or not field.axes:
        return
    apart = "" if field.aligned else "; paths are not aligned"
    yield (
        f"Receptive field at {shortened(inference.network.nodes[at].name)}: {_sizes(field)}, "
        f"stride {_alike(field.stride)}, padding {_alike(field.padding)}{apart}"
    )


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Put names to the left and numbers to the right."""
    padded = [
        cell.ljust(width) if column < 3 else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(padded).rstrip()


def shortened(name: str) -> str:
    """A name as tables have room for it."""
    return name if len(name) <= _WIDEST else f"{name[: _WIDEST - 1]}…"


def _amount(number: int) -> str:
    return f"{number:,}"


def _unit(number: int) -> str:
    """Write a large number once more, with three digits and a unit."""
    for size, letter in ((10**12, "T"), (10**9, "G"), (10**6, "M")):
        if size <= number < 1000 * size:
            hundredths = (number * 100 + size // 2) // size
            return f" ({hundredths // 100}.{hundredths % 100:02} {letter})"
    return ""


def _bytes(number: int) -> str:
    size, letter = next(
        ((1 << 10 * power, "KMGT"[power - 1]) for power in (4, 3, 2, 1) if number >> 10 * power),
        (1, ""),
    )
    if size == 1:
        return f"{number} B"
    tenths = (number * 10 + size // 2) // size
    return f"{tenths // 10:,}.{tenths % 10} {letter}iB"


def _sizes(field: ReceptiveField | None, between: str = "×") -> str:
    """Write a receptive field as one number if its axes are alike."""
    if field is None or not field.axes:
        return "" if field is None else "1"
    return _alike(field.size, between)


def _alike(numbers: Sequence[int | float], between: str = "×") -> str:
    different = [numbers[0]] if len({*numbers}) == 1 else numbers
    return between.join(map(str, different))
