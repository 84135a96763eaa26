"""The real cluster for tests: the operator from its chart, and a namespace for each test."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator

import pytest

from tests.cluster.kube import SYSTEM, Kube, connect, install, scale_operator
from tests.cluster.manifests import config_map, training_job

VERSIONS = ("line-1", "line-2", "line-3")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever stands in this folder needs the cluster."""
    for item in items:
        if "tests/cluster/" in item.nodeid:
            item.add_marker(pytest.mark.cluster)


@pytest.fixture(scope="session")
def cluster() -> Kube:
    """The cluster as its administrator sees it."""
    return connect()


@pytest.fixture(scope="session")
def kubectl(cluster: Kube) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs kubectl: `kubectl("get", "nodes", stdin=None)`."""
    return cluster.run


@pytest.fixture(scope="session")
def operator(cluster: Kube) -> Kube:
    """The cluster with the operator installed and ready."""
    install(cluster)
    return cluster


@pytest.fixture
def namespace(cluster: Kube, request: pytest.FixtureRequest) -> Iterator[Kube]:
    """A fresh namespace that admits only restricted pods; it goes when the test has ended."""
    name = _name(request.node.name)
    cluster.run("delete", "namespace", name, "--ignore-not-found", "--wait")
    cluster.apply(
        {
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": name, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}},
        }
    )
    yield cluster.within(name)
    cluster.run("delete", "namespace", name, "--wait=false")


@pytest.fixture
def ml(operator: Kube, namespace: Kube) -> Kube:
    """A fresh namespace with the operator at work."""
    return namespace


@pytest.fixture
def stopped(operator: Kube) -> Iterator[Kube]:
    """The installed operator's namespace, to scale it in; it runs with one replica again afterwards."""
    yield operator.within(SYSTEM)
    scale_operator(operator.within(SYSTEM), 1)


@pytest.fixture(scope="session")
def lines(operator: Kube) -> Iterator[Kube]:
    """A namespace with three verified versions of the line, for ModelDeployments that each test names itself."""
    operator.run("delete", "namespace", "t-lines", "--ignore-not-found", "--wait")
    operator.do("create", "namespace", "t-lines")
    kube = operator.within("t-lines")
    kube.apply(config_map(), *map(training_job, VERSIONS))
    for version in VERSIONS:
        kube.await_condition("mver", version, "Ready", "True", patience=300)
    yield kube
    operator.run("delete", "namespace", "t-lines", "--wait=false")


def _name(test: str) -> str:
    kept = "".join(letter if letter.isalnum() else "-" for letter in test.removeprefix("test_").lower())
    return f"t-{kept[:40].strip('-')}"
