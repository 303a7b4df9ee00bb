"""The change after which a framework does the same as another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from service.shapes.layer import LAYOUTS

if TYPE_CHECKING:
    from service.shapes.infer import Axis, Inference
    from service.shapes.layer import Layer
    from service.shapes.padding import Pads

__all__ = ["edit", "pad_first"]


def edit(code: str, wanted: Inference, found: Inference) -> str:
    """Say what to change about ``found`` so that it does what ``wanted`` does; "" if unknown.

    ``code`` is what makes them differ.
    """
    write = _EDITS.get(code)
    return "" if write is None else write(wanted, found)


def pad_first(framework: str, layer: Layer, letters: str) -> str:
    """Say how to pad the input as ``layer`` does before a layer of ``framework`` without padding.

    ``letters`` is the layout that the framework's layer has.
    """
    pads = layer.padding
    if framework == "pytorch":
        sides = tuple(pixels for sides in reversed(pads) for pixels in sides)
        fill = ', value=float("-inf")' if layer.kind == "max_pool" and _any(pads) else ""
        return f"pad explicitly with F.pad(x, {sides}{fill}), then padding=0"
    if framework == "keras":
        if layer.kind == "max_pool":
            return (
                f"pad explicitly with keras.ops.pad(x, {_around(pads, letters)}, "
                'constant_values=float("-inf")), then padding="valid"'
            )
        sizes = pads[0] if len(pads) == 1 else pads
        return f'put keras.layers.ZeroPadding{len(pads)}D({sizes}) before it, then padding="valid"'
    if framework == "tensorflow":
        fill = ', constant_values=float("-inf")' if layer.kind == "max_pool" else ""
        return (
            f'pad explicitly with tf.pad(x, {_around(pads, letters)}{fill}), then padding="VALID"'
        )
    if framework == "onnx":
        return f"pads={[b for b, _ in pads] + [a for _, a in pads]}, auto_pad left out"
    return f"padding={[list(sides) for sides in pads]}"


def _any(pads: Pads) -> bool:
    return any(map(any, pads))


def _around(pads: Pads, letters: str) -> list[list[int]]:
    """Write padding for every axis of a tensor, batch and channels included."""
    around = [[0, 0] for _ in letters]
    for offset, sides in enumerate(pads):
        around[LAYOUTS[letters].start + offset] = list(sides)
    return around


def _split(wanted: Inference, found: Inference) -> str:
    return pad_first(found.layer.framework, wanted.layer, found.layer.layout)


def _divisor(wanted: Inference, found: Inference) -> str:
    framework, counts = found.layer.framework, wanted.layer.count_include_pad
    if framework in ("keras", "tensorflow"):
        return _split(wanted, found)
    return f"count_include_pad={int(counts) if framework == 'onnx' else counts}"


def _stride(wanted: Inference, found: Inference) -> str:
    names = {"pytorch": "stride", "textbook": "stride"}
    stride = wanted.layer.stride
    value = stride[0] if len(set(stride)) == 1 else list(stride)
    return f"give {names.get(found.layer.framework, 'strides')}={value}"


def _crop(wanted: Inference, found: Inference) -> str:
    """Say in the framework's words what to take away, or to do so by hand."""
    pads = wanted.layer.padding
    more = wanted.layer.output_padding or (0,) * len(pads)
    framework = found.layer.framework
    tail = f", output_padding={list(more)}" if any(more) else ""
    if framework in ("jax", "flax"):
        around = [
            [
                axis.effective_kernel_size - 1 - before,
                axis.effective_kernel_size - 1 - after + extra,
            ]
            for axis, (before, after), extra in zip(wanted.axes, pads, more, strict=True)
        ]
        return f"padding={around}"
    if framework == "onnx":
        return f"pads={[b for b, _ in pads] + [a for _, a in pads]}{tail}, auto_pad left out"
    if framework == "textbook":
        return f"padding={[list(sides) for sides in pads]}{tail}"
    if framework == "pytorch" and all(before == after for before, after in pads):
        return f"padding={_plain([before for before, _ in pads])}, output_padding={_plain(more)}"
    return _crop_by_hand(wanted, framework)


def _crop_by_hand(wanted: Inference, framework: str) -> str:
    more = wanted.layer.output_padding or (0,) * len(wanted.axes)
    crops = [
        (axis.padding[0], axis.padding[1] - extra + _beyond(axis, framework))
        for axis, extra in zip(wanted.axes, more, strict=True)
    ]
    if min(after for _, after in crops) < 0:
        start = tuple(before for before, _ in crops)
        return f"make the whole output, and keep {_sizes(wanted)} pixels from {start} on"
    if framework == "pytorch":
        sides = tuple(-pixels for sides in reversed(crops) for pixels in sides)
        return f"padding=0, output_padding=0, then crop with F.pad(y, {sides})"
    if framework == "keras":
        sizes = crops[0] if len(crops) == 1 else tuple(crops)
        return f'padding="valid", then keras.layers.Cropping{len(crops)}D({sizes})'
    return f"make the whole output (padding VALID), then crop {crops}"


def _beyond(axis: Axis, framework: str) -> int:
    """Pixels that Keras' `valid` adds behind the last patch of a kernel below the stride."""
    return max(axis.stride - axis.effective_kernel_size, 0) if framework == "keras" else 0


def _plain(sizes: Sequence[int]) -> int | tuple[int, ...]:
    return sizes[0] if len(set(sizes)) == 1 else tuple(sizes)


def _sizes(inference: Inference) -> str:
    return "×".join(str(axis.output) for axis in inference.axes)


def _flip(wanted: Inference, found: Inference) -> str:
    if found.layer.framework in ("jax", "flax"):
        return "transpose_kernel=True, or flip the kernel along its spatial axes"
    return f"flip the kernel along its spatial axes, as {wanted.layer.framework} does not"


def _permute(wanted: Inference, found: Inference) -> str:
    order = [found.layer.layout.index(letter) for letter in wanted.layer.layout]
    return f"put the axes into the order {tuple(order)} before flattening"


def _keepdims(wanted: Inference, found: Inference) -> str:
    keeps = len(wanted.output_shape) >= len(wanted.layer.input_shape)
    if found.layer.framework in ("keras", "textbook"):
        return f"keepdims={keeps}"
    return "flatten the output"


_EDITS: Final[dict[str, Callable[[Inference, Inference], str]]] = {
    "padding_split": _split,
    "padding_differs": _split,
    "average_divisor": _divisor,
    "default_stride": _stride,
    "crop_split": _crop,
    "transposed_size": _crop,
    "kernel_not_flipped": _flip,
    "keepdims": _keepdims,
    "flatten_order": _permute,
}
