"""What the guard asks of the stable revision: thresholds by spec.gates, and how sure an answer must be.

The promise is by the week, since a guard has no end: `falseAlarmRate` for drift, and as much for failures, latency and
quality together, which alone may roll back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from leeway.api.deployment.guard import OnGuardFail
from leeway.api.gates import Gate, GateMetric, Verdict
from leeway.api.model_deployment import ModelDeploymentSpec
from leeway.core.gates.question import Question, question_of
from leeway.core.judge.shares import split_alpha

DRY_RUN = "DryRun"
WORSE: tuple[str, ...] = (GateMetric.ERROR_RATE, GateMetric.LATENCY, GateMetric.QUALITY)
ASKED: tuple[str, ...] = (GateMetric.DATA_DRIFT, *WORSE)
# Of drift: it speaks about the world, and is never a reason to roll back.
_ON_DRIFT: Mapping[OnGuardFail, OnGuardFail] = MappingProxyType(
    {
        OnGuardFail.NOTIFY: OnGuardFail.NOTIFY,
        OnGuardFail.ROLLBACK: OnGuardFail.NOTIFY,
        OnGuardFail.RETRAIN: OnGuardFail.RETRAIN,
    }
)


@dataclass(frozen=True, slots=True)
class GuardQuestion:
    """A question of the guard; the alpha of `asked` is that of a week."""

    asked: Question
    on_fail: str  # one of OnGuardFail, or DryRun


def make_guard_questions(spec: ModelDeploymentSpec) -> tuple[GuardQuestion, ...]:
    """Return the questions: as each gate of these metrics asks, or by default where there is none."""
    asked = [*_gates_asked(spec.gates)]
    rate = float(spec.false_alarm_rate)
    drift = [gate for gate in asked if gate.metric == GateMetric.DATA_DRIFT]
    worse = [gate for gate in asked if gate.metric != GateMetric.DATA_DRIFT]
    alpha = split_alpha([gate.metric for gate in worse], rate)
    return tuple(
        GuardQuestion(question_of(gate, share), _on_fail(gate, spec.guard.on_fail))
        for gate, share in (
            *((gate, rate / len(drift)) for gate in drift),
            *((gate, alpha[gate.metric]) for gate in worse),
        )
    )


def is_about(verdict: Verdict, question: GuardQuestion) -> bool:
    """Return whether a verdict answers this question, and not one of an earlier spec."""
    threshold = None if verdict.threshold is None else float(verdict.threshold)
    asked = question.asked
    return (verdict.name, verdict.metric) == (asked.name, asked.metric) and threshold == asked.threshold


def _gates_asked(gates: Sequence[Gate]) -> Sequence[Gate]:
    """Return the gates that the guard asks, by metric; a metric without one is asked by default."""
    taken = {gate.told_as for gate in gates}
    found: list[Gate] = []
    for metric in ASKED:
        own = [gate for gate in gates if gate.metric == metric]
        default = Gate(metric=GateMetric(metric))
        if default.told_as in taken:
            # A gate of another metric has been given this name.
            default = Gate(metric=default.metric, name=f"guard-{default.told_as}")
        found.extend(own or [default])
    return found


def _on_fail(gate: Gate, on_fail: OnGuardFail) -> str:
    if gate.dry_run:
        return DRY_RUN
    return str(_ON_DRIFT[on_fail] if gate.metric == GateMetric.DATA_DRIFT else on_fail)
