"""Work is refused by its declared sizes, before anything is allocated."""

import tracemalloc

import numpy as np
import pytest

from service.convolution import (
    DEFAULT_BUDGET,
    Budget,
    Cost,
    OverBudget,
    check_budget,
    cost,
    read_tensor,
    run,
    weight_shape,
)
from service.shapes import read_layer


def test_the_cost_of_a_known_layer(layer):
    """AlexNet's first layer: 96 filters 11×11×3 at 55×55 positions."""
    made = layer("conv", "HWC", (227, 227, 3), (11, 11), stride=(4, 4), out_channels=96)
    spent = cost(made)
    assert spent.macs == 105_415_200
    assert (spent.input, spent.weight, spent.output) == (154_587, 34_848, 290_400)
    assert check_budget(made) == spent


def test_a_pool_counts_its_reads(layer):
    made = layer("max_pool", "CHW", (3, 8, 8), (2, 2), stride=(2, 2))
    assert cost(made) == Cost(macs=192, input=192, weight=0, output=48, workspace=768)


TEN_GIGABYTES = [
    ("input", {"input_shape": (36_000, 36_000, 1)}),
    ("weight", {"input_shape": (3, 3, 40_000), "out_channels": 40_000}),
    ("output", {"input_shape": (900, 900, 1), "out_channels": 2_000}),
    ("output", {"input_shape": (3, 3, 1), "padding": ((20_000, 20_000),) * 2}),
    ("macs", {"input_shape": (500, 500, 4), "kernel_size": (31, 31)}),
    ("workspace", {"input_shape": (3, 3, 1), "padding": ((3_000, 3_000),) * 2, "stride": (9, 9)}),
    ("input", {"input_shape": (2**31 - 1,) * 3}),
]


@pytest.mark.parametrize(("quantity", "given"), TEN_GIGABYTES)
def test_refused_without_allocating(layer, quantity, given):
    given = {"kernel_size": (3, 3), "out_channels": 1} | given
    made = layer("conv", "HWC", **given)
    tracemalloc.start()
    with pytest.raises(OverBudget) as caught:
        check_budget(made)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50_000
    error = caught.value
    assert (error.code, error.quantity) == ("over_budget", quantity)
    assert error.asked > error.limit == getattr(DEFAULT_BUDGET, f"max_{quantity}")
    assert f"{error.asked:,}" in error.detail
    assert f"{error.limit:,}" in error.detail
    assert "smaller" in error.hint


def test_other_limits_may_be_brought(layer):
    made = layer("conv", "HW", (5, 5), (3, 3), out_channels=1)
    assert check_budget(made, Budget(max_macs=81)).macs == 81
    with pytest.raises(OverBudget, match=r"asks for 81 multiply-accumulates; the limit is 80\."):
        check_budget(made, Budget(max_macs=80))
    pool = layer("avg_pool", "HW", (5, 5), (3, 3))
    with pytest.raises(OverBudget, match="81 reads by its windows"):
        check_budget(pool, Budget(max_macs=80))


def test_work_is_judged_by_the_time_it_should_take(layer):
    """As many multiply-accumulates, of floats and of integers that no library multiplies."""
    made = layer("conv", "CHW", (64, 56, 56), (3, 3), out_channels=64)
    floats, whole = (cost(made, np.dtype(dtype)).seconds for dtype in ("float32", "int64"))
    assert 20 * floats < whole < 1
    limits = Budget(max_milliseconds=100)
    assert check_budget(made, limits, np.dtype(np.float32)).milliseconds < 100
    with pytest.raises(OverBudget, match="milliseconds of one core; the limit is 100"):
        check_budget(made, limits, np.dtype(np.int64))
    assert limits.of_macs(4 * limits.max_macs) == Budget(
        max_macs=4 * limits.max_macs, max_milliseconds=400
    )
    assert limits.of_macs(5).max_milliseconds == 100


def test_a_forecast_for_every_kind_grows_with_the_input(layer):
    for kind, given in (
        ("conv", {"out_channels": 8}),
        ("conv_transpose", {"out_channels": 8}),
        ("depthwise", {"out_channels": 8, "groups": 8}),
        ("separable", {"out_channels": 8}),
        ("max_pool", {}),
        ("lp_pool", {}),
        ("adaptive_avg_pool", {"output_size": (7, 7)}),
        ("upsampling", {"stride": (2, 2)}),
    ):
        small, large = (
            cost(layer(kind, "CHW", (8, size, size), (3, 3), **given)).seconds for size in (16, 128)
        )
        assert 0 < 8 * small < large < 1, kind


def test_a_declared_tensor_is_counted_before_it_is_read():
    """Ten billion numbers in lists that share their rows."""
    tracemalloc.start()
    with pytest.raises(OverBudget, match="10,000,000,000 numbers in one tensor") as caught:
        read_tensor([[0] * 100_000] * 100_000, pointer="/input")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3_000_000
    assert (caught.value.quantity, caught.value.pointer) == ("tensor", "/input")


MEMORY = [
    ("conv", "CHW", (1, 400, 400), (3, 3), {"out_channels": 1, "padding": ((1, 1),) * 2}),
    ("conv", "CHW", (16, 100, 100), (5, 5), {"out_channels": 16, "groups": 16}),
    ("conv", "NHWC", (2000, 6, 6, 1), (3, 3), {"out_channels": 2}),
    ("conv", "CHW", (32, 64, 64), (3, 3), {"out_channels": 32, "padding_mode": "circular"}),
    ("max_pool", "HWC", (300, 300, 3), (5, 5), {"padding": ((2, 2),) * 2}),
    ("avg_pool", "HWC", (300, 300, 3), (3, 3), {"padding": ((1, 1),) * 2}),
]


@pytest.mark.parametrize("dtype", ["int64", "float64"])
@pytest.mark.parametrize(("kind", "layout", "shape", "kernel", "given"), MEMORY)
def test_the_workspace_is_what_was_declared(layer, kind, layout, shape, kernel, given, dtype):
    """Beyond the workspace: operands in the dtype of the work, and the output in two layouts."""
    made = layer(kind, layout, shape, kernel, **given)
    data = np.ones(shape, dtype)
    weight = np.ones(weight_shape(made), dtype) if kind == "conv" else None
    spent = check_budget(made)
    tracemalloc.start()
    run(made, data, weight)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    allowed = spent.workspace + 2 * spent.input + 3 * spent.output + 3 * spent.weight
    assert peak <= 8 * allowed + 200_000


def test_an_empty_output_may_have_no_huge_axis():
    """Its JSON would be that many empty lists."""
    made = read_layer("pytorch", "adaptive_avg_pool2d", (1, 2, 2), {"output_size": [10**6, 0]})
    assert check_budget(made).output == 10**6
    made = read_layer("pytorch", "adaptive_avg_pool2d", (1, 2, 2), {"output_size": [10**7, 0]})
    with pytest.raises(OverBudget, match="10,000,000 numbers in the output"):
        check_budget(made)
