"""What the Dockerfile, the Compose file and nginx name exists, and they agree with one another."""

import json
import re
import subprocess
import tomllib
from dataclasses import fields
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
import yaml

from running import BIN, ROOT
from service.api.blueprints import RESOURCES
from service.config import FROM_FILE, PREFIX, Settings

DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
NGINX = (ROOT / "deploy" / "nginx.conf").read_text()
SETTINGS = {PREFIX + setting.name.upper(): setting for setting in fields(Settings)}
SERVICES = COMPOSE["services"]


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def gunicorn_settings() -> dict[str, str]:
    text = (ROOT / "gunicorn.conf.py").read_text()
    return dict(re.findall(r"^(\w+) = (.+)$", text, re.MULTILINE))


def nginx(directive: str) -> str:
    (value,) = re.findall(rf"^\s*{directive} ([^;]+);", NGINX, re.MULTILINE)
    return str(value)


def instructions(name: str) -> list[str]:
    joined = DOCKERFILE.replace("\\\n", " ")
    return re.findall(rf"^{name} +(.+)$", joined, re.MULTILINE)


def settings_read(environ: dict[str, Any]) -> Settings:
    """The settings that a container would have, secrets aside."""
    secrets = {name for name in environ if name.endswith(FROM_FILE)}
    return Settings.from_environment({k: str(v) for k, v in environ.items() if k not in secrets})


def test_hadolint_finds_nothing() -> None:
    linted = run(str(BIN / "hadolint"), "Dockerfile")
    assert linted.returncode == 0, linted.stdout


def test_compose_lint_finds_nothing() -> None:
    linted = run(
        str(BIN / "compose-lint"),
        *("check", "--fail-on", "low", "--no-env", "--strict-config", "docker-compose.yml"),
    )
    assert linted.returncode == 0, linted.stdout


def test_what_the_image_copies_exists_and_is_let_in() -> None:
    allowed = {
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"
    }
    copied = {
        source
        for line in instructions("COPY")
        if not line.startswith("--from")
        for source in (part.removeprefix("./") for part in line.split()[:-1])
    }
    assert copied == allowed
    for source in copied:
        assert (ROOT / source).exists(), source


def test_the_image_s_variables_are_settings_that_can_be_read() -> None:
    (environ,) = [line for line in instructions("ENV") if PREFIX in line]
    given = dict(part.split("=", 1) for part in environ.split() if part.startswith(PREFIX))
    settings = Settings.from_environment(given)
    assert (settings.mode, settings.host) == ("secured", "0.0.0.0")  # noqa: S104 - in a container
    assert instructions("EXPOSE") == [str(settings.port)]
    assert f"'127.0.0.1', {settings.port}" in DOCKERFILE
    assert settings.database_url.startswith("sqlite:////data/")
    assert instructions("VOLUME") == ['["/data"]']


def test_the_image_runs_as_a_number_and_not_as_root() -> None:
    (user,) = instructions("USER")
    assert all(int(number) >= 10_000 for number in user.split(":"))


def test_the_image_starts_what_the_project_has() -> None:
    command = json.loads(instructions("CMD")[-1])
    assert command == ["gunicorn", "-c", "gunicorn.conf.py", "service.app:create_app()"]


def test_everything_that_pip_installs_from_an_index_has_a_hash() -> None:
    (lines,) = [line for line in instructions("RUN") if "requirements" in line]
    for command in lines.split("&&"):
        if "install" in command:
            assert "--require-hashes" in command
    for line in instructions("RUN"):
        for command in line.split("&&"):
            if re.search(r"pip (install|wheel)", command) and "--require-hashes" not in command:
                assert "--no-deps" in command


def test_versions_are_the_project_s() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f"ARG VERSION={version}" in DOCKERFILE
    assert SERVICES["app"]["image"] == f"convcards:{version}"


@pytest.mark.parametrize("name", ["app", "migrate"])
def test_compose_s_variables_are_settings_that_can_be_read(name: str) -> None:
    environ = SERVICES[name]["environment"]
    for variable in environ:
        assert variable.removesuffix(FROM_FILE) in SETTINGS
    settings = settings_read(environ)
    assert settings.mode == "secured"
    (subnet,) = (config["subnet"] for config in COMPOSE["networks"]["edge"]["ipam"]["config"])
    assert settings.trusted_proxies == (str(ip_network(subnet)),)


def test_compose_s_files_and_secrets_are_there_or_made_by_hand() -> None:
    page = (ROOT / "docs" / "containers.md").read_text()
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] or (ROOT / source).is_file(), source
        for secret in service.get("secrets", []):
            file = Path(COMPOSE["secrets"][secret]["file"])
            assert f"> {file}" in page.replace("\\\n    ", "")
            assert f"{file.parent}/" in ignored
            assert f"/run/secrets/{secret}" in service["environment"].values()
        for network in service["networks"]:
            assert network in COMPOSE["networks"]


def test_only_the_proxy_can_be_reached_from_outside() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    inner = {name for name, network in COMPOSE["networks"].items() if network}
    assert all(COMPOSE["networks"][name]["internal"] for name in inner)
    outer = [name for name, service in SERVICES.items() if set(service["networks"]) - inner]
    assert outer == ["proxy"]


def test_the_service_waits_for_the_migration_and_the_proxy_for_the_service() -> None:
    assert SERVICES["app"]["depends_on"] == {
        "migrate": {"condition": "service_completed_successfully"}
    }
    assert SERVICES["migrate"]["depends_on"] == {"db": {"condition": "service_healthy"}}
    assert SERVICES["proxy"]["depends_on"] == {"app": {"condition": "service_healthy"}}


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_is_held_in(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}


def test_there_is_time_to_stop_in() -> None:
    server = gunicorn_settings()
    assert int(SERVICES["app"]["stop_grace_period"].rstrip("s")) > int(server["graceful_timeout"])


def test_the_proxy_and_the_service_agree_on_sizes_and_times() -> None:
    server = gunicorn_settings()
    body, *larger = map(int, re.findall(r"client_max_body_size (\d+);", NGINX))
    paths = re.findall(r"location = (/v1/\S+) {\n\s+client_max_body_size", NGINX)
    assert dict(zip(paths, larger, strict=True)) == {
        operation.route: operation.max_body
        for resource in RESOURCES
        for operation in resource.operations
        if operation.max_body
    }
    assert body == settings_read(SERVICES["app"]["environment"]).max_body_bytes
    assert nginx("large_client_header_buffers") == "4 8k"
    assert int(server["limit_request_line"]) == int(server["limit_request_field_size"]) == 8190
    (idle,) = re.findall(r"keepalive_timeout (\d+)s;  # shorter than gunicorn's", NGINX)
    assert int(idle) < int(server["keepalive"])
    (_, port) = re.findall(r"server (\w+):(\d+)", NGINX)[0]
    assert int(port) == Settings().port
    listens = int(nginx("listen"))
    assert SERVICES["proxy"]["ports"] == [f"127.0.0.1:{listens}:{listens}"]
    assert nginx("proxy_request_buffering") == "on"
