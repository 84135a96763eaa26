"""A pass: what is written, in which order, and what a failure leaves behind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from leeway.api.kinds import Key, Manifest
from leeway.core.training.job import CONTAINER as TRAINER
from leeway.reconcilers import Parts, reconcile
from leeway.shell.cluster import ClusterError, Conflict, Refused
from tests.core.fake_cluster import Crash, FakeCluster, make_parts
from tests.core.worlds import DIGEST, NAMESPACE, model_deployment, model_version, training_job

DEPLOYMENT = Key("ModelDeployment", NAMESPACE, "iris")
TRAINING = Key("TrainingJob", NAMESPACE, "iris-1")


async def passes(cluster: FakeCluster, key: Key, times: int = 1, parts: Parts | None = None) -> list[str]:
    parts = parts or make_parts(cluster)
    for _ in range(times):
        await reconcile(key, parts)
    return cluster.writes


def conditions(cluster: FakeCluster, key: Key) -> dict[str, dict[str, Any]]:
    return {c["type"]: c for c in cluster.objects[key]["status"]["conditions"]}


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
    cluster = FakeCluster(model_deployment(), model_version(), model_version("iris-2", uid="other"))
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


FOREIGN: Manifest = {
    "apiVersion": "v1", "kind": "Service", "metadata": {"name": "iris", "namespace": NAMESPACE},
    "spec": {"selector": {"app": "shop"}},
}  # fmt: skip


async def test_what_stands_under_the_name_of_a_child_is_met_by_creating_and_left_alone() -> None:
    cluster = FakeCluster(model_deployment(), model_version())
    cluster.store_unseen(FOREIGN)
    parts = make_parts(cluster)
    assert await reconcile(DEPLOYMENT, parts) == 0.0
    assert await reconcile(DEPLOYMENT, parts) == 30.0
    assert conditions(cluster, DEPLOYMENT)["Stalled"]["reason"] == "NameConflict"
    assert cluster.objects[Key("Service", NAMESPACE, "iris")]["spec"] == FOREIGN["spec"]
    del cluster.objects[Key("Service", NAMESPACE, "iris")]
    await passes(cluster, DEPLOYMENT, times=2, parts=parts)
    assert conditions(cluster, DEPLOYMENT)["Ready"]["reason"] == "Progressing"


async def test_a_child_that_lost_its_label_is_met_and_put_right() -> None:
    cluster = FakeCluster(model_deployment(), model_version())
    parts = make_parts(cluster)
    await passes(cluster, DEPLOYMENT, parts=parts)
    service = Key("Service", NAMESPACE, "iris")
    lost = cluster.objects[service]
    labels = dict(lost["metadata"]["labels"])
    del labels["app.kubernetes.io/managed-by"]
    cluster.store_unseen({**lost, "metadata": {**lost["metadata"], "labels": labels}})
    cluster.intake.drop(service, lost["metadata"]["uid"], 10_000)  # as a watch by label shows it
    cluster._version = 20_000
    await passes(cluster, DEPLOYMENT, times=2, parts=parts)
    assert cluster.objects[service]["metadata"]["labels"]["app.kubernetes.io/managed-by"] == "leeway"


RESULT = {
    "outcome": "Succeeded", "reason": "Completed", "message": "trained",
    "files": {"model": {"path": "model.skops", "digest": DIGEST, "sizeBytes": 9}},
    "signature": {"inputs": [{"name": "x", "type": "numeric"}], "outputs": [{"name": "y", "type": "numeric"}]},
    "metrics": {"rocAuc": "0.9"},
}  # fmt: skip


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


async def run_training(cluster: FakeCluster, parts: Parts) -> None:
    await passes(cluster, TRAINING, times=2, parts=parts)
    if Key("ModelVersion", NAMESPACE, "iris-1") not in cluster.objects:
        cluster.end_job(RESULT, container=TRAINER)
    await passes(cluster, TRAINING, times=2, parts=parts)


async def run_rollout(cluster: FakeCluster, parts: Parts) -> None:
    await passes(cluster, DEPLOYMENT, parts=parts)
    cluster.make_available()
    await passes(cluster, DEPLOYMENT, times=2, parts=parts)


Story = Callable[[FakeCluster, Parts], Any]
STORIES: dict[str, tuple[list[Manifest], Story]] = {
    "a training": ([training_job()], run_training),
    "a rollout": ([model_deployment(), model_version()], run_rollout),
}
WRITES_AT_MOST = 12


def shape(cluster: FakeCluster) -> tuple[list[str], Counter[str], list[str]]:
    """What a story left: the objects, the Events by reason, and the decisions."""
    names = sorted(str(key) for key in cluster.objects)
    decisions = [
        f"{decision['id']} {decision['action']}"
        for manifest in cluster.objects.values()
        for decision in (manifest.get("status") or {}).get("decisions", [])
    ]
    return names, Counter(event["reason"] for event in cluster.events.values()), decisions


@pytest.mark.parametrize("at", range(WRITES_AT_MOST))
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("story", STORIES)
async def test_a_crash_at_any_write_changes_nothing_in_the_end(story: str, when: str, at: int) -> None:
    objects, run = STORIES[story]
    unharmed = FakeCluster(*objects)
    await run(unharmed, make_parts(unharmed))
    assert len(unharmed.writes) <= WRITES_AT_MOST, "make the table longer"

    left = [at]

    def die(verb: str, key: Key) -> BaseException | None:
        left[0] -= 1
        return Crash() if left[0] == -1 else None

    cluster = FakeCluster(*objects, **{"fails" if when == "before" else "dies": die})
    parts = make_parts(cluster)
    for _ in range(4):
        try:
            await run(cluster, parts)
        except Crash:
            parts = make_parts(cluster)
    assert shape(cluster) == shape(unharmed)


async def test_an_event_is_told_once_over_a_restart() -> None:
    cluster = FakeCluster(model_deployment(), model_version())
    await run_rollout(cluster, make_parts(cluster))
    told = Counter(event["reason"] for event in cluster.events.values())
    await passes(cluster, DEPLOYMENT, parts=make_parts(cluster))
    assert Counter(event["reason"] for event in cluster.events.values()) == told


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
