"""A gate as it is judged: what is asked, what is tolerated, and how sure the answer must be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from leeway.api.gates import Gate, GateMetric, OnFail
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
# The effect that must not go unseen: after rows that would have shown it, a gate without a Fail passes.
DETECTABLE: Mapping[str, float] = MappingProxyType(
    {
        GateMetric.DATA_DRIFT: 0.5,
        GateMetric.PREDICTION_DRIFT: 0.25,
        GateMetric.DIVERGENCE: 0.3,
        GateMetric.ERROR_RATE: 3.0,
        GateMetric.LATENCY: 4.0,
        GateMetric.QUALITY: 2.0,
        INVALID_INPUT: 3.0,
        ARMS_COMPARABLE: 0.1,  # nothing is tolerated: the threshold is what would have been found
    }
)
ON_FAIL: Mapping[str, OnFail] = MappingProxyType(
    {
        GateMetric.DATA_DRIFT: OnFail.NOTIFY,  # the world drifts for stable, too
        GateMetric.PREDICTION_DRIFT: OnFail.HOLD,  # a new model may well answer otherwise: a person looks
        GateMetric.DIVERGENCE: OnFail.ROLLBACK,
        GateMetric.ERROR_RATE: OnFail.ROLLBACK,
        GateMetric.LATENCY: OnFail.ROLLBACK,
        GateMetric.QUALITY: OnFail.ROLLBACK,
        INVALID_INPUT: OnFail.ROLLBACK,
        ARMS_COMPARABLE: OnFail.HOLD,  # routing is at fault, and no version
    }
)
DRY_RUN = "DryRun"


@dataclass(frozen=True, slots=True)
class Question:
    """One gate; `alpha` is the chance that its Fail, or a proven Pass, may be wrong at any look of the rollout."""

    name: str
    metric: str
    threshold: float
    alpha: float
    detectable: float  # the gate's minDetectableEffect
    on_fail: str = OnFail.NOTIFY  # or DRY_RUN
    features: tuple[str, ...] = ()
    is_built_in: bool = False

    @property
    def sureness(self) -> str:
        """Return how sure a bound is, as text: 99.7 %."""
        return f"{100 * (1 - self.alpha):.4g} %"


def make_questions(gates: Sequence[Gate], false_alarm_rate: float) -> tuple[Question, ...]:
    """Return the questions of the gates and of what every rollout asks, with shares of one false-alarm rate."""
    metrics = [*(str(gate.metric) for gate in gates), *BUILT_IN.values()]
    alpha = split_alpha(metrics, false_alarm_rate)
    asked = [question_of(gate, alpha[gate.metric]) for gate in gates]
    built_in = [
        Question(
            name,
            metric,
            DEFAULTS[metric],
            alpha[metric],
            DETECTABLE[metric],
            ON_FAIL[metric],
            is_built_in=True,
        )
        for name, metric in BUILT_IN.items()
    ]
    return (*asked, *built_in)


def question_of(gate: Gate, alpha: float) -> Question:
    """Return the question of one gate, with its share of the false-alarm rate."""
    threshold = DEFAULTS[gate.metric] if gate.threshold is None else float(gate.threshold)
    on_fail = DRY_RUN if gate.dry_run else (gate.on_fail or ON_FAIL[gate.metric])
    return Question(
        gate.told_as, gate.metric, threshold, alpha, _detectable_by(gate, threshold), on_fail, gate.features
    )


def _detectable_by(gate: Gate, threshold: float) -> float:
    if gate.min_detectable_effect is not None:
        return float(gate.min_detectable_effect)
    # Of a raised threshold the default would hardly be told, or be less than is tolerated.
    return DETECTABLE[gate.metric] * max(1.0, threshold / DEFAULTS[gate.metric])
