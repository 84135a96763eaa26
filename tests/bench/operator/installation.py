"""What must be in the cluster, and what must not, before anything is measured."""

from __future__ import annotations

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


def require_definitions(kube: Kube, folder: Path) -> None:
    """The CRDs of the folder are served; refuse where others are, since all objects of the cluster hang on them."""
    names = [yaml.safe_load(file.read_text())["metadata"]["name"] for file in sorted(folder.glob("*.yaml"))]
    found = kube.do("get", "crds", "--output", "name").split()
    if any(crd.endswith(f"/{name}") for crd in found for name in names):
        require_same(kube, folder)
        return
    # They stay afterwards: with a CRD go all objects of its kind, also those somebody made meanwhile.
    kube.do("apply", "--server-side", "--filename", str(folder))
    kube.do("wait", "--for", "condition=Established", "--timeout", "60s", *(f"crd/{name}" for name in names))


def require_same(kube: Kube, folder: Path) -> None:
    """Refuse where the cluster's CRDs are not those of the folder."""
    difference = kube.run("diff", "--server-side", "--force-conflicts", "--filename", str(folder))
    if difference.returncode != 0:
        raise RefusedError(
            f"The CRDs in the cluster are not those of {folder}. If nobody else needs them:"
            f" kubectl apply --server-side --force-conflicts --filename {folder}"
        )
