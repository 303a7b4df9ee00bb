"""Writing Keras code: layers by name, in a row, or inside a function."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from service.shapes.infer import Inference
    from service.shapes.layer import Layer
    from service.shapes.padding import Pads

__all__ = [
    "View",
    "differing",
    "function",
    "inline",
    "ones",
    "pad_all",
    "padding_layers",
    "pads",
    "sequence",
    "sizes",
]


class View(NamedTuple):
    """A layer as Keras is to see it: always with a batch, and with the channels first or last."""

    inference: Inference
    channels_first: bool

    @property
    def layer(self) -> Layer:
        """The layer itself."""
        return self.inference.layer

    @property
    def start(self) -> int:
        """Index of the first spatial axis."""
        return 2 if self.channels_first else 1

    @property
    def channel(self) -> int:
        """Index of the channel axis."""
        return 1 if self.channels_first else -1

    def make(self, name: str, *arguments: str) -> str:
        """Write a layer whose class ends with the rank, such as Conv2D or Conv2DTranspose."""
        layer = self.layer
        stem, _, rest = name.partition("#")
        format_ = ['data_format="channels_first"'] if self.channels_first else []
        return f"keras.layers.{stem}{layer.rank}D{rest}({', '.join([*arguments, *format_])})"

    def around(self, inside: Sequence[str], outside: str) -> str:
        """Write one entry for each axis of a tensor: ``inside`` for the spatial ones."""
        entries = (
            [outside, outside, *inside] if self.channels_first else [outside, *inside, outside]
        )
        return ", ".join(entries)


def sequence(*layers: str) -> list[str]:
    """Write ``layer`` as one layer, or as several in a row."""
    if len(layers) == 1:
        return ["import keras", "", f"layer = {layers[0]}"]
    return [
        "import keras",
        "",
        "layer = keras.Sequential(",
        "    [",
        *(f"        {layer}," for layer in layers),
        "    ]",
        ")",
    ]


def inline(layers: Sequence[str]) -> str:
    """Write one layer, or several in a row, as an expression."""
    return layers[0] if len(layers) == 1 else f"keras.Sequential([{', '.join(layers)}])"


def function(setup: Sequence[str], *body: str) -> list[str]:
    """Write ``layer`` as a function that uses what ``setup`` defines."""
    first = [*setup, "", ""] if setup else [""]
    return ["import keras", "", *first, "def layer(x):", *(f"    {line}" for line in body), "", ""]


def pad_all(view: View, padding: Pads, *, value: str = "0.0") -> str:
    """Write the padding of ``x`` with a number of one's own."""
    widths = view.around([str(pair) for pair in padding], "(0, 0)")
    return f"x = keras.ops.pad(x, ({widths}), constant_values={value})"


def differing(layer: Layer, **defaults: tuple[str, object]) -> list[str]:
    """Write the named fields of a layer, in Keras' words, where they differ from its defaults."""
    arguments = []
    for name, (word, default) in defaults.items():
        value = getattr(layer, name)
        if value != default:
            shown = sizes(value) if isinstance(value, tuple) else value
            arguments.append(f"{word}={shown}")
    return arguments


def sizes(values: Sequence[int]) -> str:
    """Write one number for all axes, or one for each."""
    return str(values[0] if len(set(values)) == 1 else tuple(values))


def pads(padding: Pads, rank: int) -> str:
    """Write what ZeroPadding and Cropping take."""
    return str(padding[0] if rank == 1 else padding)


def padding_layers(view: View) -> list[str]:
    """Write a layer's padding with zeros as layers: padding, and cropping where it is negative."""
    layers = []
    for name, sign in (("Cropping#", -1), ("ZeroPadding#", 1)):
        pixels = tuple((max(sign * b, 0), max(sign * a, 0)) for b, a in view.layer.padding)
        if any(map(any, pixels)):
            layers.append(view.make(name, pads(pixels, view.layer.rank)))
    return layers


def ones(layer: Layer) -> tuple[int, ...]:
    """Return 1 for every spatial axis."""
    return (1,) * layer.rank
