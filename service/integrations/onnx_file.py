"""Networks from ONNX files: the graph and the sizes of its weights, never their values.

Needs the package `onnx`, which is imported only when a file is read. Padding in ONNX is given per
side, so the network comes in the textbook's words, channels first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, NoReturn

from service.integrations.imported import ImportedNetwork, NetworkImportError
from service.integrations.onnx_graph import Constants, attributes, sizes_of
from service.shapes.network import INPUT, MAX_LAYERS

if TYPE_CHECKING:
    from onnx import GraphProto, NodeProto

__all__ = ["MAX_BYTES", "import_onnx"]

MAX_BYTES: Final = 64 * 2**20
"""The largest file that is read unless the caller allows another size."""


def import_onnx(
    data: bytes, input_shape: Sequence[int] | None = None, *, max_bytes: int = MAX_BYTES
) -> ImportedNetwork:
    """Read a network from the bytes of an ONNX file.

    Its size is checked before it is parsed, the number of its nodes before anything is built, and
    weights kept in other files are not opened. Sizes that the file leaves open are taken from
    ``input_shape`` (batch and channels included); an open batch is 1. Raises NetworkImportError
    (``file_too_large``, ``not_onnx``, ``too_many_layers``, ``several_inputs``,
    ``unsupported_operator``, ...), and ModuleNotFoundError where `onnx` is not installed.
    """
    if len(data) > max_bytes:
        detail = f"The file has {len(data)} bytes."
        _refuse("file_too_large", detail, hint=f"at most {max_bytes} bytes")
    graph = _parse(data)
    if len(graph.node) > MAX_LAYERS:
        detail = f"The graph has {len(graph.node)} nodes."
        _refuse("too_many_layers", detail, "/graph/node", f"at most {MAX_LAYERS}")
    reader = _Reader(graph)
    for index, node in enumerate(graph.node):
        reader.take(index, node)
    return reader.finish(input_shape)


def _parse(data: bytes) -> GraphProto:
    import onnx
    from google.protobuf.message import DecodeError

    try:
        graph = onnx.load_model_from_string(data).graph
    except DecodeError:
        _refuse("not_onnx", "This is no ONNX file.", hint="what torch.onnx or tf2onnx writes")
    if not graph.node:
        _refuse("empty_network", "The graph has no nodes.", "/graph/node")
    return graph


class _Reader:
    """The network in the making."""

    def __init__(self, graph: GraphProto) -> None:
        self.graph = graph
        self.constants = Constants(graph)
        inputs = [value for value in graph.input if value.name not in self.constants]
        if len(inputs) != 1:
            count = f"{len(inputs)} inputs" if inputs else "no input"
            _refuse("several_inputs", f"The graph has {count}, not one.", "/graph/input")
        self.input = inputs[0]
        self.names = {self.input.name: INPUT}
        self.taken = {INPUT}
        self.layers: list[dict[str, object]] = []
        self.notes: list[str] = []

    def take(self, index: int, node: NodeProto) -> None:
        """Take a node: as a layer, as a constant, or not at all."""
        try:
            if self.constants.take(node):
                return
            op, params = _TRANSLATE.get(node.op_type, _unknown)(self, node)
        except (IndexError, KeyError, ValueError, TypeError):
            _refuse(
                "unreadable_node",
                f"{node.op_type[:64]} (`{_label(node)}`) lacks inputs or attributes, or has others "
                "than have a counterpart.",
                f"/graph/node/{index}",
            )
        sources = [self.names[name] for name in node.input if name in self.names]
        if op == _UNKNOWN:
            _refuse(
                "unsupported_operator",
                f"No operation stands for {node.op_type[:64]} (`{_label(node)}`).",
                f"/graph/node/{index}/op_type",
                f"operators that are read: {', '.join(sorted(_TRANSLATE))}",
            )
        if not sources or not node.output:
            _refuse(
                "unknown_input",
                f"{node.op_type[:64]} (`{_label(node)}`) reads nothing that comes before it.",
                f"/graph/node/{index}/input",
            )
        if op not in ("add", "concat"):
            del sources[1:]
        name = self._name(node.output[0], op)
        self.names[node.output[0]] = name
        self.layers.append({"name": name, "op": op, "inputs": sources, "params": params})

    def _name(self, output: str, op: str) -> str:
        # protobuf hands text that is no UTF-8 over as bytes
        text = isinstance(output, str) and output.isprintable()
        usable = text and 0 < len(output) <= 200 and output not in self.taken
        name = output if usable else f"{op}_{len(self.layers) + 1}"
        while name in self.taken:
            name += "_"
        self.taken.add(name)
        return name

    def weights(self, node: NodeProto, place: int = 1) -> list[int]:
        """Return the sizes of the weights that a node reads."""
        return self.constants.shapes[node.input[place]]

    def tensors(self, node: NodeProto) -> int:
        """Count the inputs of a node that come out of other layers."""
        return sum(name in self.names for name in node.input)

    def pass_on(self, node: NodeProto) -> tuple[str, dict[str, object]]:
        """Let a node that changes no shape be a dropout of nothing, and say so."""
        self.notes.append(
            f"`{_label(node)}` ({node.op_type}) changes no shape: a dropout of nothing."
        )
        return "dropout", {"p": 0.0}

    def finish(self, input_shape: Sequence[int] | None) -> ImportedNetwork:
        """Put the sizes of the input in, and hand the network over."""
        sizes = sizes_of(self.input) if input_shape is None else [*input_shape]
        if None in sizes[1:] or not sizes:
            _refuse(
                "open_sizes",
                "The file leaves the size of its input open.",
                "/graph/input/0",
                "give an input_shape",
            )
        document: dict[str, object] = {
            "framework": "textbook",
            "layout": {2: "NC", 3: "NCL", 4: "NCHW", 5: "NCDHW"}.get(len(sizes)),
            "input_shape": [1 if size is None else size for size in sizes],
            "layers": self.layers,
        }
        return ImportedNetwork(document, tuple(self.notes))


_Translated = tuple[str, dict[str, object]]
_Translator = Callable[["_Reader", "NodeProto"], _Translated]


def _window(node: NodeProto, kernel: Sequence[int], params: dict[str, object]) -> None:
    """Add the parameters that convolutions and pools share."""
    found = attributes(node)
    rank = len(kernel)
    params["kernel_size"] = [*kernel]
    params["stride"] = found.get("strides", [1] * rank)
    if any(size != 1 for size in found.get("dilations", [])):
        params["dilation"] = found["dilations"]
    rule = found.get("auto_pad", "NOTSET")
    pads = found.get("pads", [0] * 2 * rank)
    words = {"SAME_UPPER": "same", "SAME_LOWER": "same_lower", "VALID": "valid"}
    params["padding"] = words.get(rule) or [[pads[at], pads[at + rank]] for at in range(rank)]


def _conv(reader: _Reader, node: NodeProto) -> _Translated:
    filters, _, *kernel = reader.weights(node)
    bias = len(node.input) > 2 and bool(node.input[2])
    groups = attributes(node).get("group", 1)
    params: dict[str, object] = {"filters": filters, "groups": groups, "bias": bias}
    _window(node, kernel, params)
    return f"conv{len(kernel)}d", params


def _conv_transpose(reader: _Reader, node: NodeProto) -> _Translated:
    found = attributes(node)
    if "output_shape" in found:
        raise ValueError("output_shape")
    _, filters, *kernel = reader.weights(node)
    groups = found.get("group", 1)
    bias = len(node.input) > 2 and bool(node.input[2])
    params: dict[str, object] = {"filters": filters * groups, "groups": groups, "bias": bias}
    _window(node, kernel, params)
    if any(found.get("output_padding", [])):
        params["output_padding"] = found["output_padding"]
    return f"conv_transpose{len(kernel)}d", params


def _pool(op: str) -> _Translator:
    def translate(_: _Reader, node: NodeProto) -> _Translated:
        found = attributes(node)
        params: dict[str, object] = {}
        _window(node, found["kernel_shape"], params)
        if found.get("ceil_mode"):
            params["ceil_mode"] = True
        if op == "avg_pool":
            params["count_include_pad"] = bool(found.get("count_include_pad", 0))
        elif op == "lp_pool":
            params["norm_type"] = found.get("p", 2)
        return f"{op}{len(found['kernel_shape'])}d", params

    return translate


def _global_pool(op: str) -> _Translator:
    def translate(reader: _Reader, _: NodeProto) -> _Translated:
        return f"{op}{max(len(sizes_of(reader.input)) - 2, 1)}d", {"keepdims": True}

    return translate


def _gemm(reader: _Reader, node: NodeProto) -> _Translated:
    rows, columns = reader.weights(node)
    units = rows if attributes(node).get("transB") else columns
    return "linear", {"out_features": units, "bias": len(node.input) > 2 and bool(node.input[2])}


def _matmul(reader: _Reader, node: NodeProto) -> _Translated:
    _, units = reader.weights(node)
    return "linear", {"out_features": units, "bias": False}


def _batch_norm(reader: _Reader, node: NodeProto) -> _Translated:
    rank = min(max(len(sizes_of(reader.input)) - 2, 1), 3)
    return f"batch_norm{rank}d", {"num_features": reader.weights(node)[0]}


def _add(reader: _Reader, node: NodeProto) -> _Translated:
    return ("add", {}) if reader.tensors(node) > 1 else reader.pass_on(node)


def _scale(reader: _Reader, node: NodeProto) -> _Translated:
    if reader.tensors(node) > 1:
        raise ValueError("no operation multiplies two tensors")
    return reader.pass_on(node)


def _concat(_: _Reader, node: NodeProto) -> _Translated:
    return "concat", {"dim": attributes(node)["axis"]}


def _flatten(_: _Reader, node: NodeProto) -> _Translated:
    if attributes(node).get("axis", 1) != 1:
        raise ValueError("axis")
    return "flatten", {}


def _reshape(reader: _Reader, node: NodeProto) -> _Translated:
    """Take reshaping to one row a picture as flattening; nothing else has a counterpart."""
    target = reader.constants.values(node.input[1])
    if len(target) != 2 or (target[1] < 1 and target[1] != -1):
        raise ValueError("target shape")
    return "flatten", {}


def _softmax(_: _Reader, node: NodeProto) -> _Translated:
    return "softmax", {"dim": attributes(node).get("axis", -1)}


def _plain(op: str) -> _Translator:
    def translate(_reader: _Reader, _node: NodeProto) -> _Translated:
        return op, {}

    return translate


_UNKNOWN: Final = "unknown"


def _unknown(_reader: _Reader, _node: NodeProto) -> _Translated:
    return _UNKNOWN, {}


def _label(node: NodeProto) -> str:
    return (node.name or (node.output[0] if node.output else ""))[:64]


def _refuse(code: str, detail: str, pointer: str = "", hint: str = "") -> NoReturn:
    raise NetworkImportError(code, detail, pointer=pointer, hint=hint)


_TRANSLATE: Final[dict[str, _Translator]] = {
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "MaxPool": _pool("max_pool"),
    "AveragePool": _pool("avg_pool"),
    "LpPool": _pool("lp_pool"),
    "GlobalMaxPool": _global_pool("global_max_pool"),
    "GlobalAveragePool": _global_pool("global_avg_pool"),
    "GlobalLpPool": _global_pool("global_lp_pool"),
    "Gemm": _gemm,
    "MatMul": _matmul,
    "BatchNormalization": _batch_norm,
    "Add": _add,
    "Sum": _add,
    "Mul": _scale,
    "Sub": _scale,
    "Div": _scale,
    "Concat": _concat,
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Softmax": _softmax,
    "Relu": _plain("relu"),
    "LeakyRelu": _plain("leaky_relu"),
    "Sigmoid": _plain("sigmoid"),
    "Tanh": _plain("tanh"),
    "Dropout": _plain("dropout"),
    **dict.fromkeys(
        ("Clip", "Elu", "Gelu", "HardSigmoid", "HardSwish", "Identity", "LRN", "Selu", "Softplus"),
        _Reader.pass_on,
    ),
}
"""How the operators of ONNX are taken over."""
