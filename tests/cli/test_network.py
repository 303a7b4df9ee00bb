"""`convcards network`, `solve` and `compare`: PyTorch's totals, brute force, refusals in words."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from service.cli import main

LINES = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "oracle" / "networks.jsonl")
    .read_text("utf-8")
    .splitlines()
]
Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize("line", LINES, ids=lambda line: line["name"])
def test_the_catalogue_has_pytorch_s_totals(line: dict[str, Any], capsys: Capture) -> None:
    assert main(["network", line["name"], "--json"]) == 0
    total = json.loads(capsys.readouterr().out)["total"]
    assert {name: total[name] for name in line["total"]} == line["total"]
    assert main(["network", line["name"]]) == 0
    assert f"Parameters: {line['total']['params']:,}" in capsys.readouterr().out
    assert main(["network", line["name"], "--csv"]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert sum(int(row["params"]) for row in rows) == line["total"]["params"]


def test_models_of_others_are_read(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "theirs.json"
    layer = {"class_name": "Conv2D", "config": {"name": "c", "filters": 16, "kernel_size": 5}}
    path.write_text(json.dumps({"class_name": "Sequential", "config": {"layers": [layer]}}))
    assert main(["network", str(path), "--input-shape", "1x28x28x1"]) == 0
    assert "24×24×16" in capsys.readouterr().out
    assert main(["network", str(path)]) == 1
    assert "give an input_shape" in capsys.readouterr().err
    onnx = pytest.importorskip("onnx", reason="the package `onnx` is not installed")
    light = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
    assert main(["network", str(light / "light_resnet50.onnx")]) == 0
    assert "Parameters: 25,557,032" in capsys.readouterr().out
    broken = tmp_path / "broken.onnx"
    broken.write_bytes(b"no model")
    assert main(["network", str(broken)]) == 1
    assert "no ONNX file" in capsys.readouterr().err


def test_a_network_from_a_file(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "mine.json"
    layer: dict[str, Any] = {"op": "conv2d", "params": {"kernel_size": 3}}
    path.write_text(json.dumps({"input_shape": [8, 8, 1], "layers": [layer]}))
    assert main(["network", str(path)]) == 0
    assert "6×6×1" in capsys.readouterr().out
    layer["params"]["kernel_size"] = 9
    path.write_text(json.dumps({"input_shape": [8, 8, 1], "layers": [layer]}))
    assert main(["network", str(path)]) == 1
    refused = capsys.readouterr().err
    assert "/layers/0/params/kernel_size: " in refused
    assert "hint: kernel_size at most 8" in refused
    path.write_text("{")
    assert main(["network", str(path)]) == 1
    assert "can't be read as JSON" in capsys.readouterr().err


def test_networks_that_are_not_there(capsys: Capture) -> None:
    assert main(["network", "lenet6"]) == 2
    assert "did you mean lenet5?" in capsys.readouterr().err
    assert main(["network"]) == 2
    assert main(["network", "--list"]) == 0
    assert {line["name"] for line in LINES} <= {
        line.partition(":")[0] for line in capsys.readouterr().out.splitlines()
    }


def test_solve_finds_the_padding(capsys: Capture) -> None:
    asked = ["solve", "conv2d", "32x32x3", "32x32x16", "padding", "kernel_size=5"]
    assert main(asked) == 0
    assert capsys.readouterr().out.startswith("padding 2, filters 16\n")
    assert main([*asked, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["solutions"][0] == {"padding": 2, "filters": 16}
    assert (
        main(["solve", "conv2d", "9x9x1", "5x5x1", "kernel_size,stride,padding", "--limit=1"]) == 0
    )
    assert "more: --limit" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["max_pool2d", "28x28x8", "8x8x8", "stride", "kernel_size=2"], 1, "solve: "),
        (["conv2d", "8x8x1", "8x8x1", "padding", "stride"], 2, "stride is no NAME=VALUE"),
        (["relu", "8x8x1", "8x8x1", "padding"], 1, "nothing to solve for"),
    ],
)
def test_solve_says_why_not(arguments: list[str], status: int, said: str, capsys: Capture) -> None:
    assert main(["solve", *arguments]) == status
    assert said in capsys.readouterr().err


def test_compare_shows_who_pads_otherwise(capsys: Capture) -> None:
    asked = ["compare", "conv2d", "1x3x224x224", "out_channels=64", "kernel_size=7", "stride=2"]
    assert main([*asked, "padding=3", "--framework=pytorch", "--with=pytorch,keras"]) == 0
    out = capsys.readouterr().out
    assert "pytorch: 1×64×112×112 (NCHW)\nkeras: 1×112×112×64 (NHWC), other numbers\n" in out
    assert "They do not agree.\nTo agree: keras: " in out
    assert main([*asked, "padding=3", "--framework=pytorch", "--json"]) == 0
    outcomes = json.loads(capsys.readouterr().out)["frameworks"]
    assert outcomes["keras"]["values_shift"] is True
    assert outcomes["pytorch"]["output_shape"] == [1, 64, 112, 112]
    assert main([*asked, "padding=same", "--framework=pytorch"]) == 0
    assert "pytorch: refused: " in capsys.readouterr().out
    assert main(["compare", "conv2d", "28x28x3", "kernel_size=0"]) == 1
    assert main(["compare", "conv2d", "28x28x3", "kernel_size"]) == 2
    assert main(["compare", "cnv2d", "28x28x3"]) == 1


def test_names_as_sizes_give_formulas(capsys: pytest.CaptureFixture[str]) -> None:
    """The sizes of a published ResNet, from formulas: 224 is halved five times."""
    assert main(["network", "resnet18", "--input-shape", "Nx3xHxW", "--json"]) == 0
    described = json.loads(capsys.readouterr().out)
    by_name = {layer["name"]: layer["output_shape"] for layer in described["layers"]}
    last = by_name["layer4.1.relu"]
    assert last[:2] == ["N", 512]
    height = last[2].replace("floor", "int").replace("H", "224")
    assert eval(height, {"int": int}) == 7  # noqa: S307 - a formula that we printed
    assert described["total"]["params"] == 11_689_512
    assert main(["network", "resnet18", "--input-shape", "Nx3xHxW"]) == 0
    assert "for N >= 1, H >= 1, W >= 1" in capsys.readouterr().out


def test_other_sizes_for_a_network_of_the_catalogue(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["network", "resnet18", "--input-shape", "2x3x64x64", "--json"]) == 0
    described = json.loads(capsys.readouterr().out)
    assert described["layers"][0]["output_shape"] == [2, 64, 32, 32]


@pytest.mark.parametrize("form", ["--csv", "--svg"])
def test_a_table_needs_numbers(capsys: pytest.CaptureFixture[str], form: str) -> None:
    assert main(["network", "lenet5", "--input-shape", "Nx1xHxW", form]) == 2
    assert "needs numbers as sizes" in capsys.readouterr().err
