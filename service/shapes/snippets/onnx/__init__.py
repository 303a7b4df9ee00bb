"""ONNX code that makes a layer: a model in ONNX's text format, run by onnxruntime.

ONNX has a batch and the channels first, so a layer with windows is written that way round. Padding
is always given in pixels: onnxruntime has no SAME with dilation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from service.shapes.layer import LAYOUTS
from service.shapes.snippets.onnx import simple, windows
from service.shapes.snippets.onnx.graph import Graph, shape_text

if TYPE_CHECKING:
    from service.shapes.infer import Inference
    from service.shapes.layer import Layer

__all__ = ["ALONE", "write"]

ALONE: Final = frozenset(("gemm", "pad", "col2im"))
"""Operations on whole tensors, which are ONNX's own."""

_WRITERS: Final = {**windows.WRITERS, **simple.WRITERS}


def write(inference: Inference) -> str | None:
    """Write code that builds ``layer`` and applies it, or return None if ONNX cannot."""
    layer = inference.layer
    graph = Graph(inference, _shape(layer))
    if 0 in inference.output_shape or not _WRITERS[layer.kind](graph):
        return None
    return "\n".join([*_model(graph), *_run(graph)]) + "\n"


def _shape(layer: Layer) -> tuple[int, ...]:
    """Put batch and channels first where they matter."""
    shape = layer.input_shape
    if layer.rank:
        return (layer.batch, layer.in_channels, *layer.spatial)
    at = LAYOUTS[layer.layout]
    if layer.kind == "batch_norm" and at.channel is not None:
        kept = [size for axis, size in enumerate(shape) if axis not in (at.batch, at.channel)]
        return (layer.batch, layer.in_channels, *kept)
    return shape


def _model(graph: Graph) -> list[str]:
    *inner, last = graph.nodes
    output = last.replace(f"{graph.last} =", "y =", 1)
    fed = {"x": graph.shape} | {name: shape for name, (shape, _) in graph.weights.items()}
    inputs = ", ".join(f"{shape_text(shape)} {name}" for name, shape in fed.items())
    return [
        "import numpy as np",
        "import onnx.parser",
        "import onnxruntime",
        "",
        'model = onnx.parser.parse_model("""',
        '<ir_version: 10, opset_import: ["": 22]>',
        f"layer ({inputs}) => ({shape_text(_output(graph))} y) {{",
        *(f"  {node}" for node in [*inner, output]),
        "}",
        '""")',
        "session = onnxruntime.InferenceSession(model.SerializeToString())",
        "rng = np.random.default_rng()",
    ]


def _output(graph: Graph) -> tuple[int, ...]:
    layer, inference = graph.layer, graph.inference
    if not layer.rank:
        return graph.shape if layer.kind == "batch_norm" else inference.output_shape
    channels = layer.in_channels if layer.out_channels is None else layer.out_channels
    kept = layer.keepdims or not layer.kind.startswith("global")
    sizes = [axis.output for axis in inference.axes] if kept else []
    return (layer.batch, channels, *sizes)


def _run(graph: Graph) -> list[str]:
    fed = '{"x": x}'
    lines = []
    if graph.weights:
        fed = '{"x": x} | weights'
        lines = [
            "weights = {",
            *(f'    "{name}": {code},' for name, (_, code) in graph.weights.items()),
            "}",
        ]
    layer = graph.layer
    comment = ""
    if graph.shape != layer.input_shape:
        comment = f"  # {'×'.join(map(str, layer.input_shape))}: ONNX has N and C first"
    return [
        *lines,
        "",
        "",
        "def layer(x):",
        f"    inputs = {fed}",
        "    floats = {name: array.astype(np.float32) for name, array in inputs.items()}",
        "    return session.run(None, floats)[0]",
        "",
        "",
        f"x = rng.standard_normal({graph.shape}){comment}",
        "y = layer(x)",
    ]
