"""Random layers run in a real framework: its answer to each, one JSON object a line.

    python tests/oracle/generate_shapes.py torch 2000 --seed 7 > lines.jsonl

FRAMEWORK is torch, onnxruntime, jax, flax or keras (on the backend that KERAS_BACKEND names); the
dependency group ``oracle`` has them. The lines are of the form of shapes.jsonl; of an error the
framework's own words and type are kept, the code that belongs to it is a person's to add.
"""

import argparse
import json
import os
import random
import sys
from collections.abc import Callable
from math import prod
from typing import Any

Line = dict[str, Any]
Answer = dict[str, Any]
LETTERS = {1: "L", 2: "HW", 3: "DHW"}


def layer(rng: random.Random, framework: str, drawn: Callable[..., tuple[str, Line]]) -> Line:
    """An input and a layer on it, in the framework's own names."""
    rank = rng.choice((1, 2, 2, 2, 3))
    last = framework in ("keras", "flax") and rng.random() < 0.9
    op, params = drawn(rng, rank)
    channels = params.get("in_channels", rng.choice((1, 2, 3, 4)))
    sizes = [rng.randrange(1, 24) for _ in range(rank)]
    batch = rng.choice((1, 2))
    layout = f"N{LETTERS[rank]}C" if last else f"NC{LETTERS[rank]}"
    shape = [batch, *sizes, channels] if last else [batch, channels, *sizes]
    if framework == "keras" and "pool_size" not in params and op[:3] in ("zer", "cro", "ups"):
        layout, shape = f"N{LETTERS[rank]}C", [batch, *sizes, channels]
    elif framework == "keras" and not op.startswith("global"):
        params["data_format"] = "channels_last" if last else "channels_first"
    return {
        "op": f"{op}{rank}d",
        "framework": framework,
        "layout": layout,
        "input_shape": shape,
        "params": params,
    }


def _each(rng: random.Random, rank: int, low: int, high: int) -> list[int]:
    return [rng.randrange(low, high + 1) for _ in range(rank)]


def _channels(rng: random.Random) -> tuple[int, int, int]:
    groups = rng.choice((1, 1, 1, 2, 3))
    depth, filters = groups * rng.randrange(1, 4), groups * rng.randrange(1, 4)
    if rng.random() < 0.04:
        filters += 1
    return depth, filters, groups


# torch


def draw_torch(rng: random.Random, rank: int) -> tuple[str, Line]:
    op = rng.choice(("conv", "conv", "conv_transpose", "max_pool", "avg_pool", "adaptive_avg_pool"))
    if op.startswith("adaptive"):
        return op, {"output_size": [rng.choice((None, *range(1, 9))) for _ in range(rank)]}
    window = {
        "kernel_size": _each(rng, rank, rng.random() > 0.02, 6),
        "stride": _each(rng, rank, rng.random() > 0.02, 4),
        "padding": _each(rng, rank, -(rng.random() < 0.02), 3),
    }
    if op.endswith("pool"):
        window["ceil_mode"] = rng.random() < 0.5
        if op == "max_pool":
            window["dilation"] = _each(rng, rank, 1, 3)
        else:
            window["count_include_pad"] = rng.random() < 0.5
        return op, window
    depth, filters, groups = _channels(rng)
    window |= {
        "in_channels": depth,
        "out_channels": filters,
        "groups": groups,
        "bias": rng.random() < 0.6,
        "dilation": _each(rng, rank, rng.random() > 0.02, 3),
    }
    if op == "conv_transpose":
        window["output_padding"] = _each(rng, rank, 0, 2)
    elif rng.random() < 0.2:
        window["padding"] = rng.choice(("same", "valid"))
    return op, window


def run_torch(line: Line) -> Answer:
    import torch

    rank, params = int(line["op"][-2]), line["params"]
    name = "".join(part.capitalize() for part in line["op"][:-2].split("_"))
    kind = {"Conv": "Conv", "ConvTranspose": "ConvTranspose"}.get(name, name)
    module = getattr(torch.nn, f"{kind}{rank}d")(**_torch_params(params, rank))
    output = module(torch.zeros(line["input_shape"]))
    return {
        "output_shape": list(output.shape),
        "params": sum(one.numel() for one in module.parameters()),
    }


def _torch_params(params: Line, rank: int) -> Line:
    """Tuples, and for pools in 1-d plain numbers."""
    made = {}
    for name, value in params.items():
        made[name] = tuple(value) if isinstance(value, list) else value
    if rank == 1 and "output_size" in made:
        made["output_size"] = made["output_size"][0]
    return made


# onnxruntime


def draw_onnx(rng: random.Random, rank: int) -> tuple[str, Line]:
    op = rng.choice(("conv", "conv", "conv_transpose", "max_pool", "avg_pool", "lp_pool"))
    auto = rng.choice(("NOTSET", "NOTSET", "NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"))
    params: Line = {
        "kernel_shape": _each(rng, rank, 1, 5),
        "strides": _each(rng, rank, 1, 3),
        "auto_pad": auto,
    }
    if op != "lp_pool" or rng.random() < 0.3:
        params["dilations"] = _each(rng, rank, 1, 1 if rng.random() < 0.6 else 3)
    if auto == "NOTSET":
        params["pads"] = _each(rng, 2 * rank, 0, 3)
    if op.endswith("pool"):
        params["ceil_mode"] = rng.randrange(2)
        if op == "avg_pool":
            params["count_include_pad"] = rng.randrange(2)
        if op == "lp_pool":
            params["p"] = rng.choice((1, 2, 3))
        return op, params
    depth, filters, groups = _channels(rng)
    params |= {"in_channels": depth, "out_channels": filters, "group": groups}
    params["bias"] = rng.random() < 0.6
    if op == "conv_transpose":
        if rng.random() < 0.5:
            params["output_padding"] = _each(rng, rank, 0, 2)
        if auto != "VALID" and rng.random() < 0.25:
            params["output_shape"] = _each(rng, rank, 3, 30)
            params.pop("pads", None)
    return op, params


def run_onnxruntime(line: Line) -> Answer:
    import numpy as np
    import onnxruntime
    from onnx import TensorProto, helper

    onnxruntime.set_default_logger_severity(4)
    attributes = dict(line["params"])
    channels, filters = attributes.pop("in_channels", 0), attributes.pop("out_channels", 0)
    bias, weights = attributes.pop("bias", False), []
    kind = {
        "conv": "Conv",
        "conv_transpose": "ConvTranspose",
        "max_pool": "MaxPool",
        "avg_pool": "AveragePool",
        "lp_pool": "LpPool",
    }[line["op"][:-2]]
    if filters:
        inner = (channels, filters // attributes["group"])
        if kind == "Conv":
            inner = (filters, channels // attributes["group"])
        weights.append(np.zeros((*inner, *attributes["kernel_shape"]), np.float32))
        weights += [np.zeros(filters, np.float32)] if bias else []
    names = ["x", "w", "b"][: 1 + len(weights)]
    node = helper.make_node(kind, names, ["y"], **attributes)
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, line["input_shape"])
    result = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    given = [
        helper.make_tensor(name, TensorProto.FLOAT, array.shape, array.ravel())
        for name, array in zip(names[1:], weights, strict=True)
    ]
    graph = helper.make_graph([node], "layer", [value], [result], given)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)], ir_version=10)
    session = onnxruntime.InferenceSession(model.SerializeToString())
    (output,) = session.run(None, {"x": np.zeros(line["input_shape"], np.float32)})
    return {
        "output_shape": list(output.shape),
        "params": sum(prod(array.shape) for array in weights),
    }


# keras


def draw_keras(rng: random.Random, rank: int) -> tuple[str, Line]:
    convolutions = ["conv", "conv", "conv_transpose"]
    convolutions += ["depthwise_conv", "separable_conv"] if rank < 3 else []
    moving = ("zero_padding", "cropping", "upsampling")
    op = rng.choice((*convolutions, "max_pool", "avg_pool", *moving))
    if op in moving:
        return op, _keras_moving(rng, rank, op)
    padding = rng.choice(("valid", "same"))
    if op.endswith("pool"):
        strides = rng.choice((None, _each(rng, rank, 1, 4)))
        return op, {"pool_size": _each(rng, rank, 1, 4), "strides": strides, "padding": padding}
    return op, _keras_convolution(rng, rank, op) | {"padding": padding}


def _keras_moving(rng: random.Random, rank: int, op: str) -> Line:
    if op == "upsampling":
        return {"size": _each(rng, rank, 1, 3) if rank > 1 else rng.randrange(1, 4)}
    pairs = [[rng.randrange(3), rng.randrange(3)] for _ in range(rank)]
    return {"padding" if op == "zero_padding" else op: pairs[0] if rank == 1 else pairs}


def _keras_convolution(rng: random.Random, rank: int, op: str) -> Line:
    square = op in ("depthwise_conv", "separable_conv")
    params: Line = {
        "kernel_size": [rng.randrange(1, 6)] * rank if square else _each(rng, rank, 1, 5),
        "strides": [rng.randrange(1, 4)] * rank if square else _each(rng, rank, 1, 3),
        "use_bias": rng.random() < 0.6,
    }
    if op != "conv_transpose" or rng.random() < 0.3:
        params["dilation_rate"] = _each(rng, rank, 1, 1 if rng.random() < 0.6 else 3)
    if op != "depthwise_conv":
        params["filters"] = rng.randrange(1, 7)
    if op == "conv":
        params["groups"] = rng.choice((1, 1, 1, 2, 3))
    if square:
        params["depth_multiplier"] = rng.randrange(1, 4)
    if op == "conv_transpose" and rng.random() < 0.4:
        params["output_padding"] = _each(rng, rank, 0, 2)
    return params


def run_keras(line: Line) -> Answer:
    import keras
    import numpy as np

    rank = int(line["op"][-2])
    name = {
        "max_pool": "MaxPooling",
        "avg_pool": "AveragePooling",
        "upsampling": "UpSampling",
    }.get(line["op"][:-2])
    if name is None:
        words = line["op"][:-2].split("_")
        name = "".join(word.capitalize() for word in words if word != "transpose")
    suffix = "Transpose" if line["op"].startswith("conv_transpose") else ""
    params = {k: tuple(v) if isinstance(v, list) else v for k, v in line["params"].items()}
    module = getattr(keras.layers, f"{name}{rank}D{suffix}")(**params)
    output = module(np.zeros(line["input_shape"], np.float32))
    return {"output_shape": list(output.shape), "params": module.count_params()}


# jax and flax


def draw_jax(rng: random.Random, rank: int) -> tuple[str, Line]:
    depth, filters, groups = _channels(rng)
    pads = [[rng.randrange(4), rng.randrange(4)] for _ in range(rank)]
    params: Line = {
        "kernel_size": _each(rng, rank, 1, 5),
        "strides": _each(rng, rank, 1, 3),
        "dilations": _each(rng, rank, 1, 3),
        "padding": rng.choice(("SAME", "VALID", pads)),
        "in_channels": depth,
        "out_channels": filters,
    }
    if rng.random() < 0.3:
        return "conv_transpose", params
    return "conv", params | {"groups": groups}


def run_jax(line: Line) -> Answer:
    import jax.numpy as jnp
    from jax import lax

    params, rank = line["params"], int(line["op"][-2])
    spatial = LETTERS[rank]
    groups, kernel = params.get("groups", 1), tuple(params["kernel_size"])
    padding = params["padding"]
    if isinstance(padding, list):
        padding = [tuple(pair) for pair in padding]
    x = jnp.zeros(line["input_shape"])
    if line["op"].startswith("conv_transpose"):
        weight = jnp.zeros((params["out_channels"], params["in_channels"], *kernel))
        numbers = (f"NC{spatial}", f"OI{spatial}", f"NC{spatial}")
        output = lax.conv_transpose(
            x,
            weight,
            params["strides"],
            padding,
            rhs_dilation=params["dilations"],
            dimension_numbers=numbers,
        )
    else:
        weight = jnp.zeros((params["out_channels"], params["in_channels"] // groups, *kernel))
        output = lax.conv_general_dilated(
            x,
            weight,
            params["strides"],
            padding,
            rhs_dilation=params["dilations"],
            feature_group_count=groups,
        )
    return {"output_shape": list(output.shape), "params": weight.size}


def draw_flax(rng: random.Random, rank: int) -> tuple[str, Line]:
    pads = [[rng.randrange(3), rng.randrange(3)] for _ in range(rank)]
    return rng.choice(("max_pool", "avg_pool")), {
        "kernel_size": _each(rng, rank, 1, 4),
        "strides": _each(rng, rank, 1, 3),
        "padding": rng.choice(("SAME", "VALID", pads)),
    }


def run_flax(line: Line) -> Answer:
    import jax.numpy as jnp
    from flax import linen

    params, padding = line["params"], line["params"]["padding"]
    if isinstance(padding, list):
        padding = [tuple(pair) for pair in padding]
    pool = getattr(linen, line["op"][:-2])
    output = pool(
        jnp.zeros(line["input_shape"]),
        tuple(params["kernel_size"]),
        tuple(params["strides"]),
        padding,
    )
    return {"output_shape": list(output.shape), "params": 0}


FRAMEWORKS = {
    "torch": (draw_torch, run_torch),
    "onnxruntime": (draw_onnx, run_onnxruntime),
    "keras": (draw_keras, run_keras),
    "jax": (draw_jax, run_jax),
    "flax": (draw_flax, run_flax),
}


def main() -> None:
    """Print the lines that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("framework", choices=FRAMEWORKS)
    parser.add_argument("count", type=int)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    rng = random.Random(asked.seed)  # noqa: S311 - the same layers for the same seed
    drawn, run = FRAMEWORKS[asked.framework]
    for number in range(asked.count):
        line = layer(rng, asked.framework, drawn)
        try:
            line["expected"] = run(line)
        except Exception as error:
            words = str(error).strip().splitlines() or [""]
            line["expected"] = {"error": words[0][:200], "error_type": type(error).__name__}
        if asked.framework == "keras":
            line["framework"] = f"keras[{os.environ.get('KERAS_BACKEND', 'tensorflow')}]"
        named = {"id": f"{asked.framework}-{asked.seed}-{number}", **line}
        sys.stdout.write(f"{json.dumps(named)}\n")


if __name__ == "__main__":
    main()
