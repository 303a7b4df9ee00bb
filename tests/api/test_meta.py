"""The service about itself: links, probes, contract, pages."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask

from contract_client import ContractClient
from service.api.context import now, services
from service.api.pages import ASSETS
from service.app import create_app
from service.config import ConfigError
from service.resources import openapi_file

MakeApp = Callable[..., Flask]
BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def test_links_for_curl(client: ContractClient) -> None:
    home = client.get("/").get_json()
    for link in home["links"].values():
        assert client.get(link).status_code == 200, link
    command = re.fullmatch(r"curl -s '(http://localhost)(/.+)'", home["try_it"])
    assert command is not None
    assert client.get(command[2]).text.startswith("conv2d (textbook, HWC): 28×28×3 → 28×28×16\n")
    text = client.get("/?format=text").text
    assert "docs" in text
    assert home["try_it"] in text


def test_a_page_for_browsers(client: ContractClient) -> None:
    page = client.get("/", headers=BROWSER)
    assert page.mimetype == "text/html"
    assert "28×28×3 → 28×28×16" in page.text
    form = dict(re.findall(r'name="(\w+)" value="([^"]+)"', page.text))
    assert client.get("/v1/shapes/conv2d", query_string=form).status_code == 200


@pytest.mark.parametrize("path", ["/", "/docs", "/errors", "/errors/over_budget"])
def test_pages_hold_to_their_policy(client: ContractClient, path: str) -> None:
    page = client.get(path, headers=BROWSER)
    assert page.mimetype == "text/html"
    assert "<style" not in page.text
    assert not re.search(r'\s(style|on\w+)="', page.text)
    assert not re.search(r"<script(?![^>]* src=)", page.text)
    loaded = re.findall(r'(?:src|href)="([^"#]+)"', page.text)
    assert loaded
    for address in loaded:
        assert address.startswith("/"), address
        assert client.get(address).status_code == 200, address


def test_pages_escape_what_they_show(client: ContractClient) -> None:
    page = client.get("/", headers={**BROWSER, "Host": "localhost"})
    assert "&amp;kernel_size=5" in page.text
    assert "&kernel_size=5" not in page.text


def test_every_file_of_a_page(client: ContractClient) -> None:
    for name, (_, media) in ASSETS.items():
        response = client.get(f"/assets/{name}")
        assert response.mimetype == media
        assert response.data
        assert (
            client.get(
                f"/assets/{name}", headers={"If-None-Match": response.headers["ETag"]}
            ).status_code
            == 304
        )
    for name in ("swagger-ui.js", "..%2Fbase.html", "base.html", "LICENSE"):
        assert client.get(f"/assets/{name}").status_code == 404


def test_swagger_ui_asks_no_other_host(client: ContractClient) -> None:
    script = client.get("/assets/docs.js").text
    assert 'url: "/openapi.json"' in script
    assert "validatorUrl: null" in script
    assert "http" not in script.replace("https://", "http").split("//", 1)[0]


def test_is_alive_whatever_the_database_does(make_app: MakeApp) -> None:
    client = make_app(mode="secured", database_url="sqlite:////proc/none/x.db").test_client()
    assert client.get("/livez").get_json() == {"status": "alive"}
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert ready.headers["Retry-After"] == "1"


def test_is_ready_on_a_migrated_database(make_app: MakeApp, database_url: str) -> None:
    client = make_app(mode="secured", database_url=database_url).test_client()
    kind = "sqlite" if database_url.startswith("sqlite") else "postgresql"
    assert client.get("/readyz").get_json() == {"status": "ready", "database": kind}


def test_is_not_ready_on_an_empty_one(make_app: MakeApp, bare_url: str) -> None:
    ready = make_app(mode="secured", database_url=bare_url).test_client().get("/readyz")
    assert ready.get_json()["code"] == "not_migrated"
    assert "convcards migrate" in ready.get_json()["detail"]


def test_is_not_ready_on_a_newer_one(make_app: MakeApp, sqlite_url: str) -> None:
    import sqlite3

    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'from the future'")
    connection.close()
    ready = make_app(mode="secured", database_url=sqlite_url).test_client().get("/readyz")
    assert ready.get_json()["code"] == "not_migrated"
    assert "newer" in ready.get_json()["detail"]


def test_serves_the_committed_contract(client: ContractClient) -> None:
    as_yaml = client.get("/openapi.yaml")
    assert as_yaml.data == Path(openapi_file()).read_bytes()
    assert as_yaml.mimetype == "application/yaml"
    as_json: Any = client.get("/openapi.json").get_json()
    assert as_json == yaml.load(as_yaml.data, yaml.CSafeLoader)


def test_production_is_made_of_the_environment_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CONVCARDS_DATABASE_URL", f"sqlite:///{tmp_path}/x.db")
    monkeypatch.setenv("CONVCARDS_MODE", "secured")
    app = create_app()
    with app.app_context():
        assert services().settings.mode == "secured"
        assert now().utcoffset() == timedelta(0)
        assert abs(datetime.now(UTC) - now()) < timedelta(minutes=1)
        assert services().rng.getrandbits(64) != services().rng.getrandbits(64)
    assert app.test_client().get("/v1/users/ann/answers").status_code == 401
    monkeypatch.setenv("CONVCARDS_MOD", "secured")
    with pytest.raises(ConfigError, match="did you mean CONVCARDS_MODE"):
        create_app()
