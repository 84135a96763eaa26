"""Which pods are asked: those of our revisions by uid, at their own address, and nothing else."""

from __future__ import annotations

from typing import Any, cast

import pytest

from leeway.api.kinds import Key, Manifest
from leeway.shell.cluster import Cluster, ClusterError
from leeway.shell.evidence.targets import Target, Targets
from leeway.shell.watch.cache import ChildCache
from tests.core.fake_cluster import FakeCluster
from tests.core.runtime.held_canary import owned
from tests.core.runtime.worlds import stored

OBJECT = Key("ModelDeployment", "ml", "iris")
UID = "uid-of-iris"
REVISION = "0123456789"
WORKLOAD = f"iris-{REVISION}"
LABELS = {"leeway.dev/deployment": "iris"}

DEPLOYMENT = stored("Deployment", WORKLOAD, 1, owner=("ModelDeployment", "iris", UID))
REPLICA_SET = owned("ReplicaSet", f"{WORKLOAD}-x", DEPLOYMENT, uid="rs")
POD = owned("Pod", "a", REPLICA_SET, uid="pod-a", labels=LABELS, resourceVersion="1") | {
    "status": {"phase": "Running", "podIP": "10.1.2.3"}
}


def changed(manifest: Manifest, part: str, **fields: Any) -> Manifest:
    return {**manifest, part: {**manifest[part], **fields}}


def referring(manifest: Manifest, **fields: Any) -> Manifest:
    (reference,) = manifest["metadata"]["ownerReferences"]
    return changed(manifest, "metadata", ownerReferences=[{**reference, **fields}])


FOUND = Target("pod-a", "a", "http://10.1.2.3:8081")
UNREAD = Target("pod-a", "a", refusal=f"its ReplicaSet {WORKLOAD}-x could not be read")
# sentence: (Deployment, ReplicaSet, Pod, targets)
CASES: dict[str, tuple[Manifest, Manifest, Manifest, tuple[Target, ...]]] = {
    "a pod of ours": (DEPLOYMENT, REPLICA_SET, POD, (FOUND,)),
    "a pod with an address of IPv6": (
        DEPLOYMENT, REPLICA_SET, changed(POD, "status", podIP="fd00::12"),
        (Target("pod-a", "a", "http://[fd00::12]:8081"),)),
    "a pod that is leaving": (
        DEPLOYMENT, REPLICA_SET, changed(POD, "metadata", deletionTimestamp="2026-11-21T12:00:00Z"),
        (Target("pod-a", "a", FOUND.url, is_leaving=True),)),
    "a pod without an address": (
        DEPLOYMENT, REPLICA_SET, changed(POD, "status", podIP=""),
        (Target("pod-a", "a", refusal="it has no address"),)),
    "a pod whose address is none": (
        DEPLOYMENT, REPLICA_SET, changed(POD, "status", podIP="metadata/x?"),
        (Target("pod-a", "a", refusal="it has no address"),)),
    "a pod that is pending": (DEPLOYMENT, REPLICA_SET, changed(POD, "status", phase="Pending"), ()),
    "a pod that has ended": (DEPLOYMENT, REPLICA_SET, changed(POD, "status", phase="Failed"), ()),
    "a pod that nobody controls": (
        DEPLOYMENT, REPLICA_SET, changed(POD, "metadata", ownerReferences=[]), ()),
    "a pod that a Job controls": (
        DEPLOYMENT, REPLICA_SET, referring(POD, kind="Job", apiVersion="batch/v1"), ()),
    "a pod of a ReplicaSet of another kind of API": (
        DEPLOYMENT, REPLICA_SET, referring(POD, apiVersion="evil/v1"), ()),
    "a pod of a ReplicaSet that has another uid": (DEPLOYMENT, REPLICA_SET, referring(POD, uid="other"), (UNREAD,)),
    "a pod of a ReplicaSet that nobody controls": (
        DEPLOYMENT, changed(REPLICA_SET, "metadata", ownerReferences=[]), POD, ()),
    "a pod of another Deployment's ReplicaSet": (DEPLOYMENT, referring(REPLICA_SET, uid="other"), POD, ()),
    "a pod of a Deployment that is not ours": (referring(DEPLOYMENT, uid="other"), REPLICA_SET, POD, ()),
}  # fmt: skip


def make_targets(cluster: FakeCluster, *children: Manifest) -> Targets:
    cache = ChildCache()
    for child in children:
        cache.put(child)
    return Targets(cast(Cluster, cluster), cache)


async def find(targets: Targets) -> tuple[Target, ...]:
    await targets.learn(targets.pods_of(OBJECT))
    return targets.of_revision(OBJECT, UID, REVISION)


@pytest.mark.parametrize(("deployment", "replica_set", "pod", "want"), CASES.values(), ids=CASES)
async def test_who_is_asked(
    deployment: Manifest, replica_set: Manifest, pod: Manifest, want: tuple[Target, ...]
) -> None:
    cluster = FakeCluster()
    cluster.store_unseen(replica_set)
    assert await find(make_targets(cluster, deployment, pod)) == want


async def test_a_replica_set_is_read_once_by_name_while_it_has_pods() -> None:
    cluster = FakeCluster()
    cluster.store_unseen(REPLICA_SET)
    targets = make_targets(cluster, DEPLOYMENT, POD)
    for _ in range(3):
        assert await find(targets) == (FOUND,)
    assert cluster.reads == [f"ReplicaSet {WORKLOAD}-x"]
    await targets.learn(())
    await find(targets)
    assert len(cluster.reads) == 2


class Away(FakeCluster):
    """An API server that does not answer."""

    async def get(self, *_: object) -> Manifest | None:
        raise ClusterError("no answer")


async def test_a_pod_of_which_nothing_is_known_is_said() -> None:
    assert await find(make_targets(Away(), DEPLOYMENT, POD)) == (UNREAD,)


async def test_a_pod_of_another_revision_is_not_asked() -> None:
    cluster = FakeCluster()
    cluster.store_unseen(REPLICA_SET)
    targets = make_targets(cluster, DEPLOYMENT, POD)
    await find(targets)
    assert targets.of_revision(OBJECT, UID, "9876543210") == ()
