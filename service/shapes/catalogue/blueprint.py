"""Writing a network down layer by layer, as PyTorch would build it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Blueprint", "Entry"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One network of the catalogue.

    ``source`` says who published it, ``note`` what sets this version apart ("" if nothing does).
    ``draw`` writes its layers into an empty blueprint.
    """

    name: str
    title: str
    source: str
    note: str
    input_shape: tuple[int, ...]
    draw: Callable[[Blueprint], object]

    def document(self) -> dict[str, object]:
        """Write the network in its JSON form, which :func:`read_network` takes."""
        blueprint = Blueprint()
        self.draw(blueprint)
        return {
            "framework": "pytorch",
            "layout": "NCHW",
            "input_shape": list(self.input_shape),
            "layers": blueprint.layers,
        }


class Blueprint:
    """The layers of a network in the making; each method adds some and returns the last name."""

    def __init__(self) -> None:
        self.layers: list[dict[str, object]] = []
        self.last = "input"

    def add(self, op: str, *inputs: str, name: str = "", **params: object) -> str:
        """Add a layer that reads ``inputs``, or the layer before if there are none.

        Without a name it is called after its operation and its place.
        """
        name = name or f"{op}{len(self.layers)}"
        sources = list(inputs) or [self.last]
        self.layers.append({"name": name, "op": op, "inputs": sources, "params": params})
        self.last = name
        return name

    def conv(self, name: str, filters: int, kernel_size: int, *inputs: str, **more: object) -> str:
        """Add a two-dimensional convolution."""
        return self.add(
            "conv2d", *inputs, name=name, out_channels=filters, kernel_size=kernel_size, **more
        )

    def max_pool(
        self, kernel_size: int, stride: int, *inputs: str, name: str = "", **more: object
    ) -> str:
        """Add a two-dimensional max pool."""
        return self.add(
            "max_pool2d", *inputs, name=name, kernel_size=kernel_size, stride=stride, **more
        )

    def normalised(
        self,
        name: str,
        filters: int,
        kernel_size: int,
        *inputs: str,
        stride: int = 1,
        groups: int = 1,
        activation: str = "",
    ) -> str:
        """Add a convolution that keeps the size (but for its stride), its batch norm, and more.

        The convolution has no bias, as the normalisation would take it away again.
        """
        params: dict[str, object] = {"padding": kernel_size // 2, "bias": False}
        if stride != 1:
            params["stride"] = stride
        if groups != 1:
            params["groups"] = groups
        self.conv(f"{name}.conv", filters, kernel_size, *inputs, **params)
        self.add("batch_norm2d", name=f"{name}.bn", num_features=filters)
        if activation:
            self.add(activation, name=f"{name}.act")
        return self.last

    def classifier(self, classes: int = 1000) -> str:
        """Add the average over all positions and a linear layer, as ResNet has them."""
        self.add("adaptive_avg_pool2d", output_size=1)
        self.add("flatten")
        return self.add("linear", name="fc", out_features=classes)
