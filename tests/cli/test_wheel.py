"""The wheel alone is enough: migrations, deck, contract and server settings are inside."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from running import ROOT, environment, sqlite, started


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's wheel, built from this checkout without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        env=environment(),
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl")
    return built


def test_everything_is_inside(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    beside = [
        ROOT / "openapi.yaml",
        ROOT / "gunicorn.conf.py",
        *(ROOT / "migrations").rglob("*.py"),
    ]
    wanted = {f"service/_project/{path.relative_to(ROOT)}" for path in beside}
    package = [path for path in (ROOT / "service").rglob("*") if path.is_file()]
    wanted |= {str(p.relative_to(ROOT)) for p in package if "__pycache__" not in p.parts}
    assert wanted <= inside
    assert not [name for name in inside if name.startswith("tests/")]


def test_it_serves_from_another_folder_without_the_checkout(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", site, wheel],
        env=environment(),
        check=True,
        capture_output=True,
    )
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    settings = {"PYTHONPATH": str(site), "CONVCARDS_DATABASE_URL": sqlite(folder)}
    where = subprocess.run(
        [sys.executable, "-c", "import service; print(service.__file__)"],
        env=environment(**settings),
        cwd=folder,
        check=True,
        capture_output=True,
        text=True,
    )
    assert where.stdout.startswith(str(site))
    command = [sys.executable, "-m", "service", "serve", "--port", "0"]
    with started(command, tmp_path / "log", cwd=folder, **settings) as server:
        shape = {"op": "conv2d", "input_shape": [28, 28, 3], "kernel_size": 5}
        status, _, body = server.request("POST", "/v1/shapes", shape)
        assert (status, json.loads(body)["output_shape"]) == (200, [24, 24, 1])
        assert len(server.get("/v1/decks/cnn/cards?limit=100")["items"]) == 17
        assert server.get("/openapi.json")["openapi"].startswith("3.1")
        assert server.stop() == 0
