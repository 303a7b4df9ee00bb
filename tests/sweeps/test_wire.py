import base64
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.shapes import ShapeError
from service.sweeps import CODES, MAX_ROWS, read_sweep, write_sweep


def packed(numbers: list[int], dtype: str = "int32", **more: Any) -> dict[str, Any]:
    data = np.array(numbers, np.dtype(dtype).newbyteorder("<")).tobytes()
    return {"dtype": dtype, "data": base64.b64encode(data).decode(), **more}


def unpacked(column: dict[str, Any]) -> list[int]:
    array = np.frombuffer(base64.b64decode(column["data"]), column["dtype"])
    assert column["shape"] == [len(array)]
    return array.tolist()


def test_a_request_becomes_an_answer_in_lists() -> None:
    request = read_sweep(
        {
            "op": "conv2d",
            "input": {"start": 5, "stop": 8},
            "kernel_size": 3,
            "stride": [1, 0, 2],
            "channels": packed([1, 1, 4], "int64"),
            "filters": None,
        }
    )
    written = write_sweep(request.run(), request.encoding)
    assert json.loads(json.dumps(written)) == {
        "framework": "textbook",
        "op": "conv2d",
        "rows": 3,
        "results": {
            "output_height": [3, None, 3],
            "output_width": [3, None, 3],
            "params": [10, None, 37],
            "macs": [81, None, 324],
        },
        "code": [0, CODES.index("stride_not_positive"), 0],
        "codes": list(CODES),
        "refused": {"stride_not_positive": 1},
    }


def test_the_same_in_base64() -> None:
    request = read_sweep(
        {
            "framework": "pytorch",
            "op": "max_pool1d",
            "results": ["output", "unread"],
            "encoding": "base64",
            "input": packed([7, 1, 9], "int8", shape=[3]),
            "kernel_size": 2,
        }
    )
    written: Any = write_sweep(request.run(), request.encoding)
    assert json.loads(json.dumps(written)) == written
    assert {name: unpacked(column) for name, column in written["results"].items()} == {
        "output_length": [3, 0, 4],
        "unread_length": [1, 0, 1],
    }
    assert written["results"]["output_length"]["dtype"] == "int32"
    refused = CODES.index("output_would_be_zero_or_negative")
    assert unpacked(written["code"]) == [0, refused, 0]


def test_a_grid_of_ranges() -> None:
    request = read_sweep(
        {
            "op": "conv1d",
            "grid": True,
            "input": {"start": 8, "stop": 6, "step": -1},
            "kernel_size": {"stop": 3},
            "padding": "full",
            "results": ["output"],
        }
    )
    written: Any = write_sweep(request.run())
    assert written["results"] == {"output_length": [None, 8, 9, None, 7, 8]}


@given(st.integers(-30, 30), st.integers(-30, 30), st.integers(-9, 9).filter(bool))
def test_ranges_are_pythons(start: int, stop: int, step: int) -> None:
    column = {"start": start, "stop": stop, "step": step}
    request = read_sweep({"op": "conv1d", "input": column})
    assert request.columns["input"].tolist() == list(range(start, stop, step))


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"op": None}, "missing_parameter", "/op"),
        ({"op": "conv9d"}, "unknown_operation", "/op"),
        ({"framework": []}, "wrong_type", "/framework"),
        ({"results": "output"}, "wrong_type", "/results"),
        ({"results": [["output"]]}, "unknown_result", "/results/0"),
        ({"grid": 1}, "wrong_type", "/grid"),
        ({"encoding": "base32"}, "bad_encoding_value", "/encoding"),
        ({"encoding": 64}, "wrong_type", "/encoding"),
        ({"input": {"start": 1}}, "wrong_type", "/input/stop"),
        ({"input": {"stop": 1.5}}, "wrong_type", "/input/stop"),
        ({"input": {"stop": 2**60}}, "number_too_large", "/input/stop"),
        ({"input": {"stop": 2**53}}, "too_many_rows", "/input"),
        ({"input": {"stop": 5, "step": 0}}, "range_without_step", "/input/step"),
        ({"input": {"stop": 5, "stride": 2}}, "unknown_field", "/input"),
        ({"input": {}}, "wrong_type", "/input/stop"),
        ({"input": {"data": "AAAA"}}, "dtype_not_supported", "/input/dtype"),
        ({"input": packed([1]) | {"dtype": "float32"}}, "dtype_not_supported", "/input/dtype"),
        ({"input": packed([1]) | {"more": 1}}, "unknown_field", "/input"),
        ({"input": {"dtype": "int32", "data": [1]}}, "wrong_type", "/input/data"),
        ({"input": {"dtype": "int32", "data": "AAAA"}}, "base64_unreadable", "/input/data"),
        ({"input": {"dtype": "int32", "data": "AAAAA"}}, "base64_unreadable", "/input/data"),
        ({"input": {"dtype": "int32", "data": "AA AA"}}, "base64_unreadable", "/input/data"),
        ({"input": {"dtype": "int32", "data": "é"}}, "base64_unreadable", "/input/data"),
        ({"input": packed([1, 2], shape=[3])}, "columns_of_unequal_length", "/input/shape"),
        ({"a/b": {"stop": "x"}}, "wrong_type", "/a~1b/stop"),
        ({"input": [1, "2"]}, "wrong_type", "/input/1"),
        ({"input": [1, 2], "stride": [1, 2, 3]}, "columns_of_unequal_length", "/stride"),
    ],
)
def test_what_is_no_sweep_is_refused(changes: dict[str, Any], code: str, pointer: str) -> None:
    with pytest.raises(ShapeError) as caught:
        read_sweep({"op": "conv1d", "input": 8, "kernel_size": 3, **changes}).run()
    assert (caught.value.code, caught.value.pointer) == (code, pointer)
    assert caught.value.hint


@pytest.mark.parametrize("document", [None, [], "conv2d"])
def test_a_request_is_an_object(document: Any) -> None:
    with pytest.raises(ShapeError, match="cannot be"):
        read_sweep(document)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64"])
def test_a_million_rows_are_read_and_one_more_is_not(dtype: str) -> None:
    request = read_sweep({"op": "conv1d", "kernel_size": 1, "input": packed([1] * MAX_ROWS, dtype)})
    assert request.run().rows == MAX_ROWS
    with pytest.raises(ShapeError) as caught:
        read_sweep(
            {"op": "conv1d", "kernel_size": 1, "input": packed([1] * (MAX_ROWS + 1), dtype)}
        ).run()
    assert caught.value.code == "too_many_rows"
