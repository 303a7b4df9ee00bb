"""What transposed convolutions refuse, whatever they call their parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.shapes.dialects.checks import axis_pointer
from service.shapes.errors import MisfitError, ParameterError
from service.shapes.layer import AXIS_NAMES, MAX_SIZE
from service.shapes.resizing import transposed_size

if TYPE_CHECKING:
    from service.shapes.dialects.operation import Values
    from service.shapes.padding import Pads

__all__ = ["check_output_padding", "check_transposed"]


def check_output_padding(
    output_padding: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
    values: Values,
) -> None:
    """Refuse output padding that neither stride nor dilation leaves room for (PyTorch).

    A convolution forgets at most s − 1 pixels of its input, so no more can be asked back.
    """
    for axis, (more, step, spread) in enumerate(zip(output_padding, stride, dilation, strict=True)):
        if more and more >= max(step, spread):
            dilated = f" and dilation {spread}" if spread > 1 else ""
            raise ParameterError(
                "output_padding_too_large",
                f"Output padding {more} along the {AXIS_NAMES[len(stride)][axis]} is not smaller "
                f"than stride {step}{dilated}.",
                pointer=axis_pointer(values, "output_padding", axis),
                hint=f"output_padding at most {max(step, spread) - 1}, or stride at least "
                f"{more + 1}",
            )


def check_transposed(
    sizes: tuple[int, ...],
    kernel_size: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
    padding: Pads,
    output_padding: tuple[int, ...],
    values: Values,
) -> None:
    """Refuse padding that takes away the whole output along any axis."""
    for axis, (size, kernel, step, spread, (before, after), more) in enumerate(
        zip(sizes, kernel_size, stride, dilation, padding, output_padding, strict=True)
    ):
        reach = spread * (kernel - 1) + 1
        output = transposed_size(size, reach, step, before, after, more)
        if output > 0 or not size:
            continue
        whole = output + before + after
        changes = [f"padding at most {(whole - 1) // 2}"] if before == after and whole > 0 else []
        larger = size + -((output - 1) // step)
        changes += [f"an input of at least {larger}"] if larger <= MAX_SIZE else []
        raise MisfitError(
            "output_would_be_zero_or_negative",
            f"Along the {AXIS_NAMES[len(sizes)][axis]} the patches span {whole} in all, and "
            f"padding takes {before} + {after} of that away.",
            pointer=axis_pointer(values, "padding", axis),
            hint=", or ".join(changes),
        )
