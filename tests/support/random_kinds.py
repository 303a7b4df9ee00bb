"""Layers of the kinds beyond plain convolutions and pools, from random values."""

from typing import Any

from hypothesis import strategies as st

from service.shapes import Layer, read_layer

_LAYOUTS = {
    1: ["L", "LC", "CL", "NLC", "NCL"],
    2: ["HW", "HWC", "CHW", "NHWC", "NCHW"],
    3: ["DHW", "DHWC", "CDHW", "NDHWC", "NCDHW"],
}
_PLAIN = ["C", "NC", "HW", "HWC", "NLC", "NCHW", "NDHWC"]
_FREE = ["relu", "relu6", "tanh", "sigmoid", "softmax", "dropout", "flatten", "add", "concat"]


def _each(rank: int, low: int, high: int) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(low, high), min_size=rank, max_size=rank)


def _pads(rank: int, high: int) -> st.SearchStrategy[Any]:
    pair = st.lists(st.integers(0, high), min_size=2, max_size=2)
    return st.integers(0, high) | st.lists(pair, min_size=rank, max_size=rank)


def _shape(draw: st.DrawFn, letters: str) -> list[int]:
    return [{"N": 2, "C": 4}.get(letter) or draw(st.integers(7, 9)) for letter in letters]


@st.composite
def _transposed(draw: st.DrawFn) -> Layer:
    rank = draw(st.integers(1, 3))
    letters = draw(st.sampled_from(_LAYOUTS[rank]))
    stride = draw(_each(rank, 1, 4))
    dilation = draw(_each(rank, 1, 3))
    most = [max(s, d) - 1 for s, d in zip(stride, dilation, strict=True)]
    values: dict[str, Any] = {
        "kernel_size": draw(_each(rank, 1, 4)),
        "stride": stride,
        "dilation": dilation,
        "padding": draw(st.sampled_from(["valid", "same", "same_lower"]) | _pads(rank, 2)),
        "bias": draw(st.booleans()),
    }
    if draw(st.booleans()):
        values["output_padding"] = [draw(st.integers(0, pixels)) for pixels in most]
    if "C" in letters:
        values |= {
            "filters": draw(st.sampled_from([2, 6])),
            "groups": draw(st.sampled_from([1, 2])),
        }
    return read_layer("textbook", f"conv_transpose{rank}d", _shape(draw, letters), values, letters)


@st.composite
def _channelwise(draw: st.DrawFn) -> Layer:
    rank = draw(st.integers(1, 2))
    letters = draw(st.sampled_from(_LAYOUTS[rank]))
    kind = draw(st.sampled_from(["depthwise", "separable"]))
    values: dict[str, Any] = {
        "kernel_size": draw(_each(rank, 1, 4)),
        "stride": draw(_each(rank, 1, 3)),
        "padding": draw(st.sampled_from(["valid", "same", "full"]) | _pads(rank, 2)),
        "bias": draw(st.booleans()),
        "depth_multiplier": draw(st.none() | st.integers(1, 3)),
    }
    if kind == "separable":
        values["filters"] = draw(st.none() | st.integers(1, 5))
    return read_layer("textbook", f"{kind}_conv{rank}d", _shape(draw, letters), values, letters)


@st.composite
def _pools(draw: st.DrawFn) -> Layer:
    rank = draw(st.integers(1, 3))
    letters = draw(st.sampled_from(_LAYOUTS[rank]))
    which = draw(st.sampled_from(["lp_pool", "adaptive", "global"]))
    values: dict[str, Any] = {}
    if which == "adaptive":
        op = draw(st.sampled_from(["adaptive_avg_pool", "adaptive_max_pool"]))
        sizes = st.lists(st.none() | st.integers(1, 12), min_size=rank, max_size=rank)
        values["output_size"] = draw(st.integers(1, 12) | sizes)
    elif which == "global":
        op = draw(st.sampled_from(["global_avg_pool", "global_max_pool", "global_lp_pool"]))
        values["keepdims"] = draw(st.booleans())
    else:
        op = which
        values = {
            "kernel_size": draw(_each(rank, 3, 4)),
            "stride": draw(st.none() | _each(rank, 1, 4)),
            "dilation": draw(_each(rank, 1, 2)),
            "padding": draw(st.sampled_from(["valid", "same"]) | _pads(rank, 1)),
            "ceil_mode": draw(st.booleans()),
        }
    if op.endswith("lp_pool") or which == "lp_pool":
        values["norm_type"] = draw(st.sampled_from([1, 2, 3, 1.5]))
    return read_layer("textbook", f"{op}{rank}d", _shape(draw, letters), values, letters)


@st.composite
def _moves(draw: st.DrawFn) -> Layer:
    rank = draw(st.integers(1, 3))
    letters = draw(st.sampled_from(_LAYOUTS[rank]))
    op = draw(st.sampled_from(["zero_padding", "cropping", "upsampling"]))
    values: dict[str, Any]
    if op == "upsampling":
        values = {"size": draw(st.integers(1, 3) | _each(rank, 1, 3))}
        values["mode"] = draw(st.sampled_from(["nearest", "linear", "bicubic"]))
    else:
        values = {"padding" if op == "zero_padding" else op: draw(_pads(rank, 2))}
    return read_layer("textbook", f"{op}{rank}d", _shape(draw, letters), values, letters)


@st.composite
def _between(draw: st.DrawFn) -> Layer:
    op = draw(st.sampled_from(["linear", "batch_norm", "center_crop_like", *_FREE]))
    values: dict[str, Any] = {}
    letters = draw(st.sampled_from(_PLAIN))
    if op == "linear":
        letters = draw(st.sampled_from(["C", "NC", "LC", "NLC", "NHWC"]))
        values = {"units": draw(st.integers(1, 9)), "bias": draw(st.booleans())}
    elif op == "batch_norm":
        rank = draw(st.integers(1, 3))
        letters = draw(st.sampled_from(["C", "NC", *_LAYOUTS[1]] if rank == 1 else _LAYOUTS[rank]))
        op += f"{rank}d"
        values = {"affine": draw(st.booleans()), "track_running_stats": draw(st.booleans())}
    elif op == "center_crop_like":
        letters = draw(st.sampled_from(["HWC", "NCHW", "NLC", "CDHW"]))
    shape = _shape(draw, letters)
    if op == "add":
        values["other_shapes"] = [shape] * draw(st.integers(1, 3))
    elif op == "concat":
        axis = values["axis"] = draw(st.integers(-len(shape), len(shape) - 1))
        values["other_shapes"] = others = [list(shape) for _ in range(draw(st.integers(1, 9)))]
        for other in others:
            other[axis] = draw(st.integers(1, 9))
    elif op == "center_crop_like":
        values["other_shapes"] = [
            [
                size if letter in "NC" else draw(st.integers(1, size))
                for letter, size in zip(letters, shape, strict=True)
            ]
        ]
    elif op == "flatten" and draw(st.booleans()):
        first = values["start_dim"] = draw(st.integers(0, len(shape) - 1))
        values["end_dim"] = draw(st.integers(first, len(shape) - 1))
    return read_layer("textbook", op, shape, values, letters)


TRANSPOSED = _transposed()
CHANNELWISE = _channelwise()
POOLS = _pools()
MOVES = _moves()
BETWEEN = _between()
KINDS = TRANSPOSED | CHANNELWISE | POOLS | MOVES | BETWEEN
"""Any layer that is no plain convolution, max pool or average pool."""
