"""The catalogue: complete, consistent, and with the parameters that were published."""

from typing import Any

import pytest

from service.shapes import UnknownError
from service.shapes.catalogue import catalogue, entry, network
from service.shapes.network import describe_network, infer_network, read_network

PUBLISHED = {
    "lenet5": 61_706,
    "alexnet": 61_100_840,
    "vgg11": 132_863_336,
    "vgg16": 138_357_544,
    "vgg19": 143_667_240,
    "googlenet": 6_998_552,
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_557_032,
    "resnet50_v1": 25_557_032,
    "resnet101": 44_549_160,
    "resnet101_v1": 44_549_160,
    "densenet121": 7_978_856,
    "squeezenet1_1": 1_235_496,
    "mobilenet_v1": 4_231_976,
    "mobilenet_v2": 3_504_872,
    "dcgan_generator": 3_576_704,
    "dcgan_discriminator": 2_765_568,
}
"""Parameters as torchvision, the papers or their authors' code have them."""

GIGAMACS = {
    "alexnet": 0.71,
    "vgg11": 7.61,
    "vgg16": 15.47,
    "vgg19": 19.63,
    "resnet18": 1.81,
    "resnet34": 3.66,
    "resnet50": 4.09,
    "resnet101": 7.80,
    "densenet121": 2.83,
    "squeezenet1_1": 0.35,
    "mobilenet_v2": 0.30,
}
"""10⁹ MACs as torchvision's documentation of its weights has them, rounded."""

NAMES = [found.name for found in catalogue()]


def answer(name: str) -> Any:
    return describe_network(infer_network(read_network(network(name))))


@pytest.mark.parametrize(("name", "params"), PUBLISHED.items())
def test_parameters_are_the_published_ones(name: str, params: int) -> None:
    assert answer(name)["total"]["params"] == params


@pytest.mark.parametrize(("name", "macs"), GIGAMACS.items())
def test_macs_are_the_published_ones(name: str, macs: float) -> None:
    assert round(answer(name)["total"]["macs"] / 1e9, 2) == macs


@pytest.mark.parametrize("name", NAMES)
def test_every_entry_is_complete(name: str) -> None:
    found = entry(name)
    assert found.name == name
    assert found.title
    assert found.source.endswith(")")
    assert found.document() == network(name)
    answered = answer(name)
    assert answered["receptive_field"]["aligned"]
    assert "several_outputs" not in [note["code"] for note in answered["warnings"]]


def test_the_documents_are_separate() -> None:
    """Nobody's changes reach the next reader."""
    one: Any = network("lenet5")
    one["layers"][0]["params"]["kernel_size"] = 7
    other: Any = network("lenet5")
    assert other["layers"][0]["params"]["kernel_size"] == 5


def test_the_two_resnet50s_are_told_apart() -> None:
    torchvision, paper = answer("resnet50"), answer("resnet50_v1")
    assert torchvision["total"]["macs"] == 4_089_184_256
    assert torchvision["receptive_field"]["size"] == 427
    assert paper["receptive_field"]["size"] == 483
    assert paper["total"]["macs"] < torchvision["total"]["macs"]
    assert "427" in entry("resnet50").note
    assert "483" in entry("resnet50_v1").note


@pytest.mark.parametrize("name", ["resnet50", "resnet50_v1", "resnet101", "resnet101_v1"])
def test_notes_tell_the_true_receptive_field(name: str) -> None:
    assert f"of {answer(name)['receptive_field']['size']} pixels" in entry(name).note


def test_the_original_unet_makes_388_of_572() -> None:
    layers = answer("unet")["layers"]
    assert layers[-1]["output_shape"] == [1, 2, 388, 388]
    shapes = {layer["name"]: layer["output_shape"] for layer in layers}
    assert shapes["mid.2"] == [1, 1024, 28, 28]
    assert [shapes[f"crop{stage}"][-1] for stage in (4, 3, 2, 1)] == [56, 104, 200, 392]


def test_inception_3a_has_256_maps() -> None:
    layers = answer("inception_3a")["layers"]
    assert layers[-1]["output_shape"] == [1, 256, 28, 28]


def test_unknown_networks_are_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownError) as caught:
        network("resnet5")
    assert caught.value.code == "unknown_network"
    assert caught.value.hint == "did you mean `resnet50`?"
