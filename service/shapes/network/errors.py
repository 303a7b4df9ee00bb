"""What a network is refused for, beyond what its layers are refused for."""

from __future__ import annotations

from service.shapes.errors import ShapeError

__all__ = ["NetworkError", "refuse_layer"]


class NetworkError(ShapeError):
    """A network that cannot be read, ordered or applied to its input.

    Either the graph is at fault (``empty_network``, ``too_many_layers``, ``duplicate_name``,
    ``unknown_input``, ``cycle``), or a layer is: then ``code`` and ``hint`` are those of its own
    refusal, ``detail`` names the layer and what comes into it, and ``pointer`` leads to the
    value inside the network ("/layers/3/params/kernel_size").
    """


def refuse_layer(
    error: ShapeError, index: int, name: str, op: str, edges: tuple[str, ...], *, at_input: bool
) -> NetworkError:
    """Turn the refusal of one layer into that of the network.

    ``edges`` describes what comes in ("`conv1` (1×64×55×55)"); ``at_input`` says whether that is
    the network's own input, at whose sizes the pointer then stays.
    """
    return NetworkError(
        error.code,
        f"Layer `{name[:64]}` ({op[:64]} of {', '.join(edges)}): {error.detail}",
        pointer=_pointer(error.pointer, index, at_input=at_input),
        hint=error.hint,
    )


def _pointer(inner: str, index: int, *, at_input: bool) -> str:
    """Move a pointer from a lone layer into the layer's place in a network."""
    name = inner.split("/")[1] if inner else ""
    if name in ("framework", "layout") or (name == "input_shape" and at_input):
        return inner
    if name in ("input_shape", "input_shapes", "inputs"):
        return f"/layers/{index}/inputs"
    if name in ("op", ""):
        return f"/layers/{index}{inner}"
    return f"/layers/{index}/params{inner}"
