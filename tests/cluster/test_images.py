"""What is in the images, and what is not, seen from inside a pod that may do nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.kube import Kube, Manifest, eventually
from tests.images.build import read_names
from tests.images.lock import ROOT, make_pins

INSIDE = Path(__file__).with_name("image_facts.py")
NAMESPACE = "t-images"
RESTRICTED: Manifest = {
    "runAsNonRoot": True,
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
REQUIREMENTS = {
    "operator": ["operator/requirements.txt"],
    "server": ["model_server/requirements.txt"],
    "trainer": ["model_server/requirements.txt", "model_server/requirements-train.txt"],
}
UNWANTED = {
    "operator": ["numpy", "sklearn", "model_server", "pip", "setuptools", "pytest"],
    "server": [
        "kubernetes",
        "kopf",
        "leeway",
        "pandas",
        "pyarrow",
        "model_server.train",
        "pip",
        "setuptools",
    ],
    "trainer": ["kubernetes", "kopf", "leeway", "pip", "setuptools", "pytest"],
}
NEEDED = {
    "operator": ["leeway.__main__", "kopf", "kubernetes.aio.client", "prometheus_client"],
    "server": ["model_server.__main__", "sklearn.ensemble", "skops.io", "obstore", "uvicorn"],
    "trainer": ["model_server.train.__main__", "pandas", "pyarrow.parquet", "sklearn.datasets"],
}
Facts = dict[str, dict[str, Any]]
each_image = pytest.mark.parametrize("image", REQUIREMENTS)


@pytest.fixture(scope="module")
def facts(cluster: Kube) -> Iterator[Facts]:
    """What a pod of each image says about itself."""
    kube = cluster.within(NAMESPACE)
    cluster.run("delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait")
    cluster.do("create", "namespace", NAMESPACE)
    cluster.do("label", "namespace", NAMESPACE, "pod-security.kubernetes.io/enforce=restricted")
    kube.apply(*(make_pod(image) for image in REQUIREMENTS))
    yield {image: read_facts(kube, image) for image in REQUIREMENTS}
    cluster.run("delete", "namespace", NAMESPACE, "--wait=false")


def make_pod(image: str) -> Manifest:
    asked = {"needed": NEEDED[image], "unwanted": UNWANTED[image], "trains": image == "trainer"}
    container = {
        "name": "main",
        "image": read_names()[image].image,
        "command": ["python3", "-c", INSIDE.read_text(), json.dumps(asked)],
        "securityContext": RESTRICTED,
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
    }
    spec = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "containers": [container],
        "volumes": [{"name": "tmp", "emptyDir": {}}],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": image}, "spec": spec}


def read_facts(kube: Kube, image: str) -> dict[str, Any]:
    def ended() -> str | None:
        phase = kube.get("pod", image).get("status", {}).get("phase")
        return phase if phase in {"Succeeded", "Failed"} else None

    phase = eventually(ended, f"the pod of {image} ends")
    printed = kube.do("logs", image)
    assert phase == "Succeeded", printed
    found: dict[str, Any] = json.loads(printed)
    return found


def normal(packages: dict[str, str]) -> dict[str, str]:
    return {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in packages.items()}


@each_image
def test_it_has_nothing_that_it_must_not_have(facts: Facts, image: str) -> None:
    assert facts[image]["unwanted"] == []


@each_image
def test_it_holds_exactly_the_pinned_packages(facts: Facts, image: str) -> None:
    pinned: dict[str, str] = {}
    for path in REQUIREMENTS[image]:
        pinned |= make_pins((ROOT / path).read_text())
    own = {"leeway": read_names()[image].released.rpartition(":")[2]}
    assert normal(facts[image]["packages"]) == normal(pinned) | own


@each_image
def test_it_runs_without_rights(facts: Facts, image: str) -> None:
    seen = facts[image]
    assert (seen["user"], seen["capabilities"], seen["token"]) == ([65532, 65532], 0, False)


@each_image
def test_it_can_write_to_tmp_alone(facts: Facts, image: str) -> None:
    assert facts[image]["writable"] == ["/tmp/x"]


@each_image
def test_it_starts_from_bytecode(facts: Facts, image: str) -> None:
    assert facts[image]["cold"] == []


def test_the_trainer_reads_what_it_wrote_as_parquet(facts: Facts) -> None:
    assert facts["trainer"]["parquet"] == {"x": {"0": 1.5, "1": None}, "word": {"0": "a", "1": "b"}}


def test_the_trainer_has_the_bundled_data_sets(facts: Facts) -> None:
    assert facts["trainer"]["rows"] == [150, 569, 178, 442, 1797]


def test_the_trainer_has_every_estimator(facts: Facts) -> None:
    assert facts["trainer"]["estimators"] > 150
