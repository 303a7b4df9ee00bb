"""What a transposed convolution takes away from its output, in another framework's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from service.shapes.errors import UnknownError
from service.shapes.padding import crop
from service.shapes.resizing import transposed_size
from service.shapes.wording import together, write_padding

if TYPE_CHECKING:
    from service.shapes.comparison.wanted import Wanted
    from service.shapes.padding import Pads

__all__ = ["write_crop"]

Written = tuple[dict[str, Any], str]


def write_crop(wanted: Wanted, framework: str) -> Written:
    """Write what is taken away from the output and added to it, and what had to be said otherwise.

    Raises:
        UnknownError: the framework has no words for it.
    """
    if framework == "tensorflow":
        return _told(wanted)
    if framework in ("jax", "flax"):
        return _widened(wanted, framework)
    padding, more = wanted.padding, wanted.more
    if framework == "pytorch" and isinstance(padding, str) and padding != "valid":
        return _counted(wanted, padding)
    if framework == "keras" and not isinstance(padding, str) and any(map(any, padding)):
        return _named(wanted, padding)
    written = write_padding(framework, wanted.op, padding, wanted.reaches)
    if written is None and more is None and not isinstance(padding, str):
        sides = [(before, before - after) for before, after in padding]
        if min(extra for _, extra in sides) >= 0:  # less taken from the end is more at the end
            even = together([before for before, _ in sides])
            return {"padding": even, "output_padding": together([e for _, e in sides])}, ""
    if written is None:
        _refuse(wanted, framework)
    return written if more is None else {**written, "output_padding": together(more)}, ""


def _refuse(wanted: Wanted, framework: str) -> NoReturn:
    padding = wanted.padding if isinstance(wanted.padding, str) else list(wanted.padding)
    raise UnknownError(
        "not_in_framework",
        f"{wanted.op} in {framework} has no words for padding {padding}.",
        hint="give it no padding, and crop the output",
    )


def _told(wanted: Wanted) -> Written:
    """Tell TensorFlow the size of the output, from which the rest follows."""
    if wanted.answer is None:
        raise UnknownError("not_in_framework", "TensorFlow must be told the size of the output.")
    nearest = ""
    written = write_padding("tensorflow", wanted.op, wanted.padding, wanted.reaches)
    if written is None:
        written, nearest = {"padding": "SAME"}, "TensorFlow names padding here: `SAME` is nearest."
    return {**written, "output_shape": [axis.output for axis in wanted.answer.axes]}, nearest


def _widened(wanted: Wanted, framework: str) -> Written:
    """Add output padding to what is put around the input, at its end."""
    padding, more, nearest = wanted.padding, wanted.more, ""
    if more is not None and any(more):
        if padding == "valid":
            padding = ((0, 0),) * wanted.rank
        if isinstance(padding, str):
            nearest = f"{framework} has no output_padding."
        else:
            padding = tuple((b, a - extra) for (b, a), extra in zip(padding, more, strict=True))
    written = write_padding(framework, wanted.op, padding, wanted.reaches)
    if written is None:
        _refuse(wanted, framework)
    return written, nearest


def _named(wanted: Wanted, padding: Pads) -> Written:
    """Choose between Keras' ways to say `same`: without output padding its size is i·s."""
    more = wanted.more or (0,) * wanted.rank
    stride = wanted.stride or (1,) * wanted.rank
    sizes = [
        transposed_size(size, reach, step, before, after, extra)
        for size, reach, step, (before, after), extra in zip(
            wanted.spatial, wanted.reaches, stride, padding, more, strict=True
        )
    ]
    halves = [
        transposed_size(size, reach, step, reach // 2, reach // 2, extra)
        for size, reach, step, extra in zip(
            wanted.spatial, wanted.reaches, stride, more, strict=True
        )
    ]
    values: dict[str, Any] = {"padding": "same"}
    whole = [size * step for size, step in zip(wanted.spatial, stride, strict=True)]
    if wanted.more is not None and (sizes == halves or sizes != whole):
        values["output_padding"] = together(more)
    return values, "Keras names padding: `same` is nearest."


def _counted(wanted: Wanted, rule: str) -> Written:
    """Say `same` by numbers, as PyTorch needs it: the larger side of the crop, on both sides."""
    if wanted.more is not None:  # Keras' other rule: half of the kernel, and what was asked for
        half = together([reach // 2 for reach in wanted.reaches])
        return {"padding": half, "output_padding": together(wanted.more)}, (
            f"PyTorch has no padding `{rule}` here: half of the kernel was taken."
        )
    pads, more = [], []
    stride = wanted.stride or (1,) * wanted.rank
    for size, reach, step in zip(wanted.spatial, wanted.reaches, stride, strict=True):
        (before, after), _ = crop(size, reach, step, size * step)
        side = max(before, after)
        pads.append(side)
        more.append(size * step - transposed_size(size, reach, step, side, side, 0))
    values: dict[str, Any] = {"padding": together(pads)}
    if any(more):
        values["output_padding"] = together(more)
    return values, (
        f"PyTorch has no padding `{rule}` here and takes as much from both sides: the larger side "
        "was taken, and output_padding makes up for it."
    )
