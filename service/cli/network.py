"""`convcards network NAME|FILE.json`: a whole network, layer by layer; no server, no database."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from service.cli.options import Options, guess
from service.failure import BAD_USAGE, NO, Failure
from service.shapes import ShapeError
from service.shapes.catalogue import catalogue, network
from service.shapes.network import (
    NetworkInference,
    csv_table,
    describe_network,
    infer_network,
    read_network,
    text_table,
)
from service.shapes.symbolic.network import describe_named_network, named_network_table
from service.shapes.symbolic.run import has_names
from service.shapes.text import read_named_shape_text

if TYPE_CHECKING:
    import argparse

__all__ = ["run"]

DESCRIPTION: Final = (
    "Every layer of a network: output, parameters, multiply-accumulates, receptive field.\n\n"
    "NETWORK is a name of the catalogue, a JSON file as POST /v1/networks takes it, the JSON that\n"
    "Keras's model.to_json() writes, or an ONNX file (with the extra `onnx`)."
)
EXAMPLES: Final = (
    "network lenet5",
    "network resnet50 --csv > resnet50.csv",
    "network unet --svg > unet.svg",
    "network resnet18 --input-shape Nx3xHxW",
    "network my-network.json --json",
    "network model.onnx",
    "network --list",
)


def run(arguments: Sequence[str]) -> int:
    """Print a table of the layers, or the answer of the API as JSON or CSV."""
    options = Options("network", DESCRIPTION, EXAMPLES)
    options.add_argument("network", metavar="NETWORK", nargs="?", help="name, or JSON or ONNX file")
    options.add_argument(
        "--input-shape",
        metavar="SIZES",
        type=_sizes,
        help="other sizes of the input, such as 1x3x224x224, or names: Nx3xHxW",
    )
    form = options.add_mutually_exclusive_group()
    form.add_argument("--csv", action="store_true", help="a table for spreadsheets")
    form.add_argument("--json", action="store_true", help="the whole answer of the API as JSON")
    form.add_argument("--svg", action="store_true", help="a picture of its stages")
    form.add_argument("--list", action="store_true", help="list the catalogue")
    given = options.read(arguments)
    if given.list:
        print("\n".join(f"{entry.name}: {entry.title}" for entry in catalogue()))
        return 0
    if given.network is None:
        raise Failure("network: say which network, as in: convcards network lenet5", BAD_USAGE)
    try:
        document = _document(given.network, given.input_shape)
        if has_names(document.get("input_shape")):
            return _named(document, given)
        inference = infer_network(read_network(document))
    except ShapeError as error:
        where = f"{error.pointer}: " if error.pointer else ""
        hint = f"\n  hint: {error.hint}" if error.hint else ""
        raise Failure(f"network: {where}{error.detail}{hint}", NO) from None
    if given.svg:
        from service.figures import draw_network, svg

        print(svg(draw_network(inference)))
        return 0
    print(_written(inference, as_csv=given.csv, as_json=given.json))
    return 0


def _named(document: Mapping[str, object], given: argparse.Namespace) -> int:
    """Print formulas in the names that the input's sizes have."""
    if given.csv or given.svg:
        raise Failure("network: a table or picture needs numbers as sizes", BAD_USAGE)
    described = describe_named_network(document)
    if given.json:
        print(json.dumps(described, ensure_ascii=False, indent=2))
    else:
        print(named_network_table(described))
    return 0


def _sizes(text: str) -> list[int | str]:
    return read_named_shape_text(text)


def _written(inference: NetworkInference, *, as_csv: bool, as_json: bool) -> str:
    if as_json:
        return json.dumps(describe_network(inference), ensure_ascii=False, indent=2)
    return csv_table(inference).rstrip() if as_csv else text_table(inference)


def _document(name: str, input_shape: Sequence[int | str] | None) -> Mapping[str, object]:
    """The network of this name, or the one in this file."""
    names = [entry.name for entry in catalogue()]
    if name in names:
        known = network(name)
        return known if input_shape is None else {**known, "input_shape": list(input_shape)}
    path = Path(name)
    if not path.exists():
        hint = guess(name, names) or "; see convcards network --list"
        raise Failure(f"network: there is no network and no file {name}{hint}", BAD_USAGE)
    try:
        return _read(path, input_shape)
    except OSError as error:
        raise Failure(f"network: {name} can't be read: {error.strerror}", NO) from None
    except ModuleNotFoundError:
        raise Failure("network: ONNX files need the package onnx: convcards[onnx]", NO) from None


def _read(path: Path, input_shape: Sequence[int | str] | None) -> Mapping[str, object]:
    """A network in a file: ONNX by its name, otherwise JSON, of Keras or in our own words."""
    if path.suffix == ".onnx":
        from service.integrations.onnx_file import MAX_BYTES, import_onnx

        with path.open("rb") as file:
            return import_onnx(file.read(MAX_BYTES + 1), _numbers(input_shape)).document
    try:
        document: Mapping[str, object] = json.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Failure(f"network: {path} can't be read as JSON: {error}", NO) from None
    if isinstance(document, dict) and "class_name" in document:
        from service.integrations.keras_json import import_keras

        return import_keras(document, _numbers(input_shape)).document
    return document if input_shape is None else {**document, "input_shape": list(input_shape)}


def _numbers(shape: Sequence[int | str] | None) -> list[int] | None:
    """Sizes for a file of others, which takes no names."""
    if shape is None:
        return None
    if has_names(shape):
        raise Failure("network: --input-shape: such a file takes numbers, not names", BAD_USAGE)
    return [int(size) for size in shape]
