"""U-Net: with valid convolutions as in the paper, and padded as it is mostly built today."""

from __future__ import annotations

from functools import partial

from service.shapes.catalogue.blueprint import Blueprint, Entry

__all__ = ["ENTRIES"]

_SOURCE = (
    "Ronneberger, Fischer, Brox: U-Net: convolutional networks for biomedical image segmentation "
    "(2015)"
)


def _unet(net: Blueprint, *, padded: bool) -> None:
    skips = []
    for stage in range(1, 5):
        skips.append(_pair(net, f"enc{stage}", 32 * 2**stage, padded=padded))
        net.max_pool(2, 2, name=f"down{stage}")
    _pair(net, "mid", 1024, padded=padded)
    for stage in range(4, 0, -1):
        filters = 32 * 2**stage
        up = net.add(
            "conv_transpose2d", name=f"up{stage}", out_channels=filters, kernel_size=2, stride=2
        )
        skip = skips.pop()
        if not padded:
            skip = net.add("center_crop_like", skip, up, name=f"crop{stage}")
        net.add("concat", skip, up, name=f"cat{stage}")
        _pair(net, f"dec{stage}", filters, padded=padded)
    net.conv("head", 2, 1)


def _pair(net: Blueprint, name: str, filters: int, *, padded: bool) -> str:
    """Draw two 3×3 convolutions, each with its ReLU."""
    for place in (1, 2):
        net.conv(f"{name}.{place}", filters, 3, **({"padding": 1} if padded else {}))
        net.add("relu")
    return net.last


ENTRIES = (
    Entry(
        "unet",
        "U-Net",
        _SOURCE,
        "As in the paper: valid convolutions, and the skipped maps are cropped to fit.",
        (1, 1, 572, 572),
        partial(_unet, padded=False),
    ),
    Entry(
        "unet_padded_256",
        "U-Net (padded)",
        _SOURCE,
        "With padding 1, so that the output is as large as the input and nothing is cropped.",
        (1, 3, 256, 256),
        partial(_unet, padded=True),
    ),
)
