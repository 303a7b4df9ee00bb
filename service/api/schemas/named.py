"""What stands for numbers in a request of a layer: a picture, a filter by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from service.convolution import OperandError
from service.shapes import layouts, parameters, read_layer

if TYPE_CHECKING:
    from service.api.schemas.tensors import NamedFilter
    from service.convolution import Picture

    Array = np.ndarray[Any, np.dtype[Any]]

__all__ = ["for_each_channel", "place_picture"]

_FILTERED: Final = ("conv2d", "depthwise_conv2d")
_LAST: Final = ("keras", "tensorflow", "jax", "flax")  # weights end with the channels
_GROUPS: Final = ("groups", "group", "feature_group_count")
_FILTERS: Final = "features"  # what a dialect needs without having declared it so
_FRAME: Final = ("data_format",)  # what else says which axis is which


def place_picture(
    framework: str, op: str, layout: str | None, values: dict[str, Any], picture: Picture
) -> tuple[Array, str]:
    """The pixels in the order of a layout, and that layout; a batch has this one picture.

    Without ``layout`` it is the operation's first one without a batch, or else with; a grey
    picture of the textbook has rows and columns alone. Raises OperandError ``picture_not_2d``.
    """
    grey = picture.pixels.shape[-1] == 1
    if layout is None:
        known = [name for name in layouts(framework, op) if {"H", "W"} <= set(name)]
        if "data_format" in values:
            first = values["data_format"] == "channels_first"
            known = [name for name in known if "C" in name and _channels_first(name) == first]
        if grey and "HW" in known:
            known = ["HW"]
        layout = min(known, key=lambda name: "N" in name, default="")
    axes = {"N": 0, "H": 1, "W": 2, "C": 3}
    if not {"H", "W"} <= set(layout) <= set(axes) or not (grey or "C" in layout):
        raise OperandError(
            "picture_not_2d",
            f"A {picture.channels} picture has no place in the layout {layout or 'of ' + op}.",
            pointer="/input",
            hint="Use an operation in two dimensions, and for colours a layout with C.",
        )
    pixels = picture.pixels[np.newaxis]
    ordered = pixels.transpose(
        [axis for letter, axis in axes.items() if letter not in layout]
        + [axes[letter] for letter in layout]
    )
    return np.ascontiguousarray(ordered.reshape(ordered.shape[4 - len(layout) :])), layout


def _channels_first(layout: str) -> bool:
    return layout.index("C") < layout.index("H")


def for_each_channel(
    framework: str,
    op: str,
    layout: str | None,
    values: dict[str, Any],
    shape: tuple[int, ...],
    named: NamedFilter,
) -> tuple[dict[str, Any], Array]:
    """The parameters, and the weight, of a layer that filters each channel by itself.

    That is as many groups as channels, unless the request says how many; with fewer, the channels
    of a group are filtered and added. No number is copied. Raises OperandError ``filter_not_2d``.
    """
    if op not in _FILTERED:
        raise OperandError(
            "filter_not_2d",
            f"A filter by its name can't be the weight of {op}.",
            pointer="/weight",
            hint=f"Use {' or '.join(_FILTERED)}.",
        )
    kernel = named.kernel
    frame = {name: values[name] for name in _FRAME if name in values}
    names = {parameter.name: parameter for parameter in parameters(framework, op)}
    needed = [name for name, one in names.items() if one.required or name == _FILTERS]
    probe = dict.fromkeys(needed, 1) | frame
    channels = read_layer(framework, op, shape, probe, layout).in_channels
    if channels == 1 and op == "conv2d":
        return values, kernel
    if op == "conv2d" and not any(name in values for name in _GROUPS):
        values = values | dict.fromkeys([name for name in _GROUPS if name in names][:1], channels)
    groups = next((values[name] for name in _GROUPS if name in values), channels)
    per_group = max(1, channels // groups) if type(groups) is int and groups > 0 else 1
    out = max(1, channels // per_group)
    if framework in _LAST:
        sizes = (channels, 1) if op != "conv2d" else (per_group, out)
        spread = kernel[:, :, np.newaxis, np.newaxis]
        return values, np.broadcast_to(spread, (*kernel.shape, *sizes))
    return values, np.broadcast_to(kernel, (out, per_group, *kernel.shape))
