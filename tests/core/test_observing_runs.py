"""What is observed of a Job's run: the pods that explain its end, and why the cluster creates none."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from leeway.api.kinds import Key, Manifest
from leeway.core.conditions import timestamp
from leeway.shell.cluster import ClusterError, Refused
from leeway.shell.observe import now
from tests.core.fake_cluster import FakeCluster, make_parts
from tests.core.passes import RESULT, TRAINING, conditions, passes
from tests.core.worlds import NAMESPACE, ended_pod, failure, model_version, training_job

JOB = Key("Job", NAMESPACE, "iris-1-train")
VERIFY_JOB = Key("Job", NAMESPACE, "iris-1-verify")
VERSION = Key("ModelVersion", NAMESPACE, "iris-1")
COMPLETE = [{"type": "Complete", "status": "True", "lastTransitionTime": "2026-11-21T12:00:00Z"}]
FAILED = [{"type": "Failed", "status": "True", "lastTransitionTime": "2026-11-21T12:00:00Z"}]
NO_ANSWER = ended_pod(failure("StoreUnavailable", "no answer"), 75)
EXCEEDED = "exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2"


async def started() -> FakeCluster:
    cluster = FakeCluster(training_job())
    await passes(cluster, TRAINING, parts=make_parts(cluster))
    return cluster


def pod_of(cluster: FakeCluster, name: str, pod: Manifest) -> Manifest:
    """The pod as an attempt of the Job."""
    job = cluster.objects[JOB]["metadata"]
    owner = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "name": job["name"],
        "uid": job["uid"],
        "controller": True,
    }
    labels = job["labels"] | {"batch.kubernetes.io/job-name": job["name"]}
    metadata = {**pod["metadata"], "name": name, "labels": labels, "ownerReferences": [owner]}
    return {**pod, "metadata": metadata}


def end(cluster: FakeCluster, conditions: list[dict[str, str]]) -> None:
    cluster.store({**cluster.objects[JOB], "status": {"conditions": conditions}})


async def test_a_success_counts_though_only_its_failed_attempt_was_shown() -> None:
    cluster = await started()
    cluster.store(pod_of(cluster, "first", NO_ANSWER))
    end(cluster, COMPLETE)
    parts = make_parts(cluster)
    cluster.store_unseen(pod_of(cluster, "second", ended_pod(json.dumps(RESULT))))
    await passes(cluster, TRAINING, times=2, parts=parts)
    assert conditions(cluster, TRAINING)["Succeeded"]["reason"] == "Completed"


async def test_a_failure_is_told_by_its_last_attempt_though_only_the_first_was_shown() -> None:
    cluster = await started()
    cluster.store(pod_of(cluster, "first", NO_ANSWER))
    end(cluster, FAILED)
    parts = make_parts(cluster)
    last = ended_pod(failure("TargetMissing", "no such column"), 65, at="2026-11-21T11:59:50Z")
    cluster.store_unseen(pod_of(cluster, "second", last))
    await passes(cluster, TRAINING, parts=parts)
    assert conditions(cluster, TRAINING)["Succeeded"]["reason"] == "TargetMissing"


async def test_nothing_is_concluded_while_the_pods_cannot_be_listed() -> None:
    cluster = await started()
    cluster.store(pod_of(cluster, "first", NO_ANSWER))
    end(cluster, COMPLETE)
    forbidden = {"Pod"}
    cluster.fails = lambda verb, key: (
        Refused("pods is forbidden") if verb == "list" and key.kind in forbidden else None
    )
    parts = make_parts(cluster)
    with pytest.raises(ClusterError):
        await passes(cluster, TRAINING, parts=parts)
    assert conditions(cluster, TRAINING)["Succeeded"]["status"] == "Unknown"
    forbidden.clear()
    cluster.store(pod_of(cluster, "second", ended_pod(json.dumps(RESULT))))
    await passes(cluster, TRAINING, times=2, parts=parts)
    assert conditions(cluster, TRAINING)["Succeeded"]["reason"] == "Completed"


async def test_a_recorded_end_asks_for_nothing() -> None:
    cluster = await started()
    end(cluster, FAILED)
    parts = make_parts(cluster)
    await passes(cluster, TRAINING, parts=parts)
    cluster.reads.clear()
    await passes(cluster, TRAINING, times=3, parts=parts)
    assert cluster.reads == []


def failed_create(job: Manifest, seconds_ago: int = 5, **more: Any) -> Manifest:
    """The Event by which the Job controller says that it could not create a pod."""
    metadata = job["metadata"]
    return {
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"name": f"{metadata['name']}.{seconds_ago}", "namespace": NAMESPACE},
        "reason": "FailedCreate",
        "note": f'Error creating: pods "{metadata["name"]}-x{seconds_ago}" is forbidden: {EXCEEDED}',
        "deprecatedLastTimestamp": timestamp(now() - timedelta(seconds=seconds_ago)),
        "regarding": {"kind": "Job", "name": metadata["name"], "uid": metadata["uid"]},
        **more,
    }


def aged(cluster: FakeCluster, key: Key, seconds: int) -> Manifest:
    job = cluster.objects[key]
    created = timestamp(now() - timedelta(seconds=seconds))
    return cluster.store({**job, "metadata": {**job["metadata"], "creationTimestamp": created}})


async def test_what_a_quota_refuses_is_in_the_condition_of_a_training_job() -> None:
    cluster = await started()
    cluster.store_unseen(failed_create(aged(cluster, JOB, 31)))
    await passes(cluster, TRAINING, parts=make_parts(cluster))
    succeeded = conditions(cluster, TRAINING)["Succeeded"]
    assert (succeeded["reason"], succeeded["message"]) == (
        "PodsRefused",
        f"the cluster refuses to create pods: {EXCEEDED}",
    )


async def test_what_a_quota_refuses_is_in_the_condition_of_a_model_version() -> None:
    cluster = FakeCluster({**model_version(), "status": {}})
    await passes(cluster, VERSION, parts=make_parts(cluster))
    cluster.store_unseen(failed_create(aged(cluster, VERIFY_JOB, 31)))
    await passes(cluster, VERSION, parts=make_parts(cluster))
    assert conditions(cluster, VERSION)["Ready"]["reason"] == "PodsRefused"


async def test_each_refused_attempt_is_no_new_status() -> None:
    cluster = await started()
    job = aged(cluster, JOB, 61)
    cluster.store_unseen(failed_create(job, 35))
    parts = make_parts(cluster)
    await passes(cluster, TRAINING, parts=parts)
    cluster.writes.clear()
    cluster.store_unseen(failed_create(job, 5))
    await passes(cluster, TRAINING, parts=parts)
    assert cluster.writes == []


async def test_a_young_job_and_one_with_a_pod_ask_for_no_events() -> None:
    cluster = await started()
    aged(cluster, JOB, 5)
    await passes(cluster, TRAINING, parts=make_parts(cluster))
    aged(cluster, JOB, 60)
    running = {"phase": "Running"}
    cluster.store(pod_of(cluster, "first", {**NO_ANSWER, "status": running}))
    cluster.reads.clear()
    await passes(cluster, TRAINING, parts=make_parts(cluster))
    assert cluster.reads == []


async def test_an_old_refusal_is_over_once_a_pod_was_created() -> None:
    cluster = await started()
    cluster.store_unseen(failed_create(aged(cluster, JOB, 600), seconds_ago=300))
    attempt = pod_of(cluster, "first", NO_ANSWER)
    attempt["metadata"]["creationTimestamp"] = timestamp(now() - timedelta(seconds=100))
    cluster.store(attempt)
    await passes(cluster, TRAINING, parts=make_parts(cluster))
    assert conditions(cluster, TRAINING)["Succeeded"]["reason"] == "StoreUnavailable"


async def test_without_the_right_to_read_events_the_condition_says_where_to_look() -> None:
    cluster = await started()
    cluster.store_unseen(failed_create(aged(cluster, JOB, 31)))
    cluster.fails = lambda verb, key: Refused("forbidden") if (verb, key.kind) == ("list", "Event") else None
    await passes(cluster, TRAINING, parts=make_parts(cluster))
    assert "kubectl describe job iris-1-train" in conditions(cluster, TRAINING)["Succeeded"]["message"]


async def test_a_claim_of_the_users_is_asked_for_before_its_job_is_made() -> None:
    cluster = FakeCluster(training_job(output={"uri": "pvc://postgres/models"}))
    parts = make_parts(cluster)
    await passes(cluster, TRAINING, parts=parts)
    assert (conditions(cluster, TRAINING)["Succeeded"]["reason"], JOB in cluster.objects) == (
        "ClaimNotFound",
        False,
    )
    metadata = {"name": "postgres", "namespace": NAMESPACE, "labels": {"leeway.dev/store": "true"}}
    cluster.store_unseen({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata})
    await passes(cluster, TRAINING, parts=parts)
    assert JOB in cluster.objects
