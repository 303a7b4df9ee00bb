"""The same convolution as one would serve it with FastAPI; `bench/over_http.py` starts it."""

import numpy as np
from fastapi import FastAPI
from numpy.lib.stride_tricks import sliding_window_view
from pydantic import BaseModel

app = FastAPI()


class Convolution(BaseModel):
    """A 3-d input, one 3-d kernel for each filter, one bias for each."""

    input: list[list[list[float]]]
    weight: list[list[list[list[float]]]]
    bias: list[float]
    padding: int = 0


@app.post("/convolutions")
def convolve(body: Convolution):
    """Answer a plain dict."""
    return computed(body)


@app.post("/convolutions/typed")
def convolve_typed(body: Convolution) -> dict[str, object]:
    """The same with its type written down, which lets pydantic write the JSON."""
    return computed(body)


def computed(body: Convolution) -> dict[str, object]:
    """Correlate with windows and one product."""
    weight, pad = np.array(body.weight), body.padding
    data = np.pad(np.array(body.input), ((0, 0), (pad, pad), (pad, pad)))
    windows = sliding_window_view(data, weight.shape[2:], axis=(1, 2))
    output = np.tensordot(weight, windows, axes=([1, 2, 3], [0, 3, 4]))
    output += np.array(body.bias)[:, None, None]
    return {"output_shape": list(output.shape), "output": output.tolist()}
