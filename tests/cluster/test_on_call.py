"""What an engineer on call is woken by: a drain, a quota, a dead version, a stranger's object, a clock that ran on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from tests.cluster.kube import Kube, Manifest, eventually
from tests.cluster.manifests import training_job
from tests.cluster.rollouts import Served, serving
from tests.images.build import read_names

PATIENCE = 180.0
NOWHERE = {"nodeSelector": {"nope": "1"}}
SHORT_SECONDS = 10


@pytest.fixture
def quota(lines: Kube) -> Iterator[str]:
    """The name of a ResourceQuota; it is gone afterwards."""
    yield "tight"
    lines.do("delete", "quota", "tight", "--ignore-not-found", "--wait")


def create_quota(kube: Kube, name: str, **hard: str) -> None:
    """Create the quota, and wait until the API server counts by it."""
    bounds = ",".join(f"{resource.replace('_', '.')}={bound}" for resource, bound in hard.items())
    kube.do("create", "quota", name, f"--hard={bounds}")
    eventually(lambda: kube.get("quota", name).get("status", {}).get("hard"), f"quota {name} counts")


def evict(kube: Kube, pod: str) -> None:
    """Evict the pod as a drain does; raises when the budget does not admit it."""
    url = f"/api/v1/namespaces/{kube.namespace}/pods/{pod}/eviction"
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod}}
    kube.do("create", "--raw", url, "-f", "-", stdin=json.dumps(eviction))


def test_a_node_is_drained_while_a_canary_is_not_ready(lines: Kube) -> None:
    with serving(lines, "drained", replicas=2) as served:
        served.await_ready("Available")
        served.change(pod=NOWHERE)
        served.await_ready("Unschedulable", "False")
        stable = served.revision()
        for pod in served.pods(stable):
            evict(lines, pod["metadata"]["name"])
            replaced = partial(is_replaced, served, stable, pod)
            eventually(replaced, "another pod of stable is ready in its place")


def is_replaced(served: Served, revision: str, gone: Manifest) -> bool:
    pods = served.pods(revision)
    ready = [pod for pod in pods if is_ready(pod)]
    return len(ready) == 2 and gone["metadata"]["uid"] not in [pod["metadata"]["uid"] for pod in pods]


def is_ready(pod: Manifest) -> bool:
    return any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions", ()))


def test_a_quota_that_refuses_the_trainers_pod_is_named(lines: Kube, quota: str) -> None:
    create_quota(lines, quota, limits_cpu="2", limits_memory="2Gi")
    lines.apply(training_job("refused-1"))
    found = lines.await_condition("tj", "refused-1", "Succeeded", "Unknown", "PodsRefused", PATIENCE)
    assert quota in found["message"]
    lines.do("delete", "tj", "refused-1", "--wait")


def test_a_quota_that_refuses_serving_pods_is_named(lines: Kube, quota: str) -> None:
    create_quota(lines, quota, limits_cpu="2", limits_memory="2Gi")
    with serving(lines, "refused") as served:
        found = served.await_ready("PodsRefused", "False")
        assert quota in found["message"]


def test_a_version_that_died_gives_way_to_one_that_lives(lines: Kube, quota: str) -> None:
    lines.apply(training_job("dying-1"))
    lines.await_condition("mver", "dying-1", "Ready", "True", patience=PATIENCE)
    with serving(lines, "dead", version="dying-1", replicas=3) as served:
        served.await_stable("dying-1")
        create_quota(lines, quota, pods="5")
        lose_the_model(lines, "dying-1")
        lines.do("delete", "pod", "--selector", "leeway.dev/deployment=dead", "--grace-period=1")
        lines.await_condition("mdep", "dead", "Serving", "False", patience=PATIENCE)
        served.change(modelVersionName="line-1")
        # Not until all three are ready: the ReplicaSet controller waits longer after each refusal of the quota.
        served.await_others_gone("line-1")
        lines.await_condition("mdep", "dead", "Serving", "True", patience=PATIENCE)


def lose_the_model(kube: Kube, version: str) -> None:
    """Delete the version's files from the store, by a pod that mounts it."""
    claim, _, folder = kube.get("mver", version)["spec"]["files"]["model"]["uri"][len("pvc://") :].partition(
        "/"
    )
    path = f"/store/{folder.rpartition('/')[0]}"
    script = f"import shutil; shutil.rmtree({path!r})"
    container = {
        "name": "main",
        "image": read_names()["server"].image,
        "command": ["python3", "-c", script],
        "volumeMounts": [{"name": "store", "mountPath": "/store"}],
    }
    spec = {
        "restartPolicy": "Never",
        "containers": [container],
        "volumes": [{"name": "store", "persistentVolumeClaim": {"claimName": claim}}],
    }
    kube.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": f"lose-{version}"}, "spec": spec})
    eventually(
        lambda: kube.get("pod", f"lose-{version}").get("status", {}).get("phase") == "Succeeded",
        "the files are gone",
    )


def test_a_strangers_deployment_is_not_taken_over(lines: Kube) -> None:
    with serving(lines, "strange") as served:
        served.await_ready("Available")
        name = served.deployment()
        lines.do("delete", "mdep", "strange", "--cascade=orphan", "--wait")
        lines.do(
            "delete",
            "service,poddisruptionbudget,networkpolicy",
            "--selector",
            "leeway.dev/owner-name=strange",
        )
        add_sidecar(lines, name)
        before = lines.get("deployment", name)
        with serving(lines, "strange") as again:
            found = again.await_ready("NameConflict", "False")
            assert name in found["message"]
            after = lines.get("deployment", name)
            assert after["spec"] == before["spec"]
            assert "ownerReferences" not in after["metadata"]
        lines.do("delete", "deployment", name, "--wait")


def add_sidecar(kube: Kube, deployment: str) -> None:
    """Put a container of somebody else into the Deployment's pods."""
    image = read_names()["server"].image
    sidecar = {"name": "sidecar", "image": image, "command": ["sleep", "inf"]}
    patch = {"spec": {"template": {"spec": {"containers": [sidecar]}}}}
    kube.do("patch", "deployment", deployment, "--type=strategic", "-p", json.dumps(patch))


def test_the_deadline_stands_still_at_zero(lines: Kube) -> None:
    with serving(lines, "patient") as served:
        served.await_ready("Available")
        rollout = {"progressDeadlineSeconds": SHORT_SECONDS}
        served.change(replicas=0, modelVersionName="line-2", rollout=rollout)
        eventually(lambda: served.status().get("canary"), "the canary is planned")
        long_past = datetime.now(UTC) + timedelta(seconds=SHORT_SECONDS + 1)
        eventually(lambda: datetime.now(UTC) > long_past, "the deadline would have passed")
        assert "ProgressDeadlineExceeded" not in served.reasons()
        served.change(replicas=1)
        assert served.first_word()["reason"] != "ProgressDeadlineExceeded"
        served.await_stable("line-2")
