"""Networks whose receptive fields were published, as TensorFlow's Slim library builds them.

Only what moves a receptive field is drawn: one map everywhere, no activations. Each network comes
as a document for `read_network`, with the layers at its end points named after them.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

Step = tuple[Any, ...]
"""("conv" or "pool", kernel size, stride, padding)."""

ONE: Step = ("conv", 1, 1, "same")
THREE: Step = ("conv", 3, 1, "same")


class Slim:
    """A network in the making."""

    def __init__(self, size: int) -> None:
        self.document: dict[str, Any] = {"input_shape": [size, size, 1], "layers": []}
        self.last = "input"

    def add(self, op: str, *inputs: str, name: str = "", **params: Any) -> str:
        layers = self.document["layers"]
        name = name or f"{op}_{len(layers)}"
        layers.append({"name": name, "op": op, "inputs": inputs or [self.last], "params": params})
        self.last = name
        return name

    def chain(self, *steps: Step, name: str = "", start: str = "") -> str:
        """Add layers one behind the other; the last gets the name."""
        for place, (kind, kernel_size, stride, padding) in enumerate(steps):
            self.add(
                "conv2d" if kind == "conv" else "max_pool2d",
                *([start] if start and place == 0 else []),
                name=name if place == len(steps) - 1 else "",
                kernel_size=kernel_size,
                stride=stride,
                padding=padding,
            )
        return self.last

    def mixed(self, name: str, *branches: tuple[Step, ...]) -> None:
        """Add branches side by side, put their maps together, and make one of them again."""
        start = self.last
        ends = [self.chain(*branch, start=start) for branch in branches]
        self.add("concat", *ends)
        self.chain(ONE, name=name)

    def residual(self, name: str, *branches: tuple[Step, ...]) -> None:
        """Add branches that are added to what came in."""
        start = self.last
        self.mixed("", *branches)
        self.add("add", self.last, start, name=name)


def conv(kernel_size: Any, stride: int = 1, padding: Any = "same") -> Step:
    return ("conv", kernel_size, stride, padding)


def pool(kernel_size: Any, stride: int = 1, padding: Any = "same") -> Step:
    return ("pool", kernel_size, stride, padding)


def alexnet_v2(net: Slim) -> None:
    net.chain(conv(11, 4, "valid"), name="conv1")
    net.chain(pool(3, 2, "valid"), name="pool1")
    net.chain(conv(5), name="conv2")
    net.chain(pool(3, 2, "valid"), name="pool2")
    for name in ("conv3", "conv4", "conv5"):
        net.chain(THREE, name=name)
    net.chain(pool(3, 2, "valid"), name="pool5")


def vgg(net: Slim, depths: tuple[int, ...]) -> None:
    for stage, depth in enumerate(depths, start=1):
        for place in range(1, depth + 1):
            net.chain(THREE, name=f"conv{stage}/conv{stage}_{place}")
        net.chain(pool(2, 2, "valid"), name=f"pool{stage}")


def resnet(net: Slim, depths: tuple[int, ...]) -> None:
    """Slim strides in the 3×3 convolution of the last unit of a block, with explicit padding."""
    net.chain(conv(7, 2, 3), pool(3, 2))
    for block, depth in enumerate(depths, start=1):
        for unit in range(1, depth + 1):
            stride = 2 if unit == depth and block < 4 else 1
            start = net.last
            shortcut = net.chain(pool(1, stride, "valid"), start=start)
            net.chain(ONE, conv(3, stride, 1), ONE, start=start)
            name = f"block{block}" if unit == depth else ""
            net.add("add", net.last, shortcut, name=name)


def mobilenet_v1(net: Slim) -> None:
    net.chain(conv(3, 2), name="Conv2d_0")
    for place, stride in enumerate((1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1), start=1):
        net.chain(conv(3, stride), ONE, name=f"Conv2d_{place}_pointwise")


def module_a(net: Slim, name: str, *, five: bool = False) -> None:
    second = (ONE, conv(5)) if five else (ONE, THREE)
    net.mixed(name, (ONE,), second, (ONE, THREE, THREE), (pool(3), ONE))


def inception_v2(net: Slim) -> None:
    net.chain(conv(7, 2), name="Conv2d_1a_7x7")
    net.chain(pool(3, 2), name="MaxPool_2a_3x3")
    net.chain(ONE, name="Conv2d_2b_1x1")
    net.chain(THREE, name="Conv2d_2c_3x3")
    net.chain(pool(3, 2), name="MaxPool_3a_3x3")
    for stage, letters in (("3", "bc"), ("4", "abcde"), ("5", "abc")):
        for letter in letters:
            name = f"Mixed_{stage}{letter}"
            if letter == "a":
                half = conv(3, 2)
                net.mixed(name, (ONE, half), (ONE, THREE, half), (pool(3, 2),))
            else:
                module_a(net, name)


def stem(net: Slim, padding: str) -> None:
    """Draw what Inception v3 and Inception-ResNet v2 begin with."""
    net.chain(conv(3, 2, padding), name="Conv2d_1a_3x3")
    net.chain(conv(3, 1, padding), name="Conv2d_2a_3x3")
    net.chain(THREE, name="Conv2d_2b_3x3")
    net.chain(pool(3, 2, padding), name="MaxPool_3a_3x3")
    net.chain(conv(1, 1, padding), name="Conv2d_3b_1x1")
    net.chain(conv(3, 1, padding), name="Conv2d_4a_3x3")
    net.chain(pool(3, 2, padding), name="MaxPool_5a_3x3")


WIDE, TALL = conv([1, 7]), conv([7, 1])


def reduction_a(net: Slim, name: str, padding: str = "valid") -> None:
    half = conv(3, 2, padding)
    net.mixed(name, (half,), (ONE, THREE, half), (pool(3, 2, padding),))


def module_b(net: Slim, name: str) -> None:
    long = (ONE, TALL, WIDE, TALL, WIDE)
    net.mixed(name, (ONE,), (ONE, WIDE, TALL), long, (pool(3), ONE))


def reduction_b(net: Slim, name: str) -> None:
    half = conv(3, 2, "valid")
    net.mixed(name, (ONE, half), (ONE, WIDE, TALL, half), (pool(3, 2, "valid"),))


def module_c(net: Slim, name: str, *before: Step) -> None:
    low, high = conv([1, 3]), conv([3, 1])
    short = [(ONE, low), (ONE, high)]
    long = [(ONE, *before, low), (ONE, *before, high)]
    net.mixed(name, (ONE,), *short, *long, (pool(3), ONE))


def inception_v3(net: Slim) -> None:
    stem(net, "valid")
    for letter in "bcd":
        module_a(net, f"Mixed_5{letter}", five=True)
    reduction_a(net, "Mixed_6a")
    for letter in "bcde":
        module_b(net, f"Mixed_6{letter}")
    reduction_b(net, "Mixed_7a")
    for letter in "bc":
        module_c(net, f"Mixed_7{letter}", THREE)


def inception_v4(net: Slim) -> None:
    half = conv(3, 2, "valid")
    net.chain(half, name="Conv2d_1a_3x3")
    net.chain(conv(3, 1, "valid"), name="Conv2d_2a_3x3")
    net.chain(THREE, name="Conv2d_2b_3x3")
    net.mixed("Mixed_3a", (pool(3, 2, "valid"),), (half,))
    net.mixed("Mixed_4a", (ONE, conv(3, 1, "valid")), (ONE, WIDE, TALL, conv(3, 1, "valid")))
    net.mixed("Mixed_5a", (half,), (pool(3, 2, "valid"),))
    for letter in "bcde":
        module_a(net, f"Mixed_5{letter}")
    reduction_a(net, "Mixed_6a")
    for letter in "bcdefgh":
        module_b(net, f"Mixed_6{letter}")
    reduction_b(net, "Mixed_7a")
    for letter in "bcd":
        module_c(net, f"Mixed_7{letter}", conv([3, 1]), conv([1, 3]))


def inception_resnet_v2(net: Slim, padding: str = "valid") -> None:
    stem(net, padding)
    module_a(net, "Mixed_5b", five=True)
    for _ in range(10):
        net.residual("", (ONE,), (ONE, THREE), (ONE, THREE, THREE))
    reduction_a(net, "Mixed_6a", padding)
    for place in range(20):
        net.residual("PreAuxLogits" if place == 19 else "", (ONE,), (ONE, WIDE, TALL))
    half = conv(3, 2, padding)
    net.mixed("Mixed_7a", (ONE, half), (ONE, half), (ONE, THREE, half), (pool(3, 2, padding),))
    for _ in range(10):
        net.residual("", (ONE,), (ONE, conv([1, 3]), conv([3, 1])))
    net.chain(ONE, name="Conv2d_7b_1x1")


_RESNETS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3), 200: (3, 24, 36, 3)}

PUBLISHED: dict[str, Callable[[Slim], None]] = {
    "alexnet_v2": alexnet_v2,
    "vgg_a": partial(vgg, depths=(1, 1, 2, 2, 2)),
    "vgg_16": partial(vgg, depths=(2, 2, 3, 3, 3)),
    "inception_v2": inception_v2,
    "inception_v2-no-separable-conv": inception_v2,
    "inception_v3": inception_v3,
    "inception_v4": inception_v4,
    "inception_resnet_v2": inception_resnet_v2,
    "inception_resnet_v2-same": partial(inception_resnet_v2, padding="same"),
    "mobilenet_v1": mobilenet_v1,
    "mobilenet_v1_075": mobilenet_v1,
    **{
        f"resnet_{version}_{layers}": partial(resnet, depths=depths)
        for version in ("v1", "v2")
        for layers, depths in _RESNETS.items()
    },
}


def published_network(name: str, size: int) -> dict[str, Any]:
    """Write the network of this name for pictures of size × size pixels."""
    net = Slim(size)
    PUBLISHED[name](net)
    return net.document
