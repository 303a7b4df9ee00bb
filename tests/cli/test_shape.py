"""`convcards shape`: the frameworks' own answers, refusals in the words of the command line."""

import json
from pathlib import Path
from typing import Any

import pytest

from running import convcards
from service.cli import main
from service.shapes import operations

LINES = Path(__file__).parents[1] / "oracle" / "shapes.jsonl"


def torch_lines() -> list[dict[str, Any]]:
    """The sample of PyTorch's answers that its dialect speaks of."""
    lines = [json.loads(line) for line in LINES.read_text().splitlines()]
    known = operations("pytorch")
    return [
        line
        for line in lines
        if line["framework"] == "torch" and line["op"] in known and "engine_note" not in line
    ]


def text(value: object) -> str:
    if isinstance(value, list):
        return "x".join("null" if entry is None else str(entry) for entry in value)
    return str(value)


def options(params: dict[str, Any]) -> list[str]:
    """PyTorch's parameters as a person would type them."""
    typed: list[str] = []
    for name, value in params.items():
        flag = "--" + name.replace("_", "-")
        if isinstance(value, bool):
            typed.append(flag if value else flag.replace("--", "--no-", 1))
        elif value is not None:
            typed += [f"{flag}={text(value)}"]
    return typed


@pytest.mark.parametrize("line", torch_lines(), ids=lambda line: str(line["id"]))
def test_it_answers_as_pytorch_does(
    line: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    sizes = text(line["input_shape"])
    typed = ["shape", line["op"], sizes, "--framework", "pytorch", "--layout", line["layout"]]
    status = main([*typed, "--json", *options(line["params"])])
    printed = capsys.readouterr()
    if "error" in line["expected"]:
        assert status == 1
        assert printed.err.startswith("convcards: shape: ")
    else:
        answer = json.loads(printed.out)
        assert answer["output_shape"] == line["expected"]["output_shape"]
        assert answer["params"] == line["expected"].get("params", 0)


def test_the_derivation_has_the_numbers_in_it() -> None:
    ended = convcards(
        *("shape", "conv2d", "28x28x3", "--kernel-size", "5", "--filters", "16"),
        *("--padding", "same"),
    )
    assert ended.returncode == 0
    assert "28×28×3 → 28×28×16" in ended.stdout
    assert "⌈28 / 1⌉ = 28" in ended.stdout
    assert "1,216 parameters" in ended.stdout  # (5·5·3 + 1)·16


@pytest.mark.parametrize(
    "typed",
    [
        "conv2d 28x28x3 --kernel_size 5 --filters=16",
        "conv2d 28,28,3 --kernel-size 5x5 --filters 16",
        "conv2d --kernel-size 5 --filters 16 28x28x3",
        "conv2d --framework textbook 28x28x3 --kernel 5 --filt 16",
        "--framework=textbook conv2d 28x28x3 --kernel-size 5 --filters 16",
    ],
)
def test_the_same_layer_may_be_typed_in_several_ways(
    typed: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["shape", *typed.split()]) == 0
    assert "28×28×3 → 24×24×16" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("conv2d 28x28x3 --kernel-size 29", "--kernel-size: Along the height the kernel spans 29"),
        ("conv2d 28x28x3 --kernel-size 0", "--kernel-size: "),
        ("conv2d 28x28x3 --kernel-size three", "--kernel-size: "),
        ("conv2d 28xx3 --kernel-size 3", "SIZES: "),
        ("conv2d 28x28x3", "--kernel-size: "),
        ("conv2d 28x28x3 --kernel-size 3 --padding -1", "--padding: "),
    ],
)
def test_a_refusal_names_the_option_and_gives_a_hint(
    typed: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["shape", *typed.split()]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(f"convcards: shape: {said}")
    assert "\n  hint: " in printed.err


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("conv2 28x28x3", "shape: textbook has no operation conv2; did you mean conv2d?"),
        ("conv2d 28x28x3 --framework pytorhc", "shape: there is no framework pytorhc; did you me"),
        ("conv2d 28x28x3 --framework", "shape: there is no framework ; there are textbook"),
        ("conv2d 28x28x3 --kernal-size 3", "shape conv2d: there is no option --kernal-size; did"),
        ("max_pool2d 28x28x3 --filters 3", "shape max_pool2d: there is no option --filters"),
        ("", "shape: say which operation"),
    ],
)
def test_what_is_not_understood_has_status_2(
    typed: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["shape", *typed.split()]) == 2
    assert capsys.readouterr().err.startswith(f"convcards: {said}")


def test_help_lists_the_options_of_an_operation(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["shape", "conv3d", "--help"])
    printed = capsys.readouterr().out
    assert "--kernel-size N|NxNxN" in printed
    assert "--bias, --no-bias" in printed
    assert main(["shape", "--help"]) == 0
    assert "operations of textbook: " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("suffix", "magic"), [(".svg", b"<svg "), (".gif", b"GIF89a"), (".png", b"\x89PNG")]
)
def test_a_picture_in_a_file(tmp_path: Path, suffix: str, magic: bytes) -> None:
    path = tmp_path / f"window{suffix}"
    assert main(["shape", "conv2d", "5x5", "--kernel-size", "3", "--picture", str(path)]) == 0
    assert path.read_bytes().startswith(magic)


@pytest.mark.parametrize(
    ("sizes", "name", "status", "said"),
    [
        ("5x5", "window.bmp", 2, "none of .svg, .gif, .png"),
        ("12x12", "window.gif", 1, "at most 64 frames"),
        ("5x5", "missing/window.png", 1, "No such file or directory"),
    ],
)
def test_a_picture_that_cannot_be(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    sizes: str,
    name: str,
    status: int,
    said: str,
) -> None:
    picture = str(tmp_path / name)
    assert main(["shape", "conv2d", sizes, "--kernel-size", "3", "--picture", picture]) == status
    assert said in capsys.readouterr().err
