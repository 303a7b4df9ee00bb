"""Layers for property tests, read by the textbook dialect from random values."""

from typing import Any

from hypothesis import strategies as st

from service.shapes import Layer, read_layer

_LAYOUTS = {
    1: ["L", "LC", "CL", "NLC", "NCL"],
    2: ["HW", "HWC", "CHW", "NHWC", "NCHW"],
    3: ["DHW", "DHWC", "CDHW", "NDHWC", "NCDHW"],
}
_RULES = ["valid", "same", "same_lower", "full", "causal"]


@st.composite
def _layers(draw: st.DrawFn) -> Layer:
    kind = draw(st.sampled_from(["conv", "max_pool", "avg_pool"]))
    rank = draw(st.integers(1, 3))
    letters = draw(st.sampled_from(_LAYOUTS[rank]))
    sizes = {letter: draw(st.integers(7, 14)) for letter in "LDHW"} | {"N": 2, "C": 4}

    def each(low: int, high: int) -> st.SearchStrategy[list[int]]:
        return st.lists(st.integers(low, high), min_size=rank, max_size=rank)

    pair = st.lists(st.integers(0, 2), min_size=2, max_size=2)
    pads = st.lists(pair, min_size=rank, max_size=rank)
    values: dict[str, Any] = {
        "kernel_size": draw(each(3, 4) if kind != "conv" else each(1, 4)),
        "stride": draw(each(1, 4)),
        "dilation": draw(each(1, 2)),
        "padding": draw(st.sampled_from(_RULES) | st.integers(0, 2) | pads),
    }
    if kind != "conv":
        values["ceil_mode"] = draw(st.booleans())
    elif "C" in letters:
        values["groups"] = draw(st.sampled_from([1, 2]))
        values["filters"] = draw(st.sampled_from([2, 6]))
        values["bias"] = draw(st.booleans())
    if kind == "avg_pool":
        values["count_include_pad"] = draw(st.booleans())
    shape = [sizes[letter] for letter in letters]
    return read_layer("textbook", f"{kind}{rank}d", shape, values, letters)


LAYERS = _layers()
"""Any layer of rank 1 to 3 that the textbook takes, in any layout, on small inputs."""
