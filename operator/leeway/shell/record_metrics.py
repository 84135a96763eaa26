"""The operator's metrics of what statuses record, as they stand at a scrape; they need no process to have seen it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from leeway.api.gates import VerdictState
from leeway.api.kinds import Manifest
from leeway.api.reasons import find_reason

OBJECT = ("namespace", "name")
# What core.deployment.decision.Action calls them; the record is read as it is stored.
TAKEN_BACK = ("RollBack", "TakeBack")
UNKNOWN_REASON = "Other"

Manifests = Callable[[], Iterable[Manifest]]
Sample = tuple[tuple[str, ...], float]  # the values of the labels, and the value


class RecordMetrics(Collector):
    """Exports rollouts, conditions and quarantines as the statuses record them."""

    # Read from the record, never counted when it happens: a crash in between would lose it, a restart start from 0.
    def __init__(self, deployments: Manifests, versions: Manifests) -> None:
        self._deployments = deployments
        self._versions = versions

    def collect(self) -> Iterator[Metric]:
        """Yield each metric with its series."""
        deployments, versions = list(self._deployments()), list(self._versions())
        for name, meaning, labels, samples in _COUNTERS:
            yield _filled(CounterMetricFamily(name, meaning, labels=[*OBJECT, *labels]), samples, deployments)
        for name, meaning, labels, samples in _GAUGES:
            yield _filled(GaugeMetricFamily(name, meaning, labels=[*OBJECT, *labels]), samples, deployments)
        quarantined = GaugeMetricFamily(
            "leeway_model_version_quarantined",
            "1 for a ModelVersion that no deployment starts, until the quarantine is lifted",
            labels=[*OBJECT, "model"],
        )
        yield _filled(quarantined, _quarantine, versions)


Samples = Callable[[Manifest], Iterable[Sample]]


def _filled(
    family: CounterMetricFamily | GaugeMetricFamily, samples: Samples, manifests: Iterable[Manifest]
) -> Metric:
    for manifest in manifests:
        metadata = manifest["metadata"]
        for labels, value in samples(manifest):
            family.add_metric([metadata["namespace"], metadata["name"], *labels], value)
    return family


def _status(manifest: Manifest) -> dict[str, Any]:
    return manifest.get("status") or {}


def _decisions(manifest: Manifest) -> Iterator[Sample]:
    decisions = _status(manifest).get("decisions")
    if decisions:
        yield (), float(decisions[-1].get("id") or 0)


def _rollbacks(manifest: Manifest) -> Iterator[Sample]:
    """Yield the count of each reason."""
    for reason, count in (_status(manifest).get("rollbacks") or {}).items():
        yield (reason,), float(count)


def _last_rollback(manifest: Manifest) -> Iterator[Sample]:
    """Yield when a revision was taken back last, with its version and the reason."""
    for decision in reversed(_status(manifest).get("decisions") or ()):
        if decision.get("action") in TAKEN_BACK:
            gate = (decision.get("verdict") or {}).get("name", "")
            version, reason = decision.get("modelVersionName", ""), decision.get("reason", "")
            yield (version, reason, gate), datetime.fromisoformat(decision["time"]).timestamp()
            return


def _revisions(manifest: Manifest) -> Iterator[Sample]:
    """Yield 1, with the versions that are stable and canary as labels."""
    status = _status(manifest)
    stable, canary = status.get("stable") or {}, status.get("canary") or {}
    model = (manifest.get("spec") or {}).get("modelName", "")
    yield (model, *(one.get("modelVersionName", "") for one in (stable, canary))), 1.0


def _step(manifest: Manifest) -> Iterator[Sample]:
    reached, _, _ = _status(manifest).get("step", "").partition("/")
    if reached.isdecimal():
        yield (), float(reached)


def _steps(manifest: Manifest) -> Iterator[Sample]:
    _, _, number = _status(manifest).get("step", "").partition("/")
    if number.isdecimal():
        yield (), float(number)


def _weight(which: str) -> Samples:
    def samples(manifest: Manifest) -> Iterator[Sample]:
        weight = _status(manifest).get("weight")
        if weight is not None:
            yield (), weight.get(which, 0) / 100

    return samples


def _conditions(manifest: Manifest) -> Iterator[Sample]:
    """Yield 1 for each condition as it is now."""
    for one in _status(manifest).get("conditions") or ():
        # A trainer of the user's own may report any word; each would be a series.
        reason = one["reason"] if find_reason(one["reason"]) else UNKNOWN_REASON
        yield (one["type"], one["status"], reason), 1.0


def _guard_states(manifest: Manifest) -> Iterator[Sample]:
    for verdict in _guarded(manifest):
        for state in VerdictState:
            yield (verdict["name"], str(state)), float(verdict["state"] == state)


def _guard(which: str) -> Samples:
    def samples(manifest: Manifest) -> Iterator[Sample]:
        for verdict in _guarded(manifest):
            if verdict.get(which) is not None:
                yield (verdict["name"],), float(verdict[which])

    return samples


def _guarded(manifest: Manifest) -> Iterable[dict[str, Any]]:
    return (_status(manifest).get("guard") or {}).get("verdicts") or ()


def _ready(manifest: Manifest) -> Iterator[Sample]:
    status = _status(manifest)
    if status:
        yield (), float(status.get("readyReplicas") or 0)


def _desired(manifest: Manifest) -> Iterator[Sample]:
    yield (), float((manifest.get("spec") or {}).get("replicas", 1))


def _quarantine(manifest: Manifest) -> Iterator[Sample]:
    if _status(manifest).get("quarantine"):
        yield ((manifest.get("spec") or {}).get("modelName", ""),), 1.0


_COUNTERS: tuple[tuple[str, str, tuple[str, ...], Samples], ...] = (
    (
        "leeway_deployment_decisions",
        "Decisions that changed a rollout, as the ModelDeployment's status records them",
        (),
        _decisions,
    ),
    (
        "leeway_rollbacks",
        "Revisions that were rolled back or taken back, as the ModelDeployment's status counts them",
        ("reason",),
        _rollbacks,
    ),
)
_GAUGES: tuple[tuple[str, str, tuple[str, ...], Samples], ...] = (
    (
        "leeway_last_rollback_timestamp_seconds",
        "When a revision was rolled back or taken back last, Unix time",
        ("version", "reason", "gate"),
        _last_rollback,
    ),
    (
        "leeway_deployment_info",
        "1, with the versions that are stable and canary",
        ("model", "stable", "canary"),
        _revisions,
    ),
    ("leeway_deployment_replicas_desired", "Pods that spec.replicas asks for", (), _desired),
    ("leeway_deployment_replicas_ready", "Pods that get the requests and are ready", (), _ready),
    ("leeway_rollout_step", "The step that the canary is at; absent beside any", (), _step),
    ("leeway_rollout_steps", "How many steps the rollout has; absent beside any", (), _steps),
    (
        "leeway_rollout_weight_desired_ratio",
        "The share of the requests that the step asks for, from 0 to 1",
        (),
        _weight("desired"),
    ),
    (
        "leeway_rollout_weight_actual_ratio",
        "The canary's share of the ready pods that get the requests, from 0 to 1",
        (),
        _weight("actual"),
    ),
    (
        "leeway_condition",
        "1 for each condition of a ModelDeployment, with its status and reason as they are now",
        ("type", "status", "reason"),
        _conditions,
    ),
    (
        "leeway_guard_state",
        "1 for the state of a verdict of the guard on stable, 0 for the two others",
        ("gate", "state"),
        _guard_states,
    ),
    ("leeway_guard_effect", "The effect of a guard's gate as measured", ("gate",), _guard("effect")),
    ("leeway_guard_lower", "Lower bound of a guard's effect", ("gate",), _guard("lower")),
    ("leeway_guard_threshold", "The effect that a guard tolerates", ("gate",), _guard("threshold")),
)
