"""What an on-call engineer would be paged for: nothing that serves is disturbed by what does not."""

from __future__ import annotations

import json
from dataclasses import replace

from leeway.api.kinds import Manifest
from tests.core.plans import condition, written
from tests.core.test_deployment import (
    SECOND,
    SERVING,
    STABLE,
    carried_out,
    changed,
    chosen,
    of_kind,
    plan_deployment,
    revision_of,
    seen,
)

COMING_UP = carried_out(SECOND, plan_deployment(SECOND), available=False)


def with_pods(child: Manifest, ready: int, **status: object) -> Manifest:
    counts = {"replicas": 2, "readyReplicas": ready, "availableReplicas": ready}
    return {**json.loads(json.dumps(child)), "status": counts | status}


def test_a_typing_error_in_the_model_name_restarts_nothing() -> None:
    plan = plan_deployment(changed(SERVING, modelName="irsi"))
    assert (plan.writes, condition(plan.status, "Ready")["reason"]) == ((), "ModelMismatch")


def test_the_budget_counts_the_pods_that_answer_and_no_others() -> None:
    (budget,) = of_kind(COMING_UP, "PodDisruptionBudget")
    assert budget["spec"]["selector"]["matchLabels"]["leeway.dev/revision"] == STABLE


def test_the_budget_follows_a_promotion() -> None:
    promoted = plan_deployment(carried_out(SECOND, plan_deployment(SECOND)))
    budget = next(child for child in written(promoted) if child["kind"] == "PodDisruptionBudget")
    assert (
        budget["spec"]["selector"]["matchLabels"]["leeway.dev/revision"]
        == promoted.status["stable"]["revision"]
    )


def test_pods_that_a_quota_refuses_are_in_the_condition() -> None:
    message = 'pods "iris-x" is forbidden: exceeded quota: two-pods'
    failure = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": message}
    started = carried_out(seen(), plan_deployment(seen()), available=False)
    children = tuple(
        with_pods(child, 0, conditions=[failure]) if child["kind"] == "Deployment" else child
        for child in started.children
    )
    ready = condition(plan_deployment(replace(started, children=children)).status, "Ready")
    assert ready["reason"] == "PodsRefused"
    assert message in ready["message"]


def test_a_canary_that_is_ready_answers_for_a_stable_revision_that_is_dead() -> None:
    children = tuple(
        with_pods(child, 0 if child["metadata"]["labels"]["leeway.dev/revision"] == STABLE else 1)
        if child["kind"] == "Deployment"
        else child
        for child in COMING_UP.children
    )
    dead = replace(COMING_UP, children=children)
    after = carried_out(dead, plan_deployment(dead), available=False)
    assert chosen(after) == COMING_UP.manifest["status"]["canary"]["revision"] != revision_of(SERVING)


def test_a_stable_deployment_that_is_not_shown_keeps_its_requests() -> None:
    shown = tuple(
        with_pods(child, 1) if child["kind"] == "Deployment" else child
        for child in COMING_UP.children
        if child["kind"] != "Deployment" or child["metadata"]["labels"]["leeway.dev/revision"] != STABLE
    )
    plan = plan_deployment(replace(COMING_UP, children=shown))
    assert [child["kind"] for child in written(plan)] == ["Deployment"]
