"""A TrainingJob: what its status says, and what it leaves: a version, an expiring Job, numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from leeway.api.training.job import TrainingJob
from leeway.core.training.questions import plan_training
from leeway.core.training.record import make_model_version
from tests.core import plans
from tests.core.plans import condition
from tests.core.test_training import CASES, ELSEWHERE, GATE, RECORDED, child, claim, own_version, seen
from tests.core.worlds import DIGEST, NAMESPACE, PLATFORM, ended_pod, pod, success, training_job, with_status


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
