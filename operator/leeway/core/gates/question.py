"""A gate as it is judged: what is asked, what is tolerated, and how sure the answer must be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from leeway.api.gates import Gate, GateMetric
from leeway.core.judge.incidents import ERROR_RATIO, LATENCY_RATIO
from leeway.core.judge.shares import split_alpha

INVALID_INPUT, ARMS_COMPARABLE = "InvalidInput", "ArmsComparable"
INVALID_RATIO = 1.2
QUALITY_RATIO = 1.1
# What every rollout asks, by name and metric.
BUILT_IN: Mapping[str, str] = MappingProxyType(
    {"invalid-input": INVALID_INPUT, "arms-comparable": ARMS_COMPARABLE}
)
DEFAULTS: Mapping[str, float] = MappingProxyType(
    {
        GateMetric.DATA_DRIFT: 0.2,
        GateMetric.PREDICTION_DRIFT: 0.05,
        GateMetric.DIVERGENCE: 0.1,
        GateMetric.ERROR_RATE: ERROR_RATIO,
        GateMetric.LATENCY: LATENCY_RATIO,
        GateMetric.QUALITY: QUALITY_RATIO,
        INVALID_INPUT: INVALID_RATIO,
        ARMS_COMPARABLE: 0.1,
    }
)


@dataclass(frozen=True, slots=True)
class Question:
    """One gate; `alpha` is the chance that its Fail, or its Pass, may be wrong at any look of the rollout."""

    name: str
    metric: str
    threshold: float
    alpha: float
    features: tuple[str, ...] = ()

    @property
    def sureness(self) -> str:
        """Return how sure a bound is, as text: 99.7 %."""
        return f"{100 * (1 - self.alpha):.4g} %"


def make_questions(gates: Sequence[Gate], false_alarm_rate: float) -> tuple[Question, ...]:
    """Return the questions of the gates and of what every rollout asks, with shares of one false-alarm rate."""
    metrics = [*(str(gate.metric) for gate in gates), *BUILT_IN.values()]
    alpha = split_alpha(metrics, false_alarm_rate)
    asked = [
        Question(gate.told_as, gate.metric, _threshold_of(gate), alpha[gate.metric], gate.features)
        for gate in gates
    ]
    built_in = [Question(name, metric, DEFAULTS[metric], alpha[metric]) for name, metric in BUILT_IN.items()]
    return (*asked, *built_in)


def _threshold_of(gate: Gate) -> float:
    return DEFAULTS[gate.metric] if gate.threshold is None else float(gate.threshold)
