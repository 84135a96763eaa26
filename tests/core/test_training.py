"""A TrainingJob: what is planned for each world, and that a second look plans nothing more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from leeway.api.kinds import Manifest, without_status
from leeway.api.training.job import TrainingJob, TrainingJobStatus
from leeway.core.codec import read_status
from leeway.core.plan import Plan
from leeway.core.training.job import make_train_job
from leeway.core.training.questions import plan_training
from leeway.core.training.state import TrainingSeen
from tests.core import plans
from tests.core.plans import condition
from tests.core.worlds import (
    NOON,
    PLATFORM,
    ended_pod,
    failure,
    job_of,
    metadata,
    model_version,
    pod,
    success,
    training_job,
    unscheduled_pod,
    waiting_pod,
    with_status,
)

CLAIM: Manifest = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata("leeway-models")}


def seen(manifest: Manifest | None = None, **world: Any) -> TrainingSeen:
    manifest = manifest or training_job()
    defaults: dict[str, Any] = {
        "child": None,
        "pods": (),
        "refusal": "",
        "leftovers": (),
        "version": None,
        "claim": CLAIM,
        "policy": None,
        "platform": PLATFORM,
    }
    return TrainingSeen(
        manifest=manifest,
        job=TrainingJob.model_validate(without_status(manifest)),
        status=read_status(TrainingJobStatus, manifest),
        now=NOON,
        **(defaults | world),
    )


def child(ending: str | None = None, **status: Any) -> Manifest:
    return child_of(training_job(), ending, **status)


def child_of(manifest: Manifest, ending: str | None = None, **status: Any) -> Manifest:
    job = TrainingJob.model_validate(manifest)
    made = make_train_job(job, manifest, PLATFORM)
    made["metadata"]["uid"] = "job-uid"
    return job_of(made, ending, **status)


def foreign(job: Manifest) -> Manifest:
    return {**job, "metadata": {**job["metadata"], "ownerReferences": []}}


def former(job: Manifest) -> Manifest:
    reference = {**job["metadata"]["ownerReferences"][0], "uid": "an-earlier-one"}
    return {**job, "metadata": {**job["metadata"], "ownerReferences": [reference]}}


def own_version() -> Manifest:
    version = model_version("iris-1")
    version["spec"]["lineage"] = {"trainingJobUID": metadata("")["uid"]}
    return version


RECORDED: dict[str, Any] = plan_training(seen(child=child("Complete"), pods=(ended_pod(success()),))).status
GATE = {**{"outcome": "GateFailed", "reason": "GateFailed", "message": "accuracy 0.60 misses >= 0.70"}}
LACKING = '{"schemaVersion":"1","outcome":"Succeeded","reason":"Completed"}'
RIDGE = {"class": "sklearn.linear_model.RidgeClassifier"}


def edited(**spec: Any) -> Manifest:
    manifest = training_job(**spec)
    manifest["metadata"]["generation"] = 2
    return manifest


def claim(labels: dict[str, str]) -> Manifest:
    return {**CLAIM, "metadata": metadata("postgres", labels=labels)}


EDITED = edited(estimator=RIDGE)
ELSEWHERE = training_job(output={"uri": "pvc://postgres/models"})
NO_ANSWER = ended_pod(failure("StoreUnavailable", "no answer"), 75, at="2026-11-21T11:59:59Z")
LATER_OOM = ended_pod("", 137, reason="OOMKilled", at="2026-11-21T11:59:45Z")
OOM = ended_pod("", 137, reason="OOMKilled")

# sentence: (world, (status of Succeeded, its reason), kinds created, number deleted)
CASES: dict[str, tuple[TrainingSeen, tuple[str, str], list[str], int]] = {
    "a new job gets a Job": (seen(), ("Unknown", "Starting"), ["Job"], 0),
    "the first job of a namespace gets the store, too": (
        seen(claim=None), ("Unknown", "Starting"), ["PersistentVolumeClaim", "Job"], 0),
    "a job with its own output needs no store": (
        seen(training_job(output={"uri": "s3://models/a"}), claim=None), ("Unknown", "Starting"), ["Job"], 0),
    "a suspended job gets no Job": (seen(training_job(suspend=True)), ("Unknown", "Suspended"), [], 0),
    "a running job is left alone": (seen(child=child()), ("Unknown", "Training"), [], 0),
    "the Job of a suspended job goes": (
        seen(training_job(suspend=True), child=child()), ("Unknown", "Suspended"), [], 1),
    "a job edited while it was suspended starts anew": (seen(EDITED, child=child()), ("Unknown", "Starting"), [], 1),
    "a former Job's pod is waited for": (seen(leftovers=(pod("old"),)), ("Unknown", "Starting"), [], 0),
    "a former TrainingJob's Job is waited for": (
        seen(child=former(child())), ("Unknown", "Starting"), [], 0),
    "a version from elsewhere is found out before training": (
        seen(version=model_version("iris-1")), ("Unknown", "NameConflict"), [], 0),
    "an out-of-memory end counts, not what an earlier try said": (
        seen(child=child("Failed"), pods=(ended_pod(failure("StoreUnavailable", "no answer"), 75), LATER_OOM)),
        ("False", "OOMKilled"), [], 0),
    "the deadline counts, not what an earlier try said": (
        seen(child=child("Failed", reason="DeadlineExceeded"),
             pods=(ended_pod(failure("StoreUnavailable", "no answer"), 75),)),
        ("False", "DeadlineExceeded"), [], 0),
    "a result that status cannot hold is said": (
        seen(child=child("Complete"), pods=(ended_pod(success(metrics=["many"])),)),
        ("False", "ResultUnreadable"), [], 0),
    "a result without a model is said": (
        seen(child=child("Complete"), pods=(ended_pod(LACKING),)), ("False", "ResultUnreadable"), [], 0),
    "a foreign Job is not touched": (seen(child=foreign(child())), ("Unknown", "NameConflict"), [], 0),
    "a missing claim is named": (
        seen(child=child(), pods=(unscheduled_pod('persistentvolumeclaim "nope" not found'),)),
        ("Unknown", "ClaimNotFound"), [], 0),
    "a pod that fits nowhere is explained": (
        seen(child=child(), pods=(unscheduled_pod("0/1 nodes: Insufficient cpu"),)),
        ("Unknown", "Unschedulable"), [], 0),
    "an image that cannot be pulled is named": (
        seen(child=child(), pods=(waiting_pod("ErrImagePull", "no such host"),)),
        ("Unknown", "ImagePullFailed"), [], 0),
    "a missing Secret is named": (
        seen(child=child(), pods=(waiting_pod("CreateContainerConfigError", 'secret "s3" not found'),)),
        ("Unknown", "ConfigurationMissing"), [], 0),
    "a pod over its memory limit is explained while it is tried again": (
        seen(child=child(), pods=(OOM,)), ("Unknown", "OOMKilled"), [], 0),
    "a pod over its memory limit ends the job when tries are used up": (
        seen(child=child("Failed"), pods=(OOM,)), ("False", "OOMKilled"), [], 0),
    "missing data is said while it is tried again": (
        seen(child=child(), pods=(ended_pod(failure("DataNotFound", "no such key"), 66),)),
        ("Unknown", "DataNotFound"), [], 0),
    "refused input ends the job with the trainer's words": (
        seen(child=child("Failed"), pods=(ended_pod(failure("TargetMissing", "no such column"), 65),)),
        ("False", "TargetMissing"), [], 0),
    "a crash without a word ends the job": (
        seen(child=child("Failed"), pods=()), ("False", "TrainerCrashed"), [], 0),
    "the deadline ends the job": (
        seen(child=child("Failed", reason="DeadlineExceeded"), pods=(pod(),)), ("False", "DeadlineExceeded"), [], 0),
    "a result is recorded, and the version made in the same pass": (
        seen(child=child("Complete"), pods=(ended_pod(success()),)),
        ("Unknown", "Registering"), ["ModelVersion"], 0),
    "a recorded result makes the version": (
        seen(with_status(training_job(), RECORDED), child=child("Complete")),
        ("Unknown", "Registering"), ["ModelVersion"], 0),
    "a recorded result makes the version though the Job is gone": (
        seen(with_status(training_job(), RECORDED)), ("Unknown", "Registering"), ["ModelVersion"], 0),
    "the version that is seen completes the job": (
        seen(with_status(training_job(), RECORDED), version=own_version()), ("True", "Completed"), [], 0),
    "a version from elsewhere is not taken over": (
        seen(with_status(training_job(), RECORDED), version=model_version("iris-1")),
        ("Unknown", "NameConflict"), [], 0),
    "a missed gate is a result": (
        seen(child=child("Complete"), pods=(ended_pod(success(**GATE)),)), ("False", "GateFailed"), [], 0),
    "a Job that completed unread lost its result": (
        seen(child=child("Complete")), ("False", "ResultLost"), [], 0),
    "an earlier attempt does not explain a Job that completed": (
        seen(child=child("Complete"), pods=(NO_ANSWER,)), ("False", "ResultLost"), [], 0),
    "what succeeded counts, though a failed attempt's clock is ahead": (
        seen(child=child("Complete"), pods=(ended_pod(success()), NO_ANSWER)),
        ("Unknown", "Registering"), ["ModelVersion"], 0),
    "a Job that ended by an earlier spec is trained again": (
        seen(EDITED, child=child("Complete"), pods=(ended_pod(success()),)), ("Unknown", "Starting"), [], 1),
    "a Job that failed by an earlier spec is trained again": (
        seen(EDITED, child=child("Failed"), pods=(OOM,)), ("Unknown", "Starting"), [], 1),
    "a Job that ended by an earlier spec goes while the new one is suspended": (
        seen(edited(suspend=True, estimator=RIDGE), child=child("Complete"), pods=(ended_pod(success()),)),
        ("Unknown", "Suspended"), [], 1),
    "a Job that ended before it could be suspended is recorded": (
        seen(edited(suspend=True), child=child("Complete"), pods=(ended_pod(success()),)),
        ("Unknown", "Registering"), ["ModelVersion"], 0),
    "a default that the schema gained is no edit": (
        seen(edited(cleaning={"maxDroppedPercent": 5}), child=child()), ("Unknown", "Training"), [], 0),
    "what the cluster refuses to create is said": (
        seen(child=child(), refusal="exceeded quota: q"), ("Unknown", "PodsRefused"), [], 0),
    "a refused attempt is said, not what the one before it ended with": (
        seen(child=child(), pods=(NO_ANSWER,), refusal="exceeded quota: q"), ("Unknown", "PodsRefused"), [], 0),
    "a claim that is marked as a store is written to": (
        seen(ELSEWHERE, claim=claim({"leeway.dev/store": "true"})), ("Unknown", "Starting"), ["Job"], 0),
    "a claim that is not marked is not mounted": (
        seen(ELSEWHERE, claim=claim({})), ("Unknown", "ClaimNotAStore"), [], 0),
    "a claim that is marked as no store is not mounted": (
        seen(ELSEWHERE, claim=claim({"leeway.dev/store": "false"})), ("Unknown", "ClaimNotAStore"), [], 0),
    "a claim that does not exist is waited for": (
        seen(ELSEWHERE, claim=None), ("Unknown", "ClaimNotFound"), [], 0),
    "the installation's own claim needs no mark": (
        seen(training_job(output={"uri": "pvc://leeway-models/a"})), ("Unknown", "Starting"), ["Job"], 0),
    "a run that was started before goes on": (
        seen(ELSEWHERE, child=child_of(ELSEWHERE)), ("Unknown", "Training"), [], 0),
}  # fmt: skip


def standing(plan: Plan) -> tuple[str, str]:
    succeeded = condition(plan.status, "Succeeded")
    return succeeded["status"], succeeded["reason"]


@pytest.mark.parametrize(("given", "want", "created", "deleted"), CASES.values(), ids=CASES)
def test_plan(given: TrainingSeen, want: tuple[str, str], created: list[str], deleted: int) -> None:
    plan = plan_training(given)
    assert plans.applied(plan) == []
    found = [m["kind"] for m in plans.created(plan)]
    assert (standing(plan), found, len(plans.deleted(plan))) == (want, created, deleted)


@pytest.mark.parametrize(("given", "want", "created", "deleted"), CASES.values(), ids=CASES)
def test_a_second_look_says_the_same_and_nothing_new(
    given: TrainingSeen, want: tuple[str, str], created: list[str], deleted: int
) -> None:
    first = plan_training(given)
    manifest = with_status(given.manifest, first.status)
    made = next((m for m in plans.created(first) if m["kind"] == "Job"), None)
    stored = CLAIM if made else None
    status = read_status(TrainingJobStatus, manifest)
    second = plan_training(
        replace(
            given, manifest=manifest, status=status, child=made or given.child, claim=given.claim or stored
        )
    )
    if made is None:
        assert second.status == first.status
        assert plans.told(second) <= plans.told(first)


@pytest.mark.parametrize(
    "name", ["refused input ends the job with the trainer's words", "a missed gate is a result"]
)
def test_a_failure_is_stalled_so_that_nobody_waits(name: str) -> None:
    plan = plan_training(CASES[name][0])
    assert condition(plan.status, "Stalled")["status"] == "True"
    assert not condition(plan.status, "Reconciling")
