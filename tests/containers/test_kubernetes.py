"""The manifests agree with image, settings and routes, and a cluster would take them."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from running import ROOT
from service.api.blueprints import RESOURCES
from service.cli import COMMANDS
from service.config import Settings

FOLDER = ROOT / "deploy" / "kubernetes"
OVERLAYS = ("base", "production", "single")
KUBERNETES = "1.34"
DOCKERFILE = (ROOT / "Dockerfile").read_text()
GUNICORN = (ROOT / "gunicorn.conf.py").read_text()

Document = dict[str, Any]


def written() -> Iterator[Document]:
    """Every manifest as it is written, patches too."""
    for path in sorted(FOLDER.glob("*/*.yaml")):
        if path.name != "kustomization.yaml":
            yield from yaml.safe_load_all(path.read_text())


@pytest.fixture(scope="module")
def built() -> dict[str, list[Document]]:
    """Each overlay as kustomize makes it."""
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl, which brings kustomize, is not installed")
    made = {}
    for overlay in OVERLAYS:
        command = ["kubectl", "kustomize", str(FOLDER / overlay)]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stderr
        made[overlay] = [*yaml.safe_load_all(run.stdout)]
    return made


def pods(documents: list[Document]) -> Iterator[Document]:
    for document in documents:
        if document["kind"] in ("Deployment", "Job"):
            yield document["spec"]["template"]["spec"]


def containers(pod: Document) -> list[Document]:
    return [*pod["containers"], *pod.get("initContainers", [])]


def test_no_pod_may_do_more_than_it_must() -> None:
    whole = [one for one in written() if one["kind"] in ("Deployment", "Job")]
    complete = [pod for pod in pods(whole) if "securityContext" in pod]
    assert len(complete) == 4
    user = int(re.findall(r"^USER (\d+)", DOCKERFILE, re.MULTILINE)[0])
    for pod in complete:
        assert pod["enableServiceLinks"] is False  # they would be settings that nobody knows
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        if "convcards" in pod["containers"][0]["image"]:
            assert pod["securityContext"]["runAsUser"] == user
    for container in (one for pod in pods(whole) for one in containers(pod) if "image" in one):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"]["limits"]["memory"]


def test_names_are_those_of_the_service() -> None:
    routes = {one.route for resource in RESOURCES for one in resource.operations}
    port = int(re.findall(r"^EXPOSE (\d+)", DOCKERFILE, re.MULTILINE)[0])
    grace = int(re.findall(r"^graceful_timeout = (\d+)", GUNICORN, re.MULTILINE)[0])
    (app, _) = yaml.safe_load_all((FOLDER / "base" / "app.yaml").read_text())
    pod = app["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert container[probe]["httpGet"]["path"] in routes
    assert container["ports"] == [{"name": "http", "containerPort": port}]
    waits = int(container["lifecycle"]["preStop"]["exec"]["command"][1])
    assert pod["terminationGracePeriodSeconds"] > grace + waits
    for each in pods([one for one in written() if one["kind"] in ("Deployment", "Job")]):
        for one in containers(each):
            for command in re.findall(r"convcards (\w+)", " ".join(one.get("command", []))):
                assert command in COMMANDS


def test_settings_can_be_read(built: dict[str, list[Document]]) -> None:
    for documents in built.values():
        (data,) = (one["data"] for one in documents if one["kind"] == "ConfigMap")
        settings = Settings.from_environment(data)
        assert settings.workers == 2
    assert settings.mode == "secured"


def test_a_cluster_would_take_them(built: dict[str, list[Document]]) -> None:
    validator = pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is missing")
    for documents in built.values():
        for document in documents:
            validator.validate(document, KUBERNETES, strict=True)


def test_what_belongs_together(built: dict[str, list[Document]]) -> None:
    kinds = {name: sorted(one["kind"] for one in documents) for name, documents in built.items()}
    assert {"HorizontalPodAutoscaler", "Ingress", "PodDisruptionBudget"} < {*kinds["production"]}
    assert "Job" in kinds["production"]
    assert "Job" not in kinds["single"]
    (single,) = (one for one in built["single"] if one["kind"] == "Deployment")
    assert single["spec"]["replicas"] == 1
    assert single["spec"]["strategy"] == {"type": "Recreate"}
    for documents in built.values():
        labels = [
            one["spec"]["template"]["metadata"]["labels"].items()
            for one in documents
            if one["kind"] == "Deployment"
        ]
        for one in documents:
            if one["kind"] == "Service":
                assert any(one["spec"]["selector"].items() <= each for each in labels)
