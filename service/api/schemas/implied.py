"""What the shape of a weight says about its layer, so that a request need not say it again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from service.convolution import OperandError, read_weight_shape
from service.shapes import Layer, parameters, read_layer

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

__all__ = ["FILTERS", "KERNEL", "complete", "multiplied", "stem_of"]

KERNEL: Final = frozenset({"kernel_size", "kernel_shape"})
"""Names of the kernel size."""
FILTERS: Final = frozenset({"out_channels", "filters", "features", "out_features", "units"})
"""Names of the number of filters."""
_MULTIPLIERS: Final = frozenset({"depth_multiplier", "channel_multiplier"})


def stem_of(op: str) -> str:
    """The operation without its rank: conv for conv2d."""
    return op[:-2] if op[-1:] == "d" and op[-2:-1] in "123" else op


def complete(
    framework: str,
    op: str,
    values: dict[str, Any],
    weight: Array | None,
    pointwise: Array | None,
) -> dict[str, Any]:
    """The parameters, with what the shapes of the weights say put in where it was left out."""
    given = {name: value for name, value in values.items() if value is not None}
    names = {parameter.name for parameter in parameters(framework, op)}
    kernel = next((name for name in sorted(KERNEL) if name in names), None)
    if weight is None:
        if kernel is None or kernel not in given:
            raise OperandError(
                "weight_missing",
                f"{op} needs a weight.",
                pointer="/weight",
                hint="Give the numbers of the filters.",
            )
        return given
    filters = _filters(framework, op, given, weight, pointwise)
    if kernel is not None:
        sizes = read_weight_shape(framework, int(op[-2]), weight.shape)
        given.setdefault(kernel, list(sizes.kernel_size))
    if filters is not None and not FILTERS & given.keys():
        given |= dict.fromkeys(sorted(FILTERS & names, key=_by_preference)[:1], filters)
    return given


def _filters(
    framework: str,
    op: str,
    given: dict[str, Any],
    weight: Array,
    pointwise: Array | None,
) -> int | None:
    """How many filters the shape of the weight has; None where it need not be said."""
    stem = stem_of(op)
    if stem == "depthwise_conv":
        return None
    if stem in ("linear", "gemm"):
        rows = framework in ("pytorch", "textbook") or given.get("transB") in (1, True)
        return int(weight.shape[0 if rows else -1]) if weight.ndim == 2 else 1
    of, kind = (weight, stem) if stem != "separable_conv" else (pointwise, "conv")
    if of is None:
        return None if framework == "textbook" else 1
    found = read_weight_shape(
        framework,
        int(op[-2]),
        of.shape,
        kind,
        transpose_kernel=given.get("transpose_kernel", False),
    ).out_channels
    if found is None:
        return None if framework == "textbook" else 1
    groups = next((given[name] for name in _GROUPS if name in given), 1)
    return found * groups if stem == "conv_transpose" else found


_GROUPS: Final = ("groups", "group")


def multiplied(layer: Layer, values: dict[str, Any], weight: Array | None) -> Layer:
    """The layer with as many filters for each channel as its weight has."""
    names = {parameter.name for parameter in parameters(layer.framework, layer.op)}
    name = min(_MULTIPLIERS & names)
    if weight is None or weight.ndim != layer.rank + 2 or values.get(name) is not None:
        return layer
    first = layer.framework in ("pytorch", "textbook")
    found = weight.shape[0] // layer.in_channels if first else weight.shape[-1]
    if found <= 1:
        return layer
    shape = layer.input_shape
    return read_layer(layer.framework, layer.op, shape, {**values, name: found}, layer.layout)


def _by_preference(name: str) -> bool:
    """Out channels before filters, where both are words for the same."""
    return not name.startswith("out_")
