"""What must be in the cluster, and what must not, before anything is measured."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from tests.cluster.kube import Kube
from tests.cluster.native.refusal import RefusedError

OPERATORS = "app.kubernetes.io/name=leeway"


def require_no_other(kube: Kube) -> None:
    """Refuse beside an installed operator: both would write the same objects."""
    found = kube.do(
        "get", "deployments", "--all-namespaces", "--selector", OPERATORS,
        "--output", 'jsonpath={range .items[?(@.spec.replicas>0)]}{.metadata.namespace}/{.metadata.name} {end}',
    ).split()  # fmt: skip
    if found:
        namespace, _, name = found[0].partition("/")
        raise RefusedError(
            f"An operator works already: kubectl scale deployment {name} --namespace {namespace} --replicas 0"
        )


@contextmanager
def definitions_installed(kube: Kube, folder: Path) -> Iterator[None]:
    """The CRDs of the folder are served; those that were not there before go again."""
    names = [yaml.safe_load(file.read_text())["metadata"]["name"] for file in sorted(folder.glob("*.yaml"))]
    before = set(kube.do("get", "crds", "--output", "name").split())
    kube.do("apply", "--server-side", "--force-conflicts", "--filename", str(folder))
    kube.do("wait", "--for", "condition=Established", "--timeout", "60s", *(f"crd/{name}" for name in names))
    try:
        yield
    finally:
        made = [
            f"crd/{name}"
            for name in names
            if f"customresourcedefinition.apiextensions.k8s.io/{name}" not in before
        ]
        if made:
            kube.do("delete", *made, "--timeout", "120s")
