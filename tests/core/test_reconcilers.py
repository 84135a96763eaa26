"""A pass: what is written, in which order, and what a failure leaves behind."""

from __future__ import annotations

from typing import Any, cast

import pytest

from leeway.api.kinds import Key, Manifest
from leeway.reconcilers import Parts, reconcile
from leeway.settings import Settings
from leeway.shell.cluster import Cluster, ClusterError, Conflict, Refused
from leeway.shell.recorder import Recorder
from tests.core.fake_cluster import FakeCluster, FakeRecorder
from tests.core.worlds import NAMESPACE, model_deployment, model_version, training_job

SETTINGS = Settings(server_image="server:1", trainer_image="trainer:1")
DEPLOYMENT = Key("ModelDeployment", NAMESPACE, "iris")
TRAINING = Key("TrainingJob", NAMESPACE, "iris-1")


def parts(cluster: FakeCluster) -> Parts:
    recorder = FakeRecorder(cluster.writes)
    return Parts(cast(Cluster, cluster), cluster.cache, cast(Recorder, recorder), SETTINGS)


async def passes(cluster: FakeCluster, key: Key, times: int = 1) -> list[str]:
    for _ in range(times):
        await reconcile(key, parts(cluster))
    return cluster.writes


STARTS = [
    "status ModelDeployment iris",
    "apply Deployment iris-0",
    "apply Service iris",
    "apply Service iris-stable",
    "apply Service iris-canary",
    "apply PodDisruptionBudget iris",
    "event CanaryStarted",
]

# sentence: (objects, key, every write in order)
CASES: dict[str, tuple[list[Manifest], Key, list[str]]] = {
    "a deleted object is left to the garbage collector": ([], DEPLOYMENT, []),
    "an object that is going is left alone": (
        [{**model_deployment(), "metadata": {**model_deployment()["metadata"], "deletionTimestamp": "x"}}],
        DEPLOYMENT, []),
    "a new job is recorded, then made, then told": (
        [training_job()], TRAINING,
        ["status TrainingJob iris-1", "create PersistentVolumeClaim leeway-models", "create Job iris-1-train",
         "event Starting"]),
    "a deployment is recorded, then made, then told": ([model_deployment(), model_version()], DEPLOYMENT, STARTS),
    "a deployment without its version writes only status": (
        [model_deployment()], DEPLOYMENT, ["status ModelDeployment iris", "event VersionNotFound"]),
    "a spec that does not fit the schema is said": (
        [model_deployment(replicas="many")], DEPLOYMENT, ["status ModelDeployment iris", "event InvalidSpec"]),
}  # fmt: skip


def named(writes: list[str]) -> list[str]:
    """Writes with the revision's hash left out."""
    return [w if not w.startswith(("apply Deployment", "delete Deployment")) else w[: -len("0123456789")] + "0"
            for w in writes]  # fmt: skip


@pytest.mark.parametrize(("objects", "key", "want"), CASES.values(), ids=CASES)
async def test_writes(objects: list[Manifest], key: Key, want: list[str]) -> None:
    assert named(await passes(FakeCluster(*objects), key)) == want


@pytest.mark.parametrize(("objects", "key", "want"), CASES.values(), ids=CASES)
async def test_a_second_pass_writes_nothing(objects: list[Manifest], key: Key, want: list[str]) -> None:
    cluster = FakeCluster(*objects)
    await passes(cluster, key, times=2)
    cluster.writes.clear()
    await passes(cluster, key)
    assert cluster.writes == []


async def test_a_lost_race_writes_no_child() -> None:
    lost = FakeCluster(
        model_deployment(),
        model_version(),
        fails=lambda verb, key: Conflict("lost") if verb == "status" else None,
    )
    with pytest.raises(Conflict):
        await passes(lost, DEPLOYMENT)
    assert lost.writes == ["status ModelDeployment iris"]


async def test_a_failing_child_tells_nobody_and_is_tried_again() -> None:
    down = {"apply"}
    cluster = FakeCluster(
        model_deployment(),
        model_version(),
        fails=lambda verb, key: ClusterError("down") if verb in down else None,
    )
    with pytest.raises(ClusterError):
        await passes(cluster, DEPLOYMENT)
    assert not any(write.startswith("event") for write in cluster.writes)
    down.clear()
    cluster.writes.clear()
    assert named(await passes(cluster, DEPLOYMENT)) == STARTS[1:-1]


async def test_a_refused_child_is_a_condition_and_is_not_written_again_and_again() -> None:
    def quota(verb: str, key: Key) -> Exception | None:
        return Refused("exceeded quota: pods") if verb == "create" and key.kind == "Job" else None

    cluster = FakeCluster(training_job(), fails=quota)
    await passes(cluster, TRAINING)
    stalled: dict[str, Any] = cluster.objects[TRAINING]["status"]["conditions"][-1]
    assert (stalled["type"], stalled["reason"], stalled["message"]) == (
        "Stalled", "ChildRefused", "exceeded quota: pods")  # fmt: skip
    cluster.writes.clear()
    await passes(cluster, TRAINING, times=3)
    assert cluster.writes == ["create Job iris-1-train"] * 3


async def test_a_lifted_refusal_goes_on() -> None:
    quota = ["full"]
    cluster = FakeCluster(
        training_job(),
        fails=lambda verb, key: (
            Refused("quota") if quota and verb == "create" and key.kind == "Job" else None
        ),
    )
    await passes(cluster, TRAINING)
    quota.clear()
    await passes(cluster, TRAINING)
    assert cluster.objects[TRAINING]["status"]["conditions"][0]["reason"] == "Starting"


async def test_in_a_namespace_that_goes_nothing_is_tried_again() -> None:
    def going(verb: str, key: Key) -> Exception | None:
        return Refused("is being terminated", "NamespaceTerminating") if verb == "create" else None

    cluster = FakeCluster(training_job(), fails=going)
    assert await reconcile(TRAINING, parts(cluster)) is None
    assert cluster.writes == ["status TrainingJob iris-1", "create PersistentVolumeClaim leeway-models"]


async def test_a_refused_expiry_leaves_the_end_as_it_is() -> None:
    manifest = training_job(ttlSecondsAfterFinished=60)
    cluster = FakeCluster(manifest, fails=lambda verb, key: Refused("no") if verb == "apply" else None)
    await passes(cluster, TRAINING)
    finished = {"type": "Succeeded", "status": "True", "reason": "Completed", "message": "done"}
    stored = cluster.objects[TRAINING]
    stored["status"] = {
        **stored["status"],
        "conditions": [{**finished, "lastTransitionTime": "2026-11-21T12:00:00Z"}],
    }
    await passes(cluster, TRAINING, times=3)
    assert cluster.objects[TRAINING]["status"]["conditions"][0]["reason"] == "Completed"
    assert cluster.writes.count("apply Job iris-1-train") == 3


async def test_a_refused_status_is_replaced_by_one_that_says_so() -> None:
    refused = [True]

    def once(verb: str, key: Key) -> Exception | None:
        return Refused("status.jobName: Too long") if verb == "status" and refused and refused.pop() else None

    cluster = FakeCluster(training_job(), fails=once)
    await passes(cluster, TRAINING)
    assert cluster.objects[TRAINING]["status"]["conditions"][0]["reason"] == "StatusRefused"
    assert cluster.writes == ["status TrainingJob iris-1", "status TrainingJob iris-1", "event StatusRefused"]
