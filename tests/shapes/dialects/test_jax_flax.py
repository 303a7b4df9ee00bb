"""JAX's and flax's words: cropping by negative padding, and sizes of 0 instead of refusals."""

import math
import random
from functools import partial
from typing import Any

import pytest

from service.shapes import ShapeError, infer, layouts, read_layer


def output(
    framework: str, op: str, shape: list[int], layout: str | None = None, **values: object
) -> list[int]:
    return list(infer(read_layer(framework, op, shape, values, layout)).output_shape)


def refusal(framework: str, op: str, shape: list[int], **values: object) -> ShapeError:
    with pytest.raises(ShapeError) as caught:
        read_layer(framework, op, shape, values)
    return caught.value


def jax(shape: list[int], layout: str | None = None, **values: object) -> list[int]:
    values = {"kernel_size": 3, "out_channels": 4} | values
    return output("jax", f"conv{len(shape) - 2}d", shape, layout, **values)


def test_jax_takes_its_axes_in_any_order() -> None:
    assert jax([1, 2, 9]) == [1, 4, 7]
    assert jax([1, 9, 2], "NLC") == jax([1, 9, 2], "NWC") == [1, 7, 4]
    assert jax([1, 9, 8, 2], "NHWC") == [1, 7, 6, 4]
    assert layouts("jax", "conv_transpose3d") == ("NCDHW", "NDHWC")


def test_jax_has_no_bias() -> None:
    layer = read_layer("jax", "conv1d", [1, 2, 9], {"kernel_size": 3, "out_channels": 4})
    assert infer(layer).params == 24
    assert refusal("jax", "conv1d", [1, 2, 9], bias=True).code == "unknown_parameter"


@pytest.mark.parametrize(
    ("padding", "rule", "pads"),
    [
        (None, "valid", (0, 0)),
        ("VALID", "valid", (0, 0)),
        ("SAME", "same", (0, 1)),
        ("same", "same", (0, 1)),
        ("SAME_LOWER", "same_lower", (1, 0)),
        ([[2, 0]], "explicit", (2, 0)),
        ([(-1, 2)], "explicit", (-1, 2)),
        ([[-9, 0]], "explicit", (-9, 0)),
    ],
)
def test_padding_is_a_word_or_a_pair_for_each_axis(
    padding: object, rule: str, pads: tuple[int, int]
) -> None:
    values = {"kernel_size": 2, "out_channels": 1, "padding": padding}
    layer = read_layer("jax", "conv1d", [1, 2, 9], values)
    assert (layer.padding_rule, layer.padding) == (rule, (pads,))


@pytest.mark.parametrize(
    ("padding", "code", "pointer"),
    [
        ("FULL", "bad_padding_value", "/padding"),
        (1, "wrong_type", "/padding"),
        ([1, 1], "wrong_type", "/padding/0"),
        ([[1, 1]], "pads_wrong_length", "/padding"),
        ([[1, 1], [1]], "pads_wrong_length", "/padding/1"),
        ([[1, 1], [0, None]], "wrong_type", "/padding/1/1"),
        ([[2**31, 1], [0, 0]], "number_too_large", "/padding/0/0"),
        ([[0, 0], [-5, -5]], "padding_negative", "/padding/1"),
    ],
)
def test_paddings_that_are_none(padding: object, code: str, pointer: str) -> None:
    values = {"kernel_size": 3, "out_channels": 1, "padding": padding}
    error = refusal("jax", "conv2d", [1, 2, 9, 9], **values)
    assert (error.code, error.pointer) == (code, pointer)
    assert error.hint


def test_a_kernel_larger_than_the_input_leaves_nothing() -> None:
    assert jax([1, 2, 3], kernel_size=9) == [1, 4, 0]
    assert output("flax", "max_pool2d", [1, 3, 9, 2], kernel_size=[5, 5]) == [1, 0, 5, 2]
    assert output("flax", "max_pool1d", [1, 3, 2], kernel_size=1, padding=[[-9, 0]]) == [1, 0, 2]


@pytest.mark.parametrize("before", [-9, -3, -1])
@pytest.mark.parametrize("after", [-2, 0, 9])
@pytest.mark.parametrize(("kernel", "stride", "dilation"), [(3, 1, 1), (3, 2, 3), (2, 3, 1)])
def test_what_is_cropped_is_not_read(
    before: int, after: int, kernel: int, stride: int, dilation: int
) -> None:
    values = {"kernel_size": kernel, "strides": stride, "dilations": dilation}
    values |= {"padding": [[before, after]], "out_channels": 1}
    (axis,) = infer(read_layer("jax", "conv1d", [1, 1, 11], values)).axes
    read = {j * stride - before + t * dilation for j in range(axis.output) for t in range(kernel)}
    assert axis.unread == len(set(range(11)) - read)


@pytest.mark.parametrize(
    ("values", "code", "pointer"),
    [
        ({"strides": 0}, "stride_not_positive", "/strides"),
        ({"dilations": [0]}, "dilation_not_positive", "/dilations/0"),
        ({"kernel_size": [3, 3]}, "wrong_length", "/kernel_size"),
        ({"groups": 2, "out_channels": 3}, "channels_not_divisible_by_groups", "/groups"),
        ({"in_channels": 3}, "input_channels_mismatch", "/in_channels"),
        ({"out_channels": None}, "missing_parameter", "/out_channels"),
    ],
)
def test_what_jax_refuses(values: dict[str, Any], code: str, pointer: str) -> None:
    error = refusal("jax", "conv1d", [1, 2, 9], **{"kernel_size": 3, "out_channels": 4} | values)
    assert (error.code, error.pointer) == (code, pointer)
    assert error.hint
    assert refusal("jax", "conv1d", [1, 2, 0], kernel_size=3, out_channels=1).pointer.endswith("/2")


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "size", "pads", "more"),
    [
        (3, 2, "SAME", 8, (0, 1), 0),
        (4, 2, "SAME", 8, (1, 1), 0),
        (2, 3, "SAME", 12, (0, 0), 1),
        (3, 2, "VALID", 9, (0, 0), 0),
        (2, 3, "VALID", 12, (0, 0), 1),
        (3, 2, [[2, 2]], 9, (0, 0), 0),
        (3, 2, [[1, 3]], 9, (1, -1), 0),
        (3, 2, [[-3, -4]], 0, (5, 6), 0),
    ],
)
def test_where_a_transposed_convolution_is_cropped(
    kernel: int, stride: int, padding: object, size: int, pads: tuple[int, int], more: int
) -> None:
    values: dict[str, Any] = {"kernel_size": kernel, "strides": stride, "padding": padding}
    for framework in ("jax", "flax"):
        shape, name = ([1, 2, 4], "NCL") if framework == "jax" else ([1, 4, 2], "NLC")
        asked = values | {"out_channels": 1}
        layer = read_layer(framework, "conv_transpose1d", shape, asked, name)
        assert (layer.padding[0], layer.output_padding) == (pads, (more,))
        assert size in infer(layer).output_shape


def test_what_transposed_convolutions_refuse() -> None:
    values: dict[str, Any] = {"kernel_size": 3, "out_channels": 1}
    error = refusal("jax", "conv_transpose1d", [1, 2, 4], **values, padding="SAME_LOWER")
    assert error.code == "bad_padding_value"
    error = refusal("jax", "conv_transpose1d", [1, 2, 4], **values, padding=[[-3, -3]])
    assert (error.code, error.pointer) == ("padding_negative", "/padding/0")
    assert refusal("jax", "conv_transpose1d", [1, 2, 4], **values, groups=2).pointer == "/groups"


def test_flax_has_its_own_words_and_the_common_ones() -> None:
    own = read_layer(
        "flax",
        "conv2d",
        [1, 9, 9, 4],
        {
            "features": 6,
            "kernel_size": 3,
            "kernel_dilation": 2,
            "feature_group_count": 2,
            "use_bias": False,
        },
    )
    common = read_layer(
        "flax",
        "conv2d",
        [1, 9, 9, 4],
        {"out_channels": 6, "kernel_size": 3, "dilations": 2, "groups": 2, "bias": False},
    )
    assert own == common
    assert (own.padding_rule, own.stride, infer(own).params) == ("same", (1, 1), 108)
    for name, alias in (("features", "out_channels"), ("use_bias", "bias")):
        error = refusal(
            "flax", "conv1d", [9, 2], kernel_size=3, **{"features": 1, name: 1, alias: 1}
        )
        assert (error.code, error.pointer) == ("given_twice", f"/{alias}")
    pool = {"window_shape": [2, 3]}
    assert output("flax", "max_pool2d", [9, 9, 4], **pool) == [8, 7, 4]
    assert refusal("flax", "max_pool2d", [9, 9, 4]).pointer == "/kernel_size"


def test_pools_of_flax_stride_by_one_and_count_their_padding() -> None:
    layer = read_layer("flax", "avg_pool1d", [9, 2], {"kernel_size": 3})
    assert (layer.stride, layer.count_include_pad) == ((1,), True)
    values = {"kernel_size": 3, "count_include_pad": False, "padding": "SAME_LOWER", "strides": 2}
    layer = read_layer("flax", "avg_pool1d", [8, 2], values)
    assert (layer.count_include_pad, layer.padding) == (False, ((1, 0),))
    assert refusal("flax", "max_pool1d", [9, 2], kernel_size=3, padding=1).code == "wrong_type"


@pytest.mark.parametrize(
    ("padding", "mode", "rule", "pads"),
    [
        ("CIRCULAR", "circular", "explicit", (3, 3)),
        ("reflect", "reflect", "explicit", (3, 3)),
        ("CAUSAL", "zeros", "causal", (6, 0)),
        (2, "zeros", "explicit", (2, 2)),
        ([1], "zeros", "explicit", (1, 1)),
        ([[1, -1]], "zeros", "explicit", (1, -1)),
    ],
)
def test_convolutions_of_flax_pad_with_anything(
    padding: object, mode: str, rule: str, pads: tuple[int, int]
) -> None:
    values = {"features": 1, "kernel_size": 4, "kernel_dilation": 2, "padding": padding}
    layer = read_layer("flax", "conv1d", [9, 2], values)
    assert (layer.padding_mode, layer.padding_rule, layer.padding) == (mode, rule, (pads,))


def test_causal_padding_is_for_one_dimension() -> None:
    error = refusal("flax", "conv2d", [9, 9, 2], features=1, kernel_size=3, padding="CAUSAL")
    assert (error.code, error.pointer) == ("causal_not_allowed", "/padding")
    error = refusal("flax", "conv2d", [9, 9, 2], features=3, kernel_size=3, feature_group_count=2)
    assert (error.code, error.pointer) == (
        "channels_not_divisible_by_groups",
        "/feature_group_count",
    )
    error = refusal("flax", "conv2d", [9, 9, 2], features=1, kernel_size=3, in_channels=3)
    assert error.code == "input_channels_mismatch"


@pytest.mark.parametrize("framework", ["jax", "flax"])
def test_what_stands_between_convolutions(framework: str) -> None:
    shape = [2, 5, 6, 3]
    for op in ("relu", "relu6", "tanh", "sigmoid", "softmax"):
        assert output(framework, op, shape) == shape
    assert output(framework, "flatten", shape, "NHWC") == [2, 90]
    assert output(framework, "flatten", [5, 6, 3], "HWC") == [90]
    assert output(framework, "add", shape, other_shapes=[shape]) == shape
    assert output(framework, "concat", shape, other_shapes=[shape]) == [4, 5, 6, 3]
    assert output(framework, "concat", shape, other_shapes=[shape], axis=-1) == [2, 5, 6, 6]
    assert output(framework, "global_avg_pool2d", shape, "NHWC") == [2, 3]
    assert output(framework, "global_max_pool2d", shape, "NHWC", keepdims=True) == [2, 1, 1, 3]


def test_layers_of_flax() -> None:
    assert output("flax", "linear", [2, 5], features=3) == [2, 3]
    norm = infer(read_layer("flax", "batch_norm2d", [2, 5, 6, 3], {"use_scale": False}))
    assert (norm.params, norm.buffers) == (3, 6)
    assert read_layer("flax", "dropout", [2, 5], {"rate": 0.25}).rate == 0.25
    assert refusal("flax", "dropout", [2, 5]).pointer == "/rate"


def test_jax_says_the_same() -> None:
    """Random convolutions; lax tells a shape without computing anything."""
    jax_module = pytest.importorskip("jax")
    source = random.Random(3)  # noqa: S311 - no secret
    for _ in range(300):
        rank, groups = source.randint(1, 3), source.randint(1, 2)
        sizes, kernel, stride, dilation = (
            [source.randint(1, most) for _ in range(rank)] for most in (9, 6, 4, 3)
        )
        pads = [[source.randint(-2, 3), source.randint(-2, 3)] for _ in range(rank)]
        padding = source.choice(["SAME", "VALID", "SAME_LOWER", pads])
        values = {"kernel_size": kernel, "strides": stride, "dilations": dilation}
        values |= {"padding": padding, "out_channels": 4}
        letters = {1: "NCL", 2: "NCHW", 3: "NCDHW"}[rank]
        orders = (letters, "OI" + letters[2:], letters)
        word = padding if isinstance(padding, str) else [tuple(pair) for pair in padding]
        options = {"rhs_dilation": dilation, "dimension_numbers": orders}
        shape = [2, 2, *sizes]
        convolve = partial(
            jax_module.lax.conv_general_dilated,
            window_strides=stride,
            padding=word,
            feature_group_count=groups,
            **options,
        )
        theirs = shape_of(jax_module, convolve, shape, [4, 2 // groups, *kernel])
        assert answer("jax", f"conv{rank}d", shape, values | {"groups": groups}) == theirs
        if padding != "SAME_LOWER":
            transpose = partial(
                jax_module.lax.conv_transpose, strides=stride, padding=word, **options
            )
            theirs = shape_of(jax_module, transpose, shape, [4, 2, *kernel])
            assert answer("jax", f"conv_transpose{rank}d", shape, values) == theirs


def test_flax_says_the_same() -> None:
    jax_module = pytest.importorskip("jax")
    linen = pytest.importorskip("flax.linen")
    source = random.Random(4)  # noqa: S311 - no secret
    for _ in range(150):
        rank = source.randint(1, 3)
        sizes, kernel, stride, dilation = (
            [source.randint(1, most) for _ in range(rank)] for most in (9, 6, 4, 3)
        )
        shape = [2, *sizes, 4]
        pads = [[source.randint(-1, 3), source.randint(-1, 3)] for _ in range(rank)]
        word = source.choice(["SAME", "VALID", "SAME_LOWER", "CIRCULAR", "CAUSAL", 1, pads])
        given = tuple(map(tuple, word)) if isinstance(word, list) else word
        values = {"kernel_size": kernel, "strides": stride, "padding": word}
        asked = values | {"features": 6, "kernel_dilation": dilation, "feature_group_count": 2}
        module = linen.Conv(
            6,
            tuple(kernel),
            tuple(stride),
            given,
            kernel_dilation=tuple(dilation),
            feature_group_count=2,
        )
        assert answer("flax", f"conv{rank}d", shape, asked) == made(jax_module, module, shape)
        if word in ("SAME", "VALID", pads):
            pool = partial(
                linen.avg_pool,
                window_shape=tuple(kernel),
                strides=tuple(stride),
                padding=given,
            )
            theirs = shape_of(jax_module, pool, shape)
            assert answer("flax", f"avg_pool{rank}d", shape, values) == theirs


def answer(framework: str, op: str, shape: list[int], values: dict[str, Any]) -> object:
    """Our shape, with the number of parameters for flax's modules, or None."""
    try:
        inference = infer(read_layer(framework, op, shape, values))
    except ShapeError:
        return None
    sizes = list(inference.output_shape)
    return (sizes, inference.params) if framework == "flax" and inference.params else sizes


def shape_of(jax: Any, function: Any, *shapes: list[int]) -> list[int] | None:
    arrays = [jax.ShapeDtypeStruct(tuple(shape), "float32") for shape in shapes]
    try:
        return list(jax.eval_shape(function, *arrays).shape)
    except (ValueError, TypeError, RuntimeError):
        return None


def made(jax: Any, module: Any, shape: list[int]) -> tuple[list[int], int] | None:
    array = jax.ShapeDtypeStruct(tuple(shape), "float32")
    key = jax.ShapeDtypeStruct((2,), "uint32")
    try:
        result, variables = jax.eval_shape(module.init_with_output, key, array)
    except (ValueError, TypeError, RuntimeError):
        return None
    counts = [math.prod(leaf.shape) for leaf in jax.tree_util.tree_leaves(variables)]
    return list(result.shape), sum(counts)
