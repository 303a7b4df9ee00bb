"""JAX code: it compiles, and where JAX is installed it makes the layer."""

from typing import Any

import pytest
from hypothesis import given, settings

from random_kinds import KINDS
from random_layers import LAYERS
from service.shapes import LAYOUTS, Inference, Layer, code, infer, read_layer


def snippet(op: str, shape: list[int], framework: str = "textbook", **values: object) -> str:
    return code(read_layer(framework, op, shape, values))["jax"]


@given(LAYERS | KINDS)
def test_it_compiles_and_uses_the_layer_on_its_input(layer: Layer) -> None:
    source = code(layer)["jax"]
    compile(source, "snippet", "exec")
    made, used = source.splitlines()[-2:]
    assert made.startswith(("x = jax.random.normal(jax.random.key(2), (", "x = [jax.random."))
    assert used == "y = layer(x)"
    assert "\nlayer = " in source or "\ndef layer(x):" in source


@given(LAYERS | KINDS)
@settings(deadline=None, max_examples=40)
def test_jax_gives_it_the_inferred_shape(layer: Layer) -> None:
    jax = pytest.importorskip("jax")
    scope: dict[str, Any] = {}
    source = code(layer)["jax"].removesuffix("y = layer(x)\n")
    with jax.disable_jit():
        exec(source, scope)  # noqa: S102 - the very code under test
    assert list(jax.eval_shape(scope["layer"], scope["x"]).shape) == completed(infer(layer))


def completed(inference: Inference) -> list[int]:
    """Put a batch and channels of 1 where the layer has none and lax wants some."""
    layer, sizes = inference.layer, [*inference.output_shape]
    if not layer.rank:
        return sizes
    letters = inference.output_layout or ""
    if LAYOUTS[letters].batch is None:
        sizes.insert(0, 1)
    if "C" not in letters:
        sizes.append(layer.out_channels or 1)
    return sizes


@pytest.mark.parametrize(
    ("source", "part"),
    [
        (
            snippet("conv2d", [28, 28, 3], kernel_size=5, filters=16),
            (
                "    x = lax.conv_general_dilated(\n"
                "        x, w,\n"
                "        window_strides=(1, 1),\n"
                '        padding="VALID",\n'
                '        dimension_numbers=("NHWC", "HWIO", "NHWC"),\n'
                "    )\n"
                "    return x + b\n"
            ),
        ),
        (
            snippet("conv2d", [1, 3, 9, 9], "pytorch", kernel_size=3, out_channels=2, padding=1),
            (
                "        padding=((1, 1), (1, 1)),\n"
                '        dimension_numbers=("NCHW", "OIHW", "NCHW"),\n'
                "    )\n"
                "    return x + b[:, None, None]\n"
            ),
        ),
        (
            snippet("conv1d", [9, 2], kernel_size=3, padding="same", padding_mode="reflect"),
            '    x = jnp.pad(x, ((0, 0), (1, 1), (0, 0)), mode="reflect")\n',
        ),
        (
            snippet(
                "conv_transpose1d",
                [1, 2, 9],
                "jax",
                kernel_size=3,
                out_channels=4,
                strides=2,
                padding="SAME",
            ),
            (
                "    x = lax.conv_transpose(\n"
                "        x, w,\n"
                "        strides=(2,),\n"
                '        padding="SAME",\n'
                '        dimension_numbers=("NCL", "OIL", "NCL"),\n'
                "    )\n"
                "    return x\n"
            ),
        ),
        (
            snippet("conv_transpose1d", [9, 2], kernel_size=3, stride=2, padding=1),
            "        padding=((1, 1),),\n        transpose_kernel=True,\n",
        ),
        (
            snippet("conv_transpose1d", [9, 4], kernel_size=3, stride=2, groups=2, filters=2),
            "        lhs_dilation=(2,),\n        feature_group_count=2,\n",
        ),
        (
            snippet("max_pool1d", [9, 2], kernel_size=2),
            (
                "        x, -jnp.inf, lax.max,\n"
                "        window_dimensions=(1, 2, 1),\n"
                "        window_strides=(1, 2, 1),\n"
                "        padding=((0, 0), (0, 0), (0, 0)),\n"
            ),
        ),
        (snippet("global_avg_pool2d", [9, 9, 2]), "    return x.mean((1, 2))\n"),
        (snippet("softmax", [9]), "    return jax.nn.softmax(x, axis=0)\n"),
        (snippet("relu6", [9]), "\nlayer = jax.nn.relu6\n"),
        (
            snippet("lp_pool1d", [9, 2], kernel_size=2, norm_type=3),
            "jnp.abs(x) ** 3, 0.0, lax.add,",
        ),
        (snippet("avg_pool1d", [9, 2], kernel_size=2, divisor_override=3), "    ) / 3\n"),
        (snippet("avg_pool1d", [9, 2], kernel_size=2), "    ) / 2\n"),
        (
            snippet("avg_pool1d", [9, 2], kernel_size=2, padding=1, count_include_pad=False),
            "    cells = jnp.ones_like(x)\n    counts =",
        ),
        (
            snippet("separable_conv1d", [9, 2], kernel_size=3, bias=True),
            "        x, depthwise,\n",
        ),
        (snippet("adaptive_avg_pool1d", [9, 2], output_size=4), "for axis, size in [(1, 4)]:\n"),
        (
            snippet("global_lp_pool1d", [9, 2]),
            "    return (jnp.abs(x) ** 2).sum((1,)) ** (1 / 2)\n",
        ),
        (snippet("zero_padding1d", [9, 2], padding=2), "((0, 0, 0), (2, 2, 0), (0, 0, 0))"),
        (snippet("cropping1d", [9, 2], cropping=2), "((0, 0, 0), (-2, -2, 0), (0, 0, 0))"),
        (snippet("upsampling1d", [9, 2], size=2), 'jax.image.resize(x, (1, 18, 2), "nearest")'),
        (snippet("linear", [9], units=2), "    return x @ w + b\n"),
        (snippet("flatten", [9, 2]), "    return x.reshape((18,))\n"),
        (snippet("batch_norm1d", [9, 2]), "jnp.sqrt(variance + 1e-5) * scale + bias\n"),
        (snippet("batch_norm2d", [1, 2, 9, 9], "pytorch"), "(x - mean[:, None, None]) / "),
        (snippet("batch_norm2d", [1, 2, 9, 9], "pytorch", affine=False), " + 1e-5)\n"),
        (snippet("add", [9], other_shapes=[[9]]), "    return sum(x)\n"),
        (snippet("concat", [9, 2], other_shapes=[[9, 3]]), "jnp.concatenate(x, axis=1)\n"),
        (snippet("tanh", [9]), "\nlayer = jnp.tanh\n"),
        (snippet("dropout", [9], p=1), "\nlayer = jnp.zeros_like\n"),
        (snippet("dropout", [9], p=0.25), "jax.random.bernoulli(jax.random.key(1), 0.75, x.shape)"),
    ],
)
def test_what_lax_has_is_one_call(source: str, part: str) -> None:
    assert part in source


def test_an_axis_of_one_takes_the_place_of_what_is_missing() -> None:
    grey = snippet("max_pool2d", [28, 30], kernel_size=5)
    assert "x = jax.random.normal(jax.random.key(2), (1, 28, 30, 1))  # NHWC\n" in grey
    whole = snippet("max_pool2d", [1, 28, 30, 3], kernel_size=5)
    assert "x = jax.random.normal(jax.random.key(2), (1, 28, 30, 3))\n" in whole
