"""A pass: what is written, in which order, and what a failure leaves behind."""

from __future__ import annotations

import pytest

from leeway.api.kinds import Key, Manifest
from leeway.core.training.job import CONTAINER as TRAINER
from leeway.reconcilers import reconcile
from leeway.shell.cluster import ClusterError, Conflict, Refused
from tests.core.fake_cluster import FakeCluster, make_parts
from tests.core.passes import DEPLOYMENT, RESULT, TRAINING, conditions, passes, run_rollout
from tests.core.worlds import NAMESPACE, model_deployment, model_version, training_job

STARTS = [
    "status ModelDeployment iris",
    "create Service iris",
    "create Service iris-stable",
    "create Service iris-canary",
    "create Deployment iris-0",
    "create PodDisruptionBudget iris",
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
    return [w if " Deployment " not in w else w[: -len("0123456789")] + "0" for w in writes]


@pytest.mark.parametrize(("objects", "key", "want"), CASES.values(), ids=CASES)
async def test_writes(objects: list[Manifest], key: Key, want: list[str]) -> None:
    assert named(await passes(FakeCluster(*objects), key)) == want


@pytest.mark.parametrize(("objects", "key", "want"), CASES.values(), ids=CASES)
async def test_a_second_pass_writes_nothing(objects: list[Manifest], key: Key, want: list[str]) -> None:
    cluster = FakeCluster(*objects)
    parts = make_parts(cluster)
    await passes(cluster, key, times=2, parts=parts)
    cluster.writes.clear()
    await passes(cluster, key, parts=parts)
    assert cluster.writes == []


async def test_a_pass_with_nothing_to_do_asks_for_nothing() -> None:
    cluster = FakeCluster(model_deployment(), model_version())
    parts = make_parts(cluster)
    await passes(cluster, DEPLOYMENT, parts=parts)
    cluster.make_available()
    await passes(cluster, DEPLOYMENT, times=2, parts=parts)
    cluster.reads.clear()
    await passes(cluster, DEPLOYMENT, times=3, parts=parts)
    assert cluster.reads == []


async def test_a_lost_race_writes_no_child_and_reads_afresh() -> None:
    cluster = FakeCluster(model_deployment(), model_version())
    parts = make_parts(cluster)
    overtaken = dict(cluster.objects[DEPLOYMENT])
    cluster.objects[DEPLOYMENT] = {
        **overtaken,
        "metadata": {**overtaken["metadata"], "resourceVersion": "999"},
    }
    with pytest.raises(Conflict):
        await passes(cluster, DEPLOYMENT, parts=parts)
    assert cluster.writes == ["status ModelDeployment iris"]
    cluster.writes.clear()
    assert named(await passes(cluster, DEPLOYMENT, parts=parts)) == STARTS


async def test_an_overtaken_plan_that_records_nothing_writes_no_child() -> None:
    cluster = FakeCluster(model_deployment(), model_version())
    parts = make_parts(cluster)
    await passes(cluster, DEPLOYMENT, parts=parts)
    gone = Key("Service", NAMESPACE, "iris")
    held = cluster.objects.pop(gone)
    cluster.intake.drop(gone, held["metadata"]["uid"], 10_000)
    scaled = cluster.objects[DEPLOYMENT]
    cluster.objects[DEPLOYMENT] = {**scaled, "metadata": {**scaled["metadata"], "resourceVersion": "999"}}
    cluster.writes.clear()
    assert await reconcile(DEPLOYMENT, parts) == 0.0
    assert cluster.writes == []
    await passes(cluster, DEPLOYMENT, parts=parts)
    assert cluster.writes == ["create Service iris"]


async def test_a_failing_child_is_told_of_and_tried_again() -> None:
    down = {"create"}
    cluster = FakeCluster(
        model_deployment(),
        model_version(),
        fails=lambda verb, key: ClusterError("down") if verb in down and key.kind == "Service" else None,
    )
    parts = make_parts(cluster)
    with pytest.raises(ClusterError):
        await passes(cluster, DEPLOYMENT, parts=parts)
    assert named(cluster.writes) == [w for w in STARTS if "PodDisruptionBudget" not in w]
    down.clear()
    cluster.writes.clear()
    await passes(cluster, DEPLOYMENT, parts=parts)
    assert cluster.writes == [w for w in STARTS if " Service " in w or "Budget" in w]


async def test_one_refused_deployment_still_switches_the_services_and_tells() -> None:
    def quota(verb: str, key: Key) -> Exception | None:
        return Refused("exceeded quota: pods") if key.kind == "Deployment" else None

    cluster = FakeCluster(model_deployment(), model_version(), fails=quota)
    parts = make_parts(cluster)
    await passes(cluster, DEPLOYMENT, times=2, parts=parts)
    assert {"create Service iris", "event CanaryStarted", "create PodDisruptionBudget iris"} <= set(
        cluster.writes
    )
    assert conditions(cluster, DEPLOYMENT)["Stalled"]["message"] == "exceeded quota: pods"


async def test_no_pod_is_taken_away_while_requests_may_still_reach_it() -> None:
    served = model_deployment(rollout={"scaleDownDelaySeconds": 0})
    cluster = FakeCluster(served, model_version(), model_version("iris-2", uid="other"))
    parts = make_parts(cluster)
    await passes(cluster, DEPLOYMENT, parts=parts)
    cluster.make_available()
    await passes(cluster, DEPLOYMENT, parts=parts)
    former = next(key for key in cluster.objects if key.kind == "Deployment")
    desired = cluster.objects[DEPLOYMENT]
    desired["metadata"]["generation"] = 2
    cluster.store({**desired, "spec": {**desired["spec"], "modelVersionName": "iris-2"}})
    await passes(cluster, DEPLOYMENT, parts=parts)
    cluster.make_available()
    cluster.fails = lambda verb, key: Refused("no") if key == Key("Service", NAMESPACE, "iris") else None
    await passes(cluster, DEPLOYMENT, times=3, parts=parts)
    assert cluster.objects[former]["spec"]["replicas"] == 2
    cluster.fails = lambda verb, key: None
    await passes(cluster, DEPLOYMENT, times=2, parts=parts)
    assert cluster.objects[former]["spec"]["replicas"] == 0


async def test_a_refused_child_is_a_condition_and_is_not_written_again_and_again() -> None:
    def quota(verb: str, key: Key) -> Exception | None:
        return Refused("exceeded quota: pods") if verb == "create" and key.kind == "Job" else None

    cluster = FakeCluster(training_job(), fails=quota)
    parts = make_parts(cluster)
    assert await reconcile(TRAINING, parts) == 0.0
    assert await reconcile(TRAINING, parts) == 60.0
    stalled = conditions(cluster, TRAINING)["Stalled"]
    assert (stalled["reason"], stalled["message"]) == ("ChildRefused", "exceeded quota: pods")
    cluster.writes.clear()
    await passes(cluster, TRAINING, times=3, parts=parts)
    assert cluster.writes == ["create Job iris-1-train"] * 3


async def test_a_restart_over_a_refused_child_writes_no_status() -> None:
    cluster = FakeCluster(
        training_job(), fails=lambda verb, key: Refused("quota") if key.kind == "Job" else None
    )
    await passes(cluster, TRAINING, times=2)
    cluster.writes.clear()
    await passes(cluster, TRAINING, times=2, parts=make_parts(cluster))
    assert not [write for write in cluster.writes if write.startswith("status")]


async def test_a_lifted_refusal_goes_on() -> None:
    quota = ["full"]
    cluster = FakeCluster(
        training_job(),
        fails=lambda verb, key: (
            Refused("quota") if quota and verb == "create" and key.kind == "Job" else None
        ),
    )
    parts = make_parts(cluster)
    await passes(cluster, TRAINING, times=2, parts=parts)
    quota.clear()
    assert await reconcile(TRAINING, parts) == 0.0
    await passes(cluster, TRAINING, parts=parts)
    assert conditions(cluster, TRAINING)["Succeeded"]["reason"] == "Training"


async def test_in_a_namespace_that_goes_nothing_is_tried_again() -> None:
    def going(verb: str, key: Key) -> Exception | None:
        return Refused("is being terminated", "NamespaceTerminating") if verb == "create" else None

    cluster = FakeCluster(training_job(), fails=going)
    assert await reconcile(TRAINING, make_parts(cluster)) is None


async def test_a_refused_expiry_leaves_the_end_as_it_is() -> None:
    manifest = training_job(ttlSecondsAfterFinished=60)
    cluster = FakeCluster(manifest, fails=lambda verb, key: Refused("no") if verb == "apply" else None)
    await passes(cluster, TRAINING)
    finished = {"type": "Succeeded", "status": "True", "reason": "Completed", "message": "done"}
    stored = cluster.objects[TRAINING]
    cluster.store(
        {
            **stored,
            "status": {
                **stored["status"],
                "conditions": [{**finished, "lastTransitionTime": "2026-11-21T12:00:00Z"}],
            },
        }
    )
    await passes(cluster, TRAINING, times=3)
    assert conditions(cluster, TRAINING)["Succeeded"]["reason"] == "Completed"
    assert cluster.writes.count("apply Job iris-1-train") == 3


async def test_a_refused_status_is_replaced_by_one_that_says_so() -> None:
    refused = [True]

    def once(verb: str, key: Key) -> Exception | None:
        return Refused("status.jobName: Too long") if verb == "status" and refused and refused.pop() else None

    cluster = FakeCluster(training_job(), fails=once)
    await passes(cluster, TRAINING)
    assert conditions(cluster, TRAINING)["Succeeded"]["reason"] == "StatusRefused"
    assert cluster.writes == ["status TrainingJob iris-1", "status TrainingJob iris-1", "event StatusRefused"]


async def test_registering_a_version_takes_one_pass() -> None:
    cluster = FakeCluster(training_job())
    parts = make_parts(cluster)
    await passes(cluster, TRAINING, parts=parts)
    cluster.end_job(RESULT, container=TRAINER)
    cluster.writes.clear()
    await passes(cluster, TRAINING, parts=parts)
    assert cluster.writes[:2] == ["status TrainingJob iris-1", "create ModelVersion iris-1"]
    assert TRAINING in cluster.woken
    await passes(cluster, TRAINING, parts=parts)
    assert conditions(cluster, TRAINING)["Succeeded"]["reason"] == "Completed"


async def test_each_decision_and_each_write_is_logged_once_with_the_key(
    caplog: pytest.LogCaptureFixture,
) -> None:
    cluster = FakeCluster(model_deployment(), model_version())
    with caplog.at_level("INFO", "leeway.reconcilers"):
        await run_rollout(cluster, make_parts(cluster))
    lines = [record.getMessage().partition(":")[0] for record in caplog.records]
    assert lines[0] == "Recording StartCanary"
    assert lines[-1] == "Recording Promote"
    assert len([line for line in lines if line.startswith("Creating ")]) == 5
    assert {getattr(record, "key", "") for record in caplog.records} == {"ModelDeployment ml/iris"}
