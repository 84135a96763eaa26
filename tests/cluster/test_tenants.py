"""What a user with `edit` in one namespace can make the operator do: nothing that grows."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.cluster.kube import SYSTEM, Kube, Manifest, eventually
from tests.cluster.manifests import config_map, model_deployment, training_job

MANY = 200
USER = "eve"
QUIET_SECONDS = 10
LABELS = {
    "app.kubernetes.io/managed-by": "leeway",
    "app.kubernetes.io/name": "leeway",
    "app.kubernetes.io/component": "server",
    "leeway.dev/owner-kind": "ModelDeployment",
    "leeway.dev/deployment": "line",
}
CONTAINER = {
    "name": "main",
    "image": "localhost/none:1",
    "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
}
NOWHERE = {
    "containers": [CONTAINER],
    "nodeSelector": {"nope": "1"},
    "securityContext": {
        "runAsNonRoot": True,
        "runAsUser": 65532,
        "seccompProfile": {"type": "RuntimeDefault"},
    },
}


@dataclass(frozen=True)
class Footprint:
    """What the operator has spent and said so far."""

    passes: float
    series: frozenset[str]
    log_lines: int
    cpu_seconds: float


@pytest.fixture
def eve(ml: Kube) -> Kube:
    """A user with `edit` in the namespace, where a model is served."""
    ml.apply(config_map(), training_job(), model_deployment())
    ml.await_condition("mdep", "line", "Ready", "True")
    ml.do("create", "rolebinding", USER, "--clusterrole=edit", f"--user={USER}")
    eventually(
        lambda: "yes" in ml.run("auth", "can-i", "create", "pods", "--as", USER).stdout, f"{USER} may edit"
    )
    return ml


def test_what_a_tenant_plants_costs_a_moment_and_leaves_nothing(eve: Kube) -> None:
    await_quiet(eve)
    before = footprint(eve)
    eve.do("create", "-f", "-", "--as", USER, stdin=json.dumps(as_list(planted())))
    await_quiet(eve)
    after = footprint(eve)
    print(f"{3 * MANY} planted objects: {spent(before, after)}")
    assert len(eve.list_("service", "planted=yes")) == MANY
    assert after.series == before.series
    assert after.log_lines - before.log_lines < MANY
    assert eve.condition("mdep", "line", "Ready")["status"] == "True"


def as_list(items: list[Manifest]) -> Manifest:
    return {"apiVersion": "v1", "kind": "List", "items": items}


def planted() -> list[Manifest]:
    """Services and claims of kinds of owners that do not exist, and Pods that wake the deployment and absent ones."""
    return [
        one
        for place in range(MANY)
        for one in (
            {**owned("Service", place), "spec": {"ports": [{"port": 80}]}},
            {**owned("PersistentVolumeClaim", place), "spec": CLAIM},
            {**labelled("Pod", place), "spec": NOWHERE},
        )
    ]


CLAIM = {
    "accessModes": ["ReadWriteOnce"],
    "storageClassName": "nope",
    "resources": {"requests": {"storage": "1Mi"}},
}


def owned(kind: str, place: int) -> Manifest:
    """Return an object that looks like ours and names an owner of a kind that does not exist."""
    owner = {
        "apiVersion": f"leeway.dev/v{place}",
        "kind": f"Nonsense{place}",
        "name": f"none-{place}",
        "uid": f"00000000-0000-0000-0000-{place:012}",
        "controller": True,
    }
    found = labelled(kind, place)
    return {**found, "metadata": {**found["metadata"], "ownerReferences": [owner]}}


def labelled(kind: str, place: int) -> Manifest:
    """Return an object that looks like ours by its labels: every second one of the deployment that there is."""
    owner = {"leeway.dev/owner-name": "line" if place % 2 else f"none-{place}"}
    labels = {**LABELS, **owner, "planted": "yes"}
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": f"planted-{place}", "labels": labels}}


def spent(before: Footprint, after: Footprint) -> str:
    return (
        f"{after.passes - before.passes:.0f} passes, {after.cpu_seconds - before.cpu_seconds:.2f} s of CPU,"
        f" {len(after.series - before.series)} new series, {after.log_lines - before.log_lines} log lines"
    )


def operator_pod(kube: Kube) -> Manifest:
    [pod] = kube.within(SYSTEM).list_("pod", "app.kubernetes.io/component=operator")
    return pod


def page(kube: Kube) -> str:
    name = operator_pod(kube)["metadata"]["name"]
    return kube.do("get", "--raw", f"/api/v1/namespaces/{SYSTEM}/pods/{name}:8080/proxy/metrics")


def passes(text: str) -> float:
    return sum(map(float, re.findall(r"^leeway_operator_reconcile_total\{.*\} (\S+)$", text, re.MULTILINE)))


def footprint(kube: Kube) -> Footprint:
    """Return what the operator has spent and said."""
    text, pod = page(kube), operator_pod(kube)
    series = re.findall(r"^([a-z]\S*?(?:\{.*\})?) \S+$", text, re.MULTILINE)
    # A code of the API server's answers may be seen for the first time at any moment.
    ours = frozenset(one for one in series if not one.startswith("leeway_operator_api_requests"))
    lines = kube.within(SYSTEM).do("logs", pod["metadata"]["name"]).count("\n")
    return Footprint(passes(text), ours, lines, cpu_seconds(pod["metadata"]["uid"]))


def cpu_seconds(uid: str) -> float:
    """Return the CPU time that the processes of the pod, which run on this machine, have taken."""
    of_pod = {uid, uid.replace("-", "_")}
    return (
        sum(ticks(path.parent) for path in Path("/proc").glob("[0-9]*/cgroup") if belongs(path, of_pod)) / 100
    )


def belongs(path: Path, of_pod: set[str]) -> bool:
    try:
        return any(uid in path.read_text() for uid in of_pod)
    except OSError:
        return False  # it has ended meanwhile


def ticks(process: Path) -> int:
    fields = (process / "stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def await_quiet(kube: Kube) -> None:
    """Wait until the operator makes no pass for a while."""

    def quiet() -> bool:
        before = passes(page(kube))
        time.sleep(QUIET_SECONDS)  # the promise is about rest
        return passes(page(kube)) == before

    eventually(quiet, f"{QUIET_SECONDS} seconds without a pass", 180)
