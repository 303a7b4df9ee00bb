"""Write ``network_runs.jsonl``: what every layer of small networks gives in PyTorch and Keras.

Run by hand where both are installed, from this folder: ``KERAS_BACKEND=jax python
generate_network_runs.py``. Made with torch 2.13.0 and keras 3.15.1 (jax 0.10.2). Each line is the
body of a request with given weights and the frameworks' own outputs by layer; inputs and weights
are multiples of 1/8.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "jax"

import keras
import numpy as np
import torch
from torch.nn import functional

RNG = np.random.default_rng(2026)


def numbers(*shape: int, scale: int = 8) -> np.ndarray:
    return (RNG.integers(-8, 9, shape) / scale).astype(np.float32)


IN_KERAS = {
    "kernel": "weight",
    "depthwise_kernel": "weight",
    "pointwise_kernel": "pointwise_weight",
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "mean",
    "moving_variance": "variance",
}


class Net:
    """A network in the words of a request, and what its framework gives layer by layer."""

    def __init__(self, name: str, framework: str, data: np.ndarray, **frame: Any) -> None:
        self.name, self.frame = name, {"framework": framework, **frame}
        self.data = data
        self.layers: list[dict[str, Any]] = []
        self.weights: dict[str, dict[str, np.ndarray]] = {}
        self.outputs: dict[str, Any] = {}
        self.tensor = torch.from_numpy(data) if framework == "pytorch" else data

    def add(
        self,
        name: str,
        op: str,
        output: Any,
        inputs: list[str] | None = None,
        weights: dict[str, np.ndarray] | None = None,
        **params: Any,
    ) -> Any:
        layer = {"name": name, "op": op, "params": params}
        self.layers.append(layer | ({"inputs": inputs} if inputs else {}))
        self.weights |= {name: weights} if weights else {}
        self.outputs[name] = np.asarray(output)
        return output

    def conv(self, name: str, x: Any, filters: int, kernel: int, **params: Any) -> Any:
        """A convolution of PyTorch on what the layer before gave, in as many axes as ``x`` has."""
        rank = x.ndim - 2
        groups, inputs = params.get("groups", 1), params.pop("inputs", None)
        weight = numbers(filters, x.shape[1] // groups, *[kernel] * rank)
        bias = numbers(filters) if params.get("bias", True) else None
        run = getattr(functional, f"conv{rank}d")
        given = {key: value for key, value in params.items() if key != "bias"}
        output = run(
            x, torch.from_numpy(weight), None if bias is None else torch.from_numpy(bias), **given
        )
        weights = {"weight": weight} | ({} if bias is None else {"bias": bias})
        words = {"out_channels": filters, "kernel_size": kernel, **params}
        return self.add(name, f"conv{rank}d", output, inputs, weights, **words)

    def alike(self, name: str, op: str, function: Any, x: Any, **words: Any) -> Any:
        """A layer whose parameters are those of a function of PyTorch."""
        return self.add(name, op, function(x, **words), **words)

    def norm(self, name: str, x: Any) -> Any:
        """A batch normalisation of PyTorch, in inference."""
        count = x.shape[1]
        mean, scale, shift = numbers(count), numbers(count), numbers(count)
        spread = abs(numbers(count)) + 0.25
        tensors = map(torch.from_numpy, (mean, spread, scale, shift))
        output = functional.batch_norm(x, *tensors, training=False)
        weights = {"mean": mean, "variance": spread, "weight": scale, "bias": shift}
        return self.add(name, f"batch_norm{x.ndim - 2}d", output, None, weights)

    def linear(self, name: str, x: Any, features: int) -> Any:
        """A linear layer of PyTorch."""
        weight, bias = numbers(features, x.shape[1]), numbers(features)
        output = functional.linear(x, torch.from_numpy(weight), torch.from_numpy(bias))
        return self.add(
            name, "linear", output, None, {"weight": weight, "bias": bias}, out_features=features
        )

    def line(self) -> dict[str, Any]:
        body = {**self.frame, "layers": self.layers, "input": self.data, "weights": self.weights}
        return {"name": self.name, "body": body, "outputs": self.outputs}


def lenet_like() -> Net:
    net = Net("LeNet-like", "pytorch", numbers(2, 1, 12, 12))
    x = net.conv("C1", net.tensor, 3, 3)
    x = net.add("tanh1", "tanh", torch.tanh(x))
    x = net.add("S2", "avg_pool2d", functional.avg_pool2d(x, 2), kernel_size=2)
    x = net.conv("C3", x, 4, 3, padding=1)
    x = net.add("act3", "sigmoid", torch.sigmoid(x))
    x = net.add(
        "S4",
        "max_pool2d",
        functional.max_pool2d(x, 2, ceil_mode=True),
        kernel_size=2,
        ceil_mode=True,
    )
    x = net.add("flat", "flatten", torch.flatten(x, 1))
    x = net.linear("F5", x, 6)
    x = net.add("drop", "dropout", x, p=0.5)
    x = net.linear("F6", x, 5)
    net.add("softmax", "softmax", torch.softmax(x, 1), dim=1)
    return net


def residual() -> Net:
    net = Net("residual", "pytorch", numbers(1, 3, 9, 9))
    x = net.conv("stem", net.tensor, 4, 3, padding=1, bias=False)
    x = net.norm("bn0", x)
    trunk = net.add("relu0", "relu", torch.relu(x))
    x = net.conv("conv1", trunk, 6, 3, stride=2, padding=1, bias=False)
    x = net.norm("bn1", x)
    x = net.add("relu1", "relu6", functional.relu6(x))
    x = net.conv("conv2", x, 6, 3, padding=1, groups=2)
    left = net.norm("bn2", x)
    right = net.conv("down", trunk, 6, 1, stride=2, bias=False, inputs=["relu0"])
    x = net.add("sum", "add", left + right, ["bn2", "down"])
    x = net.add("relu2", "leaky_relu", functional.leaky_relu(x, 0.1), negative_slope=0.1)
    x = net.add("pool", "adaptive_avg_pool2d", functional.adaptive_avg_pool2d(x, 2), output_size=2)
    x = net.add("flat", "flatten", torch.flatten(x, 1))
    net.linear("fc", x, 4)
    return net


def unet_like() -> Net:
    net = Net("U-Net-like", "pytorch", numbers(1, 1, 16, 16))
    skip = net.conv("enc", net.tensor, 3, 3)
    x = net.add("down", "max_pool2d", functional.max_pool2d(skip, 2), kernel_size=2)
    x = net.conv("deep", x, 4, 3)
    weight, bias = numbers(4, 3, 2, 2), numbers(3)
    up = functional.conv_transpose2d(x, *map(torch.from_numpy, (weight, bias)), stride=2)
    x = net.add(
        "up", "conv_transpose2d", up, None, {"weight": weight, "bias": bias},
        out_channels=3, kernel_size=2, stride=2,
    )  # fmt: skip
    edge = (skip.shape[2] - x.shape[2]) // 2
    cropped = skip[:, :, edge : edge + x.shape[2], edge : edge + x.shape[3]]
    cropped = net.add("crop", "center_crop_like", cropped, ["enc", "up"])
    x = net.add("cat", "concat", torch.cat([cropped, x], 1), ["crop", "up"], dim=1)
    x = net.conv("dec", x, 2, 3)
    x = net.add(
        "wide",
        "upsampling2d",
        functional.interpolate(x, scale_factor=2, mode="bilinear"),
        scale_factor=2,
        mode="bilinear",
    )
    x = net.add(
        "pad",
        "zero_padding2d",
        functional.pad(x, [1, 1, 1, 1], "reflect"),
        padding=1,
        mode="reflect",
    )
    net.conv("last", x, 1, 1)
    return net


def in_three_axes() -> Net:
    net = Net("3-d", "pytorch", numbers(1, 2, 5, 6, 4))
    x = net.conv("conv", net.tensor, 3, 2, dilation=2)
    x = net.norm("bn", x)
    x = net.add(
        "lp", "lp_pool3d", functional.lp_pool3d(x, 2.0, 2, 1), norm_type=2, kernel_size=2, stride=1
    )
    x = net.add("mean", "global_avg_pool3d", x.mean((2, 3, 4), keepdim=True))
    net.add("flat", "flatten", torch.flatten(x, 1))
    return net


def in_keras() -> Net:
    data = numbers(2, 9, 8, 3)
    net = Net("Keras, channels last", "keras", data)
    x = data

    def layer(name: str, op: str, made: Any, x: Any, inputs: Any = None, **params: Any) -> Any:
        made.build(x.shape if not isinstance(x, list) else [one.shape for one in x])
        drawn = []
        for variable in made.weights:
            value = numbers(*variable.shape)
            drawn.append(abs(value) + 0.25 if "variance" in variable.name else value)
        made.set_weights(drawn)
        weights = {
            IN_KERAS.get(variable.name, variable.name): value
            for variable, value in zip(made.weights, drawn, strict=True)
        }
        output = np.asarray(made(x, training=False))
        return net.add(name, op, output, inputs, weights, **params)

    made = keras.layers
    words: dict[str, Any] = {
        "filters": 4,
        "kernel_size": 3,
        "padding": "same",
        "activation": "relu",
    }
    x = layer("conv", "conv2d", made.Conv2D(**words), x, **words)
    x = layer("bn", "batch_norm2d", made.BatchNormalization(), x)
    words = {"kernel_size": 3, "depth_multiplier": 2, "strides": 2}
    x = layer("deep", "depthwise_conv2d", made.DepthwiseConv2D(**words), x, **words)
    words = {"filters": 5, "kernel_size": [2, 3], "padding": "same", "activation": "tanh"}
    x = layer("sep", "separable_conv2d", made.SeparableConv2D(**words), x, **words)
    words = {"filters": 3, "kernel_size": 3, "strides": 2, "padding": "same"}
    skip = layer("up", "conv_transpose2d", made.Conv2DTranspose(**words), x, **words)
    x = layer("near", "upsampling2d", made.UpSampling2D(2), x, ["sep"], size=2)
    x = layer("cat", "concat", made.Concatenate(), [skip, x], ["up", "near"])
    words = {"pool_size": 3, "strides": 2, "padding": "same"}
    x = layer("pool", "avg_pool2d", made.AveragePooling2D(**words), x, **words)
    x = layer("gap", "global_avg_pool2d", made.GlobalAveragePooling2D(), x)
    x = layer("drop", "dropout", made.Dropout(0.5), x, rate=0.5)
    words = {"units": 4, "activation": "softmax"}
    layer("dense", "linear", made.Dense(**words), x, **words)
    return net


def networks() -> Iterator[Net]:
    yield lenet_like()
    yield residual()
    yield unet_like()
    yield in_three_axes()
    yield in_keras()


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, np.ndarray):
        return (
            json.loads(f"[{','.join(f'{one:.8g}' for one in value.ravel())}]")
            if value.ndim < 2
            else [plain(one) for one in value]
        )
    return [plain(one) for one in value] if isinstance(value, list) else value


if __name__ == "__main__":
    path = Path(__file__).with_name("network_runs.jsonl")
    with path.open("w", encoding="utf-8") as file:
        for net in networks():
            file.write(json.dumps(plain(net.line()), separators=(",", ":")) + "\n")
