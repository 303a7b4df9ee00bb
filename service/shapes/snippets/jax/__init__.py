"""JAX code that makes a layer: jax.lax for windows, jax.numpy and jax.nn for the rest.

lax names the order of its axes, so a layer keeps its own; where it has no batch or no channels, an
axis of 1 takes their place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from service.shapes.layer import LAYOUTS
from service.shapes.snippets.jax import simple, windows
from service.shapes.snippets.jax.writing import View, random

if TYPE_CHECKING:
    from service.shapes.infer import Inference

__all__ = ["write"]

_WRITERS: Final = {**windows.WRITERS, **simple.WRITERS}
_MODULES: Final = {
    "jax": "import jax",
    "jnp": "import jax.numpy as jnp",
    "lax": "from jax import lax",
}


def write(inference: Inference) -> str | None:
    """Write code that builds ``layer`` and applies it, or return None if JAX cannot."""
    view = _view(inference)
    lines = _WRITERS[inference.layer.kind](view)
    if lines is None:
        return None
    source = "\n".join([*lines, "" if lines[-1].startswith("layer") else "\n", *_use(view)]) + "\n"
    imports = [line for name, line in _MODULES.items() if f"{name}." in source]
    gap = "\n\n\n" if lines[0].startswith("def ") else "\n\n"
    return "\n".join(imports) + gap + source


def _view(inference: Inference) -> View:
    layer = inference.layer
    letters, shape = layer.layout, layer.input_shape
    if layer.rank and LAYOUTS[letters].batch is None:
        letters, shape = "N" + letters, (1, *shape)
    if layer.rank and "C" not in letters:
        letters, shape = letters + "C", (*shape, 1)
    return View(inference, letters, shape)


def _use(view: View) -> list[str]:
    layer = view.layer
    if layer.kind in ("add", "concat"):
        shapes = [view.shape, *layer.other_shapes]
        made = ", ".join([random(str(shape), 2 + at) for at, shape in enumerate(shapes)])
        return [f"x = [{made}]", "y = layer(x)"]
    comment = f"  # {view.letters}" if view.letters != layer.layout else ""
    return [f"x = {random(str(view.shape), 2)}{comment}", "y = layer(x)"]
