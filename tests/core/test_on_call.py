"""What an on-call engineer would be paged for: nothing that serves is disturbed by what does not."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from leeway.api.kinds import Manifest
from leeway.core.deployment.world import DeploymentSeen
from tests.core.plans import condition, deleted, written
from tests.core.test_deployment import (
    SECOND,
    SERVING,
    STABLE,
    V1,
    V2,
    carried_out,
    changed,
    chosen,
    of_kind,
    plan_deployment,
    ready,
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
    assert ready["message"].endswith("refuses to create pods: exceeded quota: two-pods")


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


def edited(child: Manifest, takes: tuple[str, ...] = (), adds: dict[str, str] | None = None) -> Manifest:
    """The child after somebody edited its labels."""
    metadata = child["metadata"]
    kept = {name: value for name, value in metadata["labels"].items() if name not in takes}
    return {**child, "metadata": {**metadata, "labels": kept | (adds or {})}}


def test_no_edit_of_a_label_takes_pods_away() -> None:
    (serving,) = of_kind(SERVING, "Deployment")
    for label in serving["metadata"]["labels"]:
        for other in (edited(serving, (label,)), edited(serving, adds={label: "0123456789"})):
            children = (*(c for c in SERVING.children if c["kind"] != "Deployment"), other)
            world = replace(SERVING, children=children)
            plan = plan_deployment(world)
            assert [(w["metadata"]["name"], w["spec"]["replicas"]) for w in written(plan)] == [
                (f"iris-{STABLE}", 2)
            ], label
            assert deleted(plan) == []
            after = carried_out(world, plan)
            assert of_kind(after, "Deployment")[0]["metadata"]["labels"] == serving["metadata"]["labels"]
            assert chosen(after) == STABLE


def test_a_label_comes_back_though_the_version_is_gone() -> None:
    (serving,) = of_kind(SERVING, "Deployment")
    children = (
        *(c for c in SERVING.children if c["kind"] != "Deployment"),
        edited(serving, ("leeway.dev/revision", "app.kubernetes.io/managed-by")),
    )
    world = replace(SERVING, children=children, versions={})
    (repaired,) = written(plan_deployment(world))
    assert repaired["metadata"]["labels"] == serving["metadata"]["labels"]


def test_a_child_without_its_owner_is_left_alone_and_serves_on() -> None:
    for kind in ("Service", "Deployment", "PodDisruptionBudget"):
        orphans = tuple(
            {**child, "metadata": {**child["metadata"], "ownerReferences": []}}
            if child["kind"] == kind
            else child
            for child in SERVING.children
        )
        plan = plan_deployment(replace(SERVING, children=orphans))
        assert (plan.writes, condition(plan.status, "Ready")["reason"]) == ((), "NameConflict"), kind


def test_a_deployment_of_ours_by_another_name_is_no_revision() -> None:
    (serving,) = of_kind(SERVING, "Deployment")
    strange = {**serving, "metadata": {**serving["metadata"], "name": "iris-sidecar"}}
    assert plan_deployment(replace(SERVING, children=(*SERVING.children, strange))).writes == ()


FIRST = seen()
AT_ZERO = changed(FIRST, replicas=0)
CANARY_AT_ZERO = carried_out(AT_ZERO, plan_deployment(AT_ZERO), available=False)
STARTED = carried_out(FIRST, plan_deployment(FIRST), available=False)
PAUSED = changed(STARTED, paused=True)
CANARY_PAUSED = carried_out(PAUSED, plan_deployment(PAUSED), available=False)
TWO_HOURS = timedelta(hours=2)


@pytest.mark.parametrize(
    ("held", "goes_on"),
    [(CANARY_AT_ZERO, {"replicas": 2}), (CANARY_PAUSED, {"paused": False})],
    ids=["at zero replicas", "while paused"],
)
def test_the_deadline_stands_still(held: DeploymentSeen, goes_on: dict[str, Any]) -> None:
    later = replace(changed(held, **goes_on), now=held.now + TWO_HOURS)
    plan = plan_deployment(later)
    assert condition(plan.status, "Ready")["reason"] == "Progressing"
    assert plan.look_again == 601.0
    after = carried_out(later, plan, available=False)
    late = plan_deployment(replace(after, now=later.now + timedelta(seconds=601)))
    assert condition(late.status, "Ready")["reason"] == "ProgressDeadlineExceeded"


def test_a_bad_version_is_reported_as_not_ready_and_stable_stays() -> None:
    broken = {**V2, "spec": {**V2["spec"], "files": "none"}}
    plan = plan_deployment(replace(SECOND, versions={"iris-1": V1, "iris-2": broken}))
    assert (ready(plan), plan.writes) == (("False", "VersionNotReady"), ())


def test_stable_keeps_its_pods_though_its_version_cannot_be_read() -> None:
    broken = {**V1, "spec": {**V1["spec"], "files": "none"}}
    assert plan_deployment(replace(SERVING, versions={"iris-1": broken})).writes == ()
