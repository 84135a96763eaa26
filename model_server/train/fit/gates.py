"""Gates: bounds that metrics must keep. What was not measured has not passed."""

from collections.abc import Sequence

from model_server.contract import reasons
from model_server.contract.manifest import Gate
from model_server.contract.outcome import GateResult, InputRefused
from model_server.train.fit.metrics import CLASSIFICATION, REGRESSION, Measured, decimal
from model_server.train.fit.positive import naming


def require_known_metrics(gates: Sequence[Gate], classifier: bool) -> None:
    """Raise InputRefused (InvalidSpec) for a gate without a bound or on a metric this estimator never has."""
    known = CLASSIFICATION if classifier else REGRESSION
    kind = "classifier" if classifier else "regressor"
    for gate in gates:
        if gate.metric not in known:
            raise InputRefused(
                reasons.INVALID_SPEC,
                f'spec.evaluation.gates "{gate.name}": a {kind} has no metric {gate.metric}; '
                f"use one of {', '.join(known)}",
            )
        if gate.min is None and gate.max is None:
            raise InputRefused(
                reasons.INVALID_SPEC, f'spec.evaluation.gates "{gate.name}": set min, max or both'
            )


def require_held_out_rows(gates: Sequence[Gate], test_percent: int) -> None:
    """Raise InputRefused (InvalidSpec) for gates on a model that is judged by its own training rows."""
    if gates and test_percent == 0:
        raise InputRefused(
            reasons.INVALID_SPEC,
            f'spec.evaluation.gates "{gates[0].name}": no rows are held out to judge by; '
            "raise spec.data.split.testPercent above 0, or remove the gates",
        )


def judge(gates: Sequence[Gate], metrics: Measured, positive: str) -> tuple[GateResult, ...]:
    """Return each gate with its metric's value, or with the reason why it has none."""
    return tuple(judge_one(gate, metrics, positive) for gate in gates)


def judge_one(gate: Gate, metrics: Measured, positive: str) -> GateResult:
    """Return whether the value keeps the bounds of the gate."""
    value = metrics.values.get(gate.metric)
    passed = value is not None and is_within(value, gate)
    return GateResult(
        name=gate.name,
        metric=gate.metric,
        value="" if value is None else decimal(value),
        threshold=threshold(gate),
        passed=passed,
        message=undefined(gate.metric, metrics, positive) if value is None else "",
    )


def undefined(metric: str, metrics: Measured, positive: str) -> str:
    """Return why a metric has no value, as a sentence."""
    return f"{naming(metric, positive)} is not defined: {metrics.undefined[metric].reason}"


def is_within(value: float, gate: Gate) -> bool:
    """Return whether the unrounded value keeps both bounds."""
    return (gate.min is None or value >= float(gate.min)) and (gate.max is None or value <= float(gate.max))


def threshold(gate: Gate) -> str:
    """Return the bounds as a person writes them."""
    bounds = ((">=", gate.min), ("<=", gate.max))
    return " and ".join(f"{sign} {bound}" for sign, bound in bounds if bound is not None)


def sentence(results: Sequence[GateResult], positive: str) -> str:
    """Return which gates failed and by what numbers, empty when all passed."""
    failed = [
        f"{gate.name}: {gate.message or f'{naming(gate.metric, positive)} is {gate.value}'}, {gate.threshold} wanted"
        for gate in results
        if not gate.passed
    ]
    return f"{len(failed)} of {len(results)} gates failed: {'; '.join(failed)}" if failed else ""
