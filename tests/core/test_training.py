"""A TrainingJob: what is planned for each world, and that a second look plans nothing more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from leeway.api.kinds import Manifest, without_status
from leeway.api.training_job import TrainingJob, TrainingJobStatus
from leeway.core.codec import read_status
from leeway.core.plan import Plan
from leeway.core.training.job import make_train_job
from leeway.core.training.questions import plan_training
from leeway.core.training.record import make_model_version
from leeway.core.training.state import TrainingSeen
from tests.core import plans
from tests.core.plans import condition
from tests.core.worlds import (
    DIGEST,
    NAMESPACE,
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


def test_the_first_status_says_that_work_goes_on() -> None:
    status = plan_training(seen()).status
    assert status["observedGeneration"] == 1
    assert condition(status, "Reconciling")["status"] == "True"


def test_a_finished_job_expires_only_after_its_result_is_recorded() -> None:
    manifest = training_job(ttlSecondsAfterFinished=60)
    ended = child("Complete")
    assert "ttlSecondsAfterFinished" not in ended["spec"]
    done = plan_training(seen(with_status(manifest, RECORDED), child=ended, version=own_version())).status
    plan = plan_training(seen(with_status(manifest, done), child=ended, version=own_version()))
    assert [m["spec"] for m in plan.tidy] == [{"ttlSecondsAfterFinished": 60}]
    assert plan.tidy[0]["metadata"]["uid"] == ended["metadata"]["uid"]


def test_a_deleted_version_is_not_made_again() -> None:
    done = plan_training(seen(with_status(training_job(), RECORDED), version=own_version())).status
    assert plans.created(plan_training(seen(with_status(training_job(), done)))) == []


def test_the_version_records_where_it_comes_from() -> None:
    manifest = training_job()
    version = make_model_version(
        TrainingJob.model_validate(manifest),
        manifest,
        RECORDED["result"],
        "pvc://leeway-models/iris/iris-1-11111111",
    )
    assert version["spec"]["files"]["model"]["uri"] == "pvc://leeway-models/iris/iris-1-11111111/model.skops"
    assert version["spec"]["lineage"]["dataDigest"] == DIGEST
    assert version["metadata"]["namespace"] == NAMESPACE
    assert "ownerReferences" not in version["metadata"]


def test_numbers_outlive_the_job() -> None:
    done = plan_training(seen(with_status(training_job(), RECORDED), version=own_version())).status
    assert (done["headline"], done["metrics"], done["modelVersionName"]) == (
        "accuracy=0.97", {"accuracy": "0.97"}, "iris-1")  # fmt: skip
    assert "result" not in done


def test_the_version_is_where_the_job_was_told_to_write() -> None:
    moved = replace(PLATFORM, store=replace(PLATFORM.store, claim="another-store"))
    plan = plan_training(seen(child=child("Complete"), pods=(ended_pod(success()),), platform=moved))
    (version,) = plans.created(plan)
    assert version["spec"]["files"]["model"]["uri"] == "pvc://leeway-models/iris/iris-1-11111111/model.skops"


def test_the_end_is_recorded_with_the_result_so_that_the_spec_is_immutable_from_there() -> None:
    assert {"result", "completionTime"} <= RECORDED.keys()


def test_a_claim_that_is_not_marked_is_told_with_the_remedy() -> None:
    message = condition(plan_training(seen(ELSEWHERE, claim=claim({}))).status, "Succeeded")["message"]
    assert message.endswith("kubectl label pvc postgres leeway.dev/store=true")


def test_a_job_without_a_pod_is_looked_at_again_and_says_where_to_look() -> None:
    young = child()
    young["metadata"]["creationTimestamp"] = "2026-11-21T11:59:45Z"
    old = child()
    old["metadata"]["creationTimestamp"] = "2026-11-21T11:59:15Z"
    messages = [
        condition(plan_training(seen(child=job)).status, "Succeeded")["message"] for job in (young, old)
    ]
    assert messages == [
        "Job iris-1-train runs",
        "Job iris-1-train has no pod; see `kubectl describe job iris-1-train`",
    ]
    assert plan_training(seen(child=young)).look_again == 30.0
    assert plan_training(seen(child=young, pods=(pod(phase="Running"),))).look_again is None
    assert plan_training(seen()).look_again == 30.0


REPORT: dict[str, Any] = {
    "baseline": {"accuracy": "0.50"}, "positiveClass": "fraud",
    "warnings": ["cleaning lost 3 of 103 rows", "accuracy is no better than the baseline"],
    "gates": [{"name": "a", "metric": "accuracy", "value": "", "threshold": ">= 0.7", "passed": False,
               "message": "the held-out rows have one class only"}],
    "dataset": {"digest": DIGEST, "rows": 100, "trainRows": 80, "testRows": 20, "rowsRead": 103,
                "dropped": {"missingTarget": 3}, "overlappingRows": 2},
}  # fmt: skip


@pytest.mark.parametrize("outcome", [{}, GATE], ids=["a success", "a missed gate"])
def test_what_the_trainer_reports_stays_in_the_status(outcome: dict[str, Any]) -> None:
    ended = seen(child=child("Complete"), pods=(ended_pod(success(**REPORT, **outcome)),))
    status = plan_training(ended).status
    assert {name: status[name] for name in REPORT} == REPORT
    later = seen(with_status(training_job(), status), version=own_version())
    assert {name: plan_training(later).status[name] for name in REPORT} == REPORT


@pytest.mark.parametrize(
    ("warnings", "want"),
    [
        ([], "ModelVersion iris-1 was created"),
        (["one"], "ModelVersion iris-1 was created; 1 warning: see status.warnings"),
        (["one", "two"], "ModelVersion iris-1 was created; 2 warnings: see status.warnings"),
    ],
)
def test_a_success_says_that_there_are_warnings(warnings: list[str], want: str) -> None:
    ended = seen(child=child("Complete"), pods=(ended_pod(success(warnings=warnings)),))
    done = plan_training(
        seen(with_status(training_job(), plan_training(ended).status), version=own_version())
    )
    assert (done.events[-1].reason, done.events[-1].note) == ("Completed", want)


def test_a_missed_gate_is_told_with_the_words_of_the_trainer() -> None:
    plan = plan_training(CASES["a missed gate is a result"][0])
    assert condition(plan.status, "Succeeded")["message"] == GATE["message"]
