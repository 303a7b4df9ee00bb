"""Pyramids of whole networks: few boxes with the published sizes, and the skips of a U-Net."""

import pytest

from service.figures import Drawing, draw_network, png, svg
from service.figures.model import Group
from service.shapes.catalogue import catalogue, network
from service.shapes.network import infer_network, read_network


def drawn(document: object) -> Drawing:
    return draw_network(infer_network(read_network(document)))


def parts(drawing: Drawing, part: str) -> int:
    return sum(isinstance(one, Group) and one.part == part for one in drawing.elements)


def test_stages_are_those_of_the_papers() -> None:
    said = drawn(network("resnet50")).description
    sizes = (
        *("224 × 224 × 3", "112 × 112 × 64", "56 × 56 × 256", "28 × 28 × 512"),
        *("14 × 14 × 1024", "7 × 7 × 2048", "1 × 1 × 2048", "1000"),
    )
    assert " → ".join(sizes) in said
    grows = drawn(network("dcgan_generator")).description
    assert "4 × 4 × 512 → 8 × 8 × 256 → 16 × 16 × 128 → 32 × 32 × 64 → 64 × 64 × 3" in grows


@pytest.mark.parametrize("name", ["unet", "unet_padded_256"])
def test_a_u_net_skips_four_times(name: str) -> None:
    drawing = drawn(network(name))
    assert parts(drawing, "skip") == 4
    assert "4 connections skip stages" in drawing.description
    assert parts(drawn(network("vgg16")), "skip") == 0


@pytest.mark.parametrize("entry", catalogue(), ids=lambda entry: entry.name)
def test_every_network_stays_readable(entry: object) -> None:
    drawing = drawn(network(entry.name))  # type: ignore[attr-defined]
    assert 2 <= parts(drawing, "block") <= 14
    assert drawing.width < 2400
    assert svg(drawing).startswith("<svg")


@pytest.mark.parametrize("op", ["conv1d", "conv2d", "conv3d"])
def test_long_networks_of_any_rank(op: str) -> None:
    rank = int(op[-2])
    layer = {"op": op, "params": {"kernel_size": 3}}
    drawing = drawn({"input_shape": [*[63] * rank, 2], "layers": [layer] * 31})
    assert parts(drawing, "block") <= 14
    assert " × ".join(["1"] * (rank + 1)) in drawing.description
    assert png(drawing).startswith(b"\x89PNG")


def test_sizes_that_go_up_and_down_all_the_time() -> None:
    up = {"op": "upsampling2d", "params": {"scale_factor": 4}}
    down = {"op": "max_pool2d", "params": {"kernel_size": 4}}
    drawing = drawn({"input_shape": [8, 8, 2], "layers": [up, down] * 300})
    assert parts(drawing, "block") <= 14
    assert "600 layers" in drawing.description


def test_inputs_without_positions() -> None:
    linear = {"op": "linear", "params": {"out_features": 3}}
    assert "7 → 3" in drawn({"input_shape": [7], "layers": [linear]}).description
