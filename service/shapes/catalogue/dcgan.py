"""DCGAN: the generator and the discriminator."""

from __future__ import annotations

from service.shapes.catalogue.blueprint import Blueprint, Entry

__all__ = ["ENTRIES"]

_SOURCE = (
    "Radford, Metz, Chintala: Unsupervised representation learning with deep convolutional "
    "generative adversarial networks (2015)"
)


def _generator(net: Blueprint) -> None:
    for place, filters in enumerate((512, 256, 128, 64, 3), start=1):
        start: dict[str, object] = {} if place == 1 else {"stride": 2, "padding": 1}
        net.add(
            "conv_transpose2d",
            name=f"deconv{place}",
            out_channels=filters,
            kernel_size=4,
            **start,
            bias=False,
        )
        if place < 5:
            net.add("batch_norm2d", num_features=filters)
            net.add("relu")
    net.add("tanh")


def _discriminator(net: Blueprint) -> None:
    for place, filters in enumerate((64, 128, 256, 512), start=1):
        net.conv(f"conv{place}", filters, 4, stride=2, padding=1, bias=False)
        if place > 1:
            net.add("batch_norm2d", num_features=filters)
        net.add("leaky_relu", negative_slope=0.2)
    net.conv("conv5", 1, 4, bias=False)
    net.add("sigmoid")


ENTRIES = (
    Entry(
        "dcgan_generator",
        "DCGAN generator",
        _SOURCE,
        "Makes 64×64 pictures out of 100 numbers, with 64 maps in the last hidden layer.",
        (1, 100, 1, 1),
        _generator,
    ),
    Entry(
        "dcgan_discriminator",
        "DCGAN discriminator",
        _SOURCE,
        "Judges 64×64 pictures, with 64 maps in the first layer.",
        (1, 3, 64, 64),
        _discriminator,
    ),
)
