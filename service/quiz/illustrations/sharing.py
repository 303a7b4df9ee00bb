"""What sharing weights saves: a convolution, a locally connected layer and a dense one."""

from __future__ import annotations

from service.figures import Row, draw_rows
from service.quiz.illustrations.base import Illustration, shape
from service.shapes import infer, read_layer

__all__ = ["shared_weights"]


def shared_weights() -> Illustration:
    """Three layers from 28×28×1 to 26×26×8, and their parameters."""
    filters, kernel = 8, 3
    layer = read_layer(
        "textbook", "conv2d", [28, 28, 1], {"kernel_size": kernel, "filters": filters}
    )
    shared = infer(layer)
    patches, values = shared.positions, shared.positions * filters
    bodies = {
        "convolution": {"op": "conv2d", "input_shape": [28, 28, 1], "kernel_size": kernel}
        | {"filters": filters},
        # Each patch by itself, with filters that only it has: as many groups that share nothing.
        "locally connected": {
            "op": "conv2d",
            "input_shape": [1, 1, patches * kernel**2],
            "kernel_size": 1,
            "filters": values,
            "groups": patches,
        },
        "dense": {"op": "linear", "input_shape": [28 * 28], "out_features": values},
    }
    found = {
        "convolution": shared.params,
        "locally connected": patches * (kernel**2 * filters + filters),
        "dense": 28 * 28 * values + values,
    }
    how = {
        "convolution": "(3·3 weights + 1 bias) · 8 filters, the same at every position",
        "locally connected": "80 · 26·26 positions, each with filters of its own",
        "dense": "(28·28 weights + 1 bias) · 26·26·8 outputs",
    }
    texts = {name: f"{number:,} = {how[name]}" for name, number in found.items()}
    about = (
        "All three lead from 28×28×1 to 26×26×8. The convolution needs so few since its weights "
        "are shared: what is learned at one position is good at all of them."
    )
    title = "Parameters: shared, locally connected, dense"
    return Illustration(
        "shared-weights",
        title,
        about,
        {"parameters": found},
        tuple(shape(name, **body) for name, body in bodies.items()),
        draw_rows(
            title,
            " ".join([*(f"{name}: {text}." for name, text in texts.items()), about]),
            [Row(name, number, texts[name]) for name, number in found.items()],
            about,
        ),
    )
