"""What dashboards and alerts see of the record: the same from any process that has read the statuses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from leeway.api.kinds import Manifest
from leeway.shell.record_metrics import RecordMetrics

OF = 'name="loan",namespace="ml"'
STARTED = {"id": 6, "action": "StartCanary", "reason": "Progressing", "time": "2026-11-30T05:00:00Z"}
ROLLED_BACK = {
    "id": 7, "action": "RollBack", "reason": "GateFailed", "time": "2026-11-30T06:00:00Z",
    "modelVersionName": "loan-2", "verdict": {"name": "columns"},
}  # fmt: skip
TIME = "1.7960184e+09"
DRIFTED = {"name": "data-drift", "state": "Fail", "effect": "0.41", "lower": "0.3", "threshold": "0.2"}


def deployment(**status: Any) -> Manifest:
    spec = {"modelName": "loan", "replicas": 4}
    return {"metadata": {"namespace": "ml", "name": "loan"}, "spec": spec, "status": status}


def shown(deployments: Sequence[Manifest], versions: Sequence[Manifest] = ()) -> set[str]:
    registry = CollectorRegistry()
    registry.register(RecordMetrics(lambda: deployments, lambda: versions))
    lines = generate_latest(registry).decode().splitlines()
    return {line for line in lines if not line.startswith("#")}


def condition(type_: str, status: str, reason: str) -> dict[str, str]:
    return {"type": type_, "status": status, "reason": reason}


CASES: dict[str, tuple[dict[str, Any], set[str]]] = {
    "decisions are counted by the last id, not by those kept": (
        {"decisions": [STARTED]}, {f"leeway_deployment_decisions_total{{{OF}}} 6.0"}),
    "rollbacks are counted by reason, those that left the decisions included": (
        {"rollbacks": {"GateFailed": 3, "Aborted": 1}},
        {f'leeway_rollbacks_total{{{OF},reason="GateFailed"}} 3.0',
         f'leeway_rollbacks_total{{{OF},reason="Aborted"}} 1.0'}),
    "the last rollback is told with its time, version, reason and gate": (
        {"decisions": [STARTED, ROLLED_BACK, STARTED | {"id": 8}]},
        {f'leeway_last_rollback_timestamp_seconds{{gate="columns",{OF},reason="GateFailed",version="loan-2"}} {TIME}'}),
    "a take back has no gate": (
        {"decisions": [{**ROLLED_BACK, "action": "TakeBack", "reason": "TakenBack", "verdict": None}]},
        {f'leeway_last_rollback_timestamp_seconds{{gate="",{OF},reason="TakenBack",version="loan-2"}} {TIME}'}),
    "a canary at a step is told with weight and versions": (
        {"step": "2/5", "weight": {"desired": 40, "actual": 25}, "stable": {"modelVersionName": "loan-1"},
         "canary": {"modelVersionName": "loan-2"}, "readyReplicas": 3},
        {f"leeway_rollout_step{{{OF}}} 2.0", f"leeway_rollout_steps{{{OF}}} 5.0",
         f"leeway_rollout_weight_desired_ratio{{{OF}}} 0.4", f"leeway_rollout_weight_actual_ratio{{{OF}}} 0.25",
         f'leeway_deployment_info{{canary="loan-2",model="loan",{OF},stable="loan-1"}} 1.0',
         f"leeway_deployment_replicas_ready{{{OF}}} 3.0", f"leeway_deployment_replicas_desired{{{OF}}} 4.0"}),
    "a weight of which nothing is reached is 0": (
        {"weight": {"desired": 40}}, {f"leeway_rollout_weight_actual_ratio{{{OF}}} 0.0"}),
    "a condition has its status and reason": (
        {"conditions": [condition("Ready", "False", "Inconclusive")]},
        {f'leeway_condition{{{OF},reason="Inconclusive",status="False",type="Ready"}} 1.0'}),
    "a reason that is none of ours makes no series of its own": (
        {"conditions": [condition("Ready", "False", "TheirOwn")]},
        {f'leeway_condition{{{OF},reason="Other",status="False",type="Ready"}} 1.0'}),
    "the guard's verdicts have states and numbers": (
        {"guard": {"verdicts": [DRIFTED]}},
        {f'leeway_guard_state{{gate="data-drift",{OF},state="Fail"}} 1.0',
         f'leeway_guard_state{{gate="data-drift",{OF},state="Pass"}} 0.0',
         f'leeway_guard_effect{{gate="data-drift",{OF}}} 0.41', f'leeway_guard_lower{{gate="data-drift",{OF}}} 0.3',
         f'leeway_guard_threshold{{gate="data-drift",{OF}}} 0.2'}),
}  # fmt: skip


@pytest.mark.parametrize(("status", "want"), CASES.values(), ids=CASES)
def test_the_record_is_shown(status: dict[str, Any], want: set[str]) -> None:
    assert shown([deployment(**status)]) >= want


def test_without_a_canary_nothing_is_told_of_one() -> None:
    told = shown([deployment(stable={"modelVersionName": "loan-1"}, readyReplicas=4)])
    assert not [line for line in told if line.startswith(("leeway_rollout", "leeway_last", "leeway_guard"))]


def test_an_object_without_a_status_is_shown_by_what_it_wants() -> None:
    bare = {"metadata": {"namespace": "ml", "name": "loan"}, "spec": {"modelName": "loan"}}
    assert shown([bare]) == {
        f'leeway_deployment_info{{canary="",model="loan",{OF},stable=""}} 1.0',
        f"leeway_deployment_replicas_desired{{{OF}}} 1.0",
    }


def test_only_a_quarantined_version_is_shown() -> None:
    held = deployment(quarantine={"deploymentName": "loan"})
    free = {**deployment(), "metadata": {"namespace": "ml", "name": "loan-1"}}
    assert shown([], [held, free]) == {f'leeway_model_version_quarantined{{model="loan",{OF}}} 1.0'}
