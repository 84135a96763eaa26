"""The operator's metrics are a contract with dashboards and alerts: names and labels as they are on its page."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry

from leeway.api.gates import Verdict
from leeway.api.kinds import Key
from leeway.shell.evidence.metrics import EvidenceMetrics, Reading
from leeway.shell.record_metrics import RecordMetrics
from leeway.shell.telemetry import ScrapeTelemetry, Telemetry, WatchActivity

OBJECT = {"namespace", "name"}
GATE = {*OBJECT, "gate"}
# Every sample with its labels; of histograms the buckets.
NAMES: dict[str, set[str]] = {
    "leeway_operator_leader": set(),
    "leeway_operator_watch_last_activity_seconds": {"kind"},
    "leeway_operator_queue_depth": set(),
    "leeway_operator_queue_latency_seconds_bucket": {"le"},
    "leeway_operator_reconcile_total": {"kind", "result"},
    "leeway_operator_reconcile_seconds_bucket": {"kind", "le"},
    "leeway_operator_api_requests_total": {"verb", "kind", "code"},
    "leeway_operator_writes_total": {"verb", "kind"},
    "leeway_operator_scrapes_total": {"result"},
    "leeway_operator_scrape_round_seconds_bucket": {"le"},
    "leeway_operator_build_info": {"version", "kopf", "python"},
    "leeway_deployment_decisions_total": OBJECT,
    "leeway_deployment_info": {*OBJECT, "model", "stable", "canary"},
    "leeway_deployment_replicas_desired": OBJECT,
    "leeway_deployment_replicas_ready": OBJECT,
    "leeway_condition": {*OBJECT, "type", "status", "reason"},
    "leeway_rollout_step": OBJECT,
    "leeway_rollout_steps": OBJECT,
    "leeway_rollout_weight_desired_ratio": OBJECT,
    "leeway_rollout_weight_actual_ratio": OBJECT,
    "leeway_rollbacks_total": {*OBJECT, "reason"},
    "leeway_last_rollback_timestamp_seconds": {*OBJECT, "version", "reason", "gate"},
    "leeway_model_version_quarantined": {*OBJECT, "model"},
    "leeway_drift_psi": {*OBJECT, "model", "version"},
    "data_drift_score": {*OBJECT, "model", "version"},
    "leeway_feature_drift_psi": {*OBJECT, "model", "version", "feature"},
    "leeway_gate_state": {*GATE, "state"},
    "leeway_gate_rows": {*GATE, "arm"},
    "leeway_gate_effect": GATE,
    "leeway_gate_lower": GATE,
    "leeway_gate_upper": GATE,
    "leeway_gate_threshold": GATE,
    "leeway_guard_state": {*GATE, "state"},
    "leeway_guard_effect": GATE,
    "leeway_guard_lower": GATE,
    "leeway_guard_threshold": GATE,
}
NUMBERS = {"effect": "0.31", "lower": "0.22", "upper": "0.4", "threshold": "0.2"}
FAILED = {"name": "columns", "metric": "DataDrift", "state": "Fail", "message": "So it is.", **NUMBERS}
ROLLED_BACK = {
    "id": 7, "action": "RollBack", "reason": "GateFailed", "time": "2026-11-30T06:00:00Z", "verdict": FAILED,
    "modelVersionName": "loan-2",
}  # fmt: skip
METADATA = {"namespace": "ml", "name": "loan"}
DEPLOYMENT: dict[str, Any] = {
    "metadata": METADATA,
    "spec": {"modelName": "loan", "replicas": 4},
    "status": {
        "step": "2/5", "weight": {"desired": 40, "actual": 25}, "readyReplicas": 3, "rollbacks": {"GateFailed": 1},
        "conditions": [{"type": "Ready", "status": "True", "reason": "Available"}],
        "decisions": [ROLLED_BACK], "guard": {"verdicts": [FAILED]},
    },
}  # fmt: skip
VERSION = {"metadata": METADATA, "spec": {"modelName": "loan"}, "status": {"quarantine": {"decisionId": 7}}}


def labels_of_samples() -> dict[str, set[str]]:
    """The names of the samples of a page that has everything, with their labels."""
    registry = CollectorRegistry()
    telemetry, scrapes = (
        Telemetry(registry, WatchActivity(time.monotonic, ["Pod"])),
        ScrapeTelemetry(registry),
    )
    with telemetry.timed_pass("ModelDeployment"):
        telemetry.count_pass("ModelDeployment", "ok")
    telemetry.observe_wait(0.1)
    telemetry.count_request("get", "Pod", 200)
    telemetry.count_write("create", "Pod")
    scrapes.observe_round(0.1)
    registry.register(RecordMetrics(lambda: [DEPLOYMENT], lambda: [VERSION]))
    verdict = Verdict.model_validate(FAILED)
    reading = Reading(Key("ModelDeployment", "ml", "loan"), "loan", {"loan-2": {"income": 0.31}}, (verdict,))
    registry.register(EvidenceMetrics(lambda: [reading]))
    samples = [sample for family in registry.collect() for sample in family.samples]
    derived = ("_created", "_sum", "_count")
    return {one.name: set(one.labels) for one in samples if not one.name.endswith(derived)}


def test_the_page_has_these_names_and_labels_and_no_other() -> None:
    assert labels_of_samples() == NAMES


def test_each_metric_is_explained() -> None:
    text = (Path(__file__).parents[2] / "docs" / "how-to" / "operate.md").read_text()
    explained = set(re.findall(r"`((?:leeway|data_drift)_\w+)", text))
    assert explained == {name.removesuffix("_bucket") for name in NAMES}
