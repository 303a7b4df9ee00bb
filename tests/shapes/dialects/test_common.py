"""What every dialect does alike: names, types, bounds, and refusals that help."""

import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.shapes import (
    FRAMEWORKS,
    MAX_SIZE,
    Layer,
    MisfitError,
    ParameterError,
    ShapeError,
    UnknownError,
    layouts,
    operations,
    parameters,
    read_layer,
)

OPS = {
    *(
        f"{kind}{rank}d"
        for kind in (
            *("conv", "conv_transpose", "max_pool", "avg_pool", "lp_pool", "adaptive_avg_pool"),
            *("adaptive_max_pool", "global_avg_pool", "global_max_pool", "global_lp_pool"),
            *("zero_padding", "cropping", "upsampling", "batch_norm"),
        )
        for rank in (1, 2, 3)
    ),
    *(f"{kind}_conv{rank}d" for kind in ("depthwise", "separable") for rank in (1, 2)),
    *("linear", "flatten", "relu", "relu6", "leaky_relu", "tanh", "sigmoid", "softmax", "dropout"),
    *("add", "concat", "center_crop_like"),
}
OWN = [(framework, op) for framework in ("textbook", "pytorch") for op in operations(framework)]
EVERY = [(framework, op) for framework in FRAMEWORKS for op in operations(framework)]
SHAPES = {"textbook": [28, 30, 3], "pytorch": [3, 28, 30]}


def refusal(
    framework: object = "pytorch",
    op: object = "conv2d",
    input_shape: object = None,
    layout: object = None,
    **values: object,
) -> ShapeError:
    shape = input_shape if input_shape is not None else SHAPES.get(str(framework), [3, 28, 30])
    if op == "conv2d" and framework == "pytorch":
        values = {"out_channels": 4, "kernel_size": 3} | values
    with pytest.raises(ShapeError) as caught:
        read_layer(framework, op, shape, values, layout)  # type: ignore[arg-type]
    return caught.value


def test_what_there_is() -> None:
    assert FRAMEWORKS == ("textbook", "pytorch", "keras", "tensorflow", "jax", "flax", "onnx")
    assert operations() == operations("textbook")
    assert set(operations()) == set(operations("pytorch")) == OPS
    assert operations()[0] == operations("pytorch")[0] == "conv1d"


@pytest.mark.parametrize(("framework", "op"), EVERY)
def test_declarations_are_complete(framework: str, op: str) -> None:
    declared = parameters(framework, op)
    names = [parameter.name for parameter in declared]
    assert len(set(names)) == len(names)
    for parameter in declared:
        assert parameter.help.endswith(".")
        assert parameter.choices or parameter.kind != "choice"
        assert not parameter.choices or parameter.kind in ("choice", "padding")
        assert parameter.alias_of is None or parameter.alias_of in names
        if not parameter.required:
            json.dumps(parameter.default)


def example(framework: str, op: str) -> tuple[list[int], dict[str, object]]:
    """Make up a shape in the default layout of an operation, and what else it asks for."""
    letters = "NC" if (framework, op) == ("pytorch", "flatten") else layouts(framework, op)[0]
    shape = [{"N": 2, "C": 4}.get(letter, 9) for letter in letters]
    by_kind: dict[str, object] = {"shapes": [shape], "number": 2}
    required = {p.name: by_kind.get(p.kind, 3) for p in parameters(framework, op) if p.required}
    if op == "linear":
        required["out_features"] = 3
    if op.startswith("upsampling"):
        required["scale_factor"] = 2
    return shape, required


@pytest.mark.parametrize(("framework", "op"), OWN)
def test_defaults_given_are_defaults_left_out(framework: str, op: str) -> None:
    shape, required = example(framework, op)
    spelled = {p.name: p.default for p in parameters(framework, op) if not p.required}
    layer = read_layer(framework, op, shape, required)
    assert read_layer(framework, op, shape, spelled | required) == layer
    assert read_layer(framework, op, shape, dict.fromkeys(spelled) | required) == layer
    assert layer.layout == layouts(framework, op)[len(shape) != len(layouts(framework, op)[0])]
    assert (layer.framework, layer.op) == (framework, op)


@pytest.mark.parametrize(("framework", "op"), OWN)
@pytest.mark.parametrize(
    "wrong",
    [{"no": "value"}, b"3", [[[3]]], 10**400, -(10**400)],
    ids=["object", "bytes", "nested", "large", "small"],
)
def test_no_parameter_takes_just_anything(framework: str, op: str, wrong: object) -> None:
    shape, required = example(framework, op)
    for parameter in parameters(framework, op):
        with pytest.raises((ParameterError, MisfitError)) as caught:
            read_layer(framework, op, shape, required | {parameter.name: wrong})
        assert caught.value.pointer.split("/")[1] in (parameter.name, "size", "scale_factor")
        assert caught.value.hint
        assert len(caught.value.detail) < 200


def test_required_prints_its_name() -> None:
    (required,) = {repr(p.default) for p in parameters("textbook", "conv2d") if p.required}
    assert required == "REQUIRED"


@pytest.mark.parametrize(
    ("error", "code", "pointer", "hint"),
    [
        (refusal("torch"), "unknown_framework", "/framework", "did you mean `pytorch`?"),
        (refusal("x"), "unknown_framework", "/framework", "frameworks: " + ", ".join(FRAMEWORKS)),
        (refusal(3), "wrong_type", "/framework", "one of " + ", ".join(FRAMEWORKS)),
        (refusal(op="conv_2d"), "unknown_operation", "/op", "did you mean `conv2d`?"),
        (refusal(op=[]), "wrong_type", "/op", "the name of an operation, such as conv2d"),
        (refusal(strides=2), "unknown_parameter", "/strides", "did you mean `stride`?"),
        (refusal(layout="NHWC"), "unknown_layout", "/layout", "its layouts: NCHW, CHW"),
        (refusal(layout=3), "wrong_type", "/layout", "letters such as NCHW"),
    ],
)
def test_names_that_do_not_exist(error: ShapeError, code: str, pointer: str, hint: str) -> None:
    assert (error.code, error.pointer, error.hint) == (code, pointer, hint)
    assert isinstance(error, UnknownError) == (code != "wrong_type")


def test_an_unlike_name_is_answered_with_all_names() -> None:
    error = refusal(**{"zzz/~": 1})
    assert error.pointer == "/zzz~1~0"
    assert error.hint.startswith("its parameters: in_channels, out_channels, kernel_size, ")


def test_a_layout_of_another_operation_is_recognised() -> None:
    assert "layout of other operations" in refusal(layout="NCL").detail
    assert "layout of other operations" not in refusal(layout="XYZ").detail


@pytest.mark.parametrize(
    ("name", "value", "pointer"),
    [
        ("kernel_size", "3", "/kernel_size"),
        ("kernel_size", 3.0, "/kernel_size"),
        ("kernel_size", True, "/kernel_size"),
        ("kernel_size", [3, 3.5], "/kernel_size/1"),
        ("kernel_size", [3, None], "/kernel_size/1"),
        ("kernel_size", [[3], 3], "/kernel_size/0"),
        ("kernel_size", {"h": 3}, "/kernel_size"),
        ("stride", [False, 1], "/stride/0"),
        ("padding", 1.5, "/padding"),
        ("padding", [[0, 1], [0, 1]], "/padding/0"),
        ("groups", "2", "/groups"),
        ("out_channels", False, "/out_channels"),
        ("bias", 1, "/bias"),
        ("bias", "true", "/bias"),
        ("padding_mode", 0, "/padding_mode"),
        ("kernel_size", b"3", "/kernel_size"),
    ],
)
def test_values_of_another_type(name: str, value: object, pointer: str) -> None:
    error = refusal(**{name: value})
    assert (error.code, error.pointer) == ("wrong_type", pointer)
    assert isinstance(error, ParameterError)
    assert error.hint


@pytest.mark.parametrize(
    ("name", "value", "code", "pointer"),
    [
        ("kernel_size", 0, "kernel_not_positive", "/kernel_size"),
        ("kernel_size", [3, -1], "kernel_not_positive", "/kernel_size/1"),
        ("stride", 0, "stride_not_positive", "/stride"),
        ("stride", [1, 0], "stride_not_positive", "/stride/1"),
        ("dilation", 0, "dilation_not_positive", "/dilation"),
        ("padding", -1, "padding_negative", "/padding"),
        ("out_channels", 0, "filters_not_positive", "/out_channels"),
        ("in_channels", 0, "channels_not_positive", "/in_channels"),
        ("groups", 0, "groups_not_positive", "/groups"),
        ("kernel_size", MAX_SIZE + 1, "number_too_large", "/kernel_size"),
        ("padding", [0, 10**400], "number_too_large", "/padding/1"),
        ("groups", -(10**400), "groups_not_positive", "/groups"),
        ("kernel_size", [3, 3, 3], "wrong_length", "/kernel_size"),
        ("stride", [], "wrong_length", "/stride"),
        ("padding", [1, 1, 1, 1], "pads_wrong_length", "/padding"),
        ("kernel_size", None, "missing_parameter", "/kernel_size"),
        ("out_channels", None, "missing_parameter", "/out_channels"),
        ("padding", "sane", "bad_padding_value", "/padding"),
        ("padding_mode", "zero", "bad_padding_mode_value", "/padding_mode"),
    ],
)
def test_values_that_no_layer_may_have(name: str, value: object, code: str, pointer: str) -> None:
    error = refusal(**{name: value})
    assert (error.code, error.pointer) == (code, pointer)
    assert isinstance(error, ParameterError)
    assert error.hint
    assert len(error.detail) < 200


def test_words_are_corrected() -> None:
    assert refusal(padding="sane").hint == "did you mean `same`?"
    assert refusal(padding="SAME").hint == "did you mean `same`?"
    assert refusal(padding="x" * 10_000).hint == "one of: valid, same"
    assert len(refusal(padding="x" * 10_000).detail) < 100


@pytest.mark.parametrize(
    ("shape", "code", "pointer"),
    [
        ("28x28x3", "wrong_type", "/input_shape"),
        (None, "wrong_type", "/input_shape"),
        ([3, "28", 28], "wrong_type", "/input_shape/1"),
        ([3, 28.0, 28], "wrong_type", "/input_shape/1"),
        ([3, 28, True], "wrong_type", "/input_shape/2"),
        ([3, -1, 28], "input_rank_or_size", "/input_shape/1"),
        ([3, MAX_SIZE + 1, 28], "number_too_large", "/input_shape/1"),
        ([], "input_rank_or_size", "/input_shape"),
        ([28, 28], "input_rank_or_size", "/input_shape"),
        ([1, 1, 3, 28, 28], "input_rank_or_size", "/input_shape"),
    ],
)
def test_inputs_that_are_none(shape: object, code: str, pointer: str) -> None:
    values = {"out_channels": 4, "kernel_size": 3}
    with pytest.raises(ShapeError) as caught:
        read_layer("pytorch", "conv2d", shape, values)  # type: ignore[arg-type]
    error = caught.value
    assert (error.code, error.pointer) == (code, pointer)
    assert error.hint
    assert isinstance(error, MisfitError) == (code == "input_rank_or_size")


def test_the_wrong_number_of_sizes_is_answered_with_the_right_ones() -> None:
    error = refusal(input_shape=[28, 28])
    assert error.detail == ("conv2d in pytorch takes an input of 3 (CHW) or 4 (NCHW) sizes, not 2.")
    assert error.hint == "for example 1x3x28x28"
    error = refusal(input_shape=[28, 28], layout="CHW")
    assert error.detail == "The layout CHW has 3 axes, the input has 2 sizes."


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from([0, 1, 2, 3, 2**31 - 1, 2**31, 2**63, 10**400, "same", "full", "reflect"])
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)


@given(st.sampled_from(EVERY), JSON, JSON, st.data())
def test_any_json_is_a_layer_or_a_refusal(
    operation: tuple[str, str], shape: object, layout: object, data: st.DataObject
) -> None:
    framework, op = operation
    names = [parameter.name for parameter in parameters(framework, op)]
    values = data.draw(st.dictionaries(st.sampled_from([*names, "other"]), JSON))
    shapes = [shape, *([9] * (len(letters) - 1) + [4] for letters in layouts(framework, op)[:2])]
    try:
        layer = read_layer(
            framework,
            op,
            data.draw(st.sampled_from(shapes)),  # type: ignore[arg-type]
            {name: 3 for name in ("kernel_size", "out_channels") if name in names} | values,
            data.draw(st.sampled_from([None, layout])),  # type: ignore[arg-type]
        )
    except ShapeError as error:
        pickle.dumps((error.code, error.detail, error.pointer, error.hint))
    else:
        assert type(layer) is Layer
