"""Source code that makes a layer in the frameworks: one module a framework.

A module has ``write(inference)``, which gives the source, or None where its framework has nothing
like the layer. Every snippet defines ``layer``, a random input ``x`` of the right shape and
``y = layer(x)``. To add a framework, write its module and name it in ``_WRITERS``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from service.shapes.infer import infer
from service.shapes.snippets import jax, keras, onnx, pytorch

if TYPE_CHECKING:
    from service.shapes.infer import Inference
    from service.shapes.layer import Layer

__all__ = ["code"]

_WRITERS: Final[Mapping[str, Callable[[Inference], str | None]]] = {
    "pytorch": pytorch.write,
    "keras": keras.write,
    "onnx": onnx.write,
    "jax": jax.write,
}


def code(layer: Layer, inference: Inference | None = None) -> dict[str, str]:
    """Write code that builds ``layer`` and applies it, by framework, for those that have it.

    ``inference`` is that of the layer, where it is known already.
    """
    found = infer(layer) if inference is None else inference
    named = ("onnx",) if layer.op in onnx.ALONE else tuple(_WRITERS)
    written = {framework: _WRITERS[framework](found) for framework in named}
    return {framework: source for framework, source in written.items() if source is not None}
