"""Layers on numbers: `service.convolution.run` beside torch and onnxruntime, one thread each.

Run it with `python bench/convolution.py`, or with the names of single groups (`tiny`, `dense`,
`others`, `sweep`). All work is float32; torch runs its functional operation without gradients,
onnxruntime a model of one node, and ours is the public `run` with everything that it checks. The
ten dense layers are those of known networks; the sweep draws layers at random (731, or as many as
`--sweep` says) and goes beside torch alone. A ratio of 0.5 means that ours takes half the peer's
time. Where torch has two layouts of memory (max pool), its quicker one counts.
"""

# The number of threads is read when these are imported.
# ruff: noqa: E402

from __future__ import annotations

import os

for library in ("OPENBLAS", "OMP", "MKL"):
    os.environ[f"{library}_NUM_THREADS"] = "1"

import argparse
import sys
from collections.abc import Callable, Iterator
from statistics import geometric_mean
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
from alternate import Timing, alternate, heading, installed, row

from service.convolution import run
from service.convolution.correlate import correlation
from service.convolution.prepared import prepared
from service.convolution.weights import weight_shape
from service.shapes import Layer, read_layer

RUNS, SWEEP_RUNS = 41, 9
LEAST_SECONDS = 5e-4
"""How long each side is run at a time, at least: quick work is repeated, but not so long that
others get their turn in between."""

WARM_UP = 8
"""Runs before any is timed: the engine tries two plans three times each."""

SWEEP = 731
MOST_MACS = 40_000_000

Call = Callable[[], Any]


class Work(NamedTuple):
    """A layer in PyTorch's words on an input ``(channels, height, width)``."""

    name: str
    shape: tuple[int, ...]
    params: dict[str, Any]
    op: str = "conv2d"
    goal: float | None = None

    def layer(self) -> Layer:
        return read_layer("pytorch", self.op, (1, *self.shape), self.params)


def conv(
    shape: tuple[int, ...],
    kernel: int,
    filters: int,
    *,
    goal: float | None = None,
    op: str = "conv2d",
    **params: int,
) -> Work:
    size = "×".join(map(str, shape))
    told = "".join(f" {name} {value}" for name, value in params.items())
    given = {"kernel_size": kernel, "out_channels": filters, **params}
    return Work(f"{size} kernel {kernel} filters {filters}{told}", shape, given, op, goal)


TINY = [
    conv((1, 5, 5), 3, 1, goal=0.27),
    conv((1, 8, 8), 3, 1),
    conv((1, 12, 12), 3, 1),
]
SMALL = [
    conv((1, 28, 28), 3, 1, goal=0.6),
    conv((3, 32, 32), 3, 16, padding=1, goal=0.6),
]
DENSE = [
    conv((3, 224, 224), 7, 64, stride=2, padding=3),
    conv((3, 224, 224), 3, 64, padding=1),
    conv((3, 227, 227), 11, 96, stride=4),
    conv((64, 56, 56), 3, 64, padding=1),
    conv((64, 56, 56), 1, 256),
    conv((64, 27, 27), 5, 192, padding=2),
    conv((128, 28, 28), 3, 128, padding=1),
    conv((256, 14, 14), 1, 1024),
    conv((256, 14, 14), 3, 256, padding=1),
    conv((512, 7, 7), 3, 512, padding=1),
]
OTHERS = [
    conv((128, 56, 56), 3, 128, padding=1, groups=128, goal=2.8),
    conv((128, 14, 14), 4, 64, op="conv_transpose2d", stride=2, padding=1, goal=1.3),
    Work(
        "64×112×112 max pool 3 stride 2 padding 1",
        (64, 112, 112),
        {"kernel_size": 3, "stride": 2, "padding": 1},
        "max_pool2d",
        0.45,
    ),
    conv((1, 256, 256), 31, 1, goal=0.08),
]


def drawn(count: int) -> Iterator[Work]:
    """Layers at random: sizes and channels as often small as large."""
    rng = np.random.default_rng(2026)
    while count:
        channels, filters = (int(2 ** rng.uniform(0, 7)) for _ in range(2))
        size = int(2 ** rng.uniform(2, 7.5))
        kernel = int(rng.choice([1, 1, 2, 3, 3, 3, 3, 4, 5, 5, 7, 9, 11]))
        stride, dilation = int(rng.choice([1, 1, 1, 2, 2, 3])), int(rng.choice([1, 1, 1, 1, 2]))
        padding = int(rng.choice([0, kernel // 2]))
        reach = dilation * (kernel - 1) + 1
        if reach > size + 2 * padding:
            continue
        output = (size + 2 * padding - reach) // stride + 1
        if channels * filters * (kernel * output) ** 2 > MOST_MACS:
            continue
        told = {"stride": stride, "padding": padding, "dilation": dilation}
        yield conv((channels, size, size), kernel, filters, **told)
        count -= 1


class Peers:
    """One layer in every library, on the same numbers."""

    def __init__(self, work: Work) -> None:
        rng = np.random.default_rng(2026)
        self.work, self.layer = work, work.layer()
        self.data = rng.standard_normal((1, *work.shape), np.float32)
        self.weight = None
        if "out_channels" in work.params:
            self.weight = rng.standard_normal(weight_shape(self.layer), np.float32)

    def ours(self) -> Call:
        layer, data, weight = self.layer, self.data, self.weight
        return lambda: run(layer, data, weight)

    def plan(self) -> Call:
        """What `run` calls once it has checked everything."""
        known = prepared(self.layer)
        plan = correlation(known.geometry, self.data.dtype, self.layer.padding_mode)
        data, weight, shape = self.data, self.weight, known.inference.output_shape
        return lambda: plan(data, weight).reshape(shape)

    def torch(self) -> Call:
        import torch

        torch.set_num_threads(1)
        torch.set_grad_enabled(False)
        told = {
            name: value
            for name, value in self.work.params.items()
            if self.weight is None or name not in ("kernel_size", "out_channels")
        }
        operation = getattr(torch.nn.functional, self.work.op)
        data = torch.from_numpy(self.data)
        if self.weight is not None:
            weight = torch.from_numpy(self.weight)
            return lambda: operation(data, weight, **told)
        last = data.contiguous(memory_format=torch.channels_last)
        return min((lambda: operation(data, **told), lambda: operation(last, **told)), key=seconds)

    def onnxruntime(self) -> Call:
        import onnxruntime
        from onnx import TensorProto, helper, numpy_helper

        params = self.work.params
        attributes = {
            "kernel_shape": [params["kernel_size"]] * 2,
            "strides": [params.get("stride", 1)] * 2,
            "pads": [params.get("padding", 0)] * 4,
            "dilations": [params.get("dilation", 1)] * 2,
        }
        names, weights = ["x"], []
        if self.weight is not None:
            attributes["group"] = params.get("groups", 1)
            names.append("w")
            weights.append(numpy_helper.from_array(self.weight, "w"))
        graph = helper.make_graph(
            [helper.make_node(ONNX_NAMES[self.work.op], names, ["y"], **attributes)],
            "one",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, self.data.shape)],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
            weights,
        )
        opsets = [helper.make_opsetid("", 17)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=10)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(
            model.SerializeToString(), options, providers=["CPUExecutionProvider"]
        )
        given = {"x": self.data}
        return lambda: session.run(None, given)[0]


ONNX_NAMES = {"conv2d": "Conv", "conv_transpose2d": "ConvTranspose", "max_pool2d": "MaxPool"}


def seconds(call: Call) -> float:
    call()
    start = perf_counter()
    call()
    return perf_counter() - start


def compared(work: Work, peer: str, runs: int = RUNS, side: str = "ours") -> Timing:
    """Time a layer beside one peer, after both have given the same numbers."""
    peers = Peers(work)
    ours, theirs = getattr(peers, side)(), getattr(peers, peer)()
    expected = np.asarray(theirs())
    for _ in range(WARM_UP):
        output = ours()
        if output.shape != expected.shape:
            raise SystemExit(f"{work.name}: {output.shape} here, {expected.shape} in {peer}")
        off = np.abs(output - expected).max() / np.abs(expected).max()
        if off > 1e-5:
            raise SystemExit(f"{work.name}: {off:.1e} away from {peer}")
    count = max(1, int(LEAST_SECONDS / min(seconds(ours), seconds(theirs))))
    timing = alternate(several(ours, count), several(theirs, count), runs)
    return Timing(timing.ours / count, timing.theirs / count, timing.ratio)


def several(call: Call, count: int) -> Call:
    if count == 1:
        return call

    def calls() -> None:
        for _ in range(count):
            call()

    return calls


def table(name: str, works: list[Work], peers: list[str]) -> dict[str, list[float]]:
    """Print one line for each layer and peer; returns the ratios."""
    ratios: dict[str, list[float]] = {peer: [] for peer in peers}
    print(heading(name, "ours", "theirs"))
    for work in works:
        for peer in peers:
            timing = compared(work, peer)
            ratios[peer].append(timing.ratio)
            goal = f"goal {work.goal}" if work.goal and peer == "torch" else ""
            print(row(f"  {work.name if peer == 'torch' else '  ' + peer}", timing, goal))
            sys.stdout.flush()
    return ratios


def told(name: str, ratio: float, goal: str = "") -> None:
    print(f"{name:<62}{'':>21}{ratio:>9.2f}  {goal}")


def sweep(count: int) -> None:
    ratios = []
    for work in drawn(count):
        ratios.append(compared(work, "torch", SWEEP_RUNS).ratio)
        if len(ratios) % 50 == 0:
            print(f"  {len(ratios)} of {count}: {geometric_mean(ratios):.2f}", flush=True)
    faster = sum(ratio < 1 for ratio in ratios) / len(ratios)
    told(f"{count} random layers ÷ torch: geometric mean", geometric_mean(ratios), "goal 0.52")
    told("  share that is faster than torch", faster, "goal 0.80")


def main() -> int:
    groups = ("tiny", "dense", "others", "sweep")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("groups", nargs="*", choices=[[], *groups], help="all by default")
    parser.add_argument("--sweep", type=int, default=SWEEP, metavar="N", help="random layers")
    asked = parser.parse_args()
    wanted = asked.groups or groups
    if not installed("torch"):
        return 1
    peers = ["torch"]
    if installed("onnx", "onnxruntime"):
        peers.append("onnxruntime")
    if "tiny" in wanted:
        ratios = table("tiny", TINY, peers)
        for peer, found in ratios.items():
            goal = "goal 0.35" if peer == "torch" else ""
            told(f"  geometric mean ÷ {peer}", geometric_mean(found), goal)
        alone = [compared(work, "torch", side="plan").ratio for work in TINY]
        told("  plans alone, nothing checked: geometric mean ÷ torch", geometric_mean(alone))
        table("small", SMALL, peers)
    if "dense" in wanted:
        ratios = table("dense", DENSE, peers)
        for peer, found in ratios.items():
            told(
                f"  geometric mean ÷ {peer}",
                geometric_mean(found),
                "goal 1.08" if peer == "torch" else "",
            )
            told(f"  worst ÷ {peer}", max(found), "goal 1.30" if peer == "torch" else "")
    if "others" in wanted:
        table("others", OTHERS, peers)
    if "sweep" in wanted:
        sweep(asked.sweep)
    return 0


if __name__ == "__main__":
    sys.exit(main())
