"""Write ``layer_numbers.jsonl``: what layers give in PyTorch, onnxruntime, Keras, JAX and flax.

Run by hand where those are installed, from this folder: ``KERAS_BACKEND=jax python
generate_layer_numbers.py``. Made with torch 2.13.0, keras 3.15.1 (jax 0.10.2), flax 0.12.8 and
onnxruntime 1.32.0. Each line is the body of a request and the framework's own output; inputs are
multiples of 1/4.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "jax"

import flax.linen as nn
import keras
import numpy as np
import onnx
import onnxruntime
import torch
from jax import lax
from onnx import helper
from torch.nn import functional

RNG = np.random.default_rng(2026)
LETTERS = {1: "L", 2: "HW", 3: "DHW"}
Line = tuple[dict[str, Any], Any]


def numbers(*shape: int) -> np.ndarray:
    return (RNG.integers(-12, 13, shape) / 4).astype(np.float32)


def line(framework: str, op: str, output: Any, **body: Any) -> Line:
    return {"framework": framework, "op": op, **body}, np.asarray(output)


def torch_lines() -> Iterator[Line]:
    for rank in (1, 2, 3):
        size = (5, 4, 3)[:rank]
        data = numbers(2, 4, *size)
        x = torch.from_numpy(data)
        window = {"kernel_size": [2] * rank, "stride": [2, 1, 1][:rank], "padding": [1] * rank}
        window["dilation"] = [1, 2, 1][:rank]
        weight, bias = numbers(8, 1, *[2] * rank), numbers(8)
        if rank < 3:
            conv = getattr(functional, f"conv{rank}d")
            inner = conv(x, *map(torch.from_numpy, (weight, bias)), *list(window.values())[1:], 4)
            body = {**window, "input": data, "weight": weight}
            yield line("pytorch", f"depthwise_conv{rank}d", inner, **body, bias=bias)
            mixing, last = numbers(3, 8, *[1] * rank), numbers(3)
            output = conv(inner, *map(torch.from_numpy, (mixing, last)))
            body |= {"depthwise_bias": bias, "pointwise_weight": mixing, "bias": last}
            yield line("pytorch", f"separable_conv{rank}d", output, **body)
        for p in (1, 2, 3):
            positive = abs(data)
            pool = {"kernel_size": [2] * rank, "stride": [2] * rank, "ceil_mode": p == 3}
            given = [v if rank > 1 or i == 2 else v[0] for i, v in enumerate(pool.values())]
            output = getattr(functional, f"lp_pool{rank}d")(
                torch.from_numpy(positive), float(p), *given
            )
            body = {**pool, "norm_type": p, "input": positive}
            yield line("pytorch", f"lp_pool{rank}d", output, **body)
        for mode in ("constant", "reflect", "replicate", "circular"):
            pads = [1, 0, 2, 1, -1, 1][: 2 * rank]
            value = 1.5 if mode == "constant" else 0
            output = functional.pad(x, pads, mode, value or None)
            body = {"padding": pads, "mode": mode, "value": value, "input": data}
            yield line("pytorch", f"zero_padding{rank}d", output, **body)
        linear = {1: "linear", 2: "bilinear", 3: "trilinear"}[rank]
        modes = ["nearest", "nearest-exact", "area", linear, *(["bicubic"] if rank == 2 else [])]
        for mode in modes:
            corners = {} if mode in modes[:3] else {"align_corners": False}
            aligned = [{"align_corners": True}] if corners else []
            for how in (corners, *aligned):
                for sizes in ({"size": [7, 3, 5][:rank]}, {"scale_factor": [1.5, 2, 0.7][:rank]}):
                    body = {**how, **sizes, "mode": mode}
                    output = functional.interpolate(x, **body)
                    yield line("pytorch", f"upsampling{rank}d", output, **body, input=data)
        scale, shift, mean, spread = numbers(4), numbers(4), numbers(4), abs(numbers(4)) + 0.25
        vectors = map(torch.from_numpy, (mean, spread, scale, shift))
        output = functional.batch_norm(x, *vectors, training=False, eps=0.01)
        body = {"eps": 0.01, "weight": scale, "bias": shift, "mean": mean, "variance": spread}
        yield line("pytorch", f"batch_norm{rank}d", output, **body, input=data)
    flat, matrix, bias = numbers(3, 5), numbers(2, 5), numbers(2)
    output = functional.linear(*map(torch.from_numpy, (flat, matrix, bias)))
    yield line("pytorch", "linear", output, input=flat, weight=matrix, bias=bias)
    for name in ("relu", "relu6", "tanh", "sigmoid"):
        yield line(
            "pytorch", name, getattr(functional, name)(torch.from_numpy(flat * 4)), input=flat * 4
        )
    output = functional.leaky_relu(torch.from_numpy(flat), 0.25)
    yield line("pytorch", "leaky_relu", output, input=flat, negative_slope=0.25)
    yield line(
        "pytorch", "softmax", functional.softmax(torch.from_numpy(flat), 1), input=flat, dim=1
    )


def onnx_run(op: str, *inputs: np.ndarray, **attributes: Any) -> np.ndarray:
    names = [f"x{at}" for at in range(len(inputs))]
    given = [
        helper.make_tensor_value_info(
            name, helper.np_dtype_to_tensor_dtype(value.dtype), value.shape
        )
        for name, value in zip(names, inputs, strict=True)
    ]
    result = helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, None)
    names = [name if value.size else "" for name, value in zip(names, inputs, strict=True)]
    node = helper.make_node(op, names, ["y"], **attributes)
    given = [info for info, name in zip(given, names, strict=True) if name]
    graph = helper.make_graph([node], "g", given, [result])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)], ir_version=10)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    feeds = {name: value for name, value in zip(names, inputs, strict=True) if name}
    return session.run(None, feeds)[0]


def onnx_lines() -> Iterator[Line]:
    nothing = np.zeros(0, np.float32)
    for rank in (1, 2, 3):
        data = numbers(1, 2, *(5, 4, 3)[:rank])
        for mode in ("nearest", "linear", *(["cubic"] if rank == 2 else [])):
            factors = [1.5, 2, 2.5][:rank]
            scales = np.array([1, 1, *factors], np.float32)
            output = onnx_run("Resize", data, nothing, scales, mode=mode)
            yield line("onnx", f"upsampling{rank}d", output, input=data, scales=factors, mode=mode)
        for mode in ("constant", "reflect", "edge", "wrap"):
            pads = [1, -1, 2][:rank] + [2, 1, 0][:rank]
            every = np.array([0, 0, *pads[:rank], 0, 0, *pads[rank:]])
            output = onnx_run("Pad", data, every, mode=mode)
            yield line("onnx", f"zero_padding{rank}d", output, input=data, pads=pads, mode=mode)


def keras_lines() -> Iterator[Line]:
    layers = keras.layers
    for rank in (1, 2, 3):
        data = numbers(2, *(4, 3, 2)[:rank], 2)
        kernel = [3, 2, 2][:rank]
        bias = numbers(3)
        for padding in ("valid", "same"):
            for more in (None, 1):
                weight = numbers(*kernel, 3, 2)
                layer = getattr(layers, f"Conv{rank}DTranspose")(
                    3, kernel, 2, padding, output_padding=more
                )
                layer.build(data.shape)
                layer.set_weights([weight, bias])
                body = {"strides": 2, "padding": padding, "output_padding": more}
                body |= {"input": data, "weight": weight, "bias": bias}
                yield line("keras", f"conv_transpose{rank}d", layer(data), **body)
            if rank == 3:
                continue
            depthwise, pointwise = numbers(*kernel, 2, 2), numbers(*[1] * rank, 4, 3)
            layer = getattr(layers, f"DepthwiseConv{rank}D")(kernel, 2, padding, depth_multiplier=2)
            layer.build(data.shape)
            layer.set_weights([depthwise, np.arange(4, dtype=np.float32)])
            body = {"strides": 2, "padding": padding, "input": data, "weight": depthwise}
            named = f"depthwise_conv{rank}d"
            yield line("keras", named, layer(data), **body, bias=np.arange(4, dtype=np.float32))
            layer = getattr(layers, f"SeparableConv{rank}D")(
                3, kernel, 2, padding, depth_multiplier=2
            )
            layer.build(data.shape)
            layer.set_weights([depthwise, pointwise, bias])
            body |= {"pointwise_weight": pointwise, "bias": bias}
            yield line("keras", f"separable_conv{rank}d", layer(data), **body)
    picture = numbers(1, 4, 3, 2)
    for how in ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"):
        output = layers.UpSampling2D((3, 2), interpolation=how)(picture)
        yield line("keras", "upsampling2d", output, input=picture, size=[3, 2], interpolation=how)
    flat, matrix = numbers(3, 4), numbers(4, 2)
    yield line("keras", "linear", flat @ matrix, input=flat, weight=matrix)
    for given in ({"threshold": 1, "negative_slope": 0.5}, {"threshold": 1, "max_value": 2}):
        yield line("keras", "relu", layers.ReLU(**given)(flat), input=flat, **given)


def jax_lines() -> Iterator[Line]:
    for rank in (1, 2, 3):
        letters = f"N{'DHW'[3 - rank :]}C"
        data = numbers(1, *(5, 4, 3)[:rank], 2)
        order = (letters, f"{letters[1:-1]}IO", letters)
        kernel = [3, 2, 2][:rank]
        pads = [[2, 1], [-1, 2], [0, 1]][:rank]
        stride, spread = [2, 1, 2][:rank], [1, 2, 1][:rank]
        layout = letters if rank > 1 else "NLC"
        for padding in ("SAME", "VALID", pads):
            body = {"strides": stride, "dilations": spread, "padding": padding, "input": data}
            body["layout"] = layout
            weight = numbers(*kernel, 2, 3)
            output = lax.conv_general_dilated(
                data, weight, stride, padding, rhs_dilation=spread, dimension_numbers=order
            )
            yield line("jax", f"conv{rank}d", output, **body, weight=weight)
            for turned in (False, True):
                weight = numbers(*kernel, *((3, 2) if turned else (2, 3)))
                output = lax.conv_transpose(
                    data,
                    weight,
                    stride,
                    padding,
                    rhs_dilation=spread,
                    dimension_numbers=order,
                    transpose_kernel=turned,
                )
                body |= {"transpose_kernel": turned, "weight": weight}
                yield line("jax", f"conv_transpose{rank}d", output, **body)
        weight, bias = numbers(*kernel, 2, 3), numbers(3)
        for padding in ("CIRCULAR", "REFLECT", "SAME"):
            layer = nn.Conv(3, kernel, stride, padding)
            output = layer.apply({"params": {"kernel": weight, "bias": bias}}, data)
            body = {"strides": stride, "padding": padding, "weight": weight, "bias": bias}
            yield line("flax", f"conv{rank}d", output, **body, input=data)
        layer = nn.ConvTranspose(3, kernel, stride, "SAME")
        output = layer.apply({"params": {"kernel": weight, "bias": bias}}, data)
        body = {"strides": stride, "padding": "SAME", "weight": weight, "bias": bias}
        yield line("flax", f"conv_transpose{rank}d", output, **body, input=data)


def main() -> None:
    with (Path(__file__).parent / "layer_numbers.jsonl").open("w", encoding="utf-8") as file:
        for make in (torch_lines, onnx_lines, keras_lines, jax_lines):
            for body, output in make():
                plain = {
                    name: value.tolist() if isinstance(value, np.ndarray) else value
                    for name, value in body.items()
                }
                rounded = np.round(np.asarray(output, np.float64), 7).tolist()
                file.write(json.dumps({"body": plain, "output": rounded}) + "\n")


if __name__ == "__main__":
    main()
