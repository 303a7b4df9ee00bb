"""Write ``keras_depthwise.jsonl``: strides together with dilation where channels are kept apart.

Run by hand where Keras is installed, from this folder: ``KERAS_BACKEND=torch python
generate_keras.py``. Made with keras 3.15.1; the torch, JAX and TensorFlow backends write the same.
"""

import itertools
import json
from pathlib import Path

import keras
import numpy as np

CLASSES = {"depthwise_conv": "DepthwiseConv", "separable_conv": "SeparableConv"}

with (Path(__file__).parent / "keras_depthwise.jsonl").open("w", encoding="utf-8") as file:
    for kind, rank, padding in itertools.product(CLASSES, (1, 2), ("same", "valid")):
        for strides, dilation in (([2, 2], [2, 2]), ([3, 1], [1, 2]), ([2, 3], [3, 2])):
            params = {
                "kernel_size": [3, 2][:rank],
                "strides": strides[:rank],
                "dilation_rate": dilation[:rank],
                "padding": padding,
                "depth_multiplier": 2,
            }
            if kind == "separable_conv":
                params["filters"] = 5
            shape = [2, *[9, 8][:rank], 3]
            made = getattr(keras.layers, f"{CLASSES[kind]}{rank}D")(**params)
            output = made(np.zeros(shape, "float32"))
            line = {
                "op": f"{kind}{rank}d",
                "input_shape": shape,
                "params": params,
                "expected": {"output_shape": list(output.shape), "params": made.count_params()},
            }
            file.write(json.dumps(line) + "\n")
