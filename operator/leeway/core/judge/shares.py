"""Who may raise how much of the one false-alarm rate of a rollout."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import MappingProxyType

# Most for what rolls back on the model's own answers, least for what only holds or what pods differ in by themselves.
WEIGHTS: Mapping[str, int] = MappingProxyType(
    {
        "Divergence": 3,  # scores of the same model, canary against stable
        "Quality": 3,  # labels
        "InvalidInput": 2,
        "ErrorRate": 2,
        "Latency": 1,
        "DataDrift": 1,  # inputs of each arm against its own profile
        "PredictionDrift": 1,  # scores of a new model against what the bridge table expects
        "ArmsComparable": 1,
    }
)


def split_alpha(gates: Collection[str], alpha: float) -> Mapping[str, float]:
    """Return the share of each gate; together they are alpha, whichever gates there are.

    The gates are known before the rollout starts. By the union bound the rollout's rate is at most alpha, however the
    gates depend on each other.
    """
    total = sum(WEIGHTS[gate] for gate in gates)
    return {gate: alpha * WEIGHTS[gate] / total for gate in gates}
