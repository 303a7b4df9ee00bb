"""PyTorch's own answers: shape, number of parameters, or the reason of the refusal."""

import json
from pathlib import Path
from typing import Any

import pytest

from service.shapes import ShapeError, infer, operations, read_layer

LINES = [
    line
    for line in map(
        json.loads,
        (Path(__file__).parents[1] / "oracle" / "shapes.jsonl").read_text("utf-8").splitlines(),
    )
    if line["framework"] == "torch" and line["op"] in operations("pytorch")
]
QUIRKS = [line for line in LINES if "engine_note" in line]
ANSWERS = [line for line in LINES if "engine_note" not in line]


def answer(line: dict[str, Any]) -> dict[str, object]:
    """Answer a line as the oracle does."""
    asked = (line["op"], line["input_shape"], line["params"], line["layout"])
    try:
        inference = infer(read_layer("pytorch", *asked))
    except ShapeError as error:
        return {"error_class": error.code}
    return {"output_shape": list(inference.output_shape), "params": inference.params}


@pytest.mark.parametrize("line", ANSWERS, ids=lambda line: line["id"])
def test_pytorch_answers_the_same(line: dict[str, Any]) -> None:
    expected = line["expected"]
    if "error" in expected:
        assert answer(line) == {"error_class": expected["error_class"]}
    else:
        assert answer(line) == expected


@pytest.mark.parametrize("line", ANSWERS, ids=lambda line: line["id"])
def test_the_layout_is_inferred_as_well(line: dict[str, Any]) -> None:
    assert answer(line | {"layout": None}) == answer(line)


@pytest.mark.parametrize("line", ANSWERS, ids=lambda line: line["id"])
def test_channels_last_in_the_textbook_is_the_same_arithmetic(line: dict[str, Any]) -> None:
    """What PyTorch accepts, the textbook answers alike, with the channels moved to the end."""
    if "error" in line["expected"]:
        return
    batch = len(line["layout"]) - 1 - int(line["op"][-2])
    sizes = line["input_shape"]
    moved = [*sizes[:batch], *sizes[batch + 1 :], sizes[batch]]
    inference = infer(read_layer("textbook", line["op"], moved, line["params"]))
    *shape, channels = inference.output_shape
    assert [*shape[:batch], channels, *shape[batch:]] == line["expected"]["output_shape"]
    assert inference.params == line["expected"]["params"]


@pytest.mark.parametrize("line", QUIRKS, ids=lambda line: line["id"])
def test_avg_pool3d_compares_its_window_with_the_padded_input(line: dict[str, Any]) -> None:
    """torch.avg_pool3d alone takes the unpadded input; here it follows the rule of all pools."""
    params = line["params"]
    fits = all(
        size + 2 * pad >= kernel
        for size, pad, kernel in zip(
            line["input_shape"][2:], params["padding"], params["kernel_size"], strict=True
        )
    )
    if fits:
        twin = {name: params[name] for name in params if name != "count_include_pad"}
        assert answer(line) == answer(line | {"op": "max_pool3d", "params": twin})
    else:
        assert answer(line) == {"error_class": line["expected"]["error_class"]}


@pytest.mark.parametrize(
    "line", [line for line in ANSWERS if "error" in line["expected"]], ids=lambda line: line["id"]
)
def test_every_refusal_says_what_where_and_what_would_be_right(line: dict[str, Any]) -> None:
    with pytest.raises(ShapeError) as caught:
        read_layer("pytorch", line["op"], line["input_shape"], line["params"], line["layout"])
    assert caught.value.detail.endswith(".")
    assert caught.value.hint
    name, *index = caught.value.pointer[1:].split("/")
    given = {**line["params"], "input_shape": line["input_shape"]}[name]
    assert not index or given[int(index[0])] is None or isinstance(given[int(index[0])], int)


def test_there_are_lines_for_the_operations_of_torch() -> None:
    kinds = ("conv", "conv_transpose", "max_pool", "avg_pool")
    kinds += ("adaptive_avg_pool", "adaptive_max_pool")
    asked = {line["op"] for line in ANSWERS}
    assert asked == {f"{kind}{rank}d" for kind in kinds for rank in (1, 2, 3)}
    assert {line["id"] for line in QUIRKS} == {"S01648", "S01696", "S02305"}
