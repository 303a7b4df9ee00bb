"""Files of other programs over HTTP: what they hold, and refusals of those that hold nothing."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract_client import ContractClient

ROUTE = "/v1/networks/import"
BYTES = "application/octet-stream"
FILES = sorted((Path(__file__).parents[1] / "oracle" / "keras").glob("*.json.gz"))


def keras(name: str) -> Any:
    path = next(path for path in FILES if path.name == f"{name}.json.gz")
    return json.loads(gzip.decompress(path.read_bytes()))


@pytest.mark.parametrize("name", ["everything", "mobilenet", "shared", "line"])
def test_keras_models_are_answered_as_keras_counts(client: ContractClient, name: str) -> None:
    record = keras(name)
    answer = client.post(ROUTE, json=record["model"]).get_json()
    assert answer["total"]["params"] == record["params"] or name == "shared"
    for layer in answer["layers"]:
        shape, params = record["layers"].get(layer["name"], (None, layer["params"]))
        assert shape in (None, layer["output_shape"]), layer["name"]
        assert params == layer["params"], layer["name"]
    again = client.post("/v1/networks", json=answer["definition"]).get_json()
    assert again.items() <= answer.items()


def test_other_media_types(client: ContractClient) -> None:
    model = keras("mobilenet")["model"]
    text = client.post(f"{ROUTE}?format=text", json=model).text
    assert "Parameters: 4,253,864" in text
    rows = client.post(ROUTE, json=model, headers={"Accept": "text/csv"})
    assert rows.text.startswith("layer,op,")


def test_pictures(client: ContractClient) -> None:
    as_svg, as_png = {"Accept": "image/svg+xml"}, {"Accept": "image/png"}
    model = keras("mobilenet_v2")["model"]
    assert "7 × 7 × 1280" in client.post(ROUTE, json=model, headers=as_svg).text
    posted = client.get("/v1/networks/lenet5").get_json()["definition"]
    assert "LeNet-5" in client.get("/v1/networks/lenet5", headers=as_svg).text
    assert "28 × 28 × 6" in client.post("/v1/networks", json=posted, headers=as_svg).text
    for theme in ("light", "dark"):
        picture = client.get(f"/v1/networks/unet/figure.png?theme={theme}")
        assert picture.data.startswith(b"\x89PNG")
    assert client.get("/v1/networks/lenet5", headers=as_png).content_type == "image/png"
    assert client.get("/v1/networks/lenet6/figure.svg").status_code == 404


class TestONNX:
    """Bytes, where the package that reads them is installed."""

    @pytest.fixture(autouse=True)
    def _onnx(self) -> None:
        pytest.importorskip("onnx", reason="the package `onnx` is not installed")

    def light(self, name: str) -> bytes:
        import onnx

        folder = Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
        return (folder / f"light_{name}.onnx").read_bytes()

    def test_real_files(self, client: ContractClient) -> None:
        for name, params in (("resnet50", 25_557_032), ("squeezenet", 1_235_496)):
            sent: dict[str, Any] = {"data": self.light(name), "content_type": BYTES}
            answer = client.post(ROUTE, **sent).get_json()
            assert answer["total"]["params"] == params
            assert answer["layers"][-1]["output_shape"][:2] == [1, 1000]
            again = client.post("/v1/networks", json=answer["definition"]).get_json()
            assert again.items() <= answer.items()
            small = client.post(f"{ROUTE}?input_shape=2x3x256x256", **sent).get_json()
            assert small["layers"][0]["output_shape"][0] == 2

    @pytest.mark.parametrize(
        "raw",
        [
            b"",
            b"hello",
            b"\xff" * 10_000,
            b"\x3a" + b"\xff\xff\xff\xff\x0f",  # a graph of 4 GB, of which nothing comes
            b"\x3a\x84\x80\x80\x00" + b"\x0a\x00" * 2,
            b"\x0b" * 100_000,  # groups in groups
            b"\x3a\xc0\x9a\x0c" + b"\x0a\x00" * 100_000,  # a graph of 100,000 empty nodes
            b"\x3a" * 100_000,
        ],
        ids=["empty", "text", "varint", "graph", "short", "groups", "nodes", "graphs"],
    )
    def test_hostile_bytes(self, client: ContractClient, raw: bytes) -> None:
        answer = client.post(ROUTE, data=raw, content_type=BYTES)
        assert answer.status_code == 422
        code = answer.get_json()["code"]
        assert code in ("not_onnx", "empty_network", "too_many_layers", "several_inputs")

    def test_broken_files_are_refused_or_read(self, client: ContractClient) -> None:
        files = [self.light(name) for name in ("bvlc_alexnet", "squeezenet")]

        @settings(
            max_examples=150,
            deadline=None,
            suppress_health_check=[HealthCheck.function_scoped_fixture],
        )
        @given(st.sampled_from(files), st.data())
        def send(file: bytes, data: st.DataObject) -> None:
            raw = bytearray(file[: data.draw(st.integers(0, len(file)))])
            place = st.tuples(st.integers(0, len(file)), st.integers(0, 255))
            for at, value in data.draw(st.lists(place, max_size=8)):
                if at < len(raw):
                    raw[at] = value
            answer = client.post(ROUTE, data=bytes(raw), content_type=BYTES)
            assert answer.status_code in (200, 422), answer.text

        send()
