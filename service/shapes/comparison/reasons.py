"""Why frameworks disagree about a layer, and what is worth knowing where they do not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from service.shapes.comparison.differences import comparable
from service.shapes.infer import Inference

if TYPE_CHECKING:
    from service.shapes.comparison import Outcome
    from service.shapes.comparison.wanted import Wanted
    from service.shapes.errors import ShapeError

__all__ = ["Reason", "answers_of", "notes", "reasons", "shape_code"]

Answers = Mapping[str, Inference]


class Reason(NamedTuple):
    """Why results differ: a code, a sentence, and the frameworks that it is about.

    ``disagrees`` is False for a rule that all of them follow and a formula may miss.
    """

    code: str
    detail: str
    frameworks: tuple[str, ...]
    disagrees: bool = True


def answers_of(answers: Mapping[str, tuple[Any, Inference | ShapeError]]) -> Answers:
    """Keep the frameworks that answer."""
    return {
        framework: answer
        for framework, (_, answer) in answers.items()
        if isinstance(answer, Inference)
    }


def reasons(
    wanted: Wanted,
    outcomes: Mapping[str, Outcome],
    answers: Answers,
    reference: Inference | None,
) -> tuple[Reason, ...]:
    """List why the frameworks disagree, one reason for all that it is true of."""
    found = [
        *_refusals(outcomes, answers),
        *_quirks(outcomes),
        *_empty(answers),
        *_ceil(answers),
        *_counts(answers),
    ]
    if reference is not None:
        found += _shapes(wanted, answers, reference)
        found += [
            Reason(shift.code, shift.detail, (outcome.framework,))
            for outcome in outcomes.values()
            for shift in outcome.shifts
        ]
    return _merged(found)


def _merged(found: list[Reason]) -> tuple[Reason, ...]:
    """Put frameworks with the same reason together; the first sentence stands for all."""
    merged: dict[str, list[Reason]] = {}
    for reason in found:
        merged.setdefault(reason.code, []).append(reason)
    together = []
    for first, *others in merged.values():
        names = tuple(dict.fromkeys(name for other in others for name in other.frameworks))
        names = tuple(name for name in names if name not in first.frameworks)
        more = f" Likewise {_listed(names)}." if names else ""
        together.append(
            first._replace(detail=first.detail + more, frameworks=(*first.frameworks, *names))
        )
    return tuple(together)


def _refusals(outcomes: Mapping[str, Outcome], answers: Answers) -> Iterator[Reason]:
    for outcome in outcomes.values():
        if outcome.problem is not None and outcome.available:
            detail = f"{outcome.framework} refuses it: {outcome.problem.detail}"
            disagrees = bool(answers)
            yield Reason(outcome.problem.code, detail, (outcome.framework,), disagrees)


def _quirks(outcomes: Mapping[str, Outcome]) -> Iterator[Reason]:
    for outcome in outcomes.values():
        for quirk in outcome.quirks:
            yield Reason(quirk.code, quirk.detail, (outcome.framework,), quirk.refuses)


def _empty(answers: Answers) -> Iterator[Reason]:
    names = tuple(name for name, answer in answers.items() if 0 in answer.output_shape)
    if names and any(0 not in answer.layer.input_shape for answer in answers.values()):
        detail = (
            f"{_listed(names)} {'gives' if len(names) == 1 else 'give'} an output without pixels "
            "where the window does not fit, instead of refusing."
        )
        yield Reason("empty_output", detail, names, len(names) < len(answers))


def _ceil(answers: Answers) -> Iterator[Reason]:
    for answer in answers.values():
        layer = answer.layer
        if not layer.ceil_mode:
            continue
        for axis in answer.axes:
            room = axis.input + sum(axis.padding) - axis.effective_kernel_size
            plain = -(-room // axis.stride) + 1
            if plain != axis.output:
                names = tuple(name for name, other in answers.items() if other.layer.ceil_mode)
                detail = (
                    f"Rounding up alone would give {plain} along the {axis.axis}, but a window may "
                    f"not start in the padding behind the input: {axis.output}."
                )
                yield Reason("ceil_window_dropped", detail, names, disagrees=False)
                return


def _counts(answers: Answers) -> Iterator[Reason]:
    kinds = {answer.layer.kind for answer in answers.values()}
    counts = {name: answer.params for name, answer in answers.items()}
    if kinds == {"batch_norm"} and len(set(counts.values())) > 1:
        frozen = tuple(name for name, answer in answers.items() if answer.layer.frozen)
        detail = (
            f"{_listed(frozen)} counts the moving mean and variance as (non-trainable) parameters, "
            f"the others keep them as buffers: {_each(counts)}."
        )
        yield Reason("statistics_counted", detail, frozen)
    if kinds == {"separable"}:
        biased = {name: a.params for name, a in answers.items() if a.biases}
        if len(set(biased.values())) > 1:
            detail = (
                "A separable convolution has one bias for each filter at the end; made of two "
                f"layers, depthwise and pointwise, both have biases: {_each(biased)}."
            )
            yield Reason("separable_biases", detail, tuple(biased))


def shape_code(wanted: Wanted, reference: Inference, answer: Inference) -> str:
    """Name what makes two shapes differ."""
    kind = answer.layer.kind
    if kind.startswith("global"):
        return "keepdims"
    if wanted.stride is None and answer.layer.stride != reference.layer.stride:
        return "default_stride"
    if kind == "conv_transpose":
        return "transposed_size"
    if answer.layer.padding != reference.layer.padding:
        return "padding_differs"
    return "shape_differs"


def _shapes(wanted: Wanted, answers: Answers, reference: Inference) -> Iterator[Reason]:
    shape = comparable(reference, wanted.layout)
    for name, answer in answers.items():
        other = comparable(answer, wanted.layout)
        if other == shape or 0 in other:
            continue
        code = shape_code(wanted, reference, answer)
        yield Reason(code, _shape_text(code, reference, answer), (name,))


def _shape_text(code: str, reference: Inference, answer: Inference) -> str:
    first, second = reference.layer, answer.layer
    names = f"{first.framework}", f"{second.framework}"
    if code == "keepdims":
        return f"{names[0]} and {names[1]} differ in whether the pooled axes stay, with size 1."
    if code == "default_stride":
        return (
            f"No stride was given: {names[0]} takes {_sizes(first.stride)}, {names[1]} "
            f"{_sizes(second.stride)}."
        )
    if code == "transposed_size":
        return _transposed_text(reference, answer)
    if code == "padding_differs":
        return f"{names[0]} pads {_pads(first.padding)}, {names[1]} {_pads(second.padding)}."
    return f"{names[0]} and {names[1]} give different shapes."


def _transposed_text(reference: Inference, answer: Inference) -> str:
    both = [
        f"{inference.layer.framework} makes {_transposed_rule(inference)} = "
        f"{inference.axes[0].output}"
        for inference in (reference, answer)
    ]
    return f"Along the {answer.axes[0].axis} {both[0]}, {both[1]}."


def _transposed_rule(inference: Inference) -> str:
    """Write the formula that gave the size along the first axis."""
    layer, axis = inference.layer, inference.axes[0]
    rule, kernel = layer.padding_rule, axis.effective_kernel_size
    whole = (axis.input - 1) * axis.stride + kernel
    same = rule in ("same", "same_lower")
    if same and axis.output == axis.input * axis.stride:
        more = " (ONNX's shape inference adds the output padding)"
        return "input · stride" + (more if layer.framework == "onnx" else "")
    if same and layer.framework != "onnx":
        return "(input − 1) · stride + kernel − 2⌊kernel/2⌋ + output padding"
    if rule == "valid" and axis.output != whole:
        return "input · stride + max(kernel − stride, 0)"
    if rule == "valid" or not (any(axis.padding) or any(layer.output_padding)):
        return "(input − 1) · stride + kernel"
    return "(input − 1) · stride + kernel − padding + output padding"


def notes(answers: Answers) -> tuple[Reason, ...]:
    """List what is worth knowing even where all agree."""
    names = tuple(answers)
    found = []
    layers = [answer.layer for answer in answers.values()]
    if any(layer.kind == "conv" and max(layer.kernel_size) > 1 for layer in layers):
        detail = (
            "Every deep-learning “convolution” is a correlation: the kernel is not flipped. "
            "scipy.signal.convolve flips it and gives other numbers."
        )
        found.append(Reason("correlation", detail, names, disagrees=False))
    if any(
        layer.kind.startswith("adaptive") and _uneven(layer.spatial, layer.output_size)
        for layer in layers
    ):
        detail = (
            "The windows ⌊j·i/o⌋ to ⌈(j + 1)·i/o⌉ overlap and differ in size where o does not "
            "divide i: no pool with one window and one stride gives these numbers."
        )
        found.append(Reason("adaptive_uneven", detail, names, disagrees=False))
    if any(
        layer.kind == "avg_pool" and layer.ceil_mode and layer.count_include_pad for layer in layers
    ):
        detail = (
            "A window that hangs over is divided by its cells inside input and padding. "
            "onnxruntime divided by the whole window in older versions."
        )
        found.append(Reason("ceil_divisor_versions", detail, names, disagrees=False))
    if any(layer.kind == "upsampling" for layer in layers):
        detail = (
            "Pixels are taken as areas (half-pixel centres) everywhere by default; "
            "align_corners=True gives other numbers at the same shape."
        )
        found.append(Reason("align_corners", detail, names, disagrees=False))
    return tuple(found)


def _uneven(sizes: tuple[int, ...], outputs: tuple[int, ...]) -> bool:
    return any(output and size % output for size, output in zip(sizes, outputs, strict=True))


def _listed(names: tuple[str, ...]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _each(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())


def _sizes(sizes: tuple[int, ...]) -> str:
    return "×".join(map(str, sizes))


def _pads(pads: tuple[tuple[int, int], ...]) -> str:
    return " × ".join(f"({before}, {after})" for before, after in pads)
