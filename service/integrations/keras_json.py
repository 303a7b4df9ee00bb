"""Networks that Keras wrote as JSON (``model.to_json()``), Keras 3 and Keras 2.

Sequential and functional models of one input are read, without their weights; layers that change
no shape and have nothing to learn become a dropout of nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NoReturn

from service.integrations.imported import ImportedNetwork, NetworkImportError
from service.shapes import parameters
from service.shapes.network import INPUT, MAX_LAYERS

__all__ = ["import_keras"]

_SPATIAL: Final = {
    "Conv{}D": "conv{}d",
    "Conv{}DTranspose": "conv_transpose{}d",
    "DepthwiseConv{}D": "depthwise_conv{}d",
    "SeparableConv{}D": "separable_conv{}d",
    "MaxPooling{}D": "max_pool{}d",
    "AveragePooling{}D": "avg_pool{}d",
    "AdaptiveAveragePooling{}D": "adaptive_avg_pool{}d",
    "AdaptiveMaxPooling{}D": "adaptive_max_pool{}d",
    "GlobalAveragePooling{}D": "global_avg_pool{}d",
    "GlobalMaxPooling{}D": "global_max_pool{}d",
    "ZeroPadding{}D": "zero_padding{}d",
    "Cropping{}D": "cropping{}d",
    "UpSampling{}D": "upsampling{}d",
}
_OPS: Final = {
    **{
        theirs.format(rank): ours.format(rank)
        for theirs, ours in _SPATIAL.items()
        for rank in (1, 2, 3)
    },
    "Dense": "linear",
    "Flatten": "flatten",
    "ReLU": "relu",
    "Softmax": "softmax",
    "Dropout": "dropout",
    "Add": "add",
    "Concatenate": "concat",
}
_UNCHANGED: Final = frozenset(
    (
        *("ActivityRegularization", "AlphaDropout", "ELU", "GaussianDropout", "GaussianNoise"),
        *("Identity", "LeakyReLU", "Rescaling"),
        *("SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"),
    )
)
_ACTIVATIONS: Final = frozenset(("relu", "relu6", "tanh", "sigmoid", "softmax"))
_MERGES: Final = frozenset(("Average", "Maximum", "Minimum", "Multiply", "Subtract"))


def import_keras(
    model: Mapping[str, Any], input_shape: Sequence[int] | None = None
) -> ImportedNetwork:
    """Read a model that Keras wrote, as the dict that its JSON is.

    Sizes that the model leaves open are taken from ``input_shape`` (batch and channels included),
    an open batch is 1. Raises NetworkImportError, with a pointer into the model's JSON, for what is
    no such model and for layers that have no counterpart.
    """
    layers = _layers(model)
    reader = _Reader()
    previous = ""
    for index, layer in enumerate(layers):
        pointer = f"/config/layers/{index}"
        entry = _object(layer, pointer)
        config = _object(entry.get("config"), f"{pointer}/config")
        name = _text(config.get("name", entry.get("name")), f"{pointer}/config/name")
        kind = _text(entry.get("class_name"), f"{pointer}/class_name")
        shape = config.get("batch_shape", config.get("batch_input_shape"))
        if kind == "InputLayer":
            reader.open(name, shape, pointer)
            previous = name
            continue
        nodes = entry.get("inbound_nodes")
        if not previous and (isinstance(shape, list) or not nodes):
            reader.open(INPUT, shape, pointer)  # Keras 2: the first layer brings the sizes, or none
            previous = INPUT
        calls = list(_calls(nodes, pointer)) if nodes else [[(previous, 0)]]
        reader.take(name, kind, config, entry, calls, pointer)
        previous = name
    return reader.finish(input_shape)


class _Reader:
    """The network in the making."""

    def __init__(self) -> None:
        self.inputs: set[str] = set()
        self.shape: Any = None
        self.layers: list[dict[str, object]] = []
        self.notes: list[str] = []

    def open(self, name: str, shape: object, pointer: str) -> None:
        """Take the network's input."""
        if self.inputs:
            _refuse("several_inputs", "The model has more than one input.", pointer)
        self.inputs.add(name)
        self.shape = shape

    def take(
        self,
        name: str,
        kind: str,
        config: Mapping[str, Any],
        entry: Mapping[str, Any],
        calls: list[list[tuple[str, int]]],
        pointer: str,
    ) -> None:
        """Take a layer, once for each time that it is called."""
        op, params = self._translate(name, kind, config, entry, pointer)
        for call, sources in enumerate(calls):
            self.layers.append(
                {
                    "name": _called(name, call),
                    "op": op,
                    "inputs": [
                        INPUT if source in self.inputs else _called(source, which)
                        for source, which in sources
                    ],
                    "params": params,
                }
            )
        if len(calls) > 1 and params:
            self.notes.append(f"`{name}` is shared: its parameters count once for each use.")

    def _translate(
        self,
        name: str,
        kind: str,
        config: Mapping[str, Any],
        entry: Mapping[str, Any],
        pointer: str,
    ) -> tuple[str, dict[str, object]]:
        """Find the operation that a layer stands for, and its parameters."""
        if kind == "BatchNormalization":
            rank = min(max(_rank(entry, config), 1), 3)
            return f"batch_norm{rank}d", _chosen(f"batch_norm{rank}d", config)
        activation = config.get("activation")
        if kind == "Activation" and isinstance(activation, str) and activation in _ACTIVATIONS:
            return activation, {}
        target = config.get("target_shape")
        if kind == "Reshape" and isinstance(target, list) and len(target) == 1:
            return "flatten", {}
        if kind in _MERGES:
            self.notes.append(f"`{name}` ({kind}) is taken over as add, which has the same shape.")
            return "add", {}
        if kind in _UNCHANGED or kind == "Activation":
            self.notes.append(f"`{name}` ({kind}) changes no shape: a dropout of nothing.")
            return "dropout", {"rate": 0.0}
        if kind not in _OPS:
            _refuse(
                "unsupported_layer",
                f"No operation stands for the layer {kind[:64]} (`{name[:64]}`).",
                f"{pointer}/class_name",
                f"layers that are read: {', '.join(sorted({*_OPS, *_UNCHANGED, *_MERGES}))}",
            )
        return _OPS[kind], _chosen(_OPS[kind], config)

    def finish(self, input_shape: Sequence[int] | None) -> ImportedNetwork:
        """Put the sizes of the input in, and hand the network over."""
        shape = self.shape
        if input_shape is not None:
            shape = list(input_shape)
        elif not isinstance(shape, list) or any(size is None for size in shape[1:]):
            _refuse(
                "open_sizes",
                "The model leaves the size of its input open.",
                "/config/layers/0/config/batch_shape",
                "give an input_shape",
            )
        sizes = [1 if size is None else size for size in shape]
        document: dict[str, object] = {
            "framework": "keras",
            "input_shape": sizes,
            "layers": self.layers,
        }
        return ImportedNetwork(document, tuple(self.notes))


def _layers(model: object) -> list[Any]:
    """Check the outside of a model, and return its list of layers."""
    kind = _object(model, "").get("class_name")
    if kind not in ("Sequential", "Functional", "Model"):
        _refuse(
            "not_a_keras_model",
            "This is no Sequential or functional Keras model.",
            "/class_name",
            "what model.to_json() writes",
        )
    config = _object(model, "").get("config")
    layers = config.get("layers") if isinstance(config, Mapping) else config  # Keras 2.1: a list
    if not isinstance(layers, list) or not layers:
        _refuse("empty_network", "The model has no layers.", "/config/layers")
    if len(layers) > MAX_LAYERS:
        detail = f"The model has {len(layers)} layers."
        _refuse("too_many_layers", detail, "/config/layers", f"at most {MAX_LAYERS}")
    return layers


def _calls(nodes: object, pointer: str) -> Iterator[list[tuple[str, int]]]:
    """List, for each time that a layer is called, which layers it reads at which of their calls."""
    if not isinstance(nodes, list):
        _refuse("wrong_type", "`inbound_nodes` is no list.", f"{pointer}/inbound_nodes")
    for at, node in enumerate(nodes):
        sources: list[tuple[str, int]] = []
        for history in _histories(node):
            match history:
                case [str(name), int(call), *_]:
                    sources.append((name, call))
                case _:
                    sources.clear()
                    break
        if not sources:
            _refuse(
                "unsupported_call",
                "The layer reads something that is no output of a layer.",
                f"{pointer}/inbound_nodes/{at}",
            )
        yield sources


def _histories(node: object) -> Iterator[object]:
    """Find the histories of the tensors in the arguments of a call, in either notation."""
    if isinstance(node, list):  # Keras 2: [[name, call, tensor, {}], ...]
        yield from ([*history[:3]] if isinstance(history, list) else None for history in node)
        return
    arguments = node.get("args") if isinstance(node, Mapping) else None
    tensors = arguments if isinstance(arguments, list) else [None]
    if len(tensors) == 1 and isinstance(tensors[0], list):
        tensors = tensors[0]
    for tensor in tensors:
        config = tensor.get("config") if isinstance(tensor, Mapping) else None
        yield config.get("keras_history") if isinstance(config, Mapping) else None


def _chosen(op: str, config: Mapping[str, Any]) -> dict[str, object]:
    """Pick what the operation takes out of all that Keras writes."""
    params: dict[str, object] = {}
    for parameter in parameters("keras", op):
        value = config.get(parameter.name)
        if value is None or isinstance(value, Mapping):
            continue
        if parameter.name == "axis" and isinstance(value, list) and len(value) == 1:
            (value,) = value  # Keras 2 wrote the axis of a batch normalisation so
        params[parameter.name] = value
    return params


def _rank(entry: Mapping[str, Any], config: Mapping[str, Any]) -> int:
    """Tell how many spatial axes the input of a layer has, as far as Keras wrote it down."""
    built = entry.get("build_config")
    shape = built.get("input_shape") if isinstance(built, Mapping) else None
    if isinstance(shape, list):
        return len(shape) - 2
    axis = config.get("axis")
    last = axis[0] if isinstance(axis, list) and axis else axis
    return last - 1 if isinstance(last, int) and last > 0 else 2


def _called(name: str, call: int) -> str:
    return name if call == 0 else f"{name}:{call}"


def _object(value: object, pointer: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        _refuse("wrong_type", "This is no JSON object.", pointer, "what model.to_json() writes")
    return value


def _text(value: object, pointer: str) -> str:
    if not isinstance(value, str):
        _refuse("wrong_type", "This is no text.", pointer, "what model.to_json() writes")
    return value


def _refuse(code: str, detail: str, pointer: str, hint: str = "") -> NoReturn:
    raise NetworkImportError(code, detail, pointer=pointer, hint=hint)
