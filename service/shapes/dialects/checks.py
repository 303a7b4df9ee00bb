"""Refusals that several dialects share: each says what is wrong and the nearest that is right."""

from __future__ import annotations

from collections.abc import Callable
from math import gcd, isqrt
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from service.shapes.errors import MisfitError, ParameterError
from service.shapes.infer import output_size
from service.shapes.layer import AXIS_NAMES, LAYOUTS, MAX_SIZE

if TYPE_CHECKING:
    from service.shapes.dialects.operation import Values
    from service.shapes.padding import Pads

__all__ = [
    "any_padding",
    "axis_pointer",
    "check_fit",
    "check_groups",
    "check_not_empty",
    "check_padding_mode",
    "check_pool_padding",
    "refuse_channels",
]

PaddingLimit = Callable[[int, int], int]
"""The most padding on one side that a pool's kernel size and dilation allow."""


def any_padding(_kernel_size: int, _dilation: int) -> int:
    """Allow any padding, as convolutions do."""
    return MAX_SIZE


def check_groups(
    in_channels: int,
    out_channels: int,
    groups: int,
    filters_name: str,
    *,
    groups_name: str = "groups",
) -> None:
    """Refuse groups that do not divide the channels on both sides."""
    if in_channels % groups == 0 and out_channels % groups == 0:
        return
    side, channels = (
        ("input channels", in_channels) if in_channels % groups else ("filters", out_channels)
    )
    divisors = _nearest_divisors(gcd(in_channels, out_channels), groups)
    upper = -(-out_channels // groups) * groups
    more = f", or {filters_name} {upper}" if in_channels % groups == 0 else ""
    raise ParameterError(
        "channels_not_divisible_by_groups",
        f"{channels} {side} cannot be split into {groups} equal groups.",
        pointer=f"/{groups_name}",
        hint=f"{groups_name} {' or '.join(map(str, divisors))}{more}",
    )


def _nearest_divisors(number: int, groups: int) -> list[int]:
    """Find the largest divisor below ``groups`` and the smallest above it."""
    low = [d for d in range(1, isqrt(number) + 1) if number % d == 0]
    divisors = sorted({*low, *(number // d for d in low)})
    below = [d for d in divisors if d < groups][-1:]
    above = [d for d in divisors if d > groups][:1]
    return below + above


def refuse_channels(given: int, shape: tuple[int, ...], layout: str) -> NoReturn:
    """Refuse an input that has not the channels that the layer was made for."""
    at = LAYOUTS[layout].channel
    channels = 1 if at is None else shape[at]
    raise MisfitError(
        "input_channels_mismatch",
        f"The layer is made for {given} input channels, but a {layout} input of "
        f"{'×'.join(map(str, shape))} has {channels}.",
        pointer="/in_channels",
        hint=f"in_channels {channels}{_channels_elsewhere(given, shape, at)}",
    )


def _channels_elsewhere(given: int, shape: tuple[int, ...], at: int | None) -> str:
    if at is None or given not in shape:
        return ""
    axes = list(shape)
    axes.remove(given)
    axes.insert(at, given)
    return f", or input_shape {'x'.join(map(str, axes))}"


def check_not_empty(shape: tuple[int, ...], layout: str, *, batch: int = 1) -> None:
    """Refuse sizes of 0; ``batch`` is the smallest batch that the framework takes."""
    if 0 not in shape:
        return
    for index, (size, letter) in enumerate(zip(shape, layout, strict=True)):
        if size < (batch if letter == "N" else 1):
            raise MisfitError(
                "input_rank_or_size",
                f"Axis {letter} of the input has size 0.",
                pointer=f"/input_shape/{index}",
                hint="sizes are at least 1",
            )


def check_pool_padding(
    code: str,
    padding: Pads,
    kernel_size: tuple[int, ...],
    dilation: tuple[int, ...],
    limit: PaddingLimit,
    reason: str,
    values: Values,
) -> None:
    """Refuse pool padding above what ``limit`` allows for the kernel and dilation of its axis."""
    for axis, (pads, kernel, spread) in enumerate(zip(padding, kernel_size, dilation, strict=True)):
        most = limit(kernel, spread)
        if pads[0] > most or pads[1] > most:
            raise ParameterError(
                code,
                f"Padding {max(pads)} along the {_name(axis, len(padding))} is too much for a "
                f"window of {kernel}: {reason}.",
                pointer=axis_pointer(values, "padding", axis),
                hint=f"padding at most {most}",
            )


def check_padding_mode(mode: str, padding: Pads, sizes: tuple[int, ...], values: Values) -> None:
    """Refuse more mirrored or wrapped pixels than the input can give.

    A mirror does not repeat the border, so it gives i − 1 pixels; a wrap gives i (PyTorch).
    """
    if mode not in ("reflect", "circular"):
        return
    spare = 1 if mode == "reflect" else 0
    for axis, (pads, size) in enumerate(zip(padding, sizes, strict=True)):
        most = size - spare
        if max(pads) > most:
            raise MisfitError(
                "padding_too_large",
                f"Padding {max(pads)} along the {_name(axis, len(sizes))} needs more pixels than "
                f"{mode} padding can take from an input of {size}.",
                pointer=axis_pointer(values, "padding", axis),
                hint=f"padding at most {most}, or padding_mode `zeros`",
            )


def check_fit(
    code: str,
    sizes: tuple[int, ...],
    kernel_size: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
    padding: Pads,
    values: Values,
    *,
    ceil_mode: bool = False,
    limit: PaddingLimit = any_padding,
) -> None:
    """Refuse a kernel that spans more than the padded input along any axis.

    ``limit`` gives the most padding that a kernel and a dilation allow, so that no hint suggests
    what would be refused next.
    """
    if max(kernel_size) * max(dilation) <= min(sizes):
        return  # as almost always: d·k is no less than d(k − 1) + 1
    for size, kernel, spread, (before, after) in zip(
        sizes, kernel_size, dilation, padding, strict=True
    ):
        if size + before + after <= spread * (kernel - 1):
            break
    else:
        return
    for axis, (size, kernel, step, spread, (before, after)) in enumerate(
        zip(sizes, kernel_size, stride, dilation, padding, strict=True)
    ):
        reach = spread * (kernel - 1) + 1
        if output_size(size, reach, step, before, after, ceil_mode=ceil_mode) > 0:
            continue
        overhang = step - 1 if ceil_mode else 0
        fixed = values.get("stride") is not None
        misfit = _Misfit(size, kernel, spread, before, after, overhang, overhang if fixed else 0)
        gaps = f" ({kernel} taps {spread} apart)" if spread > 1 else ""
        raise MisfitError(
            code,
            f"Along the {_name(axis, len(sizes))} the kernel spans {reach} pixels{gaps}, but the "
            f"padded input has only {size + before + after} ({size} + padding {before} + {after}).",
            pointer=axis_pointer(values, "kernel_size", axis),
            hint=_nearest_fit(misfit, limit),
        )


class _Misfit(NamedTuple):
    size: int
    kernel: int
    dilation: int
    before: int
    after: int
    overhang: int
    """Pixels by which the window may stand out at the end."""
    least_overhang: int
    """The same for a smaller kernel: a stride that follows the kernel shrinks with it."""


def _nearest_fit(misfit: _Misfit, limit: PaddingLimit) -> str:
    """List the smallest single changes after which the kernel fits."""
    size, kernel, dilation, before, after, overhang, least_overhang = misfit
    reach = dilation * (kernel - 1) + 1
    room = size + before + after
    most = max(before, after)
    changes = []
    smaller = (room + least_overhang - 1) // dilation + 1
    if smaller >= 1 and most <= limit(smaller, dilation):
        changes.append(f"kernel_size at most {smaller}")
    denser = (room + overhang - 1) // (kernel - 1) if kernel > 1 else 0
    if denser >= 1 and most <= limit(kernel, denser):
        changes.append(f"dilation at most {denser}")
    wider = before - (room + overhang - reach) // 2
    if size >= 1 and before == after and wider <= min(limit(kernel, dilation), MAX_SIZE):
        changes.append(f"padding at least {wider}")
    larger = size + reach - room - overhang
    if larger <= MAX_SIZE:
        changes.append(f"an input of at least {larger}")
    return ", or ".join(changes)


def _name(axis: int, rank: int) -> str:
    return AXIS_NAMES[rank][axis]


def axis_pointer(values: Values, name: str, axis: int) -> str:
    """Point at the number of an axis, or at the one number that was given for all."""
    value: Any = values.get(name)
    listed = isinstance(value, list | tuple) and axis < len(value)
    return f"/{name}/{axis}" if listed else f"/{name}"
