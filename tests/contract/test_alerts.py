"""Each alert of the chart, as promtool evaluates it: series in, the alert with what people read out."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cluster.native.layout import get_home
from tests.cluster.native.monitoring import get_prometheus
from tests.contract.test_docs import PAGES, anchors

# promtool comes with the cluster's programs.
pytestmark = pytest.mark.cluster

ROOT = Path(__file__).parents[2]
ALERTS = ROOT / "charts" / "leeway" / "alerts" / "leeway.yaml"
PAGE = "docs/how-to/alerts.md"
OF = 'namespace="ml",name="loan"'
OPERATOR = 'namespace="leeway-system",job="leeway",pod="leeway-0"'
MODEL = 'namespace="ml",model="loan",version="loan-2",pod="loan-0"'
OBJECT = {"namespace": "ml", "name": "loan"}
JOB = {"namespace": "leeway-system", "job": "leeway"}


@dataclass(frozen=True)
class Fired:
    """An alert as it fires: its labels beside name and severity, and what people read."""

    labels: dict[str, str]
    summary: str
    description: str


def condition(type_: str, status: str, reason: str, values: str = "1+0x120") -> dict[str, str]:
    """The series of a condition that stays as it is for two hours."""
    return {f'leeway_condition{{{OF},type="{type_}",status="{status}",reason="{reason}"}}': values}


def of(name: str, value: float, **labels: str) -> dict[str, str]:
    """A series of the ModelDeployment that stays at the value."""
    more = "".join(f',{label}="{text}"' for label, text in labels.items())
    return {f"{name}{{{OF}{more}}}": f"{value}+0x120"}


def state(type_: str, status: str, reason: str) -> dict[str, str]:
    """The labels of an alert on a condition."""
    return {**OBJECT, "type": type_, "status": status, "reason": reason}


DOWN = condition("Serving", "False", "NotAnswering")
STABLE = of("leeway_deployment_info", 1, model="loan", stable="loan-1", canary="")
ROLLED_BACK = of(
    "leeway_last_rollback_timestamp_seconds", 600, version="loan-2", reason="GateFailed", gate="columns"
)

# sentence: (series, minute, alert, how it fires)
FIRING: dict[str, tuple[dict[str, str], int, str, Fired]] = {
    "no operator is scraped": (
        {"up": "1+0x20"}, 6, "LeewayOperatorDown",
        Fired({}, "Leeway's operator is not there",
              "No operator has been scraped for 5 minutes. Models go on serving; nothing is trained, rolled out or"
              " rolled back.")),
    "no pod of the operator leads": (
        {f"leeway_operator_leader{{{OPERATOR}}}": "0+0x20"}, 6, "LeewayOperatorNotLeading",
        Fired(JOB, "Leeway's operator in leeway-system has no leader",
              "0 of the operator's pods in leeway-system lead, instead of 1, for 5 minutes. Without a leader nothing is"
              " trained, rolled out or rolled back.")),
    "reconciles end in errors": (
        {f'leeway_operator_reconcile_total{{{OPERATOR},kind="ModelDeployment",result="error"}}': "0+1x30"},
        20, "LeewayReconcileErrors",
        Fired({**JOB, "kind": "ModelDeployment"}, "Reconciles of ModelDeployments fail",
              "About 10 reconciles of ModelDeployments failed in 10 minutes. What they were about stays as it is until"
              " one succeeds.")),
    "a watch is silent": (
        {f'leeway_operator_watch_last_activity_seconds{{{OPERATOR},kind="Pod"}}': "0+60x20"},
        6, "LeewayWatchStale",
        Fired({"namespace": "leeway-system", "pod": "leeway-0", "kind": "Pod"}, "The operator hears nothing of Pods",
              "Pod leeway-0 has heard nothing of Pods for 360 s; 180 s are tolerated. After 300 s the kubelet restarts"
              " it.")),
    "a fifth of the pages is refused": (
        {f'leeway_operator_scrapes_total{{{OPERATOR},result="refused"}}': "0+12x30",
         f'leeway_operator_scrapes_total{{{OPERATOR},result="answered"}}': "0+48x30"},
        20, "LeewayPagesRefused",
        Fired(JOB, "The operator cannot read the counts of model pods",
              "20% of the metrics pages that the operator asks model pods for are refused or not answered, for 10"
              " minutes. Their rows count for no gate: canaries are held.")),
    "stable has no ready pod": (
        DOWN | STABLE | of("leeway_deployment_replicas_desired", 3), 2, "LeewayNotServing",
        Fired(state("Serving", "False", "NotAnswering"), "ml/loan answers no requests",
              "No pod of ModelDeployment ml/loan has been ready for a minute; 3 are asked for.")),
    "pods cannot be scheduled": (
        condition("Ready", "False", "Unschedulable") | of("leeway_deployment_replicas_ready", 1),
        16, "LeewayPodsInTrouble",
        Fired(state("Ready", "False", "Unschedulable"), "Pods of ml/loan are in trouble: Unschedulable",
              "ModelDeployment ml/loan has been Unschedulable for 15 minutes, with 1 ready pods. Its condition Ready"
              " says more.")),
    "a first version is late": (
        condition("Ready", "False", "ProgressDeadlineExceeded"), 2, "LeewayRolloutLate",
        Fired(state("Ready", "False", "ProgressDeadlineExceeded"), "The rollout of ml/loan does not come up",
              "The pods of ModelDeployment ml/loan are not available within spec.rollout.progressDeadlineSeconds, and"
              " there is no stable version to give way to.")),
    "a version was rolled back by a gate five minutes ago": (
        ROLLED_BACK, 15, "LeewayRolledBack",
        Fired({**OBJECT, "version": "loan-2", "reason": "GateFailed", "gate": "columns"},
              "loan-2 of ml/loan was rolled back",
              "Version loan-2 of ModelDeployment ml/loan was rolled back 5m 0s ago: GateFailed, gate columns. It is not"
              " started again by itself; the version before answers.")),
    "a version was rolled back for its pods": (
        of("leeway_last_rollback_timestamp_seconds", 600, version="loan-2", reason="Crashing", gate=""),
        11, "LeewayRolledBack",
        Fired({**OBJECT, "version": "loan-2", "reason": "Crashing"}, "loan-2 of ml/loan was rolled back",
              "Version loan-2 of ModelDeployment ml/loan was rolled back 1m 0s ago: Crashing. It is not started again"
              " by itself; the version before answers.")),
    "a canary is held for want of evidence": (
        condition("Ready", "False", "Inconclusive") | of("leeway_rollout_step", 2)
        | of("leeway_gate_rows", 120, gate="columns", arm="canary"),
        61, "LeewayRolloutInconclusive",
        Fired(state("Ready", "False", "Inconclusive"), "The rollout of ml/loan is held for want of evidence",
              "The canary of ModelDeployment ml/loan has been held for an hour at step 2, with 120 rows judged: a gate"
              " is Unknown. Its condition Ready says what is missing.")),
    "a canary is held, and the operator has judged nothing": (
        condition("Ready", "False", "Inconclusive") | of("leeway_rollout_step", 2), 61,
        "LeewayRolloutInconclusive",
        Fired(state("Ready", "False", "Inconclusive"), "The rollout of ml/loan is held for want of evidence",
              "The canary of ModelDeployment ml/loan has been held for an hour at step 2, with no rows judged: a gate"
              " is Unknown. Its condition Ready says what is missing.")),
    "a gate holds": (
        condition("Ready", "False", "GateHolds") | of("leeway_gate_lower", 0.26, gate="scores")
        | of("leeway_gate_threshold", 0.05, gate="scores") | of("leeway_gate_lower", 0.01, gate="columns")
        | of("leeway_gate_threshold", 0.2, gate="columns"),
        2, "LeewayGateHolds",
        Fired(state("Ready", "False", "GateHolds"), "A gate holds the rollout of ml/loan",
              "The canary of ModelDeployment ml/loan fails a gate with onFail: Hold; scores has a lower bound of 0.26."
              " It stays at its step until a person commands promote or abort.")),
    "columns have drifted": (
        condition("DriftDetected", "True", "DriftDetected")
        | of("leeway_feature_drift_psi", 0.81, model="loan", version="loan-1", feature="income"),
        6, "LeewayDriftDetected",
        Fired(state("DriftDetected", "True", "DriftDetected"), "The requests of ml/loan have drifted",
              "The columns that the stable version of ModelDeployment ml/loan receives have left its profile; income"
              " has a PSI of 0.81. Nothing is rolled back for it.")),
    "stable is worse than it was": (
        condition("GuardFailed", "True", "GuardFailed") | of("leeway_guard_lower", 2.4, gate="error-rate")
        | of("leeway_guard_threshold", 1.2, gate="error-rate"),
        2, "LeewayGuardFailed",
        Fired(state("GuardFailed", "True", "GuardFailed"), "The stable version of ml/loan does worse than it did",
              "The stable version of ModelDeployment ml/loan fails more, is slower or is wrong more often than it was"
              " as a canary or in training; error-rate has a lower bound of 2.4.")),
    "a version is quarantined": (
        {'leeway_model_version_quarantined{namespace="ml",name="loan-2",model="loan"}': "1+0x9"}, 1,
        "LeewayVersionQuarantined",
        Fired({"namespace": "ml", "name": "loan-2", "model": "loan"}, "ModelVersion ml/loan-2 is quarantined",
              "ModelVersion ml/loan-2 of model loan was rolled back for what it answered: no deployment starts it until"
              " the command lift-quarantine.")),
    "a twentieth of the requests fails": (
        {f"leeway_model_failures_total{{{MODEL}}}": "0+3x30",
         f'leeway_model_requests_total{{{MODEL},code="200"}}': "0+57x30",
         f'leeway_model_requests_total{{{MODEL},code="500"}}': "0+3x30"},
        15, "LeewayModelFails",
        Fired({"namespace": "ml", "model": "loan", "version": "loan-2"}, "Version loan-2 of model loan fails",
              "5% of the requests to version loan-2 in ml fit its signature and are answered 500, for 5 minutes; 1 %"
              " are tolerated.")),
}  # fmt: skip

# sentence: (series, minute, alert)
QUIET: dict[str, tuple[dict[str, str], int, str]] = {
    "an operator that leads is there": (
        {f"leeway_operator_leader{{{OPERATOR}}}": "1+0x20"}, 10, "LeewayOperatorDown"),
    "a standby beside the leader is as it should be": (
        {f"leeway_operator_leader{{{OPERATOR}}}": "1+0x20",
         'leeway_operator_leader{namespace="leeway-system",job="leeway",pod="leeway-1"}': "0+0x20"},
        10, "LeewayOperatorNotLeading"),
    "the leader changes within a minute": (
        {f"leeway_operator_leader{{{OPERATOR}}}": "1 1 0 1 1 1 1 1 1 1"}, 8, "LeewayOperatorNotLeading"),
    "conflicts are normal": (
        {f'leeway_operator_reconcile_total{{{OPERATOR},kind="ModelVersion",result="conflict"}}': "0+9x30"},
        20, "LeewayReconcileErrors"),
    "a restart of the operator is no error": (
        {f'leeway_operator_reconcile_total{{{OPERATOR},kind="ModelVersion",result="error"}}': "2x9 0x20"},
        14, "LeewayReconcileErrors"),
    "a watch is renewed": (
        {f'leeway_operator_watch_last_activity_seconds{{{OPERATOR},kind="Pod"}}': "60+0x20"},
        10, "LeewayWatchStale"),
    "a pod that went was asked once": (
        {f'leeway_operator_scrapes_total{{{OPERATOR},result="refused"}}': "1+0x30",
         f'leeway_operator_scrapes_total{{{OPERATOR},result="answered"}}': "0+48x30"},
        20, "LeewayPagesRefused"),
    "a deployment at zero serves nothing, as desired": (
        DOWN | STABLE | of("leeway_deployment_replicas_desired", 0), 10, "LeewayNotServing"),
    "a deployment whose first version comes up serves nothing yet": (
        DOWN | of("leeway_deployment_replicas_desired", 3)
        | of("leeway_deployment_info", 1, model="loan", stable="", canary="loan-1"), 10, "LeewayNotServing"),
    "a pod that is replaced comes up": (
        condition("Ready", "False", "ReplicasUnavailable", "1+0x5"), 10, "LeewayPodsInTrouble"),
    "a rollback is told for a quarter of an hour": (ROLLED_BACK, 26, "LeewayRolledBack"),
    "a person's command is no alert": (
        of("leeway_last_rollback_timestamp_seconds", 600, version="loan-2", reason="Aborted", gate=""),
        11, "LeewayRolledBack"),
    "evidence that comes within the hour": (
        condition("Ready", "False", "Inconclusive", "1+0x50"), 61, "LeewayRolloutInconclusive"),
    "drift that is not known": (
        condition("DriftDetected", "Unknown", "DriftUnknown"), 10, "LeewayDriftDetected"),
    "a model without requests": (
        {f"leeway_model_failures_total{{{MODEL}}}": "0+0x30",
         f'leeway_model_requests_total{{{MODEL},code="200"}}': "0+0x30"}, 15, "LeewayModelFails"),
}  # fmt: skip


@cache
def rules() -> dict[str, dict[str, Any]]:
    """The alerts by name."""
    groups = yaml.safe_load(ALERTS.read_text())["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def promtool(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(get_prometheus(get_home(), "promtool")), *arguments]
    return subprocess.run(command, text=True, capture_output=True, check=False)


def complaints(place: Path, series: dict[str, str], minute: int, alert: str, *fired: Fired) -> str:
    """What promtool says of the alert at that minute; empty if it fires just so."""
    expected = [
        {
            "exp_labels": {**one.labels, **rules()[alert]["labels"]},
            "exp_annotations": {
                "summary": one.summary,
                "description": one.description,
                "runbook_url": f"{PAGE}#{alert.lower()}",
            },
        }
        for one in fired
    ]
    test = {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "alert_rule_test": [{"eval_time": f"{minute}m", "alertname": alert, "exp_alerts": expected}],
    }
    path = place / "test.yaml"
    path.write_text(yaml.safe_dump({"rule_files": [str(ALERTS)], "tests": [test]}))
    ended = promtool("test", "rules", str(path))
    return "" if ended.returncode == 0 else ended.stdout + ended.stderr


@pytest.mark.parametrize(("series", "minute", "alert", "fired"), FIRING.values(), ids=FIRING)
def test_an_alert_fires(
    tmp_path: Path, series: dict[str, str], minute: int, alert: str, fired: Fired
) -> None:
    assert complaints(tmp_path, series, minute, alert, fired) == ""


@pytest.mark.parametrize(("series", "minute", "alert"), QUIET.values(), ids=QUIET)
def test_nobody_is_woken(tmp_path: Path, series: dict[str, str], minute: int, alert: str) -> None:
    assert complaints(tmp_path, series, minute, alert) == ""


def test_an_alert_that_does_not_fire_is_found(tmp_path: Path) -> None:
    fired = Fired({}, "Leeway's operator is not there", "so it is")
    assert "LeewayOperatorDown" in complaints(tmp_path, {"up": "1+0x9"}, 1, "LeewayOperatorDown", fired)


def test_promtool_has_nothing_to_say() -> None:
    ended = promtool("check", "rules", str(ALERTS))
    assert (ended.returncode, ended.stderr) == (0, "")


def test_each_alert_fires_in_a_test() -> None:
    assert {alert for _, _, alert, _ in FIRING.values()} == set(rules())


def test_each_alert_says_what_to_do() -> None:
    headings = anchors(PAGES[PAGE])
    assert {alert for alert in rules() if alert.lower() not in headings} == set()
